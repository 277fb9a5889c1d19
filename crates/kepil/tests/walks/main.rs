//! Walks through the running program, as people and services take them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests may stop at the first surprise"
)]

mod abuse;
mod adversary;
mod ages;
mod alike;
mod asked;
mod birthdays;
mod budgets;
mod canary;
mod children;
mod client;
mod compared;
mod conform;
mod contents;
mod destruction;
mod device;
mod doors;
mod editions;
mod enrolled;
mod entities;
mod enumerated;
mod epochs;
mod exports;
mod factors;
mod forged;
mod guardians;
mod imported;
mod inquiries;
mod joins;
mod killed;
mod ledgers;
mod letters;
mod narrowing;
mod onlookers;
mod partner;
mod party;
mod passwords;
mod profiles;
mod proven;
mod refused;
mod restored;
mod rotation;
mod sent;
mod sign_ins;
mod staff;
mod standard;
mod stuffed;
mod territory;
mod tokens;
mod told;
#[path = "../totp/mod.rs"]
mod totp;
mod wards;
mod witnesses;

use kepil_testing::{Demo, On};

/// A demo whose clock can be moved.
async fn demo(on: On) -> Demo {
    Demo::start(env!("CARGO_BIN_EXE_kepil"), on, &["--clock"]).await
}
