//! What a client signs to prove itself: assertions of who it is (RFC 7523, OpenID Connect Core 9) and proofs that it holds
//! a key (DPoP, RFC 9449). Here is what can be said without the store; that each is good once is the business of
//! `actions/client_auth.rs`.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{Client, PublicKey, jose::Compact};

/// How far clocks may be apart. Unit: seconds.
const SKEW_S: i64 = 30;
/// How long an assertion may hold. Unit: seconds.
const ASSERTION_S_MAX: i64 = 600;
/// How old a proof of a key may be. Unit: seconds.
const PROOF_S_MAX: i64 = 60;
/// Unit: bytes. The longest id that is kept.
const ID_MAX: usize = 256;

/// A signed token that is good once.
#[derive(Debug, Eq, PartialEq)]
pub struct Once {
    /// Its name, apart from all others.
    pub name: String,
    /// Until when it must not come again. Unit: Unix seconds.
    pub until_s: i64,
}

#[derive(Deserialize)]
struct AssertionClaims {
    iss: String,
    sub: String,
    aud: Value,
    exp: i64,
    iat: Option<i64>,
    nbf: Option<i64>,
    jti: String,
}

/// An assertion of who a client is, not verified yet.
pub struct Assertion<'a> {
    compact: Compact<'a>,
    client_id: String,
}

impl<'a> Assertion<'a> {
    /// The assertion in `token`; `None` when it is none.
    #[must_use]
    pub fn parse(token: &'a str) -> Option<Self> {
        let compact = Compact::parse(token)?;
        let claims: AssertionClaims = compact.danger_unverified()?;
        (compact.header.jwk.is_none() && claims.iss == claims.sub).then_some(Self { compact, client_id: claims.sub })
    }

    /// Who it says that it is from.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Verifies it with the keys of `client`; `None` when it does not hold at `now_s`, or is not for `issuer`.
    #[must_use]
    pub fn verify(&self, client: &Client, issuer: &str, now_s: i64) -> Option<Once> {
        let keys = client.metadata.jwks.as_ref()?.keys.iter();
        let kid = self.compact.header.kid.as_deref();
        let mut fit = keys.filter(|key| kid.is_none_or(|kid| key.kid().is_none_or(|own| own == kid)));
        let claims: AssertionClaims = fit.find_map(|key| self.compact.verify(key))?;
        let is_ours = |aud: &Value| aud == issuer || aud.as_str() == Some(&format!("{issuer}/token"));
        let is_for_us = is_ours(&claims.aud) || claims.aud.as_array().is_some_and(|all| all.iter().any(is_ours));
        let begun = claims.iat.into_iter().chain(claims.nbf).all(|at| at <= now_s + SKEW_S);
        let in_time = begun && claims.exp > now_s && claims.exp <= now_s + ASSERTION_S_MAX + SKEW_S;
        let holds = claims.sub == client.id && is_for_us && in_time && is_id(&claims.jti);
        holds.then(|| Once { name: format!("assertion {} {}", client.id, claims.jti), until_s: claims.exp })
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= ID_MAX
}

#[derive(Deserialize)]
struct ProofClaims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
}

/// The request that a proof must be for.
#[derive(Clone, Copy, Debug)]
pub struct Proven<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its address, without a query.
    pub uri: &'a str,
    /// The access token that comes with it.
    pub token: Option<&'a str>,
    /// When it came. Unit: Unix seconds.
    pub now_s: i64,
}

/// Verifies a proof: the thumbprint of the key that the client holds, and the name under which the proof is good once.
#[must_use]
pub fn verify(proof: &str, request: Proven<'_>) -> Option<(String, Once)> {
    let compact = Compact::parse(proof)?;
    if compact.header.typ.as_deref() != Some("dpop+jwt") {
        return None;
    }
    let key = PublicKey::parse(compact.header.jwk.as_ref()?)?;
    let claims: ProofClaims = compact.verify(&key)?;
    let address = claims.htu.split(['?', '#']).next().unwrap_or_default();
    let is_of_token = match request.token {
        None => claims.ath.is_none(),
        Some(token) => claims.ath.as_deref() == Some(&token_hash(token)),
    };
    let age_s = request.now_s.saturating_sub(claims.iat);
    let in_time = (-SKEW_S..=PROOF_S_MAX).contains(&age_s);
    let holds = claims.htm == request.method && address == request.uri && is_of_token && in_time && is_id(&claims.jti);
    let jkt = key.thumbprint();
    let once = Once { name: format!("dpop {jkt} {}", claims.jti), until_s: claims.iat.saturating_add(PROOF_S_MAX + 1) };
    holds.then_some((jkt, once))
}

/// What a proof says of the access token that it comes with.
#[must_use]
pub fn token_hash(token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()))
}
