//! The server: actions, HTTP, OpenID Connect, pages, jobs.
//!
//! Start reading at [`http::router`], then follow one request: a file of `http/` parses and answers, a file of
//! `actions/` does the one thing, and there store, gate and vault meet. Source: design of the house, laws 1 to 6.
//! Does not know: SQL, and no field, purpose, service or cookie of a bundle by name.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "tests may stop at the first surprise"
    )
)]

pub mod actions;
pub mod app;
pub mod budgets;
pub mod challenge;
pub mod egress;
pub mod factors;
pub mod http;
pub mod jobs;
pub mod known;
pub mod metrics;
pub mod oidc;
pub mod pages;
pub mod password;
pub mod shelf;
pub mod throttle;

pub use app::{App, AppConfig};
