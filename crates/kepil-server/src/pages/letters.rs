//! Letters as plain text. A letter holds a link or a notice, never a value of a person.
//!
//! Does not know: how a letter is sent, nor how long a link lives (the caller says so).

use super::{
    parts::device_in_words,
    words::{Part, Words},
};
use crate::actions::sign_in::Means;

/// A letter to one address.
pub enum Letter<'a> {
    /// Confirm a registration.
    Confirm {
        /// The link with its secret.
        link: &'a str,
        /// How long the link lives. Unit: hours.
        hours: u32,
    },
    /// Somebody registered with an address that has an account.
    AlreadyHere {
        /// The way in.
        link: &'a str,
        /// A forgotten password.
        reset: &'a str,
    },
    /// Set a new password.
    Reset {
        /// The link with its secret.
        link: &'a str,
        /// How long the link lives. Unit: hours.
        hours: u32,
    },
    /// Confirm a new address; goes to the new one.
    ConfirmEmail {
        /// The link with its secret.
        link: &'a str,
        /// How long the link lives. Unit: hours.
        hours: u32,
    },
    /// Come in to the account that a guardian made; goes to the address of the ward.
    WayIn {
        /// The link with its secret.
        link: &'a str,
        /// How long the link lives. Unit: hours.
        hours: u32,
    },
    /// The address was changed; goes to the old one.
    EmailChanged {
        /// Where people write to when it was not them.
        contact: &'a str,
    },
    /// The password was changed.
    PasswordChanged {
        /// Where people write to when it was not them.
        contact: &'a str,
    },
    /// Somebody signed in at a browser that is new.
    NewDevice {
        /// Browser and system, coarse.
        device: &'a str,
        /// The page of sessions.
        link: &'a str,
    },
    /// A code that proves who they are.
    Code {
        /// The code.
        code: &'a str,
        /// How long it is good. Unit: minutes.
        minutes: u32,
    },
    /// A factor was added.
    FactorAdded {
        /// Which.
        what: Means,
        /// Where people write to when it was not them.
        contact: &'a str,
    },
    /// A factor was taken away.
    FactorRemoved {
        /// Where people write to when it was not them.
        contact: &'a str,
    },
    /// Somebody with the password says that every other factor is lost.
    FactorsLost {
        /// The link that stops it, with its secret.
        link: &'a str,
        /// How long they wait. Unit: hours.
        hours: u32,
    },
    /// Somebody is invited to act for a legal entity, or to be a guardian. No name is in the letter.
    Invitation {
        /// The link with its secret.
        link: &'a str,
        /// How long the link lives. Unit: hours.
        hours: u32,
        /// Whether to be a guardian.
        is_guardian: bool,
    },
    /// Somebody wants to show the reader a part of their profile.
    Named {
        /// Label of the service.
        service: &'a str,
        /// The link with its secret.
        link: &'a str,
        /// How long it may be accepted. Unit: days.
        days: u32,
    },
    /// Somebody asked about a person who does not exist; goes to the privacy officer.
    Planted {
        /// The service, or a word for who asked.
        by: &'a str,
        /// The event in the ledger.
        event: &'a str,
    },
    /// A later edition was published.
    NewEdition {
        /// Its date, in words.
        edition: &'a str,
        /// From when it is in force, in words.
        since: &'a str,
        /// The comparison.
        link: &'a str,
    },
}

/// A letter, written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Written {
    /// The subject line.
    pub subject: String,
    /// The body, lines apart by `\n`.
    pub body: String,
}

impl Letter<'_> {
    /// The letter in the words of its reader, signed by `operator`.
    #[must_use]
    pub fn write(&self, words: &Words, operator: &str) -> Written {
        let added;
        let named = match *self {
            Letter::NewDevice { device, .. } => device_in_words(words, device),
            _ => String::new(),
        };
        let (key, parts): (&str, Vec<(&str, Part<'_>)>) = match *self {
            Letter::Confirm { link, hours } => ("confirm", vec![("link", link.into()), ("hours", hours.into())]),
            Letter::AlreadyHere { link, reset } => ("already", vec![("link", link.into()), ("reset", reset.into())]),
            Letter::Reset { link, hours } => ("reset", vec![("link", link.into()), ("hours", hours.into())]),
            Letter::ConfirmEmail { link, hours } => ("email", vec![("link", link.into()), ("hours", hours.into())]),
            Letter::WayIn { link, hours } => ("way-in", vec![("link", link.into()), ("hours", hours.into())]),
            Letter::EmailChanged { contact } => ("email-changed", vec![("contact", contact.into())]),
            Letter::PasswordChanged { contact } => ("password-changed", vec![("contact", contact.into())]),
            Letter::NewDevice { link, .. } => {
                ("device", vec![("device", named.as_str().into()), ("link", link.into())])
            }
            Letter::Code { code, minutes } => ("code", vec![("code", code.into()), ("minutes", minutes.into())]),
            Letter::FactorAdded { what, contact } => {
                added = words.say(&format!("means-{}", what.word()), &[]);
                ("factor-added", vec![("what", added.as_str().into()), ("contact", contact.into())])
            }
            Letter::FactorRemoved { contact } => ("factor", vec![("contact", contact.into())]),
            Letter::FactorsLost { link, hours } => ("lost", vec![("link", link.into()), ("hours", hours.into())]),
            Letter::Invitation { link, hours, is_guardian } => {
                let key = if is_guardian { "guardian" } else { "invitation" };
                (key, vec![("link", link.into()), ("hours", hours.into())])
            }
            Letter::Named { service, link, days } => {
                ("named", vec![("service", service.into()), ("link", link.into()), ("days", days.into())])
            }
            Letter::Planted { by, event } => ("planted", vec![("by", by.into()), ("event", event.into())]),
            Letter::NewEdition { edition, since, link } => {
                ("edition", vec![("edition", edition.into()), ("since", since.into()), ("link", link.into())])
            }
        };
        let with: Vec<(&str, Part<'_>)> = parts.into_iter().chain([("operator", operator.into())]).collect();
        let say = |part: &str| words.say(&format!("letter-{key}{part}"), &with);
        let greeting = words.say("letter-greeting", &[]);
        let sign = words.say("letter-sign", &with);
        Written { subject: say("-subject"), body: format!("{greeting}\n\n{}\n\n{sign}\n", say("")) }
    }
}
