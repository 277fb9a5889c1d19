//! Looking through a log: whatever was done to it is found, and where. Clause 5.1.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

use std::collections::HashMap;

use kepil_domain::{
    EventId, Hour,
    ledger::{
        Hash, Leaf, Notice, TileSource, Tree,
        audit::{Audit, Audited, Copied, Fault, Held, Stretch},
        check_consistency, consistency, hash_leaf, root_at,
    },
};
use proptest::prelude::*;

/// A log as a database has it.
#[derive(Clone)]
struct Log {
    leaves: Vec<Option<Vec<u8>>>,
    texts: Vec<u64>,
    tiles: HashMap<(u32, u64), Vec<Hash>>,
    size: u64,
    root: Hash,
}

impl TileSource for Log {
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
        self.tiles.get(&(level, n)).cloned()
    }
}

fn leaf(number: u32, hour: u32) -> Leaf {
    let mut event = [0; 16];
    event[..4].copy_from_slice(&number.to_be_bytes());
    Leaf { event: EventId(event), hour: Hour(hour), act: 3, commitment: [7; 32] }
}

fn made(leaves: &[Leaf]) -> Log {
    let (mut tree, mut full) = (Tree::default(), Vec::new());
    leaves.iter().for_each(|leaf| tree.append(hash_leaf(&leaf.to_bytes()), &mut full));
    let tiles = full.into_iter().chain(tree.edge_tiles()).map(|tile| ((tile.level, tile.n), tile.hashes));
    Log {
        leaves: leaves.iter().map(|leaf| Some(leaf.to_bytes().to_vec())).collect(),
        texts: leaves.iter().map(|leaf| if Notice::is_one(leaf.act) { 0 } else { 28 + 256 }).collect(),
        tiles: tiles.collect(),
        size: tree.size(),
        root: tree.root(),
    }
}

/// A thousand entries, ten an hour.
fn honest() -> Vec<Leaf> {
    (0..1000).map(|number| leaf(number, 500_000 + number / 10)).collect()
}

impl Log {
    fn held(&self, size: u64) -> Held {
        Held { size, root: root_at(self, size).unwrap(), hour: None }
    }

    fn audit(&self, held: Vec<Held>) -> Audited {
        let mut audit = Audit::new(held);
        for n in 0..self.size.div_ceil(256) {
            let entries: Vec<Copied<'_>> = (n * 256..(n * 256 + 256).min(self.size))
                .map(|at| usize::try_from(at).unwrap())
                .map(|at| Copied {
                    leaf: self.leaves.get(at).and_then(Option::as_deref),
                    text_bytes: self.texts.get(at).copied(),
                })
                .collect();
            let above = self.tile(1, n >> 8).and_then(|tile| tile.get(usize::try_from(n % 256).unwrap()).copied());
            let tile = self.tile(0, n);
            audit.add(Stretch::check(n, &entries, tile.as_deref(), above));
            for tile in audit.take_tiles() {
                audit.compare_tile(&tile, self.tile(tile.level, tile.n).as_deref());
            }
        }
        for tile in audit.edge_tiles() {
            audit.compare_tile(&tile, self.tile(tile.level, tile.n).as_deref());
        }
        audit.finish(self.size, &self.root)
    }

    fn faults(&self) -> Vec<Fault> {
        self.audit(Vec::new()).faults
    }
}

#[test]
fn a_whole_log_has_no_fault_and_every_earlier_root_is_found_in_it() {
    let log = made(&honest());
    let held = [0, 1, 255, 256, 257, 700, 1000].map(|size| log.held(size)).to_vec();
    let found = log.audit(held);
    assert_eq!((found.faults, found.late, found.root), (Vec::new(), 0, Some(log.root)));
}

#[test]
fn altered_swapped_and_missing_entries_are_found_by_their_position() {
    let log = made(&honest());
    for position in [0, 7, 255, 256, 999_usize] {
        let mut bent = log.clone();
        bent.leaves[position].as_mut().unwrap()[30] ^= 1;
        assert_eq!(bent.faults(), [Fault::Altered(position as u64)]);
        let mut bent = log.clone();
        bent.leaves[position] = None;
        assert_eq!(bent.faults(), [Fault::Missing { from: position as u64, to: position as u64 }]);
        let mut bent = log.clone();
        bent.leaves[position].as_mut().unwrap()[0] = 9;
        assert_eq!(bent.faults(), [Fault::NoLeaf(position as u64), Fault::Altered(position as u64)]);
    }
    let mut bent = log.clone();
    bent.leaves.swap(3, 700);
    assert_eq!(bent.faults().last(), Some(&Fault::Swapped(3, 700)));
    let mut bent = log.clone();
    bent.leaves.truncate(990);
    assert_eq!(bent.faults(), [Fault::Missing { from: 990, to: 999 }]);
    let mut bent = log;
    bent.leaves.remove(4);
    let found = bent.faults();
    assert!(found.contains(&Fault::Deleted(4)) && found.len() == 2, "{found:?}");
}

#[test]
fn a_bent_tile_is_told_from_a_bent_entry() {
    let log = made(&honest());
    for (level, n, at) in [(0, 0, 5), (0, 3, 200), (1, 0, 2)] {
        let mut bent = log.clone();
        bent.tiles.get_mut(&(level, n)).unwrap()[at][0] ^= 1;
        let found = bent.faults();
        assert!(found.contains(&Fault::Tile { level, n, at }), "{level}/{n}: {found:?}");
        assert!(!found.iter().any(|fault| matches!(fault, Fault::Altered(_))), "{found:?}");
        let mut bent = log.clone();
        bent.tiles.remove(&(level, n));
        assert!(bent.faults().contains(&Fault::NoTile { level, n }));
    }
    // An entry together with its tile.
    let mut bent = log.clone();
    bent.leaves[300].as_mut().unwrap()[30] ^= 1;
    bent.tiles.get_mut(&(0, 1)).unwrap()[44] = hash_leaf(bent.leaves[300].as_ref().unwrap());
    let found = bent.faults();
    assert!(
        found.contains(&Fault::Rewritten { from: 256, to: 511 }) && found.contains(&Fault::Root(1000)),
        "{found:?}"
    );
}

#[test]
fn a_log_that_was_cut_or_written_anew_is_found_against_what_is_held() {
    let leaves = honest();
    let log = made(&leaves);
    let cut = made(&leaves[..600]);
    assert!(cut.faults().is_empty(), "whole by itself");
    assert_eq!(cut.audit(vec![log.held(1000)]).faults, [Fault::Cut { has: 600, held: 1000 }]);
    let mut other = leaves.clone();
    other[420].act = 4;
    let forked = made(&other);
    assert!(forked.faults().is_empty(), "whole by itself");
    let held = [400, 500, 900].map(|size| log.held(size)).to_vec();
    assert_eq!(forked.audit(held).faults, [Fault::Forked { from: 400, to: 499 }]);
}

#[test]
fn an_entry_that_is_dated_back_is_found_unless_a_notice_announced_it() {
    let mut leaves = honest();
    // Clocks that differ and entries that wait a moment are no fault.
    leaves[500].hour = Hour(500_048);
    assert!(made(&leaves).faults().is_empty());
    leaves[500].hour = Hour(500_040);
    assert_eq!(made(&leaves).faults(), [Fault::DatedBack { position: 500, hours: 9 }]);
    let notice = |entries| Notice::Late { entries, oldest: Hour(500_040) }.leaf(EventId([9; 16]), Hour(500_050));
    let mut announced = leaves.clone();
    announced.insert(500, notice(1));
    let found = made(&announced).audit(Vec::new());
    assert_eq!((found.faults, found.late), (Vec::new(), 1));
    // It announces no more than it says, and nothing older.
    let mut more = announced.clone();
    more.insert(502, leaf(5000, 500_041));
    assert_eq!(made(&more).faults(), [Fault::DatedBack { position: 502, hours: 9 }]);
    let mut older = announced;
    older[501].hour = Hour(500_039);
    assert_eq!(made(&older).faults(), [Fault::FalseNotice(500), Fault::DatedBack { position: 501, hours: 11 }]);
    let mut unfollowed = leaves[..500].to_vec();
    unfollowed.push(notice(3));
    assert_eq!(made(&unfollowed).faults(), [Fault::FalseNotice(500)]);
}

#[test]
fn the_hour_of_a_witness_binds_what_is_before_and_behind_it() {
    let leaves = honest();
    let log = made(&leaves);
    let seen = |size, hour| vec![Held { hour: Some(Hour(hour)), ..log.held(size) }];
    assert!(log.audit(seen(500, 500_049)).faults.is_empty());
    // Seen an hour in which what follows claims to have been done long ago.
    let found = log.audit(seen(500, 500_060)).faults;
    assert_eq!(found.first(), Some(&Fault::DatedBack { position: 500, hours: 10 }));
    let found = log.audit(seen(500, 500_040)).faults;
    assert_eq!(found.first(), Some(&Fault::DatedAhead { position: 420, hours: 2 }));
}

#[test]
fn a_text_that_is_missing_or_of_no_possible_length_is_found_without_a_key() {
    let log = made(&honest());
    let with = |bytes| {
        let mut bent = log.clone();
        bent.texts[9] = bytes;
        bent.faults()
    };
    assert_eq!(with(0), [Fault::NoText(9)]);
    for bytes in [1, 28, 100, 28 + 255] {
        assert_eq!(with(bytes), [Fault::OddText { position: 9, bytes }]);
    }
    assert!(with(28 + 128).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_is_the_beginning_of_a_later_one_and_no_other_is(new in 0..900u64, part in 0..=900u64, bit in any::<usize>()) {
        let old = part.min(new);
        let log = made(&(0..900).map(|number| leaf(number, 1)).collect::<Vec<_>>());
        let (before, after) = (root_at(&log, old).unwrap(), root_at(&log, new).unwrap());
        let path = consistency(&log, old, new).unwrap();
        prop_assert!(check_consistency((old, &before), (new, &after), &path));
        let mut bent = before;
        bent[bit % 32] ^= 1;
        prop_assert!(!check_consistency((old, &bent), (new, &after), &path));
        let mut longer = path.clone();
        longer.push([0; 32]);
        prop_assert!(!check_consistency((old, &before), (new, &after), &longer));
        if !path.is_empty() {
            let mut other = path.clone();
            let at = bit % other.len();
            other[at][bit % 32] ^= 1;
            prop_assert!(!check_consistency((old, &before), (new, &after), &other));
            prop_assert!(!check_consistency((old, &before), (new, &after), &path[1..]));
        }
        prop_assert!(old == new || !check_consistency((new, &after), (old, &before), &path));
    }

    /// Whatever bit of whatever entry or tile is turned: the log is not whole.
    #[test]
    fn no_bit_of_a_log_can_be_turned(place in any::<usize>(), bit in 0..256usize) {
        let log = made(&honest()[..600]);
        let mut bent = log.clone();
        if place.is_multiple_of(2) {
            bent.leaves[place / 2 % 600].as_mut().unwrap()[bit / 8] ^= 1 << (bit % 8);
        } else {
            let mut places: Vec<(u32, u64)> = log.tiles.keys().copied().collect();
            places.sort_unstable();
            let tile = bent.tiles.get_mut(&places[place / 2 % places.len()]).unwrap();
            let at = place / 64 % tile.len();
            tile[at][bit / 8] ^= 1 << (bit % 8);
        }
        prop_assert!(!bent.faults().is_empty());
    }
}
