//! What replacing keys costs while a store serves: of all rings, of the blind index, and of the root.

use std::{sync::Arc, time::Instant};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use futures::{StreamExt, stream};
use kepil_domain::{Entropy, Locator, vault::Ring, vault::SecretName};
use kepil_store::{Clock, Engine, NewPerson, OsEntropy, Rotated};
use kepil_testing::{On, World};

use crate::{
    people,
    reads::block_on,
    report::{Goal, Report},
};

/// How many rings are made at once.
const CALLERS: usize = 64;
/// How many rows a raw rewrite takes in one transaction.
const GROUP: i64 = 256;
/// People with an address, for the index.
const FOUND: usize = 2000;

/// Measures with `count` rings.
pub fn measure(report: &Report, count: usize) {
    block_on(async {
        let world = Arc::new(World::new(On::Sqlite, "minimal").await);
        people::add(&world, FOUND).await;
        stream::iter(FOUND..count).for_each_concurrent(CALLERS, |_| add_ring(&world)).await;
        let (raw, len) = raw_rewrites(&world, count);
        let took = rotate(&world, Rotated::Secret(SecretName::Rings)).await;
        let absolute = format!("{count} rings {took:.1} s, 3 s of it waiting; raw, of {len} bytes, {raw:.1} s");
        report.row("rotate", vec![took / raw], Goal::AtMost(3.0), &absolute);
        for what in [Rotated::Secret(SecretName::Fields), Rotated::Root] {
            let took = rotate(&world, what).await;
            let name = format!("rotate/{}", what.word());
            report.row(&name, vec![took / raw], Goal::AtMost(f64::INFINITY), &format!("{took:.1} s"));
        }
    });
}

async fn add_ring(world: &World) {
    let ring = Ring::random(world.store.keys(), &world.policy.policy, &mut OsEntropy).unwrap();
    let person = NewPerson { ring, terms: Vec::new(), rows: Vec::new() };
    world.store.add_person(person, world.clock.now()).await.unwrap();
}

/// Unit: seconds.
async fn rotate(world: &World, what: Rotated) -> f64 {
    let begun = Instant::now();
    world.store.rotate(what, &|_, _| ()).await.unwrap();
    begun.elapsed().as_secs_f64()
}

/// As many rows of the length of a ring opened, sealed under another key and written, [`GROUP`] in a transaction, in the order in
/// which they lie. Unit: seconds, bytes.
fn raw_rewrites(world: &World, count: usize) -> (f64, usize) {
    let Engine::Sqlite { folder } = &world.config.engine else { panic!("the embedded engine") };
    let keys = rusqlite::Connection::open(folder.join("keys.db")).unwrap();
    let len: i64 = keys.query_row("SELECT max(length(sealed)) FROM ring", [], |row| row.get(0)).unwrap();
    let len = usize::try_from(len).unwrap();
    let mut raw = rusqlite::Connection::open(folder.join("scratch")).unwrap();
    raw.pragma_update(None, "journal_mode", "WAL").unwrap();
    raw.pragma_update(None, "synchronous", "FULL").unwrap();
    raw.execute_batch("CREATE TABLE raw (id BLOB PRIMARY KEY, sealed BLOB)").unwrap();
    let [old, new] = [1, 2].map(|byte| LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[byte; 32]).unwrap()));
    let filling = raw.transaction().unwrap();
    for _ in 0..count {
        let row = (Locator::random(&mut OsEntropy).unwrap().0, wrap(&old, vec![0; len - NONCE_LEN - 16]));
        filling.execute("INSERT INTO raw (id, sealed) VALUES (?1, ?2)", row).unwrap();
    }
    filling.commit().unwrap();
    let begun = Instant::now();
    let mut after = vec![0];
    loop {
        let transaction = raw.transaction().unwrap();
        let mut list = transaction.prepare("SELECT id, sealed FROM raw WHERE id > ?1 ORDER BY id LIMIT ?2").unwrap();
        let rows: Vec<(Vec<u8>, Vec<u8>)> = list
            .query_map((&after, GROUP), |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        drop(list);
        let Some((end, _)) = rows.last() else { break };
        after.clone_from(end);
        for (id, mut sealed) in rows {
            let nonce = Nonce::try_assume_unique_for_key(&sealed[..NONCE_LEN]).unwrap();
            let plain = old.open_in_place(nonce, Aad::empty(), &mut sealed[NONCE_LEN..]).unwrap().to_vec();
            transaction.execute("UPDATE raw SET sealed = ?1 WHERE id = ?2", (wrap(&new, plain), id)).unwrap();
        }
        transaction.commit().unwrap();
    }
    (begun.elapsed().as_secs_f64(), len)
}

fn wrap(key: &LessSafeKey, mut plain: Vec<u8>) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    OsEntropy.fill(&mut nonce).unwrap();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut plain).unwrap();
    [nonce.as_slice(), &plain].concat()
}
