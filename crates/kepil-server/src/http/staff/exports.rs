//! Permits to take many people's data at once: asking, confirming, ending. Clause 3.4g.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{Day, gate::Refusal, standing::DutyFault};
use kepil_policy::{Power, ServiceKind, Verb};

use super::{nav, seat, strong_desk};
use crate::{
    App,
    actions::{
        ActionError,
        staff::{
            Desk,
            duties::REASON_LETTERS_MAX,
            exports::{self, Kept, NewPermit},
        },
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{Choice, PermitRow, StaffExports, When, Words},
};

/// How far the last day lies that the form proposes. Unit: days.
const PROPOSED_DAYS: u32 = 7;

/// `GET /staff/exports`.
pub async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let desk = strong_desk(&app, &visitor).await?;
    desk.with_power(&app, Power::Export)?;
    render(&app, &visitor, &desk, None).await
}

/// `POST /staff/exports/ask`.
pub async fn ask(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    strong_desk(&app, &visitor).await?;
    let (service, purpose) = posted.text("purpose").split_once('/').unwrap_or_default();
    let new = NewPermit {
        service: service.to_owned(),
        purpose: purpose.to_owned(),
        fields: posted.list("field"),
        recipient: posted.text("recipient").to_owned(),
        people: posted.text("people").trim().parse().unwrap_or_default(),
        until: posted.text("until").parse().ok().and_then(Day::of).unwrap_or_default(),
        reason: posted.text("reason").trim().to_owned(),
    };
    let done = exports::ask(&app, seat, new).await;
    answer(&app, &visitor, done).await
}

/// `POST /staff/exports/act`: confirms or ends a permit.
pub async fn act(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    strong_desk(&app, &visitor).await?;
    let permit = posted.text("permit");
    let done = match posted.text("act") {
        "confirm" => exports::confirm(&app, seat, permit).await,
        "end" => exports::end(&app, seat, permit).await,
        _ => Err(ActionError::Input("act")),
    };
    answer(&app, &visitor, done).await
}

/// Back to the page, or the page with what was wrong.
async fn answer(app: &App, visitor: &Visitor, done: Result<(), ActionError>) -> Result<Response, HttpError> {
    let key = match done {
        Ok(()) => return Ok(Redirect::to("/staff/exports?done=recorded").into_response()),
        Err(ActionError::Refused(Refusal::NoReason)) => "reason-missing",
        Err(ActionError::Input("fields" | "people")) => "export-fault",
        Err(ActionError::Duty(DutyFault::OwnDuty)) => "duty-fault-own",
        Err(ActionError::Duty(DutyFault::LastDay)) => "duty-fault-day",
        Err(ActionError::Duty(_)) => "duty-fault-absent",
        Err(error) => return Err(error.into()),
    };
    let desk = strong_desk(app, visitor).await?;
    let mut page = render(app, visitor, &desk, Some(Words::of(visitor.language).say(key, &[]))).await?;
    *page.status_mut() = axum::http::StatusCode::CONFLICT;
    Ok(page)
}

async fn render(app: &App, visitor: &Visitor, desk: &Desk, fault: Option<String>) -> Result<Response, HttpError> {
    let (policy, language, today) = (&desk.effective.policy, visitor.language, app.now().day);
    let longest = policy.staff().ok_or(HttpError::NotFound)?.longest.days;
    let day = |days: u32| Day(today.0.saturating_add(days)).date().map(|date| date.to_string()).unwrap_or_default();
    let choice = |value: String, label: String| Choice { value, label, chosen: false };
    let services = policy.services().iter().filter(|service| service.kind != ServiceKind::Account);
    let uses = services.flat_map(|service| policy.all_uses_of(service).map(move |row| (service, row)));
    let uses: Vec<_> =
        uses.filter(|(_, row)| row.verbs.contains(Verb::Extract) || row.verbs.contains(Verb::Transfer)).collect();
    let purposes = uses.iter().map(|(service, row)| {
        let label = format!("{}: {}", service.label.get(language), row.label.get(language));
        choice(format!("{}/{}", service.name, row.purpose), label)
    });
    let fields = policy.fields().iter().filter(|field| uses.iter().any(|(_, row)| row.fields.contains(field.id)));
    let own = Words::of(language).say("export-own", &[]);
    let recipients =
        policy.recipients().iter().map(|(name, label)| choice(name.clone(), label.get(language).to_owned()));
    let kept = exports::list(app).await?;
    let page = StaffExports {
        rows: kept.iter().map(|kept| row(desk, kept, visitor)).collect(),
        purposes: purposes.collect(),
        fields: fields.map(|field| choice(field.name.clone(), field.label.get(language).to_owned())).collect(),
        recipients: std::iter::once(choice(String::new(), own)).chain(recipients).collect(),
        until: (day(PROPOSED_DAYS.min(longest)), day(longest)),
        fault,
        reason_letters_max: REASON_LETTERS_MAX,
        nav: nav(desk),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

fn row(desk: &Desk, kept: &Kept, visitor: &Visitor) -> PermitRow {
    let (policy, language, permit) = (&desk.effective.policy, visitor.language, &kept.permit);
    let service = policy.find_service(&permit.service);
    let purpose = service.and_then(|service| policy.find_use(service, &permit.purpose));
    let named =
        |text: Option<&kepil_policy::Texts>, name: &str| text.map_or(name, |text| text.get(language)).to_owned();
    let recipient = policy.recipients().iter().find(|(name, _)| *name == permit.recipient);
    let to = match recipient {
        Some((_, label)) => label.get(language).to_owned(),
        None => Words::of(language).say("export-own", &[]),
    };
    let fields = permit.fields.iter().map(|name| named(policy.find_field(name).map(|field| &field.label), name));
    PermitRow {
        id: kept.id.clone(),
        purpose: format!(
            "{}: {}",
            named(service.map(|service| &service.label), &permit.service),
            named(purpose.map(|row| &row.label), &permit.purpose)
        ),
        fields: fields.collect(),
        recipient: to,
        people: (permit.taken, permit.people),
        until: When::day(Day(permit.until), language),
        reason: permit.reason.clone(),
        is_confirmed: permit.is_confirmed(),
        can_confirm: !permit.is_confirmed() && !permit.is_of(desk.seat.locator),
    }
}
