//! The end of an epoch, on both engines: whoever is gone is gone, and nobody else loses a byte, whatever happens meanwhile.
//!
//! What an adversary with all copies finds is tested from outside: `crates/kepil/tests/walks/adversary.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use common::{all_there, close, destroy, make, make_many, nickname, on_both, rename, try_make};
use kepil_domain::{
    Personal,
    vault::{EpochNo, IndexTerm, PAGES_BITS_MAX, Ring},
};
use kepil_store::{Clock, Lane, NewPerson, NewTicket, SealerClass, Store, StoreError, Taken, TicketKind, Waiting};
use kepil_testing::{On, World};
use zeroize::Zeroizing;

on_both!(
    whoever_is_gone_is_gone_and_the_others_stay,
    what_was_corrected_is_forgotten,
    a_closing_that_was_broken_off_goes_on,
    a_sealer_that_does_not_answer_stops_it,
    what_happens_meanwhile_happens_once,
    tickets_go_on,
    a_page_written_meanwhile_does_not_carry_on_whoever_goes,
);

/// The keys that a sealer has, by file name.
fn keys_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.collect();
    names.sort();
    names
}

async fn whoever_is_gone_is_gone_and_the_others_stay(world: World) {
    let mut people = make_many(&world, 20).await;
    let gone = people.swap_remove(7);
    destroy(&world, &gone, 1).await;
    assert!(world.store.find_holder(&gone.term).await.unwrap().is_none(), "at once, before the epoch closes");
    let waiting = Waiting { people: 1, changed: 0, is_begun: false };
    assert_eq!(world.store.count_waiting().await.unwrap(), waiting);
    let closed = close(&world.store).await.unwrap();
    assert_eq!((closed.epoch, closed.certificates), (EpochNo(1), vec![[1; 16]]));
    assert_eq!(closed.sealers, [SealerClass::Logical; 2]);
    for sealer in &world.config.sealers {
        assert_eq!(keys_in(sealer), ["epoch-2.key", "root.key"], "nothing else is left of the first");
    }
    assert_eq!(world.store.count_waiting().await.unwrap(), Waiting::default());
    assert_eq!(world.store.keys().epoch(), EpochNo(2));
    all_there(&world, &people).await;
    // Their address is free for whoever comes.
    people.push(make(&world, "7@example.kz").await);
    all_there(&world, &people).await;
}

async fn what_was_corrected_is_forgotten(world: World) {
    let (made, other) = (make(&world, "a@example.kz").await, make(&world, "b@example.kz").await);
    rename(&world, &made, "Айгерім").await;
    assert_eq!(world.store.count_waiting().await.unwrap().changed, 1);
    rename(&world, &made, "Айгүл").await;
    assert_eq!(world.store.count_waiting().await.unwrap().changed, 1, "once an epoch");
    close(&world.store).await.unwrap();
    assert_eq!(world.store.count_waiting().await.unwrap(), Waiting::default());
    all_there(&world, &[made, other]).await;
}

/// Closes, and breaks off at the step of progress number `at`; says whether it got to the end before that.
async fn close_until(store: &Arc<Store>, at: u64) -> bool {
    let (told, stop) = tokio::sync::oneshot::channel::<()>();
    let (seen, told) = (AtomicU64::new(0), std::sync::Mutex::new(Some(told)));
    let progress = |_, _, _| {
        if seen.fetch_add(1, Ordering::Relaxed) == at {
            drop(told.lock().unwrap().take());
        }
    };
    tokio::select! {
        biased;
        _ = stop => false,
        closed = store.close_epoch(&progress) => { closed.unwrap(); true }
    }
}

async fn a_closing_that_was_broken_off_goes_on(world: World) {
    // Among the rings, among the pages, and just before the end of the old key.
    broken_off(&world, &[3, 18, 24]).await;
}

/// Breaks closings off at these steps of progress; each goes on afterwards.
async fn broken_off(world: &World, steps: &[u64]) {
    let mut people = make_many(world, 6).await;
    for (id, at) in (0..).zip(steps) {
        let gone = make(world, "gone@example.kz").await;
        rename(world, &people[0], "Айгүл").await;
        destroy(world, &gone, id).await;
        assert!(!close_until(&world.store, *at).await);
        all_there(world, &people).await;
        people.push(make(world, &format!("later-{id}@example.kz")).await);
        let closed = close(&world.store).await.unwrap();
        assert_eq!(closed.certificates, [[id; 16]]);
        all_there(world, &people).await;
    }
}

#[tokio::test]
async fn long_a_closing_that_was_broken_off_anywhere_goes_on() {
    for on in [On::Sqlite, On::Postgres] {
        broken_off(&World::new(on, "minimal").await, &(0..25).collect::<Vec<u64>>()).await;
    }
}

async fn a_sealer_that_does_not_answer_stops_it(world: World) {
    let people = make_many(&world, 3).await;
    let gone = make(&world, "gone@example.kz").await;
    destroy(&world, &gone, 9).await;
    let (sealer, away): (&Path, PathBuf) = (&world.config.sealers[1], world.folder.path().join("away"));
    fs::rename(sealer, &away).unwrap();
    assert!(close(&world.store).await.is_err());
    assert!(!world.store.count_waiting().await.unwrap().is_begun, "nothing was begun");
    fs::rename(&away, sealer).unwrap();
    // Unplugged after it got the next key.
    let unplug = AtomicBool::new(true);
    let progress = |_, _, _| {
        if unplug.swap(false, Ordering::Relaxed) {
            fs::rename(sealer, &away).unwrap();
        }
    };
    assert!(world.store.close_epoch(&progress).await.is_err());
    for folder in [&world.config.sealers[0], &away] {
        assert_eq!(keys_in(folder), ["epoch-1.key", "epoch-2.key", "root.key"], "the old key is in none or in all");
    }
    all_there(&world, &people).await;
    assert!(close(&world.store).await.is_err(), "and it stays so");
    fs::rename(&away, sealer).unwrap();
    assert_eq!(close(&world.store).await.unwrap().certificates, [[9; 16]]);
    for folder in &world.config.sealers {
        assert_eq!(keys_in(folder), ["epoch-2.key", "root.key"]);
    }
    all_there(&world, &people).await;
}

async fn what_happens_meanwhile_happens_once(world: World) {
    let world = Arc::new(world);
    let mut people = make_many(&world, 12).await;
    let stop = Arc::new(AtomicBool::new(false));
    let busy = {
        let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
        let (gone, renamed) = (people.split_off(8), people.swap_remove(0));
        tokio::spawn(async move {
            let lane = Lane::start(Arc::clone(&world.store));
            let (mut made, mut gone, mut round) = (Vec::new(), gone, 0);
            while !stop.load(Ordering::Relaxed) || round < 4 {
                made.push(make(&world, &format!("new-{round}@example.kz")).await);
                let text = format!("Аты {round}");
                rename(&world, &renamed, &text).await;
                assert_eq!(nickname(&world, &lane, &renamed).await, text);
                if let Some(made) = gone.pop() {
                    destroy(&world, &made, 100 + u8::try_from(gone.len()).unwrap()).await;
                    assert!(world.store.find_holder(&made.term).await.unwrap().is_none());
                }
                assert!(matches!(try_make(&world, "new-0@example.kz").await, Err(StoreError::Taken)));
                round += 1;
                tokio::task::yield_now().await;
            }
            rename(&world, &renamed, "Айгүл").await;
            made.push(renamed);
            made
        })
    };
    close(&world.store).await.unwrap();
    all_there(&world, &people).await;
    stop.store(true, Ordering::Relaxed);
    people.extend(busy.await.unwrap());
    close(&world.store).await.unwrap();
    all_there(&world, &people).await;
    assert_eq!(world.store.count_waiting().await.unwrap(), Waiting::default());
}

async fn tickets_go_on(world: World) {
    let made = make(&world, "a@example.kz").await;
    let now_s = world.clock.now().unix_s();
    let ticket = |kind| NewTicket {
        kind,
        owner: Some(made.locator),
        family: None,
        until_s: now_s + 600,
        content: Zeroizing::new(b"carried".to_vec()),
    };
    let store = &world.store;
    let session = store.add_ticket(ticket(TicketKind::Session)).await.unwrap();
    let code = store.add_ticket(ticket(TicketKind::Code)).await.unwrap();
    store.add_typed_ticket("ABCD-EFGH", ticket(TicketKind::UserCode)).await.unwrap();
    let held = store.find_ticket(TicketKind::Session, &session, now_s).await.unwrap().unwrap();
    close(store).await.unwrap();
    let found = store.list_sessions(made.locator, now_s).await.unwrap();
    assert_eq!(found[0].content.as_slice(), b"carried");
    store.set_ticket(TicketKind::Session, &session, &held.with(Zeroizing::new(b"more".to_vec()))).await.unwrap();
    let found = store.find_ticket(TicketKind::Session, &session, now_s).await.unwrap().unwrap();
    assert_eq!(found.content.as_slice(), b"more");
    let typed = store.typed_token(TicketKind::UserCode, "ABCD-EFGH");
    assert!(store.find_ticket(TicketKind::UserCode, &typed, now_s).await.unwrap().is_some());
    assert!(matches!(store.take_ticket(TicketKind::Code, &code, now_s).await.unwrap(), Taken::First(_)));
}

async fn a_page_written_meanwhile_does_not_carry_on_whoever_goes(world: World) {
    let gone = make(&world, "gone@example.kz").await;
    let ring = world.store.find_ring(gone.locator).await.unwrap().unwrap();
    destroy(&world, &gone, 1).await;
    assert!(!close_until(&world.store, 3).await, "broken off before the pages");
    // Somebody registers whose address lies on the same page.
    let page = |address: &str| {
        IndexTerm::of(world.store.keys(), "address", &Personal::new(address.to_owned())).unwrap().page(PAGES_BITS_MAX).1
            >> 6
    };
    let mut addresses = (0..).map(|number| format!("n{number}@example.kz"));
    let same = addresses.find(|address| page(address) == page("gone@example.kz")).unwrap();
    let made = make(&world, &same).await;
    close(&world.store).await.unwrap();
    all_there(&world, &[made]).await;
    // Were the entry still there, it would be found with a ring of that name.
    let again = Ring::from_bytes(gone.locator, &ring.to_bytes()).unwrap();
    let person = NewPerson { ring: again, terms: Vec::new(), rows: Vec::new() };
    world.store.add_person(person, world.clock.now()).await.unwrap();
    assert!(world.store.find_holder(&gone.term).await.unwrap().is_none());
}

#[tokio::test]
async fn two_nodes_go_through_an_epoch_together_and_either_may_close_it() {
    let world = World::new(On::Postgres, "minimal").await;
    let other = world.another_node().await;
    let people = make_many(&world, 5).await;
    all_there(&other, &people).await;
    for id in 1..3 {
        let gone = make(&other, "gone@example.kz").await;
        destroy(&world, &gone, id).await;
        let (one, two) = tokio::join!(close(&world.store), close(&other.store));
        assert!(one.is_ok() || two.is_ok(), "whoever is second may find that it is done");
        let made = make(&other, &format!("node-{id}@example.kz")).await;
        all_there(&world, &people).await;
        all_there(&other, &people).await;
        all_there(&world, std::slice::from_ref(&made)).await;
    }
    close(&other.store).await.unwrap();
    assert_eq!(world.store.count_waiting().await.unwrap(), Waiting::default());
}

#[tokio::test]
async fn an_installation_starts_in_the_epoch_that_it_was_left_in() {
    let world = World::new(On::Sqlite, "minimal").await;
    let people = make_many(&world, 3).await;
    let gone = make(&world, "gone@example.kz").await;
    destroy(&world, &gone, 1).await;
    assert!(!close_until(&world.store, 12).await);
    let world = world.restarted().await;
    all_there(&world, &people).await;
    assert!(world.store.count_waiting().await.unwrap().is_begun);
    assert_eq!(close(&world.store).await.unwrap().certificates, [[1; 16]]);
    all_there(&world, &people).await;
}
