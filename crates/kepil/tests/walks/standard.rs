//! A standard client that knows only the issuer's address, as any service would bring its own. Clauses 2.1¶C1, 3.4e.

use kepil_testing::{Demo, On, Page, Visitor};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreProviderMetadata, CoreTokenResponse, CoreUserInfoClaims,
    },
};

use crate::demo;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

async fn http(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = reqwest::Client::new().execute(request.try_into()?).await?;
    let mut out = HttpResponse::new(Vec::new());
    *out.status_mut() = answer.status();
    *out.headers_mut() = answer.headers().clone();
    *out.body_mut() = answer.bytes().await?.to_vec();
    Ok(out)
}

async fn discovered(demo: &Demo, service: &str) -> Client {
    let issuer = IssuerUrl::new(demo.issuer.clone()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    let (id, secret) = demo.client(service);
    let back = RedirectUrl::new(format!("{}/callback", demo.service(service))).unwrap();
    CoreClient::from_provider_metadata(metadata, ClientId::new(id), Some(ClientSecret::new(secret)))
        .set_redirect_uri(back)
}

/// A way to the provider that is begun.
struct Begun {
    url: String,
    state: CsrfToken,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

fn begin(client: &Client) -> Begun {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (url, state, nonce) = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("offline_access".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    Begun { url: url.to_string(), state, nonce, verifier }
}

/// The person goes the way; the page is the address to which they come back.
async fn go(visitor: &Visitor, url: &str) -> Page {
    let page = visitor.get(url).await;
    if page.has_form("/accept") { visitor.submit(&page, "/accept", &[("choice", "accept")]).await } else { page }
}

async fn exchange(client: &Client, begun: Begun, back: &Page) -> (CoreTokenResponse, Nonce) {
    assert_eq!(back.parameter("state").as_deref(), Some(begun.state.secret().as_str()));
    let code = AuthorizationCode::new(back.parameter("code").unwrap());
    let request = client.exchange_code(code).unwrap().set_pkce_verifier(begun.verifier);
    (request.request_async(&http).await.unwrap(), begun.nonce)
}

#[tokio::test]
async fn a_standard_client_signs_in_refreshes_and_signs_out() {
    let demo = demo(On::Sqlite).await;
    let client = discovered(&demo, "mail").await;
    let visitor = Visitor::stopping_at(&demo.service("mail"));
    visitor.register(&demo, "standard@example.kz").await;
    let begun = begin(&client);
    let back = go(&visitor, &begun.url).await;
    assert_eq!(back.parameter("iss").as_deref(), Some(demo.issuer.as_str()), "RFC 9207: the answer names its issuer");
    let (tokens, nonce) = exchange(&client, begun, &back).await;

    // The ID token verifies by the published keys, for this client, issuer and nonce.
    let id_token = tokens.id_token().unwrap();
    let claims = id_token.claims(&client.id_token_verifier(), &nonce).unwrap();
    let subject = claims.subject().clone();
    let told = client.user_info(tokens.access_token().clone(), Some(subject.clone())).unwrap();
    let told: CoreUserInfoClaims = told.request_async(&http).await.unwrap();
    assert_eq!(told.email().map(|email| email.as_str()), Some("standard@example.kz"));
    assert_eq!(told.email_verified(), Some(true));
    assert!(told.birthdate().is_none() && told.phone_number().is_none(), "claims that Mail does not need");

    let before = tokens.refresh_token().unwrap();
    let renewed = client.exchange_refresh_token(before).unwrap().request_async(&http).await.unwrap();
    assert_ne!(renewed.refresh_token().unwrap().secret(), before.secret(), "refresh tokens rotate");
    let told = client.user_info(renewed.access_token().clone(), Some(subject)).unwrap();
    let _: CoreUserInfoClaims = told.request_async(&http).await.unwrap();

    // Signed out at the request of the service, nobody comes back without signing in.
    let hint = format!("id_token_hint={}&post_logout_redirect_uri={}/", id_token, demo.service("mail"));
    let out = visitor.get(&format!("{}/logout?{hint}", demo.issuer)).await;
    assert_eq!(out.url, format!("{}/", demo.service("mail")));
    let back = visitor.get(&format!("{}&prompt=none", begin(&client).url)).await;
    assert_eq!(back.parameter("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn an_altered_or_foreign_id_token_does_not_verify() {
    let demo = demo(On::Sqlite).await;
    let client = discovered(&demo, "mail").await;
    let visitor = Visitor::stopping_at(&demo.service("mail"));
    visitor.register(&demo, "altered@example.kz").await;
    let begun = begin(&client);
    let back = go(&visitor, &begun.url).await;
    let (tokens, nonce) = exchange(&client, begun, &back).await;
    let id_token = tokens.id_token().unwrap();
    let text = id_token.to_string();
    let is_good = |text: &str, client: &Client, nonce: &Nonce| {
        let token: Result<CoreIdToken, _> = text.parse();
        token.is_ok_and(|token| token.claims(&client.id_token_verifier(), nonce).is_ok())
    };
    assert!(is_good(&text, &client, &nonce));
    assert!(!is_good(&text, &client, &Nonce::new_random()), "another nonce");
    assert!(!is_good(&text, &discovered(&demo, "forum").await, &nonce), "another client");
    let (head, signature) = text.rsplit_once('.').unwrap();
    let (header, claims) = head.split_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    assert!(!is_good(&format!("{header}.{claims}.{first}{}", &signature[1..]), &client, &nonce), "another signature");
    let flipped: String = claims.chars().rev().collect();
    assert!(!is_good(&format!("{header}.{flipped}.{signature}"), &client, &nonce), "other claims");
    assert!(!is_good(&format!("eyJhbGciOiJub25lIn0.{claims}."), &client, &nonce), "no signature");
}

#[tokio::test]
async fn two_services_know_a_person_by_names_that_have_nothing_in_common() {
    let demo = demo(On::Sqlite).await;
    let (visitor, email) = (Visitor::new(), "pairwise@example.kz");
    visitor.register(&demo, email).await;
    let mail = visitor.visit(&demo, "mail", email).await.sub();
    let forum = visitor.visit(&demo, "forum", email).await.sub();
    assert_ne!(mail, forum);
    assert_eq!(visitor.visit(&demo, "mail", email).await.sub(), mail, "stable over sign-ins");
    // The name of one service opens nothing for another.
    assert_eq!(demo.read("forum", &mail, "agreement", &[]).await.0, 403);
    assert_eq!(demo.read("forum", &forum, "agreement", &[]).await.0, 200);
}
