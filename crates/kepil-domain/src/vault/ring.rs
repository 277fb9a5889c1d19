//! The ring: everything that links or opens the data of one person. Shred it, and what it opened is gone.

use kepil_policy::{Policy, Tag};
use zeroize::Zeroizing;

use super::{
    Bucket, BucketKey, Keys, VaultError,
    seal::{Secret, random_secret, seal, unseal},
};
use crate::{
    Entropy, Handle, Locator,
    bytes::{Malformed, Reader, pad},
};

/// The keep class of what proves who a person is at sign-in. Not a field of the policy: nobody is ever given it.
pub struct Credentials;

impl Credentials {
    /// The tag of the class.
    #[must_use]
    pub fn class() -> Tag {
        Tag::of("class", "kepil credentials")
    }

    /// The tag of the password hash in the class's record.
    #[must_use]
    pub fn password() -> Tag {
        Tag::of("credential", "password")
    }

    /// The tag of what proves the person besides the password.
    #[must_use]
    pub fn factors() -> Tag {
        Tag::of("credential", "factors")
    }
}

const LAYOUT: u8 = 1;
const PAD: usize = 128;

/// The keys and handles of one person.
pub struct Ring {
    locator: Locator,
    parts: Vec<RingPart>,
}

/// What the ring has for one compartment.
pub struct RingPart {
    /// Which compartment.
    pub(crate) compartment: Tag,
    /// The person's id there.
    pub(crate) handle: Handle,
    /// Seals the standing.
    pub(crate) standing: Secret,
    /// Seals ledger payloads, makes commitments and trail tags.
    pub(crate) evidence: Secret,
    /// Seals records: one key a keep class.
    pub(crate) classes: Vec<(Tag, Secret)>,
}

impl RingPart {
    /// The person's id in this compartment.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle
    }

    /// Which compartment.
    #[must_use]
    pub fn compartment(&self) -> Tag {
        self.compartment
    }

    /// Whether there is a key for `class`.
    #[must_use]
    pub fn has_class(&self, class: Tag) -> bool {
        self.class_key(class).is_some()
    }

    pub(crate) fn class_key(&self, class: Tag) -> Option<&Secret> {
        self.classes.iter().find(|(tag, _)| *tag == class).map(|(_, key)| key)
    }
}

impl Ring {
    /// A new person: a handle and keys for each compartment and keep class of `policy`.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn random(policy: &Policy, entropy: &mut dyn Entropy) -> Result<Self, VaultError> {
        let mut ring = Self { locator: Locator::random(entropy)?, parts: Vec::new() };
        ring.extend(policy, entropy)?;
        Ok(ring)
    }

    /// Adds what a later edition needs: compartments and keep classes that the ring lacks. Says whether it grew.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn extend(&mut self, policy: &Policy, entropy: &mut dyn Entropy) -> Result<bool, VaultError> {
        let mut has_grown = false;
        for compartment in policy.compartments() {
            let tag = Tag::of("compartment", &compartment.name);
            if !self.parts.iter().any(|part| part.compartment == tag) {
                self.parts.push(RingPart {
                    compartment: tag,
                    handle: Handle::random(entropy)?,
                    standing: random_secret(entropy)?,
                    evidence: random_secret(entropy)?,
                    classes: Vec::new(),
                });
                has_grown = true;
            }
            // The compartment in which people sign in also has their credentials, with a key of their own.
            let holds_sign_in =
                policy.fields().iter().any(|field| field.sign_in && field.compartment == compartment.id);
            let credential = holds_sign_in.then_some(Credentials::class());
            let Some(part) = self.parts.iter_mut().find(|part| part.compartment == tag) else { continue };
            let classes =
                policy.classes().iter().filter(|class| class.compartment == compartment.id).map(|class| class.tag);
            for class in classes.chain(credential) {
                if part.class_key(class).is_none() {
                    part.classes.push((class, random_secret(entropy)?));
                    has_grown = true;
                }
            }
        }
        Ok(has_grown)
    }

    /// The part under which entries about people whom the vault does not know are sealed, so that a refusal for an
    /// unknown person costs and leaves the same as any other.
    #[must_use]
    pub fn stranger(keys: &Keys, compartment: Tag) -> RingPart {
        let derived = |what: &str| keys.derive(what, &compartment.0.to_be_bytes());
        RingPart {
            compartment,
            handle: Handle([0; 16]),
            standing: derived("stranger standing"),
            evidence: derived("stranger evidence"),
            classes: Vec::new(),
        }
    }

    /// The vault's id of the person.
    #[must_use]
    pub fn locator(&self) -> Locator {
        self.locator
    }

    /// What the ring has for `compartment`; `None` when it was destroyed or never made.
    #[must_use]
    pub fn part(&self, compartment: Tag) -> Option<&RingPart> {
        self.parts.iter().find(|part| part.compartment == compartment)
    }

    /// All parts.
    #[must_use]
    pub fn parts(&self) -> &[RingPart] {
        &self.parts
    }

    /// The bytes for the key store, sealed under the bucket's key.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal(
        &self,
        keys: &Keys,
        bucket: Bucket,
        under: &BucketKey,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let plain = self.to_bytes();
        seal(under.ring_key(), &place(keys, &self.locator, bucket, under), &plain, entropy)
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`VaultError`] when the bytes were sealed for another person, bucket or generation, or have another layout.
    pub fn open(
        keys: &Keys,
        locator: Locator,
        bucket: Bucket,
        under: &BucketKey,
        sealed: &[u8],
    ) -> Result<Self, VaultError> {
        let plain = unseal(under.ring_key(), &place(keys, &locator, bucket, under), sealed)?;
        Self::from_bytes(locator, &plain)
    }

    /// The plain bytes; for [`Self::seal`] and for a registration that waits for its confirmation.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Wiped when dropped; sized first, so no unwiped copy stays behind a growing vector.
        let len = 2 + self.parts.iter().map(|part| 86 + 36 * part.classes.len()).sum::<usize>();
        let mut out = Zeroizing::new(Vec::with_capacity(len.next_multiple_of(PAD)));
        out.extend([LAYOUT, u8::try_from(self.parts.len()).unwrap_or(u8::MAX)]);
        for part in &self.parts {
            out.extend(part.compartment.0.to_be_bytes());
            out.extend(part.handle.0);
            out.extend_from_slice(part.standing.as_ref());
            out.extend_from_slice(part.evidence.as_ref());
            out.extend(u16::try_from(part.classes.len()).unwrap_or(u16::MAX).to_be_bytes());
            for (tag, key) in &part.classes {
                out.extend(tag.0.to_be_bytes());
                out.extend_from_slice(key.as_ref());
            }
        }
        pad(&mut out, PAD);
        out
    }

    /// The way back from [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`VaultError::UnknownLayout`] when the bytes are of another layout.
    pub fn from_bytes(locator: Locator, bytes: &[u8]) -> Result<Self, VaultError> {
        let mut reader = Reader(bytes);
        if reader.u8()? != LAYOUT {
            return Err(VaultError::UnknownLayout);
        }
        let parts = (0..reader.u8()?).map(|_| take_part(&mut reader)).collect::<Result<_, _>>()?;
        Ok(Self { locator, parts })
    }
}

fn take_part(reader: &mut Reader<'_>) -> Result<RingPart, Malformed> {
    let compartment = Tag(reader.u32()?);
    let handle = Handle(reader.array()?);
    let standing = Zeroizing::new(reader.array()?);
    let evidence = Zeroizing::new(reader.array()?);
    let classes = (0..reader.u16()?)
        .map(|_| Ok((Tag(reader.u32()?), Zeroizing::new(reader.array()?))))
        .collect::<Result<_, Malformed>>()?;
    Ok(RingPart { compartment, handle, standing, evidence, classes })
}

fn place(keys: &Keys, locator: &Locator, bucket: Bucket, under: &BucketKey) -> [Vec<u8>; 5] {
    [
        keys.installation().0.to_vec(),
        b"ring".to_vec(),
        locator.0.to_vec(),
        bucket.0.to_be_bytes().to_vec(),
        under.generation.to_be_bytes().to_vec(),
    ]
}
