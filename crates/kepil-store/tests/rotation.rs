//! Keys are replaced while people come, are found and are read, on both engines: nothing fails meanwhile, nothing is lost, and what
//! was broken off goes on. Clauses 3.1.5, 5.1.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use common::{Made, make, on_both, read, shop_ask, try_make};
use kepil_domain::vault::{SecretName, Stage};
use kepil_store::{
    Clock, Lane, NewTicket, OVERLAP_DAYS, Rotated, SecretState, SigningKeyRow, StoreError, Taken, TicketKind,
};
use kepil_testing::{On, World};
use zeroize::Zeroizing;

on_both!(
    every_key_is_replaced_and_nothing_fails_meanwhile,
    a_rotation_that_was_broken_off_goes_on,
    a_sealer_that_does_not_answer_keeps_the_root_key,
    an_id_that_a_service_knows_stays,
    a_ticket_outlives_its_secret_being_replaced,
    a_log_is_signed_by_both_keys_for_a_while,
);

async fn rotate(world: &World, what: Rotated) {
    world.store.rotate(what, &|_, _| ()).await.unwrap();
}

/// Number and stage of each version of a secret.
async fn versions(world: &World, name: SecretName) -> Vec<(u32, Stage)> {
    let all = SecretState::list(&world.config.engine).await.unwrap();
    all.into_iter().filter(|it| it.name == name).map(|it| (it.version, it.stage)).collect()
}

/// The keys that a sealer has, by file name.
fn keys_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.collect();
    names.sort();
    names
}

/// Each of them is found by their address, and read.
async fn all_there(world: &World, people: &[Made]) {
    let lane = Lane::start(Arc::clone(&world.store));
    for made in people {
        let found = world.store.find_holder(&made.term).await.unwrap();
        assert_eq!(found.map(|it| it.0), Some(made.locator.0));
        let opened = read(world, &lane, shop_ask(world, &["nickname"]), Some(made.locator)).await.unwrap();
        assert_eq!(opened[0].1, "Айгүл");
    }
}

/// After a restart. Lanes end a moment after they are dropped, and have the store until then.
async fn restarted(world: World) -> World {
    tokio::time::sleep(Duration::from_millis(200)).await;
    world.restarted().await
}

async fn make_many(world: &World, count: usize) -> Vec<Made> {
    let mut all = Vec::new();
    for number in 0..count {
        all.push(make(world, &format!("{number}@example.kz")).await);
    }
    all
}

fn ticket(world: &World, kind: TicketKind) -> NewTicket {
    let until_s = world.clock.now().unix_s() + 600;
    NewTicket { kind, owner: None, family: None, until_s, content: Zeroizing::new(b"carried".to_vec()) }
}

async fn every_key_is_replaced_and_nothing_fails_meanwhile(world: World) {
    let world = Arc::new(world);
    let mut people = make_many(&world, 6).await;
    let stop = Arc::new(AtomicBool::new(false));
    let busy = {
        let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
        let known = make(&world, "known@example.kz").await;
        tokio::spawn(async move {
            let lane = Lane::start(Arc::clone(&world.store));
            let (mut made, mut round) = (vec![known], 0);
            let now_s = world.clock.now().unix_s();
            while !stop.load(Ordering::Relaxed) {
                made.push(make(&world, &format!("new-{round}@example.kz")).await);
                let whose = &made[round % made.len()];
                let found = world.store.find_holder(&whose.term).await.unwrap();
                assert_eq!(found.map(|it| it.0), Some(whose.locator.0));
                let opened = read(&world, &lane, shop_ask(&world, &["nickname"]), found).await.unwrap();
                assert_eq!(opened[0].1, "Айгүл");
                assert!(matches!(try_make(&world, "known@example.kz").await, Err(StoreError::Taken)));
                let token = world.store.add_ticket(ticket(&world, TicketKind::Code)).await.unwrap();
                let used = world.store.take_ticket(TicketKind::Code, &token, now_s).await.unwrap();
                assert!(matches!(used, Taken::First(_)));
                round += 1;
                tokio::task::yield_now().await;
            }
            made
        })
    };
    for what in Rotated::all() {
        rotate(&world, what).await;
        all_there(&world, &people).await;
    }
    stop.store(true, Ordering::Relaxed);
    people.extend(busy.await.unwrap());
    all_there(&world, &people).await;
    for name in [SecretName::Rings, SecretName::Marks] {
        assert_eq!(versions(&world, name).await, [(2, Stage::Settled)], "{}", name.word());
    }
    for name in [SecretName::Fields, SecretName::Sectors] {
        assert_eq!(versions(&world, name).await, [(1, Stage::Settled), (2, Stage::Settled)], "{}", name.word());
    }
    for sealer in &world.config.sealers {
        assert_eq!(keys_in(sealer), ["epoch-1.key", "root-1.key"]);
    }
    let world = restarted(Arc::into_inner(world).unwrap()).await;
    all_there(&world, &people).await;
    assert!(matches!(try_make(&world, "known@example.kz").await, Err(StoreError::Taken)));
}

/// Replaces, and breaks off at the step of progress number `at`; says whether it got to the end before that.
async fn rotate_until(world: &World, what: Rotated, at: u64) -> bool {
    let (told, stop) = tokio::sync::oneshot::channel::<()>();
    let (seen, told) = (AtomicU64::new(0), std::sync::Mutex::new(Some(told)));
    let progress = |_, _| {
        if seen.fetch_add(1, Ordering::Relaxed) == at {
            drop(told.lock().unwrap().take());
        }
    };
    tokio::select! {
        biased;
        _ = stop => false,
        done = world.store.rotate(what, &progress) => { done.unwrap(); true }
    }
}

async fn a_rotation_that_was_broken_off_goes_on(mut world: World) {
    let mut people = make_many(&world, 6).await;
    for (what, at) in [
        (Rotated::Secret(SecretName::Rings), 3),
        (Rotated::Secret(SecretName::Fields), 2),
        (Rotated::Root, 0),
        (Rotated::Root, 1),
    ] {
        let before = SecretState::list(&world.config.engine).await.unwrap().len();
        assert!(!rotate_until(&world, what, at).await, "{}", what.word());
        all_there(&world, &people).await;
        people.push(make(&world, &format!("{}-{at}@example.kz", what.word())).await);
        world = restarted(world).await;
        all_there(&world, &people).await;
        rotate(&world, what).await;
        all_there(&world, &people).await;
        let after = SecretState::list(&world.config.engine).await.unwrap();
        assert!(after.iter().all(|it| it.stage == Stage::Settled));
        assert!(after.len() <= before + 1, "one version more, not two");
    }
    for sealer in &world.config.sealers {
        assert_eq!(keys_in(sealer), ["epoch-1.key", "root-2.key"]);
    }
}

async fn a_sealer_that_does_not_answer_keeps_the_root_key(world: World) {
    let people = make_many(&world, 2).await;
    let (sealer, away): (&Path, PathBuf) = (&world.config.sealers[1], world.folder.path().join("away"));
    fs::rename(sealer, &away).unwrap();
    assert!(world.store.rotate(Rotated::Root, &|_, _| ()).await.is_err());
    for folder in [&world.config.sealers[0], &away] {
        assert_eq!(keys_in(folder), ["epoch-1.key", "root.key"], "nothing was begun");
    }
    fs::rename(&away, sealer).unwrap();
    // Unplugged after it got the next key.
    let unplug = AtomicBool::new(true);
    let progress = |_, _| {
        if unplug.swap(false, Ordering::Relaxed) {
            fs::rename(sealer, &away).unwrap();
        }
    };
    assert!(world.store.rotate(Rotated::Root, &progress).await.is_err());
    for folder in [&world.config.sealers[0], &away] {
        assert_eq!(keys_in(folder), ["epoch-1.key", "root-1.key", "root.key"], "the old key is in none or in all");
    }
    all_there(&world, &people).await;
    fs::rename(&away, sealer).unwrap();
    rotate(&world, Rotated::Root).await;
    for folder in &world.config.sealers {
        assert_eq!(keys_in(folder), ["epoch-1.key", "root-1.key"]);
    }
    all_there(&restarted(world).await, &people).await;
}

async fn an_id_that_a_service_knows_stays(world: World) {
    let early = make(&world, "early@example.kz").await;
    let sub = |made: &Made| world.store.keys().sector("shop").sub(&made.locator).unwrap();
    let before = sub(&early);
    rotate(&world, Rotated::Secret(SecretName::Sectors)).await;
    let late = make(&world, "late@example.kz").await;
    assert!(sub(&early) == before);
    let sector = world.store.keys().sector("shop");
    assert_eq!(sector.locator(&before).map(|it| it.0), Some(early.locator.0));
    assert_eq!(sector.locator(&sub(&late)).map(|it| it.0), Some(late.locator.0));
    assert_eq!((early.locator.0[15], late.locator.0[15]), (1, 2), "whoever comes later is under the later key");
}

async fn a_ticket_outlives_its_secret_being_replaced(world: World) {
    let (store, now_s) = (&world.store, world.clock.now().unix_s());
    let pkcs8 = Zeroizing::new(b"a key".to_vec());
    let key = SigningKeyRow { alg: "ES256".to_owned(), number: 1, made_s: 1, ends_s: 2, pkcs8 };
    store.add_signing_key(&key).await.unwrap();
    let old = store.add_ticket(ticket(&world, TicketKind::Code)).await.unwrap();
    rotate(&world, Rotated::Secret(SecretName::Seals)).await;
    let new = store.add_ticket(ticket(&world, TicketKind::Code)).await.unwrap();
    assert_eq!(store.list_signing_keys().await.unwrap()[0].pkcs8.as_slice(), b"a key");
    assert_eq!(versions(&world, SecretName::Seals).await, [(1, Stage::Settled), (2, Stage::Replacing)]);
    for token in [old, new] {
        let found = store.find_ticket(TicketKind::Code, &token, now_s).await.unwrap().unwrap();
        assert_eq!(found.content.as_slice(), b"carried");
    }
    world.clock.set_offset_s(world.clock.offset_s() + 700);
    store.settle_secrets().await.unwrap();
    assert_eq!(versions(&world, SecretName::Seals).await.len(), 2, "not before the last ticket is gone");
    // They are removed when their day is over.
    world.clock.set_offset_s(world.clock.offset_s() + 86_400);
    store.sweep_tickets(world.clock.now().unix_s()).await.unwrap();
    store.settle_secrets().await.unwrap();
    assert_eq!(versions(&world, SecretName::Seals).await, [(2, Stage::Settled)]);
    assert_eq!(store.list_signing_keys().await.unwrap()[0].pkcs8.as_slice(), b"a key");
}

async fn a_log_is_signed_by_both_keys_for_a_while(world: World) {
    let store = &world.store;
    let before = store.verify_key("people").unwrap();
    make(&world, "one@example.kz").await;
    store.sequence_all().await.unwrap();
    rotate(&world, Rotated::Secret(SecretName::Ledgers)).await;
    let after = store.verify_key("people").unwrap();
    assert!(after != before && store.verify_keys("people").unwrap() == [after.clone(), before.clone()]);
    let newest = async || {
        store.sequence_all().await.unwrap();
        store.find_checkpoint("people").await.unwrap()
    };
    make(&world, "two@example.kz").await;
    let note = newest().await;
    assert_eq!(before.verify(&note).unwrap(), after.verify(&note).unwrap());
    world.clock.set_offset_s(world.clock.offset_s() + i64::from(OVERLAP_DAYS) * 86_400);
    store.settle_secrets().await.unwrap();
    make(&world, "three@example.kz").await;
    let note = newest().await;
    assert!(before.verify(&note).is_err() && after.verify(&note).is_ok());
    assert_eq!(store.verify_keys("people").unwrap(), [after]);
}

#[tokio::test]
async fn a_node_that_learned_nothing_reads_what_another_replaced() {
    let world = World::new(On::Postgres, "minimal").await;
    let other = world.another_node().await;
    let mut people = make_many(&world, 4).await;
    all_there(&other, &people).await;
    for what in Rotated::all() {
        rotate(&world, what).await;
        all_there(&other, &people).await;
        people.push(make(&other, &format!("{}@example.kz", what.word())).await);
        all_there(&world, &people).await;
    }
    let one = world.store.rotate(Rotated::Root, &|_, _| ());
    let two = other.store.rotate(Rotated::Secret(SecretName::Rings), &|_, _| ());
    let (one, two) = tokio::join!(one, two);
    one.unwrap();
    two.unwrap();
    all_there(&restarted(world).await, &people).await;
}
