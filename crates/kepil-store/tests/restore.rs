//! Copies and restores, on both engines: what was narrowed since a copy was made stays narrow, and nobody comes back who is gone.
//! Clauses 2.3a, 3.7, 4.4a, 4.5, 5.1.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use common::{
    Made, act, all_there, close, destroy, edit, make, make_many, nickname, on_both, read, rename,
    restoring::{WITHOUT_JOURNAL, copies, copy, how, restore, try_restore},
    shop_ask,
};
use kepil_domain::{
    ContentId, Locator, Personal,
    gate::Refusal,
    ledger::{Act, Notice, compartment_tag},
    standing::Standing,
    vault::{Content, IndexTerm, Placed},
};
use kepil_policy::Tag;
use kepil_store::{
    Amendment, ClientRow, Clock, Lane, LogReader, NewTicket, OsEntropy, Part, PersonRow, RestorePlan, Store,
    StoreError, TicketKind,
};
use kepil_testing::{On, World};
use zeroize::Zeroizing;

on_both!(
    what_was_narrowed_since_stays_narrow,
    whoever_was_destroyed_since_stays_gone,
    what_was_corrected_since_does_not_come_back,
    without_the_journal_it_all_comes_back,
    a_restore_that_was_broken_off_goes_on,
    the_keys_alone_survive_and_the_data_come_back,
    a_log_that_the_world_has_seen_more_of_ends,
    sessions_end_and_the_staff_stays,
    a_changed_address_finds_and_the_one_before_does_not,
    pieces_stay_removed_and_go_with_whoever_is_gone,
    what_the_system_knows_is_what_it_knew_last,
);

async fn amend(world: &World, made: &Made, change: impl Fn(&mut Standing)) {
    let change = |row: &PersonRow| -> Result<Amendment, StoreError> {
        let mut standing = row.standing.clone();
        change(&mut standing);
        Ok(Amendment { standing, records: None, acts: vec![act(Act::Accept)] })
    };
    world.store.amend(made.locator, compartment_tag("people"), world.clock.now(), change).await.unwrap();
}

async fn withdraw(world: &World, made: &Made) {
    let policy = &world.policy.policy;
    let orders = policy.find_use(policy.find_service("shop").unwrap(), "orders").unwrap().tag;
    amend(world, made, |standing| assert!(standing.withdraw(orders, world.clock.now().day))).await;
}

async fn refusal(world: &World, made: &Made) -> Option<Refusal> {
    let lane = Lane::start(Arc::clone(&world.store));
    read(world, &lane, shop_ask(world, &["nickname"]), Some(made.locator)).await.err().flatten()
}

async fn what_was_narrowed_since_stays_narrow(world: World) {
    let people = make_many(&world, 6).await;
    let from = copies(&world).await;
    withdraw(&world, &people[0]).await;
    amend(&world, &people[1], |standing| standing.is_blocked = true).await;
    withdraw(&world, &people[2]).await;
    amend(&world, &people[3], |standing| standing.age_at_least = Some(21)).await;
    let (world, restored) = restore(world, &from).await;
    assert_eq!((restored.people, restored.narrowed, restored.orphans), (6, 3, 0));
    assert_eq!(refusal(&world, &people[0]).await, Some(Refusal::Withdrawn));
    assert_eq!(refusal(&world, &people[1]).await, Some(Refusal::Blocked));
    assert_eq!(refusal(&world, &people[2]).await, Some(Refusal::Withdrawn));
    all_there(&world, &people[3..]).await;
    close(&world.store).await.unwrap();
    all_there(&world, &people[3..]).await;
}

async fn whoever_was_destroyed_since_stays_gone(world: World) {
    let mut people = make_many(&world, 6).await;
    let data = copy(&world, Part::Data).await;
    // One whose epoch is over before the keys are copied, one whose is not, one after both.
    let (first, second, third) = (people.remove(0), people.remove(0), people.remove(0));
    destroy(&world, &first, 1).await;
    close(&world.store).await.unwrap();
    destroy(&world, &second, 2).await;
    let keys = copy(&world, Part::Keys).await;
    destroy(&world, &third, 3).await;
    let (world, restored) = restore(world, &(data, keys)).await;
    assert_eq!((restored.people, restored.destroyed), (3, 1), "the third was in the copy of the keys");
    assert_eq!(restored.orphans, 6, "their rows came back with the data, and went");
    for gone in [&first, &second, &third] {
        assert!(world.store.find_holder(&gone.term).await.unwrap().is_none());
        assert!(world.store.find_ring(gone.locator).await.unwrap().is_none());
    }
    all_there(&world, &people).await;
    assert_eq!(close(&world.store).await.unwrap().certificates.len(), 2);
    all_there(&world, &people).await;
}

async fn what_was_corrected_since_does_not_come_back(world: World) {
    let (made, other) = (make(&world, "a@example.kz").await, make(&world, "b@example.kz").await);
    let data = copy(&world, Part::Data).await;
    rename(&world, &made, "Айгерім").await;
    close(&world.store).await.unwrap();
    let keys = copy(&world, Part::Keys).await;
    let journals = world.config.journal.clone();
    let (world, restored) = restore(world, &(data.clone(), keys.clone())).await;
    assert_eq!(restored.narrowed, 1);
    let lane = Lane::start(Arc::clone(&world.store));
    assert_eq!(nickname(&world, &lane, &made).await, "Айгерім", "the journal has the row as it was left");
    drop(lane);
    // Without it the value is lost, and the old one does not open either.
    fs::remove_dir_all(&journals[0]).unwrap();
    let lost = world.stopped().without_data().await;
    let restored = try_restore(&lost, &(data, keys), &WITHOUT_JOURNAL).await.unwrap();
    assert_eq!((restored.narrowed, restored.lost_records), (0, 1));
    let world = lost.started().await;
    let lane = Lane::start(Arc::clone(&world.store));
    let found = read(&world, &lane, shop_ask(&world, &["nickname", "address"]), Some(made.locator)).await;
    assert!(found.unwrap().iter().all(|(name, _)| name != "nickname"));
    all_there(&world, &[other]).await;
}

/// The control: it is the journal that keeps them.
async fn without_the_journal_it_all_comes_back(world: World) {
    let people = make_many(&world, 2).await;
    let from = copies(&world).await;
    withdraw(&world, &people[0]).await;
    destroy(&world, &people[1], 1).await;
    let lost = world.stopped().without_data().await;
    let restored = try_restore(&lost, &from, &WITHOUT_JOURNAL).await.unwrap();
    assert_eq!((restored.people, restored.narrowed, restored.destroyed), (2, 0, 0));
    assert!(restored.logs.iter().all(|log| log.begun.is_some()), "nobody knows what was seen of the logs");
    all_there(&lost.started().await, &people).await;
}

async fn a_restore_that_was_broken_off_goes_on(world: World) {
    let mut people = make_many(&world, 8).await;
    let from = copies(&world).await;
    withdraw(&world, &people[0]).await;
    let newcomer = make(&world, "new@example.kz").await;
    let keys = copy(&world, Part::Keys).await;
    let from = (from.0, keys);
    let mut lost = world.stopped().without_data().await;
    // Broken off while rows come in, again and again; nothing else opens it meanwhile.
    for steps in 0.. {
        let count = AtomicU64::new(0);
        let (config, data, keys) = (lost.config.clone(), from.0.clone(), from.1.clone());
        let (told, tell) = tokio::sync::oneshot::channel::<()>();
        let told = std::sync::Mutex::new(Some(told));
        let progress = move |_: &str, _, _| {
            if count.fetch_add(1, Ordering::Relaxed) == steps {
                drop(told.lock().unwrap().take());
            }
        };
        let journals = config.journal.clone();
        let plan = RestorePlan { data: &data, keys: &keys, journals: &journals, may_forget: false };
        let ended = tokio::select! {
            biased;
            _ = tell => false,
            done = config.load_backups(&plan, &progress) => { done.unwrap(); true }
        };
        let clock = Arc::clone(&lost.clock) as Arc<dyn Clock>;
        if let Err(error) = Store::open(&lost.config, clock).await {
            assert!(!error.to_string().is_empty());
        } else {
            panic!("a half restored installation opened");
        }
        if ended {
            break;
        }
    }
    // The one who came since stops it until they are let go; then it goes on.
    let mut how = how(&lost.config);
    let refused = try_restore(&lost, &from, &how).await.err().unwrap().to_string();
    assert!(refused.starts_with("the store cannot be used: of 1 people"), "{refused}");
    how.may_forget = true;
    let restored = try_restore(&lost, &from, &how).await.unwrap();
    assert_eq!((restored.people, restored.lost_people), (8, 1));
    lost = {
        let world = lost.started().await;
        assert!(world.store.find_holder(&newcomer.term).await.unwrap().is_none(), "their address is free");
        assert_eq!(refusal(&world, &people.remove(0)).await, Some(Refusal::Withdrawn));
        all_there(&world, &people).await;
        world.stopped()
    };
    // What is there is never written over.
    let refused = loop {
        let refused = try_restore(&lost, &from, &how).await.err().unwrap().to_string();
        if !refused.contains("another process uses") {
            break refused;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    assert!(refused.contains("there are data in"), "{refused}");
}

async fn the_keys_alone_survive_and_the_data_come_back(world: World) {
    let mut people = make_many(&world, 5).await;
    let from = (copy(&world, Part::Data).await, world.folder.path().join("older"));
    fs::rename(copy(&world, Part::Keys).await, &from.1).unwrap();
    let gone = people.remove(2);
    destroy(&world, &gone, 1).await;
    close(&world.store).await.unwrap();
    let newer = copy(&world, Part::Keys).await;
    withdraw(&world, &people[0]).await;
    let mut lost = world.stopped();
    for name in ["system", "contents", "people_people", "people_tastes", "ledger_people", "ledger_tastes"] {
        lost = lost.without(name).await;
    }
    // A copy of the keys whose epoch is over is of no use, even for what lies beside the key store.
    let refused = try_restore(&lost, &from, &how(&lost.config)).await.err().unwrap().to_string();
    assert!(refused.contains("made in epoch 1, whose key is destroyed"), "{refused}");
    // Broken off once: the key store that is there stays as it is all the same.
    let plan = RestorePlan { data: &from.0, keys: &newer, journals: &lost.config.journal, may_forget: false };
    tokio::select! {
        biased;
        _ = lost.config.load_backups(&plan, &|_, _, _| ()) => {}
        () = tokio::time::sleep(std::time::Duration::from_millis(30)) => {}
    }
    let other = (from.0.clone(), from.1.clone());
    assert!(try_restore(&lost, &other, &how(&lost.config)).await.is_err(), "other copies than it was begun with");
    let restored = try_restore(&lost, &(from.0.clone(), newer), &how(&lost.config)).await.unwrap();
    assert_eq!((restored.people, restored.narrowed, restored.orphans), (4, 1, 2));
    let world = lost.started().await;
    assert_eq!(refusal(&world, &people.remove(0)).await, Some(Refusal::Withdrawn));
    all_there(&world, &people).await;
}

async fn a_log_that_the_world_has_seen_more_of_ends(world: World) {
    let people = make_many(&world, 3).await;
    let from = copies(&world).await;
    let key = world.store.verify_key("people").unwrap();
    let engine = world.config.engine.clone();
    // Nothing more was seen of the one, more of the other.
    withdraw(&world, &people[0]).await;
    world.store.sequence_all().await.unwrap();
    let (world, restored) = restore(world, &from).await;
    let [ended, goes_on] = restored.logs.as_slice() else { panic!("two logs") };
    assert_eq!((ended.name.as_str(), ended.size, ended.held), ("people", 3, Some(4)));
    assert_eq!((goes_on.name.as_str(), goes_on.size, goes_on.held), ("tastes", 3, Some(3)));
    assert!(goes_on.begun.is_none());
    let next = world.store.verify_key("people").unwrap();
    assert_eq!(ended.begun, Some(next.to_string()));
    assert_eq!(next.origin(), format!("{}/2", key.origin()));
    world.store.sequence_all().await.unwrap();
    let reader = LogReader::open(&engine, "people").await.unwrap();
    let head = reader.head().await.unwrap();
    assert_eq!(next.verify(&head.checkpoint).unwrap().size, 4);
    assert!(key.verify(&head.checkpoint).is_err(), "nobody takes it for the old log");
    let leaves = reader.list_leaves(3, 4).await.unwrap();
    let leaf = kepil_domain::ledger::Leaf::from_bytes(&leaves[0].leaf).unwrap();
    assert_eq!(Notice::of(&leaf), Some(Notice::Restored { generation: 2, kept: 3, held: 4 }));
    drop(reader);
    // Another restore of the same copy, which knows of no second log, begins a third.
    let (_, restored) = restore(world, &from).await;
    assert!(restored.logs[0].begun.as_ref().unwrap().starts_with(&format!("{}/3+", key.origin())));
}

async fn sessions_end_and_the_staff_stays(world: World) {
    let made = make(&world, "a@example.kz").await;
    let session = NewTicket {
        kind: TicketKind::Session,
        owner: Some(made.locator),
        family: None,
        until_s: i64::MAX / 2,
        content: Zeroizing::new(b"who".to_vec()),
    };
    let token = world.store.add_ticket(session).await.unwrap();
    world.store.add_staff(made.locator).await.unwrap();
    let from = copies(&world).await;
    let now_s = world.clock.now().unix_s();
    assert!(world.store.find_ticket(TicketKind::Session, &token, now_s).await.unwrap().is_some());
    let (world, _) = restore(world, &from).await;
    assert!(world.store.find_ticket(TicketKind::Session, &token, now_s).await.unwrap().is_none());
    assert_eq!(world.store.list_staff().await.unwrap().len(), 1);
    assert!(world.store.list_signing_keys().await.unwrap().is_empty());
}

async fn what_lost_a_race_does_not_win_in_the_journal(world: World) {
    let made = make(&world, "a@example.kz").await;
    let from = copies(&world).await;
    // Somebody renames while the person blocks everything: the block is committed between the two halves of the renaming.
    let other = world.store.clone();
    let (locator, moment) = (made.locator, world.clock.now());
    let mut tries = 0;
    let lost = world.store.amend(
        locator,
        compartment_tag("people"),
        moment,
        |row: &PersonRow| -> Result<Amendment, StoreError> {
            tries += 1;
            if row.standing.is_blocked {
                return Err(StoreError::Taken);
            }
            let now = tokio::runtime::Handle::current();
            tokio::task::block_in_place(|| {
                now.block_on(async {
                    let block = |row: &PersonRow| -> Result<Amendment, StoreError> {
                        let standing = Standing { is_blocked: true, ..row.standing.clone() };
                        Ok(Amendment { standing, records: None, acts: vec![act(Act::Accept)] })
                    };
                    other.amend(locator, compartment_tag("people"), moment, block).await.unwrap();
                });
            });
            let acts = vec![act(Act::Accept), act(Act::Accept)];
            Ok(Amendment { standing: row.standing.clone(), records: Some(row.danger_open_records()?), acts })
        },
    );
    assert!(matches!(lost.await, Err(StoreError::Taken)) && tries == 2);
    drop(other);
    let (world, _) = restore(world, &from).await;
    assert_eq!(refusal(&world, &made).await, Some(Refusal::Blocked), "the other one did not happen");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lost_a_race_does_not_win_in_the_journal_on_sqlite() {
    what_lost_a_race_does_not_win_in_the_journal(World::new(On::Sqlite, "minimal").await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lost_a_race_does_not_win_in_the_journal_on_postgres() {
    what_lost_a_race_does_not_win_in_the_journal(World::new(On::Postgres, "minimal").await).await;
}

async fn a_changed_address_finds_and_the_one_before_does_not(world: World) {
    let made = make(&world, "old@example.kz").await;
    let from = copies(&world).await;
    let next = readdress(&world, &made, "new@example.kz").await;
    let (world, _) = restore(world, &from).await;
    assert!(world.store.find_holder(&made.term).await.unwrap().is_none(), "whoever has the old mailbox finds nobody");
    assert!(world.store.find_holder(&next).await.unwrap().is_some_and(|it| it.0 == made.locator.0));
}

async fn pieces_stay_removed_and_go_with_whoever_is_gone(world: World) {
    let (made, leaver) = (make(&world, "a@example.kz").await, make(&world, "b@example.kz").await);
    let [kept, removed, of_leaver] = [&made, &made, &leaver].map(|who| placed(&world, who));
    for piece in [&kept, &removed, &of_leaver] {
        world.store.add_content(piece, content()).await.unwrap();
    }
    let from = copies(&world).await;
    world.store.remove_content(removed.id).await.unwrap();
    destroy(&world, &leaver, 1).await;
    let (world, _) = restore(world, &from).await;
    let is_there = async |piece: &Placed| world.store.find_content(piece.id).await.unwrap().is_some();
    assert!(is_there(&kept).await);
    assert!(!is_there(&removed).await, "removed since");
    assert!(!is_there(&of_leaver).await, "whoever placed it is gone");
}

async fn what_the_system_knows_is_what_it_knew_last(world: World) {
    make(&world, "a@example.kz").await;
    let system = world.store.system();
    let client = |secret: u8| ClientRow {
        client_id: "c".to_owned(),
        service: "shop".to_owned(),
        secret_hash: vec![secret; 32],
        settings: "{}".to_owned(),
    };
    system.set_client(&client(1)).await.unwrap();
    let from = copies(&world).await;
    system.set_client(&client(2)).await.unwrap();
    world.store.hold_system().await.unwrap();
    let (world, _) = restore(world, &from).await;
    let found = world.store.system().find_client("c").await.unwrap().unwrap();
    assert_eq!(found.secret_hash, [2; 32], "a secret that was changed is changed");
}

fn placed(world: &World, who: &Made) -> Placed {
    let mut id = [0; 16];
    kepil_domain::Entropy::fill(&mut OsEntropy, &mut id).unwrap();
    let service = world.policy.policy.find_service("shop").unwrap().tag;
    let (author, at) = (Some(Locator(who.locator.0)), world.clock.now());
    Placed { id: ContentId(id), author, about: None, service, kind: Tag(4), at, is_withheld: false }
}

fn content() -> Content {
    Content { body: vec![7; 64], author_key: vec![5; 60], about_key: Vec::new() }
}

/// Another address, as its person changes it.
async fn readdress(world: &World, made: &Made, text: &str) -> IndexTerm {
    let term = IndexTerm::of(world.store.keys(), "address", &Personal::new(text.to_owned())).unwrap();
    world.store.add_holder(&term, made.locator).await.unwrap();
    edit(world, made, "address", text).await;
    world.store.remove_holder(&made.term, made.locator).await.unwrap();
    term
}
