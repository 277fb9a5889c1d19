//! The certificate of a destruction: what was destroyed, when and how surely, and nothing of whom. A signed note, so that anyone
//! with the key of the log can check it. Clauses 3.7, 4.4a.

use super::{LedgerError, LedgerKey, VerifyKey};
use crate::{Hour, Installation, hex, vault::EpochNo};

const FORMAT: &str = "kepil-destruction-1";

/// What a certificate is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Destroyed {
    /// Everything about one person; the number is of the certificate alone.
    Person([u8; 16]),
    /// Everything that ended with an epoch.
    Epoch {
        /// People of whom everything was destroyed.
        people: u64,
        /// People of whom something was: a value that was deleted or written over.
        changed: u64,
    },
}

/// A certificate.
pub struct Certificate<'a> {
    /// Where it was.
    pub installation: Installation,
    /// What was destroyed.
    pub what: Destroyed,
    /// The epoch whose key was destroyed: it was the only one that opened what copies have.
    pub epoch: EpochNo,
    /// When.
    pub at: Hour,
    /// How surely the key is gone, for each sealer.
    pub sealers: &'a [&'static str],
    /// What the databases have in the clear, and why: `table.column`, reason.
    pub clear: &'a [(String, &'static str)],
}

impl Certificate<'_> {
    /// The certificate, signed with the key of a log.
    #[must_use]
    pub fn sign(&self, key: &LedgerKey) -> String {
        key.sign_text(&self.text())
    }

    fn text(&self) -> String {
        let at = jiff::Timestamp::from_second(i64::from(self.at.0) * 3600);
        let at = at.map(|at| at.strftime("%Y-%m-%dT%HZ").to_string()).unwrap_or_default();
        let what = match self.what {
            Destroyed::Person(id) => format!("destroyed everything about one person\nnumber {}", hex(&id)),
            Destroyed::Epoch { people, changed } => {
                format!("destroyed everything about {people} people, something about {changed} others")
            }
        };
        let sealers: String =
            self.sealers.iter().map(|class| format!("key destroyed in a sealer of class {class}\n")).collect();
        let clear: String = self.clear.iter().map(|(column, why)| format!("clear {column}: {why}\n")).collect();
        format!(
            "{FORMAT}\ninstallation {}\n{what}\nepoch {}\nat {at}\n{sealers}{clear}",
            hex(&self.installation.0),
            self.epoch.0
        )
    }
}

/// Whether `text` begins as a certificate.
#[must_use]
pub fn is_certificate(text: &str) -> bool {
    text.lines().next() == Some(FORMAT)
}

/// Checks a certificate with the key of the log; gives what it says.
///
/// # Errors
/// [`LedgerError`] when it is no certificate, or not signed by this key.
pub fn check_certificate<'a>(key: &VerifyKey, note: &'a str) -> Result<&'a str, LedgerError> {
    let text = key.check_text(note)?;
    if is_certificate(text) { Ok(text) } else { Err(LedgerError::Malformed("the certificate")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_what_was_destroyed_and_is_no_checkpoint() {
        let key = LedgerKey::from_seed("kepil/00/account".to_owned(), &[1; 32]).unwrap();
        let clear = [("ring.locator".to_owned(), "random")];
        let certificate = Certificate {
            installation: Installation([1; 16]),
            what: Destroyed::Person([7; 16]),
            epoch: EpochNo(3),
            at: Hour(495_000),
            sealers: &["logical", "logical"],
            clear: &clear,
        };
        let note = certificate.sign(&key);
        let text = check_certificate(&key.verify_key(), &note).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let number = format!("number {}", "07".repeat(16));
        let said =
            [FORMAT, &format!("installation {}", "01".repeat(16)), "destroyed everything about one person", &number];
        assert_eq!(lines[..4], said);
        assert_eq!(lines[4..7], ["epoch 3", "at 2026-06-21T00Z", "key destroyed in a sealer of class logical"]);
        assert_eq!(lines[8..], ["clear ring.locator: random"]);
        assert!(key.verify_key().verify(&note).is_err(), "nobody takes it for a checkpoint");
        assert!(check_certificate(&key.verify_key(), &key.sign(3, &[9; 32])).is_err(), "nor a checkpoint for it");
        assert!(check_certificate(&key.verify_key(), &note.replace("epoch 3", "epoch 4")).is_err());
        let other = LedgerKey::from_seed("kepil/00/account".to_owned(), &[2; 32]).unwrap().verify_key();
        assert_eq!(check_certificate(&other, &note), Err(LedgerError::BadSignature));
    }
}
