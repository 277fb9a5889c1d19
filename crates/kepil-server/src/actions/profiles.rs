//! Whoever looks at a person's profile at one service sees what that person shows them, and no more. Clauses 2.3a, 4.2, 6.1a.
//!
//! Each look is decided by the gate on the person's own setting and on who looks, both read for this look, and has its
//! entry in the person's ledger with the setting that was in force. Gone, blocked and private are one answer with the same
//! durable work behind it; so is an address that we never made, where a service asks. On a page such an address is answered
//! at once, or strangers would fill the ledger: nobody but us makes one that opens. Start reading at [`look`].

use std::sync::Arc;

use kepil_domain::{
    Locator, Sub,
    gate::{Actor, ActorFacts, Agreement, Ask, Ground, decide},
    standing::Standing,
    vault::{Opened, SectorKey},
};
use kepil_policy::{Effective, FieldSet, Policy, Service, ServiceId, Tag, Verb};
use kepil_store::{Acting, Question};

use super::{ActionError, ask_as_and_open, tag_of};
use crate::App;

/// The key of the addresses of profiles at `service`: another one than that of its ids for people.
fn sector(app: &App, service: &Service) -> SectorKey {
    app.store.keys().sector(&format!("profile of {}", service.name))
}

/// The address of the profile that the person at `locator` has at `service`: equal to no id that any service knows.
///
/// # Errors
/// [`ActionError`] when the keys refuse.
pub fn address_of(app: &App, service: &Service, locator: &Locator) -> Result<Sub, ActionError> {
    Ok(sector(app, service).sub(locator)?)
}

/// Whose profile at `service` has the address `text`.
#[must_use]
pub fn find_by_address(app: &App, service: &Service, text: &str) -> Option<Locator> {
    sector(app, service).locator(&Sub::parse(text)?)
}

/// Where the settings and values of the profiles of `service` lie; `None` where it has none.
#[must_use]
pub fn compartment_of(policy: &Policy, service: &Service) -> Option<Tag> {
    let first = service.profile.fields.iter().next().and_then(|id| policy.field(id))?;
    tag_of(policy, first.compartment).ok()
}

/// Who looks, at the profiles of one service.
pub struct Looking {
    pub(super) edition: Arc<Effective>,
    pub(super) service: ServiceId,
    pub(super) compartment: Tag,
    pub(super) acting: Acting,
}

impl Looking {
    /// What is asked about somebody.
    pub(super) fn question(&self, ask: Ask, whom: Option<Locator>) -> Question {
        let acting = self.acting.clone();
        Question { acting, ..Question::new(&self.edition, ask, whom, self.compartment) }
    }
}

/// Somebody begins to look at profiles of `service`; `viewer` is `None` for whoever is not signed in.
///
/// # Errors
/// [`ActionError::Input`] when the service has no profiles; others when facts cannot be read.
pub async fn looking(
    app: &App,
    edition: Arc<Effective>,
    service: ServiceId,
    viewer: Option<Locator>,
) -> Result<Looking, ActionError> {
    let found = edition.policy.service(service).ok_or(ActionError::Input("service"))?;
    let compartment = compartment_of(&edition.policy, found).ok_or(ActionError::Input("service"))?;
    // The lease begins before the facts about the viewer are read, like that of the facts about the person.
    let read_at = Some(app.store.clock().tick());
    let own = match viewer {
        Some(viewer) => app.store.find_person(viewer, compartment).await?,
        None => None,
    };
    let uses = |standing: &Standing| matches!(standing.agreement(found.tag), Agreement::Live { .. });
    let is_member = own.is_some_and(|row| !row.standing.is_destroying && uses(&row.standing));
    let facts = ActorFacts::Viewer { is_member, is_named: false };
    // The entry is the person's, not the viewer's: it has no mark of the viewer's session.
    let acting = Acting { facts, read_at, viewer, ..Acting::default() };
    Ok(Looking { edition, service, compartment, acting })
}

/// What `whom` shows to whoever looks; `None` when nothing, whatever the reason. `whom` is `None` for an address of nobody.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn look(app: &App, looking: &Looking, whom: Option<Locator>) -> Result<Option<Opened>, ActionError> {
    let policy = &looking.edition.policy;
    let profile = policy.service(looking.service).map(|service| service.profile).unwrap_or_default();
    // What is placed is looked at piece by piece.
    let ask = Ask { fields: profile.fields.minus(&profile.contents), ..ask(App::new_event()?, looking.service, app) };
    let answered = ask_as_and_open(app, looking.question(ask, whom)).await?;
    // What is shown, but has no value, is nothing.
    Ok(answered.opened.filter(|opened| !opened.fields.is_empty()))
}

/// What the person whose `standing` it is shows to a viewer of whom `viewer` is known: the gate itself is asked, so the
/// person's own page cannot differ from what others see.
#[must_use]
pub fn shown_to(
    app: &App,
    effective: &Effective,
    service: &Service,
    standing: &Standing,
    viewer: ActorFacts,
) -> FieldSet {
    let ask = Ask { fields: service.profile.fields, ..ask(kepil_domain::EventId([0; 16]), service.id, app) };
    let verdict = decide(effective, &ask, &standing.facts(effective, &ask, viewer));
    verdict.permit.map_or(FieldSet::EMPTY, |permit| *permit.fields())
}

pub(super) fn ask(event: kepil_domain::EventId, service: ServiceId, app: &App) -> Ask {
    Ask {
        event,
        actor: Actor::Viewer,
        ground: Ground::Profile(service),
        verb: Verb::Disseminate,
        fields: FieldSet::EMPTY,
        moment: app.now(),
    }
}
