//! What a person can show about a session of theirs: every sign-in, and for one session the pack of all that was done in it,
//! each with its receipt. Clause 6.1b.
//!
//! All of it is read from the ledger: a session's own row is gone soon after its end. Start reading at [`list_sign_ins`].

use kepil_domain::{
    EventId, Hour, Locator,
    ledger::{Act, Payload, ProofFile, compartment_tag, open_payload},
    vault::RingPart,
};

use super::{
    ActionError,
    activity::owned,
    sign_in::{SESSION_S, SessionContent, mark_of, sign_in_compartment},
};
use crate::App;

/// How far back sign-ins go. Unit: hours.
const BACK_HOURS: u32 = 24 * 366;
/// How many entries are fetched at once.
const AT_ONCE: u32 = 256;
/// How many entries are looked at for one page, and how many a pack may have.
const LOOKED_MAX: u32 = 20_000;
const PACK_MAX: usize = 2_000;

/// One sign-in.
pub struct SignInRow {
    /// Its entry.
    pub event: EventId,
    /// When. Unit: milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Browser and system, coarse; `None` for one from before they were noted.
    pub device: Option<String>,
    /// By what the person proved who they are, in the words of [`super::sign_in::Means`].
    pub proof: Vec<String>,
    /// Whether the session goes on.
    pub is_open: bool,
}

/// The newest sign-ins of the person, below the position `before`; and the position from which the next page goes on.
///
/// # Errors
/// [`ActionError`] when the log does not answer or an entry does not open.
pub async fn list_sign_ins(
    app: &App,
    locator: Locator,
    mut before: Option<u64>,
    limit: usize,
) -> Result<(Vec<SignInRow>, Option<u64>), ActionError> {
    let tag = sign_in_compartment(&app.policy()?.policy)?;
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok((Vec::new(), None)) };
    let Some(part) = ring.part(tag) else { return Ok((Vec::new(), None)) };
    app.store.sequence(tag).await?;
    let open = open_marks(app, locator).await?;
    let until = app.now().hour();
    let since = Hour(until.0.saturating_sub(BACK_HOURS));
    let mut rows = Vec::new();
    for _ in 0..LOOKED_MAX / AT_ONCE {
        let entries = app.store.list_entries(part, (since, until), before, AT_ONCE).await?;
        for entry in &entries {
            before = Some(entry.position);
            if entry.leaf.act != Act::SignIn.code() {
                continue;
            }
            let payload = read(part, entry)?;
            if payload.service.is_some() {
                continue;
            }
            rows.push(SignInRow {
                event: entry.leaf.event,
                at_ms: payload.at_ms,
                device: payload.device.map(Into::into),
                proof: payload.proof.into_iter().map(Into::into).collect(),
                is_open: payload.session.is_some_and(|mark| open.iter().any(|own| *own == *mark)),
            });
            if rows.len() == limit {
                return Ok((rows, before));
            }
        }
        if entries.len() < AT_ONCE as usize {
            return Ok((rows, None));
        }
    }
    Ok((rows, before))
}

fn read(part: &RingPart, entry: &kepil_store::StoredEntry) -> Result<Payload<'static>, ActionError> {
    let (text, _) = open_payload(part, &entry.leaf, &entry.payload)?;
    let payload: Payload<'_> = serde_json::from_str(&text).map_err(|error| ActionError::Broken(error.to_string()))?;
    Ok(owned(payload))
}

/// The marks of the person's sessions that go on.
async fn open_marks(app: &App, locator: Locator) -> Result<Vec<String>, ActionError> {
    let tickets = app.store.list_sessions(locator, app.now().unix_s()).await?;
    let is_whole = |content: &[u8]| SessionContent::from_bytes(content).is_some();
    let families = tickets.iter().filter(|ticket| is_whole(&ticket.content)).filter_map(|ticket| ticket.family);
    Ok(families.map(|family| mark_of(app, family).to_string()).collect())
}

/// What was done in one session.
pub struct Pack {
    /// What its entries have in common.
    pub mark: String,
    /// The sign-in.
    pub begun: SignInRow,
    /// Services to which the person went in it: name, and when. Unit: milliseconds since the Unix epoch.
    pub services: Vec<(String, i64)>,
    /// Every entry, oldest first: its compartment and its receipt.
    pub entries: Vec<(String, ProofFile)>,
    /// Whether these are all: a pack has a largest size.
    pub is_whole: bool,
}

/// The pack of the session that began with the sign-in `event`; `None` when there is no such sign-in of the person, or it
/// is from before sessions were marked.
///
/// # Errors
/// [`ActionError`] when a log does not answer or an entry does not open.
pub async fn find_pack(app: &App, locator: Locator, event: EventId) -> Result<Option<Pack>, ActionError> {
    let effective = app.policy()?;
    let home = sign_in_compartment(&effective.policy)?;
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(None) };
    let Some(part) = ring.part(home) else { return Ok(None) };
    app.store.sequence(home).await?;
    let Some(first) = app.store.find_receipt(part, event).await? else { return Ok(None) };
    let begun: Payload<'_> =
        serde_json::from_str(&first.payload).map_err(|error| ActionError::Broken(error.to_string()))?;
    let is_sign_in = Act::parse(&begun.act) == Some(Act::SignIn) && begun.service.is_none();
    let Some(mark) = begun.session.clone().filter(|_| is_sign_in) else { return Ok(None) };
    let mut found = Vec::new();
    for compartment in effective.policy.compartments() {
        let Some(part) = ring.part(compartment_tag(&compartment.name)) else { continue };
        app.store.sequence(part.compartment()).await?;
        for (event, payload) in entries_of(app, part, &mark, begun.at_ms).await? {
            found.push((payload.at_ms, payload.chain, compartment.name.clone(), part, event, payload));
        }
    }
    found.sort_by_key(|(at_ms, chain, ..)| (*at_ms, *chain));
    let is_whole = found.len() <= PACK_MAX;
    let (mut services, mut entries): (Vec<(String, i64)>, Vec<_>) = (Vec::new(), Vec::new());
    for (at_ms, _, name, part, event, payload) in found.into_iter().take(PACK_MAX) {
        if let Some(service) = payload.service.filter(|_| Act::parse(&payload.act) == Some(Act::SignIn)) {
            services.push((service.into_owned(), at_ms));
        }
        let receipt = app.store.find_receipt(part, event).await?;
        entries.extend(receipt.map(|receipt| (name, receipt)));
    }
    let is_open = open_marks(app, locator).await?.iter().any(|own| *own == *mark);
    let device = begun.device.clone().map(Into::into);
    let proof = begun.proof.iter().map(|word| word.clone().into_owned()).collect();
    let row = SignInRow { event, at_ms: begun.at_ms, device, proof, is_open };
    Ok(Some(Pack { mark: mark.into_owned(), begun: row, services, entries, is_whole }))
}

/// The entries in one log that have the mark. A session is short, so they lie close together.
async fn entries_of(
    app: &App,
    part: &RingPart,
    mark: &str,
    begun_ms: i64,
) -> Result<Vec<(EventId, Payload<'static>)>, ActionError> {
    let hour = |unix_ms: i64| kepil_domain::Moment { unix_ms, day: kepil_domain::Day::default() }.hour();
    let (since, until) = (hour(begun_ms), hour(begun_ms + SESSION_S * 1000));
    let (mut found, mut before) = (Vec::new(), None);
    loop {
        let entries = app.store.list_entries(part, (since, until), before, AT_ONCE).await?;
        for entry in entries.iter().filter(|entry| entry.leaf.hour >= since && entry.leaf.hour <= until) {
            let payload = read(part, entry)?;
            if payload.session.as_deref() == Some(mark) {
                found.push((entry.leaf.event, payload));
            }
        }
        before = entries.last().map(|entry| entry.position);
        let is_past = entries.last().is_none_or(|entry| entry.leaf.hour < since);
        if is_past || entries.len() < AT_ONCE as usize {
            return Ok(found);
        }
    }
}
