//! The walk of one person through the store, on both engines: added, read, narrowed, destroyed, and what the log says.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "tests may stop at the first surprise"
)]

mod common;

use std::{collections::HashSet, sync::Arc};

use common::{Made, act, make, on_both, question, read, shop_ask, try_make};
use kepil_domain::{
    Locator,
    gate::{Actor, Ask, Ground, Refusal, Right},
    ledger::{Act, Payload, compartment_tag, open_payload},
    vault::open,
};
use kepil_policy::{FieldSet, Tag, Verb};
use kepil_store::{Amendment, Clock, Engine, Lane, NewTicket, OsEntropy, PersonRow, StoreError, TicketKind};
use kepil_testing::{On, World};
use zeroize::Zeroizing;

on_both!(
    a_person_is_read_and_the_log_has_it,
    who_did_not_choose_a_use_is_not_asked_about,
    a_withdrawn_consent_refuses_the_next_read,
    an_unknown_person_costs_an_entry_too,
    one_address_has_one_holder,
    concurrent_changes_all_happen_once,
    a_destroyed_person_leaves_nothing_that_opens,
    opened_and_recorded_are_the_same_under_load,
    with_the_ledger_failing_no_value_leaves,
    nothing_is_born_of_a_session_that_ended,
);

async fn a_person_is_read_and_the_log_has_it(world: World) {
    let made = make(&world, "a@example.kz").await;
    let lane = Lane::start(Arc::clone(&world.store));
    let ask = shop_ask(&world, &["nickname", "is_adult", "born"]);
    let got = read(&world, &lane, ask, Some(made.locator)).await.unwrap();
    assert_eq!(got, [("nickname".to_owned(), "Айгүл".to_owned()), ("is_adult".to_owned(), "true".to_owned())]);
    let people = compartment_tag("people");
    assert_eq!(world.store.sequence(people).await.unwrap(), 2);
    let ring = world.store.find_ring(made.locator).await.unwrap().unwrap();
    let part = ring.part(people).unwrap();
    let hour = world.clock.now().hour();
    let entries = world.store.list_entries(part, (hour, hour), None, 10).await.unwrap();
    let (text, _) = open_payload(part, &entries[0].leaf, &entries[0].payload).unwrap();
    let payload: Payload<'_> = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (payload.act.as_ref(), payload.fields.len(), payload.without.len(), payload.chain),
        ("extract", 2, 1, 1)
    );
    let receipt = world.store.find_receipt(part, ask.event).await.unwrap().unwrap();
    let key = world.store.verify_key("people").unwrap();
    assert_eq!(receipt.verify(&key).unwrap().size, 2);
    // Several at once are the same, each in its place.
    let all = world.store.list_receipts(part, &entries).await.unwrap();
    assert_eq!(all.len(), entries.len());
    for (one, entry) in all.iter().zip(&entries) {
        let alone = world.store.find_receipt(part, entry.leaf.event).await.unwrap().unwrap();
        assert_eq!(serde_json::to_string(one).unwrap(), serde_json::to_string(&alone).unwrap());
    }
    assert!(all[0].verify(&key).is_ok());
    let mut bent = receipt.clone();
    bent.payload = bent.payload.replace("extract", "destroy");
    assert!(bent.verify(&key).is_err());
    assert!(receipt.verify(&world.store.verify_key("tastes").unwrap()).is_err());
}

async fn who_did_not_choose_a_use_is_not_asked_about(world: World) {
    let made = make(&world, "a@example.kz").await;
    let lane = Lane::start(Arc::clone(&world.store));
    let asked = async |locator| {
        let question = question(&world, shop_ask(&world, &["nickname"]), locator);
        lane.audited_where_chosen(question).await.unwrap().map(|audited| audited.verdict.permit.is_some())
    };
    assert_eq!(asked(Some(made.locator)).await, Some(true));
    assert_eq!(world.store.sequence(compartment_tag("people")).await.unwrap(), 2);
    withdraw(&world, &made).await;
    assert_eq!(world.store.sequence(compartment_tag("people")).await.unwrap(), 1);
    // Neither of them leaves an entry.
    assert_eq!((asked(Some(made.locator)).await, asked(None).await), (None, None));
    assert_eq!(world.store.sequence(compartment_tag("people")).await.unwrap(), 0);
}

async fn withdraw(world: &World, made: &Made) {
    let policy = &world.policy.policy;
    let orders = policy.find_use(policy.find_service("shop").unwrap(), "orders").unwrap().tag;
    let today = world.clock.now().day;
    let change = |row: &PersonRow| -> Result<Amendment, StoreError> {
        let mut standing = row.standing.clone();
        standing.withdraw(orders, today);
        Ok(Amendment { standing, records: None, acts: vec![act(Act::Withdraw)] })
    };
    world.store.amend(made.locator, compartment_tag("people"), world.clock.now(), change).await.unwrap();
}

async fn a_withdrawn_consent_refuses_the_next_read(world: World) {
    let made = make(&world, "a@example.kz").await;
    let lane = Lane::start(Arc::clone(&world.store));
    assert!(read(&world, &lane, shop_ask(&world, &["nickname"]), Some(made.locator)).await.is_ok());
    withdraw(&world, &made).await;
    let next = read(&world, &lane, shop_ask(&world, &["nickname"]), Some(made.locator)).await;
    assert_eq!(next, Err(Some(Refusal::Withdrawn)));
}

async fn an_unknown_person_costs_an_entry_too(world: World) {
    make(&world, "a@example.kz").await;
    let lane = Lane::start(Arc::clone(&world.store));
    let stranger = Locator::random(&mut OsEntropy).unwrap();
    for nobody in [Some(stranger), None] {
        let answer = read(&world, &lane, shop_ask(&world, &["nickname"]), nobody).await;
        assert_eq!(answer, Err(Some(Refusal::UnknownSubject)));
    }
    assert_eq!(world.store.sequence(compartment_tag("people")).await.unwrap(), 3);
}

async fn one_address_has_one_holder(world: World) {
    let world = Arc::new(world);
    let tries = (0..8).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { try_make(&world, "same@example.kz").await.is_ok() })
    });
    let mut made = 0;
    for each in tries.collect::<Vec<_>>() {
        made += usize::from(each.await.unwrap());
    }
    assert_eq!(made, 1);
}

async fn concurrent_changes_all_happen_once(world: World) {
    let world = Arc::new(world);
    let made = Arc::new(make(&world, "a@example.kz").await);
    let tasks = (0..20u32).map(|number| {
        let (world, made) = (Arc::clone(&world), Arc::clone(&made));
        tokio::spawn(async move {
            let change = |row: &PersonRow| -> Result<Amendment, StoreError> {
                let mut standing = row.standing.clone();
                standing.blocked.push(Tag(number));
                Ok(Amendment { standing, records: None, acts: vec![act(Act::Did(Verb::Block))] })
            };
            world.store.amend(made.locator, compartment_tag("people"), world.clock.now(), change).await.unwrap();
        })
    });
    for each in tasks.collect::<Vec<_>>() {
        each.await.unwrap();
    }
    let row = world.store.find_person(made.locator, compartment_tag("people")).await.unwrap().unwrap();
    assert_eq!(row.standing.blocked.iter().collect::<HashSet<_>>().len(), 20);
    assert_eq!(row.standing.chain.number, 21);
}

async fn a_destroyed_person_leaves_nothing_that_opens(world: World) {
    let made = make(&world, "a@example.kz").await;
    let other = make(&world, "b@example.kz").await;
    let ring = world.store.find_ring(made.locator).await.unwrap().unwrap();
    world.store.destroy_person(&ring, [7; 16]).await.unwrap();
    assert!(world.store.find_ring(made.locator).await.unwrap().is_none());
    assert!(world.store.find_holder(&made.term).await.unwrap().is_none());
    assert_eq!(world.store.find_holder(&other.term).await.unwrap().map(|it| it.0), Some(other.locator.0));
    make(&world, "a@example.kz").await;
    let lane = Lane::start(Arc::clone(&world.store));
    assert!(read(&world, &lane, shop_ask(&world, &["nickname"]), Some(other.locator)).await.is_ok());
}

/// Takes the value of `nickname` away: it is granted from then on, but there is nothing to open.
async fn forget_nickname(world: &World, locator: Locator) {
    let tag = world.policy.policy.find_field("nickname").unwrap().tag;
    let change = |row: &PersonRow| -> Result<Amendment, StoreError> {
        let mut records = row.danger_open_records()?;
        records.iter_mut().for_each(|(_, record)| assert!(record.remove(tag) || record.find(tag).is_none()));
        let acts = vec![act(Act::Did(Verb::Destroy))];
        Ok(Amendment { standing: row.standing.clone(), records: Some(records), acts })
    };
    world.store.amend(locator, compartment_tag("people"), world.clock.now(), change).await.unwrap();
}

/// Every (event, field) that the log says was opened for these people.
async fn recorded(world: &World, people: &[Locator]) -> HashSet<(String, String)> {
    let tag = compartment_tag("people");
    world.store.sequence(tag).await.unwrap();
    let hour = world.clock.now().hour();
    let mut recorded = HashSet::new();
    for locator in people {
        let ring = world.store.find_ring(*locator).await.unwrap().unwrap();
        let part = ring.part(tag).unwrap();
        let since = kepil_domain::Hour(hour.0 - 1);
        for entry in world.store.list_entries(part, (since, hour), None, 10_000).await.unwrap() {
            let (text, _) = open_payload(part, &entry.leaf, &entry.payload).unwrap();
            let payload: Payload<'_> = serde_json::from_str(&text).unwrap();
            if payload.act == "extract" {
                recorded.extend(payload.fields.iter().map(|name| (entry.leaf.event.to_string(), name.to_string())));
            }
        }
    }
    recorded
}

async fn opened_and_recorded_are_the_same_under_load(world: World) {
    let world = Arc::new(world);
    let mut made = Vec::new();
    for number in 0..10 {
        made.push(Arc::new(make(&world, &format!("p{number}@example.kz")).await));
    }
    let people: Vec<Locator> = made.iter().map(|made| made.locator).collect();
    let lanes = [Lane::start(Arc::clone(&world.store)), Lane::start(Arc::clone(&world.store))];
    let mut tasks = Vec::new();
    for number in 0..600usize {
        let (lane, locator) = (lanes[number % 2].clone(), people[number % people.len()]);
        let reader = Arc::clone(&world);
        tasks.push(tokio::spawn(async move {
            let ask = shop_ask(&reader, if number % 3 == 0 { &["nickname"] } else { &["nickname", "address", "born"] });
            let opened = read(&reader, &lane, ask, Some(locator)).await.unwrap_or_default();
            opened.into_iter().map(|(name, _)| (ask.event.to_string(), name)).collect::<Vec<_>>()
        }));
        // Meanwhile people withdraw and delete.
        if number % 60 == 30 {
            let (writer, made) = (Arc::clone(&world), Arc::clone(&made[number / 60]));
            tasks.push(tokio::spawn(async move {
                match number % 120 {
                    30 => withdraw(&writer, &made).await,
                    _ => forget_nickname(&writer, made.locator).await,
                }
                Vec::new()
            }));
        }
    }
    let mut opened = HashSet::new();
    for task in tasks {
        opened.extend(task.await.unwrap());
    }
    // Every person once more, when all changes are done: five open nothing, five all but the nickname.
    for locator in &people {
        let ask = shop_ask(&world, &["nickname", "address"]);
        let last = read(&world, &lanes[0], ask, Some(*locator)).await.unwrap_or_default();
        assert!(last.iter().all(|(name, _)| name == "address"), "{last:?}");
        opened.extend(last.into_iter().map(|(name, _)| (ask.event.to_string(), name)));
    }
    assert!(opened.len() > 5, "nothing was opened");
    assert_eq!(opened, recorded(&world, &people).await);
}

/// Makes the table of the reads' entries unusable, and usable again.
/// Another lane, of which no entry can be kept: its disk is full, or its table is gone.
async fn failing_lane(world: &World) -> Lane {
    match &world.config.engine {
        Engine::Sqlite { folder } => std::os::unix::fs::symlink("/dev/full", folder.join("reads_people_1.a")).unwrap(),
        Engine::Postgres { .. } => rename_reads(world, ("read_batch", "gone")).await,
    }
    Lane::start(Arc::clone(&world.store))
}

async fn rename_reads(world: &World, (from, to): (&str, &str)) {
    let Engine::Postgres { url } = &world.config.engine else { return };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(&format!("ALTER TABLE ledger_people.{from} RENAME TO {to}")).await.unwrap();
}

async fn with_the_ledger_failing_no_value_leaves(world: World) {
    let world = Arc::new(world);
    let made = make(&world, "a@example.kz").await;
    let lane = Lane::start(Arc::clone(&world.store));
    let ask = || shop_ask(&world, &["nickname"]);
    let mut opened: HashSet<(String, String)> = HashSet::new();
    let first = ask();
    let got = read(&world, &lane, first, Some(made.locator)).await.unwrap();
    opened.extend(got.into_iter().map(|(name, _)| (first.event.to_string(), name)));

    let failing = failing_lane(&world).await;
    for _ in 0..20 {
        let answer = failing.audited(question(&world, ask(), Some(made.locator))).await;
        assert!(matches!(answer, Err(StoreError::LedgerRefused)));
    }
    rename_reads(&world, ("gone", "read_batch")).await;
    let last = ask();
    let got = read(&world, &lane, last, Some(made.locator)).await.unwrap();
    opened.extend(got.into_iter().map(|(name, _)| (last.event.to_string(), name)));
    assert_eq!(opened, recorded(&world, &[made.locator]).await);
}

/// A code is issued and a refresh token replaced while their person signs out: afterwards neither is there.
async fn nothing_is_born_of_a_session_that_ended(world: World) {
    let store = &world.store;
    let families = [[1; 16], [2; 16]];
    let [session, client] = families;
    let ticket = |kind, family| NewTicket {
        kind,
        owner: None,
        family: Some(family),
        until_s: i64::MAX,
        content: Zeroizing::new(Vec::new()),
    };
    for _ in 0..50 {
        let token = store.add_ticket(ticket(TicketKind::Session, session)).await.unwrap();
        let holder = store.find_ticket(TicketKind::Session, &token, 0).await.unwrap().unwrap().id;
        let token = store.add_ticket(ticket(TicketKind::Refresh, client)).await.unwrap();
        let refresh = store.find_ticket(TicketKind::Refresh, &token, 0).await.unwrap().unwrap();
        let (code, next, ended) = tokio::join!(
            store.add_ticket_under(&holder, ticket(TicketKind::Code, client)),
            store.replace_ticket(&refresh, vec![ticket(TicketKind::Refresh, client)]),
            store.remove_families(&families),
        );
        ended.unwrap();
        for (kind, born) in [(TicketKind::Code, code), (TicketKind::Refresh, next.map(|mut tokens| tokens.remove(0)))] {
            match born {
                Ok(token) => assert!(store.find_ticket(kind, &token, 0).await.unwrap().is_none(), "{kind:?} lives on"),
                Err(error) => assert!(matches!(error, StoreError::Conflict), "{error}"),
            }
        }
    }
}

#[tokio::test]
async fn a_second_process_is_kept_from_the_embedded_store() {
    let world = World::new(On::Sqlite, "minimal").await;
    assert!(matches!(world.open_again().await, Err(StoreError::Unusable(_))));
}

#[tokio::test]
async fn a_record_that_stands_twice_on_a_tape_is_one_entry() {
    let [from, to] = [World::new(On::Sqlite, "minimal").await, World::new(On::Sqlite, "minimal").await];
    let tape = |world: &World, number: u32| world.folder.path().join(format!("store/reads_people_{number}.a"));
    let made = make(&from, "a@example.kz").await;
    let ask = shop_ask(&from, &["nickname"]);
    read(&from, &Lane::start(Arc::clone(&from.store)), ask, Some(made.locator)).await.unwrap();
    let written = std::fs::read(tape(&from, 0)).unwrap();
    let len = 44 + u32::from_be_bytes(written[8..12].try_into().unwrap()) as usize;
    std::fs::write(tape(&to, 1), [&written[..len], &written[..len]].concat()).unwrap();

    let made = make(&to, "a@example.kz").await;
    let lanes = [Lane::start(Arc::clone(&to.store)), Lane::start(Arc::clone(&to.store))];
    read(&to, &lanes[1], shop_ask(&to, &["nickname"]), Some(made.locator)).await.unwrap();
    let taken = tokio::time::timeout(std::time::Duration::from_secs(20), to.store.sequence(compartment_tag("people")));
    assert_eq!(taken.await.expect("an end").unwrap(), 3, "the person, what was there, and the read");
}

#[tokio::test]
async fn facts_older_than_the_lease_open_nothing() {
    let world = World::new(On::Sqlite, "minimal").await;
    let made = make(&world, "a@example.kz").await;
    let lane = Lane::start(Arc::clone(&world.store));
    let ask =
        Ask { actor: Actor::Person, ground: Ground::Right(Right::See), fields: FieldSet::ALL, ..shop_ask(&world, &[]) };
    let audited = lane.audited(question(&world, ask, Some(made.locator))).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1050)).await;
    let opened = open(
        audited.verdict.permit.unwrap(),
        audited.receipt,
        audited.sealed.unwrap(),
        &world.policy.policy,
        world.clock.tick(),
    );
    assert_eq!(opened.err(), Some(kepil_domain::vault::VaultError::StaleFacts));
}
