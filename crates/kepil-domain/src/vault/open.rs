//! The one way to open values: a permit, a receipt and a sealed row of the same act, within the lease of the facts.

use std::sync::Arc;

use kepil_policy::{FieldId, Policy, Tag};

use super::{Provenance, Record, Ring, RingPart, VaultError, derive::derive, record::blobs};
use crate::{Day, EventId, Installation, Personal, Receipt, Tick, gate::Permit};

/// How long facts may be acted on. A narrowing act commits and waits this long before it answers, so after its answer
/// nothing opens on older facts. Unit: milliseconds.
pub const LEASE_MS: u64 = 1000;

/// The row of one person as the store fetched it for one act.
pub struct Sealed {
    /// The act.
    pub event: EventId,
    /// The person's keys.
    pub ring: Arc<Ring>,
    /// In which compartment.
    pub compartment: Tag,
    /// The sealed records.
    pub records: Vec<u8>,
    /// When the facts were asked for.
    pub asked_at: Tick,
    /// Whose seals they are.
    pub installation: Installation,
}

impl Sealed {
    /// The person's keys, when all three are of one act whose facts are fresh.
    pub(super) fn checked(&self, permit: &Permit, receipt: &Receipt, now: Tick) -> Result<&RingPart, VaultError> {
        if permit.event() != receipt.event() || permit.event() != self.event {
            return Err(VaultError::DifferentActs);
        }
        if now.0.saturating_sub(self.asked_at.0) > LEASE_MS {
            return Err(VaultError::StaleFacts);
        }
        self.ring.part(self.compartment).ok_or(VaultError::KeyDestroyed)
    }
}

/// One opened field.
pub struct OpenedField {
    /// Which.
    pub field: FieldId,
    /// What it says.
    pub value: Personal<String>,
    /// How its source came to be known.
    pub provenance: Provenance,
    /// When its source was written.
    pub written: Day,
}

/// What was opened; a granted field without a stored value is absent.
pub struct Opened {
    /// The act, for the answer.
    pub receipt: Receipt,
    /// The fields, in the policy's order.
    pub fields: Vec<OpenedField>,
}

/// Opens what `permit` grants. Uses up both proofs.
///
/// # Errors
/// [`VaultError::DifferentActs`] when the three do not name the same act, [`VaultError::StaleFacts`] when more than
/// [`LEASE_MS`] has passed since the facts were asked for, others when the row does not open.
pub fn open(
    permit: Permit,
    receipt: Receipt,
    sealed: Sealed,
    policy: &Policy,
    now: Tick,
) -> Result<Opened, VaultError> {
    let part = sealed.checked(&permit, &receipt, now)?;
    let wanted = |class: Tag| {
        let mut granted = permit.fields().iter().filter_map(|id| policy.field(id));
        granted.any(|field| policy.class(field.class).is_some_and(|each| each.tag == class))
    };
    let mut records: Vec<Record> = Vec::with_capacity(2);
    for (class, blob) in blobs(&sealed.records)? {
        if wanted(class) {
            records.push(part.danger_open_record(&sealed.installation, class, blob)?);
        }
    }
    // Derived fields come first: the value of a stored one moves into the answer.
    let (stored, derived): (Vec<_>, Vec<_>) =
        permit.fields().iter().filter_map(|id| policy.field(id)).partition(|field| field.derived.is_none());
    let today = permit.moment().day;
    let mut fields: Vec<OpenedField> = derived
        .into_iter()
        .filter_map(|field| {
            let (source, rule) = field.derived.as_ref()?;
            let source = policy.field(*source)?;
            let from = records.iter().find_map(|record| record.find(source.tag))?;
            let value = derive(rule, &from.text, today)?;
            Some(OpenedField { field: field.id, value, provenance: from.provenance, written: from.written })
        })
        .collect();
    fields.extend(stored.into_iter().filter_map(|field| {
        let value = records.iter_mut().find_map(|record| record.take(field.tag))?;
        Some(OpenedField { field: field.id, value: value.text, provenance: value.provenance, written: value.written })
    }));
    fields.sort_by_key(|opened| opened.field);
    Ok(Opened { receipt, fields })
}
