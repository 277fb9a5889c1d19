//! A key is replaced when that is asked for by hand, by whichever node looks first; when it dies another goes on. Clauses 3.1.5,
//! 5.1.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kepil_store::{JobRow, Rotated};

use super::ActionError;
use crate::App;

/// What the names of these jobs begin with; the word of a key follows.
pub const JOB: &str = "rotate ";
/// What a job says when it is done.
pub const DONE: &str = "rotated";
/// What a job says while it runs.
pub const RUNS: &str = "rotating";

/// How long a node that says nothing holds a job. Unit: milliseconds.
const HOLD_MS: i64 = 15_000;
/// When what failed is tried again. Unit: milliseconds.
const AGAIN_MS: i64 = 10_000;
/// How often it says how far it is.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// The name of the job that replaces `what`.
#[must_use]
pub fn job(what: Rotated) -> String {
    format!("{JOB}{}", what.word())
}

/// Replaces the keys for which that was asked, one after the other; says whether there were any.
///
/// # Errors
/// [`ActionError`] when a database or a sealer does not answer; tried again at a later call.
pub async fn when_wanted(app: &App) -> Result<bool, ActionError> {
    let wanted = app.store.system().list_wanted(JOB).await?;
    let mut has_rotated = false;
    for what in Rotated::all().into_iter().filter(|what| wanted.contains(&job(*what))) {
        // The end of an epoch goes first: it has a day.
        if !app.store.is_closing().await? {
            has_rotated |= rotate(app, what).await?;
        }
    }
    Ok(has_rotated)
}

async fn rotate(app: &App, what: Rotated) -> Result<bool, ActionError> {
    let (now_ms, system, job, holder) = (app.now().unix_ms, app.store.system(), job(what), App::new_event()?.0);
    if !system.hold_job(&job, &holder, (now_ms, now_ms + HOLD_MS)).await? {
        return Ok(false);
    }
    let done = held(app, what, (&job, &holder)).await;
    let now_ms = app.now().unix_ms;
    match &done {
        Ok((done, total)) => {
            system.report_job(&job, &holder, DONE, (*done, *total)).await?;
            system.release_job(&job, &holder).await?;
        }
        Err(error) => {
            system.report_job(&job, &holder, &JobRow::waiting(error), (0, 0)).await?;
            system.hold_job(&job, &holder, (now_ms, now_ms + AGAIN_MS)).await?;
        }
    }
    done.map(|_| true)
}

/// Replaces it and says meanwhile how far that is.
async fn held(app: &App, what: Rotated, (job, holder): (&str, &[u8; 16])) -> Result<(u64, u64), ActionError> {
    let reached = Mutex::new((0, 0));
    let now = || *reached.lock().unwrap_or_else(PoisonError::into_inner);
    let progress = |done, total| *reached.lock().unwrap_or_else(PoisonError::into_inner) = (done, total);
    let telling = async {
        loop {
            let now_ms = app.now().unix_ms;
            // Another node took over: this one stops.
            if matches!(app.store.system().hold_job(job, holder, (now_ms, now_ms + HOLD_MS)).await, Ok(false)) {
                return;
            }
            drop(app.store.system().report_job(job, holder, RUNS, now()).await);
            tokio::time::sleep(TELL_EVERY).await;
        }
    };
    tokio::select! {
        done = app.store.rotate(what, &progress) => done?,
        () = telling => return Err(ActionError::Busy),
    }
    Ok(now())
}
