//! A stretch of a log by itself: 256 entries and their tile, or the fewer at the end. All heavy hashing is here, and
//! stretches need each other for none of it.

use crate::{
    Hour,
    ledger::{Hash, Leaf, Notice, TILE_WIDTH, hash_leaf, tree::fold},
};

use super::Fault;

/// Nonce and tag around a sealed text, and the step of its length; see [`crate::ledger::Entry::seal`]. Unit: bytes.
const SEAL: u64 = 28;
const PAD: u64 = 128;

/// An entry in a copy of a log.
#[derive(Clone, Copy)]
pub struct Copied<'a> {
    /// The bytes that the tree hashes; `None` where there is nothing.
    pub leaf: Option<&'a [u8]>,
    /// How long its sealed text is, where the copy has texts. Unit: bytes.
    pub text_bytes: Option<u64>,
}

/// What a stretch is found to be.
pub struct Stretch {
    pub(super) n: u64,
    /// The hashes by which the tree goes on.
    pub(super) hashes: Vec<Hash>,
    /// Those of the entries, where the tile has others and nothing above says which are right.
    pub(super) own: Option<Vec<Hash>>,
    /// The root of 256.
    pub(super) root: Option<Hash>,
    /// What each leaf says of time.
    pub(super) times: Vec<Option<Time>>,
    pub(super) faults: Vec<Fault>,
    /// Position, the hash that the entry has, and the one that the tile has.
    pub(super) differing: Vec<(u64, Hash, Hash)>,
    /// Position and hash of entries that only the tile has.
    pub(super) absent: Vec<(u64, Hash)>,
}

/// What a leaf says of time.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub hour: Hour,
    pub notice: Option<Notice>,
}

impl Stretch {
    /// Looks at stretch `n`: its `entries`, as many as there should be, its `tile`, and its hash in the tile above.
    #[must_use]
    pub fn check(n: u64, entries: &[Copied<'_>], tile: Option<&[Hash]>, above: Option<Hash>) -> Self {
        let first = n * TILE_WIDTH as u64;
        let mut found = Self {
            n,
            hashes: Vec::with_capacity(entries.len()),
            own: None,
            root: None,
            times: Vec::with_capacity(entries.len()),
            faults: Vec::new(),
            differing: Vec::new(),
            absent: Vec::new(),
        };
        let tile = tile.and_then(|tile| tile.get(..entries.len()));
        if tile.is_none() {
            found.faults.push(Fault::NoTile { level: 0, n });
        }
        let mut own: Vec<Option<Hash>> = Vec::with_capacity(entries.len());
        for (position, entry) in (first..).zip(entries) {
            own.push(entry.leaf.map(hash_leaf));
            found.look(position, *entry);
        }
        found.compare(first, &own, tile, above);
        if found.hashes.len() == TILE_WIDTH {
            found.root = Some(found.root.unwrap_or_else(|| fold(&found.hashes)));
        }
        found
    }

    /// A stretch of which only the tile is at hand.
    #[must_use]
    pub fn of_tile(n: u64, tile: Vec<Hash>) -> Self {
        let root = (tile.len() == TILE_WIDTH).then(|| fold(&tile));
        let (times, faults, differing, absent) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { n, hashes: tile, own: None, root, times, faults, differing, absent }
    }

    /// Layout of the leaf and shape of the text.
    fn look(&mut self, position: u64, entry: Copied<'_>) {
        let Some(bytes) = entry.leaf else {
            self.times.push(None);
            return match self.faults.last_mut() {
                Some(Fault::Missing { to, .. }) if *to + 1 == position => *to = position,
                _ => self.faults.push(Fault::Missing { from: position, to: position }),
            };
        };
        let Some(leaf) = Leaf::from_bytes(bytes) else {
            self.times.push(None);
            return self.faults.push(Fault::NoLeaf(position));
        };
        let is_notice = Notice::is_one(leaf.act);
        self.times.push(Some(Time { hour: leaf.hour, notice: is_notice.then(|| Notice::of(&leaf)).flatten() }));
        match entry.text_bytes {
            Some(0) if !is_notice => self.faults.push(Fault::NoText(position)),
            Some(bytes) if !(is_notice && bytes == 0 || !is_notice && is_text(bytes)) => {
                self.faults.push(Fault::OddText { position, bytes });
            }
            _ => {}
        }
    }

    /// Which hashes are right: those of the entries, or those of the tile.
    fn compare(&mut self, first: u64, own: &[Option<Hash>], tile: Option<&[Hash]>, above: Option<Hash>) {
        let Some(tile) = tile else {
            self.hashes = own.iter().map_while(|hash| *hash).collect();
            return;
        };
        let pairs = || (first..).zip(own.iter().zip(tile));
        self.differing = pairs().filter_map(|(at, (own, told))| own.map(|own| (at, own, *told))).collect();
        self.absent = pairs().filter(|(_, (own, _))| own.is_none()).map(|(at, (_, told))| (at, *told)).collect();
        self.differing.retain(|(_, own, told)| own != told);
        self.hashes = tile.to_vec();
        let is_full = tile.len() == TILE_WIDTH;
        if self.differing.is_empty() {
            self.root = is_full.then(|| fold(tile));
            if self.root.zip(above).is_some_and(|(root, above)| root != above) {
                self.faults.push(Fault::Rewritten { from: first, to: first + tile.len() as u64 - 1 });
            }
            return;
        }
        let all: Vec<Hash> = own.iter().map_while(|hash| *hash).collect();
        let own = (all.len() == tile.len()).then_some(all);
        match (own, above.filter(|_| is_full)) {
            (Some(own), Some(above)) if fold(tile) != above && fold(&own) == above => {
                for (position, ..) in std::mem::take(&mut self.differing) {
                    let at = usize::try_from(position - first).unwrap_or(usize::MAX);
                    self.faults.push(Fault::Tile { level: 0, n: self.n, at });
                }
                self.hashes = own;
            }
            (own, None) => self.own = own,
            _ => {}
        }
    }
}

fn is_text(bytes: u64) -> bool {
    bytes > SEAL && (bytes - SEAL).is_multiple_of(PAD)
}
