//! A device without a browser, and its person at another screen. RFC 8628.

use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{authorize::redirect, fault, show::asker, token::of_client};
use crate::{
    App,
    actions::{
        ActionError,
        admit::{Tried, Whose},
        device::{self, DEVICE_S, INTERVAL_S},
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    oidc::{Fault, GrantType},
    pages::{DeviceEnd, DeviceForm, DeviceFound},
};

/// `POST /device_authorization`.
pub async fn begin(State(app): State<App>, headers: HeaderMap, posted: Result<Posted, HttpError>) -> Response {
    let begun = async {
        let (client, posted) = of_client(&app, &headers, posted).await?;
        if !client.may(GrantType::Device) {
            return Err(Fault::UnauthorizedClient.into());
        }
        device::begin(&app, &client, &posted.params()).await
    };
    match begun.await {
        Ok(begun) => {
            let place = format!("{}/device", app.config.issuer);
            let reply = json!({
                "device_code": begun.device_code,
                "user_code": begun.user_code,
                "verification_uri": place,
                "verification_uri_complete": format!("{place}?user_code={}", begun.user_code),
                "expires_in": DEVICE_S,
                "interval": INTERVAL_S,
            });
            fault::unkept(Json(reply).into_response())
        }
        Err(error) => fault::answer(error),
    }
}

/// What a person typed, or what the address that the device showed has for them.
#[derive(Default, Deserialize)]
pub struct CodeQuery {
    #[serde(default)]
    user_code: String,
    #[serde(default)]
    challenge: String,
    #[serde(default)]
    answer: String,
}

/// `GET /device`: asks for the code, or shows whose it is.
pub async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<CodeQuery>,
) -> Result<Response, HttpError> {
    let typed = device::read_code(&query.user_code).unwrap_or_default();
    let Some(session) = &visitor.session else {
        let back = if typed.is_empty() { "/device".to_owned() } else { format!("/device?user_code={typed}") };
        return Err(HttpError::SignIn { back });
    };
    if query.user_code.is_empty() {
        return ask(&app, &visitor, false, ("", None));
    }
    let whence = visitor.whence_with(&app, &query.challenge, &query.answer);
    let found = match device::find(&app, session.locator, &typed, &whence).await {
        Err(ActionError::Toll(bits)) => return ask(&app, &visitor, false, (&typed, Some(bits))),
        found => found?,
    };
    let Some(request) = found else { return ask(&app, &visitor, true, ("", None)) };
    let effective = app.policy()?;
    let service = effective.policy.find_service(&request.service).ok_or(ActionError::Input("service"))?;
    let shown = device::shown(&app, session.locator, &typed);
    let page = DeviceFound { asker: asker(service, visitor.language), code: typed, shown };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// The page that asks for the code; `owed` is work for which what was `typed` was not looked at.
fn ask(app: &App, visitor: &Visitor, failed: bool, (typed, owed): (&str, Option<u8>)) -> Result<Response, HttpError> {
    let whose = Whose::Person(visitor.signed_in()?.locator);
    let work = visitor.work(app, Tried::DeviceCode, Some(whose), owed)?;
    let page = DeviceForm { failed, code: typed.to_owned(), work };
    Ok(visitor.page_owing(page.render(&visitor.chrome(app)?), owed))
}

/// `POST /device`: whether the device is theirs. Then its request goes on like any other. A code that was not shown to the
/// person before is as wrong as one of no device: nobody guesses here.
pub async fn answer(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let session = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let (typed, is_theirs) = (posted.text("user_code"), posted.text("choice") == "mine");
    if !device::was_shown(&app, session.locator, typed, posted.text("shown")) {
        return ask(&app, &visitor, true, ("", None));
    }
    let answered = match device::answer(&app, session.locator, typed, is_theirs).await {
        Err(ActionError::Expired) => return ask(&app, &visitor, true, ("", None)),
        answered => answered?,
    };
    match answered {
        Some(go) => Ok(redirect(&format!("/authorize/continue?go={go}"))),
        None => Ok(redirect("/device/refused")),
    }
}

/// `GET /device/done`.
pub async fn done(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    Ok(visitor.page(DeviceEnd { is_done: true }.render(&visitor.chrome(&app)?)))
}

/// `GET /device/refused`.
pub async fn refused(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    Ok(visitor.page(DeviceEnd { is_done: false }.render(&visitor.chrome(&app)?)))
}
