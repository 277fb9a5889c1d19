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

use crate::{
    App,
    actions::client_auth::{self, Presented},
    http::{posted::Posted, problem::HttpError},
    oidc::{AuthMethod, Client, Fault, OauthError},
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
        let known = bearer(&parts.headers).and_then(|token| {
            let token = app.signing.service_token(token, &app.config.issuer, app.now().unix_s())?;
            let edition = app.policy().ok()?;
            let service = edition.policy.find_service(&token.service)?.id;
            Some(Self { edition, service })
        });
        known.ok_or_else(|| {
            let mut answer = HttpError::Unauthorised.into_json();
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            answer
        })
    }
}

/// The access token of a request.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The client that sent a request to the token endpoint.
pub async fn authenticate(app: &App, headers: &HeaderMap, posted: &Posted) -> Result<Client, OauthError> {
    if let Some(line) = headers.get(header::AUTHORIZATION) {
        let (id, secret) = line.to_str().ok().and_then(basic).ok_or(Fault::InvalidClient)?;
        if posted.find("client_secret").is_some() || posted.find("client_id").is_some_and(|named| named != id) {
            return Err(Fault::InvalidRequest("the client proved itself twice").into());
        }
        return client_auth::authenticate(
            app,
            Presented { client_id: &id, secret: &secret, method: AuthMethod::ClientSecretBasic },
        )
        .await;
    }
    let client_id = posted.find("client_id").ok_or(Fault::InvalidClient)?;
    let presented = match posted.find("client_secret") {
        Some(secret) => Presented { client_id, secret, method: AuthMethod::ClientSecretPost },
        None => Presented { client_id, secret: "", method: AuthMethod::None },
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
