//! The requests of a client, by hand, so that they can be bent.

use kepil_testing::{Demo, Visitor};
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use serde_json::Value;

/// The verifier of every request here.
pub const VERIFIER: &str = "a-verifier-of-fortythree-characters-or-more";

/// The address of a request of `service` with PKCE, with `more` at its end.
pub fn request(demo: &Demo, service: &str, more: &str) -> String {
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(VERIFIER.to_owned()));
    let (issuer, back, code) = (&demo.issuer, demo.service(service), challenge.as_str().to_owned());
    format!(
        "{issuer}/authorize?response_type=code&client_id={service}-demo&scope=openid%20offline_access&state=s&nonce=n\
         &redirect_uri={back}/callback&code_challenge={code}&code_challenge_method=S256{more}"
    )
}

/// A code for a person who is signed in, and accepts when asked.
pub async fn another_code(demo: &Demo, visitor: &Visitor, service: &str) -> String {
    let mut page = visitor.get(&request(demo, service, "")).await;
    if page.has_form("/accept") {
        page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    }
    page.parameter("code").unwrap_or_else(|| panic!("no code: {} {}", page.url, page.words()))
}

/// A form that a service posts to the provider: status and body.
pub async fn post(demo: &Demo, service: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let (id, secret) = demo.client(service);
    let request = reqwest::Client::new().post(format!("{}{path}", demo.issuer)).basic_auth(id, Some(secret));
    let answer = request.form(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

/// `POST /token` by a service.
pub async fn token(demo: &Demo, service: &str, form: &[(&str, &str)]) -> (u16, Value) {
    post(demo, service, "/token", form).await
}

/// `POST /introspect` by a service: what it is told of a token.
pub async fn worth(demo: &Demo, service: &str, token: &str) -> Value {
    let (status, body) = post(demo, service, "/introspect", &[("token", token)]).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Exchanges a code.
pub async fn exchange(demo: &Demo, service: &str, code: &str, verifier: &str) -> (u16, Value) {
    let back = format!("{}/callback", demo.service(service));
    let form =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", &back), ("code_verifier", verifier)];
    token(demo, service, &form).await
}

/// Uses the refresh token of `with`.
pub async fn refresh(demo: &Demo, service: &str, with: &Value) -> (u16, Value) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", with["refresh_token"].as_str().unwrap())];
    token(demo, service, &form).await
}

/// `GET /userinfo` with an access token: status and body.
pub async fn userinfo(demo: &Demo, token: &str) -> (u16, Value) {
    let answer =
        reqwest::Client::new().get(format!("{}/userinfo", demo.issuer)).bearer_auth(token).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}
