//! The parts of a compiled policy that are about staff: what everybody of it signs, and what each duty lets somebody do.
//!
//! Clauses 5.2b to 5.2f.

use crate::{Budget, DutyId, FieldSet, Power, Tag, Term, Texts, UseId};

/// A document that everybody of the staff signs.
#[derive(Clone, Debug)]
pub struct ToSign {
    /// Which: an index into [`crate::Policy::documents`].
    pub document: usize,
    /// SHA-256 of the text and of what its table of duties says, in the order of [`crate::Language::ALL`].
    pub shown: Vec<[u8; 32]>,
}

/// What binds everybody of the staff (clauses 5.2d to 5.2f).
#[derive(Clone, Debug)]
pub struct StaffRules {
    /// What they undertake.
    pub undertaking: ToSign,
    /// The internal rules that they follow.
    pub rules: ToSign,
    /// How long a training counts.
    pub training: Term,
    /// The longest time for which a duty is granted.
    pub longest: Term,
    /// Whether the only officer's own word is enough where a second one would confirm.
    pub one_officer: bool,
}

/// What someone of the staff may see for a purpose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Duty {
    /// Its position.
    pub id: DutyId,
    /// Stable name.
    pub tag: Tag,
    /// Its name in the bundle.
    pub name: String,
    /// Which purpose it serves: `service/purpose`.
    pub purpose: String,
    /// That purpose; `None` where it is none of the bundle, which its check does not let pass.
    pub serves: Option<UseId>,
    /// What it lets someone do.
    pub powers: Vec<Power>,
    /// What it needs to see.
    pub fields: FieldSet,
    /// About how many people somebody with it may ask (clause 3.4g).
    pub budget: Budget,
    /// What people read.
    pub label: Texts,
}
