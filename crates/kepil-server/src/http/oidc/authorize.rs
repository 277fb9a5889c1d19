//! `/authorize`: a client sends a person; and the way on after each page. RFC 6749, 9207; OpenID Connect Core.
//!
//! Nobody is sent to an address that is not the client's own, letter by letter: such a request ends on a page of ours.

use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use crate::{
    App,
    actions::{
        ActionError,
        authorize::{self, SignedIn, Step},
        client_auth::find_client,
        device, push,
    },
    http::{problem::HttpError, visitor::Visitor},
    oidc::{Answer, AuthRequest, Fault, OauthError, Params},
    pages::{Problem, Trouble},
};

/// The token of a request under way.
#[derive(Deserialize)]
pub struct GoQuery {
    #[serde(default)]
    pub go: String,
}

/// `GET /authorize`.
pub async fn authorize(
    State(app): State<App>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, HttpError> {
    match read(&app, &Params(pairs)).await? {
        Read::Fits(request) => advance(&app, visitor, &request, None).await,
        Read::Back(to) => Ok(redirect(&to)),
        Read::Unfit => unfit(&app, &visitor),
    }
}

/// `POST /authorize`: the browser sends no session along from another site, so it is asked to come by `GET`.
pub async fn authorize_posted(
    State(app): State<App>,
    visitor: Visitor,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, HttpError> {
    match read(&app, &Params(pairs)).await? {
        Read::Fits(request) => {
            let go = authorize::keep(&app, &request).await?;
            Ok(redirect(&format!("/authorize/continue?go={go}")))
        }
        Read::Back(to) => Ok(redirect(&to)),
        Read::Unfit => unfit(&app, &visitor),
    }
}

/// `GET /authorize/continue`: after signing in, accepting or releasing.
pub async fn go_on(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<GoQuery>,
) -> Result<Response, HttpError> {
    let request = authorize::find(&app, &query.go).await?;
    advance(&app, visitor, &request, Some(&query.go)).await
}

enum Read {
    Fits(Box<AuthRequest>),
    /// A fault that the client is told.
    Back(String),
    /// Client or address are not known: nobody is sent anywhere.
    Unfit,
}

async fn read(app: &App, params: &Params) -> Result<Read, HttpError> {
    let Ok(Some(client_id)) = params.find("client_id") else { return Ok(Read::Unfit) };
    if let Some(pushed) = params.find("request_uri").ok().flatten().filter(|uri| push::is_pushed(uri)) {
        return Ok(Read::Fits(Box::new(push::take(app, client_id, pushed).await?)));
    }
    let Ok(Some(uri)) = params.find("redirect_uri") else { return Ok(Read::Unfit) };
    let Some(client) = find_client(app, client_id).await?.filter(|client| client.returns_to(uri)) else {
        return Ok(Read::Unfit);
    };
    let request = if client.metadata.require_pushed_authorization_requests {
        Err(Fault::InvalidRequest("this client pushes its requests").into())
    } else {
        authorize::read(app, params, &client, uri)
    };
    match request {
        Ok(request) => Ok(Read::Fits(Box::new(request))),
        Err(OauthError::Action(error)) => Err(error.into()),
        Err(OauthError::Fault(fault)) => {
            Ok(Read::Back(back_with_fault(uri, params.find("state").ok().flatten(), fault, &app.config.issuer)))
        }
    }
}

fn back_with_fault(uri: &str, state: Option<&str>, fault: Fault, issuer: &str) -> String {
    let mut params = vec![("error", fault.word())];
    params.extend(fault.hint().map(|hint| ("error_description", hint)));
    params.extend(state.map(|state| ("state", state)));
    params.push(("iss", issuer));
    crate::oidc::with_query(uri, &params)
}

fn unfit(app: &App, visitor: &Visitor) -> Result<Response, HttpError> {
    let page = Problem { trouble: Trouble::UnknownService, back: None };
    let mut answer = visitor.page(page.render(&visitor.chrome(app)?));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    Ok(answer)
}

/// The session of a page as the actions need it.
pub fn signed_in(visitor: &Visitor) -> Option<SignedIn> {
    let session = visitor.session.as_ref()?;
    Some(SignedIn {
        locator: session.locator,
        auth_time_s: session.auth_time_s,
        strength: session.strength,
        session: session.id,
        family: session.family,
    })
}

/// Sends the reader to the next page, or back to the client with a code or a fault.
async fn advance(app: &App, visitor: Visitor, request: &AuthRequest, go: Option<&str>) -> Result<Response, HttpError> {
    let session = signed_in(&visitor);
    let step = authorize::next_step(app, request, session.as_ref()).await?;
    let (page, fault) = match (step, session) {
        (Step::Issue { edition }, Some(session)) => return issue(app, request, &session, edition, go).await,
        (Step::Deny, _) => return refuse(app, request, go, Fault::AccessDenied).await,
        (Step::Weak, _) => return refuse(app, request, go, Fault::UnmetRequirements).await,
        (Step::Other, _) => return refuse(app, request, go, Fault::LoginRequired).await,
        (Step::SignIn | Step::Issue { .. }, _) => ("/sign-in", Fault::LoginRequired),
        (Step::Account, _) => ("/welcome", Fault::InteractionRequired),
        (Step::Whom, _) => ("/whom", Fault::InteractionRequired),
        (Step::Accept, _) => ("/accept", Fault::InteractionRequired),
        (Step::Consent(_), _) => ("/consent", Fault::ConsentRequired),
    };
    if request.is_silent {
        return refuse(app, request, go, fault).await;
    }
    let was_sent = request.was_sent || step == Step::SignIn;
    let go = match go {
        Some(go) => {
            if was_sent && !request.was_sent {
                authorize::set(app, go, |request| request.was_sent = true).await?;
            }
            go.to_owned()
        }
        None => authorize::keep(app, &AuthRequest { was_sent, ..request.clone() }).await?,
    };
    Ok(redirect(&format!("{page}?go={go}")))
}

async fn issue(
    app: &App,
    request: &AuthRequest,
    session: &SignedIn,
    edition: u32,
    go: Option<&str>,
) -> Result<Response, HttpError> {
    if let Some(go) = go {
        // Of two clicks one gets the code.
        authorize::end(app, go).await?;
    }
    match authorize::issue(app, request, session, edition).await {
        Ok(None) => Ok(redirect("/device/done")),
        Ok(Some(code)) => back(app, request, &[("code", &code)]).await,
        Err(ActionError::Refused(_)) => refuse(app, request, None, Fault::AccessDenied).await,
        Err(error) => Err(error.into()),
    }
}

/// Ends the way: the client is told `fault`, never why.
pub async fn refuse(app: &App, request: &AuthRequest, go: Option<&str>, fault: Fault) -> Result<Response, HttpError> {
    if let Some(go) = go {
        authorize::end(app, go).await?;
    }
    back(app, request, &[("error", fault.word())]).await
}

/// To the client; a device that waits is told that it was refused, since nothing else gets here without a client's address.
async fn back(app: &App, request: &AuthRequest, params: &[(&str, &str)]) -> Result<Response, HttpError> {
    match (&request.answer, request.back(params, &app.config.issuer)) {
        (_, Some(to)) => Ok(redirect(&to)),
        (Answer::Device(code), None) => {
            device::deny(app, code).await?;
            Ok(redirect("/device/refused"))
        }
        (Answer::Back { .. }, None) => Err(HttpError::NotFound),
    }
}

/// A redirect that no cache keeps.
pub fn redirect(to: &str) -> Response {
    let mut answer = Redirect::to(to).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
