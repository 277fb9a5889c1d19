//! A service asks a person for what is given on request only, and how far that is. Clauses 2.1.1c, 2.1¶C2, 3.4g.
//!
//! An inquiry is a ticket: the service holds its token, the person finds it by being its owner. About somebody whom the
//! vault does not know, who left, or who blocked everything, the service gets the same answer, and the same is written.

use std::sync::Arc;

use kepil_domain::{
    Locator, Personal, Sub,
    gate::{Agreement, Refusal},
};
use kepil_policy::{Effective, FormPlace, Service, ServiceId, Use};
use kepil_store::{NewTicket, StoreError, TicketKind};
use serde::{Deserialize, Serialize};

use super::{
    ActionError,
    behalf::{home_row, standings},
    budget::{self, Person},
};
use crate::{App, oidc::grant::to_content, throttle::Limit};

/// How long an inquiry waits, and how long its answer can be asked for. Unit: seconds.
const WAITS_S: i64 = 30 * 86_400;
/// Inquiries of one service about one person: nobody is worn down.
const INQUIRIES: Limit = Limit { tries: 5, window_s: 86_400 };
/// Letters of an agreement's name. Unit: characters.
const AGREEMENT_MAX: usize = 64;

/// How far an inquiry is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The person has not answered.
    Pending,
    /// The person gave what was asked for: it can be read for its purpose.
    Given,
    /// The person refused. Asking the same again does not ask them again.
    Refused,
    /// Unknown, or its time is over.
    Ended,
}

/// What a service asks a person for.
#[derive(Clone, Deserialize, Serialize)]
pub struct Inquiry {
    /// Name of the service.
    pub service: String,
    /// Name of the purpose within the service.
    pub purpose: String,
    /// Names of the fields.
    pub fields: Vec<String>,
    /// What the service calls the agreement for which it needs them.
    pub agreement: String,
    /// When. Unit: Unix seconds.
    pub asked_s: i64,
    /// How far it is.
    pub answer: Answer,
    /// When an answer was begun that is not written yet. Unit: Unix seconds; 0 for never.
    #[serde(default)]
    pub begun_s: i64,
}

/// What a service wants to ask.
pub struct Wish {
    /// The service's id for the person.
    pub sub: Sub,
    /// Name of the purpose within the service.
    pub purpose: String,
    /// Names of the fields.
    pub fields: Vec<String>,
    /// What the service calls the agreement for which it needs them.
    pub agreement: String,
}

/// An inquiry that is kept.
pub struct Inquired {
    /// The token by which the service asks how far it is.
    pub token: String,
    /// Where the person answers: the path of a page.
    pub path: String,
    /// How far it is.
    pub answer: Answer,
}

/// Keeps the inquiry of a service. The same asked twice is one inquiry.
///
/// # Errors
/// [`ActionError::Refused`] for a purpose that the service does not have, a field that it does not give on request, or one
/// that somebody of this kind does not have;
/// [`ActionError::Input`] without the name of an agreement; [`ActionError::Busy`] after too many about one person,
/// [`ActionError::OverBudget`] about too many.
pub async fn inquire(
    app: &App,
    edition: &Arc<Effective>,
    service: ServiceId,
    wish: Wish,
) -> Result<Inquired, ActionError> {
    let policy = &edition.policy;
    let service = policy.service(service).ok_or(ActionError::Input("service"))?;
    let row = policy.find_use(service, &wish.purpose).ok_or(ActionError::Refused(Refusal::UnknownPurpose))?;
    let agreement = wish.agreement.trim().to_owned();
    let is_named = !agreement.is_empty() && agreement.chars().count() <= AGREEMENT_MAX;
    // One line, read from left to right: nothing that turns what stands around it.
    let is_plain = |c: char| c == ' ' || c.is_alphanumeric() || c.is_ascii_punctuation() || "№–«»".contains(c);
    if !is_named || !agreement.chars().all(is_plain) {
        return Err(ActionError::Input("agreement_id"));
    }
    let fields = fields(edition, row, wish.fields)?;
    let who = format!("{} {}", service.name, wish.sub.as_str());
    app.try_in(&app.throttle.services, "inquiries", &Personal::new(who.clone()), INQUIRIES)?;
    let owner = app.store.keys().sector(&service.name).locator(&wish.sub);
    let person = Person { locator: owner, called: wish.sub.as_str().to_owned() };
    let whom = person.whom(app);
    budget::check_service(app, edition, (service, Some(row)), &[person]).await?;
    check_kind(app, (service, row), whom).await?;
    let (now_s, kind) = (app.now().unix_s(), TicketKind::Inquiry);
    let typed = format!("{who} {} {} {agreement}", row.purpose, fields.join(","));
    let (service, purpose) = (service.name.clone(), row.purpose.clone());
    let inquiry = Inquiry { service, purpose, fields, agreement, asked_s: now_s, answer: Answer::Pending, begun_s: 0 };
    let content = to_content(&inquiry).map_err(|error| ActionError::Broken(error.to_string()))?;
    let ticket = NewTicket { kind, owner, family: None, until_s: now_s + WAITS_S, content };
    match app.store.add_typed_ticket(&typed, ticket).await {
        Ok(()) | Err(StoreError::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    let token = app.store.typed_token(kind, &typed);
    let found = app.store.find_ticket(kind, &token, now_s).await?.ok_or(ActionError::Expired)?;
    let kept: Inquiry = serde_json::from_slice(&found.content).map_err(|_| ActionError::Expired)?;
    Ok(Inquired { token, path: path(&found.id), answer: kept.answer })
}

/// Whether the purpose is about somebody like `owner`: a legal entity has no field of a person's, so nobody could answer. Of
/// whoever uses the service it knows that anyway; about all others it is told the same as about nobody.
async fn check_kind(app: &App, (service, row): (&Service, &Use), owner: Locator) -> Result<(), ActionError> {
    let home = home_row(app, owner).await?;
    if home.is_none() {
        // Of nobody there is no row to look for: as many looks as at somebody known.
        home_row(app, owner).await?;
    }
    if home.is_none_or(|home| home.standing.kind == row.subject) {
        return Ok(());
    }
    let is_live = |all: &kepil_domain::standing::Standing| matches!(all.agreement(service.tag), Agreement::Live { .. });
    let is_known = standings(app, owner).await?.iter().any(is_live);
    if is_known { Err(ActionError::Refused(Refusal::OutsidePurpose)) } else { Ok(()) }
}

/// The page on which the person answers the inquiry kept under `id`.
#[must_use]
pub fn path(id: &[u8; 32]) -> String {
    format!("/me{}", path_within(id))
}

/// The same below the pages of whoever answers.
#[must_use]
pub fn path_within(id: &[u8; 32]) -> String {
    format!("/inquiries/{}", kepil_domain::hex(id))
}

/// Names of the fields that may be asked for so: those of the use that are given on request, in the policy's order.
fn fields(edition: &Effective, row: &Use, names: Vec<String>) -> Result<Vec<String>, ActionError> {
    let policy = &edition.policy;
    let on_request = |name: &String| {
        let field = policy.find_field(name).filter(|field| row.by_claim.contains(field.id));
        field.filter(|field| field.form == FormPlace::Request && row.is_on_request())
    };
    let found: Option<Vec<_>> = names.iter().map(on_request).collect();
    let mut found = found.filter(|found| !found.is_empty()).ok_or(ActionError::Refused(Refusal::OutsidePurpose))?;
    found.sort_by_key(|field| field.id);
    found.dedup_by_key(|field| field.id);
    Ok(found.into_iter().map(|field| field.name.clone()).collect())
}

/// How far the inquiry is that `service` holds the `token` of.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn find(app: &App, edition: &Effective, service: ServiceId, token: &str) -> Result<Answer, ActionError> {
    let found = app.store.find_ticket(TicketKind::Inquiry, token, app.now().unix_s()).await?;
    let inquiry = found.and_then(|ticket| serde_json::from_slice::<Inquiry>(&ticket.content).ok());
    let name = edition.policy.service(service).map(|service| service.name.as_str());
    let own = inquiry.filter(|inquiry| Some(inquiry.service.as_str()) == name);
    Ok(own.map_or(Answer::Ended, |inquiry| inquiry.answer))
}
