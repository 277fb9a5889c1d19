//! The keys above the rings: root key, epoch keys, bucket keys, and what is derived from them.
//!
//! Everything that leads to a person, and is not in their ring, is sealed under the key of an epoch: the keys of buckets, the
//! pages of the blind index, what a job could read of a ticket. When the epoch closes all of it is sealed anew under the next
//! key, without those who are gone, and the old key is destroyed.

use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{
    VaultError,
    seal::{Secret, expand, random_secret, seal, unseal},
};
use crate::{Entropy, Installation, Locator, NoEntropy, Sub};

/// The key from which all keys but those of epochs, buckets and rings are derived. Held by sealers.
pub struct RootKey(Secret);

/// Running number of an epoch.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EpochNo(pub u64);

/// The key of an epoch: whoever destroys it destroys what only it opened. Held by sealers.
pub struct EpochKey {
    no: EpochNo,
    key: Secret,
}

macro_rules! sealer_secret {
    ($name:ident) => {
        impl $name {
            /// The bytes for a sealer to keep.
            #[must_use]
            pub fn danger_bytes(&self) -> &[u8; 32] {
                self.secret()
            }
        }
    };
}
sealer_secret!(RootKey);
sealer_secret!(EpochKey);

impl RootKey {
    /// A fresh one.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        random_secret(entropy).map(Self)
    }

    /// As a sealer kept it.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn secret(&self) -> &[u8; 32] {
        &self.0
    }
}

impl EpochKey {
    /// A fresh one.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(no: EpochNo, entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self { no, key: random_secret(entropy)? })
    }

    /// As a sealer kept it.
    #[must_use]
    pub fn from_bytes(no: EpochNo, bytes: [u8; 32]) -> Self {
        Self { no, key: Zeroizing::new(bytes) }
    }

    /// Its number.
    #[must_use]
    pub fn no(&self) -> EpochNo {
        self.no
    }

    fn secret(&self) -> &[u8; 32] {
        &self.key
    }

    fn key_for(&self, label: &str) -> Secret {
        expand(&self.key, label, &self.no.0.to_be_bytes())
    }
}

/// The keys of a running node.
pub struct Keys {
    installation: Installation,
    root: RootKey,
    epochs: RwLock<Epochs>,
}

/// The epochs whose keys a node holds: one, or two while one is being closed.
struct Epochs {
    /// Under which is sealed from now on.
    current: Arc<EpochKey>,
    /// The others that still open something.
    others: Vec<Arc<EpochKey>>,
}

/// What is in buckets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bucketed {
    /// Rings, by locator.
    Rings,
    /// Marks of what people placed, by the name of a piece.
    Marks,
}

impl Bucketed {
    /// Names the seals of the keys, and what the keys are made from.
    fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Rings => ("bucket", "ring"),
            Self::Marks => ("mark bucket", "mark"),
        }
    }
}

/// Names a bucket: the first bits of the name of what is in it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Bucket(pub u32);

impl Bucket {
    /// The bucket of what is called `name` when buckets are told apart by `bits` bits (0 to 24).
    #[must_use]
    pub fn of(name: [u8; 16], bits: u32) -> Self {
        let [a, b, c, ..] = name;
        Self(u32::from_be_bytes([0, a, b, c]) >> 24u32.saturating_sub(bits.min(24)))
    }
}

/// The key of one bucket, of one generation.
pub struct BucketKey {
    /// How many times the bucket was re-keyed.
    pub generation: u32,
    what: Bucketed,
    secret: Secret,
    key: Secret,
}

impl BucketKey {
    /// Under which what is in the bucket is sealed.
    pub(super) fn key(&self) -> &Secret {
        &self.key
    }
}

impl Keys {
    /// The keys of `installation`.
    #[must_use]
    pub fn new(installation: Installation, root: RootKey, epoch: EpochKey) -> Self {
        let epochs = RwLock::new(Epochs { current: Arc::new(epoch), others: Vec::new() });
        Self { installation, root, epochs }
    }

    /// Whose keys they are.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The epoch under whose key is sealed now.
    #[must_use]
    pub fn epoch(&self) -> EpochNo {
        self.current().no
    }

    /// Whether the key of `epoch` is at hand.
    #[must_use]
    pub fn holds(&self, epoch: EpochNo) -> bool {
        self.of(epoch).is_ok()
    }

    /// Holds another key: what was sealed under it opens from now on.
    pub fn hold(&self, key: EpochKey) {
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        if epochs.current.no != key.no && epochs.others.iter().all(|other| other.no != key.no) {
            epochs.others.push(Arc::new(key));
        }
    }

    /// Seals under the key of `epoch` from now on.
    ///
    /// # Errors
    /// [`VaultError::OtherEpoch`] when its key is not at hand.
    pub fn turn_to(&self, epoch: EpochNo) -> Result<(), VaultError> {
        let next = self.of(epoch)?;
        let mut epochs = self.epochs.write().unwrap_or_else(PoisonError::into_inner);
        if epochs.current.no != epoch {
            let before = std::mem::replace(&mut epochs.current, next);
            epochs.others.retain(|other| other.no != epoch);
            epochs.others.push(before);
        }
        Ok(())
    }

    /// Drops every key but the one under which is sealed; says whether there were any.
    pub fn drop_others(&self) -> bool {
        let others = std::mem::take(&mut self.epochs.write().unwrap_or_else(PoisonError::into_inner).others);
        !others.is_empty()
    }

    fn current(&self) -> Arc<EpochKey> {
        Arc::clone(&self.epochs.read().unwrap_or_else(PoisonError::into_inner).current)
    }

    fn of(&self, epoch: EpochNo) -> Result<Arc<EpochKey>, VaultError> {
        let epochs = self.epochs.read().unwrap_or_else(PoisonError::into_inner);
        let mut held = std::iter::once(&epochs.current).chain(&epochs.others);
        held.find(|key| key.no == epoch).cloned().ok_or(VaultError::OtherEpoch)
    }

    /// Seals `plain` for `place` until the epoch closes; says in which epoch that was. `label` names what it is.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal_in_epoch(
        &self,
        label: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<(EpochNo, Vec<u8>), VaultError> {
        let epoch = self.current();
        Ok((
            epoch.no,
            seal(&epoch.key_for(label), &[&self.installation.0[..], label.as_bytes(), place], plain, entropy)?,
        ))
    }

    /// Opens what [`Self::seal_in_epoch`] made in `epoch`.
    ///
    /// # Errors
    /// [`VaultError::OtherEpoch`] without the key of that epoch; [`VaultError::DoesNotOpen`] when it was made for another place.
    pub fn unseal_in_epoch(
        &self,
        label: &str,
        place: &[u8],
        (epoch, sealed): (EpochNo, &[u8]),
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        unseal(&self.of(epoch)?.key_for(label), &[&self.installation.0[..], label.as_bytes(), place], sealed)
    }

    /// A key derived from the root key for everything outside the vault: tokens, ledgers, sessions.
    ///
    /// `label` names what it is for, `context` whose it is.
    #[must_use]
    pub fn derive(&self, label: &str, context: &[u8]) -> Zeroizing<[u8; 32]> {
        expand(&self.root.0, label, context)
    }

    /// Makes the key of a bucket.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn new_bucket(
        &self,
        what: Bucketed,
        generation: u32,
        entropy: &mut dyn Entropy,
    ) -> Result<BucketKey, VaultError> {
        Ok(self.bucket_key(what, random_secret(entropy)?, generation))
    }

    /// The sealed form of the key of a bucket, and in which epoch it opens.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal_bucket(
        &self,
        bucket: Bucket,
        key: &BucketKey,
        entropy: &mut dyn Entropy,
    ) -> Result<(EpochNo, Vec<u8>), VaultError> {
        self.seal_in_epoch(key.what.labels().0, &bucket_place(bucket, key.generation), key.secret.as_ref(), entropy)
    }

    /// Opens the key of a bucket as the key store has it.
    ///
    /// # Errors
    /// [`VaultError::OtherEpoch`] without the key of the epoch; [`VaultError::DoesNotOpen`] when it was sealed for another bucket.
    pub fn open_bucket(
        &self,
        what: Bucketed,
        (bucket, generation): (Bucket, u32),
        sealed: (EpochNo, &[u8]),
    ) -> Result<BucketKey, VaultError> {
        let plain = self.unseal_in_epoch(what.labels().0, &bucket_place(bucket, generation), sealed)?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| VaultError::UnknownLayout)?;
        Ok(self.bucket_key(what, Zeroizing::new(key), generation))
    }

    /// The key that wraps locators into ids for one service.
    #[must_use]
    pub fn sector(&self, service: &str) -> SectorKey {
        SectorKey { secret: self.derive("sector", service.as_bytes()) }
    }

    fn bucket_key(&self, what: Bucketed, secret: Secret, generation: u32) -> BucketKey {
        let own = self.derive(what.labels().1, b"");
        let key = Zeroizing::new(super::seal::mac(&secret, &[own.as_ref()]));
        BucketKey { generation, what, secret, key }
    }
}

fn bucket_place(bucket: Bucket, generation: u32) -> [u8; 8] {
    let mut place = [0; 8];
    let parts = bucket.0.to_be_bytes().into_iter().chain(generation.to_be_bytes());
    place.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    place
}

/// Wraps locators into the ids that one service sees, and back.
pub struct SectorKey {
    secret: Secret,
}

impl SectorKey {
    /// The service's id for the person at `locator`: the same each time, different for each service.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] when the provider refuses, which it does not for 16 bytes.
    pub fn sub(&self, locator: &Locator) -> Result<Sub, VaultError> {
        let mut wrapped = [0; 24];
        self.kek()?.wrap(&locator.0, &mut wrapped).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(Sub(BASE64_URL_SAFE_NO_PAD.encode(wrapped)))
    }

    /// The person whom the service calls `sub`; `None` when this service was never told that id.
    #[must_use]
    pub fn locator(&self, sub: &Sub) -> Option<Locator> {
        let wrapped = BASE64_URL_SAFE_NO_PAD.decode(sub.as_str()).ok()?;
        let mut plain = [0; 24];
        let plain = self.kek().ok()?.unwrap(&wrapped, &mut plain).ok()?;
        Locator::from_slice(plain)
    }

    fn kek(&self) -> Result<AesKek, VaultError> {
        AesKek::new(&AES_256, self.secret.as_ref()).map_err(|_| VaultError::DoesNotOpen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3394, section 4.3: 128 bits of key data under a 256-bit key.
    #[test]
    fn an_id_for_a_service_is_the_key_wrap_of_rfc_3394() {
        let secret = Zeroizing::new(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        let person = Locator(std::array::from_fn(|at| u8::try_from(at * 0x11).unwrap()));
        let sector = SectorKey { secret };
        let sub = sector.sub(&person).unwrap();
        let wrapped = BASE64_URL_SAFE_NO_PAD.decode(sub.as_str()).unwrap();
        assert_eq!(crate::hex(&wrapped), "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7");
        assert!(sector.locator(&sub) == Some(person));
    }

    #[test]
    fn a_bucket_is_the_first_bits_of_a_locator() {
        let locator = [0b1010_0000; 16];
        assert_eq!([0, 1, 3, 8].map(|bits| Bucket::of(locator, bits)), [0, 1, 5, 160].map(Bucket));
        assert_eq!(Bucket::of(locator, 99), Bucket::of(locator, 24));
    }
}
