//! Decisions of a person: accept a service or a later edition, release claims to a third party.
//!
//! Source: clauses 1.2c, 1.3a, 2.4c, 3.4e, 3.4f, 8.2a. Both answers have the same size, place and weight.

use super::{
    ages::AgeBar,
    guardians::Guarded,
    parts::{Carry, Input, Link, Purpose},
    when::When,
};

/// Who asks.
pub struct Asker {
    /// What people call the service.
    pub label: String,
    /// What it does, in one sentence.
    pub about: String,
    /// Name of the legal entity behind it.
    pub owner: String,
    /// Its registration number.
    pub bin: String,
}

/// `GET /accept` on the way to a service, and `GET /me/services/{service}/accept`. Posts `choice` = `accept` or `refuse` and one `purpose` for each ticked box.
pub struct Acceptance {
    /// The entity or ward for whom the reader accepts, if they do not for themselves; empty for a ward without a name.
    pub whom: Option<String>,
    /// The service.
    pub asker: Asker,
    /// Purposes without which it cannot serve.
    pub necessary: Vec<Purpose>,
    /// Purposes that are off until ticked.
    pub optional: Vec<Purpose>,
    /// Years; 0 means no least age.
    pub least_age: u32,
    /// What their age has against it that the reader, or whoever they act for, accepts.
    pub bar: Option<AgeBar>,
    /// What a guardian has to do with it, where one is asked for and the reader does not act alone. Then `of_age` may be posted.
    pub guarded: Option<Guarded>,
    /// What is accepted.
    pub documents: Vec<Link>,
    /// What changed for the person since the edition that they accepted, in plain words; empty at the first acceptance.
    pub changes: Vec<String>,
    /// Since when the edition that the person accepted before; `None` at the first acceptance.
    pub accepted_before: Option<When>,
    /// What a refusal comes to.
    pub refusing: Refusing,
    /// The full comparison of both editions.
    pub diff: Option<Link>,
    /// Where it posts.
    pub post_path: String,
    /// Posted back.
    pub carry: Carry,
}

/// What it comes to when somebody refuses terms.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusing {
    /// The service does not open.
    Service,
    /// The edition that they accepted before stays.
    Newer,
    /// Nothing: they accepted these very terms before.
    Same,
    /// Of whoever was brought along nothing is used; what is held stays theirs to see and to delete.
    Account,
}

impl Refusing {
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Service => "acceptance-refusing",
            Self::Newer => "acceptance-refusing-newer",
            Self::Same => "acceptance-refusing-same",
            Self::Account => "acceptance-refusing-account",
        }
    }
}

impl Acceptance {
    /// Whether the reader can accept here.
    pub(super) fn can_accept(&self) -> bool {
        self.bar.is_none() && self.guarded.as_ref().is_none_or(Guarded::can_accept)
    }
}

/// A claim that a third party asks for.
pub struct Claim {
    /// Its name; what a tick posts as `claim`.
    pub name: String,
    /// What the field is called.
    pub label: String,
    /// The value; `None` when nothing is held.
    pub value: Option<String>,
    /// Whether the third party cannot go on without it.
    pub required: bool,
    /// Whether its box is ticked.
    pub chosen: bool,
}

/// `GET /consent` on the way to a third party, and `GET /me/consents/{service}/{purpose}` later. Posts `choice` = `allow`, or
/// `refuse` (later: `withdraw`), and one `claim` for each ticked box.
pub struct Consent {
    /// The third party.
    pub asker: Asker,
    /// What it wants the data for.
    pub purpose: String,
    /// What it asks for.
    pub claims: Vec<Claim>,
    /// For how long, in words of the bundle.
    pub keep: String,
    /// Years; 0 means no least age.
    pub least_age: u32,
    /// What their age has against it that the reader, or whoever they act for, allows it.
    pub bar: Option<AgeBar>,
    /// Its own documents.
    pub documents: Vec<Link>,
    /// Whether the consent was given before and is looked at again.
    pub is_later: bool,
    /// Whether it was sent without something that is needed, and comes back.
    pub lacks_needed: bool,
    /// Whether the third party opens without it, too.
    pub is_optional: bool,
    /// Where it posts.
    pub post_path: String,
    /// Posted back.
    pub carry: Carry,
}

/// `GET` and `POST /me/inquiries/{id}`: a service asks for what is given on request only (clause 2.1.1c). Posts `choice` =
/// `give` or `refuse`, and the values.
pub struct Inquiry {
    /// The service.
    pub asker: Asker,
    /// What it wants the data for.
    pub purpose: String,
    /// What it calls the agreement for which it needs them.
    pub agreement: String,
    /// When it asked.
    pub asked: When,
    /// For how long, in words of the bundle.
    pub keep: String,
    /// Who else receives the data.
    pub recipients: Vec<String>,
    /// What it asks for.
    pub inputs: Vec<Input>,
    /// Where it posts.
    pub post_path: String,
}

impl Inquiry {
    pub(super) fn has_errors(&self) -> bool {
        self.inputs.iter().any(|input| input.error.is_some())
    }
}
