//! A client proves who it is: RFC 6749 (2.3), OpenID Connect Core (9). Clause 3.1.5.

use kepil_store::ClientRow;

use super::ActionError;
use crate::{
    App,
    oidc::{AuthMethod, Client, Fault, OauthError},
};

/// What a client presented.
pub struct Presented<'a> {
    /// Its id.
    pub client_id: &'a str,
    /// Its secret; empty for a client that has none.
    pub secret: &'a str,
    /// How both came.
    pub method: AuthMethod,
}

/// The client called `client_id`.
///
/// # Errors
/// [`ActionError::Broken`] when its settings are not readable.
pub async fn find_client(app: &App, client_id: &str) -> Result<Option<Client>, ActionError> {
    let row: Option<ClientRow> = app.store.system().find_client(client_id).await?;
    row.map(Client::from_row).transpose().map_err(|error| ActionError::Broken(error.to_string()))
}

/// The client that presented itself, if it is who it says, in the way that it is registered for.
///
/// # Errors
/// [`Fault::InvalidClient`], the same for an unknown client and a wrong secret.
pub async fn authenticate(app: &App, presented: Presented<'_>) -> Result<Client, OauthError> {
    let client = find_client(app, presented.client_id).await?.ok_or(Fault::InvalidClient)?;
    let is_known =
        client.auth() == presented.method && (client.auth() == AuthMethod::None || client.has_secret(presented.secret));
    if is_known { Ok(client) } else { Err(Fault::InvalidClient.into()) }
}
