//! A receipt as a file: the text of an act, the key that binds it, and a tlog-proof. Verifies offline.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    Act, Checkpoint, Hash, Leaf, LedgerError, Payload, VerifyKey, check_inclusion, cosign::decimal, entry::is_bound,
    hash_leaf,
};
use crate::{Day, Moment};

const FORMAT: &str = "kepil-receipt-1";
const TLOG_PROOF: &str = "c2sp.org/tlog-proof@v1";

/// A receipt that its owner can show to anyone.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProofFile {
    /// Layout: `kepil-receipt-1`.
    pub format: String,
    /// What was done, as JSON text: names, never values.
    pub payload: String,
    /// The key that binds the payload to its leaf, in base64.
    pub commitment_key: String,
    /// The leaf, in base64.
    pub leaf: String,
    /// The proof that the leaf is in the log: a C2SP tlog-proof.
    pub proof: String,
}

impl ProofFile {
    /// The receipt for `payload`.
    #[must_use]
    pub fn new(payload: String, commitment_key: &[u8; 32], leaf: &Leaf, index: u64, path: &[Hash], note: &str) -> Self {
        let proof = TlogProof { extra: None, index, path: path.to_vec(), note: note.to_owned() };
        Self {
            format: FORMAT.to_owned(),
            payload,
            commitment_key: BASE64_STANDARD.encode(commitment_key),
            leaf: BASE64_STANDARD.encode(leaf.to_bytes()),
            proof: proof.to_text(),
        }
    }

    /// Verifies the receipt with the key of the log.
    ///
    /// # Errors
    /// [`LedgerError`] that names the first link that does not hold.
    pub fn verify(&self, key: &VerifyKey) -> Result<Checkpoint, LedgerError> {
        if self.format != FORMAT {
            return Err(LedgerError::Malformed("the receipt"));
        }
        let leaf_bytes = BASE64_STANDARD.decode(&self.leaf).map_err(|_| LedgerError::Malformed("the leaf"))?;
        let leaf = Leaf::from_bytes(&leaf_bytes).ok_or(LedgerError::Malformed("the leaf"))?;
        let commit = BASE64_STANDARD.decode(&self.commitment_key).ok().and_then(|key| <[u8; 32]>::try_from(key).ok());
        let commit = commit.ok_or(LedgerError::Malformed("the commitment key"))?;
        if !is_bound(&leaf, &self.payload, &commit) || !says_the_same(&leaf, &self.payload) {
            return Err(LedgerError::NotBound);
        }
        TlogProof::parse(&self.proof)?.verify(&leaf_bytes, key)
    }

    /// The signed note that the receipt stands on.
    #[must_use]
    pub fn note(&self) -> &str {
        self.proof.split_once("\n\n").map_or("", |(_, note)| note)
    }
}

/// The proof that a leaf is in a log, as a text that verifies offline: C2SP tlog-proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlogProof {
    /// What was added to it; ours have the leaf here. Nothing to trust.
    pub extra: Option<Vec<u8>>,
    /// Position of the leaf.
    pub index: u64,
    /// Hashes from the leaf's sibling up.
    pub path: Vec<Hash>,
    /// The signed note.
    pub note: String,
}

impl TlogProof {
    /// Whether `text` begins as one.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.starts_with(TLOG_PROOF)
    }

    /// The proof as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let extra = self.extra.as_ref().map(|extra| format!("extra {}\n", BASE64_STANDARD.encode(extra)));
        let hashes: String =
            self.path.iter().flat_map(|hash| [BASE64_STANDARD.encode(hash), "\n".to_owned()]).collect();
        format!("{TLOG_PROOF}\n{}index {}\n{hashes}\n{}", extra.unwrap_or_default(), self.index, self.note)
    }

    /// The way back from [`Self::to_text`].
    ///
    /// # Errors
    /// [`LedgerError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let bad = || LedgerError::Malformed("the proof");
        let rest = text.strip_prefix(TLOG_PROOF).and_then(|rest| rest.strip_prefix('\n')).ok_or_else(bad)?;
        let (head, note) = rest.split_once("\n\n").ok_or_else(bad)?;
        let mut lines = head.split('\n').peekable();
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = extra.map(|line| BASE64_STANDARD.decode(line.trim_start_matches("extra ")).map_err(|_| bad()));
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal).ok_or_else(bad)?;
        let path = lines
            .map(|line| BASE64_STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok()).ok_or_else(bad))
            .collect::<Result<_, _>>()?;
        Ok(Self { extra: extra.transpose()?, index, path, note: note.to_owned() })
    }

    /// Whether it proves that `leaf` is in the log of `key`.
    ///
    /// # Errors
    /// [`LedgerError`] that names the first link that does not hold.
    pub fn verify(&self, leaf: &[u8], key: &VerifyKey) -> Result<Checkpoint, LedgerError> {
        let checkpoint = key.verify(&self.note)?;
        if check_inclusion(&hash_leaf(leaf), self.index, checkpoint.size, &self.path, &checkpoint.root) {
            Ok(checkpoint)
        } else {
            Err(LedgerError::NotIncluded)
        }
    }
}

/// Whether the text tells of the act and the hour that everybody sees in the leaf.
fn says_the_same(leaf: &Leaf, text: &str) -> bool {
    let Ok(payload) = serde_json::from_str::<Payload<'_>>(text) else { return false };
    let hour = Moment { unix_ms: payload.at_ms, day: Day::default() }.hour();
    let is_its_hour = hour.after_waiting(payload.waits) == leaf.hour;
    Act::parse(&payload.act).is_some_and(|act| act.code() == leaf.act) && is_its_hour
}
