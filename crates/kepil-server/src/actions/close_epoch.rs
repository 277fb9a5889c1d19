//! The end of an epoch: what was destroyed is gone from every copy too, and there is a certificate. Clauses 3.7, 4.4a.
//!
//! Due at night when there is something to destroy, at once when it was begun or is asked for by hand. One node does it; when it
//! dies another goes on.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use kepil_domain::{Moment, ledger::Destroyed};
use kepil_store::{Closed, JobRow, Step};

use super::{ActionError, behalf::home};
use crate::App;

/// The name of the job.
pub const JOB: &str = "close epoch";
/// What the job says when it is done.
pub const DONE: &str = "closed";

/// How long a node that says nothing holds the job. Unit: milliseconds.
const HOLD_MS: i64 = 15_000;
/// When what failed is tried again. Unit: milliseconds.
const AGAIN_MS: i64 = 10_000;
/// How often it says how far it is.
const TELL_EVERY: Duration = Duration::from_millis(500);

/// Closes the epoch if it is due, here; says whether it was closed.
///
/// # Errors
/// [`ActionError`] when a database or a sealer does not answer; tried again at the next call.
pub async fn when_due(app: &App) -> Result<bool, ActionError> {
    let (now, system) = (app.now(), app.store.system());
    if !is_due(app, now).await? {
        return Ok(false);
    }
    let holder = App::new_event()?.0;
    if !system.hold_job(JOB, &holder, (now.unix_ms, now.unix_ms + HOLD_MS)).await? {
        return Ok(false);
    }
    // What was begun earlier does not have what was destroyed since.
    let is_half = app.store.is_closing().await?;
    let mut done = close(app, &holder).await;
    if is_half && done.is_ok() && has_waiting(app).await? {
        done = close(app, &holder).await;
    }
    match &done {
        Ok(closed) => {
            let people = u64::try_from(closed.certificates.len()).unwrap_or(u64::MAX);
            system.report_job(JOB, &holder, DONE, (people, closed.changed)).await?;
        }
        Err(error) => {
            system.report_job(JOB, &holder, &JobRow::waiting(error), (0, 0)).await?;
            let now_ms = app.now().unix_ms;
            system.hold_job(JOB, &holder, (now_ms, now_ms + AGAIN_MS)).await?;
        }
    }
    if done.is_ok() {
        system.release_job(JOB, &holder).await?;
    }
    done.map(|_| true)
}

async fn is_due(app: &App, now: Moment) -> Result<bool, ActionError> {
    if app.store.system().find_job(JOB).await?.is_wanted {
        return Ok(true);
    }
    let Some(closed_on) = app.store.closed_on().await? else {
        app.store.set_closed_on(now.day).await?;
        return Ok(false);
    };
    if app.store.is_closing().await? {
        return Ok(true);
    }
    Ok(closed_on < now.day && has_waiting(app).await?)
}

async fn has_waiting(app: &App) -> Result<bool, ActionError> {
    let waiting = app.store.count_waiting().await?;
    Ok(waiting.people + waiting.changed > 0)
}

/// Closes it and says meanwhile how far that is.
async fn close(app: &App, holder: &[u8; 16]) -> Result<Closed, ActionError> {
    let reached = Mutex::new((Step::Rings, 0, 0));
    let progress = |step, done, total| *reached.lock().unwrap_or_else(PoisonError::into_inner) = (step, done, total);
    let telling = async {
        loop {
            tokio::time::sleep(TELL_EVERY).await;
            let (step, done, total) = *reached.lock().unwrap_or_else(PoisonError::into_inner);
            let now_ms = app.now().unix_ms;
            // Another node took over: this one stops.
            if matches!(app.store.system().hold_job(JOB, holder, (now_ms, now_ms + HOLD_MS)).await, Ok(false)) {
                return;
            }
            drop(app.store.system().report_job(JOB, holder, step.word(), (done, total)).await);
        }
    };
    let closed = tokio::select! {
        closed = app.store.close_epoch(&progress) => closed?,
        () = telling => return Err(ActionError::Busy),
    };
    certify(app, &closed).await?;
    app.store.end_closing(&closed).await?;
    // Done on every node within a minute; here at once. It must not keep the epoch from being over.
    if let Err(error) = app.store.compact_journal().await {
        tracing::warn!(%error, "the journal still speaks of whoever is gone");
    }
    app.store.set_closed_on(app.now().day).await?;
    Ok(closed)
}

/// A certificate for everybody whose ring was destroyed, and one for the epoch.
async fn certify(app: &App, closed: &Closed) -> Result<(), ActionError> {
    let (system, at) = (app.store.system(), (home(app)?, app.now().hour()));
    for id in &closed.certificates {
        system.add_certificate(id, &app.store.certify(closed, Destroyed::Person(*id), at)?).await?;
    }
    let people = u64::try_from(closed.certificates.len()).unwrap_or(u64::MAX);
    let what = Destroyed::Epoch { people, changed: closed.changed };
    Ok(system.add_certificate(&closed.epoch.0.to_be_bytes(), &app.store.certify(closed, what, at)?).await?)
}
