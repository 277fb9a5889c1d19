//! What is absent from the lower rooms: clock, randomness, environment, I/O, SQL.

use super::{caught, clean, found};

const DOMAIN: &str = "crates/kepil-domain/src/gate.rs";
const SERVER: &str = "crates/kepil-server/src/http/reads.rs";

#[test]
fn a_clock_is_seen_under_any_name() {
    caught(
        "ambient",
        DOMAIN,
        &[
            "use std::time as t; fn f() { t::Instant::now(); }",
            "use std::{fmt, time::{Instant as I}}; fn f() -> I { I::now() }",
            "use std as s; fn f() { let _ = s::time::SystemTime::UNIX_EPOCH; }",
            "extern crate std as core2; fn f() { core2::time::Instant::now(); }",
            "fn f() { std /* not */ :: /* a clock */ time\n::\nInstant::now(); }",
            "fn f() { r#std::r#time::Instant::now(); }",
            "use std::*; fn f() { time::Instant::now(); }",
            "macro_rules! m { ($a:ident) => { std::$a::Instant::now() } } fn f() { m!(time); }",
            "macro_rules! call { ($p:path) => { $p() } } fn f() { call!(std::time::Instant::now); }",
            "type Clock = jiff::Timestamp; fn f() { Clock::now(); }",
            "fn f() { let now = jiff::Zoned::now; now(); }",
        ],
    );
}

#[test]
fn randomness_environment_and_io_are_seen() {
    caught(
        "ambient",
        DOMAIN,
        &[
            "use getrandom::fill as seed; fn f(b: &mut [u8]) { seed(b).ok(); }",
            "use aws_lc_rs::{digest, rand::SystemRandom}; ",
            "fn f() { ::std::env::var(\"X\").ok(); }",
            "mod m { use std::fs as disk; pub fn f() { self::disk::read(\"x\").ok(); } }",
            "macro_rules! say { ($($t:tt)*) => { std::println!($($t)*) } }",
            "fn f() { println ! (\"x\"); }",
            "async fn f() {}",
            "use tokio::{self as t}; fn f() { t::spawn(async {}); }",
        ],
    );
}

#[test]
fn lengths_comments_and_tests_are_no_clock() {
    clean(
        "ambient",
        DOMAIN,
        &[
            "use core::time::Duration; fn f(d: Duration) {}",
            "// std::time::Instant::now()\n/* std::fs /* nested */ std::env */ fn f() { let s = \"std::time\"; }",
            "#[cfg(test)] mod tests { fn f() { std::fs::read(\"x\").unwrap(); } }",
            "fn now_in_days(now: u32) -> u32 { now }",
        ],
    );
    clean("ambient", "crates/kepil-store/src/clock.rs", &["fn f() { std::time::Instant::now(); }"]);
    caught("ambient", DOMAIN, &["#[cfg(any(test, feature = \"x\"))] mod m { fn f() { std::time::Instant::now(); } }"]);
    caught("ambient", DOMAIN, &["#[cfg(not(test))] fn f() { std::time::Instant::now(); }"]);
    caught("ambient", DOMAIN, &["#[cfg(all(unix, not(test)))] fn f() { std::time::Instant::now(); }"]);
}

#[test]
fn a_file_is_a_test_only_when_it_is_declared_so() {
    let inner = ("crates/kepil-domain/src/gate/tests.rs", "fn f() { std::time::Instant::now(); }");
    let declared = ("crates/kepil-domain/src/gate/mod.rs", "#[cfg(test)]\nmod tests;");
    let plain = ("crates/kepil-domain/src/gate/mod.rs", "mod tests;");
    assert_eq!(found("ambient", &[inner, declared]), []);
    assert!(!found("ambient", &[inner, plain]).is_empty());
}

#[test]
fn sql_is_seen_in_any_dress() {
    caught(
        "sql",
        SERVER,
        &[
            "const Q: &str = \"select handle from person where handle = $1\";",
            "const Q: &str = r##\"\n   SELECT a,\n     b FROM t\"##;",
            "const Q: &str = concat!(\"SEL\", \"ECT * \", \"FROM person\");",
            "fn f() { run(\"del\".to_owned() + \"ete from person where handle = $1\"); }",
            "const Q: &str = \"\\\n        up\\x64ate person \\\n   set version = $1\";",
            "const Q: &[u8] = br#\"Insert  Into person values ($1)\"#;",
            "const Q: &str = \"-- a note\\n/* more */ (drop table person)\";",
            "const VERB: &str = \"SELECT\";",
            "const TAIL: &str = \"FROM person WHERE handle = $1\";",
            "const Q: &str = \"with gone as (delete from person returning 1) select 1\";",
            "const Q: &str = \"begin immediate\"; ",
            "const Q: &str = \"BEGIN\"; ",
            "const Q: &str = \"pragma journal_mode = off\"; ",
            "macro_rules! q { ($t:ident) => { concat!(\"alter \", \"table \", stringify!($t)) } }",
            "fn f(t: &str) { run(&format!(\"create unique index i on {t} (a)\")); }",
        ],
    );
}

#[test]
fn english_and_the_store_are_no_sql() {
    clean(
        "sql",
        SERVER,
        &[
            "const T: &str = \"select a service from the list\";",
            "const T: &str = \"delete from your account what you do not need\";",
            "const T: &str = \"update your address, then set a new password\"; const U: &str = \"begin\";",
            "const M: &str = \"DELETE\"; const K: &str = \"select\"; const D: &str = \"drop what is undeclared\";",
            "const H: &str = \"Pragma\"; const P: &str = \"-----BEGIN PRIVATE KEY-----\"; // SELECT 1 FROM t",
            "/// `SELECT a FROM b WHERE c = $1`\nfn f() {}",
        ],
    );
    clean("sql", "crates/kepil-store/src/people.rs", &["const Q: &str = \"SELECT a FROM b\";"]);
}
