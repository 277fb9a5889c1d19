//! A client asks about the person of its access token. Clauses 2.1¶C, 2.4a, 3.1.3, 3.4g.
//!
//! Every use of the service that has something to tell is asked for at the gate, all at once, each with its own entry in the
//! ledger: what is told follows from the bundle and the facts of this moment; what the client asked for only narrows it.

use std::{collections::BTreeSet, sync::Arc};

use futures::future::try_join_all;
use kepil_domain::{
    Locator, Tick,
    gate::{Actor, Ask, Ground},
    vault::OpenedField,
};
use kepil_policy::{Effective, Field, FieldSet, FormPlace, Policy, Use, Verb};
use kepil_store::{Acting, Question, TicketKind};

use super::{
    ActionError, Answered, ask_as_and_open, ask_where_chosen, authorize,
    budget::{self, Person},
    client_auth::{Shown, check_bound},
    exchange::Named,
    representatives,
    standings::{live_edition, standings},
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
/// [`Fault::InvalidToken`] when the token does not hold or was ended, or nothing is granted to the service any more;
/// [`ActionError::OverBudget`] after too many different people.
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
    let person = Person { locator: Some(behalf.whose), called: grant.sub.clone() };
    budget::check_service(app, &effective, (service, None), &[person]).await?;
    if !authorize::may_act(app, behalf, service).await? {
        return Err(Fault::InvalidToken.into());
    }
    let mut rows: Vec<&Use> = policy.uses_for(service, behalf.kind).collect();
    rows.retain(|row| row.verbs.contains(Verb::Extract));
    // What the service needs comes first: the first one shows whether anything is granted, whatever the client asked for.
    rows.sort_by_key(|row| row.optional);
    let asks = rows.iter().enumerate().filter_map(|(at, row)| {
        let fields = wanted(policy, &grant.wanted, row);
        let is_asked = !fields.is_empty() || (at == 0 && !row.optional);
        is_asked.then(|| tell(app, &effective, row, fields, (behalf.whose, read_at)))
    });
    let answers: Vec<Answered> = try_join_all(asks).await?.into_iter().flatten().collect();
    // After a block, a withdrawal of everything or the end of the agreement the token opens nothing, not even the id. The
    // gate says so; where it was not asked, what it would go by does. Fields that are withheld one by one leave the use
    // itself granted.
    let is_granted = match answers.as_slice() {
        [] => live_edition(service, &standings(app, policy, service, behalf).await?).is_some(),
        answers => answers.iter().any(|answered| answered.refused.whole().is_none()),
    };
    if !is_granted {
        return Err(Fault::InvalidToken.into());
    }
    let opened = answers.into_iter().filter_map(|answered| answered.opened).flat_map(|opened| opened.fields).collect();
    Ok(ToldAll { client_id: grant.client_id, sub: grant.sub, act: grant.act, claims: name_claims(policy, opened) })
}

/// What one use tells about whoever is meant; `None` where they did not choose it.
async fn tell(
    app: &App,
    effective: &Arc<Effective>,
    row: &Use,
    fields: FieldSet,
    (whose, read_at): (Locator, Option<Tick>),
) -> Result<Option<Answered>, ActionError> {
    let ask = Ask {
        event: App::new_event()?,
        actor: Actor::Service(row.service),
        ground: Ground::Use(row.id),
        verb: Verb::Extract,
        fields,
        moment: app.now(),
    };
    let question = Question {
        policy: Arc::clone(effective),
        ask,
        acting: Acting { read_at, ..Acting::default() },
        locator: Some(whose),
        compartment: tag_of(&effective.policy, row.compartment)?,
    };
    let answered =
        if row.optional { ask_where_chosen(app, question).await? } else { Some(ask_as_and_open(app, question).await?) };
    let Some(mut answered) = answered else { return Ok(None) };
    representatives::fill(app, effective, &ask, Some(whose), &mut answered).await?;
    Ok(Some(answered))
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
