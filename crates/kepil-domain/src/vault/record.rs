//! Sealed records: the fields of one person, one compartment and one keep class, as one blob; and the sealed standing.
//!
//! Shape of a blob: layout (1), key version (4), nonce (12), cipher text, tag (16). The plain text is padded, so its
//! length says little. Bound in: installation, compartment, handle, keep class, layout, key version.

use kepil_policy::Tag;
use zeroize::Zeroizing;

use super::{
    RingPart, VaultError,
    seal::{seal, unseal},
};
use crate::{
    Day, Entropy, Installation, Personal,
    bytes::{Reader, class_len, put_long, put_short},
    standing::Standing,
};

const LAYOUT: u8 = 2;
/// Layout and key version. Unit: bytes.
const HEAD: usize = 5;
/// AES-GCM with random nonces is safe to some 2^32 seals; nobody edits their data that often.
const SEALS_MAX: u32 = 1 << 30;

/// How a value came to be known (clause 3.2b).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Provenance {
    /// The registration form.
    Form,
    /// Editing the account.
    Edit,
    /// The person's own initiative, outside any form.
    Own,
    /// An answer to a service's request.
    Request,
    /// Brought along from the operator's earlier system; the person has not looked at it here.
    Import,
}

impl Provenance {
    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Edit => "edit",
            Self::Own => "own",
            Self::Request => "request",
            Self::Import => "import",
        }
    }

    fn code(self) -> u8 {
        self as u8
    }

    fn parse(code: u8) -> Option<Self> {
        [Self::Form, Self::Edit, Self::Own, Self::Request, Self::Import].into_iter().find(|each| each.code() == code)
    }
}

/// A stored value of one field.
pub struct Value {
    /// What it says, in the canonical form of its kind.
    pub text: Personal<String>,
    /// How it came to be known.
    pub provenance: Provenance,
    /// When it was written.
    pub written: Day,
}

/// The fields of one person, one compartment and one keep class.
#[derive(Default)]
pub struct Record {
    values: Vec<(Tag, Value)>,
}

impl Record {
    /// The value of `field`.
    #[must_use]
    pub fn find(&self, field: Tag) -> Option<&Value> {
        self.values.iter().find(|(tag, _)| *tag == field).map(|(_, value)| value)
    }

    /// Writes the value of `field` in place of any before it.
    pub fn set(&mut self, field: Tag, value: Value) {
        self.remove(field);
        self.values.push((field, value));
    }

    /// Removes the value of `field`; says whether there was one.
    pub fn remove(&mut self, field: Tag) -> bool {
        let before = self.values.len();
        self.values.retain(|(tag, _)| *tag != field);
        before != self.values.len()
    }

    /// Takes the value of `field` out.
    pub(super) fn take(&mut self, field: Tag) -> Option<Value> {
        let at = self.values.iter().position(|(tag, _)| *tag == field)?;
        Some(self.values.swap_remove(at).1)
    }

    /// The fields that have a value.
    pub fn tags(&self) -> impl Iterator<Item = Tag> {
        self.values.iter().map(|(tag, _)| *tag)
    }

    fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let len = 2 + self.values.iter().map(|(_, value)| 11 + value.text.reveal().len()).sum::<usize>();
        let mut out = Zeroizing::new(Vec::with_capacity(class_len(len)));
        out.extend(u16::try_from(self.values.len()).map_err(|_| VaultError::TooLong)?.to_be_bytes());
        for (tag, value) in &self.values {
            out.extend(tag.0.to_be_bytes());
            out.push(value.provenance.code());
            out.extend(value.written.0.to_be_bytes());
            put_short(&mut out, value.text.reveal().as_bytes()).map_err(|_| VaultError::TooLong)?;
        }
        let padded = class_len(out.len());
        out.resize(padded, 0);
        Ok(out)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut reader = Reader(bytes);
        let take = |reader: &mut Reader<'_>| {
            let tag = Tag(reader.u32()?);
            let provenance = Provenance::parse(reader.u8()?).ok_or(VaultError::UnknownLayout)?;
            let written = Day(reader.u32()?);
            let text = std::str::from_utf8(reader.short()?).map_err(|_| VaultError::UnknownLayout)?;
            Ok((tag, Value { text: Personal::new(text.to_owned()), provenance, written }))
        };
        let values = (0..reader.u16()?).map(|_| take(&mut reader)).collect::<Result<_, VaultError>>()?;
        Ok(Self { values })
    }
}

impl RingPart {
    /// Seals the record of keep class `class`, which was written `version` times before.
    ///
    /// # Errors
    /// [`VaultError::KeyDestroyed`] without a key for the class; [`VaultError::TooLong`] for a value above 64 KiB.
    pub fn seal_record(
        &self,
        at: &Installation,
        (class, version): (Tag, u32),
        record: &Record,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let key = self.record_key(class, version)?;
        let mut blob = header(version);
        let sealed = seal(&key, &self.place(at, class, &blob), &record.to_bytes()?, entropy)?;
        blob.extend(sealed);
        Ok(blob)
    }

    /// Opens a record without a permit: for re-sealing with a change, never for an answer.
    ///
    /// # Errors
    /// [`VaultError`] when the blob is not this person's, or its key was destroyed.
    pub fn danger_open_record(&self, at: &Installation, class: Tag, blob: &[u8]) -> Result<Record, VaultError> {
        let (head, body) = split(blob)?;
        let key = self.record_key(class, version_in(head)?)?;
        Record::from_bytes(&unseal(&key, &self.place(at, class, head), body)?)
    }

    /// Seals the standing. Its count of seals must have been raised by the caller.
    ///
    /// # Errors
    /// [`VaultError::KeyWornOut`] after some billion changes.
    pub fn seal_standing(
        &self,
        at: &Installation,
        standing: &Standing,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        if standing.seals > SEALS_MAX {
            return Err(VaultError::KeyWornOut);
        }
        let mut plain = Zeroizing::new(standing.to_bytes());
        let padded = class_len(plain.len());
        plain.resize(padded, 0);
        let mut blob = header(0);
        let sealed = seal(&self.standing, &self.place(at, Tag(0), &blob), &plain, entropy)?;
        blob.extend(sealed);
        Ok(blob)
    }

    /// Opens the standing.
    ///
    /// # Errors
    /// [`VaultError`] when the program did not write these bytes for this person.
    pub fn open_standing(&self, at: &Installation, blob: &[u8]) -> Result<Standing, VaultError> {
        let (head, body) = split(blob)?;
        let plain = unseal(&self.standing, &self.place(at, Tag(0), head), body)?;
        Standing::from_bytes(&plain).map_err(|_| VaultError::UnknownLayout)
    }

    fn place(&self, at: &Installation, class: Tag, header: &[u8]) -> [Vec<u8>; 1] {
        let mut place = Vec::with_capacity(64);
        place.extend_from_slice(&at.0);
        place.extend(self.compartment.0.to_be_bytes());
        place.extend_from_slice(&self.handle.0);
        place.extend(class.0.to_be_bytes());
        place.extend_from_slice(header);
        [place]
    }
}

fn header(version: u32) -> Vec<u8> {
    std::iter::once(LAYOUT).chain(version.to_be_bytes()).collect()
}

fn split(blob: &[u8]) -> Result<(&[u8], &[u8]), VaultError> {
    let (head, body) = blob.split_at_checked(HEAD).ok_or(VaultError::UnknownLayout)?;
    if head.first() == Some(&LAYOUT) { Ok((head, body)) } else { Err(VaultError::UnknownLayout) }
}

fn version_in(head: &[u8]) -> Result<u32, VaultError> {
    let mut reader = Reader(head);
    reader.u8()?;
    Ok(reader.u32()?)
}

/// The records of one row, one blob a keep class. Shape: for each, class tag (4), length (4), blob.
pub(super) fn blobs(row: &[u8]) -> Result<Vec<(Tag, &[u8])>, VaultError> {
    let mut reader = Reader(row);
    let mut all = Vec::with_capacity(2);
    while !reader.0.is_empty() {
        all.push((Tag(reader.u32()?), reader.long()?));
    }
    Ok(all)
}

/// Under which version of its keys each record of a row is sealed.
///
/// # Errors
/// [`VaultError::UnknownLayout`] when it is no row.
pub fn versions(row: &[u8]) -> Result<Vec<(Tag, u32)>, VaultError> {
    blobs(row)?.into_iter().map(|(class, blob)| Ok((class, version_in(split(blob)?.0)?))).collect()
}

/// What of a row still opens.
pub struct Openable {
    /// The row without what does not.
    pub row: Vec<u8>,
    /// The fields that have a value in it.
    pub fields: Vec<Tag>,
    /// How many records are gone.
    pub lost: usize,
    /// Whether keys of what stood there before are still in the ring.
    pub is_worn: bool,
}

impl RingPart {
    /// What of `row`, which comes from an older copy, still opens: what was corrected since has no key any more.
    ///
    /// # Errors
    /// [`VaultError::UnknownLayout`] when it is no row.
    pub fn openable(&self, at: &Installation, row: &[u8]) -> Result<Openable, VaultError> {
        let mut kept = Openable { row: Vec::with_capacity(row.len()), fields: Vec::new(), lost: 0, is_worn: false };
        for (class, blob) in blobs(row)? {
            let Ok(record) = self.danger_open_record(at, class, blob) else {
                kept.lost += 1;
                continue;
            };
            kept.fields.extend(record.tags());
            kept.is_worn |= Some(version_in(split(blob)?.0)?) > self.oldest(class);
            kept.row.extend(class.0.to_be_bytes());
            put_long(&mut kept.row, blob).map_err(|_| VaultError::TooLong)?;
        }
        Ok(kept)
    }

    /// All records of a row, opened for re-sealing with a change.
    ///
    /// # Errors
    /// [`VaultError`] as [`RingPart::danger_open_record`].
    pub fn danger_open_row(&self, at: &Installation, row: &[u8]) -> Result<Vec<(Tag, Record)>, VaultError> {
        blobs(row)?.into_iter().map(|(class, blob)| Ok((class, self.danger_open_record(at, class, blob)?))).collect()
    }

    /// The bytes of a row with `records`, which stand in place of those in the row `before`: under the next keys, so that
    /// what was there is forgotten with the others.
    ///
    /// # Errors
    /// [`VaultError`] as [`RingPart::seal_record`].
    pub fn seal_row(
        &self,
        at: &Installation,
        records: &[(Tag, Record)],
        before: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let before = versions(before)?;
        let mut row = Vec::new();
        for (class, record) in records {
            let written = before.iter().find(|(tag, _)| tag == class).map(|(_, version)| *version);
            let next = written.and_then(|version| version.checked_add(1)).or(self.oldest(*class));
            let blob = self.seal_record(at, (*class, next.unwrap_or(0)), record, entropy)?;
            row.extend(class.0.to_be_bytes());
            put_long(&mut row, &blob).map_err(|_| VaultError::TooLong)?;
        }
        Ok(row)
    }
}
