//! `kepil keys`: every key but those of epochs and of people: how old it is, and how it is replaced while servers run.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use kepil_domain::vault::{SecretName, Stage};
use kepil_server::actions::rotate_keys::{DONE, job, when_wanted};
use kepil_store::{KeyDates, Rotated, SecretState};

use super::{
    Failure,
    place::{Found, Place, last_edition},
    wanted::Wanted,
};
use crate::runtime::block_on;

/// The word for the keys that sign tokens.
const SIGNING: &str = "signing";
/// The word for everything.
const ALL: &str = "all";
/// What to do with keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Replace a key while servers run: `root`, a secret that `status` lists, `signing`, or `all`
    Rotate {
        /// Which. `signing` are those that sign tokens: running servers make the next ones within a minute and sign with them
        /// two hours later
        #[arg(default_value = SIGNING)]
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Take the root key apart into shares outside the sealers: a start needs so many of them from then on
    Split {
        /// How many shares
        #[arg(long)]
        of: u8,
        /// How many of them a start needs
        #[arg(long)]
        needed: u8,
        /// Folders for the shares: one for each, or one for all
        #[arg(long, required = true, num_args = 1..)]
        to: Vec<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Put the root key back into the sealers, out of the shares that are named under `[keys] shares`
    Join {
        #[command(flatten)]
        place: Place,
    },
    /// List the keys: which, its number, when it was made, how far its replacement is
    Status {
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: KeysCommand) -> Result<ExitCode, Failure> {
    block_on(async {
        match command {
            KeysCommand::Rotate { name, place } => rotate(&place.find()?, &name).await?,
            KeysCommand::Split { of, needed, to, place } => {
                for path in place.find()?.store.split_root((needed, of), &to)? {
                    println!("{}", path.display());
                }
                println!(
                    "the root key is in no sealer any more: a start needs {needed} of these files, named under `[keys] shares`"
                );
                println!("whoever has {needed} of them has the key, and with fewer it is lost: keep them apart");
            }
            KeysCommand::Join { place } => {
                place.find()?.store.join_root()?;
                println!("the root key is in every sealer; the shares still give it: rotate it, or destroy them");
            }
            KeysCommand::Status { place } => say_state(&place.find()?).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn rotate(found: &Found, name: &str) -> Result<(), Failure> {
    let system = found.system().await?;
    let keys = match name {
        ALL => Rotated::all(),
        SIGNING => Vec::new(),
        name => vec![Rotated::parse(name).ok_or_else(|| Failure::Plain(format!("no key is called `{name}`")))?],
    };
    for what in &keys {
        system.want_job(&job(*what)).await?;
    }
    let mut wanted = Wanted::of(found, &system);
    for what in keys {
        let named = |error| Failure::Plain(format!("{}: {error}", what.word()));
        wanted.follow(&job(what), async |app| when_wanted(app).await).await.map_err(named)?;
        println!("{}: {}", what.word(), outcome(what));
    }
    if [ALL, SIGNING].contains(&name) {
        system.end_signing_keys(found.now_s(&last_edition(&system).await?)?).await?;
        println!("signing: the next keys are asked for; `kepil keys status` shows them when a server has made them");
    }
    Ok(())
}

fn outcome(what: Rotated) -> &'static str {
    match what {
        Rotated::Root => "replaced, and the one before destroyed in every sealer",
        Rotated::Secret(SecretName::Sectors) => {
            "whoever comes from now on gets ids under the new key; others keep theirs"
        }
        Rotated::Secret(SecretName::Ledgers) => {
            "checkpoints are signed with the new key too; with it alone when the overlap is over"
        }
        Rotated::Secret(SecretName::Seals) => "the one before goes when the last ticket under it is over",
        Rotated::Secret(_) => "replaced",
    }
}

async fn say_state(found: &Found) -> Result<(), Failure> {
    let at = |unix_s| jiff::Timestamp::from_second(unix_s).map(|at| at.to_string()).unwrap_or_default();
    let system = found.system().await?;
    let secrets = SecretState::list(&found.store.engine).await?;
    if let Some(root) = secrets.iter().map(|secret| secret.root).max() {
        println!("{:<8} {:>3}  seals the following", Rotated::Root.word(), root.0);
    }
    for SecretState { name, version, stage, made_s, .. } in secrets {
        let stage = match stage {
            Stage::Made => "nodes learn it",
            Stage::Replacing => "in use, replaces the one before",
            Stage::Settled => "in use",
        };
        println!("{:<8} {version:>3}  made {}  {stage}", name.word(), at(made_s));
    }
    for KeyDates { alg, number, made_s, ends_s } in system.list_key_dates().await? {
        println!("{alg:<8} {number:>3}  made {}  next {}", at(made_s), at(ends_s));
    }
    for what in Rotated::all() {
        let job = system.find_job(&job(what)).await?;
        if job.is_wanted || job.step == DONE {
            println!("rotation of {}: {} {}/{}", what.word(), job.step, job.done, job.total);
        }
    }
    Ok(())
}
