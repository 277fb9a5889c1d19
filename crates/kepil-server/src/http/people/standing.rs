//! What the reader decides, for themselves or for a ward: services, consents, the block, closing the account. Clauses 2.4c,
//! 3.7, 4.4, 4.5, 4.7, 7.3, 8.2a.

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    gate::{Agreement, Refusal},
    standing::{self, Standing},
};
use kepil_policy::{CompartmentId, Effective, Language, Policy, ServiceKind, Subject, Use, laws};

use serde::Deserialize;

use super::{
    gone, representing,
    show::onward,
    whom::{ForPerson, ForWhom},
};
use crate::{
    App,
    actions::{
        ActionError,
        accept::{self, Accepted, Released},
        authorize, choices,
        close_account::close_account,
        credentials, guardians, wards,
    },
    http::{
        cookies::Cookie,
        oidc::show::{Claims, Terms, acceptance, consent as consent_page},
        posted::Posted,
        problem::HttpError,
        visitor::Visitor,
    },
    oidc::Wanted,
    pages::{Block, CloseAccount, ConsentRow, Consents, Link, Purpose, ServiceRow, Services, When, Words},
};

/// What stands of somebody in every compartment.
async fn standings(
    app: &App,
    effective: &Effective,
    whom: &ForWhom,
) -> Result<Vec<(CompartmentId, Standing)>, HttpError> {
    let mut all = Vec::new();
    for compartment in effective.policy.compartments() {
        let row = app.store.find_person(whom.behalf.whose, compartment.tag);
        all.extend(row.await.map_err(ActionError::from)?.map(|row| (compartment.id, row.standing)));
    }
    Ok(all)
}

fn in_compartment(all: &[(CompartmentId, Standing)], id: CompartmentId) -> Option<&Standing> {
    all.iter().find(|(each, _)| *each == id).map(|(_, standing)| standing)
}

/// `GET /me/services`.
pub async fn services(State(app): State<App>, whom: ForPerson) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let (policy, language) = (&effective.policy, whom.visitor.language);
    let all = standings(&app, &effective, &whom).await?;
    let editions = app.shelf.list();
    let rows = policy.services().iter().filter(|service| whom.covers(service)).filter_map(|service| {
        let row = all
            .iter()
            .find_map(|(_, standing)| standing.agreement_row(service.tag).filter(|row| row.ended.is_none()))?;
        let gets = policy.uses_of(service).filter(|each| {
            let standing = in_compartment(&all, each.compartment);
            standing.and_then(|standing| standing.consent_row(each.tag)).is_some_and(|row| !row.is_withdrawn)
        });
        let accepted = editions.iter().find(|edition| edition.no == row.edition);
        Some(ServiceRow {
            name: service.name.clone(),
            label: service.label.get(language).to_owned(),
            about: service.about.get(language).to_owned(),
            owner: service.owner.name.get(language).to_owned(),
            third_party: service.kind == ServiceKind::ThirdParty,
            gets: gets.map(|each| Purpose::of(policy, each, language)).collect(),
            since: When::day(row.since, language),
            edition: When::date(accepted.map_or("", |edition| edition.policy.edition()), language),
            can_leave: service.kind != ServiceKind::Account,
            newer: authorize::waits_for_acceptance(&effective, service, &all, app.now())
                .then(|| newer(&whom.base, &service.name, language)),
        })
    });
    let page = Services { rows: rows.collect(), has_activity: whom.is_whole() };
    Ok(whom.page(page.render(&whom.chrome(&app).await?)))
}

/// The name of a service.
#[derive(Deserialize)]
pub struct ServicePath {
    /// It.
    pub service: String,
}

/// `POST /me/services/{service}/leave`.
pub async fn leave(
    State(app): State<App>,
    whom: ForWhom,
    Path(ServicePath { service }): Path<ServicePath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    choices::leave(&app, whom.behalf, &service).await?;
    let page = if whom.is_own() { "/services" } else { "" };
    Ok(Redirect::to(&format!("{}{page}?done=left", whom.base)).into_response())
}

/// The way to a later edition that waits for an answer.
pub(super) fn newer(base: &str, service: &str, language: Language) -> Link {
    Link { path: format!("{base}/services/{service}/accept"), label: Words::of(language).say("diff-title", &[]) }
}

/// `GET /me/services/{service}/accept`: a later edition of a service that the reader uses.
pub async fn accept_form(
    State(app): State<App>,
    whom: ForPerson,
    Path(ServicePath { service }): Path<ServicePath>,
) -> Result<Response, HttpError> {
    let (effective, visitor) = (app.policy()?, &whom.visitor);
    let known = effective.policy.find_service(&service).ok_or(HttpError::NotFound)?;
    let behalf = whom.at(known)?;
    // No form is shown that is always refused.
    accept::check_begins(&app, (&effective.policy, known), behalf).await?;
    let post_path = format!("{}/services/{service}/accept", whom.base);
    let terms = Terms { service: &service, post_path, carry: Vec::new() };
    // It says itself for whom it is.
    let page = acceptance(&app, terms, behalf, visitor.language).await?;
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /me/services/{service}/accept`. A refusal writes nothing: what the reader accepted before goes on.
pub async fn accept(
    State(app): State<App>,
    whom: ForPerson,
    Path(ServicePath { service }): Path<ServicePath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    if posted.text("choice") != "accept" {
        return Ok(Redirect::to(&format!("{}/services?done=refused", whom.base)).into_response());
    }
    let purposes = posted.list("purpose");
    let is_of_age = posted.text("of_age") == "yes";
    let accepted = Accepted { service: &service, purposes: &purposes, is_of_age, language: whom.visitor.language };
    accept::accept(&app, whom.behalf, accepted).await?;
    Ok(Redirect::to(&format!("{}/services?done=accepted", whom.base)).into_response())
}

/// Where somebody goes on to who accepted the account.
#[derive(Default, Deserialize)]
pub struct GoQuery {
    #[serde(default)]
    go: String,
}

/// `GET /welcome`: somebody was brought along from an earlier system, and accepts the account itself, or not.
pub async fn welcome_form(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<GoQuery>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let account = effective.policy.account().ok_or(ActionError::NoPolicy)?;
    let carry = vec![("go".to_owned(), query.go)];
    let terms = Terms { service: &account.name, post_path: "/welcome".to_owned(), carry };
    let page = acceptance(&app, terms, own.locator, visitor.language).await?;
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /welcome`. After a refusal nothing is opened to anybody; the person still sees, and can delete, what is held.
pub async fn welcome(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    if posted.text("choice") != "accept" {
        return Ok(Redirect::to("/me/close?done=unaccepted").into_response());
    }
    let effective = app.policy()?;
    let account = effective.policy.account().ok_or(ActionError::NoPolicy)?;
    let purposes = posted.list("purpose");
    let (service, language) = (account.name.as_str(), visitor.language);
    let accepted = Accepted { service, purposes: &purposes, is_of_age: false, language };
    accept::accept(&app, own.locator, accepted).await?;
    let to = onward("/authorize/continue", posted.text("go"));
    Ok(Redirect::to(&to.unwrap_or_else(|| "/me?done=accepted".to_owned())).into_response())
}

/// `GET /me/consents`.
pub async fn consents(State(app): State<App>, whom: ForPerson) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let (policy, language) = (&effective.policy, whom.visitor.language);
    let all = standings(&app, &effective, &whom).await?;
    let rows = policy.uses().iter().filter_map(|each| {
        let service = policy.service(each.service).filter(|service| whom.covers(service))?;
        let standing = in_compartment(&all, each.compartment)?;
        let consent = standing.consent_row(each.tag);
        let is_with = matches!(standing.agreement(service.tag), Agreement::Live { .. });
        if consent.is_none() && !(is_with && each.optional && !each.is_on_request()) {
            return None;
        }
        let by_claim = each.per_claim && is_with;
        Some(ConsentRow {
            service: service.name.clone(),
            service_label: service.label.get(language).to_owned(),
            purpose: released(policy, each, consent, language),
            by_claim: by_claim.then(|| format!("{}/consents/{}/{}", whom.base, service.name, each.purpose)),
            on: consent.is_some_and(|row| !row.is_withdrawn),
            since: consent.map(|row| When::day(row.on, language)),
            closes: choices::ends_with_account(policy, each).then(|| format!("{}/close", whom.base)),
            bar: None,
        })
    });
    let page = Consents { rows: rows.collect() };
    Ok(whom.page(page.render(&whom.chrome(&app).await?)))
}

/// The purpose of `each` with the fields that are passed on: where claims are asked one by one, those that were allowed.
fn released(policy: &Policy, each: &Use, consent: Option<&standing::ConsentRow>, language: Language) -> Purpose {
    let purpose = Purpose::of(policy, each, language);
    let Some(consent) = consent.filter(|row| !row.is_withdrawn) else { return purpose };
    let is_given =
        |id| !each.by_claim.contains(id) || policy.field(id).is_some_and(|it| consent.claims.contains(&it.tag));
    let fields = each.fields.iter().filter(|id| is_given(*id)).filter_map(|id| policy.field(id));
    Purpose { fields: fields.map(|field| field.label.get(language).to_owned()).collect(), ..purpose }
}

/// The name of a service and of a purpose of it.
#[derive(Deserialize)]
pub struct PurposePath {
    service: String,
    purpose: String,
}

/// `GET /me/consents/{service}/{purpose}`: claims that were allowed one by one, to be looked at again.
pub async fn claims_form(
    State(app): State<App>,
    whom: ForPerson,
    Path(PurposePath { service, purpose }): Path<PurposePath>,
) -> Result<Response, HttpError> {
    show_claims(&app, &whom, (&service, &purpose), None).await
}

/// The page of claims: what is ticked is what was allowed, unless something else was posted in vain.
async fn show_claims(
    app: &App,
    whom: &ForWhom,
    (service, purpose): (&str, &str),
    posted: Option<&[String]>,
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let known = policy.find_service(service).ok_or(HttpError::NotFound)?;
    let (found, behalf) = (policy.find_use(known, purpose), whom.at(known)?);
    let row = found.filter(|row| row.per_claim).ok_or(HttpError::NotFound)?;
    let all = standings(app, &effective, whom).await?;
    let consent = in_compartment(&all, row.compartment).and_then(|standing| standing.consent_row(row.tag));
    let tags = consent.filter(|row| !row.is_withdrawn).map(|row| row.claims.as_slice()).unwrap_or_default();
    let allowed: Vec<String> =
        tags.iter().filter_map(|tag| policy.field_tagged(*tag)).map(|field| field.name.clone()).collect();
    let shown = Claims {
        at: row.id,
        ticked: posted.unwrap_or(&allowed),
        wanted: &Wanted::default(),
        is_later: true,
        lacks_needed: posted.is_some(),
        post_path: format!("{}/consents/{service}/{purpose}", whom.base),
        carry: Vec::new(),
    };
    let page = consent_page(app, behalf, shown, whom.visitor.language).await?;
    Ok(whom.page(page.render(&whom.chrome(app).await?)))
}

/// `POST /me/consents/{service}/{purpose}`: what is not ticked any more is not passed on from the next request.
pub async fn claims(
    State(app): State<App>,
    whom: ForPerson,
    Path(PurposePath { service, purpose }): Path<PurposePath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    let back = format!("{}/consents", whom.base);
    if posted.text("choice") == "withdraw" {
        choices::withdraw(&app, whom.behalf, &service, &purpose).await?;
        return Ok(Redirect::to(&format!("{back}?done=withdrawn")).into_response());
    }
    let claims = posted.list("claim");
    let effective = app.policy()?;
    let found =
        effective.policy.find_service(&service).and_then(|service| effective.policy.find_use(service, &purpose));
    let row = found.ok_or(HttpError::NotFound)?;
    if !accept::has_required(&effective.policy, row, &claims) {
        return show_claims(&app, &whom, (&service, &purpose), Some(&claims)).await;
    }
    accept::release(&app, whom.behalf, Released { service: &service, purpose: &purpose, claims: &claims }).await?;
    Ok(Redirect::to(&format!("{back}?done=saved")).into_response())
}

/// `POST /me/consents/set`: gives or withdraws.
pub async fn set_consent(State(app): State<App>, whom: ForPerson, posted: Posted) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    let (service, purpose) = (posted.text("service"), posted.text("purpose"));
    let done = match posted.text("on") {
        "yes" => {
            choices::give(&app, whom.behalf, service, purpose).await?;
            "given"
        }
        "no" => {
            choices::withdraw(&app, whom.behalf, service, purpose).await?;
            "withdrawn"
        }
        _ => return Err(ActionError::Input("on").into()),
    };
    Ok(Redirect::to(&format!("{}/consents?done={done}", whom.base)).into_response())
}

/// `GET /me/block`.
pub async fn block_form(State(app): State<App>, whom: ForPerson) -> Result<Response, HttpError> {
    whom.whole()?;
    let effective = app.policy()?;
    let all = standings(&app, &effective, &whom).await?;
    let is_blocked = all.iter().any(|(_, standing)| standing.is_blocked);
    let page = Block { is_blocked };
    Ok(whom.page(page.render(&whom.chrome(&app).await?)))
}

/// `POST /me/block`.
pub async fn block(State(app): State<App>, whom: ForPerson, posted: Posted) -> Result<Response, HttpError> {
    let behalf = whom.whole()?;
    whom.visitor.check_form(posted.text("form_token"))?;
    let is_blocked = match posted.text("action") {
        "block" => true,
        "lift" => false,
        _ => return Err(ActionError::Input("action").into()),
    };
    choices::set_block(&app, behalf, is_blocked).await?;
    let done = if is_blocked { "blocked" } else { "lifted" };
    Ok(Redirect::to(&format!("{}/block?done={done}", whom.base)).into_response())
}

/// `GET /me/close`.
pub async fn close_form(State(app): State<App>, whom: ForPerson) -> Result<Response, HttpError> {
    show_close(&app, &whom, false, false).await
}

async fn show_close(
    app: &App,
    whom: &ForWhom,
    word_failed: bool,
    password_failed: bool,
) -> Result<Response, HttpError> {
    let (effective, behalf, language) = (app.policy()?, whom.whole()?, whom.visitor.language);
    let policy = &effective.policy;
    let all = standings(app, &effective, whom).await?;
    let uses = |service: &&kepil_policy::Service| {
        let is_live = |(_, standing): &(CompartmentId, Standing)| {
            matches!(standing.agreement(service.tag), Agreement::Live { .. })
        };
        service.kind != ServiceKind::Account && all.iter().any(is_live)
    };
    let ages = laws::ages(policy.law()).ok_or(ActionError::NoPolicy)?;
    let is_theirs = !whom.is_own() && !guardians::may_close(app, behalf).await?;
    let page = CloseAccount {
        gone: policy.compartments().iter().map(|each| each.label.get(language).to_owned()).collect(),
        stays: Vec::new(),
        services: policy.services().iter().filter(uses).map(|it| it.label.get(language).to_owned()).collect(),
        leaves: if whom.is_own() { wards::left_by(app, behalf.whose).await? } else { 0 },
        theirs_from: is_theirs.then_some(ages.with_guardian),
        word_failed,
        password_failed,
    };
    Ok(whom.page(page.render(&whom.chrome(app).await?)))
}

/// `POST /me/close`. The password is that of whoever closes it.
pub async fn close(State(app): State<App>, whom: ForWhom, posted: Posted) -> Result<Response, HttpError> {
    if whom.behalf.kind == Subject::Entity {
        return representing::close(&app, &whom, &posted).await;
    }
    let (behalf, reader) = (whom.whole()?, whom.visitor.signed_in()?.locator);
    whom.visitor.check_form(posted.text("form_token"))?;
    if !whom.is_own() && !guardians::may_close(&app, behalf).await? {
        return Err(ActionError::Refused(Refusal::NotThePerson).into());
    }
    let word = Words::of(whom.visitor.language).say("close-word", &[]);
    if posted.text("word").trim().to_lowercase() != word.to_lowercase() {
        return show_close(&app, &whom, true, false).await;
    }
    if !credentials::is_own_password(&app, reader, posted.personal("now")).await? {
        return show_close(&app, &whom, false, true).await;
    }
    let number = close_account(&app, behalf).await?;
    let mut answer = Redirect::to(&gone::path_of(number)).into_response();
    if whom.is_own() {
        whom.visitor.end_cookie(&mut answer, Cookie::Session);
    }
    Ok(answer)
}
