//! The receipt: proof that an act is durably in the ledger.

use crate::{EventId, Hour};

/// Says that the entry of an act is durable. Used up by [`crate::vault::open`].
#[derive(Debug)]
pub struct Receipt {
    event: EventId,
    commitment: [u8; 32],
    hour: Hour,
}

impl Receipt {
    /// Only the store may call this, and only after the entry was flushed to disk.
    ///
    /// Rust has no friend crates: `clippy.toml` and tidy allow the call in `kepil-store` alone.
    #[must_use]
    pub fn danger_committed(event: EventId, commitment: [u8; 32], hour: Hour) -> Self {
        Self { event, commitment, hour }
    }

    /// The act.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.event
    }

    /// The commitment in the leaf.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        self.commitment
    }

    /// The hour in the leaf.
    #[must_use]
    pub fn hour(&self) -> Hour {
        self.hour
    }
}
