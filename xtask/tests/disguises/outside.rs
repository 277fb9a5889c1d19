//! What leaves the program: connections, log lines, and what stands in its manifests.

use super::{caught, clean, found};

const FILE: &str = "crates/kepil-server/src/jobs.rs";

#[test]
fn a_connection_is_seen_under_any_name() {
    caught(
        "egress",
        FILE,
        &[
            "use tokio::net as n; async fn f() { n::TcpStream::connect(\"a:1\").await; }",
            "use std::net::TcpStream as Pipe; fn f() {}",
            "fn f() { <std::net::TcpStream>::connect_timeout(a, t); }",
            "type Wire = tokio::net::TcpStream; async fn f() { Wire::connect(a).await; }",
            "use tokio::{net::{TcpStream, TcpListener}}; async fn f() { TcpStream /* in */ :: /* out */ connect(a); }",
            "macro_rules! dial { ($t:ident) => { tokio::net::$t::connect(a) } }",
            "use hyper_util::client::legacy::Client; ",
            "use lettre::{AsyncSmtpTransport as Post, Message}; ",
            "use tokio::net::*; ",
            "fn f() { std::net::UdpSocket::bind(a); }",
            "fn f() { std::process::Command::new(\"curl\"); }",
            "pub use reqwest as http;",
        ],
    );
}

#[test]
fn listening_and_the_door_are_no_connection() {
    clean(
        "egress",
        FILE,
        &[
            "use tokio::net::{TcpListener, TcpStream}; fn f(s: TcpStream) {}",
            "// TcpStream::connect\nfn f() { let s = \"reqwest\"; }",
            "#[cfg(test)] mod tests { use tokio::net::TcpStream as S; }",
        ],
    );
    clean("egress", "crates/kepil-server/src/egress/mod.rs", &["use lettre::AsyncSmtpTransport as Post;"]);
    clean("egress", "crates/kepil-server/tests/oidc.rs", &["use reqwest as http;"]);
}

#[test]
fn a_log_line_has_registered_fields_only() {
    caught(
        "log",
        FILE,
        &[
            "fn f() { tracing::info!(email = %e, \"x\"); }",
            "use tracing::info as note; fn f() { note!(?name, \"x\"); }",
            "use tracing as t; fn f() { t :: warn /* x */ ! [count = 1, \"sent to {address}\"]; }",
            "fn f() { tracing::error!(\"{}\", value); }",
            "fn f() { tracing::error!(count, \"x {:?}\", person.name); }",
            "fn f() { tracing::event!(tracing::Level::INFO, person.email); }",
            "macro_rules! say { ($($t:tt)*) => { tracing::info!($($t)*) } }",
            "fn f() { tracing::info!(\"email\" = e); }",
            "#[tracing::instrument] fn f(email: &str) {}",
            "#[instrument(skip_all, fields(email = %e))] fn f(e: &str) {}",
            "fn f() { tracing::Span::current().record(\"email\", e); }",
            "fn f() { eprintln!(\"x\"); }",
            "use std::io as out; fn f() { out::stderr(); }",
        ],
    );
}

#[test]
fn a_log_line_with_registered_fields_passes() {
    clean(
        "log",
        FILE,
        &[
            "fn f() { tracing::error!(error = %error, \"a batch was refused\"); }",
            "fn f() { tracing::info!(target: \"jobs\", count, \"done in {{}} {count}\"); }",
            "fn f() { tracing::event!(Level::WARN, ?error, count = rows.len()); }",
            "#[tracing::instrument(skip_all, fields(count = 1))] fn f(email: &str) {}",
            "#[cfg(test)] mod tests { fn f() { println!(\"x\"); } } // tracing::info!(email)",
            "fn f() { log.record(entry); trace(); }",
        ],
    );
}

#[test]
fn a_dependency_is_seen_under_any_name() {
    let rest = "\n[package]\nname = \"kepil-policy\"\n";
    let manifests = [
        "[dependencies]\ntokio = \"1\"",
        "[dependencies]\nquiet = { version = \"1\", package = \"tokio\" }",
        "[target.'cfg(unix)'.dependencies]\ntokio = \"1\"",
        "[build-dependencies]\ntokio = \"1\"",
        "[dependencies.tokio]\nversion = \"1\"",
        "[dependencies]\nkepil-store.workspace = true",
        "[dev-dependencies]\nkepil-domain.workspace = true",
    ];
    for manifest in manifests {
        let text = format!("{manifest}{rest}");
        assert_eq!(found("depends", &[("crates/kepil-policy/Cargo.toml", &text)]).len(), 1, "{text}");
    }
    let root = ("Cargo.toml", "[workspace.dependencies]\ncalm = { version = \"1\", package = \"rusqlite\" }");
    let server = "[package]\nname = \"kepil-server\"\n[dependencies]\ncalm.workspace = true";
    assert_eq!(found("depends", &[root, ("crates/kepil-server/Cargo.toml", server)]).len(), 1);
    for lock in ["Cargo.lock", "fuzz/Cargo.lock"] {
        assert_eq!(found("depends", &[(lock, "[[package]]\nname = \"openssl\"\n")]).len(), 1);
    }
    assert_eq!(found("depends", &[("crates/new/Cargo.toml", "[package]\nname = \"new\"")]).len(), 1);
}

#[test]
fn a_dependency_below_passes() {
    let policy = "[package]\nname = \"kepil-policy\"\n[dependencies]\nserde = \"1\"\n[dev-dependencies]\ntokio = \"1\"";
    let store = "[package]\nname = \"kepil-store\"\n[dependencies]\nkepil-policy.workspace = true\nrusqlite = \"1\"";
    let files = [("crates/kepil-policy/Cargo.toml", policy), ("crates/kepil-store/Cargo.toml", store)];
    assert_eq!(found("depends", &files), []);
}
