//! The page of a sample service of the demo: what it was told about the person and what it may read.
//!
//! Knows nothing that the token and the service API did not tell it.

/// A sample service.
pub struct ServicePage {
    /// Its name.
    pub name: String,
    /// What it does.
    pub about: String,
    /// Who is signed in; `None` shows the way in.
    pub signed_in_as: Option<String>,
    /// The claims of the token: name and value.
    pub claims: Vec<(String, String)>,
    /// What the last read through the service API gave.
    pub reading: Option<Reading>,
    /// Where the way in begins.
    pub sign_in_path: String,
    /// Where the way out is posted.
    pub sign_out_path: String,
    /// Where a read is posted.
    pub read_path: String,
    /// Where the person sees what was read: the account's activity.
    pub account_path: String,
}

/// What the service API answered.
pub struct Reading {
    /// The purpose of the read.
    pub purpose: String,
    /// Granted: field and value.
    pub granted: Vec<(String, String)>,
    /// Refused: field and why.
    pub refused: Vec<(String, String)>,
}
