//! `/token`: codes, refresh tokens, devices' codes and clients' own names become tokens. RFC 6749 (5), 8628, 9449.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    caller::{authenticate, proven_key},
    fault,
};
use crate::{
    App,
    actions::exchange::{self, CodeAsk, Issued},
    http::{posted::Posted, problem::HttpError},
    oidc::{Client, Fault, GrantType, OauthError, grant::TOKEN_S},
};

#[derive(Serialize)]
struct TokenReply {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
}

/// `POST /token`.
pub async fn token(State(app): State<App>, headers: HeaderMap, posted: Result<Posted, HttpError>) -> Response {
    match exchange(&app, &headers, posted).await {
        Ok(issued) => {
            let reply = TokenReply {
                access_token: issued.access_token,
                token_type: if issued.is_bound { "DPoP" } else { "Bearer" },
                expires_in: TOKEN_S,
                id_token: issued.id_token,
                refresh_token: issued.refresh_token,
                scope: issued.scope,
            };
            fault::unkept(Json(reply).into_response())
        }
        Err(error) => fault::answer(error),
    }
}

/// The client that posted a form to the provider.
pub async fn of_client(
    app: &App,
    headers: &HeaderMap,
    posted: Result<Posted, HttpError>,
) -> Result<(Arc<Client>, Posted), OauthError> {
    let posted = posted.map_err(|_| Fault::InvalidRequest("the body is not a form"))?;
    if posted.has_twice() {
        return Err(Fault::InvalidRequest("a parameter was sent twice").into());
    }
    Ok((authenticate(app, headers, &posted).await?, posted))
}

/// The value of a parameter that must be there.
pub fn needed<'a>(posted: &'a Posted, name: &str) -> Result<&'a str, Fault> {
    posted.find(name).filter(|value| !value.is_empty()).ok_or(Fault::InvalidRequest("a parameter is missing"))
}

async fn exchange(app: &App, headers: &HeaderMap, posted: Result<Posted, HttpError>) -> Result<Issued, OauthError> {
    let (client, posted) = of_client(app, headers, posted).await?;
    let needed = |name| needed(&posted, name);
    let grant = GrantType::parse(needed("grant_type")?).ok_or(Fault::UnsupportedGrantType)?;
    if !client.may(grant) {
        return Err(Fault::UnauthorizedClient.into());
    }
    let jkt = proven_key(app, headers, "/token").await?;
    if jkt.is_none() && client.metadata.dpop_bound_access_tokens {
        return Err(Fault::InvalidDpopProof.into());
    }
    let jkt = jkt.as_deref();
    match grant {
        GrantType::Code => {
            let (code, redirect_uri) = (needed("code")?, needed("redirect_uri")?);
            let asked = CodeAsk { code, redirect_uri, verifier: posted.find("code_verifier"), jkt };
            exchange::by_code(app, &client, asked).await
        }
        GrantType::Refresh => {
            exchange::by_refresh(app, &client, needed("refresh_token")?, posted.find("scope"), jkt).await
        }
        GrantType::Device => exchange::by_device(app, &client, needed("device_code")?, jkt).await,
        GrantType::Service => exchange::for_service(app, &client, jkt),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The body that the client of the service API is tested by.
    fn body(vector: &str) -> Value {
        serde_json::from_str::<Value>(vector).unwrap()["answer"]["body"].take()
    }

    #[tokio::test]
    async fn a_service_gets_the_token_and_the_refusal_that_its_client_is_tested_by() {
        let reply = TokenReply {
            access_token: "header.claims.signature".to_owned(),
            token_type: "Bearer",
            expires_in: TOKEN_S,
            id_token: None,
            refresh_token: None,
            scope: String::new(),
        };
        let told = body(include_str!("../../../../../sdk/vectors/token.json"));
        assert_eq!(serde_json::to_value(&reply).unwrap(), told);

        let refused = fault::answer(Fault::InvalidClient.into());
        assert_eq!(refused.status().as_u16(), 401);
        let bytes = http_body_util::BodyExt::collect(refused.into_body()).await.unwrap().to_bytes();
        let told = body(include_str!("../../../../../sdk/vectors/token_refused.json"));
        assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), told);
    }
}
