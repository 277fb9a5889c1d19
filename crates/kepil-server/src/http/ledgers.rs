//! Logs at their address, as C2SP tlog-tiles has it: checkpoints and hashes for anyone, entries for auditors. Clause 5.1.
//!
//! `docs/ledger.md` describes them. A tile never changes, so caches may keep it; a partial tile is the beginning of a fuller
//! one and goes on being served.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use kepil_domain::ledger::{Act, TILE_WIDTH, TilePlace};
use kepil_policy::Verb;

use super::{problem::HttpError, visitor::Visitor};
use crate::{
    App,
    actions::{ActionError, audit_logs},
    pages::{VERIFY, VERIFY_PATH, Verify},
};

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Addresses of the logs.
pub fn router() -> Router<App> {
    Router::new()
        .route(VERIFY_PATH, get(script))
        .route("/ledger/{compartment}/checkpoint", get(checkpoint))
        .route("/ledger/{compartment}/cosigned", get(cosigned))
        .route("/ledger/{compartment}/key", get(verify_key))
        .route("/ledger/{compartment}/tile/{*path}", get(tile))
}

/// `GET /ledger/{compartment}/checkpoint`: the newest signed note. Public.
async fn checkpoint(State(app): State<App>, Path(compartment): Path<String>) -> Result<Response, HttpError> {
    known(&app, &compartment)?;
    let note = app.store.find_checkpoint(&compartment).await.map_err(ActionError::from)?;
    Ok(answer(TEXT, "no-cache", note))
}

/// `GET /ledger/{compartment}/cosigned`: the newest note that a witness signed too. Public.
async fn cosigned(State(app): State<App>, Path(compartment): Path<String>) -> Result<Response, HttpError> {
    known(&app, &compartment)?;
    let row = app.store.find_cosigned(&compartment).await.map_err(ActionError::from)?.ok_or(HttpError::NotFound)?;
    Ok(answer(TEXT, "no-cache", row.note))
}

/// `GET /ledger/{compartment}/key`: the key by which anyone verifies the log; while it is being replaced the one before too, below
/// it. Public.
async fn verify_key(State(app): State<App>, Path(compartment): Path<String>) -> Result<Response, HttpError> {
    known(&app, &compartment)?;
    let keys = app.store.verify_keys(&compartment).map_err(ActionError::from)?;
    Ok(answer(TEXT, "no-cache", keys.iter().map(|key| format!("{key}\n")).collect::<String>()))
}

/// `GET /ledger/{compartment}/tile/…`: hashes for anyone; entries for whoever has the token of an auditor.
async fn tile(
    State(app): State<App>,
    Path((compartment, path)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    known(&app, &compartment)?;
    let place = TilePlace::parse(&format!("tile/{path}")).ok_or(HttpError::NotFound)?;
    if let Some(level) = place.level {
        let tile = app.store.find_tile(&compartment, (level, place.n), place.width).await.map_err(ActionError::from)?;
        return Ok(answer(BYTES, FOR_EVER, tile.ok_or(HttpError::NotFound)?.concat()));
    }
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let is_auditor = match token {
        Some(token) => audit_logs::may_read(&app, token, &compartment).await?,
        None => false,
    };
    if !is_auditor {
        let asked = [(header::WWW_AUTHENTICATE, "Bearer"), (header::CACHE_CONTROL, "no-store")];
        return Ok((StatusCode::UNAUTHORIZED, asked, "entries are for auditors\n").into_response());
    }
    // Behind the largest position there is nothing.
    let from = place.n.checked_mul(TILE_WIDTH as u64).filter(|from| i64::try_from(*from).is_ok());
    let from = from.ok_or(HttpError::NotFound)?;
    let entries = app.store.find_entries(&compartment, from, place.width).await.map_err(ActionError::from)?;
    Ok(answer(BYTES, "private, no-store", entries.ok_or(HttpError::NotFound)?))
}

/// `GET /verify`: a page that checks a receipt without asking the server again; its policy allows no connection.
pub async fn verify(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let policy = Arc::clone(&app.policy()?.policy);
    let mut logs = Vec::new();
    for compartment in policy.compartments() {
        for key in app.store.verify_keys(&compartment.name).map_err(ActionError::from)? {
            logs.push((compartment.label.get(visitor.language).to_owned(), key.to_string()));
        }
    }
    let acts = Act::own().chain(Verb::ALL.iter().map(|verb| Act::Did(*verb)));
    let acts: serde_json::Map<_, _> = acts.map(|act| (act.word().to_owned(), act.code().into())).collect();
    let witnesses = app.config.witnesses.iter().map(|witness| witness.key.to_string()).collect();
    let page = Verify { logs, witnesses, acts: serde_json::Value::Object(acts).to_string() };
    let mut answer = visitor.page(page.render(&visitor.chrome(&app)?));
    let policy = answer.headers().get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let closed = policy.map(|policy| policy.replace("connect-src 'self'", "connect-src 'none'"));
    if let Some(closed) = closed.and_then(|policy| header::HeaderValue::from_str(&policy).ok()) {
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, closed);
    }
    Ok(answer)
}

/// `GET /assets/verify.js`.
async fn script() -> Response {
    answer("text/javascript; charset=utf-8", "max-age=3600", VERIFY)
}

fn answer(kind: &'static str, caches: &'static str, body: impl IntoResponse) -> Response {
    let mut answer = body.into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(caches));
    answer
}

fn known(app: &App, compartment: &str) -> Result<(), HttpError> {
    let policy = app.policy()?;
    let is_known = policy.policy.compartments().iter().any(|each| each.name == compartment);
    if is_known { Ok(()) } else { Err(HttpError::NotFound) }
}
