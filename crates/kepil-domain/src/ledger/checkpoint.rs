//! Checkpoints: signed statements of size and root (C2SP tlog-checkpoint in a signed-note, Ed25519).

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::Hash;
use crate::{Installation, hex};

/// Why a checkpoint, proof or key does not verify.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// Not of the form that the format asks for.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// No signature of the key, or a wrong one.
    #[error("the checkpoint is not signed by this key")]
    BadSignature,
    /// The leaf is not in the tree that the checkpoint names.
    #[error("the entry is not in the tree of the checkpoint")]
    NotIncluded,
    /// The payload is not the one that the leaf binds.
    #[error("the text is not the one that the entry binds")]
    NotBound,
    /// The checkpoint is of another log.
    #[error("the checkpoint is of another log")]
    OtherLog,
}

/// The byte that says what kind of key it is.
const KIND: u8 = 1;

/// The name of the log of one compartment of one installation. Where a restore broke off what the world has seen of a log,
/// another begins: `generation` says the how manieth it is, from 1.
#[must_use]
pub fn origin(installation: &Installation, compartment: &str, generation: u32) -> String {
    let first = format!("kepil/{}/{compartment}", hex(installation.0.split_at(8).0));
    if generation > 1 { format!("{first}/{generation}") } else { first }
}

/// Signs the checkpoints of one log. While its key is being replaced the one before signs along, so that whoever knows either
/// verifies.
pub struct LedgerKey {
    origin: String,
    pair: Ed25519KeyPair,
    /// Older ones, the newest of them first.
    also: Vec<Ed25519KeyPair>,
}

/// Verifies the checkpoints of one log. Text form: `origin+hash+key`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VerifyKey {
    origin: String,
    key: [u8; 32],
}

/// Size and root of a log at a moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}

impl LedgerKey {
    /// The key made from `seed` for the log called `origin`.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when the provider refuses the seed, which it does not for 32 bytes.
    pub fn from_seed(origin: String, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        Self::from_seeds(origin, [seed])
    }

    /// The keys made from `seeds`, the oldest first: the newest one is the log's, the others sign along.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when there is none, or the provider refuses one.
    pub fn from_seeds<'a>(origin: String, seeds: impl IntoIterator<Item = &'a [u8; 32]>) -> Result<Self, LedgerError> {
        let bad = || LedgerError::Malformed("the seed");
        let pairs = seeds.into_iter().map(|seed| Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| bad()));
        let mut also = pairs.collect::<Result<Vec<_>, _>>()?;
        let pair = also.pop().ok_or_else(bad)?;
        also.reverse();
        Ok(Self { origin, pair, also })
    }

    /// The key that verifies.
    #[must_use]
    pub fn verify_key(&self) -> VerifyKey {
        self.public(&self.pair)
    }

    /// Every key that verifies what is signed now, the newest first.
    #[must_use]
    pub fn verify_keys(&self) -> Vec<VerifyKey> {
        self.pairs().map(|pair| self.public(pair)).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = &Ed25519KeyPair> {
        std::iter::once(&self.pair).chain(&self.also)
    }

    fn public(&self, pair: &Ed25519KeyPair) -> VerifyKey {
        let mut key = [0; 32];
        key.iter_mut().zip(pair.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        VerifyKey { origin: self.origin.clone(), key }
    }

    /// A signed note that states `size` and `root`.
    #[must_use]
    pub fn sign(&self, size: u64, root: &Hash) -> String {
        self.sign_text(&Checkpoint { origin: self.origin.clone(), size, root: *root }.body())
    }

    /// A signed note with any text that ends in a new line.
    pub(super) fn sign_text(&self, body: &str) -> String {
        let line = |pair: &Ed25519KeyPair| {
            let mut line = self.public(pair).id().to_vec();
            line.extend_from_slice(pair.sign(body.as_bytes()).as_ref());
            format!("\u{2014} {} {}\n", self.origin, BASE64_STANDARD.encode(line))
        };
        format!("{body}\n{}", self.pairs().map(line).collect::<String>())
    }
}

impl VerifyKey {
    /// The name of the log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The key as `origin+hash+key`.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] when the text is not of that form.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let (origin, key) = parse_key(text, KIND)?;
        Ok(Self { origin, key })
    }

    /// Verifies a signed note of this log.
    ///
    /// # Errors
    /// [`LedgerError`] when the note is malformed, of another log, or not signed by this key.
    pub fn verify(&self, note: &str) -> Result<Checkpoint, LedgerError> {
        let checkpoint = Checkpoint::parse(&body_of(note)?)?;
        if checkpoint.origin != self.origin {
            return Err(LedgerError::OtherLog);
        }
        self.check_text(note).map(|_| checkpoint)
    }

    /// The text of a signed note, when this key signed it.
    pub(super) fn check_text<'a>(&self, note: &'a str) -> Result<&'a str, LedgerError> {
        let end = note.find("\n\n").ok_or(LedgerError::Malformed("the note"))?;
        let (body, signatures) = note.split_at_checked(end + 1).ok_or(LedgerError::Malformed("the note"))?;
        let signed = signatures.lines().filter_map(|line| line.strip_prefix("\u{2014} ")).any(|line| {
            let Some((name, signature)) = line.split_once(' ') else { return false };
            let Ok(bytes) = BASE64_STANDARD.decode(signature) else { return false };
            let Some((id, signature)) = bytes.split_at_checked(4) else { return false };
            name == self.origin
                && id == self.id()
                && UnparsedPublicKey::new(&ED25519, &self.key).verify(body.as_bytes(), signature).is_ok()
        });
        if signed { Ok(body) } else { Err(LedgerError::BadSignature) }
    }

    fn id(&self) -> [u8; 4] {
        key_id(&self.origin, KIND, &self.key)
    }
}

/// The text that is signed: all before the empty line, with its last line end.
pub(super) fn body_of(note: &str) -> Result<String, LedgerError> {
    let (body, _) = note.split_once("\n\n").ok_or(LedgerError::Malformed("the checkpoint"))?;
    Ok(format!("{body}\n"))
}

/// What a line of signature begins with: a hash of name, kind and key.
pub(super) fn key_id(name: &str, kind: u8, key: &[u8; 32]) -> [u8; 4] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(name.as_bytes());
    context.update(&[b'\n', kind]);
    context.update(key);
    let mut id = [0; 4];
    id.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    id
}

/// Name and key of the text `name+hash+key` of a key of this `kind`.
pub(super) fn parse_key(text: &str, kind: u8) -> Result<(String, [u8; 32]), LedgerError> {
    let bad = || LedgerError::Malformed("the verifier key");
    let mut parts = text.trim().splitn(3, '+');
    let (name, hash, key) =
        (parts.next().ok_or_else(bad)?, parts.next().ok_or_else(bad)?, parts.next().ok_or_else(bad)?);
    let bytes = BASE64_STANDARD.decode(key).map_err(|_| bad())?;
    let key = bytes.strip_prefix(&[kind]).and_then(|key| key.try_into().ok()).ok_or_else(bad)?;
    if hex(&key_id(name, kind, &key)) == hash { Ok((name.to_owned(), key)) } else { Err(bad()) }
}

impl std::fmt::Display for VerifyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [&[KIND], self.key.as_slice()].concat();
        write!(f, "{}+{}+{}", self.origin, hex(&self.id()), BASE64_STANDARD.encode(key))
    }
}

impl Checkpoint {
    /// What a note states, whoever signed it: nothing to trust.
    ///
    /// # Errors
    /// [`LedgerError::Malformed`] for what is no note.
    pub fn unverified(note: &str) -> Result<Self, LedgerError> {
        Self::parse(&body_of(note)?)
    }

    fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }

    /// Reads the signed text; who signed it is not looked at.
    pub(super) fn parse(body: &str) -> Result<Self, LedgerError> {
        let bad = || LedgerError::Malformed("the checkpoint");
        let mut lines = body.lines();
        let origin = lines.next().ok_or_else(bad)?.to_owned();
        let size = lines.next().and_then(super::cosign::decimal).ok_or_else(bad)?;
        let root = lines.next().and_then(|line| BASE64_STANDARD.decode(line).ok()).ok_or_else(bad)?;
        Ok(Self { origin, size, root: root.try_into().map_err(|_| bad())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_verifies_with_its_key_and_no_other() {
        let key = LedgerKey::from_seed("kepil/00/account".to_owned(), &[1; 32]).unwrap();
        let note = key.sign(3, &[9; 32]);
        let verifier = VerifyKey::parse(&key.verify_key().to_string()).unwrap();
        assert_eq!(verifier.verify(&note).unwrap().size, 3);
        let other = LedgerKey::from_seed("kepil/00/account".to_owned(), &[2; 32]).unwrap().verify_key();
        assert_eq!(other.verify(&note), Err(LedgerError::BadSignature));
        assert_eq!(verifier.verify(&note.replace("\n3\n", "\n4\n")), Err(LedgerError::BadSignature));
    }
}
