//! Jobs: what goes on without being asked. Each is idempotent; a failure is logged and tried again.

use std::time::Duration;

use crate::{
    App,
    actions::{ask_witnesses, close_account, close_epoch, mix_rows, rotate_keys, sign_out_notices},
};

const SEQUENCE_EVERY: Duration = Duration::from_millis(250);
const REFRESH_EVERY: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_mins(1);
const SETTLE_EVERY: Duration = Duration::from_secs(5);
const KEYS_EVERY: Duration = Duration::from_secs(10);
const WITNESS_EVERY: Duration = Duration::from_secs(5);

/// Starts all jobs on the current runtime.
pub fn start(app: &App) {
    every(app.clone(), SEQUENCE_EVERY, |app: App| async move {
        if let Err(error) = app.store.sequence_all().await {
            tracing::error!(error = %error, "the log could not be extended");
        }
    });
    every(app.clone(), SEQUENCE_EVERY, |app: App| async move {
        if let Err(error) = app.store.learn_epoch().await {
            tracing::error!(error = %error, "which epoch it is could not be read");
        }
    });
    every(app.clone(), REFRESH_EVERY, |app: App| async move {
        if let Err(error) = close_epoch::when_due(&app).await {
            tracing::error!(error = %error, "the epoch could not be closed: what was destroyed is still in copies");
        }
    });
    replace_keys(app);
    every(app.clone(), SWEEP_EVERY, |app: App| async move {
        if let Err(error) = mix_rows::when_due(&app).await {
            tracing::error!(error = %error, "rows could not be mixed: those that are new lie in the order in which they came");
        }
    });
    every(app.clone(), REFRESH_EVERY, |app: App| async move {
        if let Err(error) = app.shelf.refresh(&app.store).await {
            tracing::error!(error = %error, "new editions could not be read");
        }
    });
    every(app.clone(), SWEEP_EVERY, |app: App| async move {
        if let Err(error) = app.store.sweep_tickets(app.now().unix_s()).await {
            tracing::error!(error = %error, "ended tickets could not be removed");
        }
    });
    every(app.clone(), SETTLE_EVERY, |app: App| async move {
        if let Err(error) = app.store.hold_system().await {
            tracing::error!(error = %error, "editions and clients are not held: a restore would not have the newest");
        }
    });
    every(app.clone(), SWEEP_EVERY, |app: App| async move {
        if let Err(error) = app.store.compact_journal().await {
            tracing::error!(error = %error, "the journal could not be made shorter");
        }
    });
    every(app.clone(), SETTLE_EVERY, |app: App| async move {
        if let Err(error) = app.budgets.settle(&app.store, app.now().unix_s()).await {
            tracing::error!(error = %error, "whom this node counted could not be told to the others");
        }
    });
    every(app.clone(), KEYS_EVERY, |app: App| async move {
        if let Err(error) = app.signing.refresh(&app.store).await {
            tracing::error!(error = %error, "signing keys could not be read or made");
        }
    });
    every(app.clone(), REFRESH_EVERY, |app: App| async move {
        if let Err(error) = sign_out_notices::tell_all(&app).await {
            tracing::error!(error = %error, "clients could not be told of sign-outs");
        }
    });
    every(app.clone(), WITNESS_EVERY, |app: App| async move {
        if let Err(error) = ask_witnesses::ask_all(&app).await {
            tracing::error!(error = %error, "witnesses could not be asked");
        }
    });
    every(app.clone(), SWEEP_EVERY, |app: App| async move {
        if let Err(error) = close_account::resume(&app).await {
            tracing::error!(error = %error, "an interrupted destruction could not be carried through");
        }
    });
}

fn replace_keys(app: &App) {
    every(app.clone(), REFRESH_EVERY, |app: App| async move {
        if let Err(error) = rotate_keys::when_wanted(&app).await {
            tracing::error!(error = %error, "a key could not be replaced");
        }
    });
    every(app.clone(), SWEEP_EVERY, |app: App| async move {
        if let Err(error) = app.store.settle_secrets().await {
            tracing::error!(error = %error, "older secrets that nothing needs could not be removed");
        }
    });
}

fn every<F, W>(app: App, pause: Duration, job: F)
where
    F: Fn(App) -> W + Send + 'static,
    W: Future<Output = ()> + Send,
{
    tokio::spawn(async move {
        loop {
            job(app.clone()).await;
            tokio::time::sleep(pause).await;
        }
    });
}
