//! `kepil ledger bundle`: a copy of logs in a folder, laid out as at their address, so that other tools read it too. Clause 5.1.
//!
//! Tiles come first and the checkpoint last: a copy that was broken off has no checkpoint of what it does not have, and goes
//! on with the tiles that are absent.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kepil_domain::ledger::{Checkpoint, TILE_WIDTH, TilePlace, root_at};

use super::{
    copy::{LogCopy, WhereArgs, read_text},
    prove::Fetched,
    verify::{Trust, copy_in, tell, verify_log},
};
use crate::commands::Failure;

/// What to take, and where to.
#[derive(Args)]
pub struct BundleArgs {
    #[command(flatten)]
    place: WhereArgs,
    /// The folder to write
    #[arg(long)]
    out: PathBuf,
    /// Public keys of the logs: the copy is verified with them
    #[arg(long, required = true)]
    key: Vec<String>,
    /// Public keys of witnesses: each must have signed
    #[arg(long)]
    witness: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when something cannot be read or written.
pub async fn run(args: BundleArgs) -> Result<ExitCode, Failure> {
    let trust = Trust::read(&args.key, &args.witness, &[])?;
    let mut is_whole = true;
    for (name, log) in args.place.open().await? {
        let folder = args.out.join(&name);
        if log.folder().is_some_and(|own| own == folder) {
            return Err(Failure::Plain("a copy cannot be copied onto itself".to_owned()));
        }
        take(&log, &folder, &trust).await?;
        is_whole &= tell(&name, verify_log(&copy_in(&args.out, &name), &trust).await?);
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn take(log: &LogCopy, folder: &Path, trust: &Trust) -> Result<(), Failure> {
    let head = log.head().await?;
    let size = head.checkpoint.size;
    let key = trust.keys.iter().find(|key| key.origin() == head.checkpoint.origin);
    let key = key.ok_or_else(|| Failure::Plain(format!("you gave no key of the log `{}`", head.checkpoint.origin)))?;
    key.verify(&head.note).map_err(|error| Failure::Plain(error.to_string()))?;
    let own = folder.join("checkpoint");
    if own.is_file() {
        extends(log, &Checkpoint::unverified(&read_text(&own)?), size).await?;
    }
    let levels = TilePlace::levels(size).map(Some).chain(log.has_entries().then_some(None));
    let places: Vec<TilePlace> = levels.flat_map(|level| TilePlace::of(size, level, 0)).collect();
    let bar = ProgressBar::new(places.len() as u64).with_style(ProgressStyle::default_bar());
    for place in places {
        bar.inc(1);
        let path = folder.join(place.path());
        if path.is_file() {
            continue;
        }
        let absent = || Failure::Plain(format!("`{}` of the log is missing: verify it", place.path()));
        let bytes = if place.level.is_none() {
            log.entries(place).await?.ok_or_else(absent)?
        } else {
            let tile = log.tile(place).await?.filter(|tile| tile.len() >= place.width).ok_or_else(absent)?;
            tile.get(..place.width).unwrap_or_default().concat()
        };
        put(&path, &bytes)?;
        // The shorter tiles of earlier copies are parts of this one.
        if place.width == TILE_WIDTH {
            drop(std::fs::remove_dir_all(path.with_extension("p")));
        }
    }
    bar.finish_and_clear();
    for note in log.cosigned().await? {
        let stated = Checkpoint::unverified(&note).map_err(|error| Failure::Plain(error.to_string()))?;
        put(&folder.join(format!("cosigned/{:012}", stated.size)), note.as_bytes())?;
    }
    put(&folder.join("key"), format!("{key}\n").as_bytes())?;
    put(&own, head.note.as_bytes())
}

/// Whether the log contains what the folder has: a copy of another log is not mixed in.
async fn extends(
    log: &LogCopy,
    own: &Result<Checkpoint, kepil_domain::ledger::LedgerError>,
    size: u64,
) -> Result<(), Failure> {
    let own = own.as_ref().map_err(|error| Failure::Plain(error.to_string()))?;
    let tiles = Fetched::on_the_way(log, own.size.saturating_sub(1), own.size).await?;
    if own.size <= size && root_at(&tiles, own.size).as_ref() == Some(&own.root) {
        return Ok(());
    }
    let text = "the log does not contain the copy in the folder: it was cut or forked. Keep the folder, and verify with it as `--checkpoint`";
    Err(Failure::Plain(text.to_owned()))
}

/// Writes a file wholly or not at all.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let broken = |error| Failure::file(path, error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(broken)?;
    }
    let unfinished = path.with_extension("unfinished");
    let written = std::fs::File::create(&unfinished).and_then(|mut file| {
        std::io::Write::write_all(&mut file, bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&unfinished, path)).map_err(broken)
}
