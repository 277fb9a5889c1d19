//! What somebody of the staff may do and what is missing; signing; joining by a link.

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{Day, gate::StaffFacts};
use kepil_policy::{Power, render_document};
use serde::Deserialize;

use super::{nav, own_desk, seat, strong_desk};
use crate::{
    App,
    actions::{
        ActionError,
        sign_in::Strength,
        staff::{duties, link, members, signing},
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{OwnDuty, PaperRow, StaffDesk, StaffJoin, StaffPaper, When},
};

/// `GET /staff`.
pub async fn desk(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let desk = own_desk(&app, &visitor).await?;
    let language = visitor.language;
    let policy = &desk.effective.policy;
    let rules = policy.staff().ok_or(HttpError::NotFound)?;
    let StaffFacts { is_strong, is_trained, .. } = desk.facts(&app, None, true)?;
    let papers = signing::papers(&desk, language)?.into_iter().map(|paper| PaperRow {
        path: format!("/staff/papers/{}", paper.document.name),
        title: paper.document.title.get(language).to_owned(),
        signed: paper.signed.map(|signed| When::day(signed.on, language)),
    });
    let label = |at| policy.field(at).map(|field| field.label.get(language).to_owned());
    let own_duties = desk.held.iter().filter_map(|held| {
        let duty = policy.duty(held.duty)?;
        Some(OwnDuty {
            label: duty.label.get(language).to_owned(),
            fields: duty.fields.iter().filter_map(label).collect(),
            until: held.until.map(|until| When::day(until, language)),
            is_deputy: held.deputy_for.is_some(),
        })
    });
    let waits = |row: &&kepil_domain::standing::DutyRow| {
        !row.holds(desk.seat.locator, rules, app.now().day) && !row.is_over(app.now().day)
    };
    let waiting = desk.row.duties.iter().filter(waits).filter_map(|row| policy.duty_tagged(row.duty));
    let grants = desk.held.iter().filter_map(|held| policy.duty(held.duty));
    let can_grant = grants.into_iter().any(|duty| duty.powers.contains(&Power::Staff));
    let can_train = is_strong && can_grant && duties::is_enough_alone(&app, &desk).await?;
    let until = |on: Day| Day(on.0.saturating_add(rules.training.days));
    let page = StaffDesk {
        is_strong,
        papers: papers.collect(),
        trained: desk.row.trained.map(|on| (When::day(on, language), When::day(until(on), language))),
        is_trained,
        can_train,
        duties: own_duties.collect(),
        waiting: waiting.map(|duty| duty.label.get(language).to_owned()).collect(),
        nav: nav(&desk),
        own: members::own_id(&app, desk.seat.locator).await?,
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `GET /staff/papers/{name}`: the text, to be read and signed.
pub async fn paper(State(app): State<App>, visitor: Visitor, Path(name): Path<String>) -> Result<Response, HttpError> {
    let desk = strong_desk(&app, &visitor).await?;
    let papers = signing::papers(&desk, visitor.language)?;
    let paper = papers.into_iter().find(|paper| paper.document.name == name).ok_or(HttpError::NotFound)?;
    let page = StaffPaper {
        title: paper.document.title.get(visitor.language).to_owned(),
        body: render_document(&desk.effective.policy, paper.document, visitor.language),
        signed: paper.signed.map(|signed| When::day(signed.on, visitor.language)),
        action: format!("/staff/papers/{name}"),
        carry: vec![("hash".to_owned(), paper.hash)],
        nav: nav(&desk),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /staff/papers/{name}`.
pub async fn sign(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    own_desk(&app, &visitor).await?;
    signing::sign(&app, seat, (&name, posted.text("hash")), visitor.language).await?;
    Ok(Redirect::to("/staff?done=recorded").into_response())
}

/// The token of a link.
#[derive(Deserialize)]
pub struct JoinQuery {
    #[serde(default)]
    token: String,
}

/// `GET /staff/join`: the page behind a link. Whoever signs in on the way types the code, or opens the link again.
pub async fn join_form(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<JoinQuery>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let page = StaffJoin { token: query.token, is_strong: own.strength >= Strength::Two };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /staff/join`.
pub async fn join(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    match link::join(&app, seat, posted.text("token").trim()).await {
        Err(ActionError::NoPolicy) => Err(HttpError::NotFound),
        done => {
            done?;
            Ok(Redirect::to("/staff?done=recorded").into_response())
        }
    }
}
