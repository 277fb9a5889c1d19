//! Who calls: a client with its secret, or a service with its access token.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use kepil_policy::{Effective, ServiceId};
use zeroize::Zeroizing;

use super::fault;
use crate::{
    App,
    actions::client_auth::{self, Presented, Shown},
    http::{posted::Posted, problem::HttpError},
    oidc::{AuthMethod, Client, Fault, OauthError, grant::ServiceToken},
};

/// A service that proved who it is by an access token of its own.
pub struct ServiceCaller {
    /// The edition in force: the whole request is answered by it, even when the next one comes into force meanwhile.
    pub edition: Arc<Effective>,
    /// The service, in that edition.
    pub service: ServiceId,
}

impl FromRequestParts<App> for ServiceCaller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let unknown = || {
            let mut answer = HttpError::Unauthorised.into_json();
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            answer
        };
        let sent = Sent::of(&parts.headers).ok_or_else(unknown)?;
        let verify = |token| ServiceToken::verify(&app.signing, token, &app.config.issuer, app.now().unix_s());
        let token = sent.token.and_then(verify);
        let token = token.ok_or_else(unknown)?;
        if let Err(error) = sent.check(app, token.jkt.as_deref(), (parts.method.as_str(), parts.uri.path())).await {
            return Err(fault::refused(error));
        }
        let edition = app.policy().map_err(|_| unknown())?;
        let service = edition.policy.find_service(&token.service).ok_or_else(unknown)?.id;
        Ok(Self { edition, service })
    }
}

/// What a request shows: an access token, and the proof of the key that it is bound to.
#[derive(Clone, Copy)]
pub struct Sent<'a> {
    /// The access token.
    pub token: Option<&'a str>,
    /// The proof.
    pub proof: Option<&'a str>,
}

impl<'a> Sent<'a> {
    /// What `headers` have; `None` when a token came in the way of another kind, or two of anything.
    #[must_use]
    pub fn of(headers: &'a HeaderMap) -> Option<Self> {
        let proof = one(headers, "dpop").ok()?;
        let Some(line) = one(headers, header::AUTHORIZATION.as_str()).ok()? else {
            return Some(Self { token: None, proof });
        };
        let (scheme, token) = line.split_once(' ')?;
        let fits = match proof {
            None => scheme.eq_ignore_ascii_case("bearer"),
            Some(_) => scheme.eq_ignore_ascii_case("dpop"),
        };
        fits.then_some(Self { token: Some(token.trim()), proof })
    }

    /// What it shows, for a request to `path`.
    #[must_use]
    pub fn shown(self, (method, path): (&'a str, &'a str)) -> Shown<'a> {
        Shown { proof: self.proof, method, path, token: self.token }
    }

    async fn check(self, app: &App, bound: Option<&str>, at: (&str, &str)) -> Result<(), OauthError> {
        client_auth::check_bound(app, bound, Shown { proof: self.proof, method: at.0, path: at.1, token: self.token })
            .await
    }
}

/// The one value of a header, if there is one.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Fault> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Fault::InvalidRequest("a header is no text")),
        _ => Err(Fault::InvalidRequest("a header was sent twice")),
    }
}

/// The thumbprint of the key that a client proved to hold when it posted to `path`; `None` when it proved none.
pub async fn proven_key(app: &App, headers: &HeaderMap, path: &str) -> Result<Option<String>, OauthError> {
    let proof = one(headers, "dpop").map_err(|_| Fault::InvalidDpopProof)?;
    client_auth::proven_key(app, Shown { proof, method: "POST", path, token: None }).await
}

/// The kind of assertion that clients sign (RFC 7523).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that posted a form to the provider. It proves itself in one way, never in two.
pub async fn authenticate(app: &App, headers: &HeaderMap, posted: &Posted) -> Result<Arc<Client>, OauthError> {
    let (named, secret, assertion) =
        (posted.find("client_id"), posted.find("client_secret"), posted.find("client_assertion"));
    let twice = Fault::InvalidRequest("the client proved itself twice");
    if let Some(line) = headers.get(header::AUTHORIZATION) {
        let (id, own) = line.to_str().ok().and_then(basic).ok_or(Fault::InvalidClient)?;
        if secret.is_some() || assertion.is_some() || named.is_some_and(|named| named != id) {
            return Err(twice.into());
        }
        let method = AuthMethod::ClientSecretBasic;
        return client_auth::authenticate(app, Presented::Secret { client_id: &id, secret: &own, method }).await;
    }
    let presented = match (assertion, secret) {
        (Some(_), Some(_)) => return Err(twice.into()),
        (Some(token), None) if posted.text("client_assertion_type") == ASSERTION => {
            Presented::Assertion { client_id: named, token }
        }
        (Some(_), None) => return Err(Fault::InvalidRequest("client_assertion_type is not served").into()),
        (None, secret) => Presented::Secret {
            client_id: named.ok_or(Fault::InvalidClient)?,
            secret: secret.unwrap_or_default(),
            method: if secret.is_some() { AuthMethod::ClientSecretPost } else { AuthMethod::None },
        },
    };
    client_auth::authenticate(app, presented).await
}

fn basic(line: &str) -> Option<(String, Zeroizing<String>)> {
    let (scheme, encoded) = line.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = Zeroizing::new(BASE64_STANDARD.decode(encoded.trim()).ok()?);
    let (id, secret) = std::str::from_utf8(&plain).ok()?.split_once(':')?;
    Some((unescaped(id)?, Zeroizing::new(unescaped(secret)?)))
}

/// The text that was form-encoded into `text` (RFC 6749, 2.3.1).
fn unescaped(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_read_from_a_basic_header() {
        let line = format!("Basic {}", BASE64_STANDARD.encode("shop%2D1:a%3Ab+c"));
        let (id, secret) = basic(&line).unwrap();
        assert_eq!((id.as_str(), secret.as_str()), ("shop-1", "a:b c"));
        assert!(basic("Bearer abc").is_none());
        assert!(basic(&format!("Basic {}", BASE64_STANDARD.encode("no colon"))).is_none());
        assert!(basic(&format!("Basic {}", BASE64_STANDARD.encode("a:%zz"))).is_none());
    }
}
