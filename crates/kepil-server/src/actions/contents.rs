//! What people place in a service: taken at the door, shown as its author set, reached by no purpose. Clauses 2.1.2d,
//! 2.2a to 2.2d, 2.3a.
//!
//! A service passes on what somebody places there; the setting of who sees such content at that service is the person's own,
//! as that of any field of their profile, and a single piece can be withheld. Whoever wrote a piece sees it, and so does
//! whoever it is about, also after its author is gone. Start reading at [`place`], then [`look_at`].

use std::{collections::HashMap, sync::Arc};

use kepil_domain::{
    ContentId, EventId, Locator, Personal,
    gate::{Actor, ActorFacts, Ask, Ground, Refusal, Right},
    ledger::Act,
    standing::Standing,
    vault::{Leave, Placed, SealedContent, open_content, seal_content},
};
use kepil_policy::{Audience, Banned, Effective, Field, FieldId, FieldSet, Policy, Service, ServiceId, Tag, Verb};
use kepil_store::{Acting, OsEntropy, StoredContent};

use super::{
    ActionError, OwnAct, ask_leave,
    behalf::{home, home_row},
    check_right,
    choices::change,
    my_data,
    profiles::{self, Looking, compartment_of},
};
use crate::App;

/// The longest text. Unit: characters.
pub const TEXT_MAX: usize = 20_000;
/// How many pieces stand on one page.
pub const PAGE: usize = 20;

/// What somebody places.
pub struct NewContent {
    /// Who; `None` for an id of nobody.
    pub author: Option<Locator>,
    /// Whether it is about one person, and who that is; `Some(None)` for an id of nobody.
    pub about: Option<Option<Locator>>,
    /// Name of its kind.
    pub kind: String,
    /// What it says.
    pub text: Personal<String>,
    /// Whether its author keeps it to themselves.
    pub is_withheld: bool,
}

/// What became of it.
pub enum Placing {
    /// It is kept.
    Kept {
        /// Its address.
        id: ContentId,
        /// Its entry in the author's ledger.
        receipt: EventId,
    },
    /// It speaks of what nobody may place, and nothing of it is kept.
    Banned(&'static Banned),
}

/// Takes what somebody places at a service. A person whom it is about has an entry of it too.
///
/// # Errors
/// [`ActionError::Input`] for a kind that the service does not take or a text that is none; [`ActionError::Refused`] when its
/// author, or whom it is about, does not use the service, or is blocked.
pub async fn place(
    app: &App,
    edition: &Arc<Effective>,
    service: ServiceId,
    new: NewContent,
) -> Result<Placing, ActionError> {
    let policy = &edition.policy;
    let found = policy.service(service).ok_or(ActionError::Input("service"))?;
    let kind = kinds(policy, found).find(|kind| kind.name == new.kind).ok_or(ActionError::Input("kind"))?;
    let compartment = compartment_of(policy, found).ok_or(ActionError::Input("service"))?;
    check_text(new.text.reveal())?;
    if let Some(banned) = policy.screen(new.text.reveal()) {
        app.store.count_refused_content(&banned.name).await?;
        return Ok(Placing::Banned(banned));
    }
    let leave = async |who: Option<Locator>| -> Result<Leave, ActionError> {
        let ask = passing(app, service, kind, Verb::Record)?;
        let leave = ask_leave(app, edition, ask, Acting::default(), who, compartment).await?;
        leave.map_err(ActionError::Refused)
    };
    let author = leave(new.author).await?;
    let about = match new.about.filter(|about| *about != new.author) {
        Some(who) => Some(leave(who).await?),
        None => None,
    };
    for who in [Some(&author), about.as_ref()].into_iter().flatten() {
        // Whoever came before this kind of content did has no key for it yet.
        if who.sealed.ring.part(compartment).is_none_or(|part| !part.has_class(class(policy, kind))) {
            my_data::ensure_keys(app, edition, who.sealed.ring.locator()).await?;
            return Err(ActionError::Busy);
        }
    }
    let (id, now) = (ContentId::random(&mut OsEntropy)?, app.store.clock().tick());
    let content = seal_content((id, class(policy, kind)), &new.text, &author, about.as_ref(), now, &mut OsEntropy)?;
    let placed = Placed {
        author: Some(author.sealed.ring.locator()),
        about: about.as_ref().map(|leave| leave.sealed.ring.locator()),
        service: found.tag,
        kind: kind.tag,
        on: app.now().day,
        is_withheld: new.is_withheld,
    };
    app.store.add_content(id, &placed, content).await?;
    Ok(Placing::Kept { id, receipt: author.receipt.event() })
}

/// Text, and not too much of it.
fn check_text(text: &str) -> Result<(), ActionError> {
    let is_text = !text.trim().is_empty()
        && text.chars().count() <= TEXT_MAX
        && !text.chars().any(|c| c.is_control() && !"\n\t\r".contains(c));
    if is_text { Ok(()) } else { Err(ActionError::Input("text")) }
}

/// The kinds of content that `service` takes.
pub fn kinds<'a>(policy: &'a Policy, service: &'a Service) -> impl Iterator<Item = &'a Field> {
    service.profile.contents.iter().filter_map(|id| policy.field(id))
}

fn class(policy: &Policy, kind: &Field) -> Tag {
    policy.class(kind.class).map_or(Tag(0), |class| class.tag)
}

/// What a service asks when it passes something on for a person.
fn passing(app: &App, service: ServiceId, kind: &Field, verb: Verb) -> Result<Ask, ActionError> {
    Ok(Ask {
        event: App::new_event()?,
        actor: Actor::Service(service),
        ground: Ground::Profile(service),
        verb,
        fields: FieldSet::from_iter([kind.id]),
        moment: app.now(),
    })
}

/// The service in which the piece called `id` was placed.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn service_of(app: &App, effective: &Effective, id: ContentId) -> Result<Option<ServiceId>, ActionError> {
    let found = app.store.find_content(id).await?;
    let service = found.and_then(|found| effective.policy.service_tagged(found.placed.service));
    Ok(service.filter(|service| !service.profile.contents.is_empty()).map(|service| service.id))
}

/// A piece that was opened.
pub struct Seen {
    /// Which.
    pub id: ContentId,
    /// Its kind.
    pub kind: FieldId,
    /// What it says.
    pub text: Personal<String>,
    /// When it was placed.
    pub on: kepil_domain::Day,
    /// The entry of this look.
    pub receipt: EventId,
}

/// What the piece called `id` says to whoever looks; `None` when it is not shown to them, whatever the reason: gone, withheld,
/// private and another service's are one answer, with the same durable work behind it.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn look_at(app: &App, looking: &Looking, id: ContentId) -> Result<Option<Seen>, ActionError> {
    let policy = &looking.edition.policy;
    let service = policy.service(looking.service).ok_or(ActionError::Input("service"))?;
    let found = app.store.find_content(id).await?.filter(|found| found.placed.service == service.tag);
    let kind = found.as_ref().and_then(|found| policy.field_tagged(found.placed.kind));
    let fields = kind.map_or(service.profile.contents, |kind| FieldSet::from_iter([kind.id]));
    let ask = Ask { fields, ..profiles::ask(App::new_event()?, looking.service, app) };
    let (whom, facts) = match &found {
        Some(found) => whose(found, &looking.acting),
        None => (None, looking.acting.facts),
    };
    let acting = Acting { facts, ..looking.acting.clone() };
    let leave = ask_leave(app, &looking.edition, ask, acting, whom, looking.compartment).await?;
    let (Ok(leave), Some(found), Some(whom), Some(kind)) = (leave, found, whom, kind) else { return Ok(None) };
    app.metrics.read_by(Actor::Viewer.word());
    let (on, pieces) = (found.placed.on, sealed(policy, vec![found], whom));
    let opened = open_content(leave, pieces, (policy, app.store.clock().tick()))?;
    let receipt = opened.receipt.event();
    let text = opened.texts.into_iter().next();
    Ok(text.map(|(id, text)| Seen { id, kind: kind.id, text, on, receipt }))
}

/// Whose standing decides whether a piece is shown, and as what whoever looks is seen. Whoever wrote it, or is described by it,
/// looks at what is theirs; for all others a withheld piece, and one whose author is gone, is nobody's.
fn whose(found: &StoredContent, acting: &Acting) -> (Option<Locator>, ActorFacts) {
    let placed = &found.placed;
    match acting.viewer {
        Some(viewer) if placed.author == Some(viewer) || placed.about == Some(viewer) => {
            (Some(viewer), ActorFacts::Party)
        }
        _ => (placed.author.filter(|_| !placed.is_withheld), acting.facts),
    }
}

/// Pieces as the ring of `who` opens them; those that are not theirs are left out.
fn sealed(policy: &Policy, found: Vec<StoredContent>, who: Locator) -> Vec<SealedContent> {
    let piece = |found: StoredContent| {
        let (kind, key) = (policy.field_tagged(found.placed.kind)?.id, found.key_of(who)?.to_vec());
        Some(SealedContent { id: found.id, kind, key, body: found.body })
    };
    found.into_iter().filter_map(piece).collect()
}

/// Takes a piece away that a person took away at the service where they placed it.
///
/// # Errors
/// [`ActionError::Expired`] when the service has no such piece; [`ActionError::Refused`] while its author is blocked.
pub async fn remove_for(
    app: &App,
    edition: &Arc<Effective>,
    service: ServiceId,
    id: ContentId,
) -> Result<(), ActionError> {
    let policy = &edition.policy;
    let found = policy.service(service).ok_or(ActionError::Input("service"))?;
    let compartment = compartment_of(policy, found).ok_or(ActionError::Input("service"))?;
    let content = app.store.find_content(id).await?.filter(|content| content.placed.service == found.tag);
    let content = content.filter(|content| content.placed.author.is_some()).ok_or(ActionError::Expired)?;
    let kind = policy.field_tagged(content.placed.kind).ok_or(ActionError::Expired)?;
    let ask = passing(app, service, kind, Verb::Destroy)?;
    let leave = ask_leave(app, edition, ask, Acting::default(), content.placed.author, compartment).await?;
    leave.map_err(ActionError::Refused)?;
    app.store.remove_content(id).await?;
    Ok(())
}

/// Which of a person's pieces.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// What they placed.
    Own,
    /// What others placed about them.
    About,
}

/// A piece on a person's own page.
pub struct Own {
    /// Which.
    pub id: ContentId,
    /// What it says.
    pub text: Personal<String>,
    /// Whose it is, and where.
    pub placed: Placed,
    /// Who sees it now, besides its author and whom it is about.
    pub audience: Audience,
}

/// One page of what a person placed, or of what others placed about them, the latest first; and how many pieces there are.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn list(app: &App, who: Locator, side: Side, page: usize) -> Result<(Vec<Own>, usize), ActionError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let mut all = match side {
        Side::Own => app.store.list_placed_by(who).await?,
        Side::About => app.store.list_placed_about(who).await?,
    };
    all.sort_by_key(|(id, placed)| (std::cmp::Reverse(placed.on), *id));
    let count = all.len();
    let mut found = Vec::with_capacity(PAGE);
    for (id, _) in all.into_iter().skip(page.saturating_mul(PAGE)).take(PAGE) {
        found.extend(app.store.find_content(id).await?);
    }
    if found.is_empty() {
        return Ok((Vec::new(), count));
    }
    let kinds: FieldSet = policy.contents().iter().map(|kind| kind.id).collect();
    let ask = Ask {
        event: App::new_event()?,
        actor: Actor::Person,
        ground: Ground::Right(Right::See),
        verb: Verb::Extract,
        fields: kinds,
        moment: app.now(),
    };
    let acting = Acting { session: super::session_here(), ..Acting::default() };
    let leave = ask_leave(app, &effective, ask, acting, Some(who), home(app)?).await?.map_err(ActionError::Refused)?;
    let standing = home_row(app, who).await?.map(|row| row.standing).unwrap_or_default();
    let placed: HashMap<ContentId, Placed> = found.iter().map(|found| (found.id, found.placed)).collect();
    let opened = open_content(leave, sealed(policy, found, who), (policy, app.store.clock().tick()))?;
    let own = opened.texts.into_iter().filter_map(|(id, text)| {
        let placed = *placed.get(&id)?;
        Some(Own { id, text, placed, audience: audience(&effective, &standing, &placed, side) })
    });
    Ok((own.collect(), count))
}

/// Who sees a piece of the person whose `standing` it is. About a piece of somebody else that is not for the reader to know.
fn audience(effective: &Effective, standing: &Standing, placed: &Placed, side: Side) -> Audience {
    let policy = &effective.policy;
    match (policy.service_tagged(placed.service), policy.field_tagged(placed.kind)) {
        (Some(service), Some(kind)) if side == Side::Own && !placed.is_withheld => {
            standing.audience(effective, service, kind)
        }
        _ => Audience::Private,
    }
}

/// Keeps a piece from everybody but its author and whom it is about, or shows it as the rest. Once withheld, it is shown to
/// nobody after the answer, on any node.
///
/// # Errors
/// [`ActionError::Expired`] when it is not theirs; [`ActionError::Refused`] for showing while everything is blocked.
pub async fn withhold(app: &App, who: Locator, id: ContentId, is_withheld: bool) -> Result<(), ActionError> {
    let content = app.store.find_content(id).await?.filter(|content| content.placed.author == Some(who));
    let content = content.ok_or(ActionError::Expired)?;
    let effective = app.policy()?;
    let act = if is_withheld { Act::Hide } else { Act::Show };
    change(app, who, home(app)?, |row| {
        if row.standing.is_blocked && !is_withheld {
            return Err(ActionError::Refused(Refusal::Blocked));
        }
        Ok(Some((row.standing.clone(), about_piece(&effective, &content.placed, act).recorded(&effective, app.now())?)))
    })
    .await?;
    app.store.set_placed(&content, &Placed { is_withheld, ..content.placed }).await?;
    if is_withheld {
        app.store.wait_out_leases().await;
    }
    Ok(())
}

/// Takes a piece away for good: its author does, and once they are gone, whom it is about.
///
/// # Errors
/// [`ActionError::Expired`] when it is not theirs; [`ActionError::Refused`] while a hold or a block forbids it.
pub async fn remove(app: &App, who: Locator, id: ContentId) -> Result<(), ActionError> {
    let content = app.store.find_content(id).await?;
    let is_theirs = |content: &StoredContent| content.placed.author.or(content.placed.about) == Some(who);
    let content = content.filter(is_theirs).ok_or(ActionError::Expired)?;
    let effective = app.policy()?;
    change(app, who, home(app)?, |row| {
        check_right(app, &effective, row, Right::Delete, Verb::Destroy)?;
        let act = about_piece(&effective, &content.placed, Act::Did(Verb::Destroy));
        Ok(Some((row.standing.clone(), act.recorded(&effective, app.now())?)))
    })
    .await?;
    app.store.remove_content(id).await?;
    app.store.wait_out_leases().await;
    Ok(())
}

fn about_piece<'a>(effective: &'a Effective, placed: &Placed, act: Act) -> OwnAct<'a> {
    let policy = &effective.policy;
    let fields = policy.field_tagged(placed.kind).map(|kind| kind.id).into_iter().collect();
    OwnAct { service: policy.service_tagged(placed.service), fields, ..OwnAct::plain(act) }
}
