//! The account of a child, which the reader makes, and a way in for a ward who is old enough for one. Clause 2.4c.
//!
//! Both need a recent proof. What the reader does for a ward otherwise is on the ward's own pages (`whom.rs`).

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};

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
        born,
        guardians::{self, Unfit, WARDS_MAX},
        wards::{self, Faults, NewWard},
    },
    http::{oidc::age_bar, posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{AgeBar, Input, MakeWard, WayIn, Words},
};

/// The page on which the account of a child is made.
pub(super) const MAKE: &str = "/me/representing/make/ward";

/// `GET /me/representing/make/ward`: 404 where no service takes people younger than the account does.
pub async fn make_form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    recent(&app, &visitor, MAKE)?;
    show_make(&app, &visitor, None, &Faults::default()).await
}

/// What is against it that the reader takes on one ward more.
pub(super) async fn bar(app: &App, visitor: &Visitor) -> Result<Option<AgeBar>, HttpError> {
    let own = visitor.signed_in()?.locator;
    Ok(match guardians::unfit(app, own).await? {
        None => None,
        Some(Unfit::Age(unfit)) => age_bar(app, own.into(), unfit)?,
        Some(Unfit::Enough) => Some(AgeBar::Enough { count: u32::try_from(WARDS_MAX).unwrap_or(u32::MAX) }),
    })
}

async fn show_make(
    app: &App,
    visitor: &Visitor,
    posted: Option<&Posted>,
    faults: &Faults,
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let (policy, words) = (&effective.policy, Words::of(visitor.language));
    let (from, below) = wards::ages(&effective).ok_or(HttpError::NotFound)?;
    let inputs = wards::form_fields(&effective).map(|field| {
        let value = posted.map_or("", |posted| posted.text(&field.name));
        let fault = faults.fields.iter().find(|(name, _)| *name == field.name);
        let is_age = born::is_date(field);
        let old = (is_age && faults.is_old).then(|| words.say("make-ward-old", &[("years", below.into())]));
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
        bar: bar(app, visitor).await?,
        must_say: faults.must_say,
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
        Ok(Err(faults)) => show_make(&app, &visitor, Some(&posted), &faults).await,
        Err(ActionError::Input("wards")) => show_make(&app, &visitor, Some(&posted), &Faults::default()).await,
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
    let age = wards::may_come_in(app, behalf).await?.ok_or(HttpError::NotFound)?;
    let page = WayIn {
        path: path_of(id),
        is_grown: age >= age::of_majority(app)?,
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
