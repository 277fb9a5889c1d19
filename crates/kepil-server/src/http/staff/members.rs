//! Staff and duties: who has what, granting, confirming, ending, training, joining and leaving. Clauses 5.2b to 5.2f.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    Day, Personal,
    standing::{DutyFault, DutyRow},
};
use kepil_policy::Language;
use kepil_store::OsEntropy;

use super::{nav, own_desk, seat, strong_desk};
use crate::{
    App,
    actions::{
        ActionError,
        staff::{
            duties::{self, DutyOf, NewDuty, REASON_LETTERS_MAX},
            link,
            members::{self, Listed, Member},
        },
    },
    http::{people::show::identifier_label, posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{Choice, DutyState, MemberDuty, MemberRow, StaffMembers, When, Words},
};

/// How far the last day lies that a form proposes. Unit: days.
const PROPOSED_DAYS: u32 = 30;

/// `GET /staff/members`.
pub async fn list(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    strong_desk(&app, &visitor).await?;
    render(&app, &visitor, None, None).await
}

/// `POST /staff/members/grant`.
pub async fn grant(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    strong_desk(&app, &visitor).await?;
    let until = posted.text("until").parse().ok().and_then(Day::of);
    let new = NewDuty {
        member: posted.text("member").to_owned(),
        duty: posted.text("duty").to_owned(),
        until: until.unwrap_or_default(),
        deputy_for: posted.text("deputy_for").to_owned(),
        reason: posted.text("reason").trim().to_owned(),
    };
    let done = duties::grant(&app, seat, &new).await;
    answer(&app, &visitor, done).await
}

/// `POST /staff/members/duty`: confirms or ends a duty.
pub async fn duty(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    strong_desk(&app, &visitor).await?;
    let of = DutyOf {
        member: posted.text("member").to_owned(),
        duty: posted.text("duty").to_owned(),
        deputy_for: posted.text("deputy_for").to_owned(),
        reason: String::new(),
    };
    let done = match posted.text("act") {
        "confirm" => duties::confirm(&app, seat, &of).await,
        "end" => duties::end(&app, seat, &of).await,
        _ => Err(ActionError::Input("act")),
    };
    answer(&app, &visitor, done).await
}

/// `POST /staff/members/train`.
pub async fn train(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    strong_desk(&app, &visitor).await?;
    let done = duties::train(&app, seat, posted.text("member")).await;
    answer(&app, &visitor, done).await
}

/// `POST /staff/members/depart`.
pub async fn depart(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    own_desk(&app, &visitor).await?;
    let done = duties::depart(&app, seat, posted.text("member")).await;
    // Whoever left finds no console any more.
    if done.is_ok() && own_desk(&app, &visitor).await.is_err() {
        return Ok(Redirect::to("/me?done=recorded").into_response());
    }
    answer(&app, &visitor, done).await
}

/// `POST /staff/members/invite`: a link for somebody to join; it brings no duty.
pub async fn invite(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let desk = strong_desk(&app, &visitor).await?;
    desk.with_power(&app, kepil_policy::Power::Staff)?;
    let (policy, now_s) = (&desk.effective.policy, app.now().unix_s());
    let name: Personal<String> = posted.personal("name");
    let made = link::invite(app.store.system(), policy, &name, (Vec::new(), false), now_s, &mut OsEntropy).await;
    match made {
        Ok(token) => {
            let link = format!("{}/staff/join?token={}", app.config.issuer, token.as_str());
            render(&app, &visitor, Some(link), None).await
        }
        Err(ActionError::Input(_)) => {
            let fault = Words::of(visitor.language).say("fault-email", &[]);
            render(&app, &visitor, None, Some(fault)).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Back to the page, or the page with what was wrong.
async fn answer(app: &App, visitor: &Visitor, done: Result<(), ActionError>) -> Result<Response, HttpError> {
    let key = match done {
        // Whoever has no more power sees their own page.
        Ok(()) if own_desk(app, visitor).await?.with_power(app, kepil_policy::Power::Staff).is_err() => {
            return Ok(Redirect::to("/staff?done=recorded").into_response());
        }
        Ok(()) => return Ok(Redirect::to("/staff/members?done=recorded").into_response()),
        Err(ActionError::Duty(fault)) => fault_key(fault),
        Err(ActionError::Refused(kepil_domain::gate::Refusal::NoReason)) => "reason-missing",
        Err(error) => return Err(error.into()),
    };
    let fault = Words::of(visitor.language).say(key, &[]);
    let mut page = render(app, visitor, None, Some(fault)).await?;
    *page.status_mut() = axum::http::StatusCode::CONFLICT;
    Ok(page)
}

fn fault_key(fault: DutyFault) -> &'static str {
    match fault {
        DutyFault::OwnDuty => "duty-fault-own",
        DutyFault::LastDay => "duty-fault-day",
        DutyFault::NotThere => "duty-fault-absent",
        DutyFault::AlreadyThere => "duty-fault-there",
        DutyFault::NotOfStaff => "duty-fault-left",
    }
}

async fn render(
    app: &App,
    visitor: &Visitor,
    link: Option<String>,
    fault: Option<String>,
) -> Result<Response, HttpError> {
    let listed = members::list_named(app, seat(visitor)?).await?;
    let (policy, language, today) = (&listed.desk.effective.policy, visitor.language, app.now().day);
    let rules = policy.staff().ok_or(HttpError::NotFound)?;
    let grants = |member: &&(Member, Option<Personal<String>>)| member.0.grants(&listed.desk.effective);
    let is_alone = rules.one_officer && listed.members.iter().filter(grants).count() < 2;
    let day = |days: u32| Day(today.0.saturating_add(days)).date().map(|date| date.to_string()).unwrap_or_default();
    let choice = |member: &(Member, Option<Personal<String>>)| Choice {
        value: member.0.id.clone(),
        label: called(member, language),
        chosen: false,
    };
    let nobody = Choice { value: String::new(), label: Words::of(language).say("duty-nobody", &[]), chosen: true };
    let duties = policy.duties().iter().map(|duty| Choice {
        value: duty.name.clone(),
        label: duty.label.get(language).to_owned(),
        chosen: false,
    });
    let page = StaffMembers {
        rows: listed.members.iter().map(|member| row(&listed, member, (language, today), is_alone)).collect(),
        members: listed.members.iter().map(choice).collect(),
        principals: std::iter::once(nobody).chain(listed.members.iter().map(choice)).collect(),
        duties: duties.collect(),
        until: (day(PROPOSED_DAYS.min(rules.longest.days)), day(rules.longest.days)),
        name_label: identifier_label(policy, language),
        link,
        fault,
        is_alone,
        reason_letters_max: REASON_LETTERS_MAX,
        nav: nav(&listed.desk),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

fn called((_, name): &(Member, Option<Personal<String>>), language: Language) -> String {
    let unnamed = || Words::of(language).say("staff-unnamed", &[]);
    name.as_ref().map_or_else(unnamed, |name| name.reveal().clone())
}

fn row(
    listed: &Listed,
    named: &(Member, Option<Personal<String>>),
    (language, today): (Language, Day),
    is_alone: bool,
) -> MemberRow {
    let member = &named.0;
    let policy = &listed.desk.effective.policy;
    let is_own = member.locator == listed.desk.seat.locator;
    let facts =
        policy.staff().map(|rules| member.row.facts(rules, today, kepil_domain::standing::Circumstance::default()));
    let is_trained = facts.is_some_and(|facts| facts.is_trained);
    let duties = member.row.duties.iter().filter_map(|row| duty_row(listed, member, row, (language, today)));
    MemberRow {
        id: member.id.clone(),
        name: named.1.as_ref().map(|name| name.reveal().clone()),
        is_own,
        since: When::day(member.row.since, language),
        has_signed: facts.is_some_and(|facts| facts.has_signed),
        trained: member.row.trained.filter(|_| is_trained).map(|on| When::day(on, language)),
        can_train: !is_own || is_alone,
        duties: duties.collect(),
    }
}

fn duty_row(listed: &Listed, member: &Member, row: &DutyRow, (language, today): (Language, Day)) -> Option<MemberDuty> {
    let policy = &listed.desk.effective.policy;
    let (rules, duty) = (policy.staff()?, policy.duty_tagged(row.duty)?);
    let own = listed.desk.seat.locator;
    let whom = row.deputy_for.and_then(|whom| listed.members.iter().find(|(other, _)| other.locator == whom));
    let is_live = member.held.iter().any(|held| held.duty == duty.id && held.deputy_for == row.deputy_for);
    let is_alone = row.is_own_word(member.locator);
    let needs_second = row.confirmed_by.is_none() || is_alone;
    let is_waiting = row.confirmed_by.is_none() || (is_alone && !rules.one_officer);
    let state = match (row.is_over(today), is_waiting, is_live) {
        (false, true, _) => DutyState::Waiting,
        (true, _, _) | (_, _, false) => DutyState::Over,
        _ if is_alone => DutyState::Alone,
        _ => DutyState::Held,
    };
    let is_by_other = member.locator != own && row.granted_by != Some(own);
    Some(MemberDuty {
        name: duty.name.clone(),
        label: duty.label.get(language).to_owned(),
        until: row.until.map(|until| When::day(until, language)),
        deputy_for: whom.map(|named| (named.0.id.clone(), called(named, language))),
        state,
        can_confirm: needs_second && is_by_other && !row.is_over(today),
    })
}
