//! Sessions, password, block, closing the account.
//!
//! Source: clauses 3.6, 4.4a, 4.4b, 4.5, 6.1b.

use kepil_policy::Language;

use super::{chrome::Chrome, factors::FactorRows, parts::Carry, when::When, words::Words};
use crate::actions::sign_in::Means;

/// `GET /me/security`. Posts `id` to `/me/security/end` (`others` ends all but this one), `now` and `password` to
/// `/me/security/password`.
pub struct Security {
    /// Sessions in force, this one first.
    pub sessions: Vec<Session>,
    /// Factors besides the password.
    pub factors: FactorRows,
    /// Posted back with a passkey.
    pub carry: Carry,
    /// Unit: letters.
    pub password_letters_min: u32,
    /// Whether the present password was wrong.
    pub now_failed: bool,
    /// What is wrong with the new password, in the reader's language.
    pub error: Option<String>,
}

/// One session.
pub struct Session {
    /// What names it in the form; never the session's secret.
    pub id: String,
    /// Browser and system, as coarse as they are kept.
    pub device: String,
    /// When it began.
    pub since: When,
    /// When it was last used.
    pub last: When,
    /// Whether the reader is in it.
    pub this: bool,
}

/// `GET /me/security/sign-ins`.
pub struct SignIns {
    /// The newest first.
    pub rows: Vec<SignInItem>,
    /// The page of older ones.
    pub next_path: Option<String>,
}

/// One sign-in.
pub struct SignInItem {
    /// When.
    pub when: When,
    /// Browser and system, coarse; `None` for an old one.
    pub device: Option<String>,
    /// By what the person proved who they are.
    pub proof: Vec<String>,
    /// Whether its session goes on.
    pub is_open: bool,
    /// Where the file about its session can be downloaded.
    pub pack_path: Option<String>,
}

/// What an entry calls `word`, by which a person proves who they are, as people read it.
#[must_use]
pub fn means_in_words(word: &str, language: Language) -> Option<String> {
    let means = Means::ALL.iter().find(|means| means.word() == word)?;
    Some(Words::of(language).say(&format!("means-{}", means.word()), &[]))
}

impl SignInItem {
    /// By what the person proved who they are, in words.
    pub(super) fn proof(&self, chrome: &Chrome) -> String {
        let said = self.proof.iter().filter_map(|word| means_in_words(word, chrome.language));
        said.collect::<Vec<_>>().join(" + ")
    }
}

/// `GET /me/block`. Posts `action` = `block` or `lift`.
pub struct Block {
    /// Whether everything is blocked now.
    pub is_blocked: bool,
}

/// `GET /destroyed/{number}`: an account that was closed, by whoever has the number.
pub struct Gone {
    /// The number of the certificate, in hexadecimal.
    pub number: String,
    /// The certificate; `None` while the epoch is not closed yet.
    pub certificate: Option<String>,
}

/// `GET /me/close`. Posts `word` and `now` (the present password).
pub struct CloseAccount {
    /// What will be gone, in words.
    pub gone: Vec<String>,
    /// What stays by law: what, and until when.
    pub stays: Vec<(String, String)>,
    /// Services that stop.
    pub services: Vec<String>,
    /// For how many who cannot sign in nobody would act any more.
    pub leaves: u32,
    /// From what age its person closes it themselves, where that is so for somebody else's. Unit: years.
    pub theirs_from: Option<u32>,
    /// Whether the word was not the asked one.
    pub word_failed: bool,
    /// Whether the password was wrong.
    pub password_failed: bool,
}
