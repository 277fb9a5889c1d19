//! What services ask the reader or a ward for, and the answer. Clauses 2.1.1c, 2.4c.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{Moment, moment::Day};
use kepil_policy::{Language, Policy};
use serde::Deserialize;

use super::{
    show,
    whom::{ForPerson, ForWhom},
};
use crate::{
    App,
    actions::{
        ActionError,
        answer::{self, Asked, Fault},
        inquire, my_data,
    },
    http::{oidc::show::asker, posted::Posted, problem::HttpError},
    pages::{Input, Inquiry, Link, When, Words},
};

/// The way to an inquiry that waits, from other pages.
pub(super) fn link(policy: &Policy, base: &str, asked: &Asked, language: Language) -> Option<Link> {
    let service = policy.find_service(&asked.inquiry.service)?.label.get(language);
    let fields = asked.inquiry.fields.iter().filter_map(|name| policy.find_field(name));
    let fields: Vec<&str> = fields.map(|field| field.label.get(language)).collect();
    let fields = fields.join(", ");
    let label =
        Words::of(language).say("inquiry-waits", &[("service", service.into()), ("fields", fields.as_str().into())]);
    Some(Link { path: path(base, asked), label })
}

fn path(base: &str, asked: &Asked) -> String {
    format!("{base}{}", inquire::path_within(&asked.id))
}

/// The id of an inquiry.
#[derive(Deserialize)]
pub struct InquiryPath {
    inquiry: String,
}

/// `GET /me/inquiries/{inquiry}`. One that was answered, or is over, leads to what still waits.
pub async fn form(
    State(app): State<App>,
    whom: ForPerson,
    Path(InquiryPath { inquiry }): Path<InquiryPath>,
) -> Result<Response, HttpError> {
    match answer::find(&app, whom.behalf, &inquiry).await {
        Ok(asked) => show_form(&app, &whom, &asked, None, &[]).await,
        Err(ActionError::Expired) => Ok(Redirect::to(&whom.base).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/inquiries/{inquiry}`: gives, or refuses.
pub async fn answer(
    State(app): State<App>,
    whom: ForPerson,
    Path(InquiryPath { inquiry }): Path<InquiryPath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    let asked = answer::find(&app, whom.behalf, &inquiry).await?;
    match posted.text("choice") {
        "give" => {
            let entered: Vec<_> = asked.inquiry.fields.iter().map(|name| posted.personal(name)).collect();
            let faults = answer::give(&app, whom.behalf, &asked, &entered, whom.visitor.language).await?;
            if faults.is_empty() {
                return Ok(Redirect::to(&format!("{}?done=given", whom.base)).into_response());
            }
            show_form(&app, &whom, &asked, Some(&posted), &faults).await
        }
        "refuse" => {
            answer::decline(&app, whom.behalf, &asked).await?;
            Ok(Redirect::to(&format!("{}?done=refused", whom.base)).into_response())
        }
        _ => Err(ActionError::Input("choice").into()),
    }
}

async fn show_form(
    app: &App,
    whom: &ForWhom,
    asked: &Asked,
    posted: Option<&Posted>,
    faults: &[Fault],
) -> Result<Response, HttpError> {
    let (effective, language) = (app.policy()?, whom.visitor.language);
    let about = asked.about(&effective).ok_or(ActionError::Expired)?;
    let mut inputs = Vec::new();
    for field in &about.fields {
        // By a mandate for single services one gives what one knows, and sees nothing of what is held.
        let held = match posted {
            None if whom.is_whole() => my_data::find(app, whom.behalf, field).await?,
            _ => None,
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
        post_path: path(&whom.base, asked),
    };
    Ok(whom.page(page.render(&whom.chrome(app).await?)))
}
