//! The root key in shares: a start needs so many of them, and everything goes on as before. Clauses 3.1.5, 5.1.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
};

use common::{Made, make};
use kepil_domain::vault::SecretName;
use kepil_store::{Rotated, StoreConfig};
use kepil_testing::{On, World};

/// The keys that a sealer has, by file name.
fn keys_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.collect();
    names.sort();
    names
}

async fn is_there(world: &World, made: &Made) -> bool {
    world.store.find_holder(&made.term).await.unwrap().map(|it| it.0) == Some(made.locator.0)
        && world.store.find_ring(made.locator).await.unwrap().is_some()
}

/// A folder for each share.
fn desks(world: &World, count: usize) -> Vec<PathBuf> {
    let desk = |number: usize| world.folder.path().join(format!("desk-{number}"));
    (0..count).map(desk).inspect(|desk| fs::create_dir_all(desk).unwrap()).collect()
}

#[tokio::test]
async fn a_split_root_key_needs_its_shares_at_the_start() {
    let mut world = World::new(On::Sqlite, "minimal").await;
    let made = make(&world, "a@example.kz").await;
    let desks = desks(&world, 3);
    assert!(world.config.split_root((4, 3), &desks).is_err() && world.config.split_root((2, 3), &desks[..2]).is_err());
    let files = world.config.split_root((2, 3), &desks).unwrap();
    for sealer in &world.config.sealers {
        assert_eq!(keys_in(sealer), ["epoch-1.key", "root-0.split"]);
    }
    assert!(world.config.split_root((2, 3), &desks).is_err(), "there is none to split");
    assert!(is_there(&world, &made).await, "whoever runs goes on");
    // Everything but the root key is replaced meanwhile, an epoch ends, and a sealer is added.
    world.store.rotate(Rotated::Secret(SecretName::Rings), &|_, _| ()).await.unwrap();
    assert!(world.store.rotate(Rotated::Root, &|_, _| ()).await.is_err());
    let closed = world.store.close_epoch(&|_, _, _| ()).await.unwrap();
    world.store.end_closing(&closed).await.unwrap();
    let third = world.folder.path().join("sealer-3");
    world.config.add_sealer(&third).unwrap();
    assert_eq!(keys_in(&third), ["root-0.split"]);

    let start = |shares: &[PathBuf]| StoreConfig { shares: shares.to_vec(), ..world.config.clone() };
    let refused = async |config: StoreConfig, said: &str| {
        let clock: std::sync::Arc<dyn kepil_store::Clock> =
            std::sync::Arc::new(kepil_store::SystemClock::new("UTC").unwrap());
        let error = kepil_store::Store::open(&config, clock).await.err().unwrap().to_string();
        assert!(error.contains(said), "{error}");
    };
    let (none, one, two) = (start(&[]), start(&files[..1]), start(&files[1..]));
    let missing = start(&[files[0].clone(), world.folder.path().join("nothing")]);
    // A share of another key with the same numbers.
    let other = World::new(On::Sqlite, "minimal").await;
    let foreign = other.config.split_root((2, 3), &self::desks(&other, 3)).unwrap();
    let (mixed, strange) = (start(&[files[0].clone(), foreign[1].clone()]), start(&foreign));
    world.config = two;
    let stopped = world.stopped();
    refused(none, "the root key is split: 2 shares are needed, 0 are there").await;
    refused(one, "2 shares are needed, 1 are there").await;
    refused(missing, "2 shares are needed, 1 are there").await;
    refused(mixed, "the shares are of different keys").await;
    refused(strange, "of another key").await;
    let mut world = stopped.started().await;
    assert!(is_there(&world, &made).await);

    world.config.join_root().unwrap();
    for sealer in &world.config.sealers {
        assert_eq!(keys_in(sealer), ["epoch-2.key", "root.key"]);
    }
    world.config.shares.clear();
    let world = world.restarted().await;
    assert!(is_there(&world, &made).await);
    world.store.rotate(Rotated::Root, &|_, _| ()).await.unwrap();
    assert!(is_there(&world, &made).await);
}
