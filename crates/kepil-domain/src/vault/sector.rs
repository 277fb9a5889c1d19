//! Ids of people for services: a locator wrapped under the key of a service, and back.
//!
//! A service keeps the id that it knows, whatever is rotated: an id unwraps under any version of the secret, and which version
//! wraps is said by the last byte of the locator, which was written when the person came. Clauses 3.1.5, 4.4a.

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrap};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{Keys, SecretName, VaultError, seal::Secret};
use crate::{Entropy, Locator, Sub};

/// How many versions there may be: a byte tells them apart.
pub const SECTORS_MAX: u32 = 255;

/// Wraps locators into the ids that one service sees, and back.
pub struct SectorKey {
    /// The oldest first.
    pub(super) versions: Vec<(u32, Secret)>,
}

impl SectorKey {
    /// The service's id for the person at `locator`: the same each time, different for each service.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] when the provider refuses, which it does not for 16 bytes.
    pub fn sub(&self, locator: &Locator) -> Result<Sub, VaultError> {
        let said = u32::from(locator.0[15]);
        let version = self.versions.iter().find(|(version, _)| *version == said).or(self.versions.first());
        let (_, key) = version.ok_or(VaultError::OtherSecret)?;
        let mut wrapped = [0; 24];
        kek(key)?.wrap(&locator.0, &mut wrapped).map_err(|_| VaultError::DoesNotOpen)?;
        Ok(Sub(BASE64_URL_SAFE_NO_PAD.encode(wrapped)))
    }

    /// The person whom the service calls `sub`; `None` when this service was never told that id.
    #[must_use]
    pub fn locator(&self, sub: &Sub) -> Option<Locator> {
        let wrapped = BASE64_URL_SAFE_NO_PAD.decode(sub.as_str()).ok()?;
        // Every version is tried, whichever it is of.
        let mut found = None;
        for (_, key) in &self.versions {
            let mut plain = [0; 24];
            let plain = kek(key).ok()?.unwrap(&wrapped, &mut plain).ok().and_then(|it| Locator::from_slice(it));
            found = found.or(plain);
        }
        found
    }
}

impl Keys {
    /// A locator for somebody who comes now.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn new_locator(&self, entropy: &mut dyn Entropy) -> Result<Locator, VaultError> {
        let Locator(mut bytes) = Locator::random(entropy)?;
        let version = self.secrets().newest(SecretName::Sectors)?.version;
        bytes[15] = u8::try_from(version).unwrap_or(u8::MAX);
        Ok(Locator(bytes))
    }
}

fn kek(key: &Secret) -> Result<AesKek, VaultError> {
    AesKek::new(&AES_256, key.as_ref()).map_err(|_| VaultError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    /// RFC 3394, section 4.3: 128 bits of key data under a 256-bit key.
    #[test]
    fn an_id_for_a_service_is_the_key_wrap_of_rfc_3394() {
        let secret = Zeroizing::new(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        let person = Locator(std::array::from_fn(|at| u8::try_from(at * 0x11).unwrap()));
        let sector = SectorKey { versions: vec![(1, secret)] };
        let sub = sector.sub(&person).unwrap();
        let wrapped = BASE64_URL_SAFE_NO_PAD.decode(sub.as_str()).unwrap();
        assert_eq!(crate::hex(&wrapped), "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7");
        assert!(sector.locator(&sub) == Some(person));
    }
}
