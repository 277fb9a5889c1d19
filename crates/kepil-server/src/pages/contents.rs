//! What people placed in services: their own list, and one piece as others see it.
//!
//! Source: clauses 2.1.2d, 2.2a, 2.2d. A text is shown as text: what looks like markup in it is not.

use super::when::When;

/// `GET /me/contents` and `GET /me/contents/about`. Each piece posts `choice` = `withhold`, `show` or `remove`.
pub struct Contents {
    /// Whether they are the reader's own; otherwise others placed them about the reader.
    pub is_own: bool,
    /// The latest first.
    pub rows: Vec<ContentRow>,
    /// The page of older ones.
    pub next_path: Option<String>,
}

/// One piece.
pub struct ContentRow {
    /// Its address.
    pub id: String,
    /// What people call the service.
    pub service: String,
    /// What its kind is called.
    pub kind: String,
    /// What it says; `None` when it cannot be shown any more.
    pub text: Option<String>,
    /// When it was placed.
    pub on: When,
    /// Who sees pieces of this kind, in words.
    pub audience: String,
    /// Where that is set, if the service is still there.
    pub setting_path: Option<String>,
    /// Whether it is kept from everybody, whatever is set.
    pub is_withheld: bool,
    /// Whether its author is gone, so that only the reader has it.
    pub is_left: bool,
}

/// `GET /contents/{content}`.
pub struct ContentPage {
    /// What people call the service.
    pub service: String,
    /// What its kind is called.
    pub kind: String,
    /// What it says.
    pub text: String,
    /// When it was placed.
    pub on: When,
    /// Whether the reader wrote it, or it is about them.
    pub is_own: bool,
}
