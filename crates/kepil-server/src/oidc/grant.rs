//! What codes, refresh tokens, access tokens and ID tokens carry; proof keys (RFC 7636).
//!
//! A ticket has the service's own id for the person, never the inner one; a token has no value about a person.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Alg, Audience, SigningKeys, Typ, Wanted};

/// How long a code can be exchanged. Unit: seconds.
pub const CODE_S: i64 = 60;
/// How long an access token or ID token holds. Unit: seconds.
pub const TOKEN_S: i64 = 600;
/// How long after signing in refreshing ends, whatever is refreshed meanwhile. Unit: seconds.
pub const REFRESH_S: i64 = 30 * 24 * 3600;

/// What a person's sign-in to a client comes to.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Grant {
    /// To which client.
    pub client_id: String,
    /// Of which service.
    pub service: String,
    /// The service's id for the person, or for the legal entity for which they act.
    pub sub: String,
    /// The service's id for the person who acts for a legal entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    /// What was asked for.
    pub scope: String,
    /// Which claims were asked for.
    pub wanted: Wanted,
    /// When the person proved who they are, if the client is told. Unit: Unix seconds.
    pub auth_time_s: Option<i64>,
    /// The client's own name for the session.
    pub sid: String,
    /// How well the person proved who they are.
    pub acr: String,
    /// Repeated in the ID token.
    pub nonce: Option<String>,
    /// The edition that the person accepted for the service.
    pub edition: u32,
    /// Thumbprint of the key that the tokens are bound to.
    pub jkt: Option<String>,
}

/// What an authorization code stands for.
#[derive(Deserialize, Serialize)]
pub struct CodeContent {
    /// What it will come to.
    pub grant: Grant,
    /// Where it was sent.
    pub redirect_uri: String,
    /// The client's proof key; `None` for the few clients that need none.
    pub challenge: Option<String>,
}

/// The key to which a token is bound (RFC 7800, 9449).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Confirmation {
    /// Its thumbprint.
    pub jkt: String,
}

/// Who acts for the subject of a token (RFC 8693, 4.1).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ActClaim {
    /// The service's id for that person.
    pub sub: String,
}

impl ActClaim {
    /// That of `sub`, where somebody acts for another.
    #[must_use]
    pub fn of(sub: Option<&str>) -> Option<Self> {
        sub.map(|sub| Self { sub: sub.to_owned() })
    }
}

impl Confirmation {
    fn of(jkt: Option<&str>) -> Option<Self> {
        jkt.map(|jkt| Self { jkt: jkt.to_owned() })
    }
}

/// The bytes of a ticket.
///
/// # Errors
/// [`serde_json::Error`], which texts and numbers do not raise.
pub fn to_content(content: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    serde_json::to_vec(content).map(Zeroizing::new)
}

/// Whether `verifier` is the one that `challenge` was made from.
#[must_use]
pub fn proves(verifier: &str, challenge: &str) -> bool {
    let fits = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let made = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    fits && made.as_bytes().ct_eq(challenge.as_bytes()).into()
}

/// The claims of an access token with which a client asks about one person.
#[derive(Deserialize, Serialize)]
pub struct PersonClaims {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    /// The service's id for the person.
    pub sub: String,
    /// Who acts for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<ActClaim>,
    /// The client.
    pub client_id: String,
    /// Its service.
    pub service: String,
    /// What was asked for.
    pub scope: String,
    /// The ticket that it stands for.
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
}

/// The claims of an access token with which a service calls on its own behalf.
#[derive(Deserialize, Serialize)]
struct ServiceClaims {
    iss: String,
    aud: String,
    exp: i64,
    iat: i64,
    sub: String,
    client_id: String,
    service: String,
    jti: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
}

/// The claims of an ID token. Nothing in it is about the person but an id.
#[derive(Deserialize, Serialize)]
pub struct IdClaims {
    iss: String,
    /// The service's id for the person.
    pub sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    act: Option<ActClaim>,
    /// The client.
    pub aud: String,
    exp: i64,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    sid: String,
    acr: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    at_hash: String,
    edition: u32,
}

/// A service that calls on its own behalf.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceToken {
    /// The client.
    pub client_id: String,
    /// Its service.
    pub service: String,
    /// When the token ends. Unit: Unix seconds.
    pub until_s: i64,
    /// Thumbprint of the key that it is bound to.
    pub jkt: Option<String>,
}

/// Where access tokens about a person are used.
#[must_use]
pub fn userinfo_uri(issuer: &str) -> String {
    format!("{issuer}/userinfo")
}

impl PersonClaims {
    /// Those of a token for `grant`.
    #[must_use]
    pub fn of(grant: &Grant, issuer: &str, now_s: i64, jti: String) -> Self {
        Self {
            iss: issuer.to_owned(),
            aud: userinfo_uri(issuer),
            exp: now_s + TOKEN_S,
            iat: now_s,
            sub: grant.sub.clone(),
            act: ActClaim::of(grant.act.as_deref()),
            client_id: grant.client_id.clone(),
            service: grant.service.clone(),
            scope: grant.scope.clone(),
            jti,
            cnf: Confirmation::of(grant.jkt.as_deref()),
        }
    }

    /// Those of `token`, if it is valid now.
    #[must_use]
    pub fn verify(keys: &SigningKeys, token: &str, issuer: &str, now_s: i64) -> Option<Arc<Self>> {
        let aud = userinfo_uri(issuer);
        keys.verify(Typ::Access, token, Audience { issuer, aud: Some(&aud), now_s: Some(now_s) })
    }

    /// The ticket that the token stands for: without it the token is worth nothing.
    #[must_use]
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// When the token ends. Unit: Unix seconds.
    #[must_use]
    pub fn until_s(&self) -> i64 {
        self.exp
    }

    /// Thumbprint of the key that the token is bound to.
    #[must_use]
    pub fn jkt(&self) -> Option<&str> {
        self.cnf.as_ref().map(|cnf| cnf.jkt.as_str())
    }
}

impl IdClaims {
    /// Those of a token for `grant`, given together with `access_token`.
    #[must_use]
    pub fn of(grant: &Grant, issuer: &str, now_s: i64, access_token: &str) -> Self {
        let hash = digest(&SHA256, access_token.as_bytes());
        let (half, _) = hash.as_ref().split_at_checked(16).unwrap_or_default();
        Self {
            iss: issuer.to_owned(),
            sub: grant.sub.clone(),
            act: ActClaim::of(grant.act.as_deref()),
            aud: grant.client_id.clone(),
            exp: now_s + TOKEN_S,
            iat: now_s,
            auth_time: grant.auth_time_s,
            sid: grant.sid.clone(),
            acr: grant.acr.clone(),
            nonce: grant.nonce.clone(),
            at_hash: BASE64_URL_SAFE_NO_PAD.encode(half),
            edition: grant.edition,
        }
    }

    /// Those of a token that a client gives back as a hint; it may be past its end.
    #[must_use]
    pub fn from_hint(keys: &SigningKeys, token: &str, issuer: &str) -> Option<Arc<Self>> {
        keys.verify(Typ::Id, token, Audience { issuer, aud: None, now_s: None })
    }
}

/// The claims of a message that somebody signed out.
#[derive(Serialize)]
pub struct LogoutClaims {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    jti: String,
    sub: String,
    sid: String,
    events: serde_json::Value,
}

/// How long such a message holds. Unit: seconds.
const LOGOUT_S: i64 = 120;

impl LogoutClaims {
    /// Those for `client_id`, which calls the person and the session by names of its own.
    #[must_use]
    pub fn of(client_id: &str, sub: String, sid: String, issuer: &str, now_s: i64, jti: String) -> Self {
        let events = serde_json::json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
        Self {
            iss: issuer.to_owned(),
            aud: client_id.to_owned(),
            iat: now_s,
            exp: now_s + LOGOUT_S,
            jti,
            sub,
            sid,
            events,
        }
    }
}

impl ServiceToken {
    /// A token with which `client_id` calls on behalf of `service`.
    ///
    /// # Errors
    /// [`crate::actions::ActionError::Broken`] when it cannot be signed.
    pub fn sign(
        keys: &SigningKeys,
        client: (&str, &str),
        issuer: &str,
        now_s: i64,
        (jti, jkt): (String, Option<&str>),
    ) -> Result<String, crate::actions::ActionError> {
        let (client_id, service) = (client.0.to_owned(), client.1.to_owned());
        let (iss, aud) = (issuer.to_owned(), issuer.to_owned());
        let claims = ServiceClaims {
            iss,
            aud,
            exp: now_s + TOKEN_S,
            iat: now_s,
            sub: client_id.clone(),
            client_id,
            service,
            jti,
            cnf: Confirmation::of(jkt),
        };
        keys.sign(Alg::default(), Typ::Access, &claims, now_s)
    }

    /// The service that sent `token`, if it is valid now.
    #[must_use]
    pub fn verify(keys: &SigningKeys, token: &str, issuer: &str, now_s: i64) -> Option<Self> {
        let claims: Arc<ServiceClaims> =
            keys.verify(Typ::Access, token, Audience { issuer, aud: Some(issuer), now_s: Some(now_s) })?;
        let is_own = claims.sub == claims.client_id;
        is_own.then_some(Self {
            client_id: claims.client_id.clone(),
            service: claims.service.clone(),
            until_s: claims.exp,
            jkt: claims.cnf.as_ref().map(|cnf| cnf.jkt.clone()),
        })
    }
}
