//! `kepil destroy`: what was destroyed and is still in copies; with `--now` that ends too. Clauses 3.7, 4.4a.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kepil_server::{
    App,
    actions::close_epoch::{DONE, JOB, WAITS, when_due},
};
use kepil_store::{JobRow, StoreError, SystemStore, Waiting};

use super::{
    Failure,
    place::{Found, Place, last_edition},
};
use crate::runtime::block_on;

/// How often the job is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// After how many looks at which nobody began it is done here.
const PATIENCE: u32 = 25;

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
    if let Some(why) = job.step.strip_prefix(WAITS) {
        println!("at the last try it had to wait: {why}");
    }
    Ok(())
}

/// Asks whichever server runs to close the epoch, and shows how far it is; does it here when none runs.
async fn close(found: &Found, system: &SystemStore) -> Result<(), Failure> {
    system.want_job(JOB).await?;
    let bar = ProgressBar::new(1).with_style(style());
    let (mut looks, mut app) = (0, None);
    loop {
        let job = system.find_job(JOB).await?;
        show(&bar, &job);
        if !job.is_wanted {
            bar.finish_and_clear();
            println!(
                "closed: everything about {} people, something about {} is in no copy any more",
                job.done, job.total
            );
            return Ok(());
        }
        if let Some(why) = job.step.strip_prefix(WAITS) {
            bar.finish_and_clear();
            return Err(Failure::Plain(format!("{why}\nnothing is lost; it is tried again as soon as that is mended")));
        }
        looks += 1;
        if looks >= PATIENCE && job.step.is_empty() {
            here(found, &mut app).await?;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Closes it in this process, beside which no server runs.
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
    let policy = app.policy()?;
    app.store.prepare(&policy.policy).await?;
    when_due(app).await?;
    Ok(())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:8} {wide_bar} {pos}/{len}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn show(bar: &ProgressBar, job: &JobRow) {
    if job.step.is_empty() || job.step == DONE || job.step.starts_with(WAITS) {
        return;
    }
    bar.set_message(job.step.clone());
    bar.set_length(job.total);
    bar.set_position(job.done);
}
