//! `kepil doctor`: looks over an installation. `joins` guesses, as somebody with copies of the databases and no keys would, which
//! rows of two of them are about the same person. Clause 3.1.5; `docs/joins.md`.

use std::{collections::BTreeMap, process::ExitCode};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use kepil_domain::{Entropy, joins::Finding};
use kepil_store::{JoinsAsk, OsEntropy, StoreError};
use serde::Serialize;

use super::{Failure, place::Place};
use crate::runtime::block_on;

/// Below how many people a table says little.
const FEW: u32 = 1000;

/// What to look over.
#[derive(Subcommand)]
pub enum DoctorCommand {
    /// Guess which rows of two databases are about the same person, as somebody without keys would. Exit code 1 when one can tell.
    /// On the embedded engine, while no server runs
    Joins(JoinsArgs),
}

/// How to guess.
#[derive(Args)]
pub struct JoinsArgs {
    #[command(flatten)]
    place: Place,
    /// For how many people of each database to guess at most
    #[arg(long, default_value_t = 10_000)]
    people: usize,
    /// From what lots are drawn: the same databases and seed give the same table
    #[arg(long)]
    seed: Option<u64>,
    /// Look only at the entries of so many newest days of each log: who was there on which day, every log shows
    #[arg(long)]
    days: Option<u32>,
    /// Mix the rows first, as a server does every night on PostgreSQL
    #[arg(long)]
    mix: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: DoctorCommand) -> Result<ExitCode, Failure> {
    let DoctorCommand::Joins(args) = command;
    let seed = args.seed.map_or_else(random_seed, Ok)?;
    let ask = JoinsAsk { seed, guesses_max: args.people, days: args.days };
    let found = args.place.find()?;
    let findings = block_on(async {
        let app = found.app().await?;
        let policy = &app.policy()?.policy;
        app.store.prepare(policy).await?;
        let bar = ProgressBar::new(1).with_style(style());
        let progress = |step: &str, done: u64, total: u64| {
            bar.set_message(step.to_owned());
            bar.set_length(total);
            bar.set_position(done);
        };
        if args.mix {
            app.store.mix_rows(&|rows| progress("mixing", rows, rows)).await?;
        }
        let findings = app.store.joins(policy, ask, &progress).await;
        bar.finish_and_clear();
        Ok(findings?)
    })?;
    if args.json {
        print_json(seed, &findings)?;
    } else {
        print_table(seed, &findings);
    }
    Ok(if findings.iter().any(Finding::is_leak) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn random_seed() -> Result<u64, Failure> {
    let mut seed = [0; 4];
    OsEntropy.fill(&mut seed).map_err(StoreError::from)?;
    Ok(u32::from_be_bytes(seed).into())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:16} {wide_bar} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn print_table(seed: u64, findings: &[Finding]) {
    println!(
        "{:20} {:20} {:16} {:>9} {:>7} {:>8} {:>6}",
        "database", "database", "linker", "among", "right", "chance", "bound"
    );
    let mut hints = BTreeMap::new();
    for finding in findings {
        let of = &finding.measured;
        let verdict = if finding.is_leak() { "LEAK" } else { "ok" };
        println!(
            "{:20} {:20} {:16} {:>9} {:>7} {:>8.1} {:>6} {verdict}",
            of.pair.0,
            of.pair.1,
            of.linker.word(),
            of.candidates,
            of.matches,
            of.chance,
            finding.bound
        );
        if finding.is_leak() {
            hints.insert(of.linker, format!("{} ({}): {}", of.linker.word(), of.way, of.linker.hint()));
        }
    }
    println!("seed {seed}; a sound installation passes a bound in one table of 1,000");
    if findings.iter().all(|finding| finding.measured.guesses < FEW) {
        println!("there are fewer than {FEW} people: the table says little");
    }
    hints.values().for_each(|hint| println!("{hint}"));
}

/// The whole answer.
#[derive(Serialize)]
struct Answer<'a> {
    seed: u64,
    leaks: usize,
    rows: Vec<Row<'a>>,
}

/// One row of the table.
#[derive(Serialize)]
struct Row<'a> {
    left: &'a str,
    right: &'a str,
    linker: &'a str,
    way: &'a str,
    guesses: u32,
    candidates: u32,
    matches: u32,
    chance: f64,
    bound: u32,
    is_leak: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl<'a> Row<'a> {
    fn of(finding: &'a Finding) -> Self {
        let Finding { measured: of, bound } = finding;
        Self {
            left: &of.pair.0,
            right: &of.pair.1,
            linker: of.linker.word(),
            way: of.way,
            guesses: of.guesses,
            candidates: of.candidates,
            matches: of.matches,
            chance: of.chance,
            bound: *bound,
            is_leak: finding.is_leak(),
            hint: finding.is_leak().then(|| of.linker.hint()),
        }
    }
}

fn print_json(seed: u64, findings: &[Finding]) -> Result<(), Failure> {
    let rows: Vec<Row<'_>> = findings.iter().map(Row::of).collect();
    let answer = Answer { seed, leaks: rows.iter().filter(|row| row.is_leak).count(), rows };
    let text = serde_json::to_string_pretty(&answer).map_err(|error| Failure::Plain(error.to_string()))?;
    println!("{text}");
    Ok(())
}
