//! Somebody of the staff looks a person up by the exact name by which they sign in, for a stated reason; then opens single
//! values, each a read of its own. Clauses 3.4g, 3.5c, 5.2b, 5.2c.
//!
//! The person's ledger tells under which duty and why; the officer's own tells that they looked, and by which entry, but not
//! the reason: it is about the person, and goes when the person goes.

use std::sync::Arc;

use kepil_domain::{
    EventId, Locator, Personal,
    gate::{Actor, ActorFacts, Ask, Ground, Reach, Refusal, decide, on_duty},
    ledger::Act,
    standing::Standing,
};
use kepil_policy::{Duty, Effective, FieldId, FieldSet, Verb};
use kepil_store::{Acting, Question, TicketKind};
use serde::{Deserialize, Serialize};

use super::{Desk, Seat, StaffAct, amend, at_desk, duties::check_reason};
use crate::{
    App,
    actions::{
        ActionError, Answered, ask_as_and_open,
        budget::{self, Person, Spender},
        factors::{self, broken, spelled},
        sign_in, tag_of,
    },
    oidc::grant::to_content,
    throttle::{self, Limit},
};

/// Look-ups by one of the staff.
const LOOK_UPS: Limit = Limit { tries: 60, window_s: 3600 };

/// Whom somebody of the staff looks at, and why.
#[derive(Deserialize, Serialize)]
struct Case {
    officer: [u8; 16],
    person: [u8; 16],
    duty: u32,
    reason: String,
}

/// What came of a look-up.
pub struct Found {
    /// Stands for the person in the next step; empty when nobody is shown.
    pub case: String,
    /// Name of the duty.
    pub duty: String,
    /// Why.
    pub reason: String,
    /// What the duty may see, and what not.
    pub fields: Vec<Seen>,
    /// Why nothing is shown.
    pub refused: Option<Refusal>,
}

/// One field of the person.
pub struct Seen {
    /// Which.
    pub field: FieldId,
    /// What is shown of it.
    pub shown: Shown,
}

/// What is shown of a field.
pub enum Shown {
    /// Not this, and why.
    Withheld(Refusal),
    /// There is no value.
    Absent,
    /// There is one, not opened yet.
    Masked,
    /// The value, opened for this answer.
    Open(Personal<String>),
}

/// Looks up who signs in by `name`. An unknown name costs, and is recorded, like a known one.
///
/// # Errors
/// [`ActionError::Refused`] when the duty cannot be used now or no reason is stated; [`ActionError::Busy`] after too many,
/// [`ActionError::OverBudget`] after too many different people.
pub async fn look_up(
    app: &App,
    seat: Seat,
    duty: &str,
    name: &Personal<String>,
    reason: &str,
) -> Result<Found, ActionError> {
    let desk = at_desk(app, seat).await?;
    let duty = find_duty(&desk, |each| each.name == duty)?.clone();
    ready(app, &desk, &duty, reason).await?;
    app.try_once("look-ups", &Personal::new(spelled(seat.locator)), LOOK_UPS)?;
    let called = kepil_domain::hex(&throttle::key(app.store.keys(), "look-ups", name));
    let effective = Arc::clone(&desk.effective);
    let person = sign_in::find_person(app, &effective.policy, name).await?;
    let whom = Person { locator: person, called };
    let answered = ask(app, seat, &duty, (whom, FieldSet::EMPTY), reason).await?;
    let case = match (person, answered.refused.whole()) {
        (Some(person), None) => {
            let case = Case { officer: seat.locator.0, person: person.0, duty: duty.tag.0, reason: reason.to_owned() };
            let content = to_content(&case).map_err(broken)?;
            factors::keep(app, TicketKind::Case, Some(seat.locator), content).await?
        }
        _ => String::new(),
    };
    show(app, &effective, &duty, (person, case, reason.to_owned()), answered).await
}

/// Opens one field of the person for whom `case` stands.
///
/// # Errors
/// [`ActionError::Expired`] for a case that is over or somebody else's; [`ActionError::Refused`] when the duty cannot be used
/// any more.
pub async fn reveal(app: &App, seat: Seat, case: &str, field: &str) -> Result<Found, ActionError> {
    let ticket = app.store.find_ticket(TicketKind::Case, case, app.now().unix_s()).await?;
    let known: Option<Case> = ticket.and_then(|ticket| serde_json::from_slice(&ticket.content).ok());
    let known = known.filter(|known| known.officer == seat.locator.0).ok_or(ActionError::Expired)?;
    let desk = at_desk(app, seat).await?;
    let duty = find_duty(&desk, |each| each.tag.0 == known.duty)?.clone();
    ready(app, &desk, &duty, &known.reason).await?;
    let effective = Arc::clone(&desk.effective);
    let field = effective.policy.find_field(field).ok_or(ActionError::Input("field"))?;
    let person = Some(Locator(known.person));
    let whom = Person { locator: person, called: String::new() };
    let answered = ask(app, seat, &duty, (whom, FieldSet::from_iter([field.id])), &known.reason).await?;
    show(app, &effective, &duty, (person, case.to_owned(), known.reason), answered).await
}

fn find_duty(desk: &Desk, is: impl Fn(&Duty) -> bool) -> Result<&Duty, ActionError> {
    let looks = |duty: &&Duty| duty.powers.contains(&kepil_policy::Power::People) && is(duty);
    desk.effective.policy.duties().iter().find(looks).ok_or(ActionError::Refused(Refusal::NoDuty))
}

/// That the duty can be used now; where it cannot, the try is recorded with whoever tried, and nobody else is touched.
async fn ready(app: &App, desk: &Desk, duty: &Duty, reason: &str) -> Result<(), ActionError> {
    let has_reason = check_reason(reason).is_ok();
    match on_duty(duty.id, desk.facts(app, Some(duty.id), has_reason)?) {
        Ok(()) => Ok(()),
        Err(refusal) => {
            note(app, desk, duty, None, Some(refusal)).await?;
            Err(ActionError::Refused(refusal))
        }
    }
}

/// Records with the officer that they looked.
async fn note(
    app: &App,
    desk: &Desk,
    duty: &Duty,
    entry: Option<EventId>,
    refused: Option<Refusal>,
) -> Result<(), ActionError> {
    amend(app, &desk.effective, desk.seat.locator, |_| {
        let documents = entry.iter().map(|event| format!("entry {event}")).collect();
        let act = StaffAct { documents, ..StaffAct::about(Act::LookUp, duty, "") };
        let mut new = act.recorded(app, &desk.effective)?;
        new.payload.refused = refused.map(|refusal| refusal.word().into());
        Ok(vec![new])
    })
    .await
}

/// The read itself: first it is recorded with the officer, then decided on facts read anew. Over the budget of the duty it is
/// recorded and refused, whomever it is about.
async fn ask(
    app: &App,
    seat: Seat,
    duty: &Duty,
    (whom, fields): (Person, FieldSet),
    reason: &str,
) -> Result<Answered, ActionError> {
    let event = App::new_event()?;
    let desk = at_desk(app, seat).await?;
    let person = whom.locator;
    let over = budget::spend(app, &Spender::Staff(duty, seat.locator), &[whom]).await?;
    note(app, &desk, duty, Some(event), over.map(|_| Refusal::OverBudget)).await?;
    let desk = at_desk(app, seat).await?;
    let policy = &desk.effective.policy;
    let served = duty.serves.and_then(|at| policy.use_at(at)).ok_or(ActionError::NoPolicy)?;
    let ask = Ask {
        event,
        actor: Actor::Officer,
        ground: Ground::Duty(duty.id),
        verb: Verb::Extract,
        fields,
        moment: app.now(),
    };
    let reach = if over.is_some() { Reach::Spent } else { Reach::Within };
    let acting = Acting { reach, ..desk.acting(app, duty.id, reason)? };
    let question = Question {
        policy: Arc::clone(&desk.effective),
        ask,
        acting,
        locator: person,
        compartment: tag_of(policy, served.compartment)?,
    };
    let answered = ask_as_and_open(app, question).await?;
    over.map_or(Ok(answered), |wait_s| Err(ActionError::OverBudget { wait_s }))
}

/// Every field that is held where the duty looks: what is opened, what could be, and what is withheld and why.
async fn show(
    app: &App,
    effective: &Effective,
    duty: &Duty,
    (person, case, reason): (Option<Locator>, String, String),
    answered: Answered,
) -> Result<Found, ActionError> {
    let policy = &effective.policy;
    let refused = answered.refused.whole();
    let mut found = Found { case, duty: duty.name.clone(), reason, fields: Vec::new(), refused };
    let (Some(person), None) = (person, refused) else { return Ok(found) };
    let served = duty.serves.and_then(|at| policy.use_at(at)).ok_or(ActionError::NoPolicy)?;
    let row = app.store.find_person(person, tag_of(policy, served.compartment)?).await?;
    let Some(row) = row else { return Ok(found) };
    let mut opened = answered.opened.map(|opened| opened.fields).unwrap_or_default();
    let here = policy.fields().iter().filter(|field| {
        field.compartment == served.compartment && field.subject == served.subject && field.derived.is_none()
    });
    for field in here {
        let value = opened.iter().position(|each| each.field == field.id).map(|at| opened.swap_remove(at).value);
        let shown = match (value, withheld(app, effective, duty, &row.standing, field.id)) {
            (Some(value), _) => Shown::Open(value),
            (None, Some(refusal)) => Shown::Withheld(refusal),
            (None, None) if row.standing.stores(policy, field) => Shown::Masked,
            (None, None) => Shown::Absent,
        };
        found.fields.push(Seen { field: field.id, shown });
    }
    Ok(found)
}

/// Why the duty would not get `field`: the gate itself is asked, so the page cannot differ from it.
fn withheld(app: &App, effective: &Effective, duty: &Duty, standing: &Standing, field: FieldId) -> Option<Refusal> {
    let ask = Ask {
        event: EventId([0; 16]),
        actor: Actor::Officer,
        ground: Ground::Duty(duty.id),
        verb: Verb::Extract,
        fields: FieldSet::from_iter([field]),
        moment: app.now(),
    };
    let staff = kepil_domain::gate::StaffFacts {
        duty: Some(duty.id),
        is_strong: true,
        has_signed: true,
        is_trained: true,
        has_reason: true,
    };
    let verdict = decide(effective, &ask, &standing.facts(effective, &ask, ActorFacts::Staff(staff)));
    match verdict.permit {
        Some(_) => None,
        None => Some(verdict.refused.reason(field).unwrap_or(Refusal::OutsidePurpose)),
    }
}
