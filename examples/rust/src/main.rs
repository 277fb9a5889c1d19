//! A service with a stock client of Rust: the crate `openidconnect`, as its own documentation has it, and a read through
//! the service API with `kepil-client`.
//!
//! ```text
//! ISSUER=http://127.0.0.1:8400 CLIENT_ID=… CLIENT_SECRET=… PURPOSE=delivery PORT=9003 cargo run
//! ```

use std::{
    collections::HashMap,
    env,
    error::Error,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use kepil_client::{Client, Config, Error as KepilError, Sub};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims},
};
use serde::Deserialize;

type Oidc = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;
type Failure = Box<dyn Error + Send + Sync>;

struct Service {
    oidc: Oidc,
    kepil: Client,
    http: reqwest::Client,
    purpose: String,
    /// What this service remembers of a browser, by its cookie.
    browsers: Mutex<HashMap<String, Browser>>,
}

enum Browser {
    /// On its way to the provider.
    Away { state: CsrfToken, nonce: Nonce, verifier: PkceCodeVerifier },
    /// Back: what the service was told.
    SignedIn { email: String, sub: String },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let port = env::var("PORT").unwrap_or_else(|_| "9003".to_owned());
    let (issuer, id, secret) = (setting("ISSUER")?, setting("CLIENT_ID")?, setting("CLIENT_SECRET")?);
    // No redirects: whoever the provider names is not asked with our secret.
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let metadata =
        CoreProviderMetadata::discover_async(IssuerUrl::new(issuer.clone())?, &|asked| send(http.clone(), asked))
            .await?;
    let oidc = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(id.clone()),
        Some(ClientSecret::new(secret.clone())),
    )
    .set_redirect_uri(RedirectUrl::new(format!("http://127.0.0.1:{port}/callback"))?);
    let service = Arc::new(Service {
        oidc,
        kepil: Client::new(Config::new(&issuer, &id, secret)?)?,
        http,
        purpose: setting("PURPOSE")?,
        browsers: Mutex::default(),
    });
    let router = Router::new()
        .route("/", get(page))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .with_state(service);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("ready: http://127.0.0.1:{port}");
    Ok(axum::serve(listener, router).await?)
}

fn setting(name: &str) -> Result<String, Failure> {
    env::var(name).map_err(|_| format!("`{name}` is not set").into())
}

/// `openidconnect` leaves the connection to us.
async fn send(http: reqwest::Client, asked: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let answer = http.execute(asked.try_into()?).await?;
    let mut out = HttpResponse::new(Vec::new());
    *out.status_mut() = answer.status();
    *out.headers_mut() = answer.headers().clone();
    *out.body_mut() = answer.bytes().await?.to_vec();
    Ok(out)
}

async fn login(State(service): State<Arc<Service>>) -> Response {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (url, state, nonce) = service
        .oidc
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    // A new cookie with each sign-in, so that nobody is led into a session that another began.
    let browser = CsrfToken::new_random().secret().clone();
    let cookie = format!("rust_example={browser}; HttpOnly; SameSite=Lax; Path=/");
    service.keep(browser, Browser::Away { state, nonce, verifier });
    ([(header::SET_COOKIE, cookie)], Redirect::to(url.as_str())).into_response()
}

#[derive(Deserialize)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

async fn callback(
    State(service): State<Arc<Service>>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Redirect, (StatusCode, String)> {
    let id = browser(&headers).unwrap_or_default();
    let signed_in = service.signed_in(&id, back).await;
    let signed_in = signed_in.map_err(|error| (StatusCode::BAD_REQUEST, format!("not signed in: {error}\n")))?;
    service.keep(id, signed_in);
    Ok(Redirect::to("/"))
}

async fn page(State(service): State<Arc<Service>>, headers: HeaderMap) -> Result<String, (StatusCode, String)> {
    let Some((email, sub)) = browser(&headers).and_then(|id| service.who(&id)) else {
        return Ok("signed out\n".to_owned());
    };
    let read = service.read(&sub).await.map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error}\n")))?;
    Ok(format!("signed in as {email} ({sub})\n{read}"))
}

/// The cookie of a browser.
fn browser(headers: &HeaderMap) -> Option<String> {
    let line = headers.get(header::COOKIE)?.to_str().ok()?;
    line.split("; ").find_map(|one| one.strip_prefix("rust_example=")).map(str::to_owned)
}

impl Service {
    fn keep(&self, id: String, browser: Browser) {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner).insert(id, browser);
    }

    fn take(&self, id: &str) -> Option<Browser> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }

    fn who(&self, id: &str) -> Option<(String, String)> {
        match self.browsers.lock().unwrap_or_else(PoisonError::into_inner).get(id)? {
            Browser::SignedIn { email, sub } => Some((email.clone(), sub.clone())),
            Browser::Away { .. } => None,
        }
    }

    /// The person has come back with a code.
    async fn signed_in(&self, id: &str, back: Back) -> Result<Browser, Failure> {
        let Some(Browser::Away { state, nonce, verifier }) = self.take(id) else {
            return Err("this browser did not begin here".into());
        };
        if back.state.as_deref() != Some(state.secret().as_str()) {
            return Err("the state is not ours".into());
        }
        // RFC 9207: the answer names its issuer.
        if back.iss.as_deref() != Some(self.kepil.issuer()) {
            return Err("the answer is of another issuer".into());
        }
        let code = back.code.ok_or_else(|| back.error.unwrap_or_else(|| "no code".to_owned()))?;
        let http = self.http.clone();
        let http = move |asked| send(http.clone(), asked);
        let exchange = self.oidc.exchange_code(AuthorizationCode::new(code))?.set_pkce_verifier(verifier);
        let tokens = exchange.request_async(&http).await?;
        let id_token = tokens.id_token().ok_or("no ID token")?;
        let subject = id_token.claims(&self.oidc.id_token_verifier(), &nonce)?.subject().clone();
        let told = self.oidc.user_info(tokens.access_token().clone(), Some(subject.clone()))?;
        let told: CoreUserInfoClaims = told.request_async(&http).await?;
        let email = told.email().map(|email| email.to_string()).unwrap_or_default();
        Ok(Browser::SignedIn { email, sub: subject.to_string() })
    }

    /// What the person agreed that this service may read. Read when it is needed: a consent may end at any time.
    async fn read(&self, sub: &str) -> Result<String, Failure> {
        let mut out = String::new();
        match self.kepil.read(&Sub::parse(sub)?, &self.purpose, &[]).await {
            Ok(reading) => {
                for (name, field) in &reading.fields {
                    writeln!(out, "{name}: {} ({}, {})", field.value.reveal(), field.source, field.assurance)?;
                }
                for one in &reading.withheld {
                    writeln!(out, "{}: withheld ({})", one.field, one.code)?;
                }
            }
            Err(KepilError::Refused { problem, .. }) => writeln!(out, "nothing is granted ({})", problem.code)?,
            Err(error) => return Err(error.into()),
        }
        Ok(out)
    }
}
