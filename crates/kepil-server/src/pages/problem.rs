//! Problem pages: what happened, what it means, what to do.
//!
//! Never says more than the reader may know, and never blames.

use kepil_domain::gate::Refusal;

use super::{chrome::Chrome, parts::Link};

/// The front page.
const FRONT: &str = "/";

/// What went wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// No such page.
    NotFound,
    /// What is asked for will be there later.
    NotYet,
    /// The request makes no sense.
    BadRequest,
    /// The form's token is too old or of another session.
    StaleForm,
    /// The link of a letter was used or is too old.
    StaleLink,
    /// The reader must sign in first.
    SignInNeeded,
    /// Too many tries.
    TooMany,
    /// The body is too large.
    TooLarge,
    /// A service asked in a way that it is not registered for.
    UnknownService,
    /// The server cannot answer now.
    Unavailable,
    /// The gate said no.
    Refused(Refusal),
}

impl Trouble {
    /// Every trouble but the refusals.
    pub const OWN: &'static [Self] = &[
        Self::NotFound,
        Self::NotYet,
        Self::BadRequest,
        Self::StaleForm,
        Self::StaleLink,
        Self::SignInNeeded,
        Self::TooMany,
        Self::TooLarge,
        Self::UnknownService,
        Self::Unavailable,
    ];

    /// A short stable word: the code of the problem.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotYet => "not_yet",
            Self::BadRequest => "bad_request",
            Self::StaleForm => "stale_form",
            Self::StaleLink => "stale_link",
            Self::SignInNeeded => "sign_in_needed",
            Self::TooMany => "too_many",
            Self::TooLarge => "too_large",
            Self::UnknownService => "unknown_service",
            Self::Unavailable => "unavailable",
            Self::Refused(refusal) => refusal.word(),
        }
    }
}

/// A problem page. The caller sets the status.
pub struct Problem {
    /// What went wrong.
    pub trouble: Trouble,
    /// Where to go on.
    pub back: Option<Link>,
}

impl Problem {
    /// The sentence of one of the three parts: `""`, `"-means"`, `"-do"`.
    pub(super) fn part(&self, chrome: &Chrome, suffix: &str) -> String {
        match self.trouble {
            Trouble::Refused(refusal) if suffix == "-means" => chrome.say(format!("refusal-{}", refusal.word())),
            Trouble::Refused(_) => chrome.say(format!("trouble-refused{suffix}")),
            other => chrome.say(format!("trouble-{}{suffix}", other.word())),
        }
    }

    /// Where to go on, where that is not the front page.
    pub(super) fn onward(&self) -> Option<&Link> {
        self.back.as_ref().filter(|back| back.path != FRONT)
    }

    pub(super) fn clause(&self) -> Option<&'static str> {
        match self.trouble {
            Trouble::Refused(refusal) => Some(refusal.clause()),
            _ => None,
        }
    }
}
