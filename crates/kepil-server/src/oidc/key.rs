//! The key that signs tokens: ES256, made anew from the root key at each start, so nothing of it is stored.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::vault::Keys;
use serde_json::{Value, json};

use super::grant::ServiceToken;
use crate::actions::ActionError;

/// A random scalar is outside the curve's order once in 2^32 times; then the next one is taken.
const TRIES: u8 = 4;
/// How many tokens of services are remembered as verified.
const VERIFIED_MAX: usize = 1024;

/// Signs tokens and verifies its own.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    /// Uncompressed point.
    public: Vec<u8>,
    kid: String,
    verified: Mutex<HashMap<[u8; 32], ServiceToken>>,
}

impl SigningKey {
    /// The key of the installation that `keys` are of.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the provider of algorithms refuses, which it does not.
    pub fn of(keys: &Keys) -> Result<Self, ActionError> {
        (0..TRIES)
            .find_map(|at| {
                let mut context = b"es256".to_vec();
                context.extend((at > 0).then_some(at));
                Self::from_scalar(keys.derive("token", &context).as_ref())
            })
            .ok_or_else(|| ActionError::Broken("the signing key cannot be made".to_owned()))
    }

    /// The key with this private scalar; `None` when it is none of the curve's.
    pub(super) fn from_scalar(scalar: &[u8]) -> Option<Self> {
        let public =
            PrivateKey::from_private_key(&ECDH_P256, scalar).ok()?.compute_public_key().ok()?.as_ref().to_vec();
        let pair =
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, scalar, &public).ok()?;
        let (x, y) = coordinates(&public)?;
        // RFC 7638: the required members in the order of their names, without blanks.
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()));
        Some(Self { pair, public, kid, verified: Mutex::default() })
    }

    /// The name of the key: its RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public keys, for `/jwks`.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let (x, y) = coordinates(&self.public).unwrap_or_default();
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": x, "y": y }] })
    }

    pub(super) fn sign_bytes(&self, message: &[u8]) -> Result<Vec<u8>, ActionError> {
        let signature = self.pair.sign(&SystemRandom::new(), message);
        signature.map(|it| it.as_ref().to_vec()).map_err(|_| ActionError::Broken("a token cannot be signed".to_owned()))
    }

    pub(super) fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.public).verify(message, signature).is_ok()
    }

    /// The service that sent `token`, if it is valid now. A token in use is verified once, then remembered by its hash.
    #[must_use]
    pub fn service_token(&self, token: &str, issuer: &str, now_s: i64) -> Option<ServiceToken> {
        let hash: [u8; 32] = digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()?;
        let known = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some(known) = known {
            return (known.until_s > now_s).then_some(known);
        }
        let fresh = ServiceToken::verify(self, token, issuer, now_s)?;
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if verified.len() >= VERIFIED_MAX {
            verified.retain(|_, each| each.until_s > now_s);
        }
        if verified.len() >= VERIFIED_MAX {
            verified.clear();
        }
        verified.insert(hash, fresh.clone());
        Some(fresh)
    }
}

fn coordinates(public: &[u8]) -> Option<(String, String)> {
    let (x, y) = public.strip_prefix(&[4])?.split_at_checked(32)?;
    Some((BASE64_URL_SAFE_NO_PAD.encode(x), BASE64_URL_SAFE_NO_PAD.encode(y)))
}
