//! What waits long, as on a node that was down, comes late into its log and is announced there. Clause 5.1.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

use kepil_domain::{
    EventId, Hour,
    ledger::{
        Act, Leaf, Notice, Payload,
        audit::{Audit, Audited, Copied, Stretch},
        compartment_tag,
    },
    standing::Standing,
    vault::Ring,
};
use kepil_store::{Clock, LogReader, NewAct, NewPerson, NewRow, OsEntropy};
use kepil_testing::{On, World};

/// Somebody comes, and their entry waits in the outbox.
async fn come(world: &World) {
    let ring = Ring::random(world.store.keys(), &world.policy.policy, &mut OsEntropy).unwrap();
    let event = EventId::random(&mut OsEntropy).unwrap();
    let now = world.clock.now();
    let payload =
        Payload { v: 1, at_ms: now.unix_ms, act: "accept".into(), actor: "person".into(), ..Payload::default() };
    let rows = ["people", "tastes"].map(|name| NewRow {
        compartment: compartment_tag(name),
        standing: Standing::default(),
        records: Vec::new(),
        acts: if name == "people" {
            vec![NewAct { event, act: Act::Accept, payload: payload.clone() }]
        } else {
            Vec::new()
        },
    });
    world.store.add_person(NewPerson { ring, terms: Vec::new(), rows: rows.into() }, now).await.unwrap();
}

/// The whole log, looked through as a verifier does.
async fn audit(world: &World) -> (Vec<Leaf>, Audited) {
    let log = LogReader::open(&world.config.engine, "people").await.unwrap();
    let head = log.head().await.unwrap();
    let rows = log.list_leaves(0, head.size).await.unwrap();
    let copied: Vec<_> =
        rows.iter().map(|row| Copied { leaf: Some(&row.leaf), text_bytes: Some(row.text_bytes) }).collect();
    let mut audit = Audit::new(Vec::new());
    audit.add(Stretch::check(0, &copied, log.find_tile(0, 0).await.unwrap().as_deref(), None));
    let leaves = rows.iter().map(|row| Leaf::from_bytes(&row.leaf).unwrap()).collect();
    (leaves, audit.finish(head.size, &head.root.try_into().unwrap()))
}

async fn late_entries_are_announced(on: On) {
    let world = World::new(on, "minimal").await;
    let people = compartment_tag("people");
    come(&world).await;
    assert_eq!(world.store.sequence(people).await.unwrap(), 1);
    // Two wait while the node is down for five hours; a third comes after that.
    come(&world).await;
    come(&world).await;
    let then = world.clock.now().hour();
    world.clock.set_offset_s(5 * 3600);
    come(&world).await;
    assert_eq!(world.store.sequence(people).await.unwrap(), 4, "three entries and a notice");
    let (leaves, found) = audit(&world).await;
    assert_eq!((found.faults, found.late), (Vec::new(), 2));
    assert_eq!(Notice::of(&leaves[2]), Some(Notice::Late { entries: 2, oldest: then }));
    assert_eq!(leaves[2].hour, Hour(then.0 + 5));
    // What the clock of one node is behind by is no fault, and nothing to announce.
    world.clock.set_offset_s(4 * 3600);
    come(&world).await;
    assert_eq!(world.store.sequence(people).await.unwrap(), 1);
    assert_eq!(audit(&world).await.1.faults, []);
}

#[tokio::test]
async fn late_entries_are_announced_on_sqlite() {
    late_entries_are_announced(On::Sqlite).await;
}

#[tokio::test]
async fn late_entries_are_announced_on_postgres() {
    late_entries_are_announced(On::Postgres).await;
}
