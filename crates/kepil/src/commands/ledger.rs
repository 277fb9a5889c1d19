//! `kepil ledger`: verifies logs and receipts offline. Needs no key but the public one of the log.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use kepil_domain::ledger::{Payload, ProofFile, Tree, VerifyKey, hash_leaf};
use kepil_store::{Engine, LogReader, StoreConfig, StoredHead};
use serde::Deserialize;

use super::Failure;
use crate::{demo, runtime::block_on};

const LEAVES_AT_ONCE: u32 = 4096;
const TILE_WIDTH: u64 = 256;

/// What to do with ledgers.
#[derive(Subcommand)]
pub enum LedgerCommand {
    /// Verify every log: leaves, tiles, root and signed checkpoint
    Verify(WhereArgs),
    /// Check a receipt or the file of a session, or say why it does not hold
    Prove {
        /// The file that the person downloaded
        receipt: PathBuf,
        /// The log's public key: the text, or a file with it; for the file of a session, that of each log
        #[arg(long, required = true)]
        key: Vec<String>,
    },
}

/// Where the logs are.
#[derive(Args)]
pub struct WhereArgs {
    /// Folder of the embedded store, or of a demo
    #[arg(long, conflicts_with = "postgres")]
    data_dir: Option<PathBuf>,
    /// Connection text of PostgreSQL
    #[arg(long, requires = "compartment")]
    postgres: Option<String>,
    /// Names of compartments; with a folder, all of them when absent
    #[arg(long)]
    compartment: Vec<String>,
    /// Public keys of the logs, as text or files; without them only the tree is checked, not who signed it
    #[arg(long)]
    key: Vec<String>,
    /// A checkpoint that you hold: the log must contain it
    #[arg(long)]
    held: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when something cannot be read.
pub fn run(command: LedgerCommand) -> Result<ExitCode, Failure> {
    match command {
        LedgerCommand::Verify(args) => verify(&args),
        LedgerCommand::Prove { receipt, key } => prove(&receipt, &key),
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

fn prove(path: &std::path::Path, keys: &[String]) -> Result<ExitCode, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
    let keys = keys.iter().map(|key| read_key(key)).collect::<Result<Vec<_>, _>>()?;
    let (receipts, mark) = if let Ok(file) = serde_json::from_str::<SessionFile>(&text) {
        (file.entries.into_iter().map(|entry| entry.receipt).collect(), Some(file.session.mark))
    } else {
        let receipt: ProofFile = serde_json::from_str(&text)
            .map_err(|error| Failure::Plain(format!("`{}` is no receipt: {error}", path.display())))?;
        (vec![receipt], None)
    };
    let mut is_whole = true;
    for receipt in &receipts {
        match prove_one(receipt, &keys, mark.as_deref()) {
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

/// Whether a receipt holds under one of `keys`, and is of the session that `mark` names.
fn prove_one(receipt: &ProofFile, keys: &[VerifyKey], mark: Option<&str>) -> Result<String, String> {
    let mut fault = String::new();
    for key in keys {
        match receipt.verify(key) {
            Ok(checkpoint) if is_of(receipt, mark) => {
                return Ok(format!("holds: the log `{}` of {} entries has it", checkpoint.origin, checkpoint.size));
            }
            Ok(_) => return Err("the entry is of another session".to_owned()),
            Err(error) => fault = error.to_string(),
        }
    }
    Err(fault)
}

fn is_of(receipt: &ProofFile, mark: Option<&str>) -> bool {
    let payload = serde_json::from_str::<Payload<'_>>(&receipt.payload);
    mark.is_none_or(|mark| payload.is_ok_and(|payload| payload.session.as_deref() == Some(mark)))
}

fn read_key(key: &str) -> Result<VerifyKey, Failure> {
    let path = std::path::Path::new(key);
    let text = if path.exists() {
        std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?
    } else {
        key.to_owned()
    };
    VerifyKey::parse(&text).map_err(|error| Failure::Plain(error.to_string()))
}

fn verify(args: &WhereArgs) -> Result<ExitCode, Failure> {
    let engine = match (&args.data_dir, &args.postgres) {
        (Some(folder), None) if folder.join("store").is_dir() => demo::engine(folder),
        (Some(folder), None) => Engine::Sqlite { folder: folder.clone() },
        (None, Some(url)) => Engine::Postgres { url: url.clone() },
        _ => {
            return Err(Failure::Plain(
                "name the logs: `--data-dir DIR` or `--postgres URL --compartment NAME`".to_owned(),
            ));
        }
    };
    let names = if args.compartment.is_empty() {
        StoreConfig::log_names(&engine).unwrap_or_default()
    } else {
        args.compartment.clone()
    };
    if names.is_empty() {
        return Err(Failure::Plain("there is no log: name the folder that has `ledger_….db`".to_owned()));
    }
    let keys = args.key.iter().map(|key| read_key(key)).collect::<Result<Vec<_>, _>>()?;
    let held = args
        .held
        .as_ref()
        .map(|path| std::fs::read_to_string(path).map_err(|error| Failure::file(path, error)))
        .transpose()?;
    block_on(async {
        let mut is_whole = true;
        for name in &names {
            let log = LogReader::open(&engine, name).await?;
            match verify_log(&log, &keys, held.as_deref()).await? {
                Ok(said) => println!("{name}: whole, {said}"),
                Err(fault) => {
                    println!("{name}: BROKEN: {fault}");
                    is_whole = false;
                }
            }
        }
        Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Recomputes the tree from its leaves and compares it with tiles, head, checkpoint and what the verifier holds.
async fn verify_log(
    log: &LogReader,
    keys: &[VerifyKey],
    known: Option<&str>,
) -> Result<Result<String, String>, Failure> {
    let head = log.head().await?;
    let key = keys.iter().find(|key| head.checkpoint.starts_with(&format!("{}\n", key.origin())));
    let owned = match (known, key) {
        (Some(note), Some(key)) if note.starts_with(&format!("{}\n", key.origin())) => {
            Some(key.verify(note).map_err(|error| Failure::Plain(format!("the held checkpoint: {error}")))?)
        }
        _ => None,
    };
    let bar = ProgressBar::new(head.size);
    bar.set_style(ProgressStyle::default_bar());
    let (mut tree, mut full) = (Tree::default(), Vec::new());
    while tree.size() < head.size {
        let leaves = log.list_leaves(tree.size(), LEAVES_AT_ONCE).await?;
        if leaves.is_empty() {
            return Ok(Err(format!("entry {} of {} is missing", tree.size(), head.size)));
        }
        for leaf in leaves.iter().take(usize::try_from(head.size - tree.size()).unwrap_or(usize::MAX)) {
            if leaf.position != tree.size() {
                return Ok(Err(format!("entry {} is missing", tree.size())));
            }
            let hash = hash_leaf(&leaf.leaf);
            let at = usize::try_from(leaf.position % TILE_WIDTH).unwrap_or(0);
            // One tile covers 256 leaves: fetched once, at its first.
            if at == 0 {
                full = log.find_leaf_tile(leaf.position / TILE_WIDTH).await?.unwrap_or_default();
            }
            if full.get(at) != Some(&hash) {
                return Ok(Err(format!("entry {} was altered: it does not give its hash in the tile", leaf.position)));
            }
            tree.append(hash, &mut Vec::new());
            if owned.as_ref().is_some_and(|held| held.size == tree.size() && held.root != tree.root()) {
                return Ok(Err(format!(
                    "the log does not contain the checkpoint that you hold, of {} entries",
                    tree.size()
                )));
            }
        }
        bar.set_position(tree.size());
    }
    bar.finish_and_clear();
    if owned.as_ref().is_some_and(|held| held.size > tree.size()) {
        return Ok(Err(format!("the log has {} entries, fewer than the checkpoint that you hold", tree.size())));
    }
    Ok(compare_head(&tree, &head, key))
}

fn compare_head(tree: &Tree, head: &StoredHead, key: Option<&VerifyKey>) -> Result<String, String> {
    if tree.root().as_slice() != head.root {
        return Err("the entries do not give the root".to_owned());
    }
    let Some(key) = key else {
        return Ok(format!("{} entries; who signed the checkpoint was not checked: give `--key`", head.size));
    };
    let checkpoint = key.verify(&head.checkpoint).map_err(|error| error.to_string())?;
    if checkpoint.size != head.size || checkpoint.root != tree.root() {
        return Err("the signed checkpoint is not that of the entries".to_owned());
    }
    Ok(format!("{} entries, checkpoint signed by the log's key", head.size))
}
