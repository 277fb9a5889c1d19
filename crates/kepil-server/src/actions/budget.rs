//! How many different people a service, or somebody of the staff, asks about before they are refused. Clause 3.4g.
//!
//! Whoever was asked about in the same window costs nothing more; somebody whom the vault does not know costs as much as
//! somebody whom it knows. Over the budget each ask is refused by the gate, with its entry, whomever it is about.
//! Start reading at [`check_service`]. Does not know: where counts are kept (`budgets.rs`).

use std::sync::Arc;

use futures::future::try_join_all;
use kepil_domain::{
    Locator,
    gate::{Actor, Ask, Ground, Reach},
};
use kepil_policy::{Budget, Duty, Effective, FieldSet, Service, Use, UseId, Verb};
use kepil_store::{Acting, Question, Window};

use super::{ActionError, audited, sign_in::sign_in_compartment, tag_of};
use crate::App;

/// The use that no edition has: what is refused without a purpose, or for one that there is not, is recorded too.
pub(super) const NO_USE: UseId = UseId(u32::MAX);

/// Whose budget it is.
pub(crate) enum Spender<'a> {
    /// A service, asking about people one by one.
    Service(&'a Service),
    /// A service, asking about many for one purpose.
    Batch(&'a Service, &'a Use, Budget),
    /// Somebody of the staff under a duty.
    Staff(&'a Duty, Locator),
}

impl Spender<'_> {
    fn budget(&self) -> Budget {
        match self {
            Self::Service(service) => service.budget,
            Self::Batch(_, _, budget) => *budget,
            Self::Staff(duty, _) => duty.budget,
        }
    }

    /// A short stable word.
    fn word(&self) -> &'static str {
        match self {
            Self::Service(_) => "service",
            Self::Batch(..) => "batch",
            Self::Staff(..) => "staff",
        }
    }

    /// What the bundle calls the service or duty.
    fn part(&self) -> &str {
        match self {
            Self::Service(service) | Self::Batch(service, ..) => &service.name,
            Self::Staff(duty, _) => &duty.name,
        }
    }

    fn window(&self, now_s: i64) -> Window {
        let budget = self.budget();
        let name = match self {
            Self::Service(service) => format!("service {}", service.name),
            Self::Batch(service, row, _) => format!("batch {} {}", service.name, row.purpose),
            Self::Staff(duty, who) => format!("duty {} {}", duty.name, kepil_domain::hex(&who.0)),
        };
        Window::at(name, budget.people, budget.window_s(), now_s)
    }
}

/// Somebody who is asked about: known or not, and how whoever asks calls them.
#[derive(Clone)]
pub(crate) struct Person {
    /// Who it is; `None` for somebody whom the vault does not know.
    pub locator: Option<Locator>,
    /// How they are called.
    pub called: String,
}

impl Person {
    /// Where they are looked for: somebody whom the vault does not know at a place of their own where nobody is, the same
    /// each time, so that a second look is as quick as that at somebody known.
    pub fn whom(&self, app: &App) -> Locator {
        self.locator.unwrap_or_else(|| Locator(app.store.keys().hash_for("nobody", self.called.as_bytes())))
    }

    /// Under what they are counted: a known person once, by whatever name they are asked for.
    fn counted(&self) -> Vec<u8> {
        match self.locator {
            Some(locator) => [&[1], locator.0.as_slice()].concat(),
            None => [&[0], self.called.as_bytes()].concat(),
        }
    }
}

/// Counts `people`, all of them or nobody. `Some` when the budget is used up: the seconds until the next window.
///
/// # Errors
/// [`ActionError`] when it could not be counted durably.
pub(crate) async fn spend(app: &App, spender: &Spender<'_>, people: &[Person]) -> Result<Option<i64>, ActionError> {
    let now_s = app.now().unix_s();
    let kept = app.budgets.find(spender.window(now_s));
    let counted: Vec<_> = people.iter().map(Person::counted).collect();
    if kept.spend(&app.store, &counted).await? {
        return Ok(None);
    }
    app.metrics.over_budget(spender.word());
    if kept.is_first_alarm() {
        let (code, part) = (spender.word(), spender.part());
        tracing::warn!(code, service = part, count = spender.budget().people, "a budget of people is used up");
    }
    Ok(Some(kept.until_s().saturating_sub(now_s).max(1)))
}

/// That `service` may ask about `people` for the purpose of `row`.
///
/// # Errors
/// [`ActionError::OverBudget`] when it asked about as many as it may; each of them has an entry of that.
pub(crate) async fn check_service(
    app: &App,
    edition: &Arc<Effective>,
    (service, row): (&Service, Option<&Use>),
    people: &[Person],
) -> Result<(), ActionError> {
    check(app, edition, &Spender::Service(service), (service, row), people).await
}

/// As [`check_service`], by any budget of a service.
///
/// # Errors
/// As [`check_service`].
pub(crate) async fn check(
    app: &App,
    edition: &Arc<Effective>,
    spender: &Spender<'_>,
    (service, row): (&Service, Option<&Use>),
    people: &[Person],
) -> Result<(), ActionError> {
    let Some(wait_s) = spend(app, spender, people).await? else { return Ok(()) };
    let refused =
        people.iter().map(|person| refuse(app, edition, (service, row), Some(person.whom(app)), Reach::Spent));
    try_join_all(refused).await?;
    Err(ActionError::OverBudget { wait_s })
}

/// Asks the gate, which refuses, and so records it.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub(crate) async fn refuse(
    app: &App,
    edition: &Arc<Effective>,
    (service, row): (&Service, Option<&Use>),
    locator: Option<Locator>,
    reach: Reach,
) -> Result<(), ActionError> {
    let policy = &edition.policy;
    let compartment = row.map_or_else(|| sign_in_compartment(policy), |row| tag_of(policy, row.compartment))?;
    let ask = Ask {
        event: App::new_event()?,
        actor: Actor::Service(service.id),
        ground: Ground::Use(row.map_or(NO_USE, |row| row.id)),
        verb: Verb::Extract,
        fields: FieldSet::EMPTY,
        moment: app.now(),
    };
    let acting = Acting { reach, ..Acting::default() };
    let question = Question { acting, ..Question::new(edition, ask, locator, compartment) };
    audited(app, question).await.map(drop)
}
