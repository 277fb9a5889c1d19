//! The ledger: the tree is that of RFC 6962, any altered bit is found, and leaves say nothing about anyone.
//!
//! Source: section 6 of the design; clauses 5.1, 6.1, KZ-19, KZ-32. The vectors are those of Certificate Transparency.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::collections::{HashMap, HashSet};

use common::{Counting, NOW, citicom};
use kepil_domain::{
    EventId, Hour, Moment, hex,
    ledger::{
        Act, Entry, Hash, LEAF_LEN, Leaf, LedgerError, LedgerKey, NewEntry, Nth, Payload, ProofFile, TileSource, Tree,
        VerifyKey, check_inclusion, compartment_tag, hash_leaf, inclusion, open_payload, trail,
    },
    vault::{Ring, RingPart, VaultError},
};
use kepil_policy::Verb;
use proptest::prelude::*;

// ---- the tree

#[derive(Clone)]
struct Tiles(HashMap<(u32, u64), Vec<Hash>>);

impl TileSource for Tiles {
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
        self.0.get(&(level, n)).cloned()
    }
}

fn grown(leaves: impl IntoIterator<Item = Hash>) -> (Tree, Tiles) {
    let (mut tree, mut full) = (Tree::default(), Vec::new());
    leaves.into_iter().for_each(|leaf| tree.append(leaf, &mut full));
    let tiles = full.into_iter().chain(tree.edge_tiles()).map(|tile| ((tile.level, tile.n), tile.hashes));
    (tree, Tiles(tiles.collect()))
}

fn leaf(n: u64) -> Hash {
    hash_leaf(&n.to_be_bytes())
}

/// The eight leaves of the vectors.
fn vectors() -> Vec<Hash> {
    let long: Vec<u8> = (0x60..0x70).collect();
    let leaves: [&[u8]; 8] = [
        &[],
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &long,
    ];
    leaves.map(hash_leaf).to_vec()
}

#[test]
fn the_tree_is_that_of_certificate_transparency() {
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (size, root) in roots.iter().enumerate() {
        let (tree, _) = grown(vectors().into_iter().take(size));
        assert_eq!(hex(&tree.root()), *root, "{size} leaves");
    }
}

#[test]
fn the_proofs_are_those_of_certificate_transparency() {
    let path = |index: u64, size: u64| -> Vec<String> {
        let (_, tiles) = grown(vectors().into_iter().take(usize::try_from(size).unwrap()));
        inclusion(&tiles, index, size).unwrap().iter().map(|hash| hex(hash)).collect()
    };
    assert_eq!(path(0, 1), [""; 0]);
    let first_of_eight = [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ];
    assert_eq!(path(0, 8), first_of_eight);
    let third_of_three = ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"];
    assert_eq!(path(2, 3), third_of_three);
}

#[test]
fn a_proof_that_stops_below_the_root_proves_nothing() {
    let (two, _) = grown((0..2).map(leaf));
    assert!(check_inclusion(&leaf(0), 0, 2, &[leaf(1)], &two.root()));
    assert!(!check_inclusion(&leaf(0), 0, 4, &[leaf(1)], &two.root()), "the root of a part is not that of the whole");
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn every_leaf_is_proven_and_no_altered_proof_holds(size in 1..1500u64, at in any::<u64>(), bit in any::<usize>()) {
        let (tree, tiles) = grown((0..size).map(leaf));
        let (index, root) = (at % size, tree.root());
        let path = inclusion(&tiles, index, size).unwrap();
        prop_assert!(check_inclusion(&leaf(index), index, size, &path, &root));
        prop_assert!(inclusion(&tiles, size, size).is_none(), "a leaf that is not there has no proof");
        prop_assert!(!check_inclusion(&leaf(size), index, size, &path, &root), "another leaf");
        prop_assert!(!check_inclusion(&leaf(index), (index + 1) % size, size, &path, &root) || size == 1, "another place");
        prop_assert!(!check_inclusion(&leaf(index), index, index, &path, &root), "a tree without it");
        let (longer, cut) = ([path.clone(), vec![[0; 32]]].concat(), &path[..path.len().saturating_sub(1)]);
        prop_assert!(!check_inclusion(&leaf(index), index, size, &longer, &root));
        prop_assert!(path.is_empty() || !check_inclusion(&leaf(index), index, size, cut, &root));
        let mut bent = path.clone();
        if !path.is_empty() {
            bent[bit % path.len()][bit / 7 % 32] ^= 1 << (bit % 8);
            prop_assert!(!check_inclusion(&leaf(index), index, size, &bent, &root), "a bent path");
        }
    }

    /// How a tiled log proves that it only grew: the tiles of today hold the tree of every day before.
    #[test]
    fn the_tiles_of_today_prove_every_tree_before(now in 1..1500u64, at in any::<u64>(), forged in any::<u64>()) {
        let before = at % (now + 1);
        let (_, tiles) = grown((0..now).map(leaf));
        let (old, _) = grown((0..before).map(leaf));
        // A log gives the full tiles of today; what it had as a partial tile is the beginning of one of them.
        let seen = Tree::from_edge(before, |level, n| tiles.tile(level, n)).unwrap();
        prop_assert_eq!(seen.root(), old.root());
        if before > 0 {
            let forged = forged % before;
            let (_, other) = grown((0..now).map(|n| if n == forged { leaf(now) } else { leaf(n) }));
            let seen = Tree::from_edge(before, |level, n| other.tile(level, n)).unwrap();
            prop_assert_ne!(seen.root(), old.root(), "a rewritten past has another root");
        }
        let cut = Tree::from_edge(now + 256, |level, n| tiles.tile(level, n));
        prop_assert!(cut.is_none_or(|tree| tree.root() != old.root()), "a shorter log is not a longer one");
    }

    #[test]
    fn a_flipped_bit_in_any_tile_breaks_a_proof_or_the_root(size in prop_oneof![9 => 2..700u64, 1 => Just(256u64)], tile in any::<usize>(), bit in any::<usize>()) {
        let (tree, tiles) = grown((0..size).map(leaf));
        let mut bent = tiles.clone();
        let mut places: Vec<(u32, u64)> = tiles.0.keys().copied().collect();
        places.sort_unstable();
        let hashes = bent.0.get_mut(&places[tile % places.len()]).unwrap();
        let len = hashes.len();
        hashes[bit / 256 % len][bit / 8 % 32] ^= 1 << (bit % 8);
        let holds = |index: u64| {
            let own = bent.tile(0, index / 256).unwrap()[usize::try_from(index % 256).unwrap()];
            let path = inclusion(&bent, index, size).unwrap();
            own == leaf(index) && check_inclusion(&own, index, size, &path, &tree.root())
        };
        // A tree of exactly one full tile proves its leaves without the level above; its root is still that of the tiles.
        let seen = Tree::from_edge(size, |level, n| bent.tile(level, n)).unwrap();
        prop_assert!(!(0..size).all(holds) || seen.root() != tree.root());
    }
}

// ---- checkpoints

fn log(origin: &str, seed: u8) -> LedgerKey {
    LedgerKey::from_seed(origin.to_owned(), &[seed; 32]).unwrap()
}

#[test]
fn a_checkpoint_with_any_flipped_bit_is_refused() {
    let key = log("kepil/00/account", 1);
    let note = key.sign(1234, &[9; 32]);
    assert_eq!(key.verify_key().verify(&note).unwrap().size, 1234);
    for bit in 0..note.len() * 8 {
        let mut bent = note.clone().into_bytes();
        bent[bit / 8] ^= 1 << (bit % 8);
        let Ok(bent) = String::from_utf8(bent) else { continue };
        assert!(key.verify_key().verify(&bent).is_err(), "bit {bit}: {bent}");
    }
}

#[test]
fn a_checkpoint_of_another_log_or_key_is_refused() {
    let (account, habits) = (log("kepil/00/account", 1), log("kepil/00/habits", 1));
    let note = account.sign(1, &[9; 32]);
    assert_eq!(habits.verify_key().verify(&note), Err(LedgerError::OtherLog));
    assert_eq!(log("kepil/00/account", 2).verify_key().verify(&note), Err(LedgerError::BadSignature));
    let text = account.verify_key().to_string();
    assert_eq!(VerifyKey::parse(&text), Ok(account.verify_key()));
    let renamed = text.replace("account", "habits");
    assert!(VerifyKey::parse(&renamed).is_err(), "the hash of a key binds its name");
    let cosigned = format!("{note}\u{2014} witness.example AAAAAAAA\n");
    assert!(account.verify_key().verify(&cosigned).is_ok(), "signatures of witnesses may follow");
}

// ---- entries

fn person(seed: u64) -> Ring {
    Ring::random(&common::home(), &citicom().policy, &mut Counting(seed << 20)).unwrap()
}

fn account(ring: &Ring) -> &RingPart {
    ring.part(compartment_tag("account")).unwrap()
}

fn payload(service: &str) -> Payload<'_> {
    Payload {
        v: 1,
        at_ms: NOW.unix_ms,
        act: "extract".into(),
        actor: "service".into(),
        service: Some(service.into()),
        purpose: Some("delivery".into()),
        fields: vec!["given_name".into()],
        edition: 1,
        policy: "00".into(),
        ..Payload::default()
    }
}

fn entry(part: &RingPart, number: u64) -> Entry {
    let event = EventId::random(&mut Counting(number << 8)).unwrap();
    let nth = Nth::Change(u32::try_from(number).unwrap());
    let new = NewEntry { event, act: Act::Did(Verb::Extract), hour: NOW.hour(), nth };
    Entry::seal(part, new, &payload("mail"), &mut Counting(number << 8 | 128)).unwrap()
}

fn first(act: Act, moment: Moment) -> NewEntry {
    NewEntry { event: EventId([1; 16]), act, hour: moment.hour(), nth: Nth::Change(1) }
}

#[test]
fn a_leaf_is_its_bytes_and_back_and_nothing_else_is_a_leaf() {
    let leaf = entry(account(&person(1)), 1).leaf;
    let bytes = leaf.to_bytes();
    assert_eq!(bytes.len(), LEAF_LEN);
    assert_eq!(Leaf::from_bytes(&bytes), Some(leaf));
    assert_eq!(leaf.hour, Hour(20_781 * 24 + 2), "to the hour");
    assert!((0..LEAF_LEN).all(|len| Leaf::from_bytes(&bytes[..len]).is_none()));
    assert!(Leaf::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_none());
    assert!(Leaf::from_bytes(&[&[2], &bytes[1..]].concat()).is_none(), "another version");
}

#[test]
fn no_two_leaves_of_one_person_share_a_value() {
    let ring = person(1);
    let part = account(&ring);
    let entries: Vec<Entry> = (0..300).map(|number| entry(part, number)).collect();
    // What differs between leaves: event id (bytes 1 to 16) and commitment (from 22); the rest is hour, act and version.
    let mut seen = HashSet::new();
    for entry in &entries {
        let bytes = entry.leaf.to_bytes();
        let own = bytes[1..17].windows(8).chain(bytes[22..].windows(8));
        assert!(own.into_iter().all(|window| seen.insert(window.to_vec())), "no eight bytes twice");
        assert!(!bytes.windows(8).any(|window| window == &entry.trail[..8]), "the trail is not in the leaf");
        assert!(!bytes.windows(4).any(|window| part.handle().0.windows(4).any(|own| own == window)));
    }
    let sealed: HashSet<&[u8]> = entries.iter().map(|entry| entry.payload.as_slice()).collect();
    assert_eq!(sealed.len(), entries.len(), "nor do their sealed texts repeat");
    let lengths: HashSet<usize> = ["mail", "market", "partner"]
        .into_iter()
        .map(|service| {
            let act = Act::Did(Verb::Extract);
            Entry::seal(part, first(act, NOW), &payload(service), &mut Counting(0)).unwrap().payload.len()
        })
        .collect();
    assert_eq!(lengths.len(), 1, "the name of a service does not show in the length");
}

#[test]
fn no_two_trails_are_alike() {
    let (one, other) = (person(1), person(2));
    let habits = one.part(compartment_tag("habits")).unwrap();
    let all = [account(&one), account(&other), habits].into_iter().flat_map(|part| {
        let reads = (0..20).map(|at| Nth::Look { run: at / 10, number: u32::try_from(at % 10).unwrap() });
        (0..20).map(Nth::Change).chain(reads).map(|nth| trail(part, nth)).collect::<Vec<_>>()
    });
    assert_eq!(all.collect::<HashSet<_>>().len(), 3 * 40, "of people, compartments, changes, runs and reads");
    assert_eq!(trail(account(&one), Nth::Change(3)), trail(account(&one), Nth::Change(3)));
}

#[test]
fn an_entry_that_waits_shows_the_hour_for_which_it_waited() {
    assert_eq!([0, 1, 23, 24].map(|hour| Hour(48 + hour).after_waiting(Some(24))), [72, 72, 72, 96].map(Hour));
    assert_eq!((Hour(50).after_waiting(None), Hour(50).after_waiting(Some(0))), (Hour(50), Hour(50)));
}

#[test]
fn an_entry_opens_for_its_person_only_and_no_bit_of_it_can_change() {
    let (one, other) = (person(1), person(2));
    let part = account(&one);
    let made = entry(part, 1);
    let (text, _) = open_payload(part, &made.leaf, &made.payload).unwrap();
    let back: Payload<'_> = serde_json::from_str(&text).unwrap();
    assert_eq!((back.act.as_ref(), back.service.as_deref()), ("extract", Some("mail")));
    let not_hers = Err(VaultError::DoesNotOpen);
    let opened = |part: &RingPart, leaf: &Leaf, sealed: &[u8]| open_payload(part, leaf, sealed).map(|_| ());
    assert_eq!(opened(account(&other), &made.leaf, &made.payload), not_hers);
    assert_eq!(opened(one.part(compartment_tag("habits")).unwrap(), &made.leaf, &made.payload), not_hers);
    assert_eq!(opened(part, &entry(part, 2).leaf, &made.payload), not_hers, "the text of another act");
    for bit in 0..made.payload.len() * 8 {
        let mut bent = made.payload.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened(part, &made.leaf, &bent), not_hers, "bit {bit}");
    }
    for bit in 0..256 {
        let mut leaf = made.leaf;
        leaf.commitment[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened(part, &leaf, &made.payload), not_hers);
    }
}

#[test]
fn an_entry_about_nobody_looks_like_any_other() {
    let keys = common::home();
    let ring = person(1);
    let stranger = Ring::stranger(&keys, compartment_tag("account"));
    let (about_nobody, about_her) = (entry(&stranger, 1), entry(account(&ring), 1));
    assert_eq!(about_nobody.payload.len(), about_her.payload.len());
    assert_eq!(about_nobody.leaf.to_bytes()[..22], about_her.leaf.to_bytes()[..22], "what differs is the commitment");
    assert_ne!(about_nobody.leaf.commitment, about_her.leaf.commitment);
}

// ---- receipts that verify offline

/// A log of 20 entries of two people, and the receipt for entry 13.
fn receipt() -> (LedgerKey, ProofFile, Leaf) {
    let rings = [person(1), person(2)];
    let entries: Vec<Entry> = (0..20).map(|n| entry(account(&rings[usize::from(n % 2 == 1)]), n)).collect();
    let (tree, tiles) = grown(entries.iter().map(|entry| hash_leaf(&entry.leaf.to_bytes())));
    let key = log("kepil/00/account", 1);
    let own = &entries[13];
    let (text, commit) = open_payload(account(&rings[1]), &own.leaf, &own.payload).unwrap();
    let path = inclusion(&tiles, 13, 20).unwrap();
    let note = key.sign(20, &tree.root());
    (key, ProofFile::new(text, &commit, &own.leaf, 13, &path, &note), own.leaf)
}

#[test]
fn a_receipt_verifies_with_the_key_of_its_log() {
    let (key, file, _) = receipt();
    assert_eq!(file.verify(&key.verify_key()).unwrap().size, 20);
    let text = serde_json::to_string(&file).unwrap();
    let back: ProofFile = serde_json::from_str(&text).unwrap();
    assert!(back.verify(&key.verify_key()).is_ok());
    assert_eq!(file.verify(&log("kepil/00/habits", 1).verify_key()), Err(LedgerError::OtherLog));
    assert_eq!(file.verify(&log("kepil/00/account", 2).verify_key()), Err(LedgerError::BadSignature));
}

/// One text of a receipt.
type Part = fn(&mut ProofFile) -> &mut String;

#[test]
fn a_receipt_with_any_flipped_bit_is_refused() {
    let (key, file, _) = receipt();
    let verifier = key.verify_key();
    let parts: [(&str, Part); 5] = [
        ("format", |file| &mut file.format),
        ("payload", |file| &mut file.payload),
        ("key", |file| &mut file.commitment_key),
        ("leaf", |file| &mut file.leaf),
        ("proof", |file| &mut file.proof),
    ];
    for (name, part) in parts {
        for bit in 0..part(&mut file.clone()).len() * 8 {
            let mut bent = file.clone();
            let mut bytes = part(&mut bent).clone().into_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let Ok(text) = String::from_utf8(bytes) else { continue };
            *part(&mut bent) = text;
            assert!(bent.verify(&verifier).is_err(), "{name}, bit {bit}: {}", part(&mut bent));
        }
    }
}

#[test]
fn a_receipt_says_which_link_does_not_hold() {
    let (key, file, leaf) = receipt();
    let verifier = key.verify_key();
    let other_text = ProofFile { payload: file.payload.replace("mail", "shop"), ..file.clone() };
    assert_eq!(other_text.verify(&verifier), Err(LedgerError::NotBound));
    let other_place = ProofFile { proof: file.proof.replace("index 13", "index 12"), ..file.clone() };
    assert_eq!(other_place.verify(&verifier), Err(LedgerError::NotIncluded));
    // Bound to the same text, but neither what it tells nor what the tree holds.
    let later = Leaf { hour: Hour(leaf.hour.0 + 1), ..leaf };
    for other in [later, Leaf { act: leaf.act + 1, ..leaf }] {
        let moved = ProofFile::new(file.payload.clone(), &commit_of(&file), &other, 13, &[], &key.sign(20, &[0; 32]));
        assert_eq!(moved.verify(&verifier), Err(LedgerError::NotBound));
    }
}

fn commit_of(file: &ProofFile) -> [u8; 32] {
    let rings = person(2);
    let own = entry(account(&rings), 13);
    let (text, key) = open_payload(account(&rings), &own.leaf, &own.payload).unwrap();
    assert_eq!(text, file.payload);
    *key
}

#[test]
fn a_leaf_stays_proven_when_the_ring_that_made_it_is_gone() {
    let ring = person(1);
    let made = entry(account(&ring), 1);
    let (tree, tiles) = grown([leaf(0), hash_leaf(&made.leaf.to_bytes()), leaf(2)]);
    drop(ring);
    let path = inclusion(&tiles, 1, 3).unwrap();
    assert!(check_inclusion(&hash_leaf(&made.leaf.to_bytes()), 1, 3, &path, &tree.root()));
    assert!((2..40).all(|seed| open_payload(account(&person(seed)), &made.leaf, &made.payload).is_err()));
}

#[test]
fn a_moment_shows_in_a_leaf_by_its_hour_only() {
    let ring = person(1);
    let at = |unix_ms: i64| {
        let moment = Moment { unix_ms, ..NOW };
        let act = Act::Accept;
        Entry::seal(account(&ring), first(act, moment), &payload("mail"), &mut Counting(0)).unwrap().leaf
    };
    assert_eq!(at(NOW.unix_ms), at(NOW.unix_ms + 3_599_999));
    assert_ne!(at(NOW.unix_ms), at(NOW.unix_ms + 3_600_000));
}
