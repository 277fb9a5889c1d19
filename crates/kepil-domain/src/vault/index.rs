//! The blind index: finds a person by an e-mail, a phone or a login without a readable column.
//!
//! A fixed number of padded pages; the page is a prefix of HMAC(field key, canonical value), its content a sealed list
//! of (HMAC, locator) under the key of the open epoch.

use zeroize::Zeroizing;

use super::{
    Keys, VaultError,
    seal::{mac, seal, unseal},
};
use crate::{Entropy, Locator, Personal, bytes::Reader};

/// Most bits by which pages are told apart.
pub const PAGES_BITS_MAX: u32 = 16;
const LAYOUT: u8 = 1;
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
pub struct IndexEntry {
    hash: [u8; 16],
    locator: Locator,
}

/// An opened page.
#[derive(Default)]
pub struct IndexPage {
    entries: Vec<IndexEntry>,
}

impl IndexPage {
    /// Opens a page.
    ///
    /// # Errors
    /// [`VaultError`] when it was sealed in another epoch or for another place.
    pub fn open(keys: &Keys, (field, page): (u32, u32), sealed: &[u8]) -> Result<Self, VaultError> {
        let plain = unseal(&keys.index_key(), &place(keys, field, page), sealed)?;
        let mut reader = Reader(&plain);
        if reader.u8()? != LAYOUT {
            return Err(VaultError::UnknownLayout);
        }
        let entries = (0..reader.u32()?)
            .map(|_| Ok(IndexEntry { hash: reader.array()?, locator: Locator(reader.array()?) }))
            .collect::<Result<_, VaultError>>()?;
        Ok(Self { entries })
    }

    /// Seals a page, padded.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal(
        &self,
        keys: &Keys,
        (field, page): (u32, u32),
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let room = self.entries.len().next_multiple_of(PAD_ENTRIES).max(PAD_ENTRIES);
        let mut plain = Zeroizing::new(Vec::with_capacity(5 + room * ENTRY));
        plain.push(LAYOUT);
        plain.extend(u32::try_from(self.entries.len()).map_err(|_| VaultError::TooLong)?.to_be_bytes());
        for entry in &self.entries {
            plain.extend(entry.hash);
            plain.extend(entry.locator.0);
        }
        plain.resize(5 + room * ENTRY, 0);
        seal(&keys.index_key(), &place(keys, field, page), &plain, entropy)
    }

    /// Who has the value of `term`.
    #[must_use]
    pub fn find(&self, term: &IndexTerm) -> Option<Locator> {
        let short = term.short();
        self.entries.iter().find(|entry| entry.hash == short).map(|entry| entry.locator)
    }

    /// Adds `locator` under `term`; refuses (`false`) when someone has the value.
    #[must_use]
    pub fn add(&mut self, term: &IndexTerm, locator: Locator) -> bool {
        let is_free = self.find(term).is_none_or(|holder| holder == locator);
        if is_free && self.find(term).is_none() {
            self.entries.push(IndexEntry { hash: term.short(), locator });
        }
        is_free
    }

    /// Removes all entries of `locator` under `term`; says whether there was one.
    pub fn remove(&mut self, term: &IndexTerm, locator: Locator) -> bool {
        let short = term.short();
        let before = self.entries.len();
        self.entries.retain(|entry| entry.hash != short || entry.locator != locator);
        before != self.entries.len()
    }
}

fn place(keys: &Keys, field: u32, page: u32) -> [Vec<u8>; 4] {
    [keys.installation().0.to_vec(), b"index".to_vec(), field.to_be_bytes().to_vec(), page.to_be_bytes().to_vec()]
}
