//! What the gate knows when it decides. A missing fact is a refusal.

use kepil_policy::{EditionNo, FieldSet};

use crate::Day;

/// Whether data may be touched at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Life {
    /// They may.
    Live,
    /// They are being destroyed; nothing opens any more.
    Destroying,
}

/// The agreement of a person with a service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Agreement {
    /// Never accepted.
    Never,
    /// Accepted and running.
    Live {
        /// The edition that the person accepted.
        edition: EditionNo,
    },
    /// Ended.
    Ended {
        /// The day it ended.
        on: Day,
    },
}

/// The consent of a person to one purpose of one service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Consent {
    /// Never given.
    Never,
    /// Given and running.
    Given {
        /// The edition under which it was given.
        edition: EditionNo,
        /// The fields it was given for; all, where the purpose does not ask claim by claim.
        fields: FieldSet,
        /// The day it was given.
        on: Day,
    },
    /// Withdrawn.
    Withdrawn,
}

/// What is known of a person in the compartment asked about, towards the service that asks.
#[derive(Clone, Copy, Debug)]
pub struct SubjectFacts {
    /// Whether data may be touched at all.
    pub life: Life,
    /// Whether everything is blocked (clause 4.5).
    pub is_blocked: bool,
    /// Fields blocked apart.
    pub blocked: FieldSet,
    /// Whether something forbids destruction.
    pub is_held: bool,
    /// The agreement with the service.
    pub agreement: Agreement,
    /// The consent to the purpose.
    pub consent: Consent,
    /// The age that was confirmed, "at least"; `None` when it never was. Unit: years.
    pub age_at_least: Option<u32>,
}

/// What is known. `subject` is `None` when the service knows no such person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// The person.
    pub subject: Option<SubjectFacts>,
}
