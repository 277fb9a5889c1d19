//! The keys above the rings: root key, epoch key, bucket keys, and what is derived from them.

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
}

/// The keys of a running node.
pub struct Keys {
    installation: Installation,
    root: RootKey,
    epoch: EpochKey,
}

/// Names a bucket of rings: the first bits of the locator.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Bucket(pub u32);

impl Bucket {
    /// The bucket of `locator` when buckets are told apart by `bits` bits (0 to 24).
    #[must_use]
    pub fn of(locator: &Locator, bits: u32) -> Self {
        let [a, b, c, ..] = locator.0;
        Self(u32::from_be_bytes([0, a, b, c]) >> 24u32.saturating_sub(bits.min(24)))
    }
}

/// The key under which the rings of one bucket are sealed, of one generation.
pub struct BucketKey {
    /// How many times the bucket was re-keyed.
    pub generation: u32,
    ring_key: Secret,
}

impl BucketKey {
    pub(super) fn ring_key(&self) -> &Secret {
        &self.ring_key
    }
}

impl Keys {
    /// The keys of `installation`.
    #[must_use]
    pub fn new(installation: Installation, root: RootKey, epoch: EpochKey) -> Self {
        Self { installation, root, epoch }
    }

    /// Whose keys they are.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The epoch that is open.
    #[must_use]
    pub fn epoch(&self) -> EpochNo {
        self.epoch.no
    }

    /// A key derived from the root key for everything outside the vault: tokens, ledgers, sessions.
    ///
    /// `label` names what it is for, `context` whose it is.
    #[must_use]
    pub fn derive(&self, label: &str, context: &[u8]) -> Zeroizing<[u8; 32]> {
        expand(&self.root.0, label, context)
    }

    /// Makes the key of a bucket and its sealed form for the key store.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn new_bucket(
        &self,
        bucket: Bucket,
        generation: u32,
        entropy: &mut dyn Entropy,
    ) -> Result<(BucketKey, Vec<u8>), VaultError> {
        let key = random_secret(entropy)?;
        let under: Secret = expand(&self.epoch.key, "bucket", &self.epoch.no.0.to_be_bytes());
        let sealed = seal(&under, &self.bucket_place(bucket, generation), key.as_ref(), entropy)?;
        Ok((self.ring_key(&key, generation), sealed))
    }

    /// Opens the key of a bucket as the key store has it.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] when it was sealed in another epoch or for another bucket.
    pub fn open_bucket(&self, bucket: Bucket, generation: u32, sealed: &[u8]) -> Result<BucketKey, VaultError> {
        let under: Secret = expand(&self.epoch.key, "bucket", &self.epoch.no.0.to_be_bytes());
        let plain = unseal(&under, &self.bucket_place(bucket, generation), sealed)?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| VaultError::UnknownLayout)?;
        Ok(self.ring_key(&Zeroizing::new(key), generation))
    }

    /// The key that wraps locators into ids for one service.
    #[must_use]
    pub fn sector(&self, service: &str) -> SectorKey {
        SectorKey { secret: self.derive("sector", service.as_bytes()) }
    }

    /// The key under which the pages of the blind index are sealed in this epoch.
    pub(super) fn index_key(&self) -> Secret {
        expand(&self.epoch.key, "index", &self.epoch.no.0.to_be_bytes())
    }

    fn ring_key(&self, bucket: &Secret, generation: u32) -> BucketKey {
        let ring = self.derive("ring", b"");
        let mut both = Zeroizing::new([0; 32]);
        both.iter_mut().zip(super::seal::mac(bucket, &[ring.as_ref()])).for_each(|(to, from)| *to = from);
        BucketKey { generation, ring_key: both }
    }

    fn bucket_place(&self, bucket: Bucket, generation: u32) -> [Vec<u8>; 4] {
        [
            self.installation.0.to_vec(),
            b"bucket".to_vec(),
            bucket.0.to_be_bytes().to_vec(),
            generation.to_be_bytes().to_vec(),
        ]
    }
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
        let locator = Locator([0b1010_0000; 16]);
        assert_eq!([0, 1, 3, 8].map(|bits| Bucket::of(&locator, bits)), [0, 1, 5, 160].map(Bucket));
        assert_eq!(Bucket::of(&locator, 99), Bucket::of(&locator, 24));
    }
}
