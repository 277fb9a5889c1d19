//! The gate: who may do what with which fields of whom, and why not.
//!
//! Start reading at [`decide()`]. Source: laws 2, 3 and 6 of the house; clauses 1.2c, 1.3a, 2.1¶C, 2.4c, 3.1.3, 3.2a,
//! 3.4a to 3.4e, 4.5, 4.7, 5.2c, 7.3.
//! Does not know: where facts come from, how values are sealed.

mod ask;
mod decide;
mod facts;
mod refusal;

pub use ask::{Actor, Ask, Ground, Right};
pub use decide::{Permit, Refused, Sorted, Verdict, decide, on_duty};
pub use facts::{ActorFacts, Agreement, Consent, Facts, Life, Reach, StaffFacts, SubjectFacts};
pub use refusal::Refusal;
