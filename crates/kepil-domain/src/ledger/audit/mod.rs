//! Looking through a whole log for what is wrong: deleted, swapped, altered, back-dated and cut entries, and forks. Clause 5.1.
//!
//! Start reading at [`Audit`]: [`Stretch::check`] looks at 256 entries by themselves, [`Audit::add`] joins them in order,
//! [`Audit::finish`] compares with what was signed. Does not know: where the copy of the log is, who holds which checkpoint.

mod fault;
mod stretch;

use std::collections::HashMap;

pub use fault::Fault;
pub use stretch::{Copied, Stretch};

use super::{Hash, Notice, Tile, Tree};
use crate::Hour;
use stretch::Time;

/// How far the hour of an entry may lie behind that of one in front of it. Unit: hours. One for an entry that was made at the
/// end of an hour, one for clocks of nodes that differ; whatever waited longer comes after a notice that says so.
pub const BEHIND_MAX: u32 = 2;
/// How far it may lie after a witness saw it: the clocks differ. Unit: hours.
const AHEAD_MAX: u32 = 1;
/// How many entries are named, each by its position.
const NAMED_MAX: usize = 100;

/// More faults than these are not looked for: the size of a log is whatever its copy says.
const FAULTS_MAX: usize = 100_000;

/// A checkpoint that the verifier trusts: one they hold, or one that a witness signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Held {
    /// How many entries the log had.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// The hour in which a witness signed it.
    pub hour: Option<Hour>,
}

/// A look through one log, stretch by stretch.
pub struct Audit {
    tree: Tree,
    made: Vec<Tile>,
    held: Vec<Held>,
    /// How many of the held were passed, and the largest size at which one agreed.
    passed: usize,
    agreed: u64,
    fork: Option<(u64, u64)>,
    /// The latest hour so far, and the late entries that a notice announced and that are still to come.
    newest: u32,
    late: Option<Late>,
    /// How many came late, as announced.
    late_count: u64,
    faults: Vec<Fault>,
    differing: Vec<(u64, Hash, Hash)>,
    absent: Vec<(u64, Hash)>,
    /// The tree by the entries of the last stretch, where its tile has other hashes.
    other: Option<Tree>,
    is_blind: bool,
}

struct Late {
    notice: u64,
    left: u32,
    oldest: Hour,
}

/// What a look through a log found.
pub struct Audited {
    /// All that is wrong; empty for a whole log.
    pub faults: Vec<Fault>,
    /// How many entries came late and were announced.
    pub late: u64,
    /// How many entries there are.
    pub size: u64,
    /// Their root, unless some could not be hashed.
    pub root: Option<Hash>,
}

impl Audit {
    /// A look at a log against the checkpoints that the verifier holds.
    #[must_use]
    pub fn new(mut held: Vec<Held>) -> Self {
        held.sort_by_key(|held| held.size);
        Self {
            tree: Tree::default(),
            made: Vec::new(),
            held,
            passed: 0,
            agreed: 0,
            fork: None,
            newest: 0,
            late: None,
            late_count: 0,
            faults: Vec::new(),
            differing: Vec::new(),
            absent: Vec::new(),
            other: None,
            is_blind: false,
        }
    }

    /// Takes the next stretch.
    pub fn add(&mut self, stretch: Stretch) {
        let first = self.tree.size();
        let width = stretch.times.len().max(stretch.hashes.len()) as u64;
        self.faults.extend(stretch.faults);
        self.differing.extend(stretch.differing);
        self.absent.extend(stretch.absent);
        for (position, time) in (first..).zip(&stretch.times) {
            self.date(position, *time);
        }
        if self.is_blind || (stretch.hashes.len() as u64) < width {
            self.is_blind = true;
            return;
        }
        self.compare_held(first, &stretch.hashes);
        if let Some(own) = stretch.own {
            let mut tree = self.tree.clone();
            own.into_iter().for_each(|hash| tree.append(hash, &mut Vec::new()));
            self.other = Some(tree);
        }
        let is_done = stretch.root.is_some_and(|root| self.tree.append_full(root, &mut self.made));
        if !is_done {
            stretch.hashes.into_iter().for_each(|hash| self.tree.append(hash, &mut self.made));
        }
    }

    /// The tiles from level 1 on that were completed since the last call: what is stored must be the same.
    pub fn take_tiles(&mut self) -> Vec<Tile> {
        std::mem::take(&mut self.made).into_iter().filter(|tile| tile.level > 0).collect()
    }

    /// Compares a tile that was made with the one that is stored.
    pub fn compare_tile(&mut self, made: &Tile, stored: Option<&[Hash]>) {
        let Some(stored) = stored.and_then(|stored| stored.get(..made.hashes.len())) else {
            return self.faults.push(Fault::NoTile { level: made.level, n: made.n });
        };
        if let Some(at) = made.hashes.iter().zip(stored).position(|(made, stored)| made != stored) {
            self.faults.push(Fault::Tile { level: made.level, n: made.n, at });
        }
    }

    /// Whether so much is wrong that the rest would say no more.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.faults.len() + self.differing.len() > FAULTS_MAX
    }

    /// The unfinished tiles from level 1 on.
    #[must_use]
    pub fn edge_tiles(&self) -> Vec<Tile> {
        if self.is_blind {
            Vec::new()
        } else {
            self.tree.edge_tiles().into_iter().filter(|tile| tile.level > 0).collect()
        }
    }

    /// The end: the log says that it has `size` entries with `root`.
    #[must_use]
    pub fn finish(mut self, size: u64, root: &Hash) -> Audited {
        if let Some(late) = self.late.take() {
            self.faults.push(Fault::FalseNotice(late.notice));
        }
        if let Some(most) = self.held.last().filter(|held| held.size > size) {
            self.faults.push(Fault::Cut { has: size, held: most.size });
        }
        let tree = self.settle_last(root);
        if !self.is_blind && tree != *root {
            self.faults.push(Fault::Root(size));
        }
        if let Some((from, to)) = self.fork {
            self.faults.push(Fault::Forked { from, to });
        }
        self.name_differing();
        let root = (!self.is_blind).then_some(tree);
        Audited { faults: self.faults, late: self.late_count, size, root }
    }

    /// Where the last tile and its entries differ, the root says which is right.
    fn settle_last(&mut self, root: &Hash) -> Hash {
        let (by_tile, by_entries) = (self.tree.root(), self.other.as_ref().map(Tree::root));
        let Some(other) = by_entries.filter(|other| by_tile != *root && other == root) else { return by_tile };
        let first = self.tree.size().saturating_sub(1) / 256 * 256;
        let faults = &mut self.faults;
        self.differing.retain(|(position, ..)| {
            let is_tile = *position >= first;
            if is_tile {
                let at = usize::try_from(position - first).unwrap_or(usize::MAX);
                faults.push(Fault::Tile { level: 0, n: first / 256, at });
            }
            !is_tile
        });
        other
    }

    /// The rule of hours: none goes back by more than [`BEHIND_MAX`] unless a notice announced it.
    fn date(&mut self, position: u64, time: Option<Time>) {
        while let Some(passed) = self.held.get(self.passed).filter(|held| held.size <= position) {
            self.newest = self.newest.max(passed.hour.map_or(0, |hour| hour.0));
            self.passed += 1;
        }
        let Some(Time { hour, notice }) = time else { return self.count_late() };
        let seen = self.held.iter().skip(self.passed).find_map(|held| held.hour);
        if let Some(hours) = seen.and_then(|seen| hour.0.checked_sub(seen.0)).filter(|hours| *hours > AHEAD_MAX) {
            self.faults.push(Fault::DatedAhead { position, hours });
        }
        if let Some(late) = &self.late {
            let is_announced = notice.is_none() && hour >= late.oldest && hour.0 <= self.newest;
            if is_announced {
                self.late_count += 1;
                return self.count_late();
            }
            self.faults.push(Fault::FalseNotice(late.notice));
            self.late = None;
        }
        let hours = self.newest.saturating_sub(hour.0);
        if hours > BEHIND_MAX {
            self.faults.push(Fault::DatedBack { position, hours });
        }
        self.newest = self.newest.max(hour.0);
        if let Some(Notice::Late { entries: entries @ 1.., oldest }) = notice {
            self.late = Some(Late { notice: position, left: entries, oldest });
        }
    }

    /// One of the late entries that were announced is passed.
    fn count_late(&mut self) {
        self.late = self.late.take().map(|late| Late { left: late.left - 1, ..late }).filter(|late| late.left > 0);
    }

    /// Compares the tree at the size of each checkpoint that ends within the next `hashes`.
    fn compare_held(&mut self, first: u64, hashes: &[Hash]) {
        let last = first + hashes.len() as u64;
        let within: Vec<Held> =
            self.held.iter().filter(|held| held.size > first && held.size <= last).cloned().collect();
        let (mut tree, mut rest) = (self.tree.clone(), hashes.iter());
        for held in within {
            while tree.size() < held.size {
                let Some(hash) = rest.next() else { return };
                tree.append(*hash, &mut Vec::new());
            }
            if tree.root() == held.root {
                self.agreed = self.agreed.max(held.size);
            } else if self.fork.is_none() {
                self.fork = Some((self.agreed, held.size - 1));
            }
        }
    }

    /// Says of entries that have other hashes than their tile what happened to them.
    fn name_differing(&mut self) {
        let differing = std::mem::take(&mut self.differing);
        let told = differing.iter().map(|(position, _, told)| (*told, *position));
        let told: HashMap<Hash, u64> =
            told.chain(self.absent.iter().map(|(position, told)| (*told, *position))).collect();
        let own: HashMap<Hash, u64> = differing.iter().map(|(position, own, _)| (*own, *position)).collect();
        let mut rest = differing.iter().peekable();
        let mut named = 0;
        while let Some((position, has, should)) = rest.next().filter(|_| named < NAMED_MAX) {
            named += 1;
            // What should be here stands somewhere else, and the other way round.
            let (partner, other) = (own.get(should), told.get(has));
            let is_moved_up = |at: u64, has: &Hash| told.get(has) == Some(&(at + 1));
            if partner.is_some() && partner == other {
                if partner > Some(position) {
                    self.faults.push(Fault::Swapped(*position, *partner.unwrap_or(position)));
                }
            } else if is_moved_up(*position, has) {
                self.faults.push(Fault::Deleted(*position));
                while rest.next_if(|(at, has, _)| is_moved_up(*at, has)).is_some() {}
            } else {
                self.faults.push(Fault::Altered(*position));
            }
        }
    }
}
