//! The ring: everything that links or opens the data of one person. Shred it, and what it opened is gone.
//!
//! The keys of a keep class are a chain: each is made from the one before, and none leads back. A record that is written anew
//! takes the next key; when the epoch closes the ring forgets the keys before it, so what was corrected is gone too.

use kepil_policy::{Policy, Tag};
use zeroize::Zeroizing;

use super::{
    Bucket, BucketKey, Keys, VaultError,
    seal::{Secret, expand, random_secret, seal, unseal},
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

const LAYOUT: u8 = 2;
const PAD: usize = 128;
/// How many keys may be made from what a ring has. Nobody writes that often in one epoch.
const STEPS_MAX: u32 = 1 << 16;

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
    /// Seals records: one chain of keys a keep class.
    pub(crate) classes: Vec<ClassKeys>,
}

/// The chain of keys of one keep class.
#[derive(Clone)]
pub(crate) struct ClassKeys {
    /// Which class.
    class: Tag,
    /// The oldest version that can be opened.
    oldest: u32,
    /// What the key of that version and all later ones are made from.
    chain: Secret,
}

impl ClassKeys {
    fn random(class: Tag, entropy: &mut dyn Entropy) -> Result<Self, VaultError> {
        let chain = random_secret(entropy)?;
        // Versions begin anywhere: how often somebody's records were written cannot be read from them.
        let [one, two, three] = *expand::<3>(&chain, "first version", b"");
        Ok(Self { class, oldest: u32::from_be_bytes([0, one, two, three]), chain })
    }

    /// What the keys of `version` and all later ones are made from; `None` for one that was forgotten.
    fn chain_at(&self, version: u32) -> Option<Secret> {
        let steps = version.checked_sub(self.oldest).filter(|steps| *steps <= STEPS_MAX)?;
        let mut chain = self.chain.clone();
        for _ in 0..steps {
            chain = expand(&chain, "next", b"");
        }
        Some(chain)
    }
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
        self.class_keys(class).is_some()
    }

    /// The key of a record of `class`, written `version` times before.
    ///
    /// # Errors
    /// [`VaultError::KeyDestroyed`] when the class has no keys, or none of that version any more.
    pub(super) fn record_key(&self, class: Tag, version: u32) -> Result<Secret, VaultError> {
        let chain = self.class_keys(class).and_then(|keys| keys.chain_at(version));
        let chain = chain.ok_or(VaultError::KeyDestroyed)?;
        Ok(expand(&chain, "record", b""))
    }

    /// The key that opens the keys of pieces of content of kind `class`; `None` when it was destroyed.
    pub(super) fn content_key(&self, class: Tag) -> Option<Secret> {
        Some(expand(&self.class_keys(class)?.chain, "content", b""))
    }

    /// The oldest version of a record of `class` that opens.
    pub(super) fn oldest(&self, class: Tag) -> Option<u32> {
        self.class_keys(class).map(|keys| keys.oldest)
    }

    fn class_keys(&self, class: Tag) -> Option<&ClassKeys> {
        self.classes.iter().find(|keys| keys.class == class)
    }
}

impl Ring {
    /// A new person: a handle and keys for each compartment and keep class of `policy`.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn random(keys: &Keys, policy: &Policy, entropy: &mut dyn Entropy) -> Result<Self, VaultError> {
        let mut ring = Self { locator: keys.new_locator(entropy)?, parts: Vec::new() };
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
                if !part.has_class(class) {
                    part.classes.push(ClassKeys::random(class, entropy)?);
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
        let derived = |what: &str| keys.hashing(what, &compartment.0.to_be_bytes());
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

    /// Forgets the keys of what was written before: of each class in `compartment` those older than the version given. Says
    /// whether there were any.
    pub fn forget_before(&mut self, compartment: Tag, versions: &[(Tag, u32)]) -> bool {
        let mut has_forgotten = false;
        let parts = self.parts.iter_mut().filter(|part| part.compartment == compartment);
        for keys in parts.flat_map(|part| &mut part.classes) {
            let kept = versions.iter().find(|(class, _)| *class == keys.class).map(|(_, version)| *version);
            if let Some((version, chain)) = kept.and_then(|version| Some((version, keys.chain_at(version)?)))
                && version > keys.oldest
            {
                (keys.oldest, keys.chain) = (version, chain);
                has_forgotten = true;
            }
        }
        has_forgotten
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
        seal(under.key(), &place(keys, &self.locator, bucket, under), &plain, entropy)
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
        let plain = unseal(under.key(), &place(keys, &locator, bucket, under), sealed)?;
        Self::from_bytes(locator, &plain)
    }

    /// The plain bytes; for [`Self::seal`] and for a registration that waits for its confirmation.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Wiped when dropped; sized first, so no unwiped copy stays behind a growing vector.
        let len = 2 + self.parts.iter().map(|part| 86 + 40 * part.classes.len()).sum::<usize>();
        let mut out = Zeroizing::new(Vec::with_capacity(len.next_multiple_of(PAD)));
        out.extend([LAYOUT, u8::try_from(self.parts.len()).unwrap_or(u8::MAX)]);
        for part in &self.parts {
            out.extend(part.compartment.0.to_be_bytes());
            out.extend(part.handle.0);
            out.extend_from_slice(part.standing.as_ref());
            out.extend_from_slice(part.evidence.as_ref());
            out.extend(u16::try_from(part.classes.len()).unwrap_or(u16::MAX).to_be_bytes());
            for keys in &part.classes {
                out.extend(keys.class.0.to_be_bytes());
                out.extend(keys.oldest.to_be_bytes());
                out.extend_from_slice(keys.chain.as_ref());
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
        .map(|_| {
            let (class, oldest) = (Tag(reader.u32()?), reader.u32()?);
            Ok(ClassKeys { class, oldest, chain: Zeroizing::new(reader.array()?) })
        })
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
