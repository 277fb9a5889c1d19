//! The people of the measured stores: some of the smallest bundle, who accepted its service.

use std::sync::Arc;

use kepil_domain::{
    Locator, Personal,
    ledger::{Act, Payload, compartment_tag},
    standing::Standing,
    vault::{IndexTerm, Provenance, Record, Ring, Value},
};
use kepil_policy::Tag;
use kepil_store::{Clock, NewAct, NewPerson, NewRow, OsEntropy};
use kepil_testing::World;

/// How many people a measured store has.
pub const PEOPLE: usize = 1000;

/// Adds `people` of them, 64 at a time.
pub async fn add(world: &Arc<World>, people: usize) -> Vec<Locator> {
    let mut all = Vec::with_capacity(people);
    for first in (0..people).step_by(64) {
        let tasks: Vec<_> = (first..(first + 64).min(people))
            .map(|number| {
                let world = Arc::clone(world);
                tokio::spawn(async move { add_one(&world, number).await })
            })
            .collect();
        for task in tasks {
            all.push(task.await.unwrap());
        }
    }
    all
}

fn accepted() -> NewAct {
    let payload = Payload { v: 1, act: Act::Accept.word().into(), actor: "person".into(), ..Payload::default() };
    NewAct { event: kepil_domain::EventId::random(&mut OsEntropy).unwrap(), act: Act::Accept, payload }
}

async fn add_one(world: &World, number: usize) -> Locator {
    let policy = &world.policy.policy;
    let today = world.clock.now().day;
    let address = format!("p{number}@example.kz");
    let ring = Ring::random(world.store.keys(), policy, &mut OsEntropy).unwrap();
    let locator = ring.locator();
    let mut records: Vec<(Tag, Record)> = Vec::new();
    for (name, text) in [("address", address.as_str()), ("nickname", "Айгүл"), ("born", "1990-05-05")] {
        let field = policy.find_field(name).unwrap();
        let class = policy.class(field.class).unwrap().tag;
        if !records.iter().any(|(tag, _)| *tag == class) {
            records.push((class, Record::default()));
        }
        let value = Value { text: Personal::new(text.to_owned()), provenance: Provenance::Form, written: today };
        records.iter_mut().find(|(tag, _)| *tag == class).unwrap().1.set(field.tag, value);
    }
    let shop = policy.find_service("shop").unwrap();
    let mut standing = Standing { age_at_least: Some(18), ..Standing::default() };
    standing.accept(shop.tag, world.policy.no, today);
    standing.consent(policy.find_use(shop, "orders").unwrap().tag, world.policy.no, today, Vec::new());
    let terms = vec![IndexTerm::of(world.store.keys(), "address", &Personal::new(address)).unwrap()];
    let row = |name, standing, records| NewRow {
        compartment: compartment_tag(name),
        standing,
        records,
        acts: vec![accepted()],
    };
    let rows = vec![row("people", standing, records), row("tastes", Standing::default(), Vec::new())];
    world.store.add_person(NewPerson { ring, terms, rows }, world.clock.now()).await.unwrap();
    locator
}
