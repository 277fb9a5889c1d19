//! `kepil ledger watch`: follows a log at its address and keeps its last checkpoint; a log that was cut or forked ends it,
//! loudly, with both notes kept as evidence. Clause 5.1.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Args;
use kepil_domain::ledger::{VerifyKey, WitnessVerifyKey, check_consistency, consistency};

use super::{
    bundle::put,
    copy::{LogCopy, WhereArgs, read_text},
    prove::Fetched,
    signed_by_any,
};
use crate::commands::Failure;

/// What to follow.
#[derive(Args)]
pub struct WatchArgs {
    #[command(flatten)]
    place: WhereArgs,
    /// The log's public key: the text, or a file with it. May be repeated: while it is replaced there are two
    #[arg(long, required = true)]
    key: Vec<String>,
    /// Public keys of witnesses: each must have signed what is followed
    #[arg(long)]
    witness: Vec<String>,
    /// The file that has the last checkpoint
    #[arg(long)]
    state: PathBuf,
    /// Seconds between two looks
    #[arg(long, default_value_t = 60)]
    every: u64,
    /// Look once and end
    #[arg(long)]
    once: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when something cannot be read or written; for a log that does not answer only with `--once`.
pub async fn run(args: WatchArgs) -> Result<ExitCode, Failure> {
    let keys = super::read_keys(&args.key)?;
    let witnesses = super::read_witnesses(&args.witness)?;
    let mut logs = args.place.open().await?;
    let (Some((_, log)), true) = (logs.pop(), logs.is_empty()) else {
        return Err(Failure::Plain("name one log: `--compartment NAME`".to_owned()));
    };
    let mut held = if args.state.is_file() { Some(read_text(&args.state)?) } else { None };
    loop {
        match look(&log, &keys, &witnesses, held.as_deref()).await {
            Ok(Seen::Grown { note, said }) => {
                put(&args.state, note.as_bytes())?;
                println!("{said}");
                held = Some(note);
            }
            Ok(Seen::Same) if args.once => println!("nothing new"),
            Ok(Seen::Same) => {}
            Ok(Seen::Wrong { fault, note }) => {
                // Two notes of one key that do not fit together prove it to anyone.
                let evidence = args.state.with_extension("evidence");
                put(&evidence, format!("{}\n{note}", held.unwrap_or_default()).as_bytes())?;
                eprintln!("ALARM: {fault}; both checkpoints are in `{}`", evidence.display());
                return Ok(ExitCode::FAILURE);
            }
            Err(error) if args.once => return Err(error),
            Err(error) => eprintln!("not seen this time: {error}"),
        }
        if args.once {
            return Ok(ExitCode::SUCCESS);
        }
        tokio::time::sleep(Duration::from_secs(args.every.max(1))).await;
    }
}

/// What a look found.
enum Seen {
    Grown { note: String, said: String },
    Same,
    Wrong { fault: String, note: String },
}

async fn look(
    log: &LogCopy,
    keys: &[VerifyKey],
    witnesses: &[WitnessVerifyKey],
    held: Option<&str>,
) -> Result<Seen, Failure> {
    let plain = |error: kepil_domain::ledger::LedgerError| Failure::Plain(error.to_string());
    let note = newest(log, witnesses).await?;
    let wrong = |fault: String, note: String| Ok(Seen::Wrong { fault, note });
    let now = match signed_by_any(keys, &note) {
        Ok(now) => now,
        Err(error) => return wrong(error.to_string(), note),
    };
    let Some(held) = held else {
        return Ok(Seen::Grown { said: format!("first seen with {} entries", now.size), note });
    };
    let before = signed_by_any(keys, held).map_err(plain)?;
    if now.size < before.size {
        // A cache in between may be behind; what it shows must still be the beginning of what is held.
        let cut = format!("the log was cut: it has {} entries, you hold {}", now.size, before.size);
        return wrong(cut, note);
    }
    if now.size == before.size {
        return if now.root == before.root {
            Ok(Seen::Same)
        } else {
            wrong(format!("the log was forked: two roots of {} entries", now.size), note)
        };
    }
    let tiles = Fetched::on_the_way(log, before.size.saturating_sub(1), now.size).await?;
    let Some(path) = consistency(&tiles, before.size, now.size) else {
        return Err(Failure::Plain("a tile of the log is missing".to_owned()));
    };
    if check_consistency((before.size, &before.root), (now.size, &now.root), &path) {
        let said = format!("grew from {} to {} entries, and what you hold is in it", before.size, now.size);
        return Ok(Seen::Grown { note, said });
    }
    wrong(format!("the log was forked: its {} entries do not begin with the {} you hold", now.size, before.size), note)
}

/// The newest note, or the newest that every witness signed.
async fn newest(log: &LogCopy, witnesses: &[WitnessVerifyKey]) -> Result<String, Failure> {
    if witnesses.is_empty() {
        return Ok(log.head().await?.note);
    }
    let signed = log.cosigned().await?.pop();
    let is_signed = |note: &String| witnesses.iter().all(|witness| witness.verify(note).is_ok());
    signed.filter(is_signed).ok_or_else(|| Failure::Plain("no checkpoint is signed by every witness".to_owned()))
}
