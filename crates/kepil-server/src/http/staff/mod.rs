//! The console of the staff. Whoever is not of the staff finds nothing here. Clauses 3.5c, 5.1, 5.2b to 5.2f.

mod audit;
mod desk;
mod exports;
mod members;
mod people;

use axum::{
    Router,
    routing::{get, post},
};
use kepil_policy::Power;

use super::{problem::HttpError, visitor::Visitor};
use crate::{
    App,
    actions::{
        ActionError,
        sign_in::Strength,
        staff::{self, Desk, Seat},
    },
    pages::NavItem,
};

/// Pages for the staff.
pub fn router() -> Router<App> {
    Router::new()
        .route("/staff", get(desk::desk))
        .route("/staff/papers/{name}", get(desk::paper).post(desk::sign))
        .route("/staff/join", get(desk::join_form).post(desk::join))
        .route("/staff/people", get(people::form).post(people::look_up))
        .route("/staff/people/show", post(people::show_value))
        .route("/staff/members", get(members::list))
        .route("/staff/members/grant", post(members::grant))
        .route("/staff/members/duty", post(members::duty))
        .route("/staff/members/train", post(members::train))
        .route("/staff/members/depart", post(members::depart))
        .route("/staff/members/invite", post(members::invite))
        .route("/staff/exports", get(exports::list))
        .route("/staff/exports/ask", post(exports::ask))
        .route("/staff/exports/act", post(exports::act))
        .route("/staff/audit", get(audit::audit))
}

/// Who acts.
fn seat(visitor: &Visitor) -> Result<Seat, HttpError> {
    let own = visitor.signed_in()?;
    Ok(Seat { locator: own.locator, strength: own.strength })
}

/// The reader's desk; nothing is here for anybody else.
async fn own_desk(app: &App, visitor: &Visitor) -> Result<Desk, HttpError> {
    staff::find(app, seat(visitor)?).await?.ok_or(HttpError::NotFound)
}

/// As [`own_desk`], with a second factor proved in this session: what every page but the first one needs.
async fn strong_desk(app: &App, visitor: &Visitor) -> Result<Desk, HttpError> {
    let desk = own_desk(app, visitor).await?;
    if desk.seat.strength < Strength::Two {
        return Err(ActionError::Refused(kepil_domain::gate::Refusal::NotStrong).into());
    }
    Ok(desk)
}

/// The pages that somebody with these duties may open.
fn nav(desk: &Desk) -> Vec<NavItem> {
    let has = |power: Power| {
        let mut duties = desk.held.iter().filter_map(|held| desk.effective.policy.duty(held.duty));
        duties.any(|duty| duty.powers.contains(&power))
    };
    let all = [
        (true, "/staff", "staff-desk"),
        (has(Power::People), "/staff/people", "staff-people"),
        (has(Power::Staff), "/staff/members", "staff-members"),
        (has(Power::Export), "/staff/exports", "staff-exports"),
        (has(Power::Audit), "/staff/audit", "staff-audit"),
    ];
    all.into_iter().filter(|(is_open, _, _)| *is_open).map(|(_, path, key)| NavItem { path, key }).collect()
}
