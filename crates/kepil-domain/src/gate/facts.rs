//! What the gate knows when it decides. A missing fact is a refusal.

use kepil_policy::{DutyId, EditionNo, FieldSet, Subject};

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
        /// The fields that were given one by one, where the purpose asks so.
        fields: FieldSet,
        /// The day it was given.
        on: Day,
    },
    /// Withdrawn.
    Withdrawn,
}

/// What is known of a person in the compartment asked about, towards the service that asks.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four facts, each with a refusal of its own")]
pub struct SubjectFacts {
    /// A person or a legal entity.
    pub kind: Subject,
    /// Whether nobody may act for the legal entity any more (clause 1.1b).
    pub is_frozen: bool,
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
    /// Whether somebody has a guardian's mandate for the person at the service (clause 2.4c).
    pub has_guardian: bool,
    /// The fields that the person shows, at the service asked about, to whoever looks.
    pub shown: FieldSet,
}

/// What is known of someone of the staff.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "four conditions, each with a refusal of its own")]
pub struct StaffFacts {
    /// The duty that they have now: granted, confirmed, within its time.
    pub duty: Option<DutyId>,
    /// Whether they proved themselves by a second factor in this session.
    pub is_strong: bool,
    /// Whether they signed the undertaking and the internal rules as they stand (clauses 5.2d, 5.2e).
    pub has_signed: bool,
    /// Whether their training is recorded and not too long ago (clause 5.2f).
    pub is_trained: bool,
    /// Whether they stated for what they need it (clause 3.5c).
    pub has_reason: bool,
}

/// What is known of whoever acts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ActorFacts {
    /// Nothing, and for most acts nothing is needed.
    #[default]
    Nothing,
    /// Someone who acts for the person or legal entity: whether they have a mandate for that now.
    Mandate {
        /// Whether they have.
        is_live: bool,
    },
    /// Someone of the staff.
    Staff(StaffFacts),
    /// Someone who looks at a profile.
    Viewer {
        /// Whether they use the same service.
        is_member: bool,
        /// Whether the person named them there.
        is_named: bool,
    },
}

/// About how many people whoever asks may ask: a limit that looks at nobody in particular (clause 3.4g).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    /// About this one too.
    #[default]
    Within,
    /// They asked about as many as they may.
    Spent,
    /// About many at once, which the purpose does not allow.
    NotInBulk,
}

/// What is known. `subject` is `None` when the service knows no such person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts {
    /// The person.
    pub subject: Option<SubjectFacts>,
    /// Whoever acts.
    pub actor: ActorFacts,
    /// How far whoever asks may go, whomever they ask about.
    pub reach: Reach,
}

impl Facts {
    /// Whether the person consented to the purpose, and has not withdrawn that.
    #[must_use]
    pub fn is_consented(&self) -> bool {
        self.subject.is_some_and(|subject| matches!(subject.consent, Consent::Given { .. }))
    }
}
