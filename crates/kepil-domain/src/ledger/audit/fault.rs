//! What can be wrong with a copy of a log, and where.

/// One thing that is wrong. Positions count from 0.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// There is nothing at these positions.
    #[error("{} missing", these(.from, .to, "entry", "is", "are"))]
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The bytes are of no layout that the program writes.
    #[error("entry {0} is not of the layout of a leaf")]
    NoLeaf(u64),
    /// The bytes are not those that were hashed.
    #[error("entry {0} was altered: it does not give its hash in the tile")]
    Altered(u64),
    /// Two entries stand in each other's place.
    #[error("entries {0} and {1} were swapped")]
    Swapped(u64, u64),
    /// An entry was taken out and the rest moved up.
    #[error("entry {0} was deleted and those behind it were moved up")]
    Deleted(u64),
    /// A tile is not there.
    #[error("tile {level}/{n} is missing")]
    NoTile {
        /// Its level.
        level: u32,
        /// Its position in the level.
        n: u64,
    },
    /// A hash in a tile is not that of what is below it.
    #[error("tile {level}/{n} was altered at hash {at}: what is below it gives another")]
    Tile {
        /// Its level.
        level: u32,
        /// Its position in the level.
        n: u64,
        /// Which of its hashes.
        at: usize,
    },
    /// Entries and their tile agree with each other, not with the tile above them.
    #[error("entries {from} to {to} were rewritten: they agree with their tile, not with the tile above it")]
    Rewritten {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// The hour goes back, and no notice says why.
    #[error("entry {position} was dated back: its hour is {hours} before that of an entry in front of it")]
    DatedBack {
        /// Which.
        position: u64,
        /// How far. Unit: hours.
        hours: u32,
    },
    /// The hour lies after a witness saw the entry.
    #[error("entry {position} was dated ahead: its hour is {hours} after a witness saw it")]
    DatedAhead {
        /// Which.
        position: u64,
        /// How far. Unit: hours.
        hours: u32,
    },
    /// A notice promises late entries that do not follow it.
    #[error("entry {0} announces late entries, and what follows is not what it announces")]
    FalseNotice(u64),
    /// The sealed text of an entry is not there.
    #[error("entry {0}: its sealed text is missing")]
    NoText(u64),
    /// The sealed text of an entry cannot be one.
    #[error("entry {position}: its sealed text cannot be one, by its length of {bytes} bytes")]
    OddText {
        /// Which.
        position: u64,
        /// Unit: bytes.
        bytes: u64,
    },
    /// The tree of the entries is not the one that was signed.
    #[error("the {0} entries do not give the root that the checkpoint states")]
    Root(u64),
    /// There are fewer entries than a checkpoint said.
    #[error("the log was cut: it has {has} entries, and {held} in a checkpoint that you hold or a witness signed")]
    Cut {
        /// How many there are.
        has: u64,
        /// How many there were.
        held: u64,
    },
    /// The log is another than the one of a checkpoint.
    #[error("the log was forked: the first entry that is another lies from {from} to {to}")]
    Forked {
        /// The first that may differ.
        from: u64,
        /// The last that may be the first to differ.
        to: u64,
    },
    /// Entries stand behind the end that the checkpoint states, and were never signed.
    #[error("{} behind the signed end of the log", these(.from, .to, "entry", "stands", "stand"))]
    Beyond {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the derive passes references")]
fn these(from: &u64, to: &u64, one: &str, is: &str, are: &str) -> String {
    if from == to { format!("{one} {from} {is}") } else { format!("entries {from} to {to} {are}") }
}
