//! One single-threaded runtime a core: connections, lane and answers of one request stay on one core.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use kepil_server::{App, http, jobs};
use tokio::sync::watch;

use crate::commands::Failure;

/// How many cores there are.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Runs `main` on a runtime of its own.
///
/// # Errors
/// [`Failure`] of `main`, or when no runtime can be made.
pub fn block_on<T>(main: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Plain(format!("no runtime: {error}")))?;
    runtime.block_on(main)
}

/// Serves `app` on `listener` with one runtime a core until `stop` says so. Must be called within a runtime, which serves
/// too and does the jobs.
///
/// # Errors
/// [`Failure`] when the socket cannot be shared or a thread not be started.
pub async fn serve(app: App, listener: TcpListener, stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::Plain(format!("cannot serve: {error}"));
    listener.set_nonblocking(true).map_err(broken)?;
    jobs::start(&app);
    let mut threads = Vec::new();
    for _ in 1..cores() {
        let (app, listener, stop) = (app.clone(), listener.try_clone().map_err(broken)?, stop.clone());
        let run = move || block_on(async move { accept(app.on_this_runtime(), listener, stop).await });
        threads.push(thread::Builder::new().name("kepil-core".to_owned()).spawn(run).map_err(broken)?);
    }
    accept(app, listener, stop).await?;
    for thread in threads {
        thread.join().map_err(|_| Failure::Plain("a core stopped by itself".to_owned()))??;
    }
    Ok(())
}

async fn accept(app: App, listener: TcpListener, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| Failure::Plain(error.to_string()))?;
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    let service = http::router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(stopped)
        .await
        .map_err(|error| Failure::Plain(error.to_string()))
}

/// Serves health and metrics of `app` on `listener`, beside the rest, until `stop` says so.
///
/// # Errors
/// [`Failure`] when the socket cannot be used.
pub fn serve_health(app: &App, listener: TcpListener, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::Plain(format!("metrics cannot be served: {error}"));
    listener.set_nonblocking(true).map_err(broken)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(broken)?;
    let service = http::health::router(app.clone()).into_make_service();
    tokio::spawn(async move {
        let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
        if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    });
    Ok(())
}

/// Resolves when the process is told to stop.
pub async fn told_to_stop() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

/// Writes the log to standard error: level by `KEPIL_LOG`, JSON lines, no personal field.
pub fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("KEPIL_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A second call, as in tests, keeps the first log.
    drop(tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).json().try_init());
}

/// A store shared by the runtimes.
pub type SharedStore = Arc<kepil_store::Store>;
