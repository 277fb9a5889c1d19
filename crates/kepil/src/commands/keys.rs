//! `kepil keys`: every key but those of epochs and of people: how old it is, and how it is replaced while servers run.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use kepil_domain::vault::{SecretName, Stage};
use kepil_server::{
    App,
    actions::rotate_keys::{DONE, WAITS, job, when_wanted},
};
use kepil_store::{KeyDates, Rotated, SecretState, StoreError, SystemStore};

use super::{
    Failure,
    place::{Found, Place, last_edition},
};
use crate::runtime::block_on;

/// The word for the keys that sign tokens.
const SIGNING: &str = "signing";
/// The word for everything.
const ALL: &str = "all";
/// How often a job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After how many looks at which nobody began it is done here.
const PATIENCE: u32 = 25;

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
    let mut app = None;
    for what in keys {
        follow(found, &system, what, &mut app).await?;
    }
    if [ALL, SIGNING].contains(&name) {
        system.end_signing_keys(found.now_s(&last_edition(&system).await?)?).await?;
        println!("signing: the next keys are asked for; `kepil keys status` shows them when a server has made them");
    }
    Ok(())
}

/// Shows how far whichever server runs is; does it here when none runs.
async fn follow(found: &Found, system: &SystemStore, what: Rotated, app: &mut Option<App>) -> Result<(), Failure> {
    let (bar, mut looks) = (ProgressBar::new(1).with_style(style()), 0);
    bar.set_message(what.word());
    loop {
        let job = system.find_job(&job(what)).await?;
        if !job.is_wanted {
            bar.finish_and_clear();
            println!("{}: {}", what.word(), outcome(what));
            return Ok(());
        }
        if let Some(why) = job.step.strip_prefix(WAITS) {
            bar.finish_and_clear();
            let (what, key) = (what.word(), "nothing is lost; it is tried again as soon as that is mended");
            return Err(Failure::Plain(format!("{what}: {why}\n{key}")));
        }
        bar.set_length(job.total);
        bar.set_position(job.done);
        looks += 1;
        if looks >= PATIENCE && job.step.is_empty() {
            here(found, app).await?;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Does it in this process, beside which no server runs.
async fn here(found: &Found, app: &mut Option<App>) -> Result<(), Failure> {
    let app = match app {
        Some(app) => app,
        none => match found.app().await {
            Ok(made) => none.insert(made),
            // A server has the folder after all: it will come to it.
            Err(Failure::Store(StoreError::Unusable(_))) => return Ok(()),
            Err(error) => return Err(error),
        },
    };
    app.store.prepare(&app.policy()?.policy).await?;
    when_wanted(app).await?;
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

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar())
}
