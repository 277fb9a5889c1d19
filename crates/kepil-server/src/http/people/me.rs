//! What is held about the reader, and what was done with it. Clauses 4.1, 4.3, 4.4a, 4.6.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    EventId, Moment,
    gate::{Agreement, Refusal},
    ledger::Act,
    moment::Day,
    standing::Standing,
};
use kepil_policy::{Effective, Field, Language, Policy, Subject};
use serde::{Deserialize, Serialize};

use super::{second::recent, show, standing::newer};
use crate::{
    App,
    actions::{
        ActionError,
        activity::{self, ActRow, Below},
        answer, authorize, credentials, my_data,
        staff::{
            link::{ONE_OFFICER, RECOVERY},
            members::LISTING,
        },
    },
    http::{posted::Posted, problem::HttpError, unkept, visitor::Visitor},
    pages::{
        Activity, By, ChangeEmail, Choice, ConfirmEmail, EditField, Event, Input, LetterSent, MyData, Row, SentFor,
        Shelf, ShownTo, When, Words, setting_in_words, value_in_words,
    },
};

/// Acts on one page of the activity.
const ACTS_ON_PAGE: u32 = 50;
/// Below it are the forms of what is the reader's own.
const OWN: &str = "/me";

/// `GET /me`.
pub async fn data(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let policy = &effective.policy;
    let held = my_data::list(&app, own.locator).await?;
    let is_blocked = held.iter().any(|held| held.standing.is_blocked);
    let shelves = shelves(&app, &effective, &held, &visitor, OWN);
    let standings: Vec<_> = held.iter().map(|held| (held.compartment.id, held.standing.clone())).collect();
    let waiting = policy.account().filter(|it| authorize::waits_for_acceptance(&effective, it, &standings, app.now()));
    let asked = answer::list(&app, own.locator).await?;
    let page = MyData {
        asked: asked.iter().filter_map(|asked| super::inquiries::link(policy, asked, visitor.language)).collect(),
        newer: waiting.map(|account| newer(&account.name, visitor.language)),
        shelves,
        blocked: is_blocked,
        download_path: None,
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// What is held, row by row; forms of the rows are below `base`.
pub(super) fn shelves(
    app: &App,
    effective: &Effective,
    held: &[my_data::Held],
    visitor: &Visitor,
    base: &str,
) -> Vec<Shelf> {
    let (policy, language) = (&effective.policy, visitor.language);
    let shelf = |held: &my_data::Held| {
        let entered = policy.entered(held.standing.kind).filter(|field| field.compartment == held.compartment.id);
        let rows = entered.map(|field| row(app, effective, (held, field), visitor, base));
        Shelf { label: held.compartment.label.get(language).to_owned(), rows: rows.collect() }
    };
    held.iter().map(shelf).filter(|shelf| !shelf.rows.is_empty()).collect()
}

fn row(
    app: &App,
    effective: &Effective,
    (held, field): (&my_data::Held, &Field),
    visitor: &Visitor,
    base: &str,
) -> Row {
    let (policy, language, is_blocked) = (&effective.policy, visitor.language, held.standing.is_blocked);
    let opened = held.values.iter().find(|opened| opened.field == field.id);
    let services = my_data::seen_by(effective, &held.standing, field.id, app.now());
    // What a ward shows to others is theirs to change.
    let is_own = base == OWN;
    let is_open = is_own || !my_data::is_theirs(field);
    let edit = if field.sign_in { format!("{base}/email") } else { format!("{base}/fields/{}/edit", field.name) };
    let keep = policy.class(field.class).map(|class| class.keep.label.get(language).to_owned());
    Row {
        name: field.name.clone(),
        label: field.label.get(language).to_owned(),
        value: opened.map(|opened| value_in_words(field, opened.value.reveal(), language)),
        masked: field.masked,
        known: opened.map(|opened| (opened.provenance, When::day(opened.written, language))),
        seen_by: services.iter().map(|service| service.label.get(language).to_owned()).collect(),
        shown_to: if is_own { shown_to(effective, &held.standing, field, language) } else { Vec::new() },
        keep: keep.unwrap_or_default(),
        edit_path: (!is_blocked && is_open && my_data::bar(effective, &held.standing, field).is_none()).then_some(edit),
        remove_path: (opened.is_some() && !is_blocked && is_open && !field.sign_in)
            .then(|| format!("{base}/fields/{}/remove", field.name)),
    }
}

/// Where `field` can be shown to others, of the services that the person uses, and to whom it is.
fn shown_to(effective: &Effective, standing: &Standing, field: &Field, language: Language) -> Vec<ShownTo> {
    let can = effective.policy.services().iter().filter(|service| service.profile.fields.contains(field.id));
    let used = can.filter(|service| matches!(standing.agreement(service.tag), Agreement::Live { .. }));
    let shown = used.map(|service| ShownTo {
        label: service.label.get(language).to_owned(),
        audience: standing.audience(effective, service, field),
        path: format!("/me/profile/{}", service.name),
    });
    shown.collect()
}

/// `GET /me/fields/{name}/edit`.
pub async fn edit_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let field =
        effective.policy.entered(Subject::Person).find(|field| field.name == name).ok_or(HttpError::NotFound)?;
    let value = my_data::find(&app, own.locator, field).await?;
    show_edit(&app, &visitor, field, value.as_ref().map_or("", |value| value.reveal()), None).await
}

/// `POST /me/fields/{name}/edit`.
pub async fn edit(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let Some(fault) = my_data::edit(&app, own.locator, &name, &posted.personal(&name)).await? else {
        return Ok(Redirect::to("/me?done=saved").into_response());
    };
    let effective = app.policy()?;
    let field = effective.policy.find_field(&name).ok_or(HttpError::NotFound)?;
    let error = show::fault(Words::of(visitor.language), field.kind, fault);
    show_edit(&app, &visitor, field, posted.text(&name), Some(error)).await
}

async fn show_edit(
    app: &App,
    visitor: &Visitor,
    field: &Field,
    value: &str,
    error: Option<String>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let compartment = crate::actions::tag_of(&effective.policy, field.compartment)?;
    let row = app.store.find_person(own.locator, compartment).await.map_err(ActionError::from)?;
    let services =
        row.as_ref().map(|row| my_data::seen_by(&effective, &row.standing, field.id, app.now())).unwrap_or_default();
    let page = EditField {
        base: OWN.to_owned(),
        input: Input { error, ..Input::of(&effective.policy, field, visitor.language, value) },
        seen_by: services.iter().map(|service| service.label.get(visitor.language).to_owned()).collect(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/fields/{name}/remove`.
pub async fn remove(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    my_data::remove(&app, own.locator, &name).await?;
    Ok(Redirect::to("/me?done=removed").into_response())
}

/// `GET /me/email`.
pub async fn email_form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    recent(&app, &visitor, "/me/email")?;
    show_email(&app, &visitor, "", None, false).await
}

/// `POST /me/email`: a letter goes to the new address.
pub async fn email(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, "/me/email")?;
    visitor.check_form(posted.text("form_token"))?;
    if !credentials::is_own_password(&app, own.locator, posted.personal("now")).await? {
        return show_email(&app, &visitor, posted.text("email"), None, true).await;
    }
    match credentials::ask_address(&app, own.locator, &posted.personal("email"), visitor.language).await {
        Ok(()) => Ok(visitor.page(LetterSent { sent_for: SentFor::Email }.render(&visitor.chrome(&app)?))),
        Err(ActionError::Input(_)) => {
            let error = Words::of(visitor.language).say("fault-email", &[]);
            show_email(&app, &visitor, posted.text("email"), Some(error), false).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn show_email(
    app: &App,
    visitor: &Visitor,
    value: &str,
    error: Option<String>,
    password_failed: bool,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let field = effective.policy.fields().iter().find(|field| field.sign_in).ok_or(HttpError::NotFound)?;
    let now = my_data::find(app, own.locator, field).await?.map(|value| value.reveal().clone()).unwrap_or_default();
    let page = ChangeEmail { now, value: value.to_owned(), error, password_failed };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// The token of a letter's link.
#[derive(Deserialize)]
pub struct LetterQuery {
    /// The secret of the link.
    #[serde(default)]
    pub token: String,
}

/// `GET /me/email/confirm`: the link in the letter to the new address. Programs that look at letters open links too, so
/// the address changes by a button.
pub async fn email_letter(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<LetterQuery>,
) -> Result<Response, HttpError> {
    credentials::find_address(&app, &query.token).await?;
    let page = ConfirmEmail { carry: vec![("token".to_owned(), query.token)] };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /me/email/confirm`. Whoever holds the letter holds the address.
pub async fn email_confirm(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    credentials::set_address(&app, posted.text("token"), visitor.language).await?;
    Ok(Redirect::to("/me?done=email").into_response())
}

/// Which acts to show.
#[derive(Deserialize)]
pub struct ActivityQuery {
    #[serde(default)]
    service: String,
    #[serde(default)]
    after: String,
}

/// `GET /me/activity`.
pub async fn activity(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<ActivityQuery>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let policy = &effective.policy;
    let (acts, next) = activity::list(&app, own.locator, Below::parse(&query.after), ACTS_ON_PAGE).await?;
    let is_shown =
        |act: &&ActRow| query.service.is_empty() || act.payload.service.as_deref() == Some(query.service.as_str());
    let all = Activity::every_service(visitor.language, query.service.is_empty());
    let services = policy.services().iter().map(|service| Choice {
        value: service.name.clone(),
        label: service.label.get(visitor.language).to_owned(),
        chosen: query.service == service.name,
    });
    let page = Activity {
        events: acts.iter().filter(is_shown).filter_map(|act| event(policy, act, &visitor, OWN)).collect(),
        filter: std::iter::once(all).chain(services).collect(),
        next_path: next.map(|below| format!("/me/activity?service={}&after={below}", query.service)),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

pub(super) fn event(policy: &Policy, act: &ActRow, visitor: &Visitor, base: &str) -> Option<Event> {
    let language = visitor.language;
    let payload = &act.payload;
    let service = payload.service.as_deref();
    let known = service.and_then(|name| policy.find_service(name));
    let label = known.map(|service| service.label.get(language)).or(service).unwrap_or_default().to_owned();
    let purpose = payload.purpose.as_deref();
    let row = known.zip(purpose).and_then(|(service, purpose)| policy.find_use(service, purpose));
    let refused =
        payload.refused.as_deref().and_then(|word| Refusal::ALL.iter().find(|reason| reason.word() == word)).copied();
    let field_label = |name: &str| policy.find_field(name).map_or(name, |field| field.label.get(language)).to_owned();
    let duty_label = |name: &str| {
        let known = policy.duties().iter().find(|duty| duty.name == name);
        known.map_or(name, |duty| duty.label.get(language)).to_owned()
    };
    let duty = payload.duty.as_deref().map(duty_label);
    let granted = payload.documents.iter().find_map(|each| each.strip_prefix("duty ")).map(duty_label);
    let by = match payload.actor.as_ref() {
        "person" => By::You,
        "service" => By::Service(label.clone()),
        "officer" => By::Staff(duty.clone().unwrap_or_default()),
        "representative" => By::Representative,
        "viewer" => By::Viewer,
        "recipient" => By::Recipient(label.clone()),
        _ => By::System,
    };
    let is_by_service = matches!(by, By::Service(_) | By::Recipient(_));
    let is_by_staff = matches!(by, By::Staff(_));
    Some(Event {
        stated: payload.reason.as_deref().map(|reason| stated(reason, language)),
        act: Act::parse(&payload.act)?,
        about: (!is_by_service && !is_by_staff && !label.is_empty()).then_some(label),
        duty: granted.or(duty.filter(|_| !is_by_staff)),
        fields: payload.fields.iter().map(|name| field_label(name)).collect(),
        purpose: row.map(|row| row.label.get(language).to_owned()).or(purpose.map(str::to_owned)),
        settings: payload.settings.iter().filter_map(|line| setting_in_words(policy, line, language)).collect(),
        refused,
        when: When::moment(Moment { unix_ms: payload.at_ms, day: Day::default() }, policy.time_zone(), language),
        receipt_path: Some(format!("{base}/activity/{}/{}", act.compartment, act.event)),
        by,
    })
}

/// A stated reason as people read it: where a rule of the program is the reason, its words.
fn stated(reason: &str, language: kepil_policy::Language) -> String {
    match reason {
        ONE_OFFICER | RECOVERY | LISTING => Words::of(language).say(&format!("stated-{reason}"), &[]),
        own => own.to_owned(),
    }
}

/// `GET /me/activity/{compartment}/{event}`: the receipt of one act, as a file.
pub async fn receipt(
    State(app): State<App>,
    visitor: Visitor,
    Path((compartment, event)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let event = EventId::parse(&event).ok_or(HttpError::NotFound)?;
    let proof = activity::receipt(&app, own.locator, &compartment, event).await?.ok_or(HttpError::NotFound)?;
    Ok(as_file(proof, &format!("receipt-{event}.json")))
}

/// A file to take away.
pub(super) fn as_file(content: impl Serialize, name: &str) -> Response {
    let mut answer = unkept(Json(content));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    answer
}
