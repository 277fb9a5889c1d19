//! One single-threaded runtime a core: connections, lane and answers of one request stay on one core.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};

use axum::serve::{Listener, ListenerExt};
use kepil_server::{App, http, jobs};
use tokio::sync::{mpsc, watch};

use crate::{commands::Failure, memory};

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

/// A connection, and from where it came.
type Connection = (std::net::TcpStream, SocketAddr);

/// Serves `app` on `listener` with one runtime a core until `stop` says so. Must be called within a runtime, which serves
/// too, accepts for all and does the jobs.
///
/// # Errors
/// [`Failure`] when the socket cannot be used or a thread not be started.
pub async fn serve(app: App, listener: TcpListener, stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::Plain(format!("cannot serve: {error}"));
    if memory::has_open_swap() {
        tracing::warn!("there is swap that is not encrypted: what was in memory may be read from it");
    }
    listener.set_nonblocking(true).map_err(broken)?;
    let listener = tokio::net::TcpListener::from_std(listener).map_err(broken)?;
    let address = listener.local_addr().map_err(broken)?;
    jobs::start(&app);
    let (own, dealt) = mpsc::unbounded_channel();
    let (mut cores, mut threads) = (vec![own], Vec::new());
    for _ in 1..self::cores() {
        let (core, dealt) = mpsc::unbounded_channel();
        let (app, hand, stop) = (app.clone(), Hand { dealt, address }, stop.clone());
        let run = move || block_on(async move { answer(app.on_this_runtime(), hand, stop).await });
        threads.push(thread::Builder::new().name("kepil-core".to_owned()).spawn(run).map_err(broken)?);
        cores.push(core);
    }
    let dealing = tokio::spawn(deal(listener, cores, stop.clone()));
    answer(app, Hand { dealt, address }, stop).await?;
    dealing.await.map_err(|_| Failure::Plain("connections were not accepted any more".to_owned()))?;
    for thread in threads {
        thread.join().map_err(|_| Failure::Plain("a core stopped by itself".to_owned()))??;
    }
    Ok(())
}

/// Accepts connections and deals them to the cores in turn, until told to stop: left to themselves, whichever core wakes first
/// takes all that wait.
async fn deal(
    mut listener: tokio::net::TcpListener,
    cores: Vec<mpsc::UnboundedSender<Connection>>,
    mut stop: watch::Receiver<bool>,
) {
    let dealt = async {
        let mut turns = cores.iter().cycle();
        loop {
            let (stream, from) = Listener::accept(&mut listener).await;
            let mut connection = match stream.into_std() {
                Ok(stream) => (stream, from),
                Err(error) => {
                    tracing::warn!(%error, "a connection was lost");
                    continue;
                }
            };
            // A core that stopped by itself is passed over.
            for core in turns.by_ref().take(cores.len()) {
                match core.send(connection) {
                    Ok(()) => break,
                    Err(back) => connection = back.0,
                }
            }
        }
    };
    tokio::select! {
        () = dealt => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// The connections that were dealt to one core.
struct Hand {
    dealt: mpsc::UnboundedReceiver<Connection>,
    /// Where they were accepted.
    address: SocketAddr,
}

impl Listener for Hand {
    type Io = <tokio::net::TcpListener as Listener>::Io;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        while let Some((stream, from)) = self.dealt.recv().await {
            match Self::Io::from_std(stream) {
                Ok(stream) => return (stream, from),
                Err(error) => tracing::warn!(%error, "a connection was lost"),
            }
        }
        // Nothing more is dealt once the server is told to stop.
        std::future::pending().await
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn answer(app: App, hand: Hand, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    let service = http::router(app).into_make_service_with_connect_info::<SocketAddr>();
    // An answer is written at once: it must not wait for the acknowledgement of the one before.
    let hand = hand.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(hand, service).with_graceful_shutdown(stopped).await.map_err(|error| Failure::Plain(error.to_string()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_dealt_in_turn_and_none_is_accepted_after_the_stop() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (first, mut one) = mpsc::unbounded_channel();
        let (second, mut other) = mpsc::unbounded_channel();
        let (tell, stop) = watch::channel(false);
        let dealing = tokio::spawn(deal(listener, vec![first, second], stop));
        let mut ports = Vec::new();
        for _ in 0..6 {
            ports.push(tokio::net::TcpStream::connect(address).await.unwrap().local_addr().unwrap());
        }
        let mut dealt = Vec::new();
        for _ in 0..3 {
            dealt.push(one.recv().await.unwrap().1);
            dealt.push(other.recv().await.unwrap().1);
        }
        assert_eq!(dealt, ports);
        // A core that stopped by itself loses nobody's connection.
        drop(other);
        for _ in 0..3 {
            let port = tokio::net::TcpStream::connect(address).await.unwrap().local_addr().unwrap();
            assert_eq!(one.recv().await.unwrap().1, port);
        }
        tell.send(true).unwrap();
        dealing.await.unwrap();
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }
}
