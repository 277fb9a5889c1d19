//! Copies of the databases: whole or not, the newest, broken off.
//! Clauses 3.7, 5.1.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::{fs, path::Path, sync::Arc};

use common::{
    Made, act, all_there, close, destroy, make_many, read,
    restoring::{NAMES, copies, copy, facts, restore},
    shop_ask,
};
use kepil_domain::{
    gate::Refusal,
    ledger::{Act, compartment_tag},
    standing::Standing,
    vault::SecretName,
};
use kepil_store::{
    Amendment, BackupFacts, Clock, KeyCopy, Lane, Manifest, Part, PersonRow, Rotated, Store, StoreError,
};
use kepil_testing::{On, World};

#[tokio::test]
async fn a_copy_says_whether_it_is_whole() {
    let world = World::new(On::Sqlite, "minimal").await;
    make_many(&world, 3).await;
    let (data, keys) = copies(&world).await;
    let check = async |folder: &Path| world.config.check_backup(folder, &|_, _, _| ()).await;
    assert_eq!(check(&data).await.unwrap().part, Part::Data);
    assert_eq!(check(&keys).await.unwrap().rows(), Manifest::rows(&check(&keys).await.unwrap()));
    let path = data.join("people_people.rows");
    let whole = fs::read(&path).unwrap();
    for at in [20, whole.len() / 2, whole.len() - 1] {
        let mut other = whole.clone();
        other[at] ^= 1;
        fs::write(&path, other).unwrap();
        assert!(check(&data).await.is_err(), "byte {at}");
    }
    fs::remove_file(&path).unwrap();
    assert!(check(&data).await.is_err());
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
async fn an_empty_key_store_does_not_take_the_place_of_a_good_copy() {
    let world = World::new(On::Sqlite, "minimal").await;
    make_many(&world, 2).await;
    let (_, keys) = copies(&world).await;
    let target = keys.parent().unwrap().to_owned();
    let lost = world.stopped().without("keys").await;
    let names = NAMES.map(str::to_owned);
    let facts = BackupFacts { territory: "KZ", compartments: &names, at: lost.clock.now() };
    let refused = lost.config.back_up(Part::Keys, &target, facts, &|_, _, _| ()).await.err().unwrap().to_string();
    assert!(refused.contains("there is no key store"), "{refused}");
    // One that was made anew from the sealers is another one: both copies stay.
    Store::install(&lost.config).await.unwrap();
    let facts = BackupFacts { at: lost.clock.now(), ..facts };
    lost.config.back_up(Part::Keys, &target, facts, &|_, _, _| ()).await.unwrap();
    assert!(keys.exists(), "the good copy is still there");
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
async fn keys_are_replaced_only_when_their_copy_has_the_next_ones() {
    let mut world = World::new(On::Sqlite, "minimal").await;
    let target = world.folder.path().join("keys-there");
    world.config.key_copies = vec![KeyCopy { folder: target.clone(), territory: "KZ".to_owned() }];
    let world = world.restarted().await;
    let people = make_many(&world, 4).await;
    let data = copy(&world, Part::Data).await;
    block(&world, &people[0]).await;
    let rotate = async |what| world.store.rotate(what, &|_, _| ()).await;
    assert!(rotate(Rotated::Root).await.is_err() && rotate(Rotated::Secret(SecretName::Journals)).await.is_err());
    assert!(world.config.sealers[0].join("root.key").exists(), "the target is not there");
    fs::create_dir(&target).unwrap();
    for what in Rotated::all() {
        rotate(what).await.unwrap();
    }
    assert!(!world.config.sealers[0].join("root.key").exists());
    // Under the next key of the journal, after the last copy.
    block(&world, &people[1]).await;
    let keys = fs::read_dir(&target).unwrap().next().unwrap().unwrap().path();
    let (world, restored) = restore(world, &(data, keys)).await;
    assert_eq!((restored.people, restored.narrowed, restored.unreadable), (4, 2, 0));
    let lane = Lane::start(Arc::clone(&world.store));
    for blocked in &people[..2] {
        let refused = read(&world, &lane, shop_ask(&world, &["nickname"]), Some(blocked.locator)).await.err().flatten();
        assert_eq!(refused, Some(Refusal::Blocked));
    }
    all_there(&world, &people[2..]).await;
}

async fn block(world: &World, made: &Made) {
    let block = |row: &PersonRow| -> Result<Amendment, StoreError> {
        let standing = Standing { is_blocked: true, ..row.standing.clone() };
        Ok(Amendment { standing, records: None, acts: vec![act(Act::Accept)] })
    };
    world.store.amend(made.locator, compartment_tag("people"), world.clock.now(), block).await.unwrap();
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
    world.config.check_backup(&made, &|_, _, _| ()).await.unwrap();
}
