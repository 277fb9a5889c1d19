//! Row `read/http`: `POST /v1/reads` over 32 kept connections, against a hello of the same framework, each a process of its
//! own.

use std::{
    process::{Child, Command},
    time::{Duration, Instant},
};

use futures::future::join_all;
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1::handshake};
use hyper_util::rt::TokioIo;
use kepil_testing::{Demo, On, Visitor};

use crate::report::{Goal, Report, median};

const CONNECTIONS: usize = 32;
const WINDOW: Duration = Duration::from_secs(2);

/// Serves the floor, as the framework's own documentation does.
pub fn hello(port: u16) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async move {
        let router = axum::Router::new().route("/", axum::routing::post(|_: Bytes| async { "hello" }));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}

/// The floor, a process of its own.
pub struct Floor {
    process: Child,
    /// Where it listens.
    pub port: u16,
}

impl Floor {
    /// Starts it.
    pub async fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let own = std::env::current_exe().unwrap();
        let process = Command::new(own).arg("--hello").arg(port.to_string()).spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        Self { process, port }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Requests a second.
async fn rate(address: &str, path: &str, token: &str, body: &'static [u8]) -> f64 {
    let begun = Instant::now();
    let each = |_| async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut count = 0u64;
        while begun.elapsed() < WINDOW {
            let request = Request::post(path)
                .header("host", address)
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from_static(body)))
                .unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert!(answer.status().is_success(), "{}", answer.status());
            answer.into_body().collect().await.unwrap();
            count += 1;
        }
        count
    };
    let counts: Vec<u64> = join_all((0..CONNECTIONS).map(each)).await;
    counts.iter().sum::<u64>() as f64 / begun.elapsed().as_secs_f64()
}

/// Measures the row.
pub fn measure(report: &Report, rounds: usize, program: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let demo = Demo::start(program, On::Sqlite, &[]).await;
        let (visitor, email) = (Visitor::new(), "bench@example.kz");
        visitor.register(&demo, email).await;
        let sub = visitor.visit(&demo, "mail", email).await.sub();
        let token = demo.token("mail").await;
        let body: &'static str = format!("{{\"sub\":\"{sub}\",\"purpose\":\"delivery\"}}").leak();
        let floor = Floor::start().await;
        let address = demo.issuer.trim_start_matches("http://").to_owned();
        let (mut ratios, mut reads, mut hellos) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let read = rate(&address, "/v1/reads", &token, body.as_bytes()).await;
            let hello = rate(&format!("127.0.0.1:{}", floor.port), "/", &token, body.as_bytes()).await;
            ratios.push(read / hello);
            reads.push(read);
            hellos.push(hello);
        }
        let text = format!("{:.0}/s; hello {:.0}/s, {CONNECTIONS} connections", median(reads), median(hellos));
        report.row("read/http", ratios, Goal::AtLeast(0.25), &text);
    });
}
