//! `kepil restore`: a copy of data and keys comes back into an empty place, and what was narrowed since stays narrow.
//! Clauses 2.3a, 3.7, 4.4a, 4.5, 5.1.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use kepil_store::{Loaded, MendPlan, RestorePlan, Restored, Store, is_journal};

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
        let journals = journals(args, &found.store.journal)?;
        let bar = Bar::default();
        let show = |name: &str, done, total| bar.show(name, done, total);
        let may_forget = args.forget_newcomers;
        let plan = RestorePlan { data: &args.data, keys: &args.keys, journals: &journals, may_forget };
        let loaded = found.store.load_backups(&plan, &show).await;
        bar.end();
        let Loaded { data, keys, journals } = loaded?;
        println!("{}\n{}", said(&data), said(&keys));
        let policy = last_edition(&found.system().await?).await?;
        if let Some(config) = &found.config {
            config.check_territory(policy.territory())?;
        }
        let store = Store::open_restored(&found.store, Arc::new(found.clock(&policy)?)).await?;
        store.mend_system(&journals, data.made_s).await?;
        let policy = last_edition(store.system()).await?;
        store.prepare(&policy).await?;
        let read = |path: &PathBuf| std::fs::read_to_string(path).map_err(|error| Failure::file(path, error));
        let held = args.held.iter().map(read).collect::<Result<_, _>>()?;
        let mended = store.mend(&MendPlan { policy: &policy, journals, held, may_forget }, &show).await;
        bar.end();
        say(&mended?);
        Ok(ExitCode::SUCCESS)
    })
}

/// The folders of the journal; there must be something in one.
fn journals(args: &RestoreArgs, own: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let (some, missing): (Vec<_>, Vec<_>) = own.iter().chain(&args.journal).cloned().partition(|it| is_journal(it));
    if let (false, Some(folder)) = (args.without_journal, missing.iter().find(|it| args.journal.contains(it))) {
        return Err(Failure::Plain(format!("`{}` is no journal", folder.display())));
    }
    if some.is_empty() && !args.without_journal {
        let text = "there is no journal: without it, what was withdrawn, blocked, revoked or corrected since the copy would hold no \
                    more. Bring its folder back (`journal` of the configuration, or `--journal FOLDER`), or say `--without-journal`";
        return Err(Failure::Plain(text.to_owned()));
    }
    Ok(some)
}

fn say(restored: &Restored) {
    let Restored { people, narrowed, destroyed, lost_records, lost_people, orphans, refusing, unreadable, logs } =
        restored;
    println!("restored: {people} people");
    let lines = [
        (*narrowed, "rows are as an act since the copy left them, by the journal"),
        (*destroyed, "people were destroyed since, and are again; the next epoch ends it"),
        (*lost_records, "records were corrected since, and what stood there before opens no more"),
        (*lost_people, "people came since, and were let go"),
        (*orphans, "rows were of nobody, and are removed"),
        (*refusing, "rows were not written by this program: they refuse, as before"),
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
