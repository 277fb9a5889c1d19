//! A client asks what a token is worth, or ends it. RFC 7662, 7009. Clauses 3.1.3, 4.2.
//!
//! Of a token of another service nobody learns anything. Whether a token is worth something is asked of the facts each
//! time, as at its use.

use std::sync::Arc;

use kepil_domain::Sub;
use kepil_store::TicketKind;

use super::{
    budget::{self, Person},
    exchange::{Named, live_edition},
};
use crate::{
    App,
    oidc::{
        Client, Fault, OauthError,
        grant::{Grant, PersonClaims, ServiceToken, userinfo_uri},
    },
};

/// What a token is worth to the service that asks.
pub struct Worth {
    /// The client that got it.
    pub client_id: String,
    /// The service's id for the person; for a token of the service's own, the client.
    pub sub: String,
    /// The service's id for whoever acts for a legal entity.
    pub act: Option<String>,
    /// What was granted.
    pub scope: String,
    /// Where it is used; `None` for a refresh token.
    pub aud: Option<String>,
    /// When it ends. Unit: Unix seconds.
    pub until_s: i64,
    /// Thumbprint of the key that it is bound to.
    pub jkt: Option<String>,
}

/// A token that is not past its end, used or revoked.
enum Found {
    Person { claims: Arc<PersonClaims>, id: [u8; 32] },
    Service(ServiceToken),
    Refresh { grant: Box<Grant>, until_s: i64, family: Option<[u8; 16]> },
}

impl Found {
    /// The client that got it, and its service.
    fn holder(&self) -> (&str, &str) {
        match self {
            Self::Person { claims, .. } => (&claims.client_id, &claims.service),
            Self::Service(token) => (&token.client_id, &token.service),
            Self::Refresh { grant, .. } => (&grant.client_id, &grant.service),
        }
    }
}

async fn find(app: &App, token: &str) -> Result<Option<Found>, OauthError> {
    let (issuer, now_s) = (&app.config.issuer, app.now().unix_s());
    if let Some(claims) = PersonClaims::verify(&app.signing, token, issuer, now_s) {
        let ticket = app.store.find_ticket(TicketKind::Access, claims.jti(), now_s).await?;
        return Ok(ticket.map(|ticket| Found::Person { claims, id: ticket.id }));
    }
    if let Some(own) = ServiceToken::verify(&app.signing, token, issuer, now_s) {
        return Ok(Some(Found::Service(own)));
    }
    let ticket = app.store.find_ticket(TicketKind::Refresh, token, now_s).await?;
    Ok(ticket.and_then(|ticket| {
        let grant = serde_json::from_slice(&ticket.content).ok()?;
        Some(Found::Refresh { grant, until_s: ticket.until_s, family: ticket.family })
    }))
}

/// What `token` is worth; `None` when nothing, or it is of another service.
///
/// # Errors
/// [`Fault::InvalidClient`] for a client without a secret; [`ActionError::OverBudget`](super::ActionError::OverBudget) after
/// too many different people.
pub async fn introspect(app: &App, client: &Client, token: &str) -> Result<Option<Worth>, OauthError> {
    if !client.is_confidential() {
        return Err(Fault::InvalidClient.into());
    }
    let Some(found) = find(app, token).await?.filter(|found| found.holder().1 == client.service) else {
        return Ok(None);
    };
    let edition = app.policy()?;
    let (client_id, service) = found.holder();
    let (client_id, service) = (client_id.to_owned(), service.to_owned());
    let worth = match found {
        Found::Service(own) => {
            let is_declared = edition.policy.find_service(&service).is_some();
            let aud = Some(app.config.issuer.clone());
            return Ok(is_declared.then(|| Worth {
                sub: client_id.clone(),
                act: None,
                client_id,
                scope: String::new(),
                aud,
                until_s: own.until_s,
                jkt: own.jkt,
            }));
        }
        Found::Person { claims, .. } => Worth {
            client_id,
            until_s: claims.until_s(),
            jkt: claims.jkt().map(str::to_owned),
            sub: claims.sub.clone(),
            act: claims.act.as_ref().map(|act| act.sub.clone()),
            scope: claims.scope.clone(),
            aud: Some(userinfo_uri(&app.config.issuer)),
        },
        Found::Refresh { grant, until_s, .. } => {
            Worth { client_id, sub: grant.sub, act: grant.act, scope: grant.scope, aud: None, until_s, jkt: grant.jkt }
        }
    };
    if let Some(asking) = edition.policy.find_service(&service) {
        let sub = Sub::parse(&worth.sub);
        let locator = sub.and_then(|sub| app.store.keys().sector(&service).locator(&sub));
        let person = Person { locator, called: worth.sub.clone() };
        budget::check_service(app, &edition, (asking, None), &[person]).await?;
    }
    match live_edition(app, &service, Named { sub: &worth.sub, act: worth.act.as_deref() }).await {
        Ok(_) => Ok(Some(worth)),
        Err(OauthError::Fault(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Ends `token`: an access token alone, a refresh token with all that came of its sign-in. One that is worth nothing
/// stays so.
///
/// # Errors
/// [`Fault::InvalidGrant`] for a token of another client, [`Fault::UnsupportedTokenType`] for one of the service's own,
/// which lives by its time alone.
pub async fn revoke(app: &App, client: &Client, token: &str) -> Result<(), OauthError> {
    let Some(found) = find(app, token).await? else { return Ok(()) };
    if found.holder().0 != client.id {
        return Err(Fault::InvalidGrant.into());
    }
    match found {
        Found::Person { id, .. } => Ok(app.store.remove_ticket(&id, None).await?),
        Found::Refresh { family, .. } => Ok(app.store.remove_families(family.as_slice()).await?),
        Found::Service(_) => Err(Fault::UnsupportedTokenType.into()),
    }
}
