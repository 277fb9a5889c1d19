//! A client exchanges a code, a refresh token, a device's code or its own name for tokens. RFC 6749 (4.1.3, 4.4, 6), 7636, 8628, 9068, 9449.
//!
//! A code or refresh token works once; a second use ends everything that came of the first. Each exchange asks the
//! facts: without a running agreement and a consent there is none. An access token about a person is a ticket as well, so that it ends
//! with the session, the family or by revocation, not by its time alone.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Entropy, Sub};
use kepil_policy::{Service, Subject};
use kepil_store::{NewTicket, OsEntropy, StoreError, Taken, Ticket, TicketKind};

use super::{
    ActionError, authorize,
    behalf::{Behalf, home_row},
    device, standings,
};
use crate::{
    App,
    oidc::{
        Alg, Client, Fault, GrantType, OauthError, Typ,
        grant::{CodeContent, Grant, IdClaims, PersonClaims, REFRESH_S, ServiceToken, TOKEN_S, proves, to_content},
        is_offline,
    },
};

/// What a client gets.
pub struct Issued {
    /// Opens `/userinfo`, or the service API.
    pub access_token: String,
    /// Says who signed in.
    pub id_token: Option<String>,
    /// For the next access token.
    pub refresh_token: Option<String>,
    /// What was granted.
    pub scope: String,
    /// Whether the access token is bound to a key.
    pub is_bound: bool,
}

/// A code that is to be exchanged.
pub struct CodeAsk<'a> {
    /// The code.
    pub code: &'a str,
    /// Where it was sent.
    pub redirect_uri: &'a str,
    /// What the proof key was made from.
    pub verifier: Option<&'a str>,
    /// Thumbprint of the key that the client proved to hold.
    pub jkt: Option<&'a str>,
}

/// Exchanges a code.
///
/// # Errors
/// [`Fault::InvalidGrant`] when anything does not fit together; the code is used up all the same.
pub async fn by_code(app: &App, client: &Client, asked: CodeAsk<'_>) -> Result<Issued, OauthError> {
    let kind = TicketKind::Code;
    let Some(ticket) = app.store.find_ticket(kind, asked.code, app.now().unix_s()).await? else {
        return Err(spent(app, kind, asked.code).await);
    };
    let grant = match grant_of_code(app, client, &asked, &ticket).await {
        Ok(grant) => grant,
        Err(OauthError::Fault(_)) => return Err(spent(app, kind, asked.code).await),
        Err(error) => return Err(error),
    };
    let refresh_until_s = is_offline(&grant.scope).then(|| app.now().unix_s() + REFRESH_S);
    issue(app, client, (kind, asked.code), &ticket, &grant, refresh_until_s).await
}

async fn grant_of_code(app: &App, client: &Client, asked: &CodeAsk<'_>, ticket: &Ticket) -> Result<Grant, OauthError> {
    let code: CodeContent = serde_json::from_slice(&ticket.content).map_err(|_| Fault::InvalidGrant)?;
    let is_proven = match (&code.challenge, asked.verifier) {
        (Some(challenge), Some(verifier)) => proves(verifier, challenge),
        (None, None) => true,
        _ => false,
    };
    let is_same_key = code.grant.jkt.is_none() || code.grant.jkt.as_deref() == asked.jkt;
    let is_own = code.grant.client_id == client.id && code.redirect_uri == asked.redirect_uri;
    if !(is_own && is_proven && is_same_key) {
        return Err(Fault::InvalidGrant.into());
    }
    let edition = live_edition(app, &code.grant.service, Named::of(&code.grant)).await?;
    Ok(Grant { edition, jkt: asked.jkt.map(str::to_owned), ..code.grant })
}

/// Exchanges the code of a device whose person has answered.
///
/// # Errors
/// [`Fault::AuthorizationPending`] while they have not, [`Fault::SlowDown`] when asked too often,
/// [`Fault::AccessDenied`] when they refused, [`Fault::ExpiredToken`] past its end.
pub async fn by_device(app: &App, client: &Client, code: &str, jkt: Option<&str>) -> Result<Issued, OauthError> {
    let kind = TicketKind::Device;
    let Some(ticket) = app.store.find_ticket(kind, code, app.now().unix_s()).await? else {
        return Err(match spent(app, kind, code).await {
            OauthError::Fault(_) => Fault::ExpiredToken.into(),
            error @ OauthError::Action(_) => error,
        });
    };
    let grant = device::answered(app, client, code, &ticket).await?;
    let edition = live_edition(app, &grant.service, Named::of(&grant)).await?;
    let refresh_until_s = is_offline(&grant.scope).then(|| app.now().unix_s() + REFRESH_S);
    let grant = Grant { edition, jkt: jkt.map(str::to_owned), ..grant };
    issue(app, client, (kind, code), &ticket, &grant, refresh_until_s).await
}

/// Exchanges a refresh token for the next one.
///
/// # Errors
/// [`Fault::InvalidGrant`] when it was used, is of another client (then it is used up), or the agreement is over;
/// [`Fault::InvalidScope`] when more is asked for than was granted: that loses nothing.
pub async fn by_refresh(
    app: &App,
    client: &Client,
    token: &str,
    scope: Option<&str>,
    jkt: Option<&str>,
) -> Result<Issued, OauthError> {
    let kind = TicketKind::Refresh;
    let Some(ticket) = app.store.find_ticket(kind, token, app.now().unix_s()).await? else {
        return Err(spent(app, kind, token).await);
    };
    let grant: Grant = serde_json::from_slice(&ticket.content).map_err(|_| Fault::InvalidGrant)?;
    // The refresh token of a client without a secret is bound to its key; one with a secret may change its key.
    let is_same_key = client.is_confidential() || grant.jkt.is_none() || grant.jkt.as_deref() == jkt;
    if grant.client_id != client.id || !is_same_key {
        return Err(spent(app, kind, token).await);
    }
    let is_within = |asked: &str| asked.split(' ').all(|word| grant.scope.split(' ').any(|own| own == word));
    if scope.is_some_and(|asked| !is_within(asked)) {
        return Err(Fault::InvalidScope.into());
    }
    let edition = live_edition(app, &grant.service, Named::of(&grant)).await?;
    let grant = Grant { edition, nonce: None, jkt: jkt.map(str::to_owned), ..grant };
    issue(app, client, (kind, token), &ticket, &grant, Some(ticket.until_s)).await
}

/// An access token with which a client calls on behalf of its service.
///
/// # Errors
/// [`Fault::UnauthorizedClient`] for a client without a secret or whose service the policy does not have.
pub fn for_service(app: &App, client: &Client, jkt: Option<&str>) -> Result<Issued, OauthError> {
    let is_declared = app.policy()?.policy.find_service(&client.service).is_some();
    if !client.is_confidential() || !is_declared {
        return Err(Fault::UnauthorizedClient.into());
    }
    let now_s = app.now().unix_s();
    let (own, id) = ((client.id.as_str(), client.service.as_str()), (random_id()?, jkt));
    let access_token = ServiceToken::sign(&app.signing, own, &app.config.issuer, now_s, id)?;
    let (scope, is_bound) = (String::new(), jkt.is_some());
    Ok(Issued { access_token, id_token: None, refresh_token: None, scope, is_bound })
}

/// Whom a service calls by its own ids: the subject of a token, and who acts for it.
#[derive(Clone, Copy)]
pub(crate) struct Named<'a> {
    /// The person or legal entity.
    pub sub: &'a str,
    /// Who acts for them.
    pub act: Option<&'a str>,
}

impl<'a> Named<'a> {
    /// Those of `grant`.
    pub fn of(grant: &'a Grant) -> Self {
        Self { sub: &grant.sub, act: grant.act.as_deref() }
    }

    /// For whom that is, by the vault's ids.
    ///
    /// # Errors
    /// [`Fault::InvalidGrant`] when there is nobody.
    pub async fn behalf(self, app: &App, service: &Service) -> Result<Behalf, OauthError> {
        let sector = app.store.keys().sector(&service.name);
        let find = |sub: &str| Sub::parse(sub).and_then(|sub| sector.locator(&sub)).ok_or(Fault::InvalidGrant);
        let by = self.act.map(find).transpose()?;
        let whose = find(self.sub)?;
        // Nobody acts for whoever has no row; a person alone needs no look.
        let row = if by.is_some() { Some(home_row(app, whose).await?.ok_or(Fault::InvalidGrant)?) } else { None };
        let kind = row.map_or(Subject::Person, |row| row.standing.kind);
        Ok(Behalf { whose, kind, by })
    }
}

/// The edition that the person or legal entity with this id at `service` accepts today.
///
/// # Errors
/// [`Fault::InvalidGrant`] when there is no such person, no running agreement, no consent, no mandate or guardian any more, or the
/// person is too young.
pub(crate) async fn live_edition(app: &App, service: &str, named: Named<'_>) -> Result<u32, OauthError> {
    let effective = app.policy()?;
    let service = effective.policy.find_service(service).ok_or(Fault::InvalidGrant)?;
    let behalf = named.behalf(app, service).await?;
    if !authorize::may_act(app, behalf, service).await? {
        return Err(Fault::InvalidGrant.into());
    }
    let standings = standings::standings(app, &effective.policy, service, behalf).await?;
    let (moment, kind) = (app.now(), behalf.kind);
    let is_of_age = standings.iter().all(|(_, standing)| {
        authorize::is_old_enough((service, kind), standing) && authorize::is_guarded(service, standing, moment.day)
    });
    if !is_of_age {
        return Err(Fault::InvalidGrant.into());
    }
    let has_use = authorize::has_use(&effective, (service, kind), &standings, moment);
    Ok(standings::live_edition(service, &standings).filter(|_| has_use).ok_or(Fault::InvalidGrant)?)
}

/// Uses `ticket` up for the tokens of `grant`.
async fn issue(
    app: &App,
    client: &Client,
    (kind, token): (TicketKind, &str),
    ticket: &Ticket,
    grant: &Grant,
    refresh_until_s: Option<i64>,
) -> Result<Issued, OauthError> {
    let (issuer, now_s) = (&app.config.issuer, app.now().unix_s());
    let sector = app.store.keys().sector(&grant.service);
    // Whoever acts has the tickets: they end with what ends theirs.
    let owner = Sub::parse(grant.act.as_ref().unwrap_or(&grant.sub)).and_then(|sub| sector.locator(&sub));
    let next = |kind, until_s, content| NewTicket { kind, owner, family: ticket.family, until_s, content };
    let content = || to_content(grant).map_err(|error| ActionError::Broken(error.to_string()));
    let mut all = vec![next(TicketKind::Access, now_s + TOKEN_S, content()?)];
    if let Some(until_s) = refresh_until_s.filter(|_| client.may(GrantType::Refresh)) {
        all.push(next(TicketKind::Refresh, until_s, content()?));
    }
    let mut tokens = match app.store.replace_ticket(ticket, all).await {
        Err(StoreError::Conflict) => return Err(spent(app, kind, token).await),
        done => done?.into_iter(),
    };
    let jti = tokens.next().unwrap_or_default();
    let claims = PersonClaims::of(grant, issuer, now_s, jti);
    let access_token = app.signing.sign(Alg::default(), Typ::Access, &claims, now_s)?;
    let alg = client.metadata.id_token_signed_response_alg;
    let id_token = app.signing.sign(alg, Typ::Id, &IdClaims::of(grant, issuer, now_s, &access_token), now_s)?;
    Ok(Issued {
        access_token,
        id_token: Some(id_token),
        refresh_token: tokens.next(),
        scope: grant.scope.clone(),
        is_bound: grant.jkt.is_some(),
    })
}

/// What a token comes to that led to nothing: it is used up, and its family ends when it was used before.
async fn spent(app: &App, kind: TicketKind, token: &str) -> OauthError {
    let ended = match app.store.take_ticket(kind, token, app.now().unix_s()).await {
        Ok(Taken::Again(Some(family))) => {
            tracing::warn!("a code or refresh token was used twice: all tokens of its sign-in end");
            app.store.remove_families(&[family]).await
        }
        other => other.map(drop),
    };
    ended.map_or_else(OauthError::from, |()| Fault::InvalidGrant.into())
}

pub(crate) fn random_id() -> Result<String, ActionError> {
    let mut bytes = [0; 16];
    OsEntropy.fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
