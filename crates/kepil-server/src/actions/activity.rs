//! Each act on a person's data, in words, from the ledger; and the receipt of each. Clauses 4.6, 6.1a.

use std::collections::BTreeMap;

use kepil_domain::{
    EventId, Hour, Locator,
    ledger::{Payload, ProofFile, compartment_tag, open_payload},
};

use kepil_policy::Tag;

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
}

/// How far back the activity goes in one request. Unit: hours.
const BACK_HOURS: u32 = 24 * 366;
/// How many acts are added up at once.
const TOLD_AT_ONCE: u32 = 500;
/// How many entries are read in one go.
const ENTRIES_AT_ONCE: u32 = 500;

/// The newest acts on the person's data, before `before_ms`, of all compartments together.
///
/// # Errors
/// [`ActionError`] when a log does not answer or an entry does not open.
pub async fn list(app: &App, locator: Locator, before_ms: Option<i64>, limit: u32) -> Result<Vec<ActRow>, ActionError> {
    let effective = app.policy()?;
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(Vec::new()) };
    let until = app.now().hour();
    let since = Hour(until.0.saturating_sub(BACK_HOURS));
    let mut acts = Vec::new();
    for compartment in effective.policy.compartments() {
        let tag = compartment_tag(&compartment.name);
        let Some(part) = ring.part(tag) else { continue };
        // What was just done shall be seen: take what waits into the log first.
        app.store.sequence(tag).await?;
        let mut before = None;
        // A page of one log can lie wholly after the moment asked for: go on until enough is older.
        loop {
            let entries = app.store.list_entries(part, (since, until), before, limit).await?;
            let Some(last) = entries.last() else { break };
            before = Some(last.position);
            let mut kept = 0u32;
            for entry in &entries {
                let (text, _) = open_payload(part, &entry.leaf, &entry.payload)?;
                let payload: Payload<'_> =
                    serde_json::from_str(&text).map_err(|error| ActionError::Broken(error.to_string()))?;
                if before_ms.is_none_or(|bound| payload.at_ms < bound) {
                    kept += 1;
                    acts.push(ActRow {
                        event: entry.leaf.event,
                        compartment: compartment.name.clone(),
                        payload: owned(payload),
                    });
                }
            }
            if kept > 0 || entries.len() < limit as usize {
                break;
            }
        }
    }
    acts.sort_by_key(|act| std::cmp::Reverse(act.payload.at_ms));
    acts.truncate(limit as usize);
    Ok(acts)
}

/// What a service was told about a person.
#[derive(Default)]
pub struct Told {
    /// How often.
    pub times: u32,
    /// When last. Unit: milliseconds since the Unix epoch.
    pub last_ms: i64,
}

/// Who was told what within the last year, from the ledger: by service and field. Clauses 3.4e, 4.6.
///
/// # Errors
/// [`ActionError`] when a log does not answer or an entry does not open.
pub async fn told(app: &App, locator: Locator) -> Result<BTreeMap<(String, String), Told>, ActionError> {
    let mut all: BTreeMap<(String, String), Told> = BTreeMap::new();
    let mut before_ms = None;
    loop {
        let acts = list(app, locator, before_ms, TOLD_AT_ONCE).await?;
        for ActRow { payload, .. } in &acts {
            // What the person, staff or the server looked at went to nobody.
            let is_told = matches!(payload.actor.as_ref(), "service" | "recipient");
            let Some(service) = payload.service.as_deref().filter(|_| is_told) else { continue };
            for field in &payload.fields {
                let told = all.entry((service.to_owned(), field.to_string())).or_default();
                told.times = told.times.saturating_add(1);
                told.last_ms = told.last_ms.max(payload.at_ms);
            }
        }
        match acts.last() {
            Some(last) if acts.len() == TOLD_AT_ONCE as usize => before_ms = Some(last.payload.at_ms),
            _ => return Ok(all),
        }
    }
}

/// Every act on the person's data in one compartment between two hours, the newest first. What waits is not taken first.
///
/// # Errors
/// [`ActionError`] when the log does not answer or an entry does not open.
pub(crate) async fn all_in(
    app: &App,
    locator: Locator,
    compartment: Tag,
    between: (Hour, Hour),
) -> Result<Vec<Payload<'static>>, ActionError> {
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(Vec::new()) };
    let Some(part) = ring.part(compartment) else { return Ok(Vec::new()) };
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let entries = app.store.list_entries(part, between, before, ENTRIES_AT_ONCE).await?;
        let Some(last) = entries.last() else { return Ok(all) };
        before = Some(last.position);
        for entry in &entries {
            let (text, _) = open_payload(part, &entry.leaf, &entry.payload)?;
            let payload: Payload<'_> =
                serde_json::from_str(&text).map_err(|error| ActionError::Broken(error.to_string()))?;
            all.push(owned(payload));
        }
    }
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
) -> Result<Option<ProofFile>, ActionError> {
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(None) };
    let Some(part) = ring.part(compartment_tag(compartment)) else { return Ok(None) };
    app.store.sequence(compartment_tag(compartment)).await?;
    Ok(app.store.find_receipt(part, event).await?)
}

pub(super) fn owned(payload: Payload<'_>) -> Payload<'static> {
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
        session: payload.session.map(own),
        device: payload.device.map(own),
        proof: payload.proof.into_iter().map(own).collect(),
        edition: payload.edition,
        policy: own(payload.policy),
        documents: payload.documents.into_iter().map(own).collect(),
        chain: payload.chain,
        previous: payload.previous,
    }
}
