//! What destroying costs: one person, many people, and the end of the epoch, timed apart.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use futures::{StreamExt, stream};
use kepil_domain::Locator;
use kepil_store::{Engine, Step};
use kepil_testing::{On, World};

use crate::{
    people,
    reads::block_on,
    report::{Goal, Report},
};

/// How many are destroyed one after another.
const ONES: usize = 200;
/// How many are destroyed at once.
const CALLERS: usize = 64;
/// How many keys a raw delete takes in one transaction.
const GROUP: usize = 256;

/// Measures with `people` people, of whom half are destroyed.
pub fn measure(report: &Report, people: usize) {
    block_on(async {
        let world = Arc::new(World::new(On::Sqlite, "minimal").await);
        let all = people::add(&world, people).await;
        let (ones, rest) = all.split_at(ONES);
        let one = ones_after_another(&world, ones).await;
        let transaction = raw_transactions(&world);
        let absolute = format!("{:.2} ms, one durable transaction {:.2} ms", one * 1000.0, transaction * 1000.0);
        report.row("erase", vec![one / transaction], Goal::AtMost(3.0), &absolute);

        let gone = &rest[..people / 2];
        let begun = Instant::now();
        stream::iter(gone).for_each_concurrent(CALLERS, |locator| destroy(&world, *locator)).await;
        let many = begun.elapsed().as_secs_f64();
        let raw = raw_deletes(&world, gone);
        let absolute = format!("{} people {many:.1} s, raw deletes {raw:.2} s", gone.len());
        report.row("erase/many", vec![many / raw], Goal::AtMost(5.0), &absolute);

        let steps: Mutex<Vec<(Step, f64)>> = Mutex::default();
        let begun = Instant::now();
        let progress = |step, _, _| {
            let mut steps = steps.lock().unwrap();
            let now = begun.elapsed().as_secs_f64();
            match steps.last_mut() {
                Some((last, at)) if *last == step => *at = now,
                _ => steps.push((step, now)),
            }
        };
        let closed = world.store.close_epoch(&progress).await.unwrap();
        world.store.end_closing(&closed).await.unwrap();
        let took = begun.elapsed().as_secs_f64();
        let ends: Vec<String> =
            steps.lock().unwrap().iter().map(|(step, at)| format!("{} {at:.1}", step.word())).collect();
        let absolute =
            format!("{took:.1} s for {} of {people} gone; steps end at {}", closed.certificates.len(), ends.join(", "));
        report.row("erase/epoch", vec![took / raw], Goal::AtMost(f64::INFINITY), &absolute);
    });
}

async fn destroy(world: &World, locator: Locator) {
    let ring = world.store.find_ring(locator).await.unwrap().unwrap();
    world.store.destroy_person(&ring, locator.0).await.unwrap();
}

/// Unit: seconds for one.
async fn ones_after_another(world: &World, people: &[Locator]) -> f64 {
    let begun = Instant::now();
    for locator in people {
        destroy(world, *locator).await;
    }
    begun.elapsed().as_secs_f64() / people.len() as f64
}

fn scratch(world: &World) -> rusqlite::Connection {
    let Engine::Sqlite { folder } = &world.config.engine else { panic!("the embedded engine") };
    let connection = rusqlite::Connection::open(folder.join("scratch")).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch("CREATE TABLE IF NOT EXISTS raw (id BLOB PRIMARY KEY, sealed BLOB)").unwrap();
    connection
}

/// One row written durably. Unit: seconds for one.
fn raw_transactions(world: &World) -> f64 {
    let connection = scratch(world);
    let begun = Instant::now();
    for number in 0..ONES {
        let row = (number.to_be_bytes(), vec![0; 400]);
        connection.execute("INSERT INTO raw (id, sealed) VALUES (?1, ?2)", row).unwrap();
    }
    begun.elapsed().as_secs_f64() / ONES as f64
}

/// Rows of the same keys deleted, [`GROUP`] in a transaction. Unit: seconds.
fn raw_deletes(world: &World, keys: &[Locator]) -> f64 {
    let mut connection = scratch(world);
    let filling = connection.transaction().unwrap();
    for key in keys {
        filling.execute("INSERT INTO raw (id, sealed) VALUES (?1, ?2)", (key.0, vec![0; 400])).unwrap();
    }
    filling.commit().unwrap();
    let begun = Instant::now();
    for group in keys.chunks(GROUP) {
        let transaction = connection.transaction().unwrap();
        for key in group {
            transaction.execute("DELETE FROM raw WHERE id = ?1", [key.0]).unwrap();
        }
        transaction.commit().unwrap();
    }
    begun.elapsed().as_secs_f64()
}
