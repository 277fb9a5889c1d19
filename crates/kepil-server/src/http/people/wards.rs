//! The account of a child, which the reader makes, and a way in for a ward who is old enough for one. Clause 2.4c.
//!
//! Both need a recent proof. What the reader does for a ward otherwise is on the ward's own pages (`whom.rs`).

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_policy::Category;

use super::{
    once,
    representing::{name_of, path_of},
    second::recent,
    show,
};
use crate::{
    App,
    actions::{
        ActionError, age,
        behalf::{self, Behalf},
        wards::{self, NewWard, Unfit},
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{Input, MakeWard, WayIn, Words},
};

/// The page on which the account of a child is made.
pub(super) const MAKE: &str = "/me/representing/make/ward";

/// `GET /me/representing/make/ward`: 404 where no service takes people younger than the account does.
pub async fn make_form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    recent(&app, &visitor, MAKE)?;
    show_make(&app, &visitor, None, &Unfit::default())
}

fn show_make(app: &App, visitor: &Visitor, posted: Option<&Posted>, unfit: &Unfit) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let (policy, words) = (&effective.policy, Words::of(visitor.language));
    let (from, below) = wards::ages(&effective).ok_or(HttpError::NotFound)?;
    let inputs = wards::form_fields(&effective).map(|field| {
        let value = posted.map_or("", |posted| posted.text(&field.name));
        let fault = unfit.fields.iter().find(|(name, _)| *name == field.name);
        let is_age = field.category == Category::BirthDate;
        let old = (is_age && unfit.is_old).then(|| words.say("make-ward-old", &[("years", below.into())]));
        let error = fault.map(|(_, fault)| show::fault(words, field.kind, *fault)).or(old);
        let input = Input::of(policy, field, visitor.language, value);
        Input { error, required: input.required || is_age, ..input }
    });
    let account = policy.account().ok_or(HttpError::NotFound)?;
    let page = MakeWard {
        inputs: inputs.collect(),
        from,
        below,
        least_age: age::of_majority(app)?,
        must_say: unfit.must_say,
        documents: show::documents(policy, account, visitor.language),
        carry: once::fresh()?,
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/representing/make/ward`.
pub async fn make(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, MAKE)?;
    visitor.check_form(posted.text("form_token"))?;
    if !once::is_first(&app, own, &posted).await? {
        return Ok(Redirect::to("/me/representing?done=again").into_response());
    }
    let effective = app.policy()?;
    let values = wards::form_fields(&effective).map(|field| (field.name.clone(), posted.personal(&field.name)));
    let new =
        NewWard { values: values.collect(), is_guardian: posted.text("guardian") == "yes", language: visitor.language };
    match wards::make(&app, own.locator, new).await {
        Ok(Ok(id)) => Ok(Redirect::to(&format!("{}?done=guarded", path_of(&id))).into_response()),
        Ok(Err(unfit)) => show_make(&app, &visitor, Some(&posted), &unfit),
        Err(error) => Err(error.into()),
    }
}

/// `GET /me/representing/{id}/in`.
pub async fn way_in_form(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, &format!("{}/in", path_of(&id)))?;
    let (behalf, _) = behalf::find_whole(&app, own.locator, &id).await?;
    show_way_in(&app, &visitor, (&id, behalf), None).await
}

async fn show_way_in(
    app: &App,
    visitor: &Visitor,
    (id, behalf): (&str, Behalf),
    posted: Option<&Posted>,
) -> Result<Response, HttpError> {
    if !wards::may_come_in(app, behalf).await? {
        return Err(HttpError::NotFound);
    }
    let page = WayIn {
        path: path_of(id),
        name: Some(name_of(app, behalf).await?).filter(|name| !name.is_empty()),
        email: posted.map_or("", |posted| posted.text("email")).to_owned(),
        failed: posted.is_some(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/representing/{id}/in`: a letter goes to the ward's own address, or is called back.
pub async fn way_in(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, &format!("{}/in", path_of(&id)))?;
    visitor.check_form(posted.text("form_token"))?;
    let (behalf, _) = behalf::find_whole(&app, own.locator, &id).await?;
    if posted.text("act") == "call_back" {
        wards::call_back(&app, behalf).await?;
        return Ok(Redirect::to(&format!("{}/in?done=called-back", path_of(&id))).into_response());
    }
    match wards::let_in(&app, behalf, &posted.personal("email"), visitor.language).await {
        Ok(()) => Ok(Redirect::to(&format!("{}/in?done=way-in", path_of(&id))).into_response()),
        Err(ActionError::Input(_)) => show_way_in(&app, &visitor, (&id, behalf), Some(&posted)).await,
        Err(error) => Err(error.into()),
    }
}
