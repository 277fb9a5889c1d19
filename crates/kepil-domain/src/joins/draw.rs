//! Lots drawn from a seed, so that a table can be made again. Nothing secret: never for keys.

/// A source of lots.
#[derive(Clone, Debug)]
pub struct Draw(u64);

impl Draw {
    /// The lots of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next lot (`SplitMix64`).
    pub fn next_lot(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next_lot() % end).unwrap_or(0)
    }

    /// One of `all`.
    pub fn one_of(&mut self, all: &[usize]) -> Option<usize> {
        all.get(self.below(all.len())).copied()
    }

    /// Mixes `all`.
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}
