//! A person goes to a service: what is still to be done before it gets a code, and the code. Clauses 1.3a, 2.4c, 3.4e, 8.2a.
//!
//! The gate itself is asked what it would say to the service, so the pages on the way cannot differ from it. Start
//! reading at [`next_step`].

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{
    Day, EventId, Locator, Moment, Sub,
    gate::{Actor, ActorFacts, Agreement, Ask, Ground, Refusal, Refused, decide},
    ledger::Act,
    standing::Standing,
};
use kepil_policy::{CompartmentId, Effective, Policy, Service, Subject, Use, UseId};
use kepil_store::{NewTicket, StoreError, Taken, TicketKind};

use super::{
    ActionError, OwnAct,
    behalf::{self, Behalf, home, home_row, is_for},
    choices::change,
    device, factors, guardians,
    sign_in::{Strength, sign_in_compartment},
    sign_out_notices::SignOutNotice,
    standings::{compartments_of, live_edition, standing_at, standings},
};
use crate::{
    App,
    oidc::{
        Answer, AuthRequest, Client, Fault, OauthError, Params,
        grant::{CODE_S, CodeContent, Grant, IdClaims, REFRESH_S, to_content},
    },
};

/// How long a person may take on the way. Unit: seconds.
const VISIT_S: i64 = 30 * 60;

/// Unit: seconds.
const DAY_S: i64 = 86_400;

/// Who is on the way.
#[derive(Clone, Copy)]
pub struct SignedIn {
    /// The person.
    pub locator: Locator,
    /// When they proved who they are. Unit: Unix seconds.
    pub auth_time_s: i64,
    /// How well.
    pub strength: Strength,
    /// Under what their session is kept.
    pub session: [u8; 32],
    /// What their session's tickets have in common.
    pub family: [u8; 16],
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// The person must sign in, or do so again.
    SignIn,
    /// The person was brought along and must accept the account itself first.
    Account,
    /// The person must accept the service, or a later edition of what they accepted.
    Accept,
    /// The person must say for whom they go: for themselves, for a legal entity or for a ward.
    Whom,
    /// Somebody else than the client means signed in.
    Other,
    /// The person proved who they are less well than the client needs, and cannot do better.
    Weak,
    /// The person must release claims for this use.
    Consent(UseId),
    /// Nothing can be done: the person has blocked everything, or is leaving.
    Deny,
    /// Nothing: the service gets a code. The person accepted this edition.
    Issue {
        /// Running number of the edition.
        edition: u32,
    },
}

/// Reads what `client` asks; `redirect_uri` is one of its own.
///
/// # Errors
/// [`Fault`] for the client.
pub fn read(app: &App, params: &Params, client: &Client, redirect_uri: &str) -> Result<AuthRequest, OauthError> {
    let policy = app.policy()?;
    let request = AuthRequest::parse(params, client, redirect_uri, &policy.policy, app.now().unix_s())?;
    let Some(hint) = params.find("id_token_hint")? else { return Ok(request) };
    let hint = IdClaims::from_hint(&app.signing, hint, &app.config.issuer).filter(|hint| hint.aud == client.id);
    let hint = hint.ok_or(Fault::InvalidRequest("id_token_hint is not of this provider for this client"))?;
    if request.sub.as_ref().is_some_and(|sub| *sub != hint.sub) {
        return Err(Fault::InvalidRequest("id_token_hint and claims mean different people").into());
    }
    Ok(AuthRequest { sub: Some(hint.sub.clone()), ..request })
}

/// What is to be done before the service of `request` gets a code.
///
/// # Errors
/// [`ActionError`] when the store does not answer or the service is gone.
pub async fn next_step(app: &App, request: &AuthRequest, session: Option<&SignedIn>) -> Result<Step, ActionError> {
    let Some(session) = session.filter(|session| request.is_fresh(session.auth_time_s)) else {
        return Ok(Step::SignIn);
    };
    let effective = app.policy()?;
    let service = effective.policy.find_service(&request.service).ok_or(ActionError::Input("service"))?;
    let whom = whom(app, request, session, service).await?;
    if matches!(whom, Whom::Other) {
        return Ok(if request.was_sent { Step::Other } else { Step::SignIn });
    }
    if !request.acr.is_empty() && !request.acr.iter().any(|acr| acr == session.strength.acr()) {
        let can_better = !request.was_sent && factors::load(app, session.locator).await?.has_second();
        return Ok(if can_better { Step::SignIn } else { Step::Weak });
    }
    if !has_account(app, session.locator).await? {
        return Ok(Step::Account);
    }
    let Whom::Known(behalf) = whom else { return Ok(Step::Whom) };
    let standings = standings(app, &effective.policy, service, behalf).await?;
    Ok(step(&effective, (service, behalf.kind), request, &standings, app.now()))
}

/// For whom somebody goes to a service.
enum Whom {
    Known(Behalf),
    /// The person must say.
    Asked,
    /// The client means somebody for whom the person may not go.
    Other,
}

async fn whom(app: &App, request: &AuthRequest, session: &SignedIn, service: &Service) -> Result<Whom, ActionError> {
    let effective = app.policy()?;
    let sector = app.store.keys().sector(&service.name);
    let has_others = [Subject::Entity, Subject::Person].iter().any(|kind| is_for(&effective.policy, service, *kind));
    // What somebody else said on this way does not count.
    let chosen = request.whom.as_ref().filter(|_| request.whom_by == Some(session.family));
    let said = request.sub.as_ref().or(chosen);
    if let Some(sub) = said {
        let whose = Sub::parse(sub).and_then(|sub| sector.locator(&sub));
        if whose == Some(session.locator) {
            return Ok(Whom::Known(session.locator.into()));
        }
        if let Some(whose) = whose.filter(|_| has_others)
            && let Some(behalf) = guardians::find_behalf(app, session.locator, whose, service).await?
        {
            return Ok(Whom::Known(behalf));
        }
        if request.sub.is_some() {
            return Ok(Whom::Other);
        }
        // What was said holds or is asked again; nobody goes for themselves who said that they go for another.
        return Ok(Whom::Asked);
    }
    if !has_others || behalf::list(app, session.locator, Some(service)).await?.0.is_empty() {
        return Ok(Whom::Known(session.locator.into()));
    }
    Ok(Whom::Asked)
}

/// For whom the person of `session` goes with `request`, once that is known.
///
/// # Errors
/// [`ActionError::Expired`] when it is not.
pub async fn behalf(app: &App, request: &AuthRequest, session: &SignedIn) -> Result<Behalf, ActionError> {
    let effective = app.policy()?;
    let service = effective.policy.find_service(&request.service).ok_or(ActionError::Input("service"))?;
    match whom(app, request, session, service).await? {
        Whom::Known(behalf) => Ok(behalf),
        Whom::Asked | Whom::Other => Err(ActionError::Expired),
    }
}

/// Whether whoever acts for another may do so at `service` now; for oneself one always may.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(crate) async fn may_act(app: &App, behalf: Behalf, service: &Service) -> Result<bool, ActionError> {
    let Some(by) = behalf.by else { return Ok(true) };
    let row = home_row(app, behalf.whose).await?.filter(|row| row.standing.kind == behalf.kind);
    Ok(row.is_some_and(|row| row.standing.mandate(by, app.now().day, Some(service.tag)).is_some()))
}

/// Whether the person ever accepted the account itself; whoever was brought along from an earlier system did not.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn has_account(app: &App, locator: Locator) -> Result<bool, ActionError> {
    let effective = app.policy()?;
    let account = effective.policy.account().ok_or(ActionError::NoPolicy)?;
    let row = app.store.find_person(locator, sign_in_compartment(&effective.policy)?).await?;
    Ok(row.is_some_and(|row| row.standing.agreement_row(account.tag).is_some()))
}

/// The decision, without the store.
#[must_use]
pub fn step(
    effective: &Effective,
    (service, kind): (&Service, Subject),
    request: &AuthRequest,
    standings: &[(CompartmentId, Standing)],
    moment: Moment,
) -> Step {
    let policy = &effective.policy;
    if standings.iter().any(|(_, standing)| standing.is_blocked || standing.is_destroying) {
        return Step::Deny;
    }
    let by_claim = policy.uses_for(service, kind).find(|each| each.per_claim);
    let accepts = || match by_claim {
        // All that would be accepted is on the page of claims; what a guardian agrees to is on that of acceptance.
        Some(row) if is_by_claim_only(policy, service, kind) && service.guardian.is_none() => Step::Consent(row.id),
        _ => Step::Accept,
    };
    let is_confirmed =
        |standing: &Standing| is_old_enough((service, kind), standing) && is_guarded(service, standing, moment.day);
    let Some(edition) = live_edition(service, standings) else { return accepts() };
    if request.shows_terms || !standings.iter().all(|(_, standing)| is_confirmed(standing)) {
        return accepts();
    }
    let mut next = None;
    for row in policy.uses_for(service, kind) {
        let standing = standing_at(standings, row.compartment);
        match standing.and_then(|standing| lack(effective, row, standing, moment)) {
            None => {}
            Some(Lack::Newer) if request.keeps_edition => {}
            Some(Lack::Withdrawn) if row.optional => {}
            Some(Lack::Consent) if row.optional && (!row.per_claim || request.refused.contains(&row.purpose)) => {}
            Some(_) if row.per_claim => next = next.or(Some(Step::Consent(row.id))),
            Some(_) => return Step::Accept,
        }
    }
    next.unwrap_or(Step::Issue { edition })
}

/// Whether the person is known to be as old as `service` asks; a legal entity has no age.
#[must_use]
pub(crate) fn is_old_enough((service, kind): (&Service, Subject), standing: &Standing) -> bool {
    let is_of_age = standing.age_at_least.is_some_and(|age| u32::from(age) >= service.min_age);
    service.min_age == 0 || kind == Subject::Entity || is_of_age
}

/// Whether a guardian agreed to `service`, where it asks for one and the person may not act alone yet.
#[must_use]
pub(crate) fn is_guarded(service: &Service, standing: &Standing, today: Day) -> bool {
    let is_alone = |alone: u32| standing.age_at_least.is_some_and(|age| u32::from(age) >= alone);
    let is_free = service.guardian.is_none_or(|ages| is_alone(ages.alone)) || standing.kind == Subject::Entity;
    is_free || standing.has_guardian(service.tag, today)
}

/// Whether everything that the service does is consented to claim by claim.
#[must_use]
pub fn is_by_claim_only(policy: &Policy, service: &Service, kind: Subject) -> bool {
    let mut uses = policy.uses_for(service, kind).peekable();
    uses.peek().is_some() && uses.all(|each| each.per_claim)
}

/// Whether anything is left that `service` may do under a running agreement. Whoever withdrew every consent is told of no
/// more, not even by an id.
pub(crate) fn has_use(
    effective: &Effective,
    (service, kind): (&Service, Subject),
    standings: &[(CompartmentId, Standing)],
    moment: Moment,
) -> bool {
    let mut uses = effective.policy.uses_for(service, kind).peekable();
    let lacks = |standing: &Standing, row: &Use| {
        matches!(lack(effective, row, standing, moment), Some(Lack::Consent | Lack::Withdrawn))
    };
    uses.peek().is_none()
        || uses.any(|row| standings.iter().any(|(id, standing)| *id == row.compartment && !lacks(standing, row)))
}

/// What a running agreement lacks for one use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lack {
    /// A consent, or one whose time is not over.
    Consent,
    /// The consent, which was withdrawn.
    Withdrawn,
    /// The acceptance of a later edition.
    Newer,
}

/// What the gate would miss if the service wanted to do all that `row` allows now.
pub(crate) fn lack(effective: &Effective, row: &Use, standing: &Standing, moment: Moment) -> Option<Lack> {
    let (actor, ground) = (Actor::Service(row.service), Ground::Use(row.id));
    row.verbs.iter().find_map(|verb| {
        let ask = Ask { event: EventId([0; 16]), actor, ground, verb, fields: row.fields, moment };
        let refused = decide(effective, &ask, &standing.facts(effective, &ask, ActorFacts::Nothing)).refused;
        match refused {
            Refused::Whole(Refusal::NoConsent | Refusal::KeepOver) => Some(Lack::Consent),
            Refused::Whole(Refusal::Withdrawn) => Some(Lack::Withdrawn),
            Refused::Whole(Refusal::NewerEdition) => Some(Lack::Newer),
            Refused::Fields(by) if !by.newer.is_empty() => Some(Lack::Newer),
            _ => None,
        }
    })
}

/// Whether an edition that adds to what `service` may do waits for the person's answer.
pub(crate) fn waits_for_acceptance(
    effective: &Effective,
    service: &Service,
    standings: &[(CompartmentId, Standing)],
    moment: Moment,
) -> bool {
    let is_live = live_edition(service, standings).is_some();
    is_live
        && effective.policy.uses_of(service).filter(|row| !row.per_claim).any(|row| {
            let standing = standing_at(standings, row.compartment);
            let lack = standing.and_then(|standing| lack(effective, row, standing, moment));
            lack == Some(Lack::Newer) || (lack == Some(Lack::Consent) && !row.optional)
        })
}

/// Keeps `request` while the person signs in and decides; returns the token for `go`.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn keep(app: &App, request: &AuthRequest) -> Result<String, ActionError> {
    let content = to_content(request).map_err(|error| ActionError::Broken(error.to_string()))?;
    let until_s = app.now().unix_s() + VISIT_S;
    Ok(app.store.add_ticket(NewTicket { kind: TicketKind::Visit, owner: None, family: None, until_s, content }).await?)
}

/// The request that `go` stands for.
///
/// # Errors
/// [`ActionError::Expired`] when there is none any more.
pub async fn find(app: &App, go: &str) -> Result<AuthRequest, ActionError> {
    let ticket = app.store.find_ticket(TicketKind::Visit, go, app.now().unix_s()).await?.ok_or(ActionError::Expired)?;
    serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)
}

/// How often a decision is noted anew when somebody else noted one in just this moment.
const SET_TRIES: usize = 8;

/// Notes what the person decided on the way; whoever sends a form twice decides twice.
///
/// # Errors
/// [`ActionError::Expired`] when the request is not kept any more, [`ActionError::Busy`] when too many change it at once.
pub async fn set(app: &App, go: &str, change: impl Fn(&mut AuthRequest)) -> Result<(), ActionError> {
    for _ in 0..SET_TRIES {
        let mut ticket =
            app.store.find_ticket(TicketKind::Visit, go, app.now().unix_s()).await?.ok_or(ActionError::Expired)?;
        let mut request: AuthRequest = serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
        change(&mut request);
        ticket.content = to_content(&request).map_err(|error| ActionError::Broken(error.to_string()))?;
        match app.store.set_ticket(TicketKind::Visit, go, &ticket).await {
            Err(StoreError::Conflict) => {}
            done => return Ok(done?),
        }
    }
    Err(ActionError::Busy)
}

/// The way is over: the request is not kept any more. Of two ends at once one is the first.
///
/// # Errors
/// [`ActionError::Expired`] when it was over before.
pub async fn end(app: &App, go: &str) -> Result<(), ActionError> {
    match app.store.take_ticket(TicketKind::Visit, go, app.now().unix_s()).await? {
        Taken::First(_) => Ok(()),
        Taken::Again(_) | Taken::Unknown => Err(ActionError::Expired),
    }
}

/// What all tickets of one session at one client have in common. Two clients cannot tell that theirs are of one session.
pub(crate) fn family_of(app: &App, session: [u8; 16], client_id: &str) -> [u8; 16] {
    let mut value = session.to_vec();
    value.extend(client_id.as_bytes());
    app.store.keys().hash_for("client family", &value)
}

/// Issues a code, or what a device waits for, and records that the person went to the service.
///
/// # Errors
/// [`ActionError::Refused`] when the agreement ended meanwhile, [`ActionError::Expired`] when the session or the device's
/// request did.
pub async fn issue(
    app: &App,
    request: &AuthRequest,
    session: &SignedIn,
    edition: u32,
) -> Result<Option<String>, ActionError> {
    let effective = app.policy()?;
    let service = effective.policy.find_service(&request.service).ok_or(ActionError::Input("service"))?;
    let behalf = behalf(app, request, session).await?;
    let compartments = compartments_of(&effective.policy, service, behalf.kind)?;
    let ((_, first), home) = (compartments.first().ok_or(ActionError::NoPolicy)?, home(app)?);
    change(app, behalf.whose, *first, |person| {
        behalf.check_at((*first, home), &person.standing, app.now().day, service)?;
        if !matches!(person.standing.agreement(service.tag), Agreement::Live { .. }) {
            return Err(ActionError::Refused(Refusal::NotAccepted));
        }
        let act = OwnAct { service: Some(service), ..OwnAct::plain(Act::SignIn) };
        Ok(Some((person.standing.clone(), act.recorded_by(behalf.actor(), &effective, app.now())?)))
    })
    .await?;
    let (grant, redirect_uri) = match &request.answer {
        Answer::Device(code) => return device::grant(app, request, session, code, edition).await.map(|()| None),
        Answer::Back { redirect_uri, .. } => (grant(app, request, session, edition).await?, redirect_uri.clone()),
    };
    let code = CodeContent { grant, redirect_uri, challenge: request.challenge.clone() };
    let ticket = NewTicket {
        kind: TicketKind::Code,
        owner: Some(session.locator),
        family: Some(family_of(app, session.family, &request.client_id)),
        until_s: app.now().unix_s() + CODE_S,
        content: to_content(&code).map_err(|error| ActionError::Broken(error.to_string()))?,
    };
    match app.store.add_ticket_under(&session.session, ticket).await {
        Err(StoreError::Conflict) => Err(ActionError::Expired),
        done => Ok(Some(done?)),
    }
}

/// What the sign-in comes to for the client; and that the session went there, if the client wants to know its end.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(crate) async fn grant(
    app: &App,
    request: &AuthRequest,
    session: &SignedIn,
    edition: u32,
) -> Result<Grant, ActionError> {
    let name = [&session.family, request.client_id.as_bytes()].concat();
    let (keys, behalf) = (app.store.keys(), behalf(app, request, session).await?);
    let sector = keys.sector(&request.service);
    let act = behalf.by.map(|by| sector.sub(&by)).transpose()?;
    let grant = Grant {
        client_id: request.client_id.clone(),
        service: request.service.clone(),
        sub: sector.sub(&behalf.whose)?.as_str().to_owned(),
        act: act.map(|act| act.as_str().to_owned()),
        scope: request.scope.clone(),
        wanted: request.wanted.clone(),
        auth_time_s: request.tells_auth_time.then(|| told_auth_time_s(request, session)),
        sid: BASE64_URL_SAFE_NO_PAD.encode(keys.hash_for("sid", &name)),
        acr: session.strength.acr().to_owned(),
        nonce: request.nonce.clone(),
        edition,
        jkt: request.jkt.clone(),
    };
    if request.tells_sign_out {
        let (client_id, sub, sid) = (grant.client_id.clone(), grant.sub.clone(), grant.sid.clone());
        let content = to_content(&SignOutNotice { client_id, sub, sid, tries: 0, next_s: 0 })
            .map_err(|error| ActionError::Broken(error.to_string()))?;
        let until_s = app.now().unix_s() + REFRESH_S;
        app.store.add_client_session(&name, session.locator, session.family, until_s, content).await?;
    }
    Ok(grant)
}

/// The moment of the sign-in as the client is told it: the beginning of its day, or what the client asked for if that is
/// later. Two services that knew the same second would know that it is the same person (clause 3.1.5); what is told is never
/// so early that the client must send the person back.
fn told_auth_time_s(request: &AuthRequest, session: &SignedIn) -> i64 {
    let day_s = session.auth_time_s - session.auth_time_s.rem_euclid(DAY_S);
    day_s.max(request.signed_in_since_s.unwrap_or(i64::MIN))
}
