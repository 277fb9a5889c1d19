//! The entities for which the reader acts: their data, their people, their services; what of it is the same for a ward.
//! Clauses 1.1b, 2.1¶C3, 2.4c, 4.1, 4.3, 4.4a, 7.1.
//!
//! Every page finds the mandate anew. What gives or takes a mandate, and what makes or destroys an entity, needs a recent proof.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    Day,
    form::FormFault,
    gate::Agreement,
    standing::{MandateRow, Standing},
};
use kepil_policy::{Effective, Kind, Language, Subject};

use super::{gone, guardians as guardian_pages, me, once, second::recent, show, whom::ForWhom};
use crate::{
    App,
    actions::{
        ActionError, age,
        behalf::{self, Behalf},
        close_account::close_account,
        entities::{self, NewEntity},
        guardians,
        mandates::{self, Invitation, Leaving},
        my_data, wards,
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{Choice, Entity, EntityPage, Input, Invite, MakeEntity, Mandate, Person, Representing, When, Words},
};

pub(super) fn mandate_in_words(effective: &Effective, row: &MandateRow, language: Language) -> Mandate {
    let label = |tag: &kepil_policy::ServiceTag| {
        effective.policy.service_tagged(*tag).map(|service| service.label.get(language).to_owned())
    };
    // A guardian of everything acts only where a guardian is asked for.
    let is_of_all_data = row.kind.is_guardian() && row.services.is_empty();
    let guarded = guardians::services(effective).filter(|_| is_of_all_data);
    Mandate {
        is_head: row.is_head,
        since: When::day(row.since, language),
        until: row.until.map(|until| When::day(until, language)),
        is_of_all_data,
        services: row
            .services
            .iter()
            .filter_map(label)
            .chain(guarded.map(|it| it.label.get(language).to_owned()))
            .collect(),
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
        can_make_ward: wards::ages(&effective).is_some(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `GET /me/representing/make`.
pub async fn make_form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    recent(&app, &visitor, "/me/representing/make")?;
    show_make(&app, &visitor, None, (&[], false))
}

/// The form; `is_again` says that the reader acts for a firm with this number already.
fn show_make(
    app: &App,
    visitor: &Visitor,
    posted: Option<&Posted>,
    (faults, is_again): (&[(String, FormFault)], bool),
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let (policy, words) = (&effective.policy, Words::of(visitor.language));
    let inputs = entities::form_fields(&effective).map(|field| {
        let value = posted.map_or("", |posted| posted.text(&field.name));
        let fault = faults.iter().find(|(name, _)| *name == field.name);
        let again = (is_again && field.kind == Kind::Bin).then(|| words.say("make-entity-again", &[]));
        let error = fault.map(|(_, fault)| show::fault(words, field.kind, *fault)).or(again);
        Input { error, ..Input::of(policy, field, visitor.language, value) }
    });
    let account = policy.account().ok_or(HttpError::NotFound)?;
    let page = MakeEntity {
        inputs: inputs.collect(),
        least_age: age::of_majority(app)?,
        documents: show::documents(policy, account, visitor.language),
        can_make_ward: wards::ages(&effective).is_some(),
        carry: once::fresh()?,
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/representing/make`.
pub async fn make(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, "/me/representing/make")?;
    visitor.check_form(posted.text("form_token"))?;
    if !once::is_first(&app, own, &posted).await? {
        return Ok(Redirect::to("/me/representing?done=again").into_response());
    }
    let effective = app.policy()?;
    let values = entities::form_fields(&effective).map(|field| (field.name.clone(), posted.personal(&field.name)));
    let new =
        NewEntity { values: values.collect(), is_of_age: posted.text("of_age") == "yes", language: visitor.language };
    match entities::make(&app, own.locator, new).await {
        Ok(Ok(id)) => Ok(Redirect::to(&format!("{}?done=saved", path_of(&id))).into_response()),
        Ok(Err(faults)) => show_make(&app, &visitor, Some(&posted), (&faults, false)),
        Err(ActionError::Input("again")) => show_make(&app, &visitor, Some(&posted), (&[], true)),
        Err(error) => Err(error.into()),
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

/// `POST /me/representing/{id}/close` of a legal entity: a head has everything about it destroyed.
pub(super) async fn close(app: &App, whom: &ForWhom, posted: &Posted) -> Result<Response, HttpError> {
    recent(app, &whom.visitor, &whom.base)?;
    whom.visitor.check_form(posted.text("form_token"))?;
    let behalf = whom.whole()?;
    if posted.text("sure") != "yes" {
        return Err(ActionError::Input("sure").into());
    }
    let number = close_account(app, behalf).await?;
    Ok(Redirect::to(&gone::path_of(number)).into_response())
}
