//! Rows `read/sqlite` and `read/postgres`: ring, facts, decision, durable entry and opening of two fields, in process, one
//! runtime a core as in production; against raw point reads of the same rows. And the profile of one read.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use futures::future::join_all;
use kepil_domain::{
    EventId, Locator,
    gate::{Actor, ActorFacts, Ask, Ground, decide},
    ledger::{Act, Entry, NewEntry, Nth, Payload, compartment_tag},
    vault::open,
};
use kepil_policy::Verb;
use kepil_store::{Clock, Engine, Lane, OsEntropy, Question};
use kepil_testing::{On, World};

use crate::{
    people,
    report::{Goal, Report, median},
};

/// How long one side of one round is measured.
const WINDOW: Duration = Duration::from_millis(1500);
const CORES: usize = 2;
const CONNECTIONS: usize = 8;

pub fn block_on<T>(main: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(main)
}

fn ask(world: &World) -> Ask {
    let policy = &world.policy.policy;
    let shop = policy.find_service("shop").unwrap();
    Ask {
        event: EventId::random(&mut OsEntropy).unwrap(),
        actor: Actor::Service(shop.id),
        ground: Ground::Use(policy.find_use(shop, "orders").unwrap().id),
        verb: Verb::Extract,
        fields: ["nickname", "address"].iter().map(|name| policy.find_field(name).unwrap().id).collect(),
        moment: world.clock.now(),
    }
}

pub async fn read(world: &World, lane: &Lane, locator: Locator) {
    let question = Question::new(&world.policy, ask(world), Some(locator), compartment_tag("people"));
    let audited = lane.audited(question).await.unwrap();
    let (permit, sealed) = (audited.verdict.permit.unwrap(), audited.sealed.unwrap());
    let opened = open(permit, audited.receipt, sealed, &world.policy.policy, world.clock.tick()).unwrap();
    assert!(!opened.fields.is_empty());
}

/// Reads a second with `callers` callers on all cores, and the 99th percentile of one. Unit: per second, milliseconds.
fn audited(world: &Arc<World>, people: &Arc<Vec<Locator>>, callers: usize) -> (f64, f64) {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let begun = Instant::now();
    let threads: Vec<_> = (0..CORES)
        .map(|core| {
            let (world, people, done, stop) =
                (Arc::clone(world), Arc::clone(people), Arc::clone(&done), Arc::clone(&stop));
            thread::spawn(move || {
                block_on(async {
                    let lane = Lane::start(Arc::clone(&world.store));
                    let each = |caller: usize| {
                        let (world, people, lane) = (&world, &people, &lane);
                        let (done, stop) = (&done, &stop);
                        async move {
                            let (mut at, mut took) = (caller * 97, Vec::new());
                            while !stop.load(Ordering::Relaxed) {
                                let begun = Instant::now();
                                at = (at + 61) % people.len();
                                read(world, lane, people[at]).await;
                                done.fetch_add(1, Ordering::Relaxed);
                                took.push(begun.elapsed().as_secs_f64() * 1000.0);
                            }
                            took
                        }
                    };
                    let callers = (0..callers / CORES).map(|caller| each(caller + core));
                    let timer = async {
                        tokio::time::sleep(WINDOW).await;
                        stop.store(true, Ordering::Relaxed);
                    };
                    futures::join!(join_all(callers), timer).0.concat()
                })
            })
        })
        .collect();
    let mut took: Vec<f64> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let rate = done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64();
    took.sort_by(f64::total_cmp);
    (rate, took[took.len() * 99 / 100])
}

/// Raw point reads a second of the same rows: on one thread of the embedded engine, or pipelined over 8 connections.
fn raw(world: &World, handles: &[Vec<u8>], callers: usize) -> f64 {
    match &world.config.engine {
        Engine::Sqlite { folder } => {
            let file = folder.join("people_people.db");
            let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
            let connection = rusqlite::Connection::open_with_flags(file, flags).unwrap();
            let sql = "SELECT handle, version, standing, records FROM person WHERE handle = ?1";
            let mut find = connection.prepare(sql).unwrap();
            let (begun, mut count) = (Instant::now(), 0u64);
            while begun.elapsed() < WINDOW {
                for handle in handles.iter().take(100) {
                    let row: (Vec<u8>, Vec<u8>) =
                        find.query_row([handle], |row| Ok((row.get(2)?, row.get(3)?))).unwrap();
                    black_box(row);
                    count += 1;
                }
            }
            count as f64 / begun.elapsed().as_secs_f64()
        }
        Engine::Postgres { url } => block_on(raw_postgres(url, handles, callers)),
    }
}

async fn raw_postgres(url: &str, handles: &[Vec<u8>], callers: usize) -> f64 {
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let sql = "SELECT handle, version, standing, records FROM people_people.person WHERE handle = $1";
        let find = client.prepare(sql).await.unwrap();
        clients.push((client, find));
    }
    let (begun, done) = (Instant::now(), AtomicU64::new(0));
    let each = |caller: usize| {
        let ((client, find), done) = (&clients[caller % CONNECTIONS], &done);
        async move {
            let mut at = caller * 97;
            while begun.elapsed() < WINDOW {
                at = (at + 61) % handles.len();
                let row = client.query_one(find, &[&handles[at]]).await.unwrap();
                let _: &[u8] = row.get(3);
                done.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    join_all((0..callers).map(each)).await;
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

async fn prepared(on: On) -> (Arc<World>, Arc<Vec<Locator>>, Vec<Vec<u8>>) {
    let world = Arc::new(World::new(on, "minimal").await);
    let people = people::add(&world, people::PEOPLE).await;
    let mut handles = Vec::new();
    for locator in &people {
        let ring = world.store.find_ring(*locator).await.unwrap().unwrap();
        handles.push(ring.part(compartment_tag("people")).unwrap().handle().0.to_vec());
    }
    (world, Arc::new(people), handles)
}

/// Measures both rows of an engine.
pub fn measure(report: &Report, rounds: usize, on: On) {
    let (name, goals) = match on {
        On::Sqlite => ("sqlite", [(64, 0.35), (256, 0.60)]),
        On::Postgres => ("postgres", [(64, 0.45), (256, 0.65)]),
    };
    // The runtime that made the store keeps its connections alive while other threads measure.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (world, people, handles) = runtime.block_on(prepared(on));
    for (callers, goal) in goals {
        let (mut ratios, mut own, mut floor, mut late) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let (rate, p99_ms) = audited(&world, &people, callers);
            let raw = raw(&world, &handles, callers);
            ratios.push(rate / raw);
            own.push(rate);
            floor.push(raw);
            late.push(p99_ms);
        }
        let text = format!("{:.0}/s, p99 {:.1} ms; raw {:.0}/s", median(own), median(late), median(floor));
        report.row(&format!("read/{name}/{callers}"), ratios, Goal::AtLeast(goal), &text);
    }
}

/// Prints where the time of one read goes: each stage alone, in a loop, and the whole with 64 callers.
pub fn profile() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (world, people, handles) = runtime.block_on(prepared(On::Sqlite));
    let tag = compartment_tag("people");
    let row = runtime.block_on(world.store.find_person(people[0], tag)).unwrap().unwrap();
    let (part, standing) = (row.part().unwrap(), &row.standing);
    let installation = world.store.keys().installation();
    let sealed = part.seal_standing(installation, standing, &mut OsEntropy).unwrap();
    let asked = ask(&world);
    let facts = standing.facts(&world.policy, &asked, ActorFacts::Nothing);
    let payload = Payload {
        v: 1,
        act: "extract".into(),
        actor: "service".into(),
        fields: vec!["nickname".into()],
        ..Payload::default()
    };
    let nth = Nth::Look { run: 1, number: 0 };
    let new = NewEntry { event: asked.event, act: Act::Did(Verb::Extract), hour: asked.moment.hour(), nth };
    let entry = || Entry::seal(part, new, &payload, &mut OsEntropy).unwrap();
    let whole_us = 1e6 / audited(&world, &people, 64).0;
    let stages: Vec<(&str, f64)> = vec![
        ("raw point read of the row (floor)", 1e6 / raw(&world, &handles, 1)),
        ("open the standing", loop_us(|| drop(part.open_standing(installation, &sealed)))),
        (
            "facts",
            loop_us(|| {
                black_box(standing.facts(&world.policy, &asked, ActorFacts::Nothing));
            }),
        ),
        (
            "decide",
            loop_us(|| {
                black_box(decide(&world.policy, &asked, &facts));
            }),
        ),
        ("seal the entry", loop_us(|| drop(black_box(entry())))),
        ("open the records", loop_us(|| drop(row.danger_open_records()))),
    ];
    println!(
        "\nwhere the time of one read goes (SQLite, 64 callers, {CORES} cores): {whole_us:.1} µs of wall time a read"
    );
    let known: f64 = stages.iter().map(|(_, us)| us).sum();
    for (name, us) in &stages {
        println!("  {name:<36} {us:>7.2} µs of one core");
    }
    let rest = whole_us * CORES as f64 - known;
    println!("  {:<36} {rest:>7.2} µs of both cores", "queue, wakeups, append and flush");
}

fn loop_us(mut act: impl FnMut()) -> f64 {
    const TIMES: u32 = 20_000;
    let begun = Instant::now();
    (0..TIMES).for_each(|_| act());
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
}
