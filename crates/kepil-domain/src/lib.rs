//! Types and decisions: the gate, the vault and the ledger, with nothing around them.
//!
//! Start reading at [`gate::decide`], then [`vault::open`], then [`ledger::Entry`].
//! Does not know: files, databases, sockets, clocks, randomness. Moments and random bytes are arguments.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        reason = "tests may stop at the first surprise"
    )
)]

mod bytes;
mod digest;
pub mod form;
pub mod gate;
pub mod ids;
pub mod joins;
pub mod ledger;
pub mod moment;
pub mod personal;
pub mod proof;
pub mod standing;
pub mod vault;

pub use digest::Digest;
pub use ids::{ContentId, Entropy, EventId, Handle, Installation, Locator, NoEntropy, SessionMark, Sub, hex};
pub use moment::{Day, Hour, Moment, Tick};
pub use personal::Personal;
pub use proof::Receipt;
