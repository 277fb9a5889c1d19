//! What people place in a service: taken at the door, shown as its author set, reached by no purpose. Clauses 2.1.2d,
//! 2.2a to 2.2d, 2.3a.
//!
//! A service passes on what somebody places there and opens nothing of it; the setting of who sees such content at that service
//! is the person's own, as that of any field of their profile, and a single piece can be withheld. Whoever wrote a piece has
//! the right to see it, and so has whoever it is about, also after its author is gone. Start reading at [`place`], then
//! [`look_at`].

use std::{collections::HashMap, sync::Arc};

use kepil_domain::{
    ContentId, Day, EventId, Locator, Personal,
    gate::{Actor, Ask, Ground, Refusal, Right},
    ledger::Act,
    standing::Standing,
    vault::{Leave, OpenedContent, Placed, SealedContent, open_content, seal_content},
};
use kepil_policy::{
    Audience, Banned, Effective, Field, FieldId, FieldSet, Policy, Service, ServiceId, Tag, Verb, is_unseen,
};
use kepil_store::{Acting, OsEntropy, PIECES_MAX, PersonRow, Question, Side, StoreError, StoredContent};

use super::{
    ActionError, OwnAct, ask_leave,
    behalf::{Behalf, home, home_row},
    check_right_as,
    choices::change,
    my_data,
    profiles::{self, Looking, compartment_of},
};
use crate::App;

/// The longest text. Unit: characters.
pub const TEXT_MAX: usize = 20_000;
/// How many pieces stand on one page.
pub const PAGE: usize = 20;

/// Whom an id of a service means: `None` for an id of nobody, which is answered as one of somebody who may not.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Meant(pub Option<Locator>);

/// What somebody places.
pub struct NewContent {
    /// Who.
    pub author: Meant,
    /// Whom it is about, where that is one person.
    pub about: Option<Meant>,
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
/// [`ActionError::Input`] for a text that is none; [`ActionError::Refused`] for a kind that the service does not take, and when
/// its author, or whom it is about, does not use the service, or is blocked; [`ActionError::Busy`] when they have too many.
pub async fn place(
    app: &App,
    edition: &Arc<Effective>,
    service: ServiceId,
    new: NewContent,
) -> Result<Placing, ActionError> {
    let policy = &edition.policy;
    let found = policy.service(service).ok_or(ActionError::Input("service"))?;
    let kind = kinds(policy, found).find(|kind| kind.name == new.kind);
    let kind = kind.ok_or(ActionError::Refused(Refusal::OutsidePurpose))?;
    let compartment = super::tag_of(policy, kind.compartment)?;
    check_text(new.text.reveal())?;
    if let Some(banned) = policy.screen(new.text.reveal()) {
        app.store.count_refused_content(&banned.name).await?;
        return Ok(Placing::Banned(banned));
    }
    // Whom it is about comes first: nothing is recorded for an author whose piece is not taken for that.
    let about = match new.about.filter(|about| *about != new.author) {
        Some(Meant(who)) => Some(leave(app, edition, (found, kind), Side::About, who).await?),
        None => None,
    };
    let author = leave(app, edition, (found, kind), Side::Author, new.author.0).await?;
    let (id, now) = (ContentId::random(&mut OsEntropy)?, app.store.clock().tick());
    let content = seal_content((id, class(policy, kind)), &new.text, &author, about.as_ref(), now, &mut OsEntropy)?;
    let placed = Placed {
        id,
        author: Some(author.sealed.ring.locator()),
        about: about.as_ref().map(|leave| leave.sealed.ring.locator()),
        service: found.tag,
        kind: kind.tag,
        at: app.now(),
        is_withheld: new.is_withheld,
    };
    app.store.add_content(&placed, content).await?;
    // Whoever began to leave before it was kept may have looked for their pieces too early to find it.
    for who in [placed.author, placed.about].into_iter().flatten() {
        if is_stopped(app, who, compartment).await? {
            app.store.remove_content(id).await?;
            return Err(ActionError::Refused(Refusal::Destroying));
        }
    }
    Ok(Placing::Kept { id, receipt: author.receipt.event() })
}

/// Leave to place something of one side, who has room and keys for it.
async fn leave(
    app: &App,
    edition: &Arc<Effective>,
    (service, kind): (&Service, &Field),
    side: Side,
    who: Option<Locator>,
) -> Result<Leave, ActionError> {
    let policy = &edition.policy;
    let compartment = super::tag_of(policy, kind.compartment)?;
    if let Some(who) = who
        && app.store.count_contents(side, service.tag, who).await? >= PIECES_MAX
    {
        return Err(ActionError::Busy);
    }
    let ask = passing(app, service.id, FieldSet::from_iter([kind.id]), Verb::Record)?;
    let leave = ask_leave(app, Question::new(edition, ask, who, compartment)).await?.map_err(ActionError::Refused)?;
    // Whoever came before this kind of content did has no key for it yet.
    if leave.sealed.ring.part(compartment).is_none_or(|part| !part.has_class(class(policy, kind))) {
        my_data::ensure_keys(app, edition, leave.sealed.ring.locator()).await?;
        return Err(ActionError::Busy);
    }
    Ok(leave)
}

/// Whether nothing about `who` may be shown or placed: everything is blocked, or they are leaving, or gone.
async fn is_stopped(app: &App, who: Locator, compartment: Tag) -> Result<bool, ActionError> {
    let row = app.store.find_person(who, compartment).await?;
    Ok(row.is_none_or(|row| row.standing.is_destroying || row.standing.is_blocked))
}

/// Text, and not too much of it.
fn check_text(text: &str) -> Result<(), ActionError> {
    // Marks that turn the direction of a text make it read otherwise than it is.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_seen = |c: char| !c.is_whitespace() && !is_unseen(c);
    let is_text = text.chars().any(is_seen)
        && text.chars().count() <= TEXT_MAX
        && !text.chars().any(|c| turns(c) || (c.is_control() && !"\n\t\r".contains(c)));
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
fn passing(app: &App, service: ServiceId, fields: FieldSet, verb: Verb) -> Result<Ask, ActionError> {
    Ok(Ask {
        event: App::new_event()?,
        actor: Actor::Service(service),
        ground: Ground::Profile(service),
        verb,
        fields,
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
    pub on: Day,
    /// The entry of this look.
    pub receipt: EventId,
}

/// What the piece called `id` says to whoever looks; `None` when it is not shown to them, whatever the reason: gone, withheld,
/// private and another service's are one answer, with the same durable work behind it. Nothing is shown against the block of
/// somebody whom it is about.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn look_at(app: &App, looking: &Looking, id: ContentId) -> Result<Option<Seen>, ActionError> {
    let policy = &looking.edition.policy;
    let service = policy.service(looking.service).ok_or(ActionError::Input("service"))?;
    let found = app.store.find_content(id).await?.filter(|found| found.placed.service == service.tag);
    let kind = found.as_ref().and_then(|found| policy.field_tagged(found.placed.kind));
    let mut whom = found.as_ref().filter(|found| !found.placed.is_withheld).and_then(|found| found.placed.author);
    if let Some(about) = found.as_ref().and_then(|found| found.placed.about)
        && is_stopped(app, about, looking.compartment).await?
    {
        whom = None;
    }
    let fields = kind.map_or(service.profile.contents, |kind| FieldSet::from_iter([kind.id]));
    let ask = Ask { fields, ..profiles::ask(App::new_event()?, looking.service, app) };
    let leave = ask_leave(app, looking.question(ask, whom)).await?;
    let (Ok(leave), Some(found), Some(whom), Some(kind)) = (leave, found, whom, kind) else { return Ok(None) };
    app.metrics.read_by(Actor::Viewer.word());
    open_one(app, policy, leave, found, (kind, whom))
}

/// What the piece called `id` says to somebody who wrote it or whom it is about; `None` for others.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn see(app: &App, who: Locator, id: ContentId) -> Result<Option<Seen>, ActionError> {
    let Some(found) = app.store.find_content(id).await?.filter(|found| found.key_of(who).is_some()) else {
        return Ok(None);
    };
    let effective = app.policy()?;
    let Some(kind) = effective.policy.field_tagged(found.placed.kind) else { return Ok(None) };
    let leave = by_right(app, &effective, who.into(), FieldSet::from_iter([kind.id])).await?;
    open_one(app, &effective.policy, leave, found, (kind, who))
}

fn open_one(
    app: &App,
    policy: &Policy,
    leave: Leave,
    found: StoredContent,
    (kind, whom): (&Field, Locator),
) -> Result<Option<Seen>, ActionError> {
    let (on, pieces) = (found.placed.at.day, sealed(policy, vec![found], whom));
    let opened = open(app, policy, leave, pieces)?;
    let receipt = opened.receipt.event();
    let text = opened.texts.into_iter().next();
    Ok(text.map(|(id, text)| Seen { id, kind: kind.id, text, on, receipt }))
}

/// Opens what may be opened. A piece whose seal does not hold is told to the log: somebody else wrote in the database.
fn open(app: &App, policy: &Policy, leave: Leave, pieces: Vec<SealedContent>) -> Result<OpenedContent, ActionError> {
    let opened = open_content(leave, pieces, (policy, app.store.clock().tick()))?;
    if opened.unopened > 0 {
        tracing::error!(count = opened.unopened, "pieces of content do not open");
    }
    Ok(opened)
}

/// A person's right to see what they placed and what is about them: no agreement is needed for it, and no block stops it.
async fn by_right(
    app: &App,
    effective: &Arc<Effective>,
    behalf: Behalf,
    fields: FieldSet,
) -> Result<Leave, ActionError> {
    let ask = Ask {
        event: App::new_event()?,
        actor: behalf.actor(),
        ground: Ground::Right(Right::See),
        verb: Verb::Extract,
        fields,
        moment: app.now(),
    };
    // The mark of somebody else's session does not belong into what this person reads.
    let session = super::session_here().filter(|_| behalf.by.is_none());
    let acting = Acting { session, ..behalf.acting(app).await? };
    let question =
        Question { policy: Arc::clone(effective), ask, acting, locator: Some(behalf.whose), compartment: home(app)? };
    ask_leave(app, question).await?.map_err(ActionError::Refused)
}

/// Pieces as the ring of `who` opens them; those that are not theirs are left out.
fn sealed(policy: &Policy, found: Vec<StoredContent>, who: Locator) -> Vec<SealedContent> {
    let piece = |found: StoredContent| {
        let (kind, key) = (policy.field_tagged(found.placed.kind)?.id, found.key_of(who)?.to_vec());
        Some(SealedContent { id: found.placed.id, kind, key, body: found.body })
    };
    found.into_iter().filter_map(piece).collect()
}

/// Takes a piece away that a person took away at the service where they placed it.
///
/// # Errors
/// [`ActionError::Expired`] when the service has no such piece; [`ActionError::Refused`] while its author is blocked or held.
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
    let kind = policy.field_tagged(content.placed.kind);
    let fields = kind.map_or(found.profile.contents, |kind| FieldSet::from_iter([kind.id]));
    let ask = passing(app, service, fields, Verb::Destroy)?;
    let question = Question::new(edition, ask, content.placed.author, compartment);
    ask_leave(app, question).await?.map_err(ActionError::Refused)?;
    app.store.remove_content(id).await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// A piece on a person's own page.
pub struct Own {
    /// What it says; `None` when it cannot be shown: the policy has no such content any more, or its seal does not hold.
    pub text: Option<Personal<String>>,
    /// Which it is, whose, and where.
    pub placed: Placed,
    /// Who would see it, besides its author and whom it is about, if it were not withheld.
    pub audience: Audience,
}

/// One page of what a person placed, or of what others placed about them, the latest first; and how many pieces there are.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn list(
    app: &App,
    whose: impl Into<Behalf>,
    side: Side,
    page: usize,
) -> Result<(Vec<Own>, usize), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let who = behalf.whose;
    let policy = &effective.policy;
    let standing = check_whole(app, behalf).await?.standing;
    let mut all = Vec::new();
    for row in &standing.agreements {
        all.extend(app.store.list_contents(side, row.service, who).await?);
    }
    all.sort_by_key(|placed| (std::cmp::Reverse(placed.at.unix_ms), placed.id));
    let count = all.len();
    let mut found = Vec::with_capacity(PAGE);
    for placed in all.into_iter().skip(page.saturating_mul(PAGE)).take(PAGE) {
        found.extend(app.store.find_content(placed.id).await?);
    }
    let placed: Vec<Placed> = found.iter().map(|found| found.placed).collect();
    let kinds: FieldSet =
        placed.iter().filter_map(|placed| policy.field_tagged(placed.kind)).map(|kind| kind.id).collect();
    let mut texts: HashMap<ContentId, Personal<String>> = HashMap::new();
    if !kinds.is_empty() {
        let leave = by_right(app, &effective, behalf, kinds).await?;
        let opened = open(app, policy, leave, sealed(policy, found, who))?;
        texts.extend(opened.texts);
    }
    let own = placed.into_iter().map(|placed| Own {
        text: texts.remove(&placed.id),
        audience: audience(&effective, &standing, &placed, side),
        placed,
    });
    Ok((own.collect(), count))
}

/// Who sees pieces of this kind of the person whose `standing` it is. Of somebody else's that is not for the reader to know.
fn audience(effective: &Effective, standing: &Standing, placed: &Placed, side: Side) -> Audience {
    let policy = &effective.policy;
    match (policy.service_tagged(placed.service), policy.field_tagged(placed.kind)) {
        (Some(service), Some(kind)) if side == Side::Author => standing.audience(effective, service, kind),
        _ => Audience::Private,
    }
}

/// A piece that `who` placed, as their page has it without the text.
///
/// # Errors
/// [`ActionError::Expired`] when it is not theirs.
pub async fn find_own(app: &App, who: Locator, id: ContentId) -> Result<Own, ActionError> {
    let content = app.store.find_content(id).await?.filter(|content| content.placed.author == Some(who));
    let placed = content.ok_or(ActionError::Expired)?.placed;
    let standing = home_row(app, who).await?.map(|row| row.standing).unwrap_or_default();
    Ok(Own { text: None, audience: audience(&*app.policy()?, &standing, &placed, Side::Author), placed })
}

/// Keeps a piece from everybody but its author and whom it is about. After the answer it is shown to nobody else, on any node.
///
/// # Errors
/// [`ActionError::Expired`] when it is not theirs.
pub async fn withhold(app: &App, whose: impl Into<Behalf>, id: ContentId) -> Result<(), ActionError> {
    let behalf = whose.into();
    check_whole(app, behalf).await?;
    let placed = set_withheld(app, id, true, |placed| placed.author == Some(behalf.whose)).await?;
    record(app, behalf, |effective, _| Ok(about_piece(effective, &placed, Act::Hide))).await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// Shows a withheld piece as the rest. `warned` is whom the person was told to see it then, and the text that told them.
///
/// # Errors
/// [`ActionError::Expired`] when it is not theirs; [`ActionError::Input`] when they were told something else;
/// [`ActionError::Refused`] while everything is blocked.
pub async fn show(
    app: &App,
    whose: impl Into<Behalf>,
    id: ContentId,
    (warned, warning): (Option<Audience>, &str),
) -> Result<(), ActionError> {
    let behalf = whose.into();
    let own = find_own(app, behalf.whose, id).await?;
    record(app, behalf, |effective, standing| {
        if standing.is_blocked {
            return Err(ActionError::Refused(Refusal::Blocked));
        }
        let now = audience(effective, standing, &own.placed, Side::Author);
        if now > warned.unwrap_or(Audience::Private) {
            return Err(ActionError::Input("warning"));
        }
        let documents = if now == Audience::Private { Vec::new() } else { vec![warning.to_owned()] };
        Ok(OwnAct { documents, ..about_piece(effective, &own.placed, Act::Show) })
    })
    .await?;
    set_withheld(app, id, false, |placed| placed.author == Some(behalf.whose)).await?;
    Ok(())
}

/// Takes a piece away for good: its author does, and once they are gone, whom it is about. It is kept from everybody first, so
/// that what the entry says is so whatever happens.
///
/// # Errors
/// [`ActionError::Expired`] when it is not theirs; [`ActionError::Refused`] while a hold or a block forbids it.
pub async fn remove(app: &App, whose: impl Into<Behalf>, id: ContentId) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let acting = behalf.acting(app).await?;
    let row = check_whole(app, behalf).await?;
    check_right_as(app, &effective, &row, (behalf.actor(), acting.facts), Right::Delete, Verb::Destroy)?;
    let placed = set_withheld(app, id, true, |placed| placed.author.or(placed.about) == Some(behalf.whose)).await?;
    record(app, behalf, |effective, _| Ok(about_piece(effective, &placed, Act::Did(Verb::Destroy)))).await?;
    app.store.remove_content(id).await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// Writes whether a piece is withheld, if `may` allows for whose it is.
async fn set_withheld(
    app: &App,
    id: ContentId,
    is_withheld: bool,
    may: impl Fn(&Placed) -> bool,
) -> Result<Placed, ActionError> {
    loop {
        let content = app.store.find_content(id).await?.filter(|content| may(&content.placed));
        let content = content.ok_or(ActionError::Expired)?;
        match app.store.set_placed(&content, &Placed { is_withheld, ..content.placed }).await {
            // Another tab, or its other side who leaves: it is looked at anew.
            Err(StoreError::Conflict) => {}
            done => return done.map(|()| content.placed).map_err(Into::into),
        }
    }
}

/// Whether whoever acts may do so for all that was placed: the row by which they may.
async fn check_whole(app: &App, behalf: Behalf) -> Result<PersonRow, ActionError> {
    let row = home_row(app, behalf.whose).await?.ok_or(ActionError::Expired)?;
    behalf.check_whole(&row.standing, app.now().day)?;
    Ok(row)
}

/// Records an act of a person, or of somebody for them, about a piece.
async fn record(
    app: &App,
    behalf: Behalf,
    act: impl for<'a> Fn(&'a Effective, &Standing) -> Result<OwnAct<'a>, ActionError>,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    change(app, behalf, home(app)?, |row| {
        behalf.check_whole(&row.standing, app.now().day)?;
        let act = act(&effective, &row.standing)?.recorded_by(behalf.actor(), &effective, app.now())?;
        Ok(Some((row.standing.clone(), act)))
    })
    .await
}

fn about_piece<'a>(effective: &'a Effective, placed: &Placed, act: Act) -> OwnAct<'a> {
    let policy = &effective.policy;
    let fields = policy.field_tagged(placed.kind).map(|kind| kind.id).into_iter().collect();
    OwnAct { service: policy.service_tagged(placed.service), fields, ..OwnAct::plain(act) }
}
