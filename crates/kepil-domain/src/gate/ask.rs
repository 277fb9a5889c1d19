//! What is asked of the gate.

use kepil_policy::{DutyId, FieldSet, ServiceId, UseId, Verb};

use crate::{EventId, Moment};

/// Who acts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Actor {
    /// The person whose data they are.
    Person,
    /// Someone who acts for the person.
    Representative,
    /// A service.
    Service(ServiceId),
    /// Someone of the staff.
    Officer,
    /// Someone who looks at what a person shows of themselves.
    Viewer,
    /// Someone outside to whom data are passed.
    Recipient,
    /// The program itself, for the account.
    System,
}

impl Actor {
    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Representative => "representative",
            Self::Service(_) => "service",
            Self::Officer => "officer",
            Self::Viewer => "viewer",
            Self::Recipient => "recipient",
            Self::System => "system",
        }
    }
}

/// A right that the law gives a person over their own data (clauses 4.1 to 4.7). It does not end while data exist.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Right {
    /// See and take away (4.1, 4.6).
    See,
    /// Correct (4.3).
    Correct,
    /// Have processing stopped while a dispute lasts (4.5).
    Block,
    /// Delete (4.4a).
    Delete,
}

/// On what ground data are asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Ground {
    /// A purpose of a service.
    Use(UseId),
    /// A right of the person.
    Right(Right),
    /// A duty of staff.
    Duty(DutyId),
    /// What a person shows of themselves at a service (clauses 2.3a, 4.2).
    Profile(ServiceId),
    /// Their name, as one who acts for a legal entity at a service and lets it know the name (clause 2.1¶C3).
    Mandate(ServiceId),
}

/// One question to the gate.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Names the act: permit, receipt and sealed record carry it too.
    pub event: EventId,
    /// Who acts.
    pub actor: Actor,
    /// On what ground.
    pub ground: Ground,
    /// What is to be done.
    pub verb: Verb,
    /// With which fields, in ids of the edition in force.
    pub fields: FieldSet,
    /// When.
    pub moment: Moment,
}
