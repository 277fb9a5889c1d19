//! What every page has around it: language, operator, edition, form token, notice of what was just done.
//!
//! Does not know: sessions or cookies; the caller says whether the reader is signed in.

use std::{borrow::Borrow, fmt::Display};

use kepil_policy::Language;

use super::{when::When, words::Words};

/// Where the style sheet is; its bytes are [`STYLE`].
pub const STYLE_PATH: &str = "/assets/kepil.css";
/// Where the script is; its bytes are [`SCRIPT`].
pub const SCRIPT_PATH: &str = "/assets/kepil.js";
/// The style sheet of all pages.
pub const STYLE: &str = include_str!("../../assets/kepil.css");
/// The script of all pages. Every page works without it.
pub const SCRIPT: &str = include_str!("../../assets/kepil.js");

/// What was just done, told once on the next page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// A value was written.
    Saved,
    /// A value was deleted.
    Removed,
    /// An agreement with a service was ended.
    Left,
    /// A consent was given.
    Given,
    /// A consent was withdrawn.
    Withdrawn,
    /// A session was ended.
    Ended,
    /// Every session was ended.
    Everywhere,
    /// The password was changed.
    Password,
    /// The e-mail was changed.
    Email,
    /// Everything was blocked.
    Blocked,
    /// The block was lifted.
    Lifted,
    /// The account was made.
    Registered,
    /// The edition or agreement was accepted.
    Accepted,
    /// The edition or agreement was refused.
    Refused,
    /// The account itself was refused by somebody who was brought along.
    Unaccepted,
    /// A factor was added or taken away.
    Factor,
    /// A passkey was shown that is nobody's.
    PasskeyFailed,
    /// Whoever was meant gets a letter, if they are anybody.
    Invited,
    /// A letter went to a ward, by which they come in.
    WayIn,
    /// That letter was called back.
    CalledBack,
    /// A form was sent again that makes something once.
    Again,
    /// A mandate was taken on.
    Mandated,
    /// A guardian agreed.
    Guarded,
    /// An invitation was refused.
    Declined,
    /// A mandate was ended.
    Revoked,
    /// An act of staff was done and recorded.
    Recorded,
}

impl Done {
    /// Every notice.
    pub const ALL: &'static [Self] = &[
        Self::Saved,
        Self::Removed,
        Self::Left,
        Self::Given,
        Self::Withdrawn,
        Self::Ended,
        Self::Everywhere,
        Self::Password,
        Self::Email,
        Self::Blocked,
        Self::Lifted,
        Self::Registered,
        Self::Accepted,
        Self::Refused,
        Self::Unaccepted,
        Self::Factor,
        Self::PasskeyFailed,
        Self::Invited,
        Self::WayIn,
        Self::CalledBack,
        Self::Again,
        Self::Mandated,
        Self::Guarded,
        Self::Declined,
        Self::Revoked,
        Self::Recorded,
    ];

    /// A short stable word, for a redirect's query.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Removed => "removed",
            Self::Left => "left",
            Self::Given => "given",
            Self::Withdrawn => "withdrawn",
            Self::Ended => "ended",
            Self::Everywhere => "everywhere",
            Self::Password => "password",
            Self::Email => "email",
            Self::Blocked => "blocked",
            Self::Lifted => "lifted",
            Self::Registered => "registered",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unaccepted => "unaccepted",
            Self::Factor => "factor",
            Self::PasskeyFailed => "passkey-failed",
            Self::Invited => "invited",
            Self::WayIn => "way-in",
            Self::CalledBack => "called-back",
            Self::Again => "again",
            Self::Mandated => "mandated",
            Self::Guarded => "guarded",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Recorded => "recorded",
        }
    }

    /// The notice with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|each| each.word() == word)
    }
}

/// Below it are the reader's own pages.
pub const OWN: &str = "/me";

/// What every page has around it.
pub struct Chrome {
    /// The reader's language.
    pub language: Language,
    /// Name of the operator, in the reader's language.
    pub operator: String,
    /// The edition in force, `YYYY-MM-DD`.
    pub edition: String,
    /// The nonce of the Content-Security-Policy of this answer.
    pub nonce: String,
    /// Posted back as `form_token` by every form.
    pub form_token: String,
    /// Whether the reader is signed in.
    pub signed_in: bool,
    /// Path and query of this page: the language switch comes back to it, the menu marks it. Not used for a page with a secret in its address: give the path alone.
    pub here: String,
    /// What was just done.
    pub done: Option<Done>,
    /// Below which address the pages of whomever this page is about are: [`OWN`] for the reader.
    pub base: String,
    /// What somebody else is called whom the page is about; empty for somebody without a name.
    pub whom: Option<String>,
}

impl Chrome {
    /// The words of the reader's language.
    #[must_use]
    pub fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// The sentence `key`.
    #[must_use]
    pub fn say(&self, key: impl AsRef<str>) -> String {
        self.words().say(key.as_ref(), &[])
    }

    /// The sentence `key` with one text in it.
    #[must_use]
    pub fn say_with(&self, key: &str, name: &str, text: impl Display) -> String {
        self.words().say(key, &[(name, text.to_string().as_str().into())])
    }

    /// The sentence `key` with two texts in it.
    #[must_use]
    pub fn say_both(&self, key: &str, one: &str, first: impl Display, two: &str, second: impl Display) -> String {
        let (first, second) = (first.to_string(), second.to_string());
        self.words().say(key, &[(one, first.as_str().into()), (two, second.as_str().into())])
    }

    /// The sentence `key` with a number in it, which also chooses the plural form.
    #[must_use]
    pub fn say_count(&self, key: &str, name: &str, count: impl Borrow<u32>) -> String {
        self.words().say(key, &[(name, (*count.borrow()).into())])
    }

    /// The notice of what was just done.
    pub(super) fn notice(&self) -> Option<String> {
        self.done.map(|done| self.say(format!("done-{}", done.word())))
    }

    pub(super) fn edition_day(&self) -> When {
        When::date(&self.edition, self.language)
    }

    /// Every language: its code, its own name, whether it is the reader's.
    pub(super) fn languages(&self) -> Vec<(&'static str, String, bool)> {
        let entry =
            |each: Language| (each.word(), self.say(format!("language-{}", each.word())), each == self.language);
        [Language::Kk, Language::Ru, Language::En].map(entry).to_vec()
    }

    /// The menu of a signed-in person: path, words, whether the reader is there or somewhere below.
    pub(super) fn menu(&self) -> Vec<(&'static str, String, Option<&'static str>)> {
        let path = self.here.split('?').next().unwrap_or_default();
        let is_below = |to: &str| to != OWN && path.strip_prefix(to).is_some_and(|rest| rest.starts_with('/'));
        let entry = |(to, key): (&'static str, &str)| {
            let mark = if path == to { Some("page") } else { is_below(to).then_some("true") };
            (to, self.say(key), mark)
        };
        MENU.map(entry).to_vec()
    }
}

const MENU: [(&str, &str); 6] = [
    ("/me", "menu-data"),
    ("/me/activity", "menu-activity"),
    ("/me/services", "menu-services"),
    ("/me/consents", "menu-consents"),
    ("/me/representing", "menu-representing"),
    ("/me/security", "menu-security"),
];
