//! People, asks and reads for the tests of the store.

#![allow(dead_code, unused_macros, unused_imports, reason = "each test file uses what it needs")]

pub mod restoring;

use std::sync::Arc;

use kepil_domain::{
    EventId, Locator, Personal,
    gate::{Actor, Ask, Ground, Refusal},
    ledger::{Act, Payload, compartment_tag},
    standing::Standing,
    vault::{IndexTerm, Provenance, Record, Ring, Value, open},
};
use kepil_policy::{Tag, Verb};
use kepil_store::{
    Amendment, Clock, Closed, Lane, NewAct, NewPerson, NewRow, OsEntropy, PersonRow, Question, Store, StoreError,
};
use kepil_testing::World;

/// Runs the same body on both engines.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite { $(#[tokio::test] async fn $name() { super::$name(super::World::new(super::On::Sqlite, "minimal").await).await; })+ }
        mod on_postgres { $(#[tokio::test] async fn $name() { super::$name(super::World::new(super::On::Postgres, "minimal").await).await; })+ }
    };
}

pub(crate) use on_both;

pub struct Made {
    pub locator: Locator,
    pub term: IndexTerm,
}

pub fn act(act: Act) -> NewAct {
    NewAct {
        event: EventId::random(&mut OsEntropy).unwrap(),
        act,
        payload: Payload { v: 1, act: act.word().into(), actor: "person".into(), ..Payload::default() },
    }
}

pub async fn try_make(world: &World, address: &str) -> Result<Made, StoreError> {
    let policy = &world.policy.policy;
    let today = world.clock.now().day;
    let ring = Ring::random(world.store.keys(), policy, &mut OsEntropy)?;
    let locator = ring.locator();
    let mut records: Vec<(Tag, Record)> = Vec::new();
    for (name, text) in [("address", address), ("nickname", "Айгүл"), ("born", "1990-05-05")] {
        let field = policy.find_field(name).unwrap();
        let class = policy.class(field.class).unwrap().tag;
        let value = Value { text: Personal::new(text.to_owned()), provenance: Provenance::Form, written: today };
        if let Some((_, record)) = records.iter_mut().find(|(tag, _)| *tag == class) {
            record.set(field.tag, value);
        } else {
            let mut record = Record::default();
            record.set(field.tag, value);
            records.push((class, record));
        }
    }
    let shop = policy.find_service("shop").unwrap();
    let mut standing = Standing { age_at_least: Some(18), ..Standing::default() };
    standing.accept(shop.tag, world.policy.no, today);
    standing.consent(policy.find_use(shop, "orders").unwrap().tag, world.policy.no, today, Vec::new());
    let term = IndexTerm::of(world.store.keys(), "address", &Personal::new(address.to_owned())).unwrap();
    let rows = vec![
        NewRow { compartment: compartment_tag("people"), standing, records, acts: vec![act(Act::Accept)] },
        NewRow {
            compartment: compartment_tag("tastes"),
            standing: Standing::default(),
            records: Vec::new(),
            acts: vec![act(Act::Accept)],
        },
    ];
    world.store.add_person(NewPerson { ring, terms: vec![term], rows }, world.clock.now()).await?;
    Ok(Made { locator, term })
}

pub async fn make(world: &World, address: &str) -> Made {
    try_make(world, address).await.unwrap()
}

pub fn shop_ask(world: &World, fields: &[&str]) -> Ask {
    let policy = &world.policy.policy;
    let shop = policy.find_service("shop").unwrap();
    Ask {
        event: EventId::random(&mut OsEntropy).unwrap(),
        actor: Actor::Service(shop.id),
        ground: Ground::Use(policy.find_use(shop, "orders").unwrap().id),
        verb: Verb::Extract,
        fields: fields.iter().map(|name| policy.find_field(name).unwrap().id).collect(),
        moment: world.clock.now(),
    }
}

/// `ask` about whoever is at `locator`.
pub fn question(world: &World, ask: Ask, locator: Option<Locator>) -> Question {
    Question::new(&world.policy, ask, locator, compartment_tag("people"))
}

/// The names and values of what a read opened; the refusal of the whole otherwise.
pub async fn read(
    world: &World,
    lane: &Lane,
    ask: Ask,
    locator: Option<Locator>,
) -> Result<Vec<(String, String)>, Option<Refusal>> {
    let audited = lane.audited(question(world, ask, locator)).await.unwrap();
    let refused = audited.verdict.refused.whole();
    let (Some(permit), Some(sealed)) = (audited.verdict.permit, audited.sealed) else { return Err(refused) };
    let opened = open(permit, audited.receipt, sealed, &world.policy.policy, world.clock.tick()).unwrap();
    let name = |id| world.policy.policy.field(id).unwrap().name.clone();
    Ok(opened.fields.iter().map(|field| (name(field.field), field.value.reveal().clone())).collect())
}

pub async fn close(store: &Store) -> Result<Closed, StoreError> {
    let closed = store.close_epoch(&|_, _, _| ()).await?;
    store.end_closing(&closed).await?;
    Ok(closed)
}

pub async fn destroy(world: &World, made: &Made, id: u8) {
    let ring = world.store.find_ring(made.locator).await.unwrap().unwrap();
    world.store.destroy_person(&ring, [id; 16]).await.unwrap();
}

pub async fn rename(world: &World, made: &Made, text: &str) {
    edit(world, made, "nickname", text).await;
}

/// Another value of a field, as its person writes it.
pub async fn edit(world: &World, made: &Made, name: &str, text: &str) {
    let field = world.policy.policy.find_field(name).unwrap();
    let class = world.policy.policy.class(field.class).unwrap().tag;
    let change = |row: &PersonRow| -> Result<Amendment, StoreError> {
        let mut records = row.danger_open_records()?;
        let (_, record) = records.iter_mut().find(|(tag, _)| *tag == class).unwrap();
        let written = world.clock.now().day;
        record.set(field.tag, Value { text: Personal::new(text.to_owned()), provenance: Provenance::Edit, written });
        let acts = vec![act(Act::Did(Verb::Clarify))];
        Ok(Amendment { standing: row.standing.clone(), records: Some(records), acts })
    };
    world.store.amend(made.locator, compartment_tag("people"), world.clock.now(), change).await.unwrap();
}

pub async fn nickname(world: &World, lane: &Lane, made: &Made) -> String {
    read(world, lane, shop_ask(world, &["nickname"]), Some(made.locator)).await.unwrap()[0].1.clone()
}

/// Each of them is found by their address, and read, through `store`.
pub async fn all_there(world: &World, people: &[Made]) {
    let lane = Lane::start(Arc::clone(&world.store));
    for made in people {
        let found = world.store.find_holder(&made.term).await.unwrap();
        assert_eq!(found.map(|it| it.0), Some(made.locator.0));
        assert_eq!(nickname(world, &lane, made).await, "Айгүл");
    }
}

pub async fn make_many(world: &World, count: usize) -> Vec<Made> {
    let mut all = Vec::new();
    for number in 0..count {
        all.push(make(world, &format!("{number}@example.kz")).await);
    }
    all
}
