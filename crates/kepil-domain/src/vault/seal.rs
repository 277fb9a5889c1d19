//! Sealing bytes: AES-256-GCM with a random nonce, the place of the bytes bound in as additional data.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf, hmac,
};
use zeroize::Zeroizing;

use crate::{Entropy, NoEntropy, bytes::Malformed};

/// Why the vault did not open or seal. Never says what was inside.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VaultError {
    /// Bytes that this installation did not seal for this place, or a wrong key.
    #[error("sealed bytes do not open with this key in this place")]
    DoesNotOpen,
    /// The layout is not one that this program writes.
    #[error("the sealed layout is unknown")]
    UnknownLayout,
    /// Permit, receipt and sealed record are not of one act.
    #[error("permit, receipt and sealed record are of different acts")]
    DifferentActs,
    /// More than the lease has passed since the facts were asked for.
    #[error("the facts are too old")]
    StaleFacts,
    /// The ring has no key for this part: it was destroyed.
    #[error("the key was destroyed")]
    KeyDestroyed,
    /// Sealed in an epoch whose key is not at hand: not yet, or not any more.
    #[error("sealed in an epoch whose key is not at hand")]
    OtherEpoch,
    /// Made with a version of a secret that is not at hand: not yet, or not any more.
    #[error("made with a version of a secret that is not at hand")]
    OtherSecret,
    /// A key has sealed as often as it may.
    #[error("the key has sealed too often")]
    KeyWornOut,
    /// A value is longer than a record can hold.
    #[error("a value is too long")]
    TooLong,
    /// The source of randomness failed.
    #[error("no randomness")]
    NoEntropy,
}

impl From<NoEntropy> for VaultError {
    fn from(_: NoEntropy) -> Self {
        Self::NoEntropy
    }
}

impl From<Malformed> for VaultError {
    fn from(_: Malformed) -> Self {
        Self::UnknownLayout
    }
}

/// A key of 32 bytes, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// A fresh random key.
pub(crate) fn random_secret(entropy: &mut dyn Entropy) -> Result<Secret, NoEntropy> {
    let mut secret = Secret::default();
    entropy.fill(secret.as_mut())?;
    Ok(secret)
}

/// Seals `plain` under `key`, bound to `place`. Shape: nonce (12), cipher text, tag (16).
pub(crate) fn seal(
    key: &Secret,
    place: &[impl AsRef<[u8]>],
    plain: &[u8],
    entropy: &mut dyn Entropy,
) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce)?;
    let mut out = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
    out.extend(nonce);
    out.extend_from_slice(plain);
    let body = out.get_mut(NONCE_LEN..).ok_or(VaultError::UnknownLayout)?;
    let tag = cipher(key)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bind(place)), body)
        .map_err(|_| VaultError::DoesNotOpen)?;
    out.extend_from_slice(tag.as_ref());
    Ok(out)
}

/// Opens what [`seal`] made with the same key and place. The plain bytes are wiped when dropped.
pub(crate) fn unseal(
    key: &Secret,
    place: &[impl AsRef<[u8]>],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let (nonce, body) = sealed.split_at_checked(NONCE_LEN).ok_or(VaultError::UnknownLayout)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| VaultError::UnknownLayout)?;
    let mut plain = Zeroizing::new(body.to_vec());
    let len = cipher(key)?
        .open_in_place(nonce, Aad::from(bind(place)), &mut plain)
        .map_err(|_| VaultError::DoesNotOpen)?
        .len();
    plain.truncate(len);
    Ok(plain)
}

fn cipher(key: &Secret) -> Result<LessSafeKey, VaultError> {
    UnboundKey::new(&AES_256_GCM, key.as_ref()).map(LessSafeKey::new).map_err(|_| VaultError::DoesNotOpen)
}

/// Joins the parts of a place so that no two places give the same bytes: each part has its length before it.
fn bind(place: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(96);
    for part in place {
        let part = part.as_ref();
        out.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(part);
    }
    out
}

/// HMAC-SHA-256.
pub(crate) fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
    out
}

struct Len(usize);

impl hkdf::KeyType for Len {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA-256 from a uniformly random key: `label` names what the result is for, `context` whose it is.
pub(crate) fn expand<const N: usize>(key: &[u8; 32], label: &str, context: &[u8]) -> Zeroizing<[u8; N]> {
    let mut out = Zeroizing::new([0; N]);
    let prk = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, key);
    let info: [&[u8]; 3] = [label.as_bytes(), &[0], context];
    // Invariant: HKDF-SHA-256 gives up to 8,160 bytes; the callers ask for at most 64.
    if prk.expand(&info, Len(N)).and_then(|okm| okm.fill(out.as_mut())).is_err() {
        debug_assert!(false, "HKDF refused {N} bytes");
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A countable source of bytes: never the same twice, the same in every run.
    pub(crate) struct Counting(pub u64);

    impl Entropy for Counting {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            for chunk in bytes.chunks_mut(32) {
                self.0 += 1;
                let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.0.to_be_bytes());
                chunk.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
            }
            Ok(())
        }
    }

    #[test]
    fn sealed_bytes_open_in_their_place_only() {
        let entropy = &mut Counting(0);
        let key = random_secret(entropy).unwrap();
        let sealed = seal(&key, &["a", "bc"], b"value", entropy).unwrap();
        assert_eq!(unseal(&key, &["a", "bc"], &sealed).unwrap().as_slice(), b"value");
        assert!(unseal(&key, &["ab", "c"], &sealed).is_err());
        assert!(unseal(&random_secret(entropy).unwrap(), &["a", "bc"], &sealed).is_err());
    }

    #[test]
    fn one_flipped_bit_does_not_open() {
        let entropy = &mut Counting(9);
        let key = random_secret(entropy).unwrap();
        let sealed = seal(&key, &[""], b"value", entropy).unwrap();
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(unseal(&key, &[""], &bent).is_err());
        }
    }

    #[test]
    fn two_labels_give_two_keys() {
        let key = [7; 32];
        assert_ne!(*expand::<32>(&key, "a", b""), *expand::<32>(&key, "b", b""));
        assert_ne!(*expand::<32>(&key, "a", b"x"), *expand::<32>(&key, "a", b"y"));
    }
}
