//! Bundle text to a checked, compiled, hashed policy; the diff of two editions; what is generated from them.
//!
//! Start reading at [`compile()`] and [`Policy`]. Source: design of the house, laws 1 and 6; clauses 1.2a to 1.3b, 2.1¶B, 2.1¶C.
//! Does not know: files, clocks, people, databases. The caller passes texts and moments.
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

mod budget;
mod bundle;
mod check;
mod compile;
mod coverage;
mod date;
pub mod diagnostic;
mod diff;
mod explain;
pub mod ids;
mod index;
pub mod law;
pub mod laws;
pub mod lineage;
pub mod parts;
pub mod policy;
mod raw;
mod reader;
mod screen;
pub mod set;
mod staff;
pub mod words;

pub use budget::Budget;
pub use bundle::Bundle;
pub use compile::compile;
pub use coverage::coverage;
pub use date::Date;
pub use diagnostic::{Code, Diagnostic, Place};
pub use diff::{Change, Effect, diff};
pub use explain::render_document;
pub use ids::{
    ClassId, CompartmentId, DutyId, EditionNo, FieldId, PurposeTag, ServiceId, ServiceTag, Tag, UseId, compartment_tag,
};
pub use law::Law;
pub use lineage::{Edition, Effective, Lineage, LineageError};
pub use parts::{
    Aggregate, Clause, Compartment, Cookie, Derive, Document, DocumentKind, Field, Floor, FormPlace, GeneralPurpose,
    Guarded, Keep, KeepClass, Link, Operator, Owner, PolicyHash, Profile, Recipient, Sdk, Service, ServiceKind, Term,
    Texts, Until, Use,
};
pub use policy::Policy;
pub use screen::{Banned, checks_itself, is_unseen};
pub use set::FieldSet;
pub use staff::{Duty, StaffRules, ToSign};
pub use words::{Audience, Basis, Category, Kind, Language, Power, Subject, Verb, VerbSet};
