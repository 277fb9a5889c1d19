//! A client proves who it is: RFC 6749 (2.3), 7523, OpenID Connect Core (9); and that it holds a key: RFC 9449.
//! Clause 3.1.5.

use std::sync::Arc;

use super::ActionError;
use crate::{
    App,
    oidc::{
        AuthMethod, Client, Fault, OauthError,
        proof::{self, Assertion, Once, Proven},
    },
};

/// What a client presented.
pub enum Presented<'a> {
    /// Its id and its secret, which is empty for a client that has none.
    Secret {
        /// The id.
        client_id: &'a str,
        /// The secret.
        secret: &'a str,
        /// How both came.
        method: AuthMethod,
    },
    /// A token that it signed, and the id that it gave beside, if it did.
    Assertion {
        /// The id.
        client_id: Option<&'a str>,
        /// The token.
        token: &'a str,
    },
}

/// The client called `client_id`, as it is or was within the lease.
///
/// # Errors
/// [`ActionError::Broken`] when its settings are not readable.
pub async fn find_client(app: &App, client_id: &str) -> Result<Option<Arc<Client>>, ActionError> {
    match app.clients.find(client_id, app.store.clock().tick()) {
        Some(known) => Ok(Some(known)),
        None => read_client(app, client_id).await,
    }
}

async fn read_client(app: &App, client_id: &str) -> Result<Option<Arc<Client>>, ActionError> {
    let read_at = app.store.clock().tick();
    let Some(row) = app.store.system().find_client(client_id).await? else { return Ok(None) };
    let client = Client::from_row(row).map_err(|error| ActionError::Broken(error.to_string()))?;
    let client = Arc::new(client);
    app.clients.keep(&client, read_at);
    Ok(Some(client))
}

/// The client that presented itself, if it is who it says, in the way that it is registered for.
///
/// # Errors
/// [`Fault::InvalidClient`], the same for an unknown client and a wrong secret.
pub async fn authenticate(app: &App, presented: Presented<'_>) -> Result<Arc<Client>, OauthError> {
    match presented {
        Presented::Secret { client_id, secret, method } => {
            let is_known = |client: &Arc<Client>| {
                client.auth() == method && (!client.is_confidential() || client.has_secret(secret))
            };
            // A secret that does not fit may be newer than what is at hand.
            let at_hand = find_client(app, client_id).await?.filter(is_known);
            let client = match at_hand {
                Some(client) => Some(client),
                None => read_client(app, client_id).await?.filter(is_known),
            };
            client.ok_or_else(|| Fault::InvalidClient.into())
        }
        Presented::Assertion { client_id, token } => {
            let assertion = Assertion::parse(token).ok_or(Fault::InvalidClient)?;
            if client_id.is_some_and(|named| named != assertion.client_id()) {
                return Err(Fault::InvalidClient.into());
            }
            let client = find_client(app, assertion.client_id()).await?.ok_or(Fault::InvalidClient)?;
            let once = assertion.verify(&client, &app.config.issuer, app.now().unix_s());
            let once = once.filter(|_| client.auth() == AuthMethod::PrivateKeyJwt).ok_or(Fault::InvalidClient)?;
            if is_first(app, &once).await? { Ok(client) } else { Err(Fault::InvalidClient.into()) }
        }
    }
}

/// A request that may come with the proof of a key.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The proof.
    pub proof: Option<&'a str>,
    /// The method of the request.
    pub method: &'a str,
    /// The path of the request.
    pub path: &'a str,
    /// The access token that comes with it.
    pub token: Option<&'a str>,
}

/// The thumbprint of the key that a client proved to hold; `None` when it proved none.
///
/// # Errors
/// [`Fault::InvalidDpopProof`] for a proof that does not hold, is of another request, or came before.
pub async fn proven_key(app: &App, shown: Shown<'_>) -> Result<Option<String>, OauthError> {
    let Some(sent) = shown.proof else { return Ok(None) };
    let uri = format!("{}{}", app.config.issuer, shown.path);
    let request = Proven { method: shown.method, uri: &uri, token: shown.token, now_s: app.now().unix_s() };
    let (jkt, once) = proof::verify(sent, request).ok_or(Fault::InvalidDpopProof)?;
    if is_first(app, &once).await? { Ok(Some(jkt)) } else { Err(Fault::InvalidDpopProof.into()) }
}

/// Whether a token that is bound to `bound` may be used with this request: with a proof of that very key, or, when it is
/// bound to none, with none.
///
/// # Errors
/// [`Fault::InvalidToken`] or [`Fault::InvalidDpopProof`] when not.
pub async fn check_bound(app: &App, bound: Option<&str>, shown: Shown<'_>) -> Result<(), OauthError> {
    if bound.is_none() && shown.proof.is_none() {
        return Ok(());
    }
    let proven = proven_key(app, shown).await?;
    if proven.is_some() && proven.as_deref() == bound { Ok(()) } else { Err(Fault::InvalidToken.into()) }
}

async fn is_first(app: &App, once: &Once) -> Result<bool, ActionError> {
    Ok(app.store.is_first_use(&once.name, once.until_s).await?)
}
