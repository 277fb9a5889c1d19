//! `kepil ledger prove`: checks what a person or an auditor was given, or makes the proof of an entry. Clauses 5.1, 6.1.

use std::{collections::HashMap, path::PathBuf, process::ExitCode};

use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Args;
use kepil_domain::ledger::{
    Hash, Leaf, Payload, ProofFile, TILE_WIDTH, TilePlace, TileSource, TlogProof, VerifyKey, WitnessVerifyKey,
    check_certificate, inclusion, is_certificate, split_entries,
};
use serde::Deserialize;

use super::copy::{LogCopy, WhereArgs, read_text};
use crate::commands::Failure;

/// What to check or to prove.
#[derive(Args)]
pub struct ProveArgs {
    /// The file to check: a receipt, the file of a session, the certificate of a destruction, or a `.tlog-proof`
    #[arg(conflicts_with = "check")]
    file: Option<PathBuf>,
    /// The same, by name
    #[arg(long)]
    check: Option<PathBuf>,
    /// The log's public key: the text, or a file with it; for the file of a session, that of each log
    #[arg(long)]
    key: Vec<String>,
    /// Public keys of witnesses: each must have signed too
    #[arg(long)]
    witness: Vec<String>,
    /// Make the proof of the entry at this position of the one log that is named
    #[arg(long, conflicts_with_all = ["file", "check"])]
    position: Option<u64>,
    #[command(flatten)]
    place: WhereArgs,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when something cannot be read.
pub async fn run(args: ProveArgs) -> Result<ExitCode, Failure> {
    if let Some(position) = args.position {
        let mut logs = args.place.open().await?;
        let (Some((_, log)), true) = (logs.pop(), logs.is_empty()) else {
            return Err(Failure::Plain("name one log: `--compartment NAME`".to_owned()));
        };
        print!("{}", make(&log, position).await?.to_text());
        return Ok(ExitCode::SUCCESS);
    }
    let path = args.file.or(args.check);
    let path = path.ok_or_else(|| Failure::Plain("name the file to check, or a `--position` to prove".to_owned()))?;
    let trust = Signers { keys: super::read_keys(&args.key)?, witnesses: super::read_witnesses(&args.witness)? };
    if trust.keys.is_empty() {
        return Err(Failure::Plain("give the public key of the log: `--key KEY`".to_owned()));
    }
    check(&path, &trust)
}

/// Who must have signed.
struct Signers {
    keys: Vec<VerifyKey>,
    witnesses: Vec<WitnessVerifyKey>,
}

impl Signers {
    /// Looks for the key under which something holds, and for the signatures of all witnesses on its note.
    fn accept<T>(
        &self,
        note: &str,
        holds: impl Fn(&VerifyKey) -> Result<T, kepil_domain::ledger::LedgerError>,
    ) -> Result<T, String> {
        let mut fault = String::new();
        for key in &self.keys {
            match holds(key) {
                Ok(found) => return self.all_signed(note).map(|()| found),
                Err(error) => fault = error.to_string(),
            }
        }
        Err(fault)
    }

    fn all_signed(&self, note: &str) -> Result<(), String> {
        let absent = self.witnesses.iter().find(|witness| witness.verify(note).is_err());
        absent.map_or(Ok(()), |witness| Err(format!("the witness `{}` did not sign the checkpoint", witness.name())))
    }
}

/// The part of the file of a session that is proof.
#[derive(Deserialize)]
struct SessionFile {
    session: SessionPart,
    entries: Vec<EntryPart>,
}

#[derive(Deserialize)]
struct SessionPart {
    mark: String,
}

#[derive(Deserialize)]
struct EntryPart {
    receipt: ProofFile,
}

fn check(path: &std::path::Path, trust: &Signers) -> Result<ExitCode, Failure> {
    let text = read_text(path)?;
    if TlogProof::is_one(&text) {
        return check_proof(&text, trust);
    }
    if is_certificate(&text) {
        return Ok(match trust.accept(&text, |key| check_certificate(key, &text)) {
            Ok(said) => {
                print!("holds: the certificate is signed by the key of the log\n{said}");
                ExitCode::SUCCESS
            }
            Err(fault) => {
                println!("does not hold: {fault}");
                ExitCode::FAILURE
            }
        });
    }
    let (receipts, mark) = if let Ok(file) = serde_json::from_str::<SessionFile>(&text) {
        (file.entries.into_iter().map(|entry| entry.receipt).collect(), Some(file.session.mark))
    } else {
        let receipt: ProofFile = serde_json::from_str(&text)
            .map_err(|error| Failure::Plain(format!("`{}` is no receipt: {error}", path.display())))?;
        (vec![receipt], None)
    };
    let mut is_whole = true;
    for receipt in &receipts {
        match check_one(receipt, trust, mark.as_deref()) {
            Ok(said) => println!("{said}\n{}", receipt.payload),
            Err(fault) => {
                println!("does not hold: {fault}");
                is_whole = false;
            }
        }
    }
    if mark.is_some() {
        println!("{} entries, {}", receipts.len(), if is_whole { "all hold" } else { "not all hold" });
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a receipt holds, and is of the session that `mark` names.
fn check_one(receipt: &ProofFile, trust: &Signers, mark: Option<&str>) -> Result<String, String> {
    let checkpoint = trust.accept(receipt.note(), |key| receipt.verify(key))?;
    if is_of(receipt, mark) {
        Ok(format!("holds: the log `{}` of {} entries has it", checkpoint.origin, checkpoint.size))
    } else {
        Err("the entry is of another session".to_owned())
    }
}

fn is_of(receipt: &ProofFile, mark: Option<&str>) -> bool {
    let payload = serde_json::from_str::<Payload<'_>>(&receipt.payload);
    mark.is_none_or(|mark| payload.is_ok_and(|payload| payload.session.as_deref() == Some(mark)))
}

fn check_proof(text: &str, trust: &Signers) -> Result<ExitCode, Failure> {
    let proof = TlogProof::parse(text).map_err(|error| Failure::Plain(error.to_string()))?;
    let leaf = proof.extra.clone().ok_or_else(|| Failure::Plain("the proof does not say of which entry".to_owned()))?;
    match trust.accept(&proof.note, |key| proof.verify(&leaf, key)) {
        Ok(checkpoint) => {
            let told = Leaf::from_bytes(&leaf)
                .map(|leaf| format!(", event {}, hour {}, act {}", leaf.event, leaf.hour.0, leaf.act));
            let (at, told) = (proof.index, told.unwrap_or_default());
            println!("holds: entry {at} of the log `{}` of {} entries{told}", checkpoint.origin, checkpoint.size);
            println!("leaf {}", BASE64_STANDARD.encode(leaf));
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            println!("does not hold: {fault}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Tiles that were fetched.
#[derive(Default)]
pub struct Fetched(HashMap<(u32, u64), Vec<Hash>>);

impl TileSource for Fetched {
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
        self.0.get(&(level, n)).cloned()
    }
}

impl Fetched {
    /// For each level the tiles on the way of the leaf at `position` and at the right edge of `size`: a proof needs no other.
    ///
    /// # Errors
    /// [`Failure`] when the copy cannot be read.
    pub async fn on_the_way(log: &LogCopy, position: u64, size: u64) -> Result<Self, Failure> {
        let mut found = Self::default();
        for level in TilePlace::levels(size) {
            let shift = 8 * (level + 1);
            for n in [position >> shift, size >> shift, (size >> shift).saturating_sub(1)] {
                let place = TilePlace::of(size, Some(level), n).next().filter(|place| place.n == n);
                let Some(place) = place.filter(|_| !found.0.contains_key(&(level, n))) else { continue };
                if let Some(tile) = log.tile(place).await? {
                    found.0.insert((level, n), tile);
                }
            }
        }
        Ok(found)
    }
}

async fn make(log: &LogCopy, position: u64) -> Result<TlogProof, Failure> {
    let head = log.head().await?;
    let size = head.checkpoint.size;
    let n = position / TILE_WIDTH as u64;
    let place = TilePlace::of(size, None, n).next().filter(|_| position < size);
    let place = place.ok_or_else(|| Failure::Plain(format!("the log has {size} entries")))?;
    let tiles = Fetched::on_the_way(log, position, size).await?;
    let absent = || Failure::Plain("a tile is missing: verify the log".to_owned());
    let path = inclusion(&tiles, position, size).ok_or_else(absent)?;
    let at = usize::try_from(position % TILE_WIDTH as u64).unwrap_or(usize::MAX);
    let entries = log.entries(place).await?.ok_or_else(absent)?;
    let leaf = split_entries(&entries).and_then(|leaves| leaves.get(at).map(|leaf| leaf.to_vec()));
    Ok(TlogProof { extra: Some(leaf.ok_or_else(absent)?), index: position, path, note: head.note })
}
