//! A person names others who may see a part of their profile at one service. Clause 2.3a.
//!
//! Found by the address of their profile there or by their exact e-mail, and asked by a letter: the one who asks learns
//! neither whether there is such a person nor who it is, and the answer does not wait for the search. Named is who
//! accepted. Taking a name back ends every invitation of the one who was named; leaving the service, every invitation.
//! Start reading at [`ask`].

use kepil_domain::{
    Locator, Moment, Personal,
    gate::{Actor, Agreement},
    hex,
    ledger::Act,
    standing::{NamedRow, Standing},
};
use kepil_policy::{Audience, Effective, Language, Service};
use kepil_store::{NewAct, NewTicket, Taken, TicketKind};
use zeroize::Zeroizing;

use super::{
    ActionError, OwnAct,
    behalf::{Behalf, home},
    choices::change,
    credentials, in_session,
    profiles::{address_of, compartment_of, find_by_address},
    show::setting_line,
    sign_in::find_person,
};
use crate::{App, pages::Letter, throttle::INVITATIONS};

/// How long an invitation may be accepted. Unit: seconds.
const INVITATION_S: i64 = 7 * 86_400;
const INVITATION_DAYS: u32 = 7;
/// How many people somebody may name at one service.
const NAMED_MAX: usize = 200;

/// An invitation that may still be accepted.
pub struct Invitation {
    /// At which service.
    pub service: String,
    /// Address of the profile of whoever invites.
    pub address: String,
}

/// Who invites whom, where, and how they were found.
struct Content {
    host: Locator,
    /// Who asked: the host, or somebody for them.
    by: Locator,
    guest: Locator,
    by_address: bool,
    service: String,
}

impl Content {
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let people = self.host.0.into_iter().chain(self.by.0).chain(self.guest.0);
        let parts = people.chain([u8::from(self.by_address)]);
        Zeroizing::new(parts.chain(self.service.bytes()).collect())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (host, rest) = bytes.split_first_chunk::<16>()?;
        let (by, rest) = rest.split_first_chunk::<16>()?;
        let (guest, rest) = rest.split_first_chunk::<16>()?;
        let (by_address, service) = rest.split_first()?;
        let service = std::str::from_utf8(service).ok()?.to_owned();
        let (host, by, guest) = (Locator(*host), Locator(*by), Locator(*guest));
        Some(Self { host, by, guest, by_address: *by_address != 0, service })
    }

    fn behalf(&self) -> Behalf {
        Behalf { by: Some(self.by).filter(|by| *by != self.host), ..self.host.into() }
    }
}

/// Asks whoever is meant by `typed`, if it is anybody, whether they want to be named at `service`.
///
/// # Errors
/// [`ActionError::Busy`] after too many invitations; [`ActionError::Input`] when the service has no profiles;
/// [`ActionError::Refused`] without a mandate.
pub async fn ask(
    app: &App,
    whose: impl Into<Behalf>,
    service: &str,
    typed: Personal<String>,
    language: Language,
) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let known = effective.policy.find_service(service).ok_or(ActionError::Input("service"))?;
    compartment_of(&effective.policy, known).ok_or(ActionError::Input("service"))?;
    behalf.check_now(app, known).await?;
    app.try_once("invitations", &Personal::new(hex(&behalf.whose.0)), INVITATIONS)?;
    let (app, service) = (app.clone(), service.to_owned());
    tokio::spawn(async move {
        if let Err(error) = invite(&app, behalf, &service, &typed, language).await {
            tracing::error!(%error, "an invitation was not sent");
        }
    });
    Ok(())
}

async fn invite(
    app: &App,
    behalf: Behalf,
    service: &str,
    typed: &Personal<String>,
    language: Language,
) -> Result<(), ActionError> {
    let (effective, host) = (app.policy()?, behalf.whose);
    let known = effective.policy.find_service(service).ok_or(ActionError::Input("service"))?;
    let address = typed.reveal().trim().rsplit('/').next().unwrap_or_default();
    let by_address = find_by_address(app, known, address);
    let found = match by_address {
        Some(guest) => Some(guest),
        None => find_person(app, &effective.policy, typed).await?,
    };
    let Some(guest) = found.filter(|guest| *guest != host) else { return Ok(()) };
    // Many who ask do not flood one who is asked. Who asks is not told: that would tell that there is somebody.
    if app.try_once("invited", &Personal::new(hex(&guest.0)), INVITATIONS).is_err() {
        return Ok(());
    }
    let by = behalf.by.unwrap_or(host);
    let content = Content { host, by, guest, by_address: by_address.is_some(), service: service.to_owned() };
    let ticket = NewTicket {
        kind: TicketKind::Naming,
        owner: Some(host),
        family: Some(family(app, host, guest, service)),
        until_s: app.now().unix_s() + INVITATION_S,
        content: content.to_bytes(),
    };
    let token = app.store.add_ticket(ticket).await?;
    let link = format!("{}/named?token={token}", app.config.issuer);
    let letter = Letter::Named { service: known.label.get(language), link: &link, days: INVITATION_DAYS };
    credentials::tell_unasked(app, guest, &letter, language).await
}

/// What all invitations of `guest` to the profile of `host` at `service` have in common.
fn family(app: &App, host: Locator, guest: Locator, service: &str) -> [u8; 16] {
    let said = Zeroizing::new([host.0.as_slice(), guest.0.as_slice(), service.as_bytes()].concat());
    app.store.keys().hash_for("naming", &said)
}

/// Ends all invitations of the person that nobody answered yet. At every service: a ticket does not tell without its token
/// at which it is.
pub(super) async fn take_back(app: &App, host: Locator) -> Result<(), ActionError> {
    Ok(app.store.remove_kind_of(TicketKind::Naming, host).await?)
}

/// The invitation for which `token` stands.
///
/// # Errors
/// [`ActionError::Expired`] when it stands for none any more.
pub async fn find(app: &App, token: &str) -> Result<Invitation, ActionError> {
    let ticket = app.store.find_ticket(TicketKind::Naming, token, app.now().unix_s()).await?;
    let content = ticket.and_then(|it| Content::from_bytes(&it.content)).ok_or(ActionError::Expired)?;
    let effective = app.policy()?;
    let service = effective.policy.find_service(&content.service).ok_or(ActionError::Expired)?;
    let address = address_of(app, service, &content.host)?.as_str().to_owned();
    Ok(Invitation { service: content.service, address })
}

/// Whoever holds the letter accepts or declines. From an acceptance on they see what is for named people.
///
/// # Errors
/// [`ActionError::Expired`] when the invitation does not stand any more.
pub async fn answer(app: &App, token: &str, is_accepted: bool) -> Result<(), ActionError> {
    let used = app.store.take_ticket(TicketKind::Naming, token, app.now().unix_s()).await?;
    let Taken::First(ticket) = used else { return Err(ActionError::Expired) };
    if !is_accepted {
        return Ok(());
    }
    let content = Content::from_bytes(&ticket.content).ok_or(ActionError::Expired)?;
    let effective = app.policy()?;
    let service = effective.policy.find_service(&content.service).ok_or(ActionError::Expired)?;
    let compartment = compartment_of(&effective.policy, service).ok_or(ActionError::Expired)?;
    let (moment, behalf, home) = (app.now(), content.behalf(), home(app)?);
    // Whoever asked for somebody else may not be able to any more.
    behalf.check_now(app, service).await.map_err(|_| ActionError::Expired)?;
    let named = change(app, behalf, compartment, |person| {
        behalf
            .check_at((compartment, home), &person.standing, moment.day, service)
            .map_err(|_| ActionError::Expired)?;
        let mut standing = person.standing.clone();
        let is_with = matches!(standing.agreement(service.tag), Agreement::Live { .. });
        let is_full = standing.named.iter().filter(|row| row.service == service.tag).count() >= NAMED_MAX;
        if standing.is_blocked || standing.is_destroying || !is_with || is_full {
            return Err(ActionError::Expired);
        }
        if standing.has_named(service.tag, content.guest) {
            return Ok(None);
        }
        let (who, by_address) = (content.guest, content.by_address);
        standing.named.push(NamedRow { service: service.tag, who, on: moment.day, by_address });
        let act = entry(&effective, service, (Act::Show, behalf.actor(), &standing), moment)?;
        Ok(Some((standing, act)))
    });
    // The entries are of whoever invited: they have no mark of the session in which somebody else accepts.
    match in_session(None, named).await {
        Err(ActionError::Store(kepil_store::StoreError::NotFound)) => return Err(ActionError::Expired),
        done => done?,
    }
    let family = family(app, content.host, content.guest, &content.service);
    Ok(app.store.remove_families(&[family]).await?)
}

/// The name of a row on the person's own page: says nothing about whom it names.
#[must_use]
pub fn row_id(app: &App, row: &NamedRow) -> String {
    let said = Zeroizing::new([row.service.0.to_be_bytes().as_slice(), row.who.0.as_slice()].concat());
    hex(&app.store.keys().hash_for("named row", &said))
}

/// Takes a name back, with every invitation of the same guest: after the answer they see nothing more than others do. A
/// row that is gone already is no error.
///
/// # Errors
/// [`ActionError::Input`] when there is no such service, or nothing of the person there; [`ActionError::Refused`] without a
/// mandate.
pub async fn remove(app: &App, whose: impl Into<Behalf>, service: &str, row: &str) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let (host, home) = (behalf.whose, home(app)?);
    let service = effective.policy.find_service(service).ok_or(ActionError::Input("service"))?;
    let compartment = compartment_of(&effective.policy, service).ok_or(ActionError::Input("service"))?;
    behalf.check_now(app, service).await?;
    let is_meant = |each: &NamedRow| each.service == service.tag && row_id(app, each) == row;
    let now = app.store.find_person(host, compartment).await?.ok_or(ActionError::Input("row"))?.standing;
    let meant = now.named.iter().filter(|each| is_meant(each));
    let families: Vec<_> = meant.map(|each| family(app, host, each.who, &service.name)).collect();
    // First the letters, then the name: after a crash between the two nobody is named anew.
    app.store.remove_families(&families).await?;
    change(app, behalf, compartment, |person| {
        behalf.check_at((compartment, home), &person.standing, app.now().day, service)?;
        let mut standing = person.standing.clone();
        standing.named.retain(|each| !is_meant(each));
        if standing.named.len() == person.standing.named.len() {
            return Ok(None);
        }
        let act = entry(&effective, service, (Act::Hide, behalf.actor(), &standing), app.now())?;
        Ok(Some((standing, act)))
    })
    .await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// The person's standing without the names at `service` of those who are no more: their keys are gone, so nobody looks
/// under these names. The rows are dropped.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn without_gone(
    app: &App,
    effective: &Effective,
    host: Locator,
    service: &Service,
    mut standing: Standing,
) -> Result<Standing, ActionError> {
    let mut gone = Vec::new();
    for row in standing.named.iter().filter(|row| row.service == service.tag) {
        if app.store.find_ring(row.who).await?.is_none() {
            gone.push(row.who);
        }
    }
    let Some(compartment) = compartment_of(&effective.policy, service).filter(|_| !gone.is_empty()) else {
        return Ok(standing);
    };
    change(app, host, compartment, |person| {
        let mut standing = person.standing.clone();
        standing.named.retain(|row| !gone.contains(&row.who));
        if standing.named.len() == person.standing.named.len() {
            return Ok(None);
        }
        let mut act = entry(effective, service, (Act::Hide, Actor::System, &standing), app.now())?;
        act.payload.session = None;
        Ok(Some((standing, act)))
    })
    .await?;
    standing.named.retain(|row| !gone.contains(&row.who));
    Ok(standing)
}

/// The entry of naming somebody, or of taking it back: which settings it concerns.
fn entry(
    effective: &Effective,
    service: &Service,
    (act, actor, standing): (Act, Actor, &Standing),
    moment: Moment,
) -> Result<NewAct, ActionError> {
    let open = standing.settings.iter().filter(|row| row.service == service.tag && row.audience >= Audience::Named);
    let open: Vec<_> = open.filter_map(|row| Some((effective.policy.field_tagged(row.field)?, row))).collect();
    let fields = open.iter().map(|(field, _)| field.id).collect();
    let own = OwnAct { service: Some(service), fields, ..OwnAct::plain(act) };
    let mut recorded = own.recorded_by(actor, effective, moment)?;
    recorded.payload.settings = open.iter().map(|(field, row)| setting_line(&field.name, row).into()).collect();
    Ok(recorded)
}
