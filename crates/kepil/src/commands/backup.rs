//! `kepil backup`: copies of the databases, made while the server runs, read back, and checked again later. Clauses 3.5a, 5.1.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Mutex,
};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use kepil_policy::Policy;
use kepil_store::{BackupFacts, Clock, Manifest, Part, StoreError};

use super::{
    Failure,
    place::{Found, Place, last_edition},
};
use crate::{config::Keeps, runtime::block_on};

/// What to do with backups.
#[derive(Subcommand)]
pub enum BackupCommand {
    /// Copy the data: sealed, and of no use without the keys; such a copy may be kept for years
    Data(BackupArgs),
    /// Copy the keys; copies that were there before are removed, for they would open what was destroyed since
    Keys(BackupArgs),
    /// Read a copy to its end and say whether it is whole
    Check {
        /// The copy's folder
        folder: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

/// Where to.
#[derive(Args)]
pub struct BackupArgs {
    #[command(flatten)]
    place: Place,
    /// The name of one `[[backup_target]]`, instead of all; for a demo, a folder
    #[arg(long)]
    to: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: BackupCommand) -> Result<ExitCode, Failure> {
    block_on(async {
        match command {
            BackupCommand::Data(args) => {
                make(Part::Data, Keeps::Data, &args).await?;
                // Who came meanwhile has keys in a newer copy only.
                if args.to.is_none() && has_targets(&args.place, Keeps::Keys)? {
                    make(Part::Keys, Keeps::Keys, &args).await?;
                }
            }
            BackupCommand::Keys(args) => make(Part::Keys, Keeps::Keys, &args).await?,
            BackupCommand::Check { folder, place } => {
                let bar = Bar::default();
                let show = |name: &str, done, total| bar.show(name, done, total);
                let manifest = place.find()?.store.check_backup(&folder, &show).await?;
                bar.end();
                println!("whole: {}", said(&manifest));
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn has_targets(place: &Place, keeps: Keeps) -> Result<bool, Failure> {
    let config = place.find()?.config;
    Ok(config.map(|config| config.targets(keeps).map(|targets| !targets.is_empty())).transpose()?.unwrap_or(false))
}

async fn make(part: Part, keeps: Keeps, args: &BackupArgs) -> Result<(), Failure> {
    let found = args.place.find()?;
    let policy = last_edition(&found.system().await?).await?;
    if let Some(config) = &found.config {
        config.check_territory(policy.territory())?;
    }
    let targets = targets(&found, &policy, keeps, args.to.as_deref())?;
    if part == Part::Data {
        take_waiting(&found, &policy).await?;
    }
    let names: Vec<String> = policy.compartments().iter().map(|each| each.name.clone()).collect();
    for (folder, territory) in targets {
        let at = found.clock(&policy)?.now();
        let facts = BackupFacts { territory: &territory, compartments: &names, at };
        let bar = Bar::default();
        let show = |name: &str, done, total| bar.show(name, done, total);
        let (made, manifest) = found.store.back_up(part, &folder, facts, &show).await?;
        bar.end();
        println!("{}: {}", made.display(), said(&manifest));
    }
    Ok(())
}

/// The folders, and where each is.
fn targets(
    found: &Found,
    policy: &Policy,
    keeps: Keeps,
    only: Option<&str>,
) -> Result<Vec<(PathBuf, String)>, Failure> {
    let Some(config) = &found.config else {
        // Where a demo is, it takes to be allowed.
        let territory = policy.territory().first().cloned().unwrap_or_default();
        let folder = only.ok_or_else(|| Failure::Plain("name a folder: `--to FOLDER`".to_owned()))?;
        return Ok(vec![(Path::new(folder).to_owned(), territory)]);
    };
    let targets: Vec<(PathBuf, String)> = config
        .targets(keeps)?
        .into_iter()
        .filter(|(_, target)| only.is_none_or(|only| only == target.name))
        .map(|(folder, target)| (folder, target.territory.clone()))
        .collect();
    if targets.is_empty() {
        let word = if keeps == Keeps::Data { "data" } else { "keys" };
        let text = format!(
            "no such target: write `[[backup_target]]` with `name`, `territory`, `folder` and `keeps = \"{word}\"`"
        );
        return Err(Failure::Plain(text));
    }
    Ok(targets)
}

/// Where no server runs, entries wait for one: they are taken into the logs first.
async fn take_waiting(found: &Found, policy: &Policy) -> Result<(), Failure> {
    match found.app().await {
        Ok(app) => {
            app.store.prepare(policy).await?;
            app.store.sequence_all().await?;
            Ok(())
        }
        // A server has the folder: it takes them by itself.
        Err(Failure::Store(StoreError::Unusable(_))) => Ok(()),
        Err(error) => Err(error),
    }
}

/// What a copy is, in a line.
pub fn said(manifest: &Manifest) -> String {
    let made = jiff::Timestamp::from_second(manifest.made_s).map(|at| at.to_string()).unwrap_or_default();
    let (part, epoch, territory) = (manifest.part.word(), manifest.epoch.0, &manifest.territory);
    format!("{part} of {made}, epoch {epoch}, {} rows, {} bytes, in {territory}", manifest.rows(), manifest.bytes())
}

/// How far it is.
#[derive(Default)]
pub struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    /// Shows it.
    pub fn show(&self, name: &str, done: u64, total: u64) {
        let mut bar = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg:20} {wide_bar} {pos}/{len}");
            ProgressBar::new(1).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_message(name.to_owned());
        bar.set_length(total);
        bar.set_position(done);
    }

    /// Takes it away.
    pub fn end(&self) {
        if let Some(bar) = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}
