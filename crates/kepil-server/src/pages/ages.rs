//! The question for the reader's age, before anything else and without an account. Clause 2.4c.

use super::{asking::Asker, parts::Carry};

/// `GET /age/{service}`. Posts `choice` to itself.
pub struct AgeGate {
    /// Who asks.
    pub asker: Asker,
    /// From what age. Unit: years.
    pub years: u32,
    /// Where it posts.
    pub post_path: String,
    /// Posted back.
    pub carry: Carry,
}
