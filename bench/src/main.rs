//! What is measured: rows against a floor in the same run. Start reading at [`main`]; the rows are in files of their own.
//!
//! A row is a ratio to its floor, interleaved with it, the median of several rounds. Absolute figures are information.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a measurement asks the clock, stops at the first surprise, and its figures are rounded anyway"
)]

mod decide;
mod destroying;
mod http;
mod ledger;
mod people;
mod provider;
mod reads;
mod report;
mod rotating;

use clap::Parser;
use kepil_testing::On;

use report::Report;

/// Measures.
#[derive(Parser)]
struct Cli {
    /// Rows: `decide`, `read/sqlite`, `read/postgres`, `read/http`, `token`, `code`, `login`, `introspect`, `erase`,
    /// `rotate`, `ledger/append`, `ledger/verify`, `profile`; all of them when none is named
    rows: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Rounds of each row
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many people there are in the rows that destroy some or replace keys
    #[arg(long, default_value_t = 10_000)]
    people: usize,
    /// The program, for rows over HTTP
    #[arg(long, default_value = "target/release/kepil")]
    program: String,
    /// Serves the floor of `read/http` on this port; for the bench itself
    #[arg(long, hide = true)]
    hello: Option<u16>,
}

fn main() {
    let cli = Cli::parse();
    if let Some(port) = cli.hello {
        return http::hello(port);
    }
    let report = Report { is_json: cli.json };
    let wants = |row: &str| cli.rows.is_empty() || cli.rows.iter().any(|each| each == row);
    if wants("decide") {
        decide::measure(&report, cli.rounds);
    }
    if wants("read/sqlite") {
        reads::measure(&report, cli.rounds, On::Sqlite);
    }
    if wants("read/postgres") {
        reads::measure(&report, cli.rounds, On::Postgres);
    }
    if wants("read/http") {
        http::measure(&report, cli.rounds, &cli.program);
    }
    for row in provider::ROWS.into_iter().filter(|row| wants(row.name)) {
        (row.measure)(&report, cli.rounds, &cli.program);
    }
    if wants("erase") {
        destroying::measure(&report, cli.people);
    }
    if wants("rotate") {
        rotating::measure(&report, cli.people);
    }
    if wants("ledger/append") {
        ledger::append(&report, cli.rounds);
    }
    if wants("ledger/verify") {
        ledger::verify(&report, cli.rounds, &cli.program);
    }
    if wants("profile") {
        reads::profile();
    }
}
