//! Rows are mixed every night, so that the orders of two databases do not tell who is who. Clause 3.1.5.
//!
//! One node does it; when it dies another begins anew. On the embedded engine there is nothing to do.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::ActionError;
use crate::App;

/// The name of the job.
pub const JOB: &str = "mix rows";
/// What the job says when it is done; the day follows.
const DONE: &str = "mixed on day ";
/// How long a node that says nothing holds the job. Unit: milliseconds.
const HOLD_MS: i64 = 15_000;
/// How often it says how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Mixes the rows if that was not done today, here; says whether it was done.
///
/// # Errors
/// [`ActionError`] when a database does not answer; tried again at a later call.
pub async fn when_due(app: &App) -> Result<bool, ActionError> {
    let (now, system) = (app.now(), app.store.system());
    let job = system.find_job(JOB).await?;
    if job.step == format!("{DONE}{}", now.day.0) && !job.is_wanted {
        return Ok(false);
    }
    let holder = App::new_event()?.0;
    if !system.hold_job(JOB, &holder, (now.unix_ms, now.unix_ms + HOLD_MS)).await? {
        return Ok(false);
    }
    let reached = AtomicU64::new(0);
    let telling = async {
        loop {
            tokio::time::sleep(TELL_EVERY).await;
            let now_ms = app.now().unix_ms;
            // Another node took over: this one stops.
            if matches!(system.hold_job(JOB, &holder, (now_ms, now_ms + HOLD_MS)).await, Ok(false)) {
                return;
            }
            let reached = reached.load(Ordering::Relaxed);
            drop(system.report_job(JOB, &holder, "mixing", (reached, reached)).await);
        }
    };
    let progress = |rows| reached.store(rows, Ordering::Relaxed);
    let mixed = tokio::select! {
        mixed = app.store.mix_rows(&progress) => mixed?,
        () = telling => return Err(ActionError::Busy),
    };
    system.report_job(JOB, &holder, &format!("{DONE}{}", now.day.0), (mixed, mixed)).await?;
    system.release_job(JOB, &holder).await?;
    Ok(true)
}
