//! The keys above the rings: epoch keys, bucket keys, and what is made from the secrets (`secrets.rs`).
//!
//! Everything that leads to a person, and is not in their ring, is sealed under the key of an epoch: the keys of buckets, the
//! pages of the blind index, what a job could read of a ticket. When the epoch closes all of it is sealed anew under the next
//! key, without those who are gone, and the old key is destroyed.

use std::sync::{Arc, PoisonError, RwLock};

use zeroize::Zeroizing;

use super::{
    SecretName, Secrets, SectorKey, VaultError,
    seal::{Secret, expand, random_secret, seal, unseal},
};
use crate::{Entropy, Installation, NoEntropy};

/// Running number of an epoch.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EpochNo(pub u64);

/// The key of an epoch: whoever destroys it destroys what only it opened. Held by sealers.
pub struct EpochKey {
    no: EpochNo,
    key: Secret,
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

    /// The bytes for a sealer to keep.
    #[must_use]
    pub fn danger_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    fn key_for(&self, label: &str) -> Secret {
        expand(&self.key, label, &self.no.0.to_be_bytes())
    }
}

/// The keys of a running node.
pub struct Keys {
    installation: Installation,
    /// With the number of the state of the key store that they were read in.
    secrets: RwLock<(u64, Arc<Secrets>)>,
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
    /// Names the seals of the keys.
    fn label(self) -> &'static str {
        match self {
            Self::Rings => "bucket",
            Self::Marks => "mark bucket",
        }
    }

    /// The secret that the keys are made with.
    #[must_use]
    pub fn secret(self) -> SecretName {
        match self {
            Self::Rings => SecretName::Rings,
            Self::Marks => SecretName::Marks,
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
    /// Which version of [`Bucketed::secret`] it is made with.
    pub version: u32,
    what: Bucketed,
    own: Secret,
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
    pub fn new(installation: Installation, secrets: Secrets, epoch: EpochKey) -> Self {
        let epochs = RwLock::new(Epochs { current: Arc::new(epoch), others: Vec::new() });
        Self { installation, secrets: RwLock::new((0, Arc::new(secrets))), epochs }
    }

    /// The secrets at hand.
    #[must_use]
    pub fn secrets(&self) -> Arc<Secrets> {
        Arc::clone(&self.secrets.read().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// In which state of the key store the secrets at hand were read; 0 before any.
    #[must_use]
    pub fn secrets_state(&self) -> u64 {
        self.secrets.read().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Holds `secrets` as they were in `state`, unless what is at hand is of a later one.
    pub fn hold_secrets(&self, state: u64, secrets: Secrets) {
        let mut held = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if held.0 <= state {
            *held = (state, Arc::new(secrets));
        }
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

    /// What the keys of the log called `name` are made from, the oldest first; the last one alone signs when there is no other.
    #[must_use]
    pub fn ledger_seeds(&self, name: &str) -> Vec<Zeroizing<[u8; 32]>> {
        let secrets = self.secrets();
        let used = secrets.all(SecretName::Ledgers).filter(|secret| secret.stage != super::Stage::Made);
        used.map(|secret| secret.derive("ledger", name.as_bytes())).collect()
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
        let version = self.secrets().newest(what.secret())?.version;
        self.bucket_key(what, random_secret(entropy)?, (generation, version))
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
        self.seal_in_epoch(key.what.label(), &bucket_place(bucket, key.generation), key.own.as_ref(), entropy)
    }

    /// Opens the key of a bucket, of a generation, made with a version of its secret, as the key store has it.
    ///
    /// # Errors
    /// [`VaultError::OtherEpoch`] without the key of the epoch; [`VaultError::OtherSecret`] without the secret;
    /// [`VaultError::DoesNotOpen`] when it was sealed for another bucket.
    pub fn open_bucket(
        &self,
        what: Bucketed,
        (bucket, generation, version): (Bucket, u32, u32),
        sealed: (EpochNo, &[u8]),
    ) -> Result<BucketKey, VaultError> {
        let plain = self.unseal_in_epoch(what.label(), &bucket_place(bucket, generation), sealed)?;
        let own: [u8; 32] = plain.as_slice().try_into().map_err(|_| VaultError::UnknownLayout)?;
        self.bucket_key(what, Zeroizing::new(own), (generation, version))
    }

    /// The key that wraps locators into ids for one service.
    #[must_use]
    pub fn sector(&self, service: &str) -> SectorKey {
        let secrets = self.secrets();
        let versions = secrets.all(SecretName::Sectors);
        SectorKey { versions: versions.map(|it| (it.version, it.derive("sector", service.as_bytes()))).collect() }
    }

    fn bucket_key(
        &self,
        what: Bucketed,
        own: Secret,
        (generation, version): (u32, u32),
    ) -> Result<BucketKey, VaultError> {
        let secret = self.secrets().find(what.secret(), version)?.derive(what.secret().word(), b"");
        let key = Zeroizing::new(super::seal::mac(&own, &[secret.as_ref()]));
        Ok(BucketKey { generation, version, what, own, key })
    }
}

fn bucket_place(bucket: Bucket, generation: u32) -> [u8; 8] {
    let mut place = [0; 8];
    let parts = bucket.0.to_be_bytes().into_iter().chain(generation.to_be_bytes());
    place.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_is_the_first_bits_of_a_locator() {
        let locator = [0b1010_0000; 16];
        assert_eq!([0, 1, 3, 8].map(|bits| Bucket::of(locator, bits)), [0, 1, 5, 160].map(Bucket));
        assert_eq!(Bucket::of(locator, 99), Bucket::of(locator, 24));
    }
}
