//! What people placed in services: the pieces of the reader or a ward, those about them, and one piece as others see it.
//! Clauses 2.1.2d, 2.2a, 2.2d, 2.3a, 2.4c.

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

use super::{
    profile::{ROBOTS, documented},
    whom::{ForPerson, ForWhom},
};
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
    whom: ForPerson,
    Query(query): Query<PageQuery>,
) -> Result<Response, HttpError> {
    show(&app, &whom, Side::Author, query.page).await
}

/// `GET /me/contents/about`: what others placed about the reader.
pub async fn about(
    State(app): State<App>,
    whom: ForPerson,
    Query(query): Query<PageQuery>,
) -> Result<Response, HttpError> {
    show(&app, &whom, Side::About, query.page).await
}

async fn show(app: &App, whom: &ForWhom, side: Side, page: usize) -> Result<Response, HttpError> {
    let (effective, behalf) = (app.policy()?, whom.whole()?);
    let (pieces, count) = contents::list(app, behalf, side, page).await?;
    let path = path(whom, side);
    let next = page.saturating_add(1);
    let page = Contents {
        is_own: side == Side::Author,
        rows: pieces.iter().map(|piece| row(&effective, piece, whom)).collect(),
        next_path: (next.saturating_mul(PAGE) < count).then(|| format!("{path}?page={next}")),
    };
    Ok(whom.page(page.render(&whom.chrome(app).await?)))
}

/// Where the pieces of one side are listed.
fn path(whom: &ForWhom, side: Side) -> String {
    let page = if side == Side::Author { "contents" } else { "contents/about" };
    format!("{}/{page}", whom.base)
}

fn row(effective: &Effective, piece: &Own, whom: &ForWhom) -> ContentRow {
    let (policy, language) = (&effective.policy, whom.visitor.language);
    let service = policy.service_tagged(piece.placed.service);
    let kind = policy.field_tagged(piece.placed.kind);
    ContentRow {
        id: piece.placed.id.to_string(),
        service: service.map_or("", |service| service.label.get(language)).to_owned(),
        kind: kind.map_or("", |kind| kind.label.get(language)).to_owned(),
        text: piece.text.as_ref().map(|text| text.reveal().clone()),
        on: When::moment(piece.placed.at, policy.time_zone(), language),
        audience: audience_in_words(Words::of(language), piece.audience),
        setting_path: service.map(|service| format!("{}/profile/{}", whom.base, service.name)),
        is_withheld: piece.placed.is_withheld,
        is_left: piece.placed.author.is_none(),
    }
}

/// The id of a piece.
#[derive(Deserialize)]
pub struct PiecePath {
    content: String,
}

/// `POST /me/contents/{content}`: withholds a piece, shows it as the rest, or takes it away.
pub async fn set(
    State(app): State<App>,
    whom: ForPerson,
    Path(PiecePath { content }): Path<PiecePath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = whom.whole()?;
    whom.visitor.check_form(posted.text("form_token"))?;
    let id = ContentId::parse(&content).ok_or(HttpError::NotFound)?;
    let path = path(&whom, if posted.text("side") == "about" { Side::About } else { Side::Author });
    let done = match posted.text("choice") {
        "withhold" => contents::withhold(&app, behalf, id).await.map(|()| "saved"),
        "show" => return show_again(&app, &whom, id, posted.find("seen").and_then(Audience::parse)).await,
        "remove" => contents::remove(&app, behalf, id).await.map(|()| "removed"),
        "keep" => return Ok(Redirect::to(&path).into_response()),
        _ => Err(ActionError::Input("choice")),
    };
    Ok(Redirect::to(&format!("{path}?done={}", done?)).into_response())
}

/// Asks before a withheld piece is shown to more people than its author; `warned` is whom the reader was told of.
async fn show_again(app: &App, whom: &ForWhom, id: ContentId, warned: Option<Audience>) -> Result<Response, HttpError> {
    let (effective, behalf, language) = (app.policy()?, whom.whole()?, whom.visitor.language);
    let piece = contents::find_own(app, behalf.whose, id).await?;
    let here = path(whom, Side::Author);
    let words = Words::of(language);
    if piece.audience > Audience::Private && warned != Some(piece.audience) {
        let row = row(&effective, &piece, whom);
        let page = ProfileWarning {
            label: row.service,
            post_path: format!("{here}/{id}"),
            rows: vec![(row.kind, audience_in_words(words, Audience::Private), row.audience)],
            warnings: ProfileWarning::text(words, piece.audience),
            carry: vec![("seen".to_owned(), piece.audience.word().to_owned())],
        };
        return Ok(whom.page(page.render(&whom.chrome(app).await?)));
    }
    let warning = documented(&effective, words, language, piece.audience);
    match contents::show(app, behalf, id, (warned, &warning)).await {
        Ok(()) => Ok(Redirect::to(&format!("{here}?done=saved")).into_response()),
        // Set otherwise in just this moment, so the warning named something else: the page shows what is set now.
        Err(ActionError::Input("warning")) => Ok(Redirect::to(&here).into_response()),
        Err(error) => Err(error.into()),
    }
}
