//! A session ends, and with it everything that its services were given. RP-Initiated Logout 1.0.

use kepil_domain::Locator;
use kepil_store::{NewTicket, TicketKind};

use super::{ActionError, authorize::family_of, client_auth::find_client};
use crate::{
    App,
    oidc::{
        Fault, LogoutRequest, OauthError, Params,
        grant::{IdClaims, to_content},
        with_query,
    },
};

/// How long a person may take to answer. Unit: seconds.
const VISIT_S: i64 = 30 * 60;

/// Ends the session whose tickets have `family` in common, and all codes and refresh tokens that came of it.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn end_session(app: &App, family: [u8; 16]) -> Result<(), ActionError> {
    let clients = app.store.system().list_clients().await?;
    // The session is the first to go: after that nothing new comes of it.
    let families = clients.iter().map(|client| family_of(app, family, &client.client_id));
    let families: Vec<[u8; 16]> = std::iter::once(family).chain(families).collect();
    Ok(app.store.remove_families(&families).await?)
}

/// Reads what a client asks: who it is, by a hint that we signed or by its name, and where to go afterwards.
///
/// # Errors
/// [`Fault::InvalidRequest`] when the hint is not ours or the address not the client's.
pub async fn read(app: &App, params: &Params) -> Result<LogoutRequest, OauthError> {
    let hint = match params.find("id_token_hint")? {
        None => None,
        Some(token) => {
            let claims = IdClaims::from_hint(&app.signing, token, &app.config.issuer);
            Some(claims.ok_or(Fault::InvalidRequest("id_token_hint is not of this provider"))?)
        }
    };
    let named = params.find("client_id")?;
    if let (Some(hint), Some(named)) = (&hint, named)
        && hint.aud != named
    {
        return Err(Fault::InvalidRequest("id_token_hint is of another client").into());
    }
    let client = match hint.as_ref().map(|hint| hint.aud.as_str()).or(named) {
        None => None,
        Some(id) => Some(find_client(app, id).await?.ok_or(Fault::InvalidRequest("client_id is not known"))?),
    };
    let back = match (params.find("post_logout_redirect_uri")?, &client) {
        (None, _) => None,
        (Some(uri), Some(client)) if client.leaves_to(uri) => {
            let state = params.find("state")?;
            Some(with_query(uri, &state.map(|state| ("state", state)).into_iter().collect::<Vec<_>>()))
        }
        _ => return Err(Fault::InvalidRequest("post_logout_redirect_uri is not registered").into()),
    };
    Ok(LogoutRequest {
        service: client.map(|client| client.service.clone()),
        sub: hint.map(|hint| hint.sub.clone()),
        back,
    })
}

/// Whether the hint names the person at `locator`: then nobody needs to be asked.
///
/// # Errors
/// [`ActionError`] when ids cannot be made, which they can.
pub fn is_meant(app: &App, request: &LogoutRequest, locator: Locator) -> Result<bool, ActionError> {
    let (Some(service), Some(sub)) = (&request.service, &request.sub) else { return Ok(false) };
    Ok(app.store.keys().sector(service).sub(&locator)?.as_str() == sub)
}

/// Keeps `request` while the person answers; returns the token for `go`.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn keep(app: &App, request: &LogoutRequest) -> Result<String, ActionError> {
    let content = to_content(request).map_err(|error| ActionError::Broken(error.to_string()))?;
    let until_s = app.now().unix_s() + VISIT_S;
    Ok(app.store.add_ticket(NewTicket { kind: TicketKind::Visit, owner: None, family: None, until_s, content }).await?)
}

/// The request that `go` stands for.
///
/// # Errors
/// [`ActionError::Expired`] when there is none any more.
pub async fn find(app: &App, go: &str) -> Result<LogoutRequest, ActionError> {
    let ticket = app.store.find_ticket(TicketKind::Visit, go, app.now().unix_s()).await?.ok_or(ActionError::Expired)?;
    serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)
}
