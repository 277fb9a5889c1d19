//! `kepil destroy`: what was destroyed and is still in copies; with `--now` that ends too. Clauses 3.7, 4.4a.

use std::process::ExitCode;

use clap::Args;
use kepil_server::actions::close_epoch::{JOB, when_due};
use kepil_store::{SystemStore, Waiting};

use super::{
    Failure,
    place::{Found, Place, last_edition},
    wanted::Wanted,
};
use crate::runtime::block_on;

/// What to do.
#[derive(Args)]
pub struct DestroyArgs {
    #[command(flatten)]
    place: Place,
    /// Close the epoch at once instead of at night: then no copy opens what was destroyed
    #[arg(long)]
    now: bool,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(args: &DestroyArgs) -> Result<ExitCode, Failure> {
    block_on(async {
        let found = args.place.find()?;
        let system = found.system().await?;
        say_waiting(&found, &system).await?;
        if args.now {
            close(&found, &system).await?;
        } else {
            println!("the epoch closes at night; `--now` closes it at once");
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn say_waiting(found: &Found, system: &SystemStore) -> Result<(), Failure> {
    let policy = last_edition(system).await?;
    let names: Vec<String> = policy.compartments().iter().map(|each| each.name.clone()).collect();
    let Waiting { people, changed, is_begun } = Waiting::find(&found.store.engine, &names).await?;
    println!("destroyed here, still in copies: everything about {people} people, something about {changed}");
    if is_begun {
        println!("the epoch is being closed");
    }
    let job = system.find_job(JOB).await?;
    if let Some(why) = job.why_it_waits() {
        println!("at the last try it had to wait: {why}");
    }
    Ok(())
}

/// Asks for the epoch to be closed, and says when it is.
async fn close(found: &Found, system: &SystemStore) -> Result<(), Failure> {
    system.want_job(JOB).await?;
    let job = Wanted::of(found, system).follow(JOB, async |app| when_due(app).await).await?;
    println!("closed: everything about {} people, something about {} is in no copy any more", job.done, job.total);
    Ok(())
}
