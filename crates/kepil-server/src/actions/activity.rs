//! Each act on a person's data, in words, from the ledger; and the receipt of each. Clauses 4.6, 6.1a.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, VecDeque},
    fmt,
    ops::ControlFlow,
};

use kepil_domain::{
    EventId, Hour, Locator,
    ledger::{Payload, ProofFile, compartment_tag, open_payload},
    vault::RingPart,
};
use kepil_policy::Tag;
use kepil_store::{Places, StoredEntry, Waiter};

use super::ActionError;
use crate::App;

/// One act as the person reads it.
pub struct ActRow {
    /// Names it.
    pub event: EventId,
    /// In which compartment's log it is.
    pub compartment: String,
    /// What the entry says.
    pub payload: Payload<'static>,
    /// When it comes into the log, while it is not there yet. Unit: milliseconds since the Unix epoch.
    pub listed_ms: Option<i64>,
}

/// An entry of the person whose text was altered or lost behind the program's back. One such entry hides no other.
pub struct Unreadable {
    /// In which compartment's log it is.
    pub compartment: String,
    /// Position in the log.
    pub position: u64,
    /// When, to the hour, unless that is lost too. Unit: milliseconds since the Unix epoch.
    pub at_ms: Option<i64>,
}

/// A page of the activity.
pub struct Acts {
    /// The newest first.
    pub rows: Vec<ActRow>,
    /// Entries in between that cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Where the next page goes on, if there may be one.
    pub next: Option<Below>,
}

/// How far back the activity goes in one request. Unit: hours.
const BACK_HOURS: u32 = 24 * 366;
/// How many acts that are not in a log yet are shown.
const WAITING_MAX: usize = 500;
/// How many entries are read in one go.
const ENTRIES_AT_ONCE: usize = 500;
/// How many entries of one log are looked at to tell who was told what.
const TOLD_LOOKED_MAX: u32 = 20_000;

/// Where a page of the activity ends: in each log the position below which the next page goes on. Positions, not times:
/// several acts can be of one moment, and those of several nodes need not stand in the order of their moments.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Below(BTreeMap<String, u64>);

impl Below {
    /// The place that an address calls `text`; the beginning for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let places = text.split(',').map(|place| {
            let (log, position) = place.split_once(':')?;
            Some((log.to_owned(), position.parse().ok()?))
        });
        places.collect::<Option<_>>().map(Self).unwrap_or_default()
    }
}

impl fmt::Display for Below {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (log, position)) in self.0.iter().enumerate() {
            write!(f, "{}{log}:{position}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

/// The newest acts on the person's data, of all compartments together.
///
/// # Errors
/// [`ActionError`] when a log does not answer.
pub async fn list(app: &App, locator: Locator, below: Below, limit: u32) -> Result<Acts, ActionError> {
    let effective = app.policy()?;
    let mut acts = Acts { rows: Vec::new(), unreadable: Vec::new(), next: None };
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(acts) };
    let (mut logs, is_first) = (Vec::new(), below == Below::default());
    for compartment in effective.policy.compartments() {
        let tag = compartment.tag;
        let Some(part) = ring.part(tag) else { continue };
        // What was just done shall be seen: take what waits into the log first.
        app.store.sequence(tag).await?;
        let before = below.0.get(&compartment.name).copied();
        let places = app.store.list_places(part, last_year(app)).await?.below(before);
        let entries = app.store.list_entries_at(&places, (0, limit as usize)).await?;
        if is_first {
            acts.rows.extend(waiting(app, part, &compartment.name, &places).await?);
        }
        let mut rows = VecDeque::new();
        for entry in &entries {
            let (event, compartment) = (entry.leaf.event, compartment.name.clone());
            let row = match read(part, entry) {
                Ok(payload) => Ok(ActRow { event, compartment, payload, listed_ms: None }),
                Err(error) => Err(unreadable(compartment, entry, &error)),
            };
            rows.push_back((entry.position, row));
        }
        logs.push(rows);
    }
    let has_waiting = !acts.rows.is_empty();
    let (rows, next) = merge(logs, below, limit as usize);
    for row in rows {
        match row {
            Ok(row) => acts.rows.push(row),
            Err(unreadable) => acts.unreadable.push(unreadable),
        }
    }
    if has_waiting {
        acts.rows.sort_by_key(|act| Reverse(act.payload.at_ms));
    }
    Ok(Acts { next, ..acts })
}

/// The newest acts that are durable, but wait before they come into their log. They have no position there, so they are all on
/// the first page.
async fn waiting(
    app: &App,
    part: &RingPart,
    compartment: &str,
    places: &Places,
) -> Result<impl Iterator<Item = ActRow>, ActionError> {
    let mut rows: Vec<ActRow> = Vec::new();
    for Waiter { leaf, payload } in app.store.list_waiting(places).await? {
        let (event, listed_ms) = (leaf.event, Some(i64::from(leaf.hour.0) * 3_600_000));
        let entry = StoredEntry { position: 0, leaf, payload };
        // Once it is in the log it is shown as one that cannot be read.
        let Ok(payload) = read(part, &entry) else { continue };
        rows.push(ActRow { event, compartment: compartment.to_owned(), payload, listed_ms });
    }
    rows.sort_by_key(|act| Reverse(act.payload.at_ms));
    Ok(rows.into_iter().take(WAITING_MAX))
}

/// Notes, for whoever runs the server too, that an entry cannot be read.
fn unreadable(compartment: String, entry: &StoredEntry, error: &ActionError) -> Unreadable {
    let (position, hour) = (entry.position, entry.leaf.hour.0);
    tracing::error!(%error, compartment = %compartment, size = position, "the text of an entry was altered or lost");
    Unreadable { compartment, position, at_ms: (hour > 0).then(|| i64::from(hour) * 3_600_000) }
}

/// An entry of a page.
type Row = Result<ActRow, Unreadable>;

/// When it was; one of which nobody knows comes at once.
fn at_ms(row: &Row) -> i64 {
    row.as_ref().map_or_else(|lost| lost.at_ms.unwrap_or(i64::MAX), |act| act.payload.at_ms)
}

/// The first acts of all logs together, each log kept in its own order, and the place where they end.
fn merge(mut logs: Vec<VecDeque<(u64, Row)>>, mut below: Below, limit: usize) -> (Vec<Row>, Option<Below>) {
    let mut acts = Vec::new();
    while acts.len() < limit {
        let newest = logs.iter_mut().max_by_key(|log| log.front().map(|(_, row)| at_ms(row)));
        let Some((position, row)) = newest.and_then(VecDeque::pop_front) else { return (acts, None) };
        let compartment = row.as_ref().map_or_else(|lost| &lost.compartment, |act| &act.compartment);
        below.0.insert(compartment.clone(), position);
        acts.push(row);
    }
    (acts, Some(below))
}

/// From when to when the activity goes.
fn last_year(app: &App) -> (Hour, Hour) {
    let until = app.now().hour();
    (Hour(until.0.saturating_sub(BACK_HOURS)), until)
}

/// What a service was told about a person.
#[derive(Default)]
pub struct Told {
    /// How often.
    pub times: u32,
    /// When last. Unit: milliseconds since the Unix epoch.
    pub last_ms: i64,
}

/// Who was told what.
pub struct AllTold {
    /// By service and field.
    pub rows: BTreeMap<(String, String), Told>,
    /// Whether nothing of the year is left out: so many entries of each log are looked at and no more, and each can be read.
    pub is_whole: bool,
}

/// Who was told what within the last year, from the ledger, as far as [`AllTold::is_whole`] says. Clauses 3.4e, 4.6.
///
/// # Errors
/// [`ActionError`] when a log does not answer.
pub async fn told(app: &App, locator: Locator) -> Result<AllTold, ActionError> {
    let effective = app.policy()?;
    let mut all = AllTold { rows: BTreeMap::new(), is_whole: true };
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(all) };
    for compartment in effective.policy.compartments() {
        let tag = compartment.tag;
        let Some(part) = ring.part(tag) else { continue };
        app.store.sequence(tag).await?;
        let (rows, mut is_readable) = (&mut all.rows, true);
        let places = app.store.list_places(part, last_year(app)).await?;
        waiting(app, part, &compartment.name, &places).await?.for_each(|act| add_told(rows, &act.payload));
        let is_whole = walk(app, part, last_year(app), TOLD_LOOKED_MAX, |entry| {
            match read(part, &entry) {
                Ok(payload) => add_told(rows, &payload),
                Err(_) => is_readable = false,
            }
            Ok(ControlFlow::Continue(()))
        });
        all.is_whole &= is_whole.await? && is_readable;
    }
    Ok(all)
}

fn add_told(rows: &mut BTreeMap<(String, String), Told>, payload: &Payload<'_>) {
    // What the person, staff, a viewer or the server looked at went to nobody.
    let is_told = matches!(payload.actor.as_ref(), "service" | "recipient");
    let Some(service) = payload.service.as_deref().filter(|_| is_told) else { return };
    for field in &payload.fields {
        let told = rows.entry((service.to_owned(), field.to_string())).or_default();
        told.times = told.times.saturating_add(1);
        told.last_ms = told.last_ms.max(payload.at_ms);
    }
}

/// Every act on the person's data in one compartment between two hours, the newest first. What waits is not taken first;
/// an entry that cannot be read is left out and said in the log of the server.
///
/// # Errors
/// [`ActionError`] when the log does not answer.
pub(crate) async fn all_in(
    app: &App,
    locator: Locator,
    compartment: Tag,
    between: (Hour, Hour),
) -> Result<Vec<Payload<'static>>, ActionError> {
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(Vec::new()) };
    let Some(part) = ring.part(compartment) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    walk(app, part, between, u32::MAX, |entry| {
        match read(part, &entry) {
            Ok(payload) => all.push(payload),
            Err(error) => drop(unreadable(String::new(), &entry, &error)),
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    Ok(all)
}

/// Goes through one log once, from the newest entry of the person on, until `each` breaks off or `looked_max` are looked
/// at; says whether it came to the end of what there is.
pub(super) async fn walk(
    app: &App,
    part: &RingPart,
    between: (Hour, Hour),
    looked_max: u32,
    mut each: impl FnMut(StoredEntry) -> Result<ControlFlow<()>, ActionError>,
) -> Result<bool, ActionError> {
    let places = app.store.list_places(part, between).await?;
    let looked = places.len().min(looked_max as usize);
    for skip in (0..looked).step_by(ENTRIES_AT_ONCE) {
        for entry in app.store.list_entries_at(&places, (skip, ENTRIES_AT_ONCE)).await? {
            if each(entry)?.is_break() {
                return Ok(true);
            }
        }
    }
    Ok(looked == places.len())
}

/// What an entry says.
pub(super) fn read(part: &RingPart, entry: &StoredEntry) -> Result<Payload<'static>, ActionError> {
    let (text, _) = open_payload(part, &entry.leaf, &entry.payload)?;
    let payload: Payload<'_> = serde_json::from_str(&text).map_err(|error| ActionError::Broken(error.to_string()))?;
    Ok(owned(payload))
}

/// What there is of one act to show to anyone.
pub enum Proof {
    /// Its receipt.
    Receipt(Box<ProofFile>),
    /// It is durable, but not in the log yet: there is nothing to prove it by.
    NotYet,
}

/// The receipt of one act, to be shown to anyone.
///
/// # Errors
/// [`ActionError`] when a log does not answer.
pub async fn receipt(
    app: &App,
    locator: Locator,
    compartment: &str,
    event: EventId,
) -> Result<Option<Proof>, ActionError> {
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(None) };
    let Some(part) = ring.part(compartment_tag(compartment)) else { return Ok(None) };
    app.store.sequence(compartment_tag(compartment)).await?;
    if let Some(receipt) = app.store.find_receipt(part, event).await? {
        return Ok(Some(Proof::Receipt(Box::new(receipt))));
    }
    Ok(app.store.is_waiting(part, event).await?.then_some(Proof::NotYet))
}

fn owned(payload: Payload<'_>) -> Payload<'static> {
    let own = |text: std::borrow::Cow<'_, str>| std::borrow::Cow::Owned(text.into_owned());
    Payload {
        v: payload.v,
        at_ms: payload.at_ms,
        act: own(payload.act),
        actor: own(payload.actor),
        service: payload.service.map(own),
        purpose: payload.purpose.map(own),
        fields: payload.fields.into_iter().map(own).collect(),
        refused: payload.refused.map(own),
        without: payload
            .without
            .into_iter()
            .map(|reason| kepil_domain::ledger::Reason { field: own(reason.field), why: own(reason.why) })
            .collect(),
        duty: payload.duty.map(own),
        reason: payload.reason.map(own),
        settings: payload.settings.into_iter().map(own).collect(),
        whom: payload.whom.map(own),
        session: payload.session.map(own),
        device: payload.device.map(own),
        proof: payload.proof.into_iter().map(own).collect(),
        edition: payload.edition,
        policy: own(payload.policy),
        documents: payload.documents.into_iter().map(own).collect(),
        chain: payload.chain,
        waits: payload.waits,
        previous: payload.previous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(name: &str, acts: &[(u64, i64)]) -> VecDeque<(u64, Row)> {
        let row = |at_ms| {
            let (event, payload) = (EventId([0; 16]), Payload { at_ms, ..Payload::default() });
            Ok(ActRow { event, compartment: name.to_owned(), payload, listed_ms: None })
        };
        acts.iter().map(|(position, at_ms)| (*position, row(*at_ms))).collect()
    }

    #[test]
    fn pages_of_the_activity_leave_out_no_act_of_the_same_moment_or_out_of_order() {
        // Three acts of one moment, and one that an older entry stands above.
        let logs = [("one", vec![(9, 50), (8, 50), (7, 40), (6, 50)]), ("other", vec![(5, 50), (3, 60), (1, 10)])];
        let (mut below, mut seen) = (Below::default(), Vec::new());
        for _ in 0..4 {
            let rest = logs.iter().map(|(name, acts)| {
                let bound = below.0.get(*name).copied().unwrap_or(u64::MAX);
                log(name, &acts.iter().copied().filter(|(position, _)| *position < bound).collect::<Vec<_>>())
            });
            let (acts, next) = merge(rest.collect(), below.clone(), 2);
            let acts = acts.into_iter().filter_map(Result::ok);
            seen.extend(acts.map(|act| (act.compartment, act.payload.at_ms)));
            let Some(next) = next else { break };
            below = Below::parse(&next.to_string());
            assert_eq!(below, next);
        }
        let of = |name: &str| seen.iter().filter(|(log, _)| log == name).map(|(_, at_ms)| *at_ms).collect::<Vec<_>>();
        assert_eq!((of("one"), of("other")), (vec![50, 50, 40, 50], vec![50, 60, 10]));
    }

    #[test]
    fn a_place_that_we_did_not_write_is_the_beginning() {
        for text in ["", "one", "one:", "one:x", "one:1,", "1700000000000"] {
            assert_eq!(Below::parse(text), Below::default(), "{text}");
        }
    }

    #[test]
    fn only_what_a_service_or_recipient_got_counts_as_told() {
        let mut rows = BTreeMap::new();
        for (actor, at_ms) in [("service", 5), ("service", 5), ("viewer", 6), ("system", 7), ("person", 8)] {
            let said = Payload { at_ms, actor: actor.into(), service: Some("shop".into()), ..Payload::default() };
            add_told(&mut rows, &Payload { fields: vec!["name".into()], ..said });
        }
        let told: Vec<_> = rows.values().map(|told| (told.times, told.last_ms)).collect();
        assert_eq!(told, [(2, 5)], "two of one moment are two");
    }
}
