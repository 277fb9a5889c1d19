//! What people placed in services: the reader's own pieces, those about the reader, and one piece as others see it. Clauses
//! 2.1.2d, 2.2a, 2.2d, 2.3a.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::HeaderValue,
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::ContentId;
use kepil_policy::{Audience, Effective, Language, ServiceId, Texts};
use kepil_store::Side;
use serde::Deserialize;

use super::profile::{ROBOTS, documented};
use crate::{
    App,
    actions::{
        ActionError, admit,
        contents::{self, Own, PAGE, Seen},
        profiles,
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{ContentPage, ContentRow, Contents, ProfileWarning, When, Words, audience_in_words},
};

/// `GET /contents/{content}`: 200 with what the piece says to the reader: to whoever wrote it or is described by it by their
/// right, to others as it is set. 404 for private, withheld and blocked alike; 429 after too many looks from one place by nobody
/// who is signed in. An address of nothing has no entry: nobody but us makes one.
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
    let own = match viewer {
        Some(viewer) => contents::see(&app, viewer, id).await?,
        None => None,
    };
    let is_own = own.is_some();
    let seen = if let Some(seen) = own {
        seen
    } else {
        let looking = profiles::looking(&app, Arc::clone(&effective), service, viewer).await?;
        contents::look_at(&app, &looking, id).await?.ok_or(HttpError::NotFound)?
    };
    let page = content_page(&effective, service, &seen, is_own, visitor.language);
    let mut answer = visitor.page(page.render(&visitor.chrome(&app)?));
    answer.headers_mut().insert(ROBOTS, HeaderValue::from_static("noarchive"));
    Ok(answer)
}

fn content_page(
    effective: &Effective,
    service: ServiceId,
    seen: &Seen,
    is_own: bool,
    language: Language,
) -> ContentPage {
    let policy = &effective.policy;
    let label = |text: Option<&Texts>| text.map(|text| text.get(language).to_owned()).unwrap_or_default();
    ContentPage {
        service: label(policy.service(service).map(|service| &service.label)),
        kind: label(policy.field(seen.kind).map(|kind| &kind.label)),
        text: seen.text.reveal().clone(),
        on: When::day(seen.on, language),
        is_own,
    }
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
    show(&app, &visitor, Side::Author, query.page).await
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
    let path = if side == Side::Author { "/me/contents" } else { "/me/contents/about" };
    let next = page.saturating_add(1);
    let page = Contents {
        is_own: side == Side::Author,
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
        id: piece.placed.id.to_string(),
        service: service.map_or("", |service| service.label.get(language)).to_owned(),
        kind: kind.map_or("", |kind| kind.label.get(language)).to_owned(),
        text: piece.text.as_ref().map(|text| text.reveal().clone()),
        on: When::moment(piece.placed.at, policy.time_zone(), language),
        audience: audience_in_words(Words::of(language), piece.audience),
        setting_path: service.map(|service| format!("/me/profile/{}", service.name)),
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
    let path = if posted.text("side") == "about" { "/me/contents/about" } else { "/me/contents" };
    let done = match posted.text("choice") {
        "withhold" => contents::withhold(&app, own.locator, id).await.map(|()| "saved"),
        "show" => return show_again(&app, &visitor, id, posted.find("seen").and_then(Audience::parse)).await,
        "remove" => contents::remove(&app, own.locator, id).await.map(|()| "removed"),
        "keep" => return Ok(Redirect::to(path).into_response()),
        _ => Err(ActionError::Input("choice")),
    };
    Ok(Redirect::to(&format!("{path}?done={}", done?)).into_response())
}

/// Asks before a withheld piece is shown to more people than its author; `warned` is whom the reader was told of.
async fn show_again(
    app: &App,
    visitor: &Visitor,
    id: ContentId,
    warned: Option<Audience>,
) -> Result<Response, HttpError> {
    let who = visitor.signed_in()?.locator;
    let (effective, language) = (app.policy()?, visitor.language);
    let piece = contents::find_own(app, who, id).await?;
    let words = Words::of(language);
    if piece.audience > Audience::Private && warned != Some(piece.audience) {
        let row = row(&effective, &piece, language);
        let page = ProfileWarning {
            label: row.service,
            post_path: format!("/me/contents/{id}"),
            rows: vec![(row.kind, audience_in_words(words, Audience::Private), row.audience)],
            warnings: ProfileWarning::text(words, piece.audience),
            carry: vec![("seen".to_owned(), piece.audience.word().to_owned())],
        };
        return Ok(visitor.page(page.render(&visitor.chrome(app)?)));
    }
    let warning = documented(&effective, words, language, piece.audience);
    match contents::show(app, who, id, (warned, &warning)).await {
        Ok(()) => Ok(Redirect::to("/me/contents?done=saved").into_response()),
        // Set otherwise in just this moment, so the warning named something else: the page shows what is set now.
        Err(ActionError::Input("warning")) => Ok(Redirect::to("/me/contents").into_response()),
        Err(error) => Err(error.into()),
    }
}
