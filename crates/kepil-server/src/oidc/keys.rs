//! The keys that sign tokens: several generations of each algorithm, sealed in the system database.
//!
//! Which key signs follows from the rows and the time alone, so all nodes agree without speaking: a new key is published
//! for [`AHEAD_S`] before it signs, and an old one for [`KEPT_S`] after it did. Start reading at [`SigningKeys::signer`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use kepil_store::{SigningKeyRow, Store, StoreError};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Alg, PublicKey, jose::Verified};
use crate::actions::ActionError;

/// How long a key is published before it signs: longer than anyone may keep `/jwks`. Unit: seconds.
pub const AHEAD_S: i64 = 2 * 3600;
/// How long a key signs before the next one is made. Unit: seconds.
pub const LIFE_S: i64 = 90 * 24 * 3600;
/// How long a key is published after another one signs: no token lives longer. Unit: seconds.
pub const KEPT_S: i64 = 31 * 24 * 3600;
/// How many tokens are remembered as verified.
const VERIFIED_MAX: usize = 16_384;

enum Pair {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

/// A key that signs.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
    kid: String,
    number: u32,
    made_s: i64,
    ends_s: i64,
}

fn refused(_: impl std::fmt::Debug) -> ActionError {
    ActionError::Broken("a signing key cannot be made or read".to_owned())
}

/// A fresh key for `alg`, as PKCS #8.
fn generate(alg: Alg) -> Result<Zeroizing<Vec<u8>>, ActionError> {
    let bytes = match alg {
        Alg::Es256 => {
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(refused)?;
            pair.to_pkcs8v1().map_err(refused)?.as_ref().to_vec()
        }
        Alg::EdDsa => Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8()).map_err(refused)?.as_ref().to_vec(),
        Alg::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(refused)?;
            pair.as_der().map_err(refused)?.as_ref().to_vec()
        }
    };
    Ok(Zeroizing::new(bytes))
}

impl SigningKey {
    /// The key in `row`.
    fn from_row(row: &SigningKeyRow) -> Result<Self, ActionError> {
        let (pair, public) = match Alg::parse(&row.alg).ok_or(row.number).map_err(refused)? {
            Alg::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &row.pkcs8).map_err(refused)?;
                let public = PublicKey::p256(pair.public_key().as_ref());
                (Pair::P256(pair), public)
            }
            Alg::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(&row.pkcs8).map_err(refused)?;
                let public = PublicKey::ed25519(pair.public_key().as_ref());
                (Pair::Ed25519(pair), public)
            }
            Alg::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(&row.pkcs8).map_err(refused)?;
                let own = pair.public_key();
                let (n, e) = (own.modulus(), own.exponent());
                let public = PublicKey::rsa(n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                (Pair::Rsa(Box::new(pair)), public)
            }
        };
        let kid = public.thumbprint();
        Ok(Self { pair, public, kid, number: row.number, made_s: row.made_s, ends_s: row.ends_s })
    }

    /// A key from an ECDSA scalar and its point, for the vectors of the standards.
    #[cfg(test)]
    pub(super) fn from_scalar(scalar: &[u8], point: &[u8]) -> Self {
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, point).unwrap();
        let public = PublicKey::p256(point);
        Self { pair: Pair::P256(pair), kid: public.thumbprint(), public, number: 1, made_s: 0, ends_s: LIFE_S }
    }

    /// The name of the key: its thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The one algorithm that it is for.
    #[must_use]
    pub fn alg(&self) -> Alg {
        self.public.alg()
    }

    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>, ActionError> {
        let failed = |_| ActionError::Broken("a token cannot be signed".to_owned());
        match &self.pair {
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message).map(|it| it.as_ref().to_vec()).map_err(failed),
            Pair::Ed25519(pair) => pair.try_sign(message).map(|it| it.as_ref().to_vec()).map_err(failed),
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(failed)?;
                Ok(signature)
            }
        }
    }
}

/// Every key that signs or did, and the tokens that were read.
#[derive(Default)]
pub struct SigningKeys {
    keys: RwLock<Vec<Arc<SigningKey>>>,
    /// By the hash of the token.
    verified: Mutex<HashMap<[u8; 32], Verified>>,
}

impl SigningKeys {
    /// The keys of the installation; makes the first of each algorithm, and the next where it is due.
    ///
    /// # Errors
    /// [`ActionError`] when the store does not answer or a key does not open.
    pub async fn open(store: &Store) -> Result<Self, ActionError> {
        let keys = Self::default();
        keys.refresh(store).await?;
        Ok(keys)
    }

    #[cfg(test)]
    pub(super) fn of(keys: Vec<SigningKey>) -> Self {
        Self { keys: RwLock::new(keys.into_iter().map(Arc::new).collect()), verified: Mutex::default() }
    }

    #[cfg(test)]
    pub(super) fn forget_keys(&mut self) {
        self.keys = RwLock::default();
    }

    /// Makes keys that are due, removes those whose time is over, and takes in what other nodes made.
    ///
    /// # Errors
    /// [`ActionError`] when the store does not answer or a key does not open.
    pub async fn refresh(&self, store: &Store) -> Result<(), ActionError> {
        let now_s = store.clock().now().unix_s();
        let mut rows = store.list_signing_keys().await?;
        for alg in Alg::ALL {
            let last = rows.iter().filter(|row| row.alg == alg.word()).max_by_key(|row| row.number);
            let number = match last {
                Some(last) if last.ends_s > now_s => continue,
                last => last.map_or(1, |last| last.number + 1),
            };
            let pkcs8 = generate(alg)?;
            let row =
                SigningKeyRow { alg: alg.word().to_owned(), number, made_s: now_s, ends_s: now_s + LIFE_S, pkcs8 };
            match store.add_signing_key(&row).await {
                // Another node was first: its key is the one.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
            rows = store.list_signing_keys().await?;
        }
        let known: Vec<Arc<SigningKey>> = self.list();
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            if is_over(&rows, row, now_s) {
                store.remove_signing_key(&row.alg, row.number).await?;
                continue;
            }
            let own = known.iter().find(|key| key.alg().word() == row.alg && key.number == row.number);
            keys.push(match own.filter(|key| key.ends_s == row.ends_s) {
                Some(own) => Arc::clone(own),
                None => Arc::new(SigningKey::from_row(row)?),
            });
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    fn list(&self) -> Vec<Arc<SigningKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key that signs with `alg` at `now_s`: the newest that was published long enough, else the first.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when there is none, which [`Self::open`] does not let happen.
    pub fn signer(&self, alg: Alg, now_s: i64) -> Result<Arc<SigningKey>, ActionError> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let own = || keys.iter().filter(|key| key.alg() == alg);
        let published = own().filter(|key| key.made_s + AHEAD_S <= now_s).max_by_key(|key| key.number);
        let signer = published.or_else(|| own().min_by_key(|key| key.number)).cloned();
        signer.ok_or_else(|| ActionError::Broken("there is no signing key".to_owned()))
    }

    /// The key called `kid`.
    pub(super) fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).iter().find(|key| key.kid == kid).cloned()
    }

    /// The public keys, for `/jwks`.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let jwk = |key: Arc<SigningKey>| {
            let mut jwk = key.public.to_jwk();
            jwk.as_object_mut().into_iter().for_each(|jwk| drop(jwk.insert("kid".to_owned(), json!(key.kid))));
            jwk
        };
        json!({ "keys": self.list().into_iter().map(jwk).collect::<Vec<_>>() })
    }

    /// The token with this hash, if it was read before.
    pub(super) fn remembered(&self, hash: &[u8; 32]) -> Option<Verified> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    /// Remembers the token with this hash.
    pub(super) fn remember(&self, hash: [u8; 32], read: Verified, now_s: i64) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_MAX {
            verified.retain(|_, read| read.until_s() > now_s);
        }
        if verified.len() >= VERIFIED_MAX {
            verified.clear();
        }
        verified.insert(hash, read);
    }
}

/// Whether a later key of the algorithm has signed for so long that no token of `row` is alive.
fn is_over(rows: &[SigningKeyRow], row: &SigningKeyRow, now_s: i64) -> bool {
    let later = rows.iter().filter(|other| other.alg == row.alg && other.number > row.number);
    later.map(|other| other.made_s).min().is_some_and(|made_s| made_s + AHEAD_S + KEPT_S <= now_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, made_s: i64) -> SigningKeyRow {
        SigningKeyRow {
            alg: "EdDSA".to_owned(),
            number,
            made_s,
            ends_s: made_s + LIFE_S,
            pkcs8: generate(Alg::EdDsa).unwrap(),
        }
    }

    #[test]
    fn a_key_of_each_algorithm_signs_and_only_its_public_key_verifies() {
        for alg in Alg::ALL {
            let make = || {
                let pkcs8 = generate(alg).unwrap();
                SigningKey::from_row(&SigningKeyRow { alg: alg.word().to_owned(), pkcs8, ..row(1, 0) }).unwrap()
            };
            let (key, other) = (make(), make());
            let signature = key.sign_bytes(b"message").unwrap();
            let read = PublicKey::parse(&key.public().to_jwk()).unwrap();
            assert!(read.is_signed(b"message", &signature), "{}", alg.word());
            assert!(!read.is_signed(b"massage", &signature) && !other.public().is_signed(b"message", &signature));
            assert_eq!((read.alg(), read.thumbprint()), (alg, key.kid().to_owned()));
        }
    }

    #[test]
    fn a_new_key_is_published_before_it_signs_and_an_old_one_after_it_did() {
        let rows = [row(1, 0), row(2, LIFE_S)];
        let keys = SigningKeys::of(rows.iter().map(|row| SigningKey::from_row(row).unwrap()).collect());
        let signs = |now_s| keys.signer(Alg::EdDsa, now_s).unwrap().number;
        assert_eq!(signs(0), 1, "the first signs at once");
        assert_eq!(signs(LIFE_S + AHEAD_S - 1), 1);
        assert_eq!(signs(LIFE_S + AHEAD_S), 2);
        assert_eq!(keys.jwks()["keys"].as_array().unwrap().len(), 2);
        let ends_s = LIFE_S + AHEAD_S + KEPT_S;
        assert!(!is_over(&rows, &rows[0], ends_s - 1) && is_over(&rows, &rows[0], ends_s));
        assert!(!is_over(&rows, &rows[1], i64::MAX / 2));
        assert!(keys.signer(Alg::Rs256, 0).is_err());
    }
}
