//! What people placed in services: the reader's own pieces, those about the reader, and one piece as others see it. Clauses
//! 2.1.2d, 2.2a, 2.2d, 2.3a.

use axum::{
    extract::{Path, Query, State},
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::ContentId;
use kepil_policy::{Effective, Language};
use serde::Deserialize;

use crate::{
    App,
    actions::{
        ActionError, admit,
        contents::{self, Own, PAGE, Side},
        profiles,
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{ContentPage, ContentRow, Contents, When, Words, audience_in_words},
};

/// Search engines may find what is open to everybody, but shall keep no copy that outlives the setting.
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// `GET /contents/{content}`: 200 with what the piece says to the reader; 404 for private, withheld, gone and blocked alike;
/// 429 after too many looks from one place by nobody who is signed in.
pub async fn public(
    State(app): State<App>,
    visitor: Visitor,
    Path(content): Path<String>,
) -> Result<Response, HttpError> {
    let id = ContentId::parse(&content).ok_or(HttpError::NotFound)?;
    let viewer = visitor.session.as_ref().map(|session| session.locator);
    if viewer.is_none() {
        admit::look(&app, visitor.sender())?;
    }
    let effective = app.policy()?;
    let service = contents::service_of(&app, &effective, id).await?.ok_or(HttpError::NotFound)?;
    let looking = profiles::looking(&app, std::sync::Arc::clone(&effective), service, viewer).await?;
    let seen = contents::look_at(&app, &looking, id).await?.ok_or(HttpError::NotFound)?;
    let policy = &effective.policy;
    let label = |text: Option<&kepil_policy::Texts>| text.map(|text| text.get(visitor.language).to_owned());
    let page = ContentPage {
        service: label(policy.service(service).map(|service| &service.label)).unwrap_or_default(),
        kind: label(policy.field(seen.kind).map(|kind| &kind.label)).unwrap_or_default(),
        text: seen.text.reveal().clone(),
        on: When::day(seen.on, visitor.language),
    };
    let mut answer = visitor.page(page.render(&visitor.chrome(&app)?));
    answer.headers_mut().insert(ROBOTS, HeaderValue::from_static("noarchive"));
    Ok(answer)
}

/// Which page of the list.
#[derive(Deserialize)]
pub struct PageQuery {
    #[serde(default)]
    page: usize,
}

/// `GET /me/contents`: what the reader placed.
pub async fn own(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<PageQuery>,
) -> Result<Response, HttpError> {
    show(&app, &visitor, Side::Own, query.page).await
}

/// `GET /me/contents/about`: what others placed about the reader.
pub async fn about(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<PageQuery>,
) -> Result<Response, HttpError> {
    show(&app, &visitor, Side::About, query.page).await
}

async fn show(app: &App, visitor: &Visitor, side: Side, page: usize) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let (pieces, count) = contents::list(app, own.locator, side, page).await?;
    let path = if side == Side::Own { "/me/contents" } else { "/me/contents/about" };
    let next = page.saturating_add(1);
    let page = Contents {
        is_own: side == Side::Own,
        rows: pieces.iter().map(|piece| row(&effective, piece, visitor.language)).collect(),
        next_path: (next.saturating_mul(PAGE) < count).then(|| format!("{path}?page={next}")),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

fn row(effective: &Effective, piece: &Own, language: Language) -> ContentRow {
    let policy = &effective.policy;
    let service = policy.service_tagged(piece.placed.service);
    let kind = policy.field_tagged(piece.placed.kind);
    ContentRow {
        id: piece.id.to_string(),
        service: service.map_or("", |service| service.label.get(language)).to_owned(),
        kind: kind.map_or("", |kind| kind.label.get(language)).to_owned(),
        text: piece.text.reveal().clone(),
        on: When::day(piece.placed.on, language),
        audience: audience_in_words(Words::of(language), piece.audience),
        setting_path: service.map(|service| format!("/me/profile/{}", service.name)).unwrap_or_default(),
        is_withheld: piece.placed.is_withheld,
        is_left: piece.placed.author.is_none(),
    }
}

/// `POST /me/contents/{content}`: withholds a piece, shows it as the rest, or takes it away.
pub async fn set(
    State(app): State<App>,
    visitor: Visitor,
    Path(content): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let id = ContentId::parse(&content).ok_or(HttpError::NotFound)?;
    let done = match posted.text("choice") {
        "withhold" => contents::withhold(&app, own.locator, id, true).await.map(|()| "saved"),
        "show" => contents::withhold(&app, own.locator, id, false).await.map(|()| "saved"),
        "remove" => contents::remove(&app, own.locator, id).await.map(|()| "removed"),
        _ => Err(ActionError::Input("choice")),
    };
    let path = if posted.text("side") == "about" { "/me/contents/about" } else { "/me/contents" };
    Ok(Redirect::to(&format!("{path}?done={}", done?)).into_response())
}
