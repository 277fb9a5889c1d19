//! Looking people up, and opening single values. Clauses 3.5c, 5.2b, 5.2c.

use axum::{extract::State, response::Response};
use kepil_domain::gate::Refusal;
use kepil_policy::Power;

use super::{nav, seat, strong_desk};
use crate::{
    App,
    actions::{
        ActionError,
        staff::{
            Desk, duties,
            people::{self, Found, Shown},
        },
    },
    http::{people::show::identifier_label, posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{Choice, FoundPerson, SeenRow, SeenValue, StaffPeople, Words, value_in_words},
};

/// What the page shows besides the form.
#[derive(Default)]
struct Outcome {
    found: Option<FoundPerson>,
    reason_missing: bool,
    duty: String,
    reason: String,
}

/// `GET /staff/people`.
pub async fn form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let desk = strong_desk(&app, &visitor).await?;
    desk.with_power(&app, Power::People)?;
    render(&app, &visitor, &desk, Outcome::default())
}

/// `POST /staff/people`: the exact name by which somebody signs in, a duty, a reason.
pub async fn look_up(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    let desk = strong_desk(&app, &visitor).await?;
    let (duty, reason) = (posted.text("duty"), posted.text("reason").trim());
    let outcome = match people::look_up(&app, seat, duty, &posted.personal("name"), reason).await {
        Ok(found) => Outcome { found: Some(shown(&visitor, &desk, found)), ..Outcome::default() },
        Err(ActionError::Refused(Refusal::NoReason)) => Outcome { reason_missing: true, ..Outcome::default() },
        Err(error) => return Err(error.into()),
    };
    let outcome = Outcome { duty: duty.to_owned(), reason: reason.to_owned(), ..outcome };
    render(&app, &visitor, &desk, outcome)
}

/// `POST /staff/people/show`: one value of the person who was looked up.
pub async fn show_value(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let seat = seat(&visitor)?;
    visitor.check_form(posted.text("form_token"))?;
    let desk = strong_desk(&app, &visitor).await?;
    let found = people::reveal(&app, seat, posted.text("case"), posted.text("field")).await?;
    let (duty, reason) = (found.duty.clone(), found.reason.clone());
    let outcome = Outcome { found: Some(shown(&visitor, &desk, found)), reason_missing: false, duty, reason };
    render(&app, &visitor, &desk, outcome)
}

fn render(app: &App, visitor: &Visitor, desk: &Desk, outcome: Outcome) -> Result<Response, HttpError> {
    let policy = &desk.effective.policy;
    let held = desk.held.iter().filter_map(|held| policy.duty(held.duty));
    let mut duties: Vec<Choice> = held
        .filter(|duty| duty.powers.contains(&Power::People))
        .map(|duty| Choice {
            value: duty.name.clone(),
            label: duty.label.get(visitor.language).to_owned(),
            chosen: duty.name == outcome.duty,
        })
        .collect();
    duties.dedup_by(|one, other| one.value == other.value);
    let page = StaffPeople {
        duties,
        name_label: identifier_label(policy, visitor.language),
        reason: outcome.reason,
        reason_letters_max: duties::REASON_LETTERS_MAX,
        reason_missing: outcome.reason_missing,
        found: outcome.found,
        nav: nav(desk),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

fn shown(visitor: &Visitor, desk: &Desk, found: Found) -> FoundPerson {
    let (policy, language) = (&desk.effective.policy, visitor.language);
    let why =
        |refusal: Refusal| (Words::of(language).say(&format!("refusal-{}", refusal.word()), &[]), refusal.clause());
    let rows = found.fields.into_iter().filter_map(|seen| {
        let field = policy.field(seen.field)?;
        let value = match seen.shown {
            Shown::Withheld(refusal) => {
                let (words, clause) = why(refusal);
                SeenValue::Withheld(words, clause)
            }
            Shown::Absent => SeenValue::Absent,
            Shown::Masked => SeenValue::Masked,
            Shown::Open(value) => SeenValue::Open(value_in_words(field, value.reveal(), language)),
        };
        Some(SeenRow { name: field.name.clone(), label: field.label.get(language).to_owned(), seen: value })
    });
    let duty = policy.duties().iter().find(|duty| duty.name == found.duty);
    FoundPerson {
        duty: duty.map_or(found.duty.as_str(), |duty| duty.label.get(language)).to_owned(),
        reason: found.reason,
        refused: found.refused.map(why),
        rows: rows.collect(),
        carry: vec![("case".to_owned(), found.case)],
    }
}
