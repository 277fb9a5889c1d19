//! `kepil restore`: a copy of data and keys comes back into an empty place, and what was narrowed since stays narrow.
//! Clauses 2.3a, 3.7, 4.4a, 4.5, 5.1.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use kepil_store::{MendPlan, RestorePlan, Restored, Store};

use super::{
    Failure,
    backup::{Bar, said},
    place::{Place, last_edition},
};
use crate::runtime::block_on;

/// What to bring back.
#[derive(Args)]
pub struct RestoreArgs {
    #[command(flatten)]
    place: Place,
    /// Folder of a copy of the data
    #[arg(long)]
    data: PathBuf,
    /// Folder of the newest copy of the keys
    #[arg(long)]
    keys: PathBuf,
    /// A folder of the journal of another node, besides those of the configuration
    #[arg(long)]
    journal: Vec<PathBuf>,
    /// The journal is lost: what was withdrawn, blocked, revoked or corrected since the copy holds no more
    #[arg(long)]
    without_journal: bool,
    /// A checkpoint of a log that somebody else holds: the log must extend it
    #[arg(long)]
    held: Vec<PathBuf>,
    /// Let whoever came after the copy was made go: there is nothing of them but keys
    #[arg(long)]
    forget_newcomers: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend; what was done stays, and the command may be run again.
pub fn run(args: &RestoreArgs) -> Result<ExitCode, Failure> {
    block_on(async {
        let found = args.place.find()?;
        let plan = mend_plan(args, &found.store.journal)?;
        let bar = Bar::default();
        let show = |name: &str, done, total| bar.show(name, done, total);
        let loaded = found.store.load_backups(&RestorePlan { data: &args.data, keys: &args.keys }, &show).await;
        bar.end();
        let (data, keys) = loaded?;
        println!("{}\n{}", said(&data), said(&keys));
        let policy = last_edition(&found.system().await?).await?;
        if let Some(config) = &found.config {
            config.check_territory(policy.territory())?;
        }
        let store = Store::open_restored(&found.store, Arc::new(found.clock(&policy)?)).await?;
        store.prepare(&policy).await?;
        let mended = store.mend(&plan, &show).await;
        bar.end();
        say(&mended?);
        Ok(ExitCode::SUCCESS)
    })
}

fn mend_plan(args: &RestoreArgs, own: &[PathBuf]) -> Result<MendPlan, Failure> {
    let journals: Vec<PathBuf> = own.iter().chain(&args.journal).cloned().collect();
    let has_some = journals.iter().any(|folder| folder.is_dir());
    if !has_some && !args.without_journal {
        let text = "there is no journal: without it, what was withdrawn, blocked, revoked or corrected since the copy would hold no \
                    more. Bring its folder back (`journal` of the configuration, or `--journal FOLDER`), or say `--without-journal`";
        return Err(Failure::Plain(text.to_owned()));
    }
    let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|error| Failure::file(path, error));
    let held = args.held.iter().map(read).collect::<Result<_, _>>()?;
    let journals =
        if args.without_journal { journals.into_iter().filter(|it| it.is_dir()).collect() } else { journals };
    Ok(MendPlan { journals, held, may_forget: args.forget_newcomers })
}

fn say(restored: &Restored) {
    let Restored { people, narrowed, destroyed, lost_records, lost_people, orphans, unreadable, logs } = restored;
    println!("restored: {people} people");
    let lines = [
        (*narrowed, "rows are as an act since the copy left them, by the journal"),
        (*destroyed, "people were destroyed since, and are again; the next epoch ends it"),
        (*lost_records, "records were corrected since, and what stood there before opens no more"),
        (*lost_people, "people came since, and were let go"),
        (*orphans, "rows were of nobody, and are removed"),
        (*unreadable, "bytes of the journal were not readable"),
    ];
    lines.iter().filter(|(count, _)| *count > 0).for_each(|(count, what)| println!("  {count} {what}"));
    for log in logs {
        match (&log.begun, log.held) {
            (None, _) => println!("the log `{}` goes on: its {} leaves extend what was seen of it", log.name, log.size),
            (Some(key), held) => {
                let seen = held.map_or("nobody knows what was seen of it".to_owned(), |held| {
                    format!("{held} leaves were seen of it")
                });
                println!(
                    "the log `{}` ends: {seen}, {} are here. A new one begins with these and says so: {key}",
                    log.name, log.size
                );
            }
        }
    }
    println!("every session, code and token has ended; tokens are signed with new keys");
    println!("next: kepil serve …, then a copy of the keys");
}
