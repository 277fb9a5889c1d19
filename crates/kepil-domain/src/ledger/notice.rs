//! What a log says about itself: leaves about nobody, which anyone can read. Clause 5.1.
//!
//! The byte of the act is 128 or more; the 32 bytes that elsewhere bind a sealed text say it in the clear, and there is no
//! sealed text.

use super::Leaf;
use crate::{EventId, Hour, bytes::Reader};

/// The first byte of an act that is a notice.
const FIRST: u8 = 128;
const LATE: u8 = 128;

/// A statement of a log about what follows in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Notice {
    /// The next `entries` leaves come late: they waited, as on a node that was down, and are older than those before them.
    Late {
        /// How many.
        entries: u32,
        /// The hour of the oldest.
        oldest: Hour,
    },
}

impl Notice {
    /// The leaf that says so at `hour`.
    #[must_use]
    pub fn leaf(self, event: EventId, hour: Hour) -> Leaf {
        let Self::Late { entries, oldest } = self;
        let mut commitment = [0; 32];
        let said = entries.to_be_bytes().into_iter().chain(oldest.0.to_be_bytes());
        commitment.iter_mut().zip(said).for_each(|(to, from)| *to = from);
        Leaf { event, hour, act: LATE, commitment }
    }

    /// What `leaf` says of its log; `None` for an entry about somebody.
    #[must_use]
    pub fn of(leaf: &Leaf) -> Option<Self> {
        let mut reader = Reader(&leaf.commitment);
        let (entries, oldest) = (reader.u32().ok()?, Hour(reader.u32().ok()?));
        (leaf.act == LATE && reader.0.iter().all(|byte| *byte == 0)).then_some(Self::Late { entries, oldest })
    }

    /// Whether `act` is the byte of a notice, of this version or a later one.
    #[must_use]
    pub fn is_one(act: u8) -> bool {
        act >= FIRST
    }
}
