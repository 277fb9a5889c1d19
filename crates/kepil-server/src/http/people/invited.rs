//! An invitation that came by letter: looked at, accepted or refused. Clauses 1.1b, 2.1¶C3.

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    Day,
    standing::{MandateKind, MandateRow},
};
use serde::Deserialize;

use super::{representing::mandate_in_words, second::recent, show};
use crate::{
    App,
    actions::{
        age,
        mandates::{self, Taking},
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::Invited,
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
    let mandate = MandateRow {
        who: own.locator,
        kind: MandateKind::Representative,
        is_head: invited.is_head,
        services: invited.services,
        since: Day(app.now().day.0),
        until: invited.until,
        shows_name: false,
    };
    let page = Invited {
        name: invited.name.reveal().clone(),
        mandate: mandate_in_words(&effective, &mandate, visitor.language),
        least_age: age::of_majority(&app)?,
        carry: vec![("token".to_owned(), query.token)],
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
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
    let id = mandates::accept(&app, own.locator, token, taking).await?;
    Ok(Redirect::to(&format!("/me/representing/{id}?done=mandated")).into_response())
}
