//! An entry: a leaf that says almost nothing, and a payload sealed under the person's evidence key.
//!
//! Leaf (54 bytes): version (1), event id (16), hour (4), act (1), commitment (32). The commitment is an HMAC over the
//! payload; its key and the payload's key come from the evidence key and the event id, so no two leaves share a value
//! of a person, and when the ring goes the leaf means nothing while the tree stays valid.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Act;
use crate::{
    Entropy, EventId, Hour,
    bytes::Reader,
    vault::{RingPart, VaultError},
};

/// Length of a leaf. Unit: bytes.
pub const LEAF_LEN: usize = 54;
const VERSION: u8 = 1;
const PAD: usize = 128;

/// The public part of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Leaf {
    /// The act.
    pub event: EventId,
    /// When, to the hour.
    pub hour: Hour,
    /// What was done: [`Act::code`].
    pub act: u8,
    /// Binds the payload.
    pub commitment: [u8; 32],
}

impl Leaf {
    /// The bytes that the tree hashes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; LEAF_LEN] {
        let mut out = [0; LEAF_LEN];
        let parts = [VERSION].into_iter().chain(self.event.0).chain(self.hour.0.to_be_bytes()).chain([self.act]);
        out.iter_mut().zip(parts.chain(self.commitment)).for_each(|(to, from)| *to = from);
        out
    }

    /// The way back from [`Self::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if bytes.len() != LEAF_LEN || reader.u8().ok()? != VERSION {
            return None;
        }
        Some(Self {
            event: EventId(reader.array().ok()?),
            hour: Hour(reader.u32().ok()?),
            act: reader.u8().ok()?,
            commitment: reader.array().ok()?,
        })
    }
}

/// Which of the entries about one person an entry is: by it whoever has the ring finds them, and nobody else can tell that two
/// are of one person, nor how many there are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Nth {
    /// So many changes of the person's state there were then, this one included.
    Change(u32),
    /// A read: so many there were before in the same run of a lane.
    Look {
        /// The run.
        run: u64,
        /// How many before.
        number: u32,
    },
}

/// What an entry is made with, beside what it says.
#[derive(Clone, Copy, Debug)]
pub struct NewEntry {
    /// Names the act.
    pub event: EventId,
    /// What was done.
    pub act: Act,
    /// The hour that everybody sees: see [`Hour::after_waiting`].
    pub hour: Hour,
    /// Which of the person's.
    pub nth: Nth,
}

/// A refused field and why.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Reason<'a> {
    /// Name of the field.
    #[serde(borrow)]
    pub field: Cow<'a, str>,
    /// [`crate::gate::Refusal::word`].
    pub why: Cow<'a, str>,
}

/// What an entry says, for the person, the officer and whoever the person shows it to. Names only, never a value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Payload<'a> {
    /// Layout.
    pub v: u8,
    /// When. Unit: milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// [`Act::word`].
    #[serde(borrow)]
    pub act: Cow<'a, str>,
    /// [`crate::gate::Actor::word`].
    pub actor: Cow<'a, str>,
    /// Name of the service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub service: Option<Cow<'a, str>>,
    /// Name of the purpose within the service.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub purpose: Option<Cow<'a, str>>,
    /// Names of the fields that were granted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fields: Vec<Cow<'a, str>>,
    /// Why the whole was refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused: Option<Cow<'a, str>>,
    /// Fields that were refused, each with its reason.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub without: Vec<Reason<'a>>,
    /// Name of the duty under which staff acted.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duty: Option<Cow<'a, str>>,
    /// For what: the reason that staff stated, or the agreement that a service named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Cow<'a, str>>,
    /// For each field that was shown to others: `field audience day edition` of the person's setting (clause 6.1a).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub settings: Vec<Cow<'a, str>>,
    /// For whom the person did it, where that is somebody else: the id by which the person's own pages call them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub whom: Option<Cow<'a, str>>,
    /// In which session: a mark that its entries share, and nothing else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<Cow<'a, str>>,
    /// Of a sign-in: browser and system, coarse.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<Cow<'a, str>>,
    /// Of a sign-in: by what the person proved who they are. Of a change: which of that was changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub proof: Vec<Cow<'a, str>>,
    /// Number of the edition decided under.
    pub edition: u32,
    /// Its hash, in hexadecimal.
    pub policy: Cow<'a, str>,
    /// What was shown or accepted: `name version language sha256`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub documents: Vec<Cow<'a, str>>,
    /// Of an entry that waits before it is in the log: the hours of which its hour is a multiple (see [`Hour::after_waiting`]).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waits: Option<u16>,
    /// For a state change, its number in the person's chain; for a read, the number of the last state change.
    pub chain: u32,
    /// Commitment of the state change before (for a read: of the last one), in hexadecimal.
    pub previous: String,
}

/// An entry as it is stored.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The public part.
    pub leaf: Leaf,
    /// The sealed part.
    pub payload: Vec<u8>,
    /// Finds the entry for its person; see [`trail`].
    pub trail: Trail,
}

impl Entry {
    /// Makes the entry of an act about the person whose ring `part` is of.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal(
        part: &RingPart,
        new: NewEntry,
        payload: &Payload<'_>,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, VaultError> {
        let NewEntry { event, act, hour, nth } = new;
        let mut text = serde_json::to_vec(payload).map_err(|_| VaultError::UnknownLayout)?;
        let keys = EntryKeys::of(part, event);
        let commitment = keys.commit(&text);
        text.resize(text.len().next_multiple_of(PAD), b' ');
        let sealed = crate::vault::danger_seal(&keys.seal, &[event.0], &text, entropy)?;
        let leaf = Leaf { event, hour, act: act.code(), commitment };
        Ok(Self { leaf, payload: sealed, trail: trail(part, nth) })
    }
}

/// Opens a payload and checks it against its leaf. Returns the text and the key by which anyone can check it.
///
/// # Errors
/// [`VaultError::DoesNotOpen`] when the payload is not this person's or was altered.
pub fn open_payload(part: &RingPart, leaf: &Leaf, sealed: &[u8]) -> Result<(String, Zeroizing<[u8; 32]>), VaultError> {
    let keys = EntryKeys::of(part, leaf.event);
    let plain = crate::vault::danger_unseal(&keys.seal, &[leaf.event.0], sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| VaultError::UnknownLayout)?.trim_end_matches(' ');
    if keys.commit(text.as_bytes()) != leaf.commitment {
        return Err(VaultError::DoesNotOpen);
    }
    Ok((text.to_owned(), keys.commit))
}

/// By what the store finds an entry for its person.
pub type Trail = [u8; 16];

/// The tag of one entry of a person in the store (never in a leaf). Without the ring it says nothing: no two entries share one.
#[must_use]
pub fn trail(part: &RingPart, nth: Nth) -> Trail {
    let (label, run, number): (&[u8], u64, u32) = match nth {
        Nth::Change(number) => (b"trail of changes", 0, number),
        Nth::Look { run, number } => (b"trail of reads", run, number),
    };
    let mac = crate::vault::mac(&part.evidence, &[label, &run.to_be_bytes(), &number.to_be_bytes()]);
    let mut tag = Trail::default();
    tag.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
    tag
}

impl Hour {
    /// The hour of an entry that was made in this one and waits with others until the next multiple of `hours`; this one when
    /// it does not wait.
    #[must_use]
    pub fn after_waiting(self, hours: Option<u16>) -> Self {
        match hours.map(u32::from) {
            None | Some(0) => self,
            Some(hours) => Self((self.0 / hours).saturating_add(1).saturating_mul(hours)),
        }
    }
}

/// The compartment's tag is part of the ring part that made the key; nothing else needs binding.
struct EntryKeys {
    seal: Zeroizing<[u8; 32]>,
    commit: Zeroizing<[u8; 32]>,
}

impl EntryKeys {
    fn of(part: &RingPart, event: EventId) -> Self {
        let both = crate::vault::expand::<64>(&part.evidence, "entry", &event.0);
        let (mut seal, mut commit) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        seal.iter_mut().chain(commit.iter_mut()).zip(both.iter()).for_each(|(to, from)| *to = *from);
        Self { seal, commit }
    }

    fn commit(&self, text: &[u8]) -> [u8; 32] {
        crate::vault::mac(&self.commit, &[text])
    }
}

/// Checks that `text` is what `leaf` binds, with the key that its owner gave out.
#[must_use]
pub fn is_bound(leaf: &Leaf, text: &str, commit_key: &[u8; 32]) -> bool {
    crate::vault::mac(commit_key, &[text.as_bytes()]) == leaf.commitment
}
