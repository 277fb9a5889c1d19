//! The question for the reader's age, before anything else and without an account; and what an age that is known has against
//! something. Clause 2.4c.

use super::{asking::Asker, chrome::Chrome, parts::Carry};

/// `GET /age/{service}`. Posts `choice` to itself.
pub struct AgeGate {
    /// Who asks.
    pub asker: Asker,
    /// From what age. Unit: years.
    pub years: u32,
    /// Where it posts.
    pub post_path: String,
    /// Posted back.
    pub carry: Carry,
}

/// Why the reader cannot do what a page is for: said at once, with what they can do instead.
pub enum AgeBar {
    /// They are too young by their date of birth.
    Young {
        /// From what age it is open. Unit: years.
        years: u32,
        /// Where they write when the date is wrong.
        contact: String,
    },
    /// A ward is too young by theirs.
    YoungWard {
        /// From what age it is open. Unit: years.
        years: u32,
    },
    /// There is no date of birth.
    Undated {
        /// Where one is entered.
        path: String,
    },
    /// They have as many wards as one can have.
    Enough {
        /// How many.
        count: u32,
    },
}

impl AgeBar {
    pub(super) fn sentence(&self, chrome: &Chrome) -> String {
        match self {
            Self::Young { years, contact } => {
                let known = [("years", (*years).into()), ("contact", contact.as_str().into())];
                chrome.words().say("age-bar-young", &known)
            }
            Self::YoungWard { years } => chrome.say_count("age-bar-ward", "years", years),
            Self::Undated { .. } => chrome.say("age-bar-undated"),
            Self::Enough { count } => chrome.say_count("age-bar-enough", "count", count),
        }
    }

    /// Where something can be done about it.
    pub(super) fn path(&self) -> Option<&str> {
        match self {
            Self::Undated { path } => Some(path),
            Self::Young { .. } | Self::YoungWard { .. } | Self::Enough { .. } => None,
        }
    }
}
