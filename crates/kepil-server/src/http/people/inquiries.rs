//! What services ask the reader for, and the answer. Clause 2.1.1c.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{Moment, moment::Day};
use kepil_policy::{Language, Policy};

use super::show;
use crate::{
    App,
    actions::{
        ActionError,
        answer::{self, Asked, Fault},
        inquire, my_data,
    },
    http::{oidc::show::asker, posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{Input, Inquiry, Link, When, Words},
};

/// The way to an inquiry that waits, from other pages.
pub(super) fn link(policy: &Policy, asked: &Asked, language: Language) -> Option<Link> {
    let service = policy.find_service(&asked.inquiry.service)?.label.get(language);
    let fields = asked.inquiry.fields.iter().filter_map(|name| policy.find_field(name));
    let fields: Vec<&str> = fields.map(|field| field.label.get(language)).collect();
    let fields = fields.join(", ");
    let label =
        Words::of(language).say("inquiry-waits", &[("service", service.into()), ("fields", fields.as_str().into())]);
    Some(Link { path: inquire::path(&asked.id), label })
}

/// `GET /me/inquiries/{id}`. One that was answered, or is over, leads to what still waits.
pub async fn form(State(app): State<App>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    match answer::find(&app, own.locator, &id).await {
        Ok(asked) => show_form(&app, &visitor, &asked, None, &[]).await,
        Err(ActionError::Expired) => Ok(Redirect::to("/me").into_response()),
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/inquiries/{id}`: gives, or refuses.
pub async fn answer(
    State(app): State<App>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let asked = answer::find(&app, own.locator, &id).await?;
    match posted.text("choice") {
        "give" => {
            let entered: Vec<_> = asked.inquiry.fields.iter().map(|name| posted.personal(name)).collect();
            let faults = answer::give(&app, own.locator, &asked, &entered, visitor.language).await?;
            if faults.is_empty() {
                return Ok(Redirect::to("/me?done=given").into_response());
            }
            show_form(&app, &visitor, &asked, Some(&posted), &faults).await
        }
        "refuse" => {
            answer::decline(&app, own.locator, &asked).await?;
            Ok(Redirect::to("/me?done=refused").into_response())
        }
        _ => Err(ActionError::Input("choice").into()),
    }
}

async fn show_form(
    app: &App,
    visitor: &Visitor,
    asked: &Asked,
    posted: Option<&Posted>,
    faults: &[Fault],
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let (effective, language) = (app.policy()?, visitor.language);
    let about = asked.about(&effective).ok_or(ActionError::Expired)?;
    let mut inputs = Vec::new();
    for field in &about.fields {
        let held = match posted {
            Some(_) => None,
            None => my_data::find(app, own.locator, field).await?,
        };
        let typed = posted.map_or("", |posted| posted.text(&field.name));
        let value = held.as_ref().map_or(typed, |held| held.reveal());
        let fault = faults.iter().find(|fault| fault.field == field.name);
        let error = fault.map(|fault| show::fault(Words::of(language), field.kind, fault.fault));
        inputs.push(Input { required: true, error, ..Input::of(&effective.policy, field, language, value) });
    }
    let moment = Moment { unix_ms: asked.inquiry.asked_s * 1000, day: Day::default() };
    let recipients = effective.policy.recipients().iter().filter(|(name, _)| about.row.recipients.contains(name));
    let page = Inquiry {
        asker: asker(about.service, language),
        purpose: about.row.label.get(language).to_owned(),
        agreement: asked.inquiry.agreement.clone(),
        asked: When::moment(moment, effective.policy.time_zone(), language),
        keep: about.row.keep.label.get(language).to_owned(),
        recipients: recipients.map(|(_, label)| label.get(language).to_owned()).collect(),
        inputs,
        post_path: inquire::path(&asked.id),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}
