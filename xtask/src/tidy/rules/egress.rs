//! Rule `egress`: no outbound connection but through the egress door (`crates/kepil-server/src/egress`).
//!
//! Clients of any protocol, sockets, name lookups and other programs. A network type under another name is a finding of
//! its own, since from there no rule could follow it.

use crate::tidy::{Config, Finding, NamedPath, Source, Tree};

const RULE: &str = "egress";
const MEND: &str = "go through the egress door of `kepil-server`";
const DOOR: &str = "crates/kepil-server/src/egress";
/// Streams are also what a listener accepts: only opening one is outbound.
const STREAMS: [&str; 4] =
    ["std::net::TcpStream", "tokio::net::TcpStream", "std::os::unix::net::UnixStream", "tokio::net::UnixStream"];
const BANNED: [&str; 27] = [
    "curl",
    "deadpool_postgres",
    "fantoccini",
    "hyper::client",
    "hyper_util::client",
    "hyper_util::service::TowerToHyperService::connect",
    "isahc",
    "lettre::AsyncSmtpTransport",
    "lettre::AsyncTransport",
    "lettre::SendmailTransport",
    "lettre::AsyncSendmailTransport",
    "lettre::SmtpTransport",
    "lettre::Transport",
    "lettre::transport",
    "oauth2::reqwest",
    "openidconnect::reqwest",
    "reqwest",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os::unix::net::UnixDatagram",
    "std::process::Command",
    "tokio::net::TcpSocket",
    "tokio::net::UdpSocket",
    "tokio::net::lookup_host",
    "tokio::process",
    "tokio_postgres",
    "ureq",
];

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    for source in tree.sources().iter().filter(|source| !source.path.starts_with(DOOR)) {
        for name in source.names.iter().filter(|name| !source.is_test(name.at)) {
            if is_outbound(source, name) {
                found.push(source.finding(name.at, RULE, "", format!("`{}` leads outside", name.shown()), MEND));
            }
        }
    }
}

fn is_outbound(source: &Source, name: &NamedPath) -> bool {
    let is_glob = name.last() == "*";
    if BANNED.iter().any(|ban| name.hits(ban)) {
        // `use std::net::*` brings in addresses too, but nobody can tell what else.
        return true;
    }
    let is_stream = STREAMS.iter().any(|stream| name.hits(stream));
    let opens = name.last().starts_with("connect") || is_filled(name);
    let is_hidden = name.renamed.as_deref().is_some_and(|new| new != "_") || is_glob || is_type_alias(source, name);
    is_stream && (opens || is_hidden)
}

fn is_filled(name: &NamedPath) -> bool {
    name.segments.iter().any(|segment| segment == "$")
}

fn is_type_alias(source: &Source, name: &NamedPath) -> bool {
    let before = |count: usize| name.at.checked_sub(count);
    source.follows_mark(name.at, "=") && before(3).and_then(|at| source.word(at)) == Some("type")
}
