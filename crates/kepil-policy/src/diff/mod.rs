//! Two editions compared: what widens, what narrows, what is neutral. Clauses 1.3a, 8.1a; the list drives acceptance and
//! notices.
//!
//! Start reading at [`diff`]. A change that could give anyone more than a person accepted is a widening, also where it
//! may turn out harmless; a change of words or order is neutral. Nothing that a bundle can say goes unlisted.

mod changes;
mod fields;
mod head;
mod rules;
mod services;
mod uses;

use std::fmt;

use crate::Policy;
use changes::Changes;

/// How a change stands towards a person who accepted the edition before.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Effect {
    /// Needs the person's acceptance.
    Widened,
    /// Holds for everyone at once.
    Narrowed,
    /// Neither gives nor takes.
    Neutral,
}

/// One change between two editions.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Change {
    /// How it stands.
    pub effect: Effect,
    /// Whom it concerns: `service/purpose`, a field, a document.
    pub about: String,
    /// What changed.
    pub what: String,
}

impl Change {
    /// Whether it needs the person's acceptance.
    #[must_use]
    pub fn is_widening(&self) -> bool {
        self.effect == Effect::Widened
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::Widened => "widened",
            Effect::Narrowed => "narrowed",
            Effect::Neutral => "neutral",
        };
        write!(f, "{effect}: {}: {}", self.about, self.what)
    }
}

/// Every change from `old` to `new`, widening ones first.
#[must_use]
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Changes::default();
    head::compare(old, new, &mut changes);
    fields::compare(old, new, &mut changes);
    uses::compare(old, new, &mut changes);
    services::compare(old, new, &mut changes);
    rules::compare(old, new, &mut changes);
    changes.sorted()
}
