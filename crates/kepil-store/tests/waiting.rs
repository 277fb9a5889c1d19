//! What two compartments have at once does not come into their logs at once: entries wait for the end of the day, durable from the
//! moment of the act, and then come in together. Clause 3.1.5.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::sync::Arc;

use common::{act, make, question, shop_ask};
use kepil_domain::{
    EventId, Hour, Locator,
    ledger::{Act, compartment_tag, open_payload},
};
use kepil_store::{Amendment, Clock, Lane, PersonRow, Places, Question, StoreError};
use kepil_testing::{On, World};

const DAY_S: i64 = 86_400;

async fn places(world: &World, locator: Locator) -> Places {
    let ring = world.store.find_ring(locator).await.unwrap().unwrap();
    let hour = world.clock.now().hour();
    world.store.list_places(ring.part(compartment_tag("tastes")).unwrap(), (hour, hour)).await.unwrap()
}

/// The events of a person's entries in the log that waits: those that are in it, and those that are not.
async fn events(world: &World, locator: Locator) -> (Vec<EventId>, Vec<EventId>) {
    let places = places(world, locator).await;
    let listed = world.store.list_entries_at(&places, (0, 100)).await.unwrap();
    let waiting = world.store.list_waiting(&places).await.unwrap();
    (listed.iter().map(|it| it.leaf.event).collect(), waiting.iter().map(|it| it.leaf.event).collect())
}

async fn change(world: &World, locator: Locator) {
    let change = |row: &PersonRow| -> Result<Amendment, StoreError> {
        Ok(Amendment { standing: row.standing.clone(), records: None, acts: vec![act(Act::Consent)] })
    };
    world.store.amend(locator, compartment_tag("tastes"), world.clock.now(), change).await.unwrap();
}

/// A little after the beginning of a day of universal time, that the clock reaches in two days at most.
fn morning(world: &World) -> i64 {
    let now = world.clock.now().unix_s();
    DAY_S - now.rem_euclid(DAY_S) + 600
}

async fn it_waits_and_comes_in_together(on: On) {
    let mut world = World::waiting(on, "minimal", 24).await;
    let morning = morning(&world);
    world.clock.set_offset_s(morning);
    let tastes = compartment_tag("tastes");
    let mut people = Vec::new();
    for number in 0..20 {
        let made = make(&world, &format!("{number}@example.kz")).await;
        change(&world, made.locator).await;
        people.push(made.locator);
    }
    let lane = Lane::start(Arc::clone(&world.store));
    let ask = shop_ask(&world, &["nickname"]);
    let event = ask.event;
    let asked = Question { compartment: tastes, ..question(&world, ask, Some(people[0])) };
    lane.audited(asked).await.unwrap();
    drop(lane);
    assert_eq!(
        world.store.sequence(compartment_tag("people")).await.unwrap(),
        20,
        "where people sign in nothing waits"
    );
    assert_eq!(world.store.sequence(tastes).await.unwrap(), 0);
    // Each sees their own at once, but has no receipt.
    let (listed, waiting) = events(&world, people[0]).await;
    assert_eq!((listed.len(), waiting.len()), (0, 3));
    let ring = world.store.find_ring(people[0]).await.unwrap().unwrap();
    let part = ring.part(tastes).unwrap();
    assert!(waiting.contains(&event) && world.store.find_receipt(part, event).await.unwrap().is_none());
    assert!(world.store.is_waiting(part, event).await.unwrap());
    let other = world.store.find_ring(people[1]).await.unwrap().unwrap();
    assert!(!world.store.is_waiting(other.part(tastes).unwrap(), event).await.unwrap(), "nobody else's");
    // After a restart, and later that day, it still waits; the next day it is there, all of it.
    world = world.restarted().await;
    world.clock.set_offset_s(morning + 20 * 3600);
    assert_eq!(world.store.sequence(tastes).await.unwrap(), 0);
    world.clock.set_offset_s(morning + DAY_S);
    assert_eq!(world.store.sequence(tastes).await.unwrap(), 41);
    let mut all = Vec::new();
    let today = Hour(world.clock.now().hour().0 / 24 * 24);
    for locator in &people {
        let places = places(&world, *locator).await;
        let entries = world.store.list_entries_at(&places, (0, 100)).await.unwrap();
        assert!(entries.len() >= 2 && entries.iter().all(|entry| entry.leaf.hour == today), "one hour for all");
        assert!(world.store.list_waiting(&places).await.unwrap().is_empty());
        all.extend(entries.iter().map(|entry| (entry.position, entry.leaf.event)));
    }
    all.sort_unstable_by_key(|(position, _)| *position);
    assert!(all.is_sorted_by_key(|(_, event)| *event), "in the order of random ids");
    let ring = world.store.find_ring(people[0]).await.unwrap().unwrap();
    let part = ring.part(tastes).unwrap();
    let receipt = world.store.find_receipt(part, event).await.unwrap().unwrap();
    assert!(receipt.verify(&world.store.verify_key("tastes").unwrap()).is_ok());
    assert!(receipt.payload.contains("\"waits\":24") && !world.store.is_waiting(part, event).await.unwrap());
    // Whoever says that it did not wait, or not so long, is found out.
    for (from, to) in [("\"waits\":24,", ""), ("\"waits\":24", "\"waits\":1")] {
        let mut bent = receipt.clone();
        bent.payload = bent.payload.replace(from, to);
        assert!(bent.verify(&world.store.verify_key("tastes").unwrap()).is_err());
    }
}

#[tokio::test]
async fn what_waits_is_durable_and_comes_in_together_on_sqlite() {
    it_waits_and_comes_in_together(On::Sqlite).await;
}

#[tokio::test]
async fn what_waits_is_durable_and_comes_in_together_on_postgresql() {
    it_waits_and_comes_in_together(On::Postgres).await;
}

#[tokio::test]
async fn two_nodes_take_what_waits_once() {
    let world = World::waiting(On::Postgres, "minimal", 24).await;
    let other = world.another_node().await;
    let morning = morning(&world);
    world.clock.set_offset_s(morning);
    let tastes = compartment_tag("tastes");
    let mut people = Vec::new();
    for number in 0..30 {
        people.push(make(&world, &format!("{number}@example.kz")).await.locator);
    }
    let both = async || tokio::join!(world.store.sequence(tastes), other.store.sequence(tastes));
    let (one, two) = both().await;
    assert_eq!(one.unwrap() + two.unwrap(), 0);
    world.clock.set_offset_s(morning + DAY_S);
    let (one, two) = both().await;
    assert_eq!(one.unwrap() + two.unwrap(), 30);
    for locator in people {
        assert_eq!(events(&world, locator).await.0.len(), 1);
    }
    assert_eq!(world.store.log_size("tastes").await.unwrap(), 30);
}

#[tokio::test]
async fn an_entry_that_was_taken_twice_counts_once() {
    let world = World::waiting(On::Sqlite, "minimal", 24).await;
    let morning = morning(&world);
    world.clock.set_offset_s(morning);
    let tastes = compartment_tag("tastes");
    make(&world, "a@example.kz").await;
    let outbox = rusqlite::Connection::open(world.folder.path().join("store/people_tastes.db")).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?));
    let kept = outbox.query_row("SELECT id, entries FROM outbox", [], row).unwrap();
    // A crash between the two steps leaves the row where it was: here before and after the release.
    let again = || outbox.execute("INSERT INTO outbox (id, entries) VALUES (?1, ?2)", (&kept.0, &kept.1)).unwrap();
    assert_eq!(world.store.sequence(tastes).await.unwrap(), 0);
    again();
    assert_eq!(world.store.sequence(tastes).await.unwrap(), 0);
    world.clock.set_offset_s(morning + DAY_S);
    assert_eq!(world.store.sequence(tastes).await.unwrap(), 1);
    again();
    let world = world.restarted().await;
    assert_eq!(world.store.sequence(tastes).await.unwrap(), 0);
    assert_eq!(world.store.log_size("tastes").await.unwrap(), 1);
}

#[tokio::test]
async fn a_person_finds_every_entry_of_theirs_and_no_other() {
    let world = World::new(On::Sqlite, "minimal").await;
    let (one, other) = (make(&world, "a@example.kz").await, make(&world, "b@example.kz").await);
    let people = compartment_tag("people");
    let mut asked = Vec::new();
    // Several lanes, more reads than are looked for at once, and changes between them.
    for _ in 0..3 {
        let lane = Lane::start(Arc::clone(&world.store));
        for at in 0..60 {
            let ask = shop_ask(&world, &["nickname"]);
            let whom = if at % 3 == 0 { other.locator } else { one.locator };
            lane.audited(question(&world, ask, Some(whom))).await.unwrap();
            if at % 3 != 0 {
                asked.push(ask.event);
            }
        }
        world.store.sequence(people).await.unwrap();
    }
    let ring = world.store.find_ring(one.locator).await.unwrap().unwrap();
    let part = ring.part(people).unwrap();
    let hour = world.clock.now().hour();
    let entries = world.store.list_entries(part, (hour, hour), None, 1_000).await.unwrap();
    assert_eq!(entries.len(), asked.len() + 1);
    assert!(entries.iter().all(|entry| open_payload(part, &entry.leaf, &entry.payload).is_ok()));
    let mut found: Vec<EventId> = entries.iter().map(|entry| entry.leaf.event).collect();
    found.retain(|event| asked.contains(event));
    assert_eq!(found.len(), asked.len());
    // Page by page, the newest first, none is left out.
    let (mut before, mut paged) = (None, Vec::new());
    loop {
        let page = world.store.list_entries(part, (hour, hour), before, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.position);
        paged.extend(page.iter().map(|entry| entry.position));
    }
    assert_eq!(paged, entries.iter().map(|entry| entry.position).collect::<Vec<_>>());
    // No two leaves share a trail.
    let log = rusqlite::Connection::open(world.folder.path().join("store/ledger_people.db")).unwrap();
    let same: i64 = log.query_row("SELECT count(*) - count(DISTINCT trail) FROM leaf", [], |row| row.get(0)).unwrap();
    assert_eq!(same, 0);
}
