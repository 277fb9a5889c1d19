//! Copies and restores, on both engines: what was narrowed since a copy was made stays narrow, and nobody comes back who is gone.
//! Clauses 2.3a, 3.7, 4.4a, 4.5, 5.1.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use common::{Made, act, all_there, close, destroy, make, make_many, nickname, on_both, read, rename, shop_ask};
use kepil_domain::{
    gate::Refusal,
    ledger::{Act, Notice, compartment_tag},
    standing::Standing,
};
use kepil_store::{
    Amendment, BackupFacts, Clock, KeyCopy, Lane, LogReader, Manifest, MendPlan, NewTicket, Part, PersonRow,
    RestorePlan, Restored, Store, StoreError, TicketKind,
};
use kepil_testing::{On, Stopped, World};
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
);

const NAMES: [&str; 2] = ["people", "tastes"];

fn facts<'a>(world: &World, names: &'a [String]) -> BackupFacts<'a> {
    BackupFacts { territory: "KZ", compartments: names, at: world.clock.now() }
}

async fn copy(world: &World, part: Part) -> PathBuf {
    let target = world.folder.path().join("target");
    fs::create_dir_all(&target).unwrap();
    world.store.sequence_all().await.unwrap();
    let names = NAMES.map(str::to_owned);
    world.config.back_up(part, &target, facts(world, &names), &|_, _, _| ()).await.unwrap().0
}

async fn copies(world: &World) -> (PathBuf, PathBuf) {
    (copy(world, Part::Data).await, copy(world, Part::Keys).await)
}

fn plan(config: &kepil_store::StoreConfig) -> MendPlan {
    MendPlan { journals: config.journal.clone(), held: Vec::new(), may_forget: false }
}

async fn try_restore(
    lost: &Stopped,
    (data, keys): &(PathBuf, PathBuf),
    plan: &MendPlan,
) -> Result<Restored, StoreError> {
    lost.config.load_backups(&RestorePlan { data, keys }, &|_, _, _| ()).await?;
    let clock = Arc::clone(&lost.clock) as Arc<dyn Clock>;
    let store = Store::open_restored(&lost.config, clock).await?;
    store.prepare(&lost.policy.policy).await?;
    store.mend(plan, &|_, _, _| ()).await
}

/// Everything is lost but the sealers, the copies and the journal, and comes back.
async fn restore(world: World, from: &(PathBuf, PathBuf)) -> (World, Restored) {
    let lost = world.stopped().without_data().await;
    let restored = try_restore(&lost, from, &plan(&lost.config)).await.unwrap();
    (lost.started().await, restored)
}

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
    let none = MendPlan { journals: Vec::new(), held: Vec::new(), may_forget: false };
    let restored = try_restore(&lost, &(data, keys), &none).await.unwrap();
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
    let none = MendPlan { journals: Vec::new(), held: Vec::new(), may_forget: false };
    let restored = try_restore(&lost, &from, &none).await.unwrap();
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
        let plan = RestorePlan { data: &data, keys: &keys };
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
    let mut how = plan(&lost.config);
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
    let from = copies(&world).await;
    let gone = people.remove(2);
    destroy(&world, &gone, 1).await;
    close(&world.store).await.unwrap();
    withdraw(&world, &people[0]).await;
    let mut lost = world.stopped();
    for name in ["system", "contents", "people_people", "people_tastes", "ledger_people", "ledger_tastes"] {
        lost = lost.without(name).await;
    }
    // The key store that is there is newer than the copy, whose epoch is over.
    let restored = try_restore(&lost, &from, &plan(&lost.config)).await.unwrap();
    assert_eq!((restored.people, restored.narrowed, restored.orphans), (4, 1, 2));
    let world = lost.started().await;
    assert_eq!(refusal(&world, &people.remove(0)).await, Some(Refusal::Withdrawn));
    all_there(&world, &people).await;
    // Without it the old copy of the keys opens nothing, and says so.
    let lost = world.stopped().without_data().await;
    let refused = try_restore(&lost, &from, &plan(&lost.config)).await.err().unwrap().to_string();
    assert!(refused.contains("made in epoch 1, whose key is destroyed"), "{refused}");
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

// ---- copies

#[tokio::test]
async fn a_copy_says_whether_it_is_whole() {
    let world = World::new(On::Sqlite, "minimal").await;
    make_many(&world, 3).await;
    let (data, keys) = copies(&world).await;
    let check = |folder: &Path| world.config.check_backup(folder, &|_, _, _| ());
    assert_eq!(check(&data).unwrap().part, Part::Data);
    assert_eq!(check(&keys).unwrap().rows(), Manifest::rows(&check(&keys).unwrap()));
    let path = data.join("people_people.rows");
    let whole = fs::read(&path).unwrap();
    for at in [20, whole.len() / 2, whole.len() - 1] {
        let mut other = whole.clone();
        other[at] ^= 1;
        fs::write(&path, other).unwrap();
        assert!(check(&data).is_err(), "byte {at}");
    }
    fs::remove_file(&path).unwrap();
    assert!(check(&data).is_err());
}

#[tokio::test]
async fn of_the_keys_only_the_newest_copy_stays_and_of_the_data_all_do() {
    let world = World::new(On::Sqlite, "minimal").await;
    make_many(&world, 2).await;
    let first = copies(&world).await;
    let second = copies(&world).await;
    assert!(first.0.exists() && second.0.exists() && second.1.exists());
    assert!(!first.1.exists(), "the older copy of the keys is gone");
}

#[tokio::test]
async fn no_key_is_destroyed_before_its_copy_is_made_anew() {
    let mut world = World::new(On::Sqlite, "minimal").await;
    let target = world.folder.path().join("keys-there");
    world.config.key_copies = vec![KeyCopy { folder: target.clone(), territory: "KZ".to_owned() }];
    let world = world.restarted().await;
    let mut people = make_many(&world, 3).await;
    let gone = people.remove(0);
    let data = copy(&world, Part::Data).await;
    destroy(&world, &gone, 1).await;
    assert!(close(&world.store).await.is_err(), "the target is not there");
    let epochs = || fs::read_dir(&world.config.sealers[0]).unwrap().count();
    assert_eq!(epochs(), 3, "the old key and the next, and the root key");
    fs::create_dir(&target).unwrap();
    let closed = close(&world.store).await.unwrap();
    assert_eq!(closed.certificates.len(), 1);
    let keys = fs::read_dir(&target).unwrap().next().unwrap().unwrap().path();
    let (world, restored) = restore(world, &(data, keys)).await;
    assert_eq!((restored.people, restored.orphans), (2, 2));
    all_there(&world, &people).await;
}

#[tokio::test]
async fn a_copy_that_was_broken_off_goes_on() {
    let world = World::new(On::Sqlite, "minimal").await;
    make_many(&world, 3).await;
    let target = world.folder.path().join("target");
    fs::create_dir_all(&target).unwrap();
    let names = NAMES.map(str::to_owned);
    let (told, tell) = tokio::sync::oneshot::channel::<()>();
    let told = std::sync::Mutex::new(Some(told));
    let stop = move |name: &str, _, _| {
        if name == "ledger_people" {
            drop(told.lock().unwrap().take());
        }
    };
    tokio::select! {
        biased;
        _ = tell => {}
        _ = world.config.back_up(Part::Data, &target, facts(&world, &names), &stop) => panic!("it was not broken off"),
    }
    let written = |name: &str| {
        let draft = fs::read_dir(&target).unwrap().next().unwrap().unwrap().path();
        fs::metadata(draft.join(name)).and_then(|it| it.modified()).ok()
    };
    let before = written("people_people.rows").unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let see = |name: &str, _, _| seen.lock().unwrap().push(name.to_owned());
    let (made, _) = world.config.back_up(Part::Data, &target, facts(&world, &names), &see).await.unwrap();
    assert!(seen.lock().unwrap().iter().all(|name| name.starts_with("ledger_")), "the rest was done");
    assert_eq!(fs::metadata(made.join("people_people.rows")).unwrap().modified().unwrap(), before);
    world.config.check_backup(&made, &|_, _, _| ()).unwrap();
}
