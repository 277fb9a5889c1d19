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
use kepil_policy::{Effective, Field, Language, Policy};
use serde::{Deserialize, Serialize};

use super::{representing, second::recent, show, standing::newer, whom::ForWhom};
use crate::{
    App,
    actions::{
        ActionError,
        activity::{self, ActRow, Below, Proof},
        answer, authorize, born, credentials, my_data,
        staff::{
            link::{ONE_OFFICER, RECOVERY},
            members::LISTING,
        },
    },
    http::{posted::Posted, problem::HttpError, unkept, visitor::Visitor},
    pages::{
        Activity, By, ChangeEmail, Choice, ConfirmEmail, EditField, Event, Input, LetterSent, MyData, OWN, Row,
        SentFor, Shelf, ShownTo, Unreadable, When, Words, means_in_words, setting_in_words, value_in_words,
    },
};

/// Acts on one page of the activity.
const ACTS_ON_PAGE: u32 = 50;

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
        asked: asked.iter().filter_map(|asked| super::inquiries::link(policy, OWN, asked, visitor.language)).collect(),
        newer: waiting.map(|account| newer(OWN, &account.name, visitor.language)),
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
        let rows: Vec<Row> = rows.collect();
        let mut filled = rows.iter().filter(|row| row.value.is_some());
        let is_free = filled.clone().count() > 1 && filled.all(|row| row.remove_path.is_some());
        let remove_path = is_free.then(|| format!("{base}/kept/{}/remove", held.compartment.name));
        Shelf { label: held.compartment.label.get(language).to_owned(), rows, remove_path }
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
    // What names a ward is theirs to change.
    let (is_own, is_date) = (base == OWN, born::is_date(field));
    let is_open = is_own || !field.sign_in;
    // A date of birth stays that says that its person is too young for something.
    let is_free =
        !is_date || (is_own && opened.is_some_and(|opened| born::is_free(effective, &opened.value, app.now().day)));
    let edit = if field.sign_in { format!("{base}/email") } else { show::edit_path(base, field) };
    let keep = policy.class(field.class).map(|class| class.keep.label.get(language).to_owned());
    Row {
        name: field.name.clone(),
        label: field.label.get(language).to_owned(),
        value: opened.map(|opened| value_in_words(field, opened.value.reveal(), language)),
        masked: field.masked,
        known: opened.map(|opened| (opened.provenance, When::day(opened.written, language))),
        seen_by: services.iter().map(|service| service.label.get(language).to_owned()).collect(),
        shown_to: shown_to(effective, &held.standing, field, (base, language)),
        keep: keep.unwrap_or_default(),
        edit_path: (!is_blocked && is_open && my_data::bar(effective, &held.standing, field).is_none()).then_some(edit),
        is_own,
        leaves_age: is_date,
        remove_path: (opened.is_some() && !is_blocked && !field.sign_in && is_free)
            .then(|| format!("{base}/fields/{}/remove", field.name)),
    }
}

/// Where `field` can be shown to others, of the services that the person uses, and to whom it is.
fn shown_to(
    effective: &Effective,
    standing: &Standing,
    field: &Field,
    (base, language): (&str, Language),
) -> Vec<ShownTo> {
    let can = effective.policy.services().iter().filter(|service| service.profile.fields.contains(field.id));
    let used = can.filter(|service| matches!(standing.agreement(service.tag), Agreement::Live { .. }));
    let shown = used.map(|service| ShownTo {
        label: service.label.get(language).to_owned(),
        audience: standing.audience(effective, service, field),
        path: format!("{base}/profile/{}", service.name),
    });
    shown.collect()
}

/// The name of a field.
#[derive(Deserialize)]
pub struct FieldPath {
    name: String,
}

/// A field that the reader writes; of somebody else's, what names them is not found.
fn find_field<'a>(effective: &'a Effective, whom: &ForWhom, name: &str) -> Result<&'a Field, HttpError> {
    let mut entered = effective.policy.entered(whom.behalf.kind);
    let field = entered.find(|field| field.name == name && (whom.is_own() || !field.sign_in));
    field.ok_or(HttpError::NotFound)
}

/// `GET /me/fields/{name}/edit`.
pub async fn edit_form(
    State(app): State<App>,
    whom: ForWhom,
    Path(FieldPath { name }): Path<FieldPath>,
) -> Result<Response, HttpError> {
    let (effective, behalf) = (app.policy()?, whom.whole()?);
    let field = find_field(&effective, &whom, &name)?;
    let value = my_data::find(&app, behalf, field).await?;
    show_edit(&app, &whom, field, value.as_ref().map_or("", |value| value.reveal()), None).await
}

/// `POST /me/fields/{name}/edit`.
pub async fn edit(
    State(app): State<App>,
    whom: ForWhom,
    Path(FieldPath { name }): Path<FieldPath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = whom.whole()?;
    whom.visitor.check_form(posted.text("form_token"))?;
    let (effective, words) = (app.policy()?, Words::of(whom.visitor.language));
    let field = find_field(&effective, &whom, &name)?;
    let error = match my_data::edit(&app, behalf, &name, &posted.personal(&name)).await {
        Ok(None) => return Ok(Redirect::to(&format!("{}?done=saved", whom.base)).into_response()),
        Ok(Some(fault)) => show::fault(words, field.kind, fault),
        Err(ActionError::Refused(reason)) if born::is_date(field) => {
            let contact = effective.policy.operator().contact.as_str();
            show::born_fault(words, reason, contact).ok_or(ActionError::Refused(reason))?
        }
        Err(error) => return Err(error.into()),
    };
    show_edit(&app, &whom, field, posted.text(&name), Some(error)).await
}

async fn show_edit(
    app: &App,
    whom: &ForWhom,
    field: &Field,
    value: &str,
    error: Option<String>,
) -> Result<Response, HttpError> {
    let (effective, language) = (app.policy()?, whom.visitor.language);
    let compartment = crate::actions::tag_of(&effective.policy, field.compartment)?;
    let row = app.store.find_person(whom.behalf.whose, compartment).await.map_err(ActionError::from)?;
    let services =
        row.as_ref().map(|row| my_data::seen_by(&effective, &row.standing, field.id, app.now())).unwrap_or_default();
    let page = EditField {
        input: Input { error, ..Input::of(&effective.policy, field, language, value) },
        seen_by: services.iter().map(|service| service.label.get(language).to_owned()).collect(),
    };
    Ok(whom.page(page.render(&whom.chrome(app).await?)))
}

/// `POST /me/fields/{name}/remove`.
pub async fn remove(
    State(app): State<App>,
    whom: ForWhom,
    Path(FieldPath { name }): Path<FieldPath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = whom.whole()?;
    whom.visitor.check_form(posted.text("form_token"))?;
    my_data::remove(&app, behalf, &name).await?;
    Ok(Redirect::to(&format!("{}?done=removed", whom.base)).into_response())
}

/// The name of a compartment.
#[derive(Deserialize)]
pub struct KeptPath {
    compartment: String,
}

/// `POST /me/kept/{compartment}/remove`.
pub async fn remove_all(
    State(app): State<App>,
    whom: ForWhom,
    Path(KeptPath { compartment }): Path<KeptPath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let behalf = whom.whole()?;
    whom.visitor.check_form(posted.text("form_token"))?;
    my_data::remove_all(&app, behalf, &compartment).await?;
    Ok(Redirect::to(&format!("{}?done=removed", whom.base)).into_response())
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
    let is_first = credentials::find_address(&app, &query.token).await?;
    let page = ConfirmEmail { is_first, carry: vec![("token".to_owned(), query.token)] };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /me/email/confirm`. Whoever holds the letter holds the address.
pub async fn email_confirm(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let to = match credentials::set_address(&app, posted.text("token"), visitor.language).await? {
        // Whoever comes in for the first time goes on to their password.
        Some(token) => format!("/reset/form?token={token}"),
        None => "/me?done=email".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
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
    whom: ForWhom,
    Query(query): Query<ActivityQuery>,
) -> Result<Response, HttpError> {
    let (effective, behalf, language) = (app.policy()?, whom.whole()?, whom.visitor.language);
    let policy = &effective.policy;
    let acts = activity::list(&app, behalf.whose, Below::parse(&query.after), ACTS_ON_PAGE).await?;
    let is_shown =
        |act: &&ActRow| query.service.is_empty() || act.payload.service.as_deref() == Some(query.service.as_str());
    let all = Activity::every_service(language, query.service.is_empty());
    let services = policy.services().iter().map(|service| Choice {
        value: service.name.clone(),
        label: service.label.get(language).to_owned(),
        chosen: query.service == service.name,
    });
    let base = &whom.base;
    let page = Activity {
        unreadable: acts.unreadable.iter().map(|entry| unreadable(policy, entry, language)).collect(),
        events: acts.rows.iter().filter(is_shown).filter_map(|act| event(policy, act, &whom.visitor, base)).collect(),
        filter: std::iter::once(all).chain(services).collect(),
        next_path: acts.next.map(|below| format!("{base}/activity?service={}&after={below}", query.service)),
    };
    Ok(whom.page(page.render(&whom.chrome(&app).await?)))
}

fn unreadable(policy: &Policy, entry: &activity::Unreadable, language: kepil_policy::Language) -> Unreadable {
    let when = |unix_ms| When::moment(Moment { unix_ms, day: Day::default() }, policy.time_zone(), language);
    let known = policy.compartments().iter().find(|each| each.name == entry.compartment);
    let ledger = known.map_or(entry.compartment.as_str(), |each| each.label.get(language)).to_owned();
    Unreadable { ledger, position: entry.position, when: entry.at_ms.map(when) }
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
    let moment = |unix_ms| When::moment(Moment { unix_ms, day: Day::default() }, policy.time_zone(), language);
    Some(Event {
        stated: payload.reason.as_deref().map(|reason| stated(reason, language)),
        act: Act::parse(&payload.act)?,
        about: (!is_by_service && !is_by_staff && !label.is_empty()).then_some(label),
        duty: granted.or(duty.filter(|_| !is_by_staff)),
        // What proves a person is for their own eyes.
        fields: payload
            .fields
            .iter()
            .map(|name| field_label(name))
            .chain(payload.proof.iter().filter(|_| base == OWN).filter_map(|word| means_in_words(word, language)))
            .collect(),
        purpose: row.map(|row| row.label.get(language).to_owned()).or(purpose.map(str::to_owned)),
        settings: payload.settings.iter().filter_map(|line| setting_in_words(policy, line, language)).collect(),
        refused,
        when: moment(payload.at_ms),
        // In the activity of a ward: for whom they acted is no page of the reader's.
        whom_path: payload.whom.as_deref().filter(|_| base == OWN).map(representing::path_of),
        receipt_path: act.listed_ms.is_none().then(|| format!("{base}/activity/{}/{}", act.compartment, act.event)),
        listed: act.listed_ms.map(moment),
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

/// Where an entry is.
#[derive(Deserialize)]
pub struct EventPath {
    compartment: String,
    event: String,
}

/// `GET /me/activity/{compartment}/{event}`: the receipt of one act, as a file.
pub async fn receipt(
    State(app): State<App>,
    whom: ForWhom,
    Path(EventPath { compartment, event }): Path<EventPath>,
) -> Result<Response, HttpError> {
    let (behalf, event) = (whom.whole()?, EventId::parse(&event).ok_or(HttpError::NotFound)?);
    match activity::receipt(&app, behalf.whose, &compartment, event).await?.ok_or(HttpError::NotFound)? {
        Proof::Receipt(receipt) => Ok(as_file(receipt, &format!("receipt-{event}.json"))),
        Proof::NotYet => Err(HttpError::NotYet),
    }
}

/// A file to take away.
pub(super) fn as_file(content: impl Serialize, name: &str) -> Response {
    let mut answer = unkept(Json(content));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    answer
}
