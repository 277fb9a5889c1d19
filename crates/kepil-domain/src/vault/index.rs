//! The blind index: finds a person by an e-mail, a phone or a login without a readable column.
//!
//! A fixed number of padded pages; the page is a prefix of HMAC(field key, canonical value), its content a sealed list
//! of (HMAC, locator) under the key of the open epoch. A later version of the field key goes over the HMAC that is there, page by
//! page: no value is needed for that, and a page says how many versions went over its entries.

use zeroize::Zeroizing;

use super::{EpochNo, Keys, SecretName, Secrets, VaultError, seal::mac};
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
    /// Under the first version of the field key. Later ones go over it.
    hash: [u8; 16],
}

impl IndexTerm {
    /// The term of `value` (in its canonical form) for the field called `name`.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] without the first version of the field key, which stays.
    pub fn of(keys: &Keys, name: &str, value: &Personal<String>) -> Result<Self, VaultError> {
        let field = kepil_policy::Tag::of("field", name).0;
        Ok(Self { field, hash: link(&keys.secrets(), field, 1, value.reveal().as_bytes())? })
    }

    /// The field's tag and the number of the page, when pages are told apart by `bits` bits.
    #[must_use]
    pub fn page(&self, bits: u32) -> (u32, u32) {
        let [a, b, ..] = self.hash;
        (self.field, u32::from_be_bytes([0, 0, a, b]) >> PAGES_BITS_MAX.saturating_sub(bits.min(PAGES_BITS_MAX)))
    }
}

/// What one version of the field key makes of a value, or of what the version before it made.
fn link(secrets: &Secrets, field: u32, version: u32, text: &[u8]) -> Result<[u8; 16], VaultError> {
    let key = secrets.find(SecretName::Fields, version)?.derive("field", &field.to_be_bytes());
    let mut short = [0; 16];
    short.iter_mut().zip(mac(&key, &[text])).for_each(|(to, from)| *to = from);
    Ok(short)
}

/// `hash`, over which the versions up to `from` went, with those up to `to` over it.
fn links(secrets: &Secrets, field: u32, (from, to): (u32, u32), hash: [u8; 16]) -> Result<[u8; 16], VaultError> {
    (from + 1..=to).try_fold(hash, |hash, version| link(secrets, field, version, &hash))
}

/// One entry of a page.
struct IndexEntry {
    hash: [u8; 16],
    locator: Locator,
}

/// An opened page. It never gets shorter: a page that did would tell that somebody of it is gone.
pub struct IndexPage {
    field: u32,
    /// Which version of the field key went over the entries last.
    version: u32,
    entries: Vec<IndexEntry>,
    room: usize,
}

impl IndexPage {
    /// An empty page of the field with this tag.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] without a field key.
    pub fn empty(keys: &Keys, field: u32) -> Result<Self, VaultError> {
        let version = keys.secrets().newest(SecretName::Fields)?.version;
        Ok(Self { field, version, entries: Vec::new(), room: 0 })
    }

    /// Opens the page `at` (field and number), over whose entries a `version` of the field key went last.
    ///
    /// # Errors
    /// [`VaultError`] when it was sealed in an epoch whose key is not at hand, or for another place.
    pub fn open(keys: &Keys, at: (u32, u32), version: u32, sealed: (EpochNo, &[u8])) -> Result<Self, VaultError> {
        keys.secrets().find(SecretName::Fields, version)?;
        let plain = keys.unseal_in_epoch(INDEX, &place(at, version), sealed)?;
        let mut reader = Reader(&plain);
        if reader.u8()? != LAYOUT {
            return Err(VaultError::UnknownLayout);
        }
        let entries = (0..reader.u32()?)
            .map(|_| Ok(IndexEntry { hash: reader.array()?, locator: Locator(reader.array()?) }))
            .collect::<Result<_, VaultError>>()?;
        Ok(Self { field: at.0, version, entries, room: plain.len().saturating_sub(HEAD) / ENTRY })
    }

    /// Puts the versions of the field key that came since over all entries.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] when one is not at hand.
    pub fn catch_up(&mut self, keys: &Keys) -> Result<(), VaultError> {
        let secrets = keys.secrets();
        let newest = secrets.newest(SecretName::Fields)?.version;
        for entry in &mut self.entries {
            entry.hash = links(&secrets, self.field, (self.version, newest), entry.hash)?;
        }
        self.version = self.version.max(newest);
        Ok(())
    }

    /// Which version of the field key went over the entries last.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Seals a page, padded.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal(&self, keys: &Keys, number: u32, entropy: &mut dyn Entropy) -> Result<(EpochNo, Vec<u8>), VaultError> {
        let room = self.room.max(self.entries.len()).next_multiple_of(PAD_ENTRIES).max(PAD_ENTRIES);
        let mut plain = Zeroizing::new(Vec::with_capacity(HEAD + room * ENTRY));
        plain.push(LAYOUT);
        plain.extend(u32::try_from(self.entries.len()).map_err(|_| VaultError::TooLong)?.to_be_bytes());
        for entry in &self.entries {
            plain.extend(entry.hash);
            plain.extend(entry.locator.0);
        }
        plain.resize(HEAD + room * ENTRY, 0);
        keys.seal_in_epoch(INDEX, &place((self.field, number), self.version), &plain, entropy)
    }

    /// Keeps the entries of those for whom `stays` says so, and makes the page as long as one of `len` sealed bytes.
    pub fn retain(&mut self, len: usize, stays: impl Fn(Locator) -> bool) {
        self.entries.retain(|entry| stays(entry.locator));
        self.room = self.room.max(len.saturating_sub(HEAD + SEAL) / ENTRY);
    }

    /// Who has the value of `term`.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] without the versions of the field key that went over the page.
    pub fn find(&self, keys: &Keys, term: &IndexTerm) -> Result<Option<Locator>, VaultError> {
        let hash = self.hash_of(keys, term)?;
        Ok(self.entries.iter().find(|entry| entry.hash == hash).map(|entry| entry.locator))
    }

    /// Gives the value of `term` to `locator`, in place of whoever has it.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn set(&mut self, keys: &Keys, term: &IndexTerm, locator: Locator) -> Result<(), VaultError> {
        let hash = self.hash_of(keys, term)?;
        self.entries.retain(|entry| entry.hash != hash);
        self.entries.push(IndexEntry { hash, locator });
        self.room = self.room.max(self.entries.len());
        Ok(())
    }

    /// Removes all entries of `locator` under `term`; says whether there was one.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn remove(&mut self, keys: &Keys, term: &IndexTerm, locator: Locator) -> Result<bool, VaultError> {
        let hash = self.hash_of(keys, term)?;
        let before = self.entries.len();
        self.entries.retain(|entry| entry.hash != hash || entry.locator != locator);
        Ok(before != self.entries.len())
    }

    fn hash_of(&self, keys: &Keys, term: &IndexTerm) -> Result<[u8; 16], VaultError> {
        links(&keys.secrets(), term.field, (1, self.version), term.hash)
    }
}

fn place((field, number): (u32, u32), version: u32) -> [u8; 12] {
    let mut place = [0; 12];
    let parts = [field, number, version].into_iter().flat_map(u32::to_be_bytes);
    place.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    place
}
