//! The account of a child, as a guardian makes it, and the way in that a grown ward gets.
//!
//! Source: clause 2.4c.

use super::{
    ages::AgeBar,
    parts::{Carry, Input, Link},
};

/// `GET` and `POST /me/representing/make/ward`. Posts the fields, and `guardian`.
pub struct MakeWard {
    /// What is asked of a child.
    pub inputs: Vec<Input>,
    /// From what age a service takes people. Unit: years.
    pub from: u32,
    /// From what age people make their own account. Unit: years.
    pub below: u32,
    /// From what age one may be a guardian. Unit: years.
    pub least_age: u32,
    /// What is against it that the reader adds a child.
    pub bar: Option<AgeBar>,
    /// Whether the reader did not say that they are the guardian.
    pub must_say: bool,
    /// What is accepted for the child.
    pub documents: Vec<Link>,
    /// Posted back.
    pub carry: Carry,
}

impl MakeWard {
    pub(super) fn has_errors(&self) -> bool {
        self.must_say || self.inputs.iter().any(|input| input.error.is_some())
    }
}

/// `GET` and `POST /me/representing/{id}/in`. Posts `email`, or `act` = `call_back`.
pub struct WayIn {
    /// The ward's page.
    pub path: String,
    /// Their name, if they have one.
    pub name: Option<String>,
    /// Whether they are of age by now, so that nobody is their guardian any more.
    pub is_grown: bool,
    /// What was typed before.
    pub email: String,
    /// Whether it must be mended.
    pub failed: bool,
}
