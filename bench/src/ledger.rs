//! Rows `ledger/append` and `ledger/verify`: receipts of changes at 64 callers against the same bytes appended in groups; and
//! a copy of a log verified offline against the bare hash of the same bytes.

use std::{
    hint::black_box,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{SHA256, digest};
use futures::future::join_all;
use kepil_domain::{
    EventId, Hour, Locator,
    ledger::{LEAF_LEN, Leaf, LedgerKey, TILE_WIDTH, TilePlace, Tree, hash_leaf, join_entries},
};
use kepil_store::{Lane, OsEntropy};
use kepil_testing::{On, World};

use crate::{
    people,
    reads::{block_on, read},
    report::{Goal, Report},
};

const WINDOW: Duration = Duration::from_millis(1500);
const CALLERS: usize = 64;
const CORES: usize = 2;
/// Entries of the log that is verified.
const ENTRIES: u64 = 2_000_000;

/// `ledger/append`: each receipt is of a read that was decided and opened too, with its entry durable.
pub fn append(report: &Report, rounds: usize) {
    let (world, locators) = block_on(async {
        let world = Arc::new(World::new(On::Sqlite, "minimal").await);
        let people = people::add(&world, people::PEOPLE).await;
        (world, Arc::new(people))
    });
    let (mut ratios, mut last) = (Vec::new(), (0.0, 0.0));
    receipts(&world, &locators);
    block_on(async { world.store.sequence_all().await.unwrap() });
    let entry_len = entry_len(world.folder.path());
    for _ in 0..rounds {
        let floor = grouped(world.folder.path(), entry_len);
        let own = receipts(&world, &locators);
        block_on(async { world.store.sequence_all().await.unwrap() });
        ratios.push(own / floor);
        last = (own, floor);
    }
    let absolute = format!("{:.0} k/s against {:.0} k/s", last.0 / 1000.0, last.1 / 1000.0);
    report.row("ledger/append", ratios, Goal::AtLeast(0.5), &absolute);
}

/// Receipts a second.
fn receipts(world: &Arc<World>, people: &Arc<Vec<Locator>>) -> f64 {
    let (done, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let begun = Instant::now();
    let threads: Vec<_> = (0..CORES)
        .map(|core| {
            let (world, people) = (Arc::clone(world), Arc::clone(people));
            let (done, stop) = (Arc::clone(&done), Arc::clone(&stop));
            thread::spawn(move || {
                block_on(async {
                    let lane = Lane::start(Arc::clone(&world.store));
                    let each = |caller: usize| {
                        let (world, people, lane, done, stop) = (&world, &people, &lane, &done, &stop);
                        async move {
                            let mut at = caller * 97 + core;
                            while !stop.load(Ordering::Relaxed) {
                                at = (at + 61) % people.len();
                                read(world, lane, people[at]).await;
                                done.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    };
                    let timer = async {
                        tokio::time::sleep(WINDOW).await;
                        stop.store(true, Ordering::Relaxed);
                    };
                    futures::join!(join_all((0..CALLERS / CORES).map(each)), timer);
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    done.load(Ordering::Relaxed) as f64 / begun.elapsed().as_secs_f64()
}

/// What one entry of a read is, as it waits: leaf, trail, length, sealed text. Unit: bytes.
fn entry_len(folder: &Path) -> usize {
    let log = rusqlite::Connection::open(folder.join("store/ledger_people.db")).unwrap();
    let sql = "SELECT CAST(avg(length(payload)) AS INTEGER) FROM leaf";
    let text: i64 = log.query_row(sql, [], |row| row.get(0)).unwrap();
    LEAF_LEN + 20 + usize::try_from(text).unwrap()
}

/// Entries of the same length a second, 64 a transaction, into a table of SQLite that flushes each.
fn grouped(folder: &Path, entry_len: usize) -> f64 {
    let path = folder.join("floor.db");
    drop(std::fs::remove_file(&path));
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute_batch("CREATE TABLE entry (id BLOB PRIMARY KEY, entry BLOB NOT NULL)").unwrap();
    let mut insert = connection.prepare("INSERT INTO entry (id, entry) VALUES (?1, ?2)").unwrap();
    let entry = vec![7u8; entry_len];
    let (begun, mut count) = (Instant::now(), 0u64);
    while begun.elapsed() < WINDOW {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for _ in 0..CALLERS {
            let id = EventId::random(&mut OsEntropy).unwrap();
            insert.execute((id.0.as_slice(), entry.as_slice())).unwrap();
            count += 1;
        }
        connection.execute_batch("COMMIT").unwrap();
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

/// `ledger/verify`: a copy of a log in a folder, verified by the program on one core and on all.
pub fn verify(report: &Report, rounds: usize, program: &str) {
    let folder = tempfile::TempDir::new().unwrap();
    let (key, bytes) = write_copy(folder.path());
    let run = |cores: &str| {
        let begun = Instant::now();
        let mut command = Command::new("taskset");
        command.args(["-c", cores, program, "ledger", "verify", "--key", &key, "--bundle"]).arg(folder.path());
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));
        begun.elapsed().as_secs_f64()
    };
    let (mut one, mut two, mut last) = (Vec::new(), Vec::new(), (0.0, 0.0, 0.0));
    for _ in 0..rounds {
        let floor = hashed(&bytes);
        last = (run("0"), run("0,1"), floor);
        one.push(last.0 / floor);
        two.push(last.1 / floor);
    }
    let stream = streamed();
    let millions = |took: f64| {
        let speed = ENTRIES as f64 / took / 1e6;
        format!("{speed:.1} M entries/s; the hashes alone {:.2} s, as one stream {stream:.2} s", last.2)
    };
    report.row("ledger/verify/1", one, Goal::AtMost(1.5), &millions(last.0));
    report.row("ledger/verify/2", two, Goal::AtMost(0.8), &millions(last.1));
}

/// As many bytes as one stream: what no tree of hashes can be verified by.
fn streamed() -> f64 {
    let block = vec![7u8; 120 << 10];
    let begun = Instant::now();
    (0..ENTRIES * 120 / block.len() as u64).for_each(|_| {
        black_box(digest(&SHA256, black_box(&block)));
    });
    begun.elapsed().as_secs_f64()
}

/// The bare hashes that a verifier cannot do without: every leaf and every node, nothing read from disk, on one core.
fn hashed(bytes: &[[u8; LEAF_LEN + 1]]) -> f64 {
    let begun = Instant::now();
    let node = [1u8; 65];
    for leaf in bytes {
        black_box(digest(&SHA256, black_box(leaf)));
        black_box(digest(&SHA256, black_box(&node)));
    }
    begun.elapsed().as_secs_f64()
}

/// A copy as `kepil ledger bundle` lays it out; the key of its log, and what its leaves hash.
fn write_copy(folder: &Path) -> (String, Vec<[u8; LEAF_LEN + 1]>) {
    let key = LedgerKey::from_seed("kepil/0000000000000000/bench".to_owned(), &[1; 32]).unwrap();
    let home = folder.join("bench");
    let put = |place: TilePlace, bytes: &[u8]| {
        let path = home.join(place.path());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    let (mut tree, mut full) = (Tree::default(), Vec::new());
    let mut hashed = Vec::new();
    for n in 0..ENTRIES.div_ceil(TILE_WIDTH as u64) {
        let from = n * TILE_WIDTH as u64;
        let leaves: Vec<_> = (from..(from + TILE_WIDTH as u64).min(ENTRIES))
            .map(|number| {
                let mut event = [0; 16];
                event[..8].copy_from_slice(&number.to_be_bytes());
                Leaf { event: EventId(event), hour: Hour(495_000), act: 64, commitment: [9; 32] }.to_bytes()
            })
            .collect();
        put(TilePlace { level: None, n, width: leaves.len() }, &join_entries(leaves.iter().map(<[u8; 54]>::as_slice)));
        for leaf in leaves {
            tree.append(hash_leaf(&leaf), &mut full);
            let mut whole = [0; LEAF_LEN + 1];
            whole[1..].copy_from_slice(&leaf);
            hashed.push(whole);
        }
    }
    for tile in full.into_iter().chain(tree.edge_tiles()) {
        put(TilePlace { level: Some(tile.level), n: tile.n, width: tile.hashes.len() }, &tile.hashes.concat());
    }
    std::fs::write(home.join("checkpoint"), key.sign(tree.size(), &tree.root())).unwrap();
    (key.verify_key().to_string(), hashed)
}
