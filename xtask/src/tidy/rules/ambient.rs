//! Rule `ambient`: no clock, randomness, environment, I/O or async in `kepil-policy` and `kepil-domain`.
//!
//! Law 2 of the house needs decisions that can be repeated: what they depend on is an argument.

use crate::tidy::{Config, Finding, Tree};

const RULE: &str = "ambient";
const MEND: &str = "take the moment, the random bytes or the text as an argument";
const BOTTOM: [&str; 2] = ["crates/kepil-policy/", "crates/kepil-domain/"];
const BANNED: [&str; 23] = [
    "std::env",
    "std::fs",
    "std::hash::RandomState",
    "std::collections::hash_map::RandomState",
    "std::io",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::time",
    "aws_lc_rs::aead::RandomizedNonceKey",
    "aws_lc_rs::rand",
    "fastrand",
    "getrandom",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz::TimeZone::system",
    "libc",
    "rand",
    "rand_core",
    "rusqlite",
    "tokio",
    "tokio_postgres",
];
/// A length of time is not a clock.
const HARMLESS: &str = "std::time::Duration";
const MACROS: [&str; 6] = ["println", "eprintln", "print", "eprint", "dbg", "option_env"];

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    let is_bottom = |path: &str| BOTTOM.iter().any(|one| path.starts_with(one));
    for source in tree.sources().iter().filter(|source| is_bottom(&source.path)) {
        for name in source.names.iter().filter(|name| !source.is_test(name.at)) {
            let is_banned = BANNED.iter().any(|ban| name.hits(ban)) && !name.hits(HARMLESS);
            let is_clock = name.segments.len() > 1 && name.last() == "now";
            let is_macro = name.is_macro(source) && MACROS.contains(&name.last());
            let is_async = name.segments.len() == 1 && matches!(name.last(), "async" | "await");
            let is_duration_glob = name.last() == "*" && name.hits(HARMLESS);
            if is_banned || is_clock || is_macro || is_async || is_duration_glob {
                found.push(source.finding(name.at, RULE, "", format!("`{}`", name.shown()), MEND));
            }
        }
    }
}
