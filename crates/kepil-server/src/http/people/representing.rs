//! The entities for which the reader acts: their data, their people, their services; what of it is the same for a ward.
//! Clauses 1.1b, 2.1¶C3, 2.4c, 4.1, 4.3, 4.4a, 7.1.
//!
//! Every page finds the mandate anew. What gives or takes a mandate, and what makes or destroys an entity, needs a recent proof.

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    Day, EventId,
    gate::Agreement,
    standing::{MandateRow, Standing},
};
use kepil_policy::{Effective, Field, Language, Subject};
use serde::Deserialize;

use super::{guardians as guardian_pages, me, second::recent, show};
use crate::{
    App,
    actions::{
        ActionError,
        activity::{self, Below},
        age,
        behalf::{self, Behalf},
        choices,
        close_account::close_account,
        entities::{self, NewEntity},
        guardians,
        mandates::{self, Invitation, Leaving},
        my_data,
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{
        Activity, Choice, EditField, Entity, EntityPage, Input, Invite, MakeEntity, Mandate, Person, Representing,
        When, Words,
    },
};

/// Acts on one page of the activity.
const ACTS_ON_PAGE: u32 = 50;

pub(super) fn mandate_in_words(effective: &Effective, row: &MandateRow, language: Language) -> Mandate {
    let label = |tag: &kepil_policy::ServiceTag| {
        effective.policy.service_tagged(*tag).map(|service| service.label.get(language).to_owned())
    };
    Mandate {
        is_head: row.is_head,
        since: When::day(row.since, language),
        until: row.until.map(|until| When::day(until, language)),
        services: row.services.iter().filter_map(label).collect(),
    }
}

/// Somebody who acts, as a page shows them.
pub(super) fn person(effective: &Effective, one: entities::Colleague, language: Language) -> Person {
    Person {
        id: one.id,
        name: one.name.map(|name| name.reveal().clone()),
        is_reader: one.is_reader,
        mandate: mandate_in_words(effective, &one.mandate, language),
    }
}

pub(super) fn path_of(id: &str) -> String {
    format!("/me/representing/{id}")
}

pub(super) async fn name_of(app: &App, behalf: Behalf) -> Result<String, HttpError> {
    Ok(entities::name(app, behalf).await?.map(|name| name.reveal().clone()).unwrap_or_default())
}

/// `GET /me/representing`.
pub async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let (all, ended) = entities::list(&app, own.locator, None).await?;
    let row = |listed: entities::Listed| Entity {
        path: path_of(&listed.id),
        name: listed.name.map(|name| name.reveal().clone()).unwrap_or_default(),
        is_ward: listed.behalf.kind == Subject::Person,
        mandate: mandate_in_words(&effective, &listed.mandate, visitor.language),
    };
    let page = Representing {
        rows: all.into_iter().map(row).collect(),
        ended: u32::try_from(ended).unwrap_or(u32::MAX),
        contact: effective.policy.operator().contact.clone(),
        has_guardians: guardians::services(&effective).next().is_some(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `GET /me/representing/make`.
pub async fn make_form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    recent(&app, &visitor, "/me/representing/make")?;
    show_make(&app, &visitor, None, &[])
}

fn show_make(
    app: &App,
    visitor: &Visitor,
    posted: Option<&Posted>,
    faults: &[(String, kepil_domain::form::FormFault)],
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let (policy, words) = (&effective.policy, Words::of(visitor.language));
    let inputs = entities::form_fields(&effective).map(|field| {
        let value = posted.map_or("", |posted| posted.text(&field.name));
        let fault = faults.iter().find(|(name, _)| *name == field.name);
        let error = fault.map(|(_, fault)| show::fault(words, field.kind, *fault));
        Input { error, ..Input::of(policy, field, visitor.language, value) }
    });
    let account = policy.account().ok_or(HttpError::NotFound)?;
    let page = MakeEntity {
        inputs: inputs.collect(),
        least_age: age::of_majority(app)?,
        documents: show::documents(policy, account, visitor.language),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/representing/make`.
pub async fn make(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, "/me/representing/make")?;
    visitor.check_form(posted.text("form_token"))?;
    let effective = app.policy()?;
    let values = entities::form_fields(&effective).map(|field| (field.name.clone(), posted.personal(&field.name)));
    let new =
        NewEntity { values: values.collect(), is_of_age: posted.text("of_age") == "yes", language: visitor.language };
    match entities::make(&app, own.locator, new).await? {
        Ok(id) => Ok(Redirect::to(&format!("{}?done=saved", path_of(&id))).into_response()),
        Err(faults) => show_make(&app, &visitor, Some(&posted), &faults),
    }
}

/// As [`behalf::find`], for what only a legal entity has.
async fn find_entity(app: &App, visitor: &Visitor, id: &str) -> Result<Behalf, HttpError> {
    let (behalf, _) = behalf::find(app, visitor.signed_in()?.locator, id).await?;
    if behalf.kind == Subject::Entity { Ok(behalf) } else { Err(HttpError::NotFound) }
}

/// `GET /me/representing/{id}`: a legal entity, or a ward.
pub async fn entity(State(app): State<App>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let (behalf, mandate) = behalf::find(&app, own.locator, &id).await?;
    if behalf.kind == Subject::Person {
        return guardian_pages::ward(&app, &visitor, &id, (behalf, mandate)).await;
    }
    let effective = app.policy()?;
    let held = my_data::list(&app, behalf).await?;
    let path = path_of(&id);
    let people = entities::colleagues(&app, behalf).await?;
    let page = EntityPage {
        name: name_of(&app, behalf).await?,
        shelves: me::shelves(&app, &effective, &held, &visitor, &path),
        people: people.into_iter().map(|one| person(&effective, one, visitor.language)).collect(),
        services: services(&effective, held.iter().map(|held| &held.standing), visitor.language),
        is_head: mandate.is_head,
        shows_name: mandate.shows_name,
        leaving: match mandates::leaving(&app, behalf).await? {
            Leaving::Others => "entity-leave-others",
            Leaving::LastHead => "entity-leave-head",
            Leaving::Last => "entity-leave-last",
        },
        path,
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// The services that the entity uses; the account itself is closed instead.
fn services<'a>(
    effective: &Effective,
    standings: impl Iterator<Item = &'a Standing> + Clone,
    language: Language,
) -> Vec<(String, String)> {
    let account = effective.policy.account().map(|account| account.id);
    let used = effective.policy.services().iter().filter(|service| {
        let is_live = |standing: &Standing| matches!(standing.agreement(service.tag), Agreement::Live { .. });
        Some(service.id) != account && standings.clone().any(is_live)
    });
    used.map(|service| (service.name.clone(), service.label.get(language).to_owned())).collect()
}

/// What is theirs alone is not found.
fn find_field<'a>(effective: &'a Effective, kind: Subject, name: &str) -> Result<&'a Field, HttpError> {
    let field = effective.policy.entered(kind).find(|field| field.name == name && !my_data::is_theirs(field));
    field.ok_or(HttpError::NotFound)
}

/// `GET /me/representing/{id}/fields/{name}/edit`.
pub async fn edit_form(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let (behalf, _) = behalf::find_whole(&app, visitor.signed_in()?.locator, &id).await?;
    let effective = app.policy()?;
    let field = find_field(&effective, behalf.kind, &name)?;
    let value = my_data::find(&app, behalf, field).await?;
    show_edit(&app, &visitor, (&id, field), value.as_ref().map_or("", |value| value.reveal()), None)
}

fn show_edit(
    app: &App,
    visitor: &Visitor,
    (id, field): (&str, &Field),
    value: &str,
    error: Option<String>,
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let input = Input { error, ..Input::of(&effective.policy, field, visitor.language, value) };
    let page = EditField { base: path_of(id), input, seen_by: Vec::new() };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/representing/{id}/fields/{name}/edit`.
pub async fn edit(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let (behalf, _) = behalf::find_whole(&app, visitor.signed_in()?.locator, &id).await?;
    visitor.check_form(posted.text("form_token"))?;
    let Some(fault) = my_data::edit(&app, behalf, &name, &posted.personal(&name)).await? else {
        return Ok(Redirect::to(&format!("{}?done=saved", path_of(&id))).into_response());
    };
    let effective = app.policy()?;
    let field = find_field(&effective, behalf.kind, &name)?;
    let error = show::fault(Words::of(visitor.language), field.kind, fault);
    show_edit(&app, &visitor, (&id, field), posted.text(&name), Some(error))
}

/// `POST /me/representing/{id}/fields/{name}/remove`.
pub async fn remove(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let (behalf, _) = behalf::find_whole(&app, visitor.signed_in()?.locator, &id).await?;
    visitor.check_form(posted.text("form_token"))?;
    my_data::remove(&app, behalf, &name).await?;
    Ok(Redirect::to(&format!("{}?done=removed", path_of(&id))).into_response())
}

/// Which acts to show.
#[derive(Deserialize)]
pub struct ActivityQuery {
    #[serde(default)]
    after: String,
}

/// `GET /me/representing/{id}/activity`.
pub async fn activity(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(query): Query<ActivityQuery>,
) -> Result<Response, HttpError> {
    let (behalf, _) = behalf::find_whole(&app, visitor.signed_in()?.locator, &id).await?;
    let (effective, path) = (app.policy()?, path_of(&id));
    let (acts, next) = activity::list(&app, behalf.whose, Below::parse(&query.after), ACTS_ON_PAGE).await?;
    let page = Activity {
        events: acts.iter().filter_map(|act| me::event(&effective.policy, act, &visitor, &path)).collect(),
        filter: Vec::new(),
        next_path: next.map(|below| format!("{path}/activity?after={below}")),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `GET /me/representing/{id}/activity/{compartment}/{event}`: the receipt of one act, as a file.
pub async fn receipt(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, compartment, event)): Path<(String, String, String)>,
) -> Result<Response, HttpError> {
    let (behalf, _) = behalf::find_whole(&app, visitor.signed_in()?.locator, &id).await?;
    let event = EventId::parse(&event).ok_or(HttpError::NotFound)?;
    let proof = activity::receipt(&app, behalf.whose, &compartment, event).await?.ok_or(HttpError::NotFound)?;
    Ok(me::as_file(proof, &format!("receipt-{event}.json")))
}

/// `GET /me/representing/{id}/invite`.
pub async fn invite_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    recent(&app, &visitor, &format!("{}/invite", path_of(&id)))?;
    let behalf = find_entity(&app, &visitor, &id).await?;
    show_invite(&app, &visitor, (&id, behalf), None).await
}

async fn show_invite(
    app: &App,
    visitor: &Visitor,
    (id, behalf): (&str, Behalf),
    posted: Option<&Posted>,
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let account = effective.policy.account().map(|account| account.id);
    let chosen = posted.map(|posted| posted.list("service")).unwrap_or_default();
    let open = effective.policy.services().iter().filter(|service| {
        Some(service.id) != account && effective.policy.uses_for(service, Subject::Entity).next().is_some()
    });
    let choice = |service: &kepil_policy::Service| Choice {
        value: service.name.clone(),
        label: service.label.get(visitor.language).to_owned(),
        chosen: chosen.contains(&service.name),
    };
    let page = Invite {
        path: path_of(id),
        name: name_of(app, behalf).await?,
        services: open.map(choice).collect(),
        email: posted.map_or("", |posted| posted.text("email")).to_owned(),
        failed: posted.is_some(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/representing/{id}/invite`: a letter goes out, whether or not the address is known.
pub async fn invite(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    recent(&app, &visitor, &format!("{}/invite", path_of(&id)))?;
    visitor.check_form(posted.text("form_token"))?;
    let behalf = find_entity(&app, &visitor, &id).await?;
    let effective = app.policy()?;
    let tag = |name: &String| effective.policy.find_service(name).map(|service| service.tag);
    let services: Option<Vec<_>> = posted.list("service").iter().map(tag).collect();
    let until = match posted.text("until") {
        "" => Ok(None),
        text => text.parse().ok().and_then(Day::of).map(Some).ok_or(ActionError::Input("until")),
    };
    let sent = async {
        let invitation = Invitation {
            address: posted.personal("email"),
            services: services.ok_or(ActionError::Input("service"))?,
            until: until?,
            is_head: posted.text("head") == "yes",
            language: visitor.language,
        };
        mandates::invite(&app, behalf, invitation).await
    };
    match sent.await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=invited", path_of(&id))).into_response()),
        Err(ActionError::Input(_)) => show_invite(&app, &visitor, (&id, behalf), Some(&posted)).await,
        Err(error) => Err(error.into()),
    }
}

/// Whoever acts, after a recent proof, with a form of theirs.
async fn proven(app: &App, visitor: &Visitor, id: &str, posted: &Posted) -> Result<Behalf, HttpError> {
    let own = recent(app, visitor, &path_of(id))?;
    visitor.check_form(posted.text("form_token"))?;
    Ok(behalf::find(app, own.locator, id).await?.0)
}

/// `POST /me/representing/{id}/revoke`.
pub async fn revoke(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = proven(&app, &visitor, &id, &posted).await?;
    mandates::revoke(&app, behalf, posted.text("who")).await?;
    Ok(Redirect::to(&format!("{}?done=revoked", path_of(&id))).into_response())
}

/// `POST /me/representing/{id}/head`.
pub async fn head(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = proven(&app, &visitor, &id, &posted).await?;
    mandates::add_head(&app, behalf, posted.text("who")).await?;
    Ok(Redirect::to(&format!("{}?done=saved", path_of(&id))).into_response())
}

/// `POST /me/representing/{id}/name`.
pub async fn name(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = find_entity(&app, &visitor, &id).await?;
    visitor.check_form(posted.text("form_token"))?;
    mandates::show_name(&app, behalf, posted.text("show") == "yes").await?;
    Ok(Redirect::to(&format!("{}?done=saved", path_of(&id))).into_response())
}

/// `POST /me/representing/{id}/services/leave`.
pub async fn leave_service(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let (behalf, _) = behalf::find(&app, visitor.signed_in()?.locator, &id).await?;
    visitor.check_form(posted.text("form_token"))?;
    choices::leave(&app, behalf, posted.text("service")).await?;
    Ok(Redirect::to(&format!("{}?done=left", path_of(&id))).into_response())
}

/// `POST /me/representing/{id}/leave`.
pub async fn leave(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = proven(&app, &visitor, &id, &posted).await?;
    mandates::leave(&app, behalf, posted.text("sure") == "yes").await?;
    Ok(Redirect::to("/me/representing?done=revoked").into_response())
}

/// `POST /me/representing/{id}/close`: a head has everything about the entity destroyed.
pub async fn close(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, &path_of(&id))?;
    visitor.check_form(posted.text("form_token"))?;
    let (behalf, mandate) = behalf::find_whole(&app, own.locator, &id).await?;
    if !mandate.is_head || posted.text("sure") != "yes" {
        return Err(ActionError::Input("sure").into());
    }
    close_account(&app, behalf).await?;
    Ok(Redirect::to("/me/representing?done=removed").into_response())
}
