//! Checking a receipt in the browser, without asking the server again. Clauses 5.1, 6.1.
//!
//! The script is `assets/verify.js`; without it the page says how to check by command. Does not know: what is checked.

/// Where the script is; its bytes are [`VERIFY`].
pub const VERIFY_PATH: &str = "/assets/verify.js";
/// The script of this page.
pub const VERIFY: &str = include_str!("../../assets/verify.js");

/// `GET /verify`.
pub struct Verify {
    /// Label and public key of each log.
    pub logs: Vec<(String, String)>,
    /// Public keys of witnesses.
    pub witnesses: Vec<String>,
    /// The byte of each act by its word, as JSON.
    pub acts: String,
}

impl Verify {
    pub(super) fn logs_json(&self) -> String {
        let keys: Vec<&str> = self.logs.iter().map(|(_, key)| key.as_str()).collect();
        serde_json::json!(keys).to_string()
    }

    pub(super) fn witnesses_json(&self) -> String {
        serde_json::json!(self.witnesses).to_string()
    }
}
