//! The blind index: finds a person by an e-mail, a phone or a login without a readable column.
//!
//! A fixed number of padded pages; the page is a prefix of HMAC(field key, canonical value), its content a sealed list
//! of (HMAC, locator) under the key of the open epoch.

use zeroize::Zeroizing;

use super::{EpochNo, Keys, VaultError, seal::mac};
use crate::{Entropy, Locator, Personal, bytes::Reader};

/// Most bits by which pages are told apart.
pub const PAGES_BITS_MAX: u32 = 16;
const INDEX: &str = "index";
const LAYOUT: u8 = 1;
/// Layout and number of entries. Unit: bytes.
const HEAD: usize = 5;
/// Nonce and tag of a seal. Unit: bytes.
const SEAL: usize = 28;
const ENTRY: usize = 32;
const PAD_ENTRIES: usize = 16;

/// A value as the index knows it: keyed, so that it means nothing outside the vault.
#[derive(Clone, Copy)]
pub struct IndexTerm {
    field: u32,
    hash: [u8; 32],
}

impl IndexTerm {
    /// The term of `value` (in its canonical form) for the field called `name`.
    #[must_use]
    pub fn of(keys: &Keys, name: &str, value: &Personal<String>) -> Self {
        let key = keys.derive("field", name.as_bytes());
        let field = kepil_policy::Tag::of("field", name).0;
        Self { field, hash: mac(&key, &[value.reveal().as_bytes()]) }
    }

    /// The field's tag and the number of the page, when pages are told apart by `bits` bits.
    #[must_use]
    pub fn page(&self, bits: u32) -> (u32, u32) {
        let [a, b, ..] = self.hash;
        (self.field, u32::from_be_bytes([0, 0, a, b]) >> PAGES_BITS_MAX.saturating_sub(bits.min(PAGES_BITS_MAX)))
    }

    fn short(&self) -> [u8; 16] {
        let mut short = [0; 16];
        short.iter_mut().zip(self.hash).for_each(|(to, from)| *to = from);
        short
    }
}

/// One entry of a page.
struct IndexEntry {
    hash: [u8; 16],
    locator: Locator,
}

/// An opened page. It never gets shorter: a page that did would tell that somebody of it is gone.
#[derive(Default)]
pub struct IndexPage {
    entries: Vec<IndexEntry>,
    room: usize,
}

impl IndexPage {
    /// An empty page as long as one of `len` sealed bytes.
    #[must_use]
    pub fn as_long_as(len: usize) -> Self {
        Self { entries: Vec::new(), room: len.saturating_sub(HEAD + SEAL) / ENTRY }
    }

    /// Opens a page.
    ///
    /// # Errors
    /// [`VaultError`] when it was sealed in an epoch whose key is not at hand, or for another place.
    pub fn open(keys: &Keys, at: (u32, u32), sealed: (EpochNo, &[u8])) -> Result<Self, VaultError> {
        let plain = keys.unseal_in_epoch(INDEX, &place(at), sealed)?;
        let mut reader = Reader(&plain);
        if reader.u8()? != LAYOUT {
            return Err(VaultError::UnknownLayout);
        }
        let entries = (0..reader.u32()?)
            .map(|_| Ok(IndexEntry { hash: reader.array()?, locator: Locator(reader.array()?) }))
            .collect::<Result<_, VaultError>>()?;
        Ok(Self { entries, room: plain.len().saturating_sub(HEAD) / ENTRY })
    }

    /// Seals a page, padded.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal(
        &self,
        keys: &Keys,
        at: (u32, u32),
        entropy: &mut dyn Entropy,
    ) -> Result<(EpochNo, Vec<u8>), VaultError> {
        let room = self.room.max(self.entries.len()).next_multiple_of(PAD_ENTRIES).max(PAD_ENTRIES);
        let mut plain = Zeroizing::new(Vec::with_capacity(HEAD + room * ENTRY));
        plain.push(LAYOUT);
        plain.extend(u32::try_from(self.entries.len()).map_err(|_| VaultError::TooLong)?.to_be_bytes());
        for entry in &self.entries {
            plain.extend(entry.hash);
            plain.extend(entry.locator.0);
        }
        plain.resize(HEAD + room * ENTRY, 0);
        keys.seal_in_epoch(INDEX, &place(at), &plain, entropy)
    }

    /// Keeps the entries of those for whom `stays` says so, and makes the page as long as one of `len` sealed bytes.
    pub fn retain(&mut self, len: usize, stays: impl Fn(Locator) -> bool) {
        self.entries.retain(|entry| stays(entry.locator));
        self.room = self.room.max(Self::as_long_as(len).room);
    }

    /// Who has the value of `term`.
    #[must_use]
    pub fn find(&self, term: &IndexTerm) -> Option<Locator> {
        let short = term.short();
        self.entries.iter().find(|entry| entry.hash == short).map(|entry| entry.locator)
    }

    /// Gives the value of `term` to `locator`, in place of whoever has it.
    pub fn set(&mut self, term: &IndexTerm, locator: Locator) {
        let hash = term.short();
        self.entries.retain(|entry| entry.hash != hash);
        self.entries.push(IndexEntry { hash, locator });
        self.room = self.room.max(self.entries.len());
    }

    /// Removes all entries of `locator` under `term`; says whether there was one.
    pub fn remove(&mut self, term: &IndexTerm, locator: Locator) -> bool {
        let short = term.short();
        let before = self.entries.len();
        self.entries.retain(|entry| entry.hash != short || entry.locator != locator);
        before != self.entries.len()
    }
}

fn place((field, page): (u32, u32)) -> [u8; 8] {
    let mut place = [0; 8];
    let parts = field.to_be_bytes().into_iter().chain(page.to_be_bytes());
    place.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    place
}
