//! `kepil ledger verify`: everything that can be found without a key to anybody's texts. Clause 5.1.
//!
//! Start reading at [`verify_log`]. What is wrong and where is decided in `kepil_domain::ledger::audit`.

use std::{
    fmt::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kepil_domain::ledger::{
    Hash, TILE_WIDTH, TilePlace, VerifyKey, WitnessVerifyKey,
    audit::{Audit, Fault, Held, Stretch},
};

use super::{
    copy::{Head, LogCopy, Material, WhereArgs, read_text},
    signed_by_any,
};
use crate::{commands::Failure, runtime::cores};

/// Stretches of 256 entries that are read before the cores look at them.
const STRETCHES_AT_ONCE: usize = 256;
/// Faults that are printed; the rest is counted.
const SHOWN_MAX: usize = 20;

/// What to verify, and what is trusted.
#[derive(Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    place: WhereArgs,
    /// Public keys of the logs, as text or files; without them only the tree is checked, not who signed it
    #[arg(long)]
    key: Vec<String>,
    /// Public keys of witnesses: each must have signed
    #[arg(long)]
    witness: Vec<String>,
    /// A checkpoint that you hold, or a copy that `kepil ledger bundle` wrote: the log must contain it. May be repeated
    #[arg(long, alias = "held")]
    checkpoint: Vec<PathBuf>,
}

/// What the verifier trusts.
pub struct Trust {
    /// Keys of logs.
    pub keys: Vec<VerifyKey>,
    /// Keys of witnesses.
    pub witnesses: Vec<WitnessVerifyKey>,
    /// Notes that the verifier holds.
    pub notes: Vec<String>,
    /// Copies that the verifier holds.
    pub copies: Vec<PathBuf>,
}

impl Trust {
    /// What is named.
    ///
    /// # Errors
    /// [`Failure`] when a file cannot be read or is of no use.
    pub fn read(keys: &[String], witnesses: &[String], held: &[PathBuf]) -> Result<Self, Failure> {
        let (keys, witnesses) = (super::read_keys(keys)?, super::read_witnesses(witnesses)?);
        let mut trust = Self { keys, witnesses, notes: Vec::new(), copies: Vec::new() };
        for path in held {
            if !path.is_dir() {
                trust.notes.push(read_text(path)?);
                continue;
            }
            let folders = std::fs::read_dir(path).map_err(|error| Failure::file(path, error))?;
            let copies = folders.filter_map(Result::ok).map(|entry| entry.path()).chain([path.clone()]);
            for copy in copies.filter(|copy| copy.join("checkpoint").is_file()) {
                trust.notes.push(read_text(&copy.join("checkpoint"))?);
                trust.copies.push(copy);
            }
        }
        Ok(trust)
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when something cannot be read.
pub async fn run(args: VerifyArgs) -> Result<ExitCode, Failure> {
    let trust = Trust::read(&args.key, &args.witness, &args.checkpoint)?;
    let mut is_whole = true;
    for (name, log) in args.place.open().await? {
        is_whole &= tell(&name, verify_log(&log, &trust).await?);
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what was found.
pub fn tell(name: &str, found: Result<String, Vec<String>>) -> bool {
    match found {
        Ok(said) => {
            println!("{name}: whole, {said}");
            true
        }
        Err(faults) => {
            faults.iter().take(SHOWN_MAX).for_each(|fault| println!("{name}: BROKEN: {fault}"));
            if faults.len() > SHOWN_MAX {
                println!("{name}: and {} more", faults.len() - SHOWN_MAX);
            }
            false
        }
    }
}

/// Looks through one log: `Ok` with what was checked, `Err` with every fault.
///
/// # Errors
/// [`Failure`] when the copy cannot be read.
pub async fn verify_log(log: &LogCopy, trust: &Trust) -> Result<Result<String, Vec<String>>, Failure> {
    let end = log.head().await?;
    let keys: Vec<&VerifyKey> = trust.keys.iter().filter(|key| key.origin() == end.checkpoint.origin).collect();
    let mut faults = Vec::new();
    if let (false, Err(error)) = (keys.is_empty(), signed_by_any(keys.iter().copied(), &end.note)) {
        faults.push(error.to_string());
    }
    if end.beside.as_ref().is_some_and(|(size, root)| (*size, root.as_slice()) != stated(&end)) {
        faults.push("the signed checkpoint is not that of the entries".to_owned());
    }
    let mut held = Vec::new();
    for note in trust.notes.iter().filter(|note| note.starts_with(&format!("{}\n", end.checkpoint.origin))) {
        held.push(trusted(note, &keys, trust)?);
    }
    let own = log.cosigned().await?;
    let witnessed = witnessed(&own, &keys, trust, &mut held, &mut faults);
    let (audited, compared) = (look(log, &end, held.clone()).await?, held.len() - witnessed);
    let size = end.checkpoint.size;
    let mut found = audited.faults;
    if let Some(last) = log.beyond(size).await? {
        found.push(Fault::Beyond { from: size, to: last });
    }
    narrow(log, &end, trust, &mut found).await?;
    faults.extend(found.iter().map(ToString::to_string));
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    let signed = if keys.is_empty() {
        "who signed the checkpoint was not checked: give `--key`"
    } else {
        "checkpoint signed by the log's key"
    };
    let mut said = format!("{size} entries, {signed}");
    for (count, what) in [
        (compared as u64, "it contains what you hold"),
        (witnessed as u64, "and what witnesses signed"),
        (audited.late, "entries came late, as the log announced"),
    ] {
        if count > 0 {
            // Writing to a string does not fail.
            let _ = write!(said, "; {what} ({count})");
        }
    }
    if !log.has_entries() {
        said.push_str("; hashes only, entries are for auditors: give `--token`");
    }
    Ok(Ok(said))
}

fn stated(end: &Head) -> (u64, &[u8]) {
    (end.checkpoint.size, end.checkpoint.root.as_slice())
}

/// A note that the verifier holds: worth something only with its signature.
fn trusted(note: &str, keys: &[&VerifyKey], trust: &Trust) -> Result<Held, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::Plain(format!("the held checkpoint: {error}"));
    if keys.is_empty() {
        return Err(wrong(&"give the key of its log with `--key`"));
    }
    let checkpoint = signed_by_any(keys.iter().copied(), note).map_err(|error| wrong(&error))?;
    let hour = trust.witnesses.iter().find_map(|witness| witness.verify(note).ok()).map(|cosigned| cosigned.hour());
    Ok(Held { size: checkpoint.size, root: checkpoint.root, hour })
}

/// Adds what witnesses signed to what is held; says how many.
fn witnessed(
    notes: &[String],
    keys: &[&VerifyKey],
    trust: &Trust,
    held: &mut Vec<Held>,
    faults: &mut Vec<String>,
) -> usize {
    let mut count = 0;
    for witness in &trust.witnesses {
        let is_theirs = |note: &&String| keys.is_empty() || signed_by_any(keys.iter().copied(), note).is_ok();
        let signed = notes.iter().filter(is_theirs);
        let signed: Vec<_> = signed.filter_map(|note| witness.verify(note).ok()).collect();
        if signed.is_empty() {
            faults.push(format!("the witness `{}` signed no checkpoint of this log", witness.name()));
        }
        count += signed.len();
        held.extend(signed.into_iter().map(|cosigned| Held {
            size: cosigned.checkpoint.size,
            root: cosigned.checkpoint.root,
            hour: Some(cosigned.hour()),
        }));
    }
    count
}

/// Reads the log and looks at it, on every core.
async fn look(log: &LogCopy, end: &Head, held: Vec<Held>) -> Result<kepil_domain::ledger::audit::Audited, Failure> {
    let size = end.checkpoint.size;
    let bar = ProgressBar::new(size).with_style(ProgressStyle::default_bar());
    let mut audit = Audit::new(held);
    let mut above: (u64, Option<Vec<Hash>>) = (u64::MAX, None);
    let mut places = TilePlace::of(size, Some(0), 0).peekable();
    while places.peek().is_some() && !audit.is_hopeless() {
        let mut work = Vec::with_capacity(STRETCHES_AT_ONCE);
        for place in places.by_ref().take(STRETCHES_AT_ONCE) {
            let up = place.n / TILE_WIDTH as u64;
            if above.0 != up {
                let width = TilePlace::of(size, Some(1), up).next().map_or(TILE_WIDTH, |tile| tile.width);
                above = (up, log.tile(TilePlace { level: Some(1), n: up, width }).await?);
            }
            let at = usize::try_from(place.n % TILE_WIDTH as u64).unwrap_or(usize::MAX);
            let over = above.1.as_ref().and_then(|tile| tile.get(at)).copied();
            work.push((place, log.material(place.n, place.width).await?, over));
        }
        for (width, stretch) in check_all(work) {
            audit.add(stretch);
            bar.inc(width as u64);
        }
        for tile in audit.take_tiles() {
            let place = TilePlace { level: Some(tile.level), n: tile.n, width: TILE_WIDTH };
            audit.compare_tile(&tile, log.tile(place).await?.as_deref());
        }
    }
    for tile in audit.edge_tiles() {
        let place = TilePlace { level: Some(tile.level), n: tile.n, width: tile.hashes.len() };
        audit.compare_tile(&tile, log.tile(place).await?.as_deref());
    }
    bar.finish_and_clear();
    Ok(audit.finish(size, &end.checkpoint.root))
}

/// Stretches need each other for nothing: each core takes a share.
fn check_all(work: Vec<(TilePlace, Material, Option<Hash>)>) -> Vec<(usize, Stretch)> {
    let share = work.len().div_ceil(cores()).max(1);
    let mut shares: Vec<Vec<_>> = Vec::new();
    let mut rest = work.into_iter().peekable();
    while rest.peek().is_some() {
        shares.push(rest.by_ref().take(share).collect());
    }
    let check = |share: Vec<(TilePlace, Material, Option<Hash>)>| {
        let each = |(place, material, above): (TilePlace, Material, _)| {
            (place.width, material.check(place.n, place.width, above))
        };
        share.into_iter().map(each).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let others: Vec<_> =
            shares.drain(1.min(shares.len())..).map(|share| scope.spawn(move || check(share))).collect();
        let mut done = shares.pop().map(check).unwrap_or_default();
        for other in others {
            match other.join() {
                Ok(stretches) => done.extend(stretches),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

/// Where the log is another than a copy that is held, the copy tells which entry is the first.
async fn narrow(log: &LogCopy, end: &Head, trust: &Trust, faults: &mut [Fault]) -> Result<(), Failure> {
    let Some(Fault::Forked { from, to }) = faults.iter_mut().find(|fault| matches!(fault, Fault::Forked { .. })) else {
        return Ok(());
    };
    for copy in &trust.copies {
        let other = LogCopy::Folder(copy.clone());
        let theirs = other.head().await?.checkpoint;
        if theirs.origin != end.checkpoint.origin || theirs.size <= *from {
            continue;
        }
        if let Some(first) = first_other(log, &other, (*from, theirs.size)).await? {
            (*from, *to) = (first, first);
        }
    }
    Ok(())
}

async fn first_other(log: &LogCopy, other: &LogCopy, (from, to): (u64, u64)) -> Result<Option<u64>, Failure> {
    for place in TilePlace::of(to, Some(0), from / TILE_WIDTH as u64) {
        let (own, theirs) = (log.tile(place).await?, other.tile(place).await?);
        let (Some(own), Some(theirs)) = (own, theirs) else { continue };
        if let Some(at) = own.iter().zip(theirs.iter().take(place.width)).position(|(own, theirs)| own != theirs) {
            return Ok(Some(place.n * TILE_WIDTH as u64 + at as u64));
        }
    }
    Ok(None)
}

/// The folder of a copy of the log called `name` in `folder`.
pub fn copy_in(folder: &Path, name: &str) -> LogCopy {
    LogCopy::Folder(folder.join(name))
}
