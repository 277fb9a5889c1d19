//! An invitation that came by letter: looked at, accepted or refused. Clauses 1.1b, 2.1¶C3, 2.4c.

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    Day,
    standing::{MandateKind, MandateRow},
};
use serde::Deserialize;

use super::{representing::mandate_in_words, second::recent, show, wards};
use crate::{
    App,
    actions::{
        ActionError, age,
        mandates::{self, Taking},
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{GuardianInvited, Invited},
};

/// The token of a letter's link.
#[derive(Deserialize)]
pub struct LetterQuery {
    #[serde(default)]
    token: String,
}

/// Where the reader comes back to: with the letter's token, which is nobody's secret but theirs.
fn back(token: &str) -> String {
    let here = show::onward("/invited", token).map(|path| path.replace("?go=", "?token="));
    here.unwrap_or_else(|| "/me/representing".to_owned())
}

/// `GET /invited`.
pub async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<LetterQuery>,
) -> Result<Response, HttpError> {
    if visitor.session.is_none() {
        return Err(HttpError::SignIn { back: back(&query.token) });
    }
    let own = recent(&app, &visitor, &back(&query.token))?;
    let invited = mandates::find(&app, own.locator, &query.token).await?;
    let effective = app.policy()?;
    let least_age = age::of_majority(&app)?;
    let mandate = MandateRow {
        who: own.locator,
        kind: match u8::try_from(least_age) {
            Ok(until_age) if invited.is_guardian => MandateKind::Guardian { until_age },
            _ => MandateKind::Representative,
        },
        is_head: invited.is_head,
        services: invited.services,
        since: Day(app.now().day.0),
        until: invited.until,
        shows_name: false,
    };
    let name = invited.name.reveal().clone();
    let mandate = mandate_in_words(&effective, &mandate, visitor.language);
    let (carry, chrome) = (vec![("token".to_owned(), query.token)], visitor.chrome(&app)?);
    if invited.is_guardian {
        let (name, bar) = (Some(name).filter(|name| !name.is_empty()), wards::bar(&app, &visitor).await?);
        let page = GuardianInvited { name, mandate, least_age, bar, carry };
        return Ok(visitor.page(page.render(&chrome)));
    }
    Ok(visitor.page(Invited { name, mandate, least_age, carry }.render(&chrome)))
}

/// `POST /invited`.
pub async fn answer(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let token = posted.text("token");
    let own = recent(&app, &visitor, &back(token))?;
    visitor.check_form(posted.text("form_token"))?;
    if posted.text("choice") != "accept" {
        mandates::refuse(&app, own.locator, token).await?;
        return Ok(Redirect::to("/me/representing?done=declined").into_response());
    }
    let taking = Taking { shows_name: posted.text("show_name") == "yes", is_of_age: posted.text("of_age") == "yes" };
    let is_guardian = mandates::find(&app, own.locator, token).await?.is_guardian;
    let id = match mandates::accept(&app, own.locator, token, taking).await {
        // The page says it.
        Err(ActionError::Input("wards")) => return Ok(Redirect::to(&back(token)).into_response()),
        accepted => accepted?,
    };
    let done = if is_guardian { "guarded" } else { "mandated" };
    Ok(Redirect::to(&format!("/me/representing/{id}?done={done}")).into_response())
}
