//! A hundred thousand people destroyed in one epoch, by a process that is killed again and again: no living person loses a byte,
//! and nobody is certified before their time.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a long test, which reads its size, asks the clock, says how far it is and may stop at the first surprise"
)]

mod common;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Made, make};
use futures::{StreamExt, stream};
use kepil_domain::{Entropy, Locator};
use kepil_store::{Clock, Engine, OsEntropy, Store, StoreConfig, SystemClock, Waiting};
use kepil_testing::{On, World};

/// Names the folder of the process that is killed.
const CHILD: &str = "KEPIL_TEST_CHILD";
const CALLERS: usize = 64;
const KILLS: usize = 10;

fn people() -> usize {
    std::env::var("KEPIL_PEOPLE").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

fn config(folder: &Path) -> StoreConfig {
    let sealers = ["sealer", "sealer-2"].map(|name| folder.join(name)).to_vec();
    StoreConfig { wait_hours: 0, ..StoreConfig::new(Engine::Sqlite { folder: folder.join("store") }, sealers) }
}

/// Who is to be destroyed, 16 bytes each.
fn list(folder: &Path) -> PathBuf {
    folder.join("gone")
}

/// Destroys everybody on the list, goes on where it was killed, and closes the epoch.
#[tokio::test]
async fn a_process_that_destroys_everybody_on_a_list() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new("Asia/Almaty").unwrap());
    let store = Store::open(&config(&folder), clock).await.unwrap();
    store.prepare(&kepil_testing::policy("minimal")).await.unwrap();
    let list = fs::read(list(&folder)).unwrap();
    let (everybody, _) = list.as_chunks::<16>();
    if !store.is_closing().await.unwrap() {
        stream::iter(everybody)
            .for_each_concurrent(CALLERS, async |locator| {
                if let Some(ring) = store.find_ring(Locator(*locator)).await.unwrap() {
                    store.destroy_person(&ring, *locator).await.unwrap();
                }
            })
            .await;
    }
    let closed = store.close_epoch(&|_, _, _| ()).await.unwrap();
    let left = fs::read_dir(folder.join("sealer-2")).unwrap().filter(|it| {
        let name = it.as_ref().unwrap().file_name();
        name.to_str().is_some_and(|name| name.starts_with("epoch-"))
    });
    assert_eq!(left.count(), 1, "the key is gone when there is something to certify");
    certify(&folder, &closed.certificates);
    store.end_closing(&closed).await.unwrap();
}

/// Adds to those who are certified; again for whoever was certified just before a kill.
fn certify(folder: &Path, certificates: &[[u8; 16]]) {
    let mut certified = certified(folder);
    certified.extend(certificates);
    let bytes: Vec<u8> = certified.into_iter().flatten().collect();
    fs::write(folder.join("certified.new"), bytes).unwrap();
    fs::rename(folder.join("certified.new"), folder.join("certified")).unwrap();
}

fn certified(folder: &Path) -> BTreeSet<[u8; 16]> {
    let bytes = fs::read(folder.join("certified")).unwrap_or_default();
    bytes.as_chunks::<16>().0.iter().copied().collect()
}

fn child(folder: &Path) -> std::process::Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_that_destroys_everybody_on_a_list"])
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn long_a_hundred_thousand_people_are_destroyed_in_one_epoch_through_ten_kills() {
    let (gone, stay) = (people(), people() / 10);
    let world = Arc::new(World::new(On::Sqlite, "minimal").await);
    let all: Vec<Made> = stream::iter(0..gone + stay)
        .map(|number| {
            let world = Arc::clone(&world);
            async move { make(&world, &format!("{number}@example.kz")).await }
        })
        .buffered(CALLERS)
        .collect()
        .await;
    let folder = world.folder.path().to_owned();
    let (gone, stay) = all.split_at(gone);
    fs::write(list(&folder), gone.iter().flat_map(|made| made.locator.0).collect::<Vec<u8>>()).unwrap();
    // The folder is one process's at a time.
    let world = Arc::into_inner(world).unwrap().stopped();
    let begun = Instant::now();
    for kill in 0..KILLS {
        let mut process = child(&folder);
        let mut wait = [0; 2];
        OsEntropy.fill(&mut wait).unwrap();
        tokio::time::sleep(Duration::from_millis(300 + u64::from(u16::from_be_bytes(wait)) / 16)).await;
        drop((process.kill(), process.wait()));
        println!("kill {kill} after {:.1} s, {} certified", begun.elapsed().as_secs_f64(), certified(&folder).len());
    }
    while !child(&folder).wait().unwrap().success() {}
    println!("closed after {:.1} s", begun.elapsed().as_secs_f64());
    let world = world.started().await;
    assert_eq!(certified(&folder), gone.iter().map(|made| made.locator.0).collect());
    assert_eq!(world.store.count_waiting().await.unwrap(), Waiting::default());
    for made in stay {
        let found = world.store.find_holder(&made.term).await.unwrap();
        assert!(found == Some(made.locator));
        let row = world.store.find_person(made.locator, kepil_domain::ledger::compartment_tag("people")).await.unwrap();
        assert!(row.unwrap().danger_open_records().is_ok());
    }
    for made in gone.iter().step_by(97) {
        assert!(world.store.find_holder(&made.term).await.unwrap().is_none());
        assert!(world.store.find_ring(made.locator).await.unwrap().is_none());
    }
}
