//! What is held about a person, and changing it in the row.
//!
//! Source: clauses 3.2b (where a value came from), 4.1, 4.3, 4.4a, 4.4b.

use kepil_domain::vault::Provenance;

use super::{
    chrome::Chrome,
    parts::{Carry, Input, Link},
    profile::ShownTo,
    when::When,
};

/// `GET /me`.
pub struct MyData {
    /// One for each compartment that holds something or may.
    pub shelves: Vec<Shelf>,
    /// Whether everything is blocked.
    pub blocked: bool,
    /// What services ask for and the person has not answered.
    pub asked: Vec<Link>,
    /// The way to a later edition of the account's own terms that waits for an answer.
    pub newer: Option<Link>,
    /// Where the whole can be downloaded; `None` when it cannot.
    pub download_path: Option<String>,
}

/// The rows of one compartment.
pub struct Shelf {
    /// What people call the compartment.
    pub label: String,
    /// Its fields.
    pub rows: Vec<Row>,
    /// Where all its values are deleted at once, if they can be.
    pub remove_path: Option<String>,
}

/// One field of one person.
pub struct Row {
    /// The field's name, for the paths of edit and remove.
    pub name: String,
    /// What the field is called.
    pub label: String,
    /// The value; `None` when nothing is held.
    pub value: Option<String>,
    /// Whether it is masked until touched.
    pub masked: bool,
    /// How and when it came to be known.
    pub known: Option<(Provenance, When)>,
    /// Labels of the services that see it.
    pub seen_by: Vec<String>,
    /// Where it can be shown to others, and to whom it is.
    pub shown_to: Vec<ShownTo>,
    /// How long it is kept.
    pub keep: String,
    /// Whether it is the reader's own, and not of somebody whom they act for.
    pub is_own: bool,
    /// Whether an age that was known by it is known still when it is deleted.
    pub leaves_age: bool,
    /// Where it is changed; `None` when it cannot be.
    pub edit_path: Option<String>,
    /// Where its deletion is posted; `None` when it cannot be deleted alone.
    pub remove_path: Option<String>,
}

impl Row {
    /// Where the value came from, in words, and when.
    pub(super) fn origin(&self, chrome: &Chrome) -> Option<(String, &When)> {
        let other = if self.is_own { "" } else { "-other" };
        self.known.as_ref().map(|(provenance, when)| (chrome.say(format!("from-{}{other}", provenance.word())), when))
    }
}

/// `GET` and `POST …/fields/{name}/edit`. Posts the field's name.
pub struct EditField {
    /// The input.
    pub input: Input,
    /// Labels of the services that see the value.
    pub seen_by: Vec<String>,
}

/// `GET /me/email/confirm`, after the link in the letter to a new address.
pub struct ConfirmEmail {
    /// Whether it is the first address, of somebody who comes in to an account that a guardian made.
    pub is_first: bool,
    /// Posted back: the link's token.
    pub carry: Carry,
}

/// `GET` and `POST /me/email`. Posts `email` and `now` (the present password).
pub struct ChangeEmail {
    /// The address in use.
    pub now: String,
    /// What was typed before.
    pub value: String,
    /// What is wrong with the new address, in the reader's language.
    pub error: Option<String>,
    /// Whether the password was wrong.
    pub password_failed: bool,
}
