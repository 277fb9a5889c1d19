//! A sample service: a real OpenID Connect client and caller of the service API, over the network only.
//!
//! Authorization code with PKCE, `state`, `nonce` and the issuer check of RFC 9207; the ID token is verified with the
//! provider's published keys. Keeps its sessions in memory.

use std::{
    collections::HashMap,
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::Entropy;
use kepil_policy::{Language, Texts};
use kepil_server::pages::{Chrome, OWN, Reading, STYLE, ServicePage};
use kepil_store::OsEntropy;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::browser::{Proof, ask, encode, form};
use crate::commands::Failure;

/// What a sample service knows of itself and the provider.
#[derive(Clone)]
pub struct Sample {
    /// The provider.
    pub issuer: String,
    /// Its own address.
    pub own: String,
    /// Its client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Its name.
    pub label: Texts,
    /// What it does.
    pub about: Texts,
    /// The purpose under which it reads.
    pub purpose: String,
}

/// One browser of the sample service.
#[derive(Clone, Default)]
struct Guest {
    state: String,
    nonce: String,
    verifier: String,
    tokens: Option<Tokens>,
    reading: Option<(bool, Value)>,
}

#[derive(Clone)]
struct Tokens {
    sub: String,
    id_token: String,
    access_token: String,
}

struct Running {
    sample: Sample,
    guests: Mutex<HashMap<String, Guest>>,
}

type Shared = Arc<Running>;

/// Serves the sample on `listener`, on a thread of its own.
///
/// # Errors
/// [`Failure`] when the thread cannot be started.
pub fn start(sample: Sample, listener: TcpListener, mut stop: watch::Receiver<bool>) -> Result<(), Failure> {
    let broken = |error: std::io::Error| Failure::Plain(format!("a sample service cannot be served: {error}"));
    listener.set_nonblocking(true).map_err(broken)?;
    let running: Shared = Arc::new(Running { sample, guests: Mutex::default() });
    let router = Router::new()
        .route("/", get(page))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .route("/read", post(read))
        .route("/logout", post(logout))
        .route("/assets/kepil.css", get(|| async { ([(header::CONTENT_TYPE, "text/css")], STYLE) }))
        .with_state(running);
    tokio::spawn(async move {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
        drop(axum::serve(listener, router.into_make_service()).with_graceful_shutdown(stopped).await);
    });
    Ok(())
}

fn random() -> String {
    let mut bytes = [0; 32];
    // Without randomness nobody gets in: the provider refuses an empty state.
    if OsEntropy.fill(&mut bytes).is_err() {
        return String::new();
    }
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn cookie(running: &Running, headers: &HeaderMap) -> Option<String> {
    let name = format!("sample_{}", running.sample.client_id);
    let line = headers.get(header::COOKIE)?.to_str().ok()?;
    line.split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

fn guest(running: &Running, headers: &HeaderMap) -> Option<(String, Guest)> {
    let id = cookie(running, headers)?;
    let guest = running.guests.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()?;
    Some((id, guest))
}

fn keep(running: &Running, id: &str, guest: Guest) {
    running.guests.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), guest);
}

async fn page(State(running): State<Shared>, headers: HeaderMap) -> Response {
    let sample = &running.sample;
    let language = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok());
    let language = language.and_then(|line| Language::parse(line.get(..2)?)).unwrap_or(Language::Ru);
    let guest = guest(&running, &headers).map(|(_, guest)| guest).unwrap_or_default();
    let mut claims = Vec::new();
    let mut signed_in_as = None;
    if let Some(tokens) = &guest.tokens {
        match ask(&format!("{}/userinfo", sample.issuer), Proof::Bearer(&tokens.access_token), None).await {
            Ok((StatusCode::OK, answer)) => claims = pairs(&answer),
            Ok((status, answer)) => claims.push((format!("userinfo {status}"), text(member(&answer, "error")))),
            Err(error) => claims.push(("userinfo".to_owned(), error.to_string())),
        }
        signed_in_as = Some(tokens.sub.clone());
    }
    let reading = guest.reading.map(|(is_granted, answer)| Reading {
        purpose: sample.purpose.clone(),
        granted: if is_granted { fields(member(&answer, "fields")) } else { Vec::new() },
        refused: refused(&answer, is_granted),
    });
    let view = ServicePage {
        name: sample.label.get(language).to_owned(),
        about: sample.about.get(language).to_owned(),
        signed_in_as,
        claims,
        reading,
        sign_in_path: "/login".to_owned(),
        sign_out_path: "/logout".to_owned(),
        read_path: "/read".to_owned(),
        account_path: format!("{}/me/activity", sample.issuer),
    };
    let chrome = Chrome {
        language,
        operator: sample.label.get(language).to_owned(),
        edition: String::new(),
        nonce: String::new(),
        form_token: String::new(),
        signed_in: false,
        here: "/".to_owned(),
        done: None,
        base: OWN.to_owned(),
        whom: None,
    };
    Html(view.render(&chrome)).into_response()
}

fn pairs(answer: &Value) -> Vec<(String, String)> {
    let all = answer.as_object().into_iter().flatten();
    all.filter(|(name, _)| name.as_str() != "sub").map(|(name, value)| (name.clone(), text(value))).collect()
}

fn fields(answer: &Value) -> Vec<(String, String)> {
    answer.as_object().into_iter().flatten().map(|(name, field)| (name.clone(), text(member(field, "value")))).collect()
}

fn refused(answer: &Value, is_granted: bool) -> Vec<(String, String)> {
    let one = |each: &Value| {
        let clause = each.get("clause").map(|clause| format!(" (clause {})", text(clause))).unwrap_or_default();
        (text(member(each, "field")), text(member(each, "code")) + &clause)
    };
    let withheld = member(answer, "withheld").as_array().into_iter().flatten().map(one);
    let whole = (!is_granted).then(|| (text(member(answer, "code")), text(member(answer, "title"))));
    whole.into_iter().chain(withheld).collect()
}

/// A member of an answer; null when there is none.
fn member<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer.get(name).unwrap_or(&Value::Null)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

async fn login(State(running): State<Shared>) -> Response {
    let sample = &running.sample;
    let (id, state, nonce, verifier) = (random(), random(), random(), random());
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let query = form(&[
        ("response_type", "code"),
        ("client_id", &sample.client_id),
        ("redirect_uri", &format!("{}/callback", sample.own)),
        ("scope", "openid"),
        ("state", &state),
        ("nonce", &nonce),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ]);
    keep(&running, &id, Guest { state, nonce, verifier, ..Guest::default() });
    let mut answer = Redirect::to(&format!("{}/authorize?{query}", sample.issuer)).into_response();
    let line = format!("sample_{}={id}; Path=/; HttpOnly; SameSite=Lax", sample.client_id);
    if let Ok(line) = HeaderValue::from_str(&line) {
        answer.headers_mut().append(header::SET_COOKIE, line);
    }
    answer
}

async fn callback(
    State(running): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let Some((id, mut guest)) = guest(&running, &headers) else { return Redirect::to("/").into_response() };
    match exchange(&running.sample, &guest, &query).await {
        Ok(tokens) => {
            guest.tokens = Some(tokens);
            keep(&running, &id, guest);
            Redirect::to("/").into_response()
        }
        Err(why) => (StatusCode::BAD_REQUEST, format!("not signed in: {why}\n")).into_response(),
    }
}

async fn exchange(sample: &Sample, guest: &Guest, query: &HashMap<String, String>) -> Result<Tokens, String> {
    if query.get("state") != Some(&guest.state) {
        return Err("the state is not ours".to_owned());
    }
    if query.get("iss") != Some(&sample.issuer) {
        return Err("the answer is of another issuer".to_owned());
    }
    let code = query.get("code").ok_or_else(|| query.get("error").cloned().unwrap_or_else(|| "no code".to_owned()))?;
    let body = form(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &format!("{}/callback", sample.own)),
        ("code_verifier", &guest.verifier),
    ]);
    let proof = Proof::Basic(&sample.client_id, &sample.client_secret);
    let kind = "application/x-www-form-urlencoded";
    let answer = ask(&format!("{}/token", sample.issuer), proof, Some((kind, body))).await;
    let (status, answer) = answer.map_err(|error| error.to_string())?;
    if status != StatusCode::OK {
        return Err(text(member(&answer, "error")));
    }
    let id_token = text(member(&answer, "id_token"));
    let claims = verify(sample, &id_token).await?;
    let is_ours = *member(&claims, "iss") == json!(sample.issuer)
        && *member(&claims, "aud") == json!(sample.client_id)
        && *member(&claims, "nonce") == json!(guest.nonce);
    if !is_ours {
        return Err("the ID token is not for us".to_owned());
    }
    Ok(Tokens { sub: text(member(&claims, "sub")), id_token, access_token: text(member(&answer, "access_token")) })
}

/// The claims of an ID token that one of the provider's published keys signed.
async fn verify(sample: &Sample, token: &str) -> Result<Value, String> {
    let (_, jwks) =
        ask(&format!("{}/jwks", sample.issuer), Proof::None, None).await.map_err(|error| error.to_string())?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| "the ID token is malformed".to_owned());
    let (message, signature) = token.rsplit_once('.').ok_or("the ID token is malformed")?;
    let (header, claims) = message.split_once('.').ok_or("the ID token is malformed")?;
    let header: Value = serde_json::from_slice(&decode(header)?).map_err(|error| error.to_string())?;
    let keys = member(&jwks, "keys").as_array().cloned().unwrap_or_default();
    let key = keys
        .iter()
        .find(|key| *member(key, "kid") == *member(&header, "kid") && *member(&header, "alg") == json!("ES256"))
        .ok_or("no such key")?;
    let mut point = vec![4];
    point.extend(decode(&text(member(key, "x")))?);
    point.extend(decode(&text(member(key, "y")))?);
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    public.verify(message.as_bytes(), &decode(signature)?).map_err(|_| "the ID token is not signed by the provider")?;
    serde_json::from_slice(&decode(claims)?).map_err(|error| error.to_string())
}

/// Reads the person's fields through the service API, with a token of the service's own.
async fn read(State(running): State<Shared>, headers: HeaderMap) -> Response {
    let Some((id, mut guest)) = guest(&running, &headers) else { return Redirect::to("/").into_response() };
    if let Some(tokens) = &guest.tokens {
        guest.reading = Some(
            read_fields(&running.sample, &tokens.sub).await.unwrap_or_else(|error| (false, json!({ "code": error }))),
        );
        keep(&running, &id, guest);
    }
    Redirect::to("/").into_response()
}

async fn read_fields(sample: &Sample, sub: &str) -> Result<(bool, Value), String> {
    let proof = Proof::Basic(&sample.client_id, &sample.client_secret);
    let body = form(&[("grant_type", "client_credentials")]);
    let answer =
        ask(&format!("{}/token", sample.issuer), proof, Some(("application/x-www-form-urlencoded", body))).await;
    let (_, answer) = answer.map_err(|error| error.to_string())?;
    let token = text(member(&answer, "access_token"));
    let body = json!({ "sub": sub, "purpose": sample.purpose }).to_string();
    let answer =
        ask(&format!("{}/v1/reads", sample.issuer), Proof::Bearer(&token), Some(("application/json", body))).await;
    let (status, answer) = answer.map_err(|error| error.to_string())?;
    Ok((status == StatusCode::OK, answer))
}

async fn logout(State(running): State<Shared>, headers: HeaderMap) -> Response {
    let sample = &running.sample;
    let Some((id, guest)) = guest(&running, &headers) else { return Redirect::to("/").into_response() };
    running.guests.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    let Some(tokens) = guest.tokens else { return Redirect::to("/").into_response() };
    let (hint, back) = (encode(&tokens.id_token), encode(&format!("{}/", sample.own)));
    Redirect::to(&format!("{}/logout?id_token_hint={hint}&post_logout_redirect_uri={back}", sample.issuer))
        .into_response()
}
