//! The Merkle tree of RFC 6962 in tiles of 256 hashes (C2SP tlog-tiles).

use crate::Digest;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Hashes in a full tile.
pub const TILE_WIDTH: usize = 256;
const TILE_HEIGHT: u32 = 8;

/// A tile: hashes of one level, from `n * 256` on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tile {
    /// Level of tiles; 0 holds leaf hashes.
    pub level: u32,
    /// Position in its level.
    pub n: u64,
    /// 1 to 256 hashes.
    pub hashes: Vec<Hash>,
}

/// The right edge of a tree: all that is needed to append and to know the root.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    size: u64,
    edge: Vec<Vec<Hash>>,
}

/// Hash of a leaf.
#[must_use]
pub fn hash_leaf(leaf: &[u8]) -> Hash {
    sha256(&[&[0], leaf])
}

pub(super) fn hash_node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

pub(super) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut digest = Digest::default();
    parts.iter().for_each(|part| digest.update(part));
    digest.finish()
}

impl Tree {
    /// A tree of `size` leaves from its partial tiles, as [`Self::edge_tiles`] named them.
    #[must_use]
    pub fn from_edge(size: u64, mut find: impl FnMut(u32, u64) -> Option<Vec<Hash>>) -> Option<Self> {
        let mut edge = Vec::new();
        for (level, n, width) in edge_of(size) {
            let mut hashes = if width == 0 { Vec::new() } else { find(level, n)? };
            if hashes.len() < width {
                return None;
            }
            hashes.truncate(width);
            edge.push(hashes);
        }
        Some(Self { size, edge })
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash; full tiles go to `full`.
    pub fn append(&mut self, leaf: Hash, full: &mut Vec<Tile>) {
        let n = self.size >> TILE_HEIGHT;
        self.size += 1;
        self.push(0, n, leaf, full);
    }

    /// Appends 256 leaves at once, of which `root` is the root, to a tree that ends with a full tile; `false`, and nothing
    /// done, for another tree. Full tiles from level 1 on go to `full`.
    #[must_use]
    pub fn append_full(&mut self, root: Hash, full: &mut Vec<Tile>) -> bool {
        let width = TILE_WIDTH as u64;
        if !self.size.is_multiple_of(width) {
            return false;
        }
        if self.edge.is_empty() {
            self.edge.push(Vec::with_capacity(TILE_WIDTH));
        }
        let n = self.size >> (2 * TILE_HEIGHT);
        self.size += width;
        self.push(1, n, root, full);
        true
    }

    fn push(&mut self, from: usize, mut n: u64, mut hash: Hash, full: &mut Vec<Tile>) {
        for level in from.. {
            if self.edge.len() <= level {
                self.edge.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(tile) = self.edge.get_mut(level) else { return };
            tile.push(hash);
            if tile.len() < TILE_WIDTH {
                return;
            }
            let hashes = std::mem::take(tile);
            hash = fold(&hashes);
            full.push(Tile { level: u32::try_from(level).unwrap_or(u32::MAX), n, hashes });
            n >>= TILE_HEIGHT;
        }
    }

    /// The partial tiles of the right edge.
    #[must_use]
    pub fn edge_tiles(&self) -> Vec<Tile> {
        edge_of(self.size)
            .zip(&self.edge)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|((level, n, _), hashes)| Tile { level, n, hashes: hashes.clone() })
            .collect()
    }

    /// The root hash; of an empty tree, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let rest = self.edge.iter().fold(None, |rest, hashes| join(hashes, rest));
        rest.unwrap_or_else(|| sha256(&[]))
    }
}

/// Level, position and width of the partial tile of each level of a tree of `size` leaves.
fn edge_of(size: u64) -> impl Iterator<Item = (u32, u64, usize)> {
    let levels = (0u32..8).take_while(move |level| size >> (TILE_HEIGHT * level) > 0);
    levels.map(move |level| {
        let count = size >> (TILE_HEIGHT * level);
        (level, count >> TILE_HEIGHT, usize::try_from(count % 256).unwrap_or(0))
    })
}

/// Root over equal perfect subtrees and a smaller rest to their right.
fn join(nodes: &[Hash], rest: Option<Hash>) -> Option<Hash> {
    let (Some(first), count) = (nodes.first(), nodes.len()) else { return rest };
    if count == 1 && rest.is_none() {
        return Some(*first);
    }
    let bound = if rest.is_some() { count + 1 } else { count };
    let left = (bound - 1).checked_ilog2().map_or(1, |log| 1usize << log);
    let (head, tail) = nodes.split_at_checked(left)?;
    Some(hash_node(&fold(head), &join(tail, rest)?))
}

/// Root over a power of two of equal subtrees.
pub(super) fn fold(nodes: &[Hash]) -> Hash {
    match nodes {
        [] => sha256(&[]),
        [one] => *one,
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            hash_node(&fold(left), &fold(right))
        }
    }
}

/// Gives tiles by level and position; a partial tile may have more hashes than asked for.
pub trait TileSource {
    /// The hashes of a tile.
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>>;
}

/// The proof that leaf `index` is in the tree of `size` leaves: hashes from the leaf's sibling up.
#[must_use]
pub fn inclusion(tiles: &dyn TileSource, index: u64, size: u64) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while high - low > 1 {
        let middle = low + (1u64 << (high - low - 1).ilog2());
        if index < middle {
            path.push(range(tiles, middle, high)?);
            high = middle;
        } else {
            path.push(range(tiles, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Some(path)
}

pub(super) fn range(tiles: &dyn TileSource, low: u64, high: u64) -> Option<Hash> {
    let len = high - low;
    if len.is_power_of_two() {
        let height = len.ilog2();
        let (level, inside) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let first = low >> (TILE_HEIGHT * level);
        let start = usize::try_from(first % 256).ok()?;
        let hashes = tiles.tile(level, first / 256)?;
        return Some(fold(hashes.get(start..start + (1 << inside))?));
    }
    let middle = low + (1u64 << (len - 1).ilog2());
    Some(hash_node(&range(tiles, low, middle)?, &range(tiles, middle, high)?))
}

/// Whether `path` proves that `leaf` is leaf `index` of the tree with `root` and `size`.
#[must_use]
pub fn check_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = hash_node(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = hash_node(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn leaf(n: u64) -> Hash {
        hash_leaf(&n.to_be_bytes())
    }

    /// RFC 6962, section 2.1, word by word.
    fn textbook(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            more => {
                let (left, right) = more.split_at(1 << (more.len() - 1).ilog2());
                hash_node(&textbook(left), &textbook(right))
            }
        }
    }

    struct Kept(HashMap<(u32, u64), Vec<Hash>>);

    impl TileSource for Kept {
        fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
            self.0.get(&(level, n)).cloned()
        }
    }

    fn grown(size: u64) -> (Tree, Kept) {
        let (mut tree, mut full) = (Tree::default(), Vec::new());
        (0..size).for_each(|n| tree.append(leaf(n), &mut full));
        let tiles = full.into_iter().chain(tree.edge_tiles()).map(|tile| ((tile.level, tile.n), tile.hashes));
        (tree, Kept(tiles.collect()))
    }

    #[test]
    fn the_root_is_that_of_the_rfc_at_every_size() {
        let leaves: Vec<Hash> = (0..700).map(leaf).collect();
        let (mut tree, mut full) = (Tree::default(), Vec::new());
        for (n, hash) in leaves.iter().enumerate() {
            assert_eq!(tree.root(), textbook(&leaves[..n]), "size {n}");
            tree.append(*hash, &mut full);
        }
        let (big, _) = grown(65_536 + 300);
        let all: Vec<Hash> = (0..65_836).map(leaf).collect();
        assert_eq!(big.root(), textbook(&all));
    }

    #[test]
    fn tiles_appended_at_once_give_the_same_tree() {
        let (one_by_one, _) = grown(256 * 259 + 3);
        let (mut tree, mut full) = (Tree::default(), Vec::new());
        for tile in 0..259 {
            let hashes: Vec<Hash> = (tile * 256..(tile + 1) * 256).map(leaf).collect();
            assert!(tree.append_full(fold(&hashes), &mut full));
        }
        (256 * 259..256 * 259 + 3).for_each(|n| tree.append(leaf(n), &mut full));
        assert_eq!((tree.size(), tree.root()), (one_by_one.size(), one_by_one.root()));
        assert_eq!(tree.edge_tiles(), one_by_one.edge_tiles());
        assert!(!tree.append_full([0; 32], &mut full), "not in the middle of a tile");
    }

    #[test]
    fn a_tree_comes_back_from_its_edge() {
        for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537] {
            let (tree, tiles) = grown(size);
            let mut back = Tree::from_edge(size, |level, n| tiles.tile(level, n)).unwrap();
            assert_eq!(back.root(), tree.root(), "size {size}");
            let mut same = tree.clone();
            back.append([7; 32], &mut Vec::new());
            same.append([7; 32], &mut Vec::new());
            assert_eq!(back.root(), same.root());
        }
    }

    #[test]
    fn every_leaf_has_a_proof_and_no_other_leaf_fits_it() {
        for size in [1, 2, 3, 255, 256, 257, 600] {
            let (tree, tiles) = grown(size);
            for index in (0..size).step_by(7) {
                let path = inclusion(&tiles, index, size).unwrap();
                assert!(check_inclusion(&leaf(index), index, size, &path, &tree.root()));
                assert!(!check_inclusion(&leaf(index + 1), index, size, &path, &tree.root()));
            }
        }
    }
}
