//! Tokens: random texts that whoever holds them may use; the store keeps their hash only, and what they carry is sealed
//! under a key that needs the token itself.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::{
    Keys, SecretName, VaultError,
    seal::{Secret, seal, unseal},
};
use crate::{Digest, Entropy, NoEntropy};

/// A random token of 256 bits.
pub struct Token(Secret);

impl Token {
    /// A fresh one.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        super::seal::random_secret(entropy).map(Self)
    }

    /// The token that `text` spells; `None` when it spells none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// The text to hand out: 43 characters of base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0.as_ref())
    }

    /// What the store keeps in its place, for tokens of `kind`.
    #[must_use]
    pub fn id(&self, kind: u8) -> [u8; 32] {
        let mut digest = Digest::default();
        digest.update(b"kepil token");
        digest.update(&[kind]);
        digest.update(self.0.as_ref());
        digest.finish()
    }

    /// The bytes that bind a seal to this token.
    #[must_use]
    pub fn danger_bytes(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl Keys {
    /// Seals `plain` for a use called `label` under a key made from the secret for that and `context`. Shape: version of the
    /// secret (4), sealed bytes.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal_for(
        &self,
        label: &str,
        context: &[u8],
        plain: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        self.seal_with(SecretName::Seals, (label, context), plain, entropy)
    }

    /// Opens what [`Self::seal_for`] made with the same label and context.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] without that version of the secret; [`VaultError::DoesNotOpen`] when it was made for another
    /// use.
    pub fn unseal_for(&self, label: &str, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.unseal_with(SecretName::Seals, (label, context), sealed)
    }

    /// As [`Self::seal_for`], for what outlives the store: no version of that secret goes.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal_lasting(&self, label: &str, plain: &[u8], entropy: &mut dyn Entropy) -> Result<Vec<u8>, VaultError> {
        self.seal_with(SecretName::Journals, (label, b""), plain, entropy)
    }

    /// Opens what [`Self::seal_lasting`] made.
    ///
    /// # Errors
    /// As [`Self::unseal_for`].
    pub fn unseal_lasting(&self, label: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.unseal_with(SecretName::Journals, (label, b""), sealed)
    }

    fn seal_with(
        &self,
        name: SecretName,
        (label, context): (&str, &[u8]),
        plain: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let secrets = self.secrets();
        let secret = secrets.newest(name)?;
        let parts = [self.installation().0.as_slice(), label.as_bytes()];
        let mut out = secret.version.to_be_bytes().to_vec();
        out.extend(seal(&secret.derive(label, context), &parts, plain, entropy)?);
        Ok(out)
    }

    fn unseal_with(
        &self,
        name: SecretName,
        (label, context): (&str, &[u8]),
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (version, sealed) = sealed.split_first_chunk().ok_or(VaultError::UnknownLayout)?;
        let key = self.secrets().find(name, u32::from_be_bytes(*version))?.derive(label, context);
        unseal(&key, &[self.installation().0.as_slice(), label.as_bytes()], sealed)
    }

    /// The token that stands for `value`, which someone types or a client makes up, for a use called `label`.
    #[must_use]
    pub fn token_for(&self, label: &str, value: &[u8]) -> Token {
        Token(Zeroizing::new(super::seal::mac(&self.hashing(label, b"token"), &[value])))
    }

    /// A keyed hash of `value` for a use called `label`, 16 bytes.
    #[must_use]
    pub fn hash_for(&self, label: &str, value: &[u8]) -> [u8; 16] {
        let mac = super::seal::mac(&self.hashing(label, b"hash"), &[value]);
        let mut short = [0; 16];
        short.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
        short
    }

    /// A key that hashes.
    pub(super) fn hashing(&self, label: &str, context: &[u8]) -> Secret {
        self.secrets().hashing.derive(label, context)
    }
}
