//! HTTP: one file for each group of addresses; each handler parses, calls one action, answers.
//!
//! Start reading at [`router`]. Does not know: SQL, keys, why the gate decides as it does.

mod ages;
mod batches;
mod contents;
pub mod cookies;
mod exports;
pub mod health;
mod inquiries;
mod ledgers;
pub mod oidc;
mod people;
pub mod posted;
pub mod problem;
mod profiles;
mod reads;
pub mod sender;
mod staff;
pub mod visitor;

use std::time::Duration;

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use tower_http::{compression::CompressionLayer, timeout::TimeoutLayer};

use crate::{
    App,
    actions::{ActionError, in_session, sign_in::mark_of},
    pages::{Link, Problem, Trouble},
};

/// Unit: bytes. Forms and requests are small.
const BODY_MAX: usize = 64 * 1024;
/// A request that takes longer is given up, its reading included.
const REQUEST_MAX: Duration = Duration::from_secs(30);

/// Every address of the server.
pub fn router(app: App) -> Router {
    let pages = people::router()
        .merge(oidc::pages())
        .merge(staff::router())
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(app.clone(), as_page));
    // Personal answers are not compressed: their length must not tell their content.
    let public = people::public().layer(CompressionLayer::new());
    pages
        .merge(public)
        .merge(ledgers::router())
        .merge(oidc::endpoints())
        .merge(reads::router())
        .merge(batches::router())
        .merge(exports::router())
        .merge(inquiries::router())
        .merge(profiles::router())
        .merge(contents::router())
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(app.clone(), carried_through))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_MAX))
        .with_state(app)
}

/// The body of a request of the service API: one JSON object, as described. A list in its order is none, though serde takes it.
///
/// # Errors
/// [`ActionError::Input`].
fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ActionError> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    let read = is_object.then(|| serde_json::from_slice(body).ok()).flatten();
    read.ok_or(ActionError::Input("body"))
}

/// An answer that no cache keeps.
fn unkept(answer: impl IntoResponse) -> Response {
    let mut answer = answer.into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An address of nothing: a page for people, a problem document for services.
async fn nothing_here(uri: Uri) -> Response {
    let error = problem::HttpError::NotFound;
    if uri.path().starts_with("/v1/") { error.into_json() } else { error.into_response() }
}

/// What was begun is carried through, even when the caller hangs up or the time is over: an act of several steps does not
/// stop between two of them.
async fn carried_through(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return counted(app, request, next).await;
    }
    let broken = |_| (StatusCode::SERVICE_UNAVAILABLE, "try again later\n").into_response();
    tokio::spawn(counted(app, request, next)).await.unwrap_or_else(broken)
}

/// Counts every answer by the pattern of its address: an address itself may hold what someone typed.
async fn counted(app: App, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let begun = app.store.clock().tick();
    let answer = hardened(next.run(request).await);
    let took = Duration::from_millis(app.store.clock().tick().0.saturating_sub(begun.0));
    app.metrics.answered(route.as_ref().map_or("unknown", MatchedPath::as_str), answer.status().as_u16(), took);
    answer
}

/// Headers that every answer has.
fn hardened(mut answer: Response) -> Response {
    let is_later = matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let headers = answer.headers_mut();
    if is_later {
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}

/// Turns a refusal or failure of a page into a page in the reader's language. What is done for it is of the reader's session.
async fn as_page(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor =
        <visitor::Visitor as axum::extract::FromRequestParts<App>>::from_request_parts(&mut parts, &app).await;
    let session = visitor.as_ref().ok().and_then(|visitor| visitor.session.as_ref());
    let mark = session.map(|session| mark_of(&app, session.family));
    let answer = in_session(mark, next.run(Request::from_parts(parts, body))).await;
    let Some(shown) = answer.extensions().get::<problem::ShownAs>().copied() else { return answer };
    let Ok((visitor, chrome)) = visitor.and_then(|visitor| visitor.chrome(&app).map(|chrome| (visitor, chrome))) else {
        return answer;
    };
    let back = Some(Link { path: "/".to_owned(), label: chrome.operator.clone() });
    let status = answer.status();
    let mut page = visitor.page(Problem { trouble: trouble(status, shown.code), back }.render(&chrome));
    *page.status_mut() = status;
    page
}

fn trouble(status: StatusCode, code: &str) -> Trouble {
    let refusal = kepil_domain::gate::Refusal::ALL.iter().find(|reason| reason.word() == code);
    match (refusal, status, code) {
        (None, _, "not_yet") => Trouble::NotYet,
        (Some(reason), _, _) => Trouble::Refused(*reason),
        (_, StatusCode::NOT_FOUND, _) => Trouble::NotFound,
        (_, StatusCode::GONE, _) => Trouble::StaleLink,
        (_, StatusCode::TOO_MANY_REQUESTS, _) => Trouble::TooMany,
        (_, StatusCode::PAYLOAD_TOO_LARGE, _) => Trouble::TooLarge,
        (_, StatusCode::UNAUTHORIZED, _) => Trouble::SignInNeeded,
        (_, _, "forged_form") => Trouble::StaleForm,
        (_, StatusCode::BAD_REQUEST, _) => Trouble::BadRequest,
        _ => Trouble::Unavailable,
    }
}
