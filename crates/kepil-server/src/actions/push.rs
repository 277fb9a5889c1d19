//! A client pushes its request ahead of the person (RFC 9126): nobody on the way can read or change it.

use kepil_store::{NewTicket, Taken, TicketKind};

use super::{ActionError, authorize};
use crate::{
    App,
    oidc::{AuthRequest, Client, Fault, OauthError, Params, grant::to_content},
};

/// How long a pushed request waits for its person. Unit: seconds.
pub const PUSHED_S: i64 = 90;
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Keeps what `client` asks; returns the address that stands for it.
///
/// # Errors
/// [`Fault`] for the client.
pub async fn push(app: &App, client: &Client, params: &Params, jkt: Option<String>) -> Result<String, OauthError> {
    let uri = params.find("redirect_uri")?.filter(|uri| client.returns_to(uri));
    let uri = uri.ok_or(Fault::InvalidRequest("redirect_uri is not registered"))?;
    let request = authorize::read(app, params, client, uri)?;
    if jkt.is_some() && request.jkt.is_some() && jkt != request.jkt {
        return Err(Fault::InvalidDpopProof.into());
    }
    let request = AuthRequest { jkt: jkt.or_else(|| request.jkt.clone()), ..request };
    let content = to_content(&request).map_err(|error| ActionError::Broken(error.to_string()))?;
    let until_s = app.now().unix_s() + PUSHED_S;
    let ticket = NewTicket { kind: TicketKind::Pushed, owner: None, family: None, until_s, content };
    Ok(format!("{PREFIX}{}", app.store.add_ticket(ticket).await?))
}

/// Whether `request_uri` stands for a pushed request.
#[must_use]
pub fn is_pushed(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

/// The request that `request_uri` stands for, once.
///
/// # Errors
/// [`ActionError::Expired`] when it was used, is past its end, or another client pushed it.
pub async fn take(app: &App, client_id: &str, request_uri: &str) -> Result<AuthRequest, ActionError> {
    let token = request_uri.strip_prefix(PREFIX).ok_or(ActionError::Expired)?;
    let Taken::First(ticket) = app.store.take_ticket(TicketKind::Pushed, token, app.now().unix_s()).await? else {
        return Err(ActionError::Expired);
    };
    let request: AuthRequest = serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
    if request.client_id == client_id { Ok(request) } else { Err(ActionError::Expired) }
}
