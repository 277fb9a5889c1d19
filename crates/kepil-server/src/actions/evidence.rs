//! What a person can show about a session of theirs: every sign-in, and for one session the pack of all that was done in it,
//! each with its receipt. Clause 6.1b.
//!
//! All of it is read from the ledger: a session's own row is gone soon after its end. Start reading at [`list_sign_ins`].

use std::{collections::VecDeque, ops::ControlFlow};

use kepil_domain::{
    EventId, Hour, Locator,
    ledger::{Act, Payload, ProofFile},
    vault::RingPart,
};
use kepil_store::{StoredEntry, Waiter};

use super::{
    ActionError,
    activity::{read, walk},
    sign_in::{SESSION_S, SessionContent, mark_of, sign_in_compartment},
};
use crate::App;

/// How far back sign-ins go. Unit: hours.
const BACK_HOURS: u32 = 24 * 366;
/// How many entries are fetched at once.
const AT_ONCE: u32 = 256;
/// How many entries of a log are looked at for one page or pack, and how many a pack may have.
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
/// [`ActionError`] when the log does not answer.
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
            // One that cannot be read is shown as such among all acts of the person.
            let Ok(payload) = read(part, entry) else { continue };
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
    /// Whether these are all: a pack has a largest size, and an entry may be unreadable.
    pub is_whole: bool,
}

/// The pack of the session that began with the sign-in `event`; `None` when there is no such sign-in of the person, or it
/// is from before sessions were marked.
///
/// # Errors
/// [`ActionError`] when a log does not answer.
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
    let (mut found, mut is_whole) = (Vec::new(), true);
    for compartment in effective.policy.compartments() {
        let Some(part) = ring.part(compartment.tag) else { continue };
        app.store.sequence(part.compartment()).await?;
        let (own, is_all) = entries_of(app, part, &mark, begun.at_ms).await?;
        is_whole &= is_all;
        let (entries, payloads): (Vec<_>, Vec<_>) = own.into_iter().unzip();
        let receipts = app.store.list_receipts(part, &entries).await?;
        found.extend(
            payloads.into_iter().zip(receipts).map(|(said, receipt)| (said, compartment.name.clone(), receipt)),
        );
    }
    found.sort_by_key(|(payload, ..)| (payload.at_ms, payload.chain));
    is_whole &= found.len() <= PACK_MAX;
    let (mut services, mut entries): (Vec<(String, i64)>, Vec<_>) = (Vec::new(), Vec::new());
    for (payload, name, receipt) in found.into_iter().take(PACK_MAX) {
        if let Some(service) = payload.service.filter(|_| Act::parse(&payload.act) == Some(Act::SignIn)) {
            services.push((service.into_owned(), payload.at_ms));
        }
        entries.push((name, receipt));
    }
    let is_open = open_marks(app, locator).await?.iter().any(|own| *own == *mark);
    let device = begun.device.clone().map(Into::into);
    let proof = begun.proof.iter().map(|word| word.clone().into_owned()).collect();
    let row = SignInRow { event, at_ms: begun.at_ms, device, proof, is_open };
    Ok(Some(Pack { mark: mark.into_owned(), begun: row, services, entries, is_whole }))
}

/// Whether an entry that has the mark is not in the log yet.
async fn has_waiting(app: &App, part: &RingPart, mark: &str, between: (Hour, Hour)) -> Result<bool, ActionError> {
    let waiting = app.store.list_waiting(&app.store.list_places(part, between).await?).await?;
    let mut read =
        waiting.into_iter().map(|Waiter { leaf, payload }| read(part, &StoredEntry { position: 0, leaf, payload }));
    Ok(read.any(|payload| payload.is_ok_and(|payload| payload.session.as_deref() == Some(mark))))
}

/// The oldest entries in one log that have the mark, no more than a pack may have, and whether these are all. A session is
/// short, so they lie close together.
async fn entries_of(
    app: &App,
    part: &RingPart,
    mark: &str,
    begun_ms: i64,
) -> Result<(Vec<(StoredEntry, Payload<'static>)>, bool), ActionError> {
    let hour = |unix_ms: i64| kepil_domain::Moment { unix_ms, day: kepil_domain::Day::default() }.hour();
    let (since, until) = (hour(begun_ms), hour(begun_ms + SESSION_S * 1000));
    let mut found = VecDeque::new();
    let mut is_cut = false;
    let is_all = walk(app, part, (since, until), LOOKED_MAX, |entry| {
        // Entries of several nodes stand nearly in the order of their hours, not quite.
        if entry.leaf.hour.0.saturating_add(1) < since.0 {
            return Ok(ControlFlow::Break(()));
        }
        let is_within = entry.leaf.hour >= since && entry.leaf.hour <= until;
        let payload = is_within.then(|| read(part, &entry)).transpose().unwrap_or_else(|_| {
            is_cut = true;
            None
        });
        if let Some(payload) = payload.filter(|payload| payload.session.as_deref() == Some(mark)) {
            found.push_front((entry, payload));
        }
        if found.len() > PACK_MAX {
            is_cut = true;
            found.pop_back();
        }
        Ok(ControlFlow::Continue(()))
    });
    let is_all = is_all.await? && !has_waiting(app, part, mark, (since, until)).await?;
    Ok((found.into(), is_all && !is_cut))
}
