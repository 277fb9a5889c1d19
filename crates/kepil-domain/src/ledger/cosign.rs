//! Witnesses: parties outside who sign a checkpoint once they have checked that the log only grew (C2SP tlog-cosignature
//! version 1 and the requests of tlog-witness). Clause 5.1.
//!
//! Start reading at [`AddCheckpoint::judge`]. Does not know: sockets, where a witness keeps what it saw.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{
    Checkpoint, Hash, LedgerError, PROOF_MAX, VerifyKey, check_consistency,
    checkpoint::{body_of, key_id, parse_key},
    consistency::empty_root,
};
use crate::{Hour, hex};

/// The byte that says what kind of key it is.
const KIND: u8 = 4;

/// Signs checkpoints of others.
pub struct WitnessKey {
    name: String,
    pair: Ed25519KeyPair,
}

/// Verifies what a witness signed. Text form: `name+hash+key`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WitnessVerifyKey {
    name: String,
    key: [u8; 32],
}

/// A checkpoint that a witness signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cosigned {
    /// Size and root.
    pub checkpoint: Checkpoint,
    /// When it signed. Unit: Unix seconds.
    pub at_s: u64,
}

impl Cosigned {
    /// The hour in which it signed.
    #[must_use]
    pub fn hour(&self) -> Hour {
        Hour(u32::try_from(self.at_s / 3600).unwrap_or(u32::MAX))
    }
}

impl WitnessKey {
    /// The key made from `seed` for the witness called `name`.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for a name that no note can hold.
    pub fn from_seed(name: String, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        let is_name = !name.is_empty() && !name.contains('+') && !name.contains(char::is_whitespace);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok().filter(|_| is_name);
        Ok(Self { name, pair: pair.ok_or(LedgerError::Malformed("the name of the witness"))? })
    }

    /// The key that verifies.
    #[must_use]
    pub fn verify_key(&self) -> WitnessVerifyKey {
        let mut key = [0; 32];
        key.iter_mut().zip(self.pair.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        WitnessVerifyKey { name: self.name.clone(), key }
    }

    /// The line that this witness adds to `note` at `at_s`. The caller has checked that the log only grew.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for what is no note.
    pub fn sign(&self, note: &str, at_s: u64) -> Result<String, LedgerError> {
        let signed = self.pair.sign(message(&body_of(note)?, at_s).as_bytes());
        let mut line = self.verify_key().id().to_vec();
        line.extend(at_s.to_be_bytes());
        line.extend_from_slice(signed.as_ref());
        Ok(format!("\u{2014} {} {}\n", self.name, BASE64_STANDARD.encode(line)))
    }
}

fn message(body: &str, at_s: u64) -> String {
    format!("cosignature/v1\ntime {at_s}\n{body}")
}

impl WitnessVerifyKey {
    /// The name of the witness.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key as `name+hash+key`.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when the text is not of that form.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let (name, key) = parse_key(text, KIND)?;
        Ok(Self { name, key })
    }

    /// Verifies the signature of this witness on a note.
    ///
    /// # Errors
    /// [`LedgerError`] when the note is malformed or not signed by this witness.
    pub fn verify(&self, note: &str) -> Result<Cosigned, LedgerError> {
        let body = body_of(note)?;
        let own = lines(note, &self.name).find_map(|line| {
            let (id, rest) = line.split_first_chunk::<4>()?;
            let (at, signature) = rest.split_first_chunk::<8>()?;
            let at_s = u64::from_be_bytes(*at);
            let signed = message(&body, at_s);
            let holds = *id == self.id()
                && UnparsedPublicKey::new(&ED25519, &self.key).verify(signed.as_bytes(), signature).is_ok();
            holds.then_some(at_s)
        });
        let at_s = own.ok_or(LedgerError::BadSignature)?;
        Ok(Cosigned { checkpoint: Checkpoint::parse(&body)?, at_s })
    }

    fn id(&self) -> [u8; 4] {
        key_id(&self.name, KIND, &self.key)
    }
}

impl std::fmt::Display for WitnessVerifyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [&[KIND], self.key.as_slice()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id()), BASE64_STANDARD.encode(key))
    }
}

/// What the lines of signatures by `name` hold.
fn lines<'a>(note: &'a str, name: &'a str) -> impl Iterator<Item = Vec<u8>> + 'a {
    let signatures = note.split_once("\n\n").map_or("", |(_, signatures)| signatures);
    signatures.lines().filter_map(move |line| {
        let (by, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        BASE64_STANDARD.decode(bytes).ok().filter(|_| by == name)
    })
}

/// A request that a witness sign a checkpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AddCheckpoint {
    /// The size that the log believes the witness saw last.
    pub old: u64,
    /// The proof that the tree of that size is the beginning of the new one.
    pub path: Vec<Hash>,
    /// The signed note.
    pub note: String,
}

/// Why a witness does not sign. Each has its HTTP status.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unwitnessed {
    /// 400.
    #[error("the request is malformed")]
    Malformed,
    /// 403.
    #[error("the checkpoint is not signed by the key of its log")]
    Forbidden,
    /// 404.
    #[error("the witness does not know this log")]
    UnknownLog,
    /// 409: the witness saw a tree of this size last.
    #[error("the witness has seen {0} entries")]
    Conflict(u64),
    /// 422.
    #[error("the log did not only grow")]
    Inconsistent,
}

impl AddCheckpoint {
    /// The request as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let path: String = self.path.iter().flat_map(|hash| [BASE64_STANDARD.encode(hash), "\n".to_owned()]).collect();
        format!("old {}\n{path}\n{}", self.old, self.note)
    }

    /// The way back from [`Self::to_text`].
    ///
    /// # Errors
    /// [`Unwitnessed::Malformed`].
    pub fn parse(text: &str) -> Result<Self, Unwitnessed> {
        let (head, note) = text.split_once("\n\n").ok_or(Unwitnessed::Malformed)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(decimal);
        let hash = |line| BASE64_STANDARD.decode(line).ok().and_then(|hash| Hash::try_from(hash).ok());
        let path: Option<Vec<Hash>> = lines.map(hash).collect();
        let path = path.filter(|path| path.len() <= PROOF_MAX).ok_or(Unwitnessed::Malformed)?;
        Ok(Self { old: old.ok_or(Unwitnessed::Malformed)?, path, note: note.to_owned() })
    }

    /// Whether a witness signs: it trusts `keys`, and `seen` gives what it signed last of a log.
    ///
    /// # Errors
    /// [`Unwitnessed`], in the order of the protocol.
    pub fn judge(
        &self,
        keys: &[VerifyKey],
        seen: impl FnOnce(&str) -> Option<Checkpoint>,
    ) -> Result<Checkpoint, Unwitnessed> {
        let origin = self.note.split('\n').next().unwrap_or_default();
        let mut known = keys.iter().filter(|key| key.origin() == origin).peekable();
        known.peek().ok_or(Unwitnessed::UnknownLog)?;
        let checkpoint = known.find_map(|key| key.verify(&self.note).ok()).ok_or(Unwitnessed::Forbidden)?;
        if self.old > checkpoint.size {
            return Err(Unwitnessed::Malformed);
        }
        let nothing = || Checkpoint { origin: origin.to_owned(), size: 0, root: empty_root() };
        let last = seen(origin).unwrap_or_else(nothing);
        if last.size != self.old {
            return Err(Unwitnessed::Conflict(last.size));
        }
        if last.size == checkpoint.size && last.root != checkpoint.root {
            return Err(Unwitnessed::Conflict(last.size));
        }
        let (old, new) = ((last.size, &last.root), (checkpoint.size, &checkpoint.root));
        if check_consistency(old, new, &self.path) { Ok(checkpoint) } else { Err(Unwitnessed::Inconsistent) }
    }
}

/// A number in decimal without leading zeros.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
