//! `kepil serve`: serves people and services until told to stop.

use std::{net::TcpListener, process::ExitCode, sync::Arc};

use kepil_policy::compile;
use kepil_server::{App, shelf::PublishError};
use kepil_store::{Store, SystemClock};
use tokio::sync::watch;

use super::Failure;
use crate::{cli::ConfigArgs, config::Config, folder::read_bundle, runtime, territory};

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(args: &ConfigArgs) -> Result<ExitCode, Failure> {
    runtime::start_log();
    let config = Config::read(&args.config)?;
    let policy = compile(&read_bundle(&config.bundle)?).map_err(PublishError::Faulty)?;
    config.check_territory(policy.territory())?;
    let bind = |address: &String| {
        TcpListener::bind(address).map_err(|error| Failure::Plain(format!("cannot listen on `{address}`: {error}")))
    };
    let listener = bind(&config.listen)?;
    let is_behind_a_proxy = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    if is_behind_a_proxy && config.proxy.trusted.is_empty() {
        tracing::warn!("`[proxy] trusted` names no proxy: there are no limits by network address");
    }
    if config.journal.is_empty() {
        tracing::warn!(
            "no `journal` is named: a restore would bring back what was withdrawn, blocked or revoked since the copy"
        );
    }
    let metrics = config.metrics.as_ref().map(bind).transpose()?;
    runtime::block_on(async {
        let clock = Arc::new(SystemClock::new(policy.time_zone())?);
        let store = Arc::new(Store::open(&config.store()?, clock).await?);
        let app = App::start(store, config.app()?).await?;
        let none = |_| Failure::Plain("no edition is published: run `kepil init` first".to_owned());
        // The bundle of the file is the one that was published first: what is in force may allow less.
        let in_force = app.policy().map_err(none)?;
        config.check_territory(in_force.policy.territory())?;
        attest(&app, &config);
        let (stopper, stop) = watch::channel(false);
        tokio::spawn(async move {
            runtime::told_to_stop().await;
            stopper.send_replace(true);
        });
        if let Some(metrics) = metrics {
            runtime::serve_health(&app, metrics, stop.clone())?;
        }
        println!("ready: {}", config.issuer);
        println!("  {}", territory::said(&config.places()));
        runtime::serve(app, listener, stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Says where this node keeps data and where it sends them, in the log of this start and in the metrics (clause 3.5a).
fn attest(app: &App, config: &Config) {
    for place in config.places() {
        app.metrics.placed(place.kind, &place.territory);
        tracing::info!(code = place.kind, territory = place.territory, "declared");
    }
}
