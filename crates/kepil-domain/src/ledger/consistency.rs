//! That one tree is the beginning of another: RFC 6962, section 2.1.2. Clause 5.1.
//!
//! Start reading at [`consistency`]. Does not know: who signed the roots.

use super::{
    Hash, TileSource,
    tree::{hash_node, range, sha256},
};

/// More hashes than a proof can have.
pub const PROOF_MAX: usize = 63;

/// The root of a tree without leaves.
pub(super) fn empty_root() -> Hash {
    sha256(&[])
}

/// The root that the log had when it had `size` leaves; `None` when a tile is missing.
#[must_use]
pub fn root_at(tiles: &dyn TileSource, size: u64) -> Option<Hash> {
    if size == 0 { Some(empty_root()) } else { range(tiles, 0, size) }
}

/// The proof that the first `old` of `new` leaves are a tree of their own; empty where there is nothing to prove.
#[must_use]
pub fn consistency(tiles: &dyn TileSource, old: u64, new: u64) -> Option<Vec<Hash>> {
    if old > new {
        return None;
    }
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Some(path);
    }
    let (mut low, mut high, mut is_own_root) = (0, new, true);
    // Down to where the old tree ends; what is passed by on the way is what the verifier needs.
    while high != old {
        let middle = low + (1u64 << (high - low - 1).ilog2());
        if old <= middle {
            path.push(range(tiles, middle, high)?);
            high = middle;
        } else {
            path.push(range(tiles, low, middle)?);
            (low, is_own_root) = (middle, false);
        }
    }
    if !is_own_root {
        path.push(range(tiles, low, high)?);
    }
    path.reverse();
    Some(path)
}

/// Whether `path` proves that the tree of `old` leaves is the beginning of that of `new` leaves.
#[must_use]
pub fn check_consistency((old, old_root): (u64, &Hash), (new, new_root): (u64, &Hash), path: &[Hash]) -> bool {
    if old == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    if old >= new {
        return old == new && path.is_empty() && old_root == new_root;
    }
    // A whole subtree is its own beginning: the proof leaves it out.
    let mut hashes = old.is_power_of_two().then_some(old_root).into_iter().chain(path);
    let Some(first) = hashes.next() else { return false };
    let (mut node, mut last) = (old - 1, new - 1);
    while node % 2 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut before, mut after) = (*first, *first);
    for sibling in hashes {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            (before, after) = (hash_node(sibling, &before), hash_node(sibling, &after));
            while node.is_multiple_of(2) && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            after = hash_node(&after, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && before == *old_root && after == *new_root
}
