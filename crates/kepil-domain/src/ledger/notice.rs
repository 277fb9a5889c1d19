//! What a log says about itself: leaves about nobody, which anyone can read. Clause 5.1.
//!
//! The byte of the act is 128 or more; the 32 bytes that elsewhere bind a sealed text say it in the clear, and there is no
//! sealed text.

use super::Leaf;
use crate::{EventId, Hour, bytes::Reader};

/// The first byte of an act that is a notice.
const FIRST: u8 = 128;
const LATE: u8 = 128;
const RESTORED: u8 = 129;

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
    /// A restore broke off the log before: this one, under another name, begins with its first `kept` leaves; when it was
    /// last held it had `held`.
    Restored {
        /// The how manieth log of its compartment this is.
        generation: u32,
        /// How many leaves of the one before it are here.
        kept: u64,
        /// How many the one before it had at least.
        held: u64,
    },
}

impl Notice {
    /// The leaf that says so at `hour`.
    #[must_use]
    pub fn leaf(self, event: EventId, hour: Hour) -> Leaf {
        let (act, said) = match self {
            Self::Late { entries, oldest } => (LATE, [entries.to_be_bytes(), oldest.0.to_be_bytes()].concat()),
            Self::Restored { generation, kept, held } => {
                let sizes = [kept.to_be_bytes(), held.to_be_bytes()].concat();
                (RESTORED, [generation.to_be_bytes().as_slice(), &sizes].concat())
            }
        };
        let mut commitment = [0; 32];
        commitment.iter_mut().zip(said).for_each(|(to, from)| *to = from);
        Leaf { event, hour, act, commitment }
    }

    /// What `leaf` says of its log; `None` for an entry about somebody.
    #[must_use]
    pub fn of(leaf: &Leaf) -> Option<Self> {
        let mut reader = Reader(&leaf.commitment);
        let notice = match leaf.act {
            LATE => Self::Late { entries: reader.u32().ok()?, oldest: Hour(reader.u32().ok()?) },
            RESTORED => {
                let generation = reader.u32().ok()?;
                let mut size = || Some(u64::from_be_bytes(reader.array().ok()?));
                Self::Restored { generation, kept: size()?, held: size()? }
            }
            _ => return None,
        };
        reader.0.iter().all(|byte| *byte == 0).then_some(notice)
    }

    /// Whether `act` is the byte of a notice, of this version or a later one.
    #[must_use]
    pub fn is_one(act: u8) -> bool {
        act >= FIRST
    }
}
