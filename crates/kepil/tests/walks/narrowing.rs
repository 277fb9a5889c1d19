//! Narrowing acts under load, with two servers on one PostgreSQL: after the answer no open begins, on either. Clauses 3.7,
//! 4.4a, 4.5, 7.3.
//!
//! For each person there are readers on both servers that never stop, and someone who withdraws, gives, blocks and lifts
//! through one server and then the other. A read that begins after the answer and ends before the next widening is
//! begun must be refused.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use serde_json::json;

use crate::demo;

const PEOPLE: usize = 50;
const ROUNDS: usize = 20;

/// One person as the readers see them. An odd phase: a narrowing act was answered and no widening one is begun.
struct Watched {
    sub: String,
    phase: AtomicU32,
    is_over: AtomicBool,
}

#[derive(Default)]
struct Counts {
    granted: AtomicUsize,
    refused: AtomicUsize,
    wrong: AtomicUsize,
    rounds: AtomicUsize,
}

struct Scene {
    nodes: [String; 2],
    token: String,
    client: reqwest::Client,
    counts: Counts,
}

impl Scene {
    /// Reads once; says whether something was granted.
    async fn read(&self, node: usize, sub: &str) -> bool {
        let request = self.client.post(format!("{}/v1/reads", self.nodes[node])).bearer_auth(&self.token);
        let answer = request.json(&json!({ "sub": sub, "purpose": "delivery" })).send().await.unwrap();
        let status = answer.status().as_u16();
        assert!(status == 200 || status == 403, "{status}: {}", answer.text().await.unwrap());
        status == 200
    }

    /// Reads, and counts a grant that began and ended in the same narrowed phase.
    async fn watch(&self, node: usize, watched: &Watched) {
        let before = watched.phase.load(Ordering::SeqCst);
        let is_granted = self.read(node, &watched.sub).await;
        let is_narrowed = before % 2 == 1 && watched.phase.load(Ordering::SeqCst) == before;
        let counts = if is_granted { &self.counts.granted } else { &self.counts.refused };
        counts.fetch_add(1, Ordering::Relaxed);
        self.counts.wrong.fetch_add(usize::from(is_granted && is_narrowed), Ordering::Relaxed);
    }
}

/// Reads through one server until the person is done.
async fn keep_reading(scene: Arc<Scene>, node: usize, watched: Arc<Watched>) {
    while !watched.is_over.load(Ordering::SeqCst) {
        scene.watch(node, &watched).await;
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

/// What a form sends.
type Fields = &'static [(&'static str, &'static str)];

/// The two narrowing acts with their ways back: page, form, what to send.
const ACTS: [(&str, Fields, Fields); 2] = [
    (
        "/me/consents",
        &[("service", "mail"), ("purpose", "delivery"), ("on", "no")],
        &[("service", "mail"), ("purpose", "delivery"), ("on", "yes")],
    ),
    ("/me/block", &[("action", "block")], &[("action", "lift")]),
];

async fn live(scene: Arc<Scene>, visitor: Visitor, watched: Arc<Watched>) {
    for round in 0..ROUNDS {
        let (path, narrow, widen) = ACTS[round % ACTS.len()];
        let node = (round / ACTS.len()) % 2;
        let page = visitor.get(&format!("{}{path}", scene.nodes[node])).await;
        let done = visitor.submit(&page, path, narrow).await;
        assert_eq!(done.status, 200, "{}", done.words());
        watched.phase.fetch_add(1, Ordering::SeqCst);
        // At once, on both servers.
        futures::join!(scene.watch(0, &watched), scene.watch(1, &watched));
        scene.counts.rounds.fetch_add(1, Ordering::Relaxed);
        if round + 1 < ROUNDS {
            watched.phase.fetch_add(1, Ordering::SeqCst);
            let done = visitor.submit(&page, path, widen).await;
            assert_eq!(done.status, 200, "{}", done.words());
            assert!(scene.read(1 - node, &watched.sub).await, "nothing is granted after a widening act");
        } else {
            // A blocked record is not destroyed: the block is lifted first.
            watched.phase.fetch_add(1, Ordering::SeqCst);
            visitor.submit(&page, path, widen).await;
        }
    }
    let page = visitor.get(&format!("{}/me/close", scene.nodes[1])).await;
    let done = visitor.submit(&page, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;
    assert_eq!(done.status, 200, "{}", done.words());
    watched.phase.fetch_add(1, Ordering::SeqCst);
    futures::join!(scene.watch(0, &watched), scene.watch(1, &watched));
    scene.counts.rounds.fetch_add(1, Ordering::Relaxed);
    watched.is_over.store(true, Ordering::SeqCst);
}

async fn newcomer(demo: &Demo, number: usize) -> (Visitor, Arc<Watched>) {
    let (visitor, email) = (Visitor::new(), format!("narrow{number}@example.kz"));
    visitor.register(demo, &email).await;
    let sub = visitor.visit(demo, "mail", &email).await.sub();
    (visitor, Arc::new(Watched { sub, phase: AtomicU32::new(0), is_over: AtomicBool::new(false) }))
}

#[tokio::test]
async fn after_a_narrowing_answer_no_open_begins_on_either_server() {
    let demo = demo(On::Postgres).await;
    let second = demo.second();
    let scene = Arc::new(Scene {
        nodes: [demo.issuer.clone(), second.address.clone()],
        token: demo.token("mail").await,
        client: reqwest::Client::new(),
        counts: Counts::default(),
    });
    let people = join_all((0..PEOPLE).map(|number| newcomer(&demo, number))).await;
    let mut tasks = Vec::new();
    for (visitor, watched) in people {
        for node in 0..2 {
            tasks.push(tokio::spawn(keep_reading(Arc::clone(&scene), node, Arc::clone(&watched))));
        }
        tasks.push(tokio::spawn(live(Arc::clone(&scene), visitor, watched)));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
    let counts = &scene.counts;
    println!(
        "{} rounds, {} reads granted, {} refused",
        count(&counts.rounds),
        count(&counts.granted),
        count(&counts.refused)
    );
    assert_eq!(count(&counts.wrong), 0, "reads were granted after a narrowing answer");
    assert_eq!(count(&counts.rounds), PEOPLE * (ROUNDS + 1));
    assert!(count(&counts.granted) > PEOPLE * ROUNDS, "there was no load: {}", count(&counts.granted));
}
