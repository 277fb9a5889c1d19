//! `kepil ledger`: verifies logs and receipts, takes copies, follows a log. Needs no key but public ones.
//!
//! The formats are described in `docs/ledger.md`. Start reading at `verify.rs`.

mod bundle;
mod copy;
mod prove;
mod token;
mod verify;
mod watch;

use std::process::ExitCode;

pub(super) use bundle::put;

use clap::Subcommand;
use kepil_domain::ledger::{Checkpoint, LedgerError, VerifyKey, WitnessVerifyKey};

use super::Failure;
use crate::runtime::block_on;

/// What to do with ledgers.
#[derive(Subcommand)]
pub enum LedgerCommand {
    /// Verify every log: leaves, tiles, root, hours, signed checkpoint, and what you hold or a witness signed
    Verify(verify::VerifyArgs),
    /// Check a receipt, a proof or the file of a session, or make the proof of an entry
    Prove(prove::ProveArgs),
    /// Take a copy of logs away: checkpoints, tiles, and entries for an auditor. Goes on where it was broken off
    Bundle(bundle::BundleArgs),
    /// Follow a log over HTTP, keep its last checkpoint, and fail when it was cut or forked
    Watch(watch::WatchArgs),
    /// Let an auditor read entries over HTTP, until a day: prints a token once
    Token(token::TokenArgs),
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when something cannot be read.
pub fn run(command: LedgerCommand) -> Result<ExitCode, Failure> {
    match command {
        LedgerCommand::Verify(args) => block_on(verify::run(args)),
        LedgerCommand::Prove(args) => block_on(prove::run(args)),
        LedgerCommand::Bundle(args) => block_on(bundle::run(args)),
        LedgerCommand::Watch(args) => block_on(watch::run(args)),
        LedgerCommand::Token(args) => block_on(token::run(args)),
    }
}

/// What was typed, or what is in the file of that name.
fn text_or_file(text: &str) -> Result<String, Failure> {
    let path = std::path::Path::new(text);
    if path.is_file() { copy::read_text(path) } else { Ok(text.to_owned()) }
}

/// Each text or file may have several, one a line: while the key of a log is being replaced there are two.
pub(super) fn read_keys(keys: &[String]) -> Result<Vec<VerifyKey>, Failure> {
    let mut read = Vec::new();
    for key in keys {
        for line in text_or_file(key)?.lines().filter(|line| !line.trim().is_empty()) {
            read.push(VerifyKey::parse(line).map_err(|error| Failure::Plain(error.to_string()))?);
        }
    }
    Ok(read)
}

/// What a note states that one of `keys` signed; the key of a log is replaced now and then.
fn signed_by_any<'a>(keys: impl IntoIterator<Item = &'a VerifyKey>, note: &str) -> Result<Checkpoint, LedgerError> {
    let mut fault = LedgerError::BadSignature;
    for key in keys {
        match key.verify(note) {
            Ok(checkpoint) => return Ok(checkpoint),
            Err(error) => fault = error,
        }
    }
    Err(fault)
}

fn read_witnesses(keys: &[String]) -> Result<Vec<WitnessVerifyKey>, Failure> {
    let read = |key: &String| {
        WitnessVerifyKey::parse(&text_or_file(key)?)
            .map_err(|_| Failure::Plain(format!("`{key}` is no key of a witness")))
    };
    keys.iter().map(read).collect()
}
