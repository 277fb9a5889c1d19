//! The reader's guardians, whom they name and end; and a ward of the reader's. Clause 2.4c.
//!
//! What names or ends somebody needs a recent proof. The letter to a guardian is answered in `invited.rs`.

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{gate::Agreement, standing::MandateRow};
use kepil_policy::Effective;
use serde::Deserialize;

use super::{
    inquiries, me,
    representing::{mandate_in_words, name_of, path_of, person},
    second::recent,
};
use crate::{
    App,
    actions::{
        ActionError,
        age::{self, Stage},
        answer,
        behalf::{self, Behalf},
        entities,
        guardians::{self, Asking, GUARDIANS_MAX},
        mandates, my_data, wards,
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{AskGuardian, Choice, Guardians, OwnWay, Ward},
};

/// The reader's own page of guardians.
const HERE: &str = "/me/guardians";

/// `GET /me/guardians`. Mandates that the reader has outgrown end here.
pub async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    guardians::look_again(&app, own.locator).await?;
    let people = entities::colleagues(&app, own.locator.into()).await?;
    let page = Guardians {
        has_room: people.len() < GUARDIANS_MAX && guardians::services(&effective).next().is_some(),
        is_alone: guardians::stage(&app, own.locator).await? == Some(Stage::Alone),
        people: people.into_iter().map(|one| person(&effective, one, visitor.language)).collect(),
        alone: age::of_majority(&app)?,
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// For which service somebody comes.
#[derive(Deserialize)]
pub struct AskQuery {
    #[serde(default)]
    service: String,
}

/// `GET /me/guardians/ask`.
pub async fn ask_form(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<AskQuery>,
) -> Result<Response, HttpError> {
    recent(&app, &visitor, &format!("{HERE}/ask"))?;
    show_ask(&app, &visitor, &[query.service], None)
}

fn show_ask(app: &App, visitor: &Visitor, chosen: &[String], posted: Option<&Posted>) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let all: Vec<_> = guardians::services(&effective).collect();
    let choice = |service: &&kepil_policy::Service| Choice {
        value: service.name.clone(),
        label: service.label.get(visitor.language).to_owned(),
        // Where there is no choice, none is asked for.
        chosen: all.len() == 1 || chosen.contains(&service.name),
    };
    let page = AskGuardian {
        services: all.iter().map(choice).collect(),
        least_age: age::of_majority(app)?,
        email: posted.map_or("", |posted| posted.text("email")).to_owned(),
        is_whole: posted.is_some_and(|posted| posted.text("whole") == "yes"),
        failed: posted.is_some(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/guardians/ask`: a letter goes out, whether or not the address is known.
pub async fn ask(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, &format!("{HERE}/ask"))?;
    visitor.check_form(posted.text("form_token"))?;
    let services = posted.list("service");
    let asking = Asking {
        address: posted.personal("email"),
        services: services.clone(),
        is_whole: posted.text("whole") == "yes",
        language: visitor.language,
    };
    match guardians::ask(&app, own.locator, asking).await {
        Ok(()) => Ok(Redirect::to(&format!("{HERE}?done=invited")).into_response()),
        Err(ActionError::Input(_)) => show_ask(&app, &visitor, &services, Some(&posted)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/guardians/end`.
pub async fn end(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, HERE)?;
    visitor.check_form(posted.text("form_token"))?;
    mandates::revoke(&app, own.locator.into(), posted.text("who")).await?;
    Ok(Redirect::to(&format!("{HERE}?done=revoked")).into_response())
}

/// The page of a ward. Who is old enough by now to act alone is no ward any more.
pub(super) async fn ward(
    app: &App,
    visitor: &Visitor,
    id: &str,
    (behalf, mandate): (Behalf, MandateRow),
) -> Result<Response, HttpError> {
    let has_way_in = wards::has_way_in(app, behalf.whose).await?;
    if guardians::look_again(app, behalf).await? {
        // Of a ward who has no way in yet nothing else is left to do.
        let to = if has_way_in { "/me/representing?done=revoked".to_owned() } else { format!("{}/in", path_of(id)) };
        return Ok(Redirect::to(&to).into_response());
    }
    let (effective, path, is_whole) = (app.policy()?, path_of(id), mandate.services.is_empty());
    let held = if is_whole { my_data::list(app, behalf).await? } else { Vec::new() };
    let (policy, asked) = (&effective.policy, answer::list(app, behalf).await?);
    let page = Ward {
        name: Some(name_of(app, behalf).await?).filter(|name| !name.is_empty()),
        alone: age::of_majority(app)?,
        mandate: mandate_in_words(&effective, &mandate, visitor.language),
        is_whole,
        shelves: me::shelves(app, &effective, &held, visitor, &path),
        services: used(app, &effective, visitor, (behalf, &mandate)).await?,
        is_blocked: held.iter().any(|held| held.standing.is_blocked),
        way_in: match has_way_in {
            true => OwnWay::There,
            false if is_whole && wards::may_come_in(app, behalf).await?.is_some() => OwnWay::Due,
            false => OwnWay::Early,
        },
        asked: asked.iter().filter_map(|it| inquiries::link(policy, &path, it, visitor.language)).collect(),
        path,
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// The services that the ward uses and the mandate is for; the account itself is the ward's own.
async fn used(
    app: &App,
    effective: &Effective,
    visitor: &Visitor,
    (behalf, mandate): (Behalf, &MandateRow),
) -> Result<Vec<(String, String)>, HttpError> {
    let account = effective.policy.account().map(|account| account.id);
    let standings = behalf::standings(app, behalf.whose).await?;
    let is_used = |service: &&kepil_policy::Service| {
        standings.iter().any(|standing| matches!(standing.agreement(service.tag), Agreement::Live { .. }))
    };
    let is_given = |service: &&kepil_policy::Service| {
        Some(service.id) != account && (mandate.services.is_empty() || mandate.services.contains(&service.tag))
    };
    let services = effective.policy.services().iter().filter(is_given).filter(is_used);
    Ok(services.map(|service| (service.name.clone(), service.label.get(visitor.language).to_owned())).collect())
}
