//! Guardians: whom a ward has and asks, what is asked of them, and a ward as their guardian sees them.
//!
//! Source: clause 2.4c. Refusing is as near as agreeing; ending is one step for either side.

use super::{
    ages::AgeBar,
    mine::Shelf,
    parts::{Carry, Choice, Link},
    representing::{Mandate, Person},
};

/// `GET /me/guardians`. Posts `who` to `/me/guardians/end`.
pub struct Guardians {
    /// Who they are.
    pub people: Vec<Person>,
    /// From what age people act alone. Unit: years.
    pub alone: u32,
    /// Whether the reader does by their date of birth.
    pub is_alone: bool,
    /// Whether one more may be named.
    pub has_room: bool,
}

/// `GET` and `POST /me/guardians/ask`. Posts `email`, `service` and `whole`.
pub struct AskGuardian {
    /// The services that need a guardian's consent.
    pub services: Vec<Choice>,
    /// From what age one may be a guardian. Unit: years.
    pub least_age: u32,
    /// What was typed before.
    pub email: String,
    /// Whether they may act everywhere.
    pub is_whole: bool,
    /// Whether it must be mended.
    pub failed: bool,
}

/// `GET /invited`, behind the letter to a guardian. Posts `token` and `choice` to itself.
pub struct GuardianInvited {
    /// The name of whoever asks, if they gave one.
    pub name: Option<String>,
    /// To what mandate.
    pub mandate: Mandate,
    /// From what age one may be a guardian. Unit: years.
    pub least_age: u32,
    /// What is against it that the reader agrees.
    pub bar: Option<AgeBar>,
    /// Posted back.
    pub carry: Carry,
}

/// `GET /me/representing/{id}` of a ward.
pub struct Ward {
    /// Its own path; its acts are posted below it.
    pub path: String,
    /// Their name, if they gave one.
    pub name: Option<String>,
    /// Until what age. Unit: years.
    pub alone: u32,
    /// The reader's mandate.
    pub mandate: Mandate,
    /// Whether it is for more than single services.
    pub is_whole: bool,
    /// What is held about them, where it is.
    pub shelves: Vec<Shelf>,
    /// The services that they use and the reader acts at: name and label.
    pub services: Vec<(String, String)>,
    /// What services ask them for and the reader can answer.
    pub asked: Vec<Link>,
    /// Whether everything about them is blocked.
    pub is_blocked: bool,
    /// Whether they sign in themselves.
    pub way_in: OwnWay,
}

/// Whether a ward signs in themselves.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum OwnWay {
    /// They do.
    There,
    /// They are too young for it, and nobody but a guardian acts for them.
    Early,
    /// It is time that they get a way in.
    Due,
}

impl Ward {
    pub(super) fn has_way_in(&self) -> bool {
        self.way_in == OwnWay::There
    }

    pub(super) fn may_come_in(&self) -> bool {
        self.way_in == OwnWay::Due
    }
}

/// What a guardian has to do with an acceptance.
pub enum Guarding {
    /// A guardian agreed.
    Agreed,
    /// A guardian must agree, unless the reader says that they are old enough.
    Say,
    /// A guardian must agree first.
    Ask,
    /// A guardian must agree first, unless a date of birth says that the reader is old enough.
    Date,
    /// The guardian decides; whether the reader can name one.
    Decides {
        /// Whether none is named yet.
        can_ask: bool,
    },
}

/// What a page of acceptance says about guardians.
pub struct Guarded {
    /// What.
    pub what: Guarding,
    /// From what age people act alone. Unit: years.
    pub alone: u32,
    /// From what age they act themselves with a guardian. Unit: years.
    pub with_guardian: u32,
    /// The page on which a guardian is named.
    pub ask_path: String,
}

impl Guarded {
    /// Whether the reader can accept here.
    pub(super) fn can_accept(&self) -> bool {
        matches!(self.what, Guarding::Agreed | Guarding::Say)
    }

    /// Whether the reader's word would do.
    pub(super) fn may_say(&self) -> bool {
        matches!(self.what, Guarding::Say)
    }

    /// Whether a guardian can be named.
    pub(super) fn can_ask(&self) -> bool {
        !matches!(self.what, Guarding::Agreed | Guarding::Decides { can_ask: false })
    }
}
