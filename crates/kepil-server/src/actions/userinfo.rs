//! A client asks about the person of its access token. Clauses 2.1¶C, 2.4a, 3.1.3, 3.4g.
//!
//! Every use of the service is asked for at the gate, each with its own entry in the ledger: what is told follows from
//! the bundle and the facts of this moment; what the client asked for only narrows it.

use std::collections::BTreeSet;

use kepil_domain::{
    gate::{Actor, Ask, Ground},
    vault::OpenedField,
};
use kepil_policy::{Field, FieldSet, FormPlace, Policy, Use, Verb};
use kepil_store::{Acting, TicketKind};

use super::{
    ask_as_and_open, authorize,
    client_auth::{Shown, check_bound},
    exchange::Named,
    representatives,
    standings::{Known, live_edition},
    tag_of,
};
use crate::{
    App,
    oidc::{
        Fault, OauthError, Wanted,
        claims::{Shape, assurance, claim_name, shape},
        grant::{Grant, PersonClaims},
    },
};

/// One claim.
pub struct Told {
    /// Its name.
    pub name: String,
    /// Its value.
    pub opened: OpenedField,
    /// What form the value has.
    pub shape: Shape,
    /// How well it is known.
    pub assurance: &'static str,
}

/// Everything that a client is told.
pub struct ToldAll {
    /// Who is told.
    pub client_id: String,
    /// The service's id for the person.
    pub sub: String,
    /// The service's id for whoever acts for them.
    pub act: Option<String>,
    /// The claims, each name once.
    pub claims: Vec<Told>,
}

/// Tells.
///
/// # Errors
/// [`Fault::InvalidToken`] when the token does not hold or was ended, or nothing is granted to the service any more.
pub async fn userinfo(app: &App, shown: Shown<'_>) -> Result<ToldAll, OauthError> {
    let now_s = app.now().unix_s();
    let sent = shown.token.ok_or(Fault::InvalidToken)?;
    let token = PersonClaims::verify(&app.signing, sent, &app.config.issuer, now_s).ok_or(Fault::InvalidToken)?;
    check_bound(app, token.jkt(), shown).await?;
    let ticket = app.store.find_ticket(TicketKind::Access, token.jti(), now_s).await?.ok_or(Fault::InvalidToken)?;
    let grant: Grant = serde_json::from_slice(&ticket.content).map_err(|_| Fault::InvalidToken)?;
    let effective = app.policy()?;
    let policy = &effective.policy;
    let service = policy.find_service(&grant.service).ok_or(Fault::InvalidToken)?;
    let behalf = Named::of(&grant).behalf(app, service).await.map_err(not_held)?;
    // What is known of the mandate is a lease, like what is known of the entity.
    let read_at = behalf.by.map(|_| app.store.clock().tick());
    if !authorize::may_act(app, behalf, service).await? {
        return Err(Fault::InvalidToken.into());
    }
    let mut known = Known::default();
    let (mut is_asked, mut is_granted) = (false, false);
    let mut opened = Vec::new();
    let mut rows: Vec<&Use> = policy.uses_for(service, behalf.kind).collect();
    rows.retain(|row| row.verbs.contains(Verb::Extract));
    // Those that the service needs come first: the answer says what is known where the optional ones are.
    rows.sort_by_key(|row| row.optional);
    for row in rows {
        let fields = wanted(policy, &grant.wanted, row);
        // A use of which nothing is asked is not asked for, unless it is the one that shows that anything is granted.
        if fields.is_empty() && !row.fields.is_empty() && is_asked {
            continue;
        }
        if row.optional {
            known.complete(app, policy, service, behalf).await?;
            let consent = known.at(row.compartment).and_then(|standing| standing.consent_row(row.tag));
            if consent.is_none_or(|consent| consent.is_withdrawn) {
                continue;
            }
        }
        let ask = Ask {
            event: App::new_event()?,
            actor: Actor::Service(service.id),
            ground: Ground::Use(row.id),
            verb: Verb::Extract,
            fields,
            moment: app.now(),
        };
        let compartment = tag_of(policy, row.compartment)?;
        let (acting, whose) = (Acting { read_at, ..Acting::default() }, Some(behalf.whose));
        let mut answered = ask_as_and_open(app, &effective, ask, acting, whose, compartment).await?;
        representatives::fill(app, &effective, &ask, whose, &mut answered).await?;
        is_asked = true;
        // Fields that are withheld one by one leave the use itself granted.
        is_granted |= answered.refused.whole().is_none();
        opened.extend(answered.opened.into_iter().flat_map(|opened| opened.fields));
        if let Some(found) = answered.found {
            known.add(row.compartment, found);
        }
    }
    known.complete(app, policy, service, behalf).await?;
    // After a block, a withdrawal of everything or the end of the agreement the token opens nothing, not even the id.
    let is_live = live_edition(service, &known.standings).is_some();
    if !is_live || (is_asked && !is_granted) {
        return Err(Fault::InvalidToken.into());
    }
    Ok(ToldAll { client_id: grant.client_id, sub: grant.sub, act: grant.act, claims: name_claims(policy, opened) })
}

/// What names nobody opens nothing; a store that does not answer is no answer about the token.
fn not_held(error: OauthError) -> OauthError {
    match error {
        OauthError::Fault(_) => Fault::InvalidToken.into(),
        OauthError::Action(error) => error.into(),
    }
}

/// Those fields of `row` that the client asked for. What a person gave on request is read for its purpose only, never told
/// because of a scope (clauses 2.1.1c, 2.1¶C2); where claims are allowed one by one, that was the request.
fn wanted(policy: &Policy, wanted: &Wanted, row: &Use) -> FieldSet {
    let is_told = |field: &Field| row.per_claim || field.form != FormPlace::Request;
    let is_wanted = |field: &Field| is_told(field) && wanted.has(field);
    row.fields.iter().filter(|id| policy.field(*id).is_some_and(is_wanted)).collect()
}

/// Each claim once; where two fields have the same standard name, the second keeps its own.
fn name_claims(policy: &Policy, opened: Vec<OpenedField>) -> Vec<Told> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let named = opened.into_iter().filter_map(|opened| {
        let field = policy.field(opened.field).filter(|field| seen.insert(field.id))?;
        let standard = claim_name(field)?;
        let name = if taken.contains(standard) { field.name.as_str() } else { standard };
        let assurance = assurance(field, opened.provenance);
        let told = Told { name: name.to_owned(), shape: shape(field), assurance, opened };
        taken.insert(told.name.clone()).then_some(told)
    });
    named.collect()
}
