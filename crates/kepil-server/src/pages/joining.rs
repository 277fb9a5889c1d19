//! Pages of somebody who is not here yet: the front, the form, the letter, the confirmation.
//!
//! Source: clauses 1.2c, 1.3a, 2.1.1a, 2.4c. A page never tells whether an address is known.

use super::parts::{Carry, Input, Link, Purpose, Work};

/// `GET /`: who runs this and what it promises.
pub struct Front {
    /// The operator's registration number.
    pub bin: String,
    /// The operator's postal address.
    pub address: String,
    /// Where people write to about their data.
    pub contact: String,
    /// The policy in a few sentences.
    pub summary: Vec<String>,
    /// The documents in force.
    pub documents: Vec<Link>,
}

/// `GET` and `POST /register`.
pub struct Register {
    /// The fields that the bundle asks for, in its order.
    pub inputs: Vec<Input>,
    /// What is wrong with the password, in the reader's language.
    pub password_error: Option<String>,
    /// Unit: letters.
    pub password_letters_min: u32,
    /// Services with a least age: name and years.
    pub ages: Vec<(String, u32)>,
    /// The policy's short form.
    pub summary: Vec<String>,
    /// What will be accepted after the letter.
    pub documents: Vec<Link>,
    /// Work that is asked for, after too many tries.
    pub work: Option<Work>,
    /// Posted back.
    pub carry: Carry,
}

impl Register {
    pub(super) fn has_errors(&self) -> bool {
        self.password_error.is_some() || self.inputs.iter().any(|input| input.error.is_some())
    }
}

/// For what a letter was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SentFor {
    /// A registration.
    Registration,
    /// A forgotten password.
    Reset,
    /// A new e-mail.
    Email,
}

/// "Look into your mail": the same whether or not the address is known.
pub struct LetterSent {
    /// For what.
    pub sent_for: SentFor,
}

impl LetterSent {
    pub(super) fn key(&self) -> &'static str {
        match self.sent_for {
            SentFor::Registration => "sent-registration",
            SentFor::Reset => "sent-reset",
            SentFor::Email => "sent-email",
        }
    }
}

/// `GET /confirm`, after the link in the letter: accept the policy and the account's agreement. Posts `choice` =
/// `accept` or `refuse`, one `purpose` for each ticked box, and `chosen` (the password) when it is asked for.
pub struct Confirm {
    /// Purposes without which there is no account.
    pub necessary: Vec<Purpose>,
    /// Purposes that are off until ticked.
    pub optional: Vec<Purpose>,
    /// What is accepted.
    pub documents: Vec<Link>,
    /// Posted back: the link's token.
    pub carry: Carry,
    /// Whether this is another browser than the form's, so that the password must be told.
    pub asks_password: bool,
    /// Whether it was told and does not fit.
    pub password_failed: bool,
}
