//! Opening: permit, receipt and sealed row must be of one act, the facts young, and only what was granted comes out.
//!
//! Source: law 2 of the house; clauses 2.1¶C4, 3.2b, 3.7. What does not even compile is in `misuse.rs`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use std::sync::Arc;

use common::{Counting, EVENT, TODAY, citicom, fields, good_standing, known, own_ask, receipt, row};
use kepil_domain::{
    EventId, Installation, Personal, Tick,
    gate::{Ask, Permit, decide},
    ledger::compartment_tag,
    vault::{LEASE_MS, Opened, Provenance, Record, Ring, Sealed, Value, VaultError, open},
};
use kepil_policy::{FieldSet, Tag, Verb};

const HOME: Installation = Installation([1; 16]);
const OTHER: EventId = EventId([8; 16]);
const ASKED_AT: Tick = Tick(5_000);

/// A person with a name, a date of birth and an address.
fn stored(event: EventId) -> Sealed {
    let (policy, mut entropy) = (&citicom().policy, Counting(0));
    let ring = Ring::random(&common::home(), policy, &mut entropy).unwrap();
    let compartment = compartment_tag("account");
    let values =
        [("given_name", "Әйгерім"), ("birth_date", "2001-02-03"), ("residence", "Алматы, Абай 1"), ("email", "a@b.kz")];
    let mut records: Vec<(Tag, Record)> = Vec::new();
    for (name, text) in values {
        let field = policy.find_field(name).unwrap();
        let class = policy.class(field.class).unwrap().tag;
        if !records.iter().any(|(tag, _)| *tag == class) {
            records.push((class, Record::default()));
        }
        let record = &mut records.iter_mut().find(|(tag, _)| *tag == class).unwrap().1;
        let text = Personal::new(text.to_owned());
        record.set(field.tag, Value { text, provenance: Provenance::Form, written: TODAY });
    }
    let records = ring.part(compartment).unwrap().seal_row(&HOME, &records, &[], &mut entropy).unwrap();
    Sealed { event, ring: Arc::new(ring), compartment, records, asked_at: ASKED_AT, installation: HOME }
}

/// Leave to extract `fields` for `path`.
fn permit(event: EventId, path: &str, fields: FieldSet) -> Permit {
    let policy = citicom();
    let ask = Ask { event, fields, ..own_ask(row(policy, path), Verb::Extract) };
    decide(policy, &ask, &known(good_standing(policy))).permit.unwrap()
}

fn name_only(event: EventId) -> Permit {
    permit(event, "mail/delivery", fields(citicom(), &["given_name"]))
}

fn opened_at(now: Tick) -> Result<Opened, VaultError> {
    open(name_only(EVENT), receipt(EVENT), stored(EVENT), &citicom().policy, now)
}

fn texts(opened: &Opened) -> Vec<(String, String)> {
    let name = |id| citicom().policy.field(id).unwrap().name.clone();
    opened.fields.iter().map(|it| (name(it.field), it.value.reveal().clone())).collect()
}

#[test]
fn what_was_granted_comes_out_and_nothing_else() {
    let opened = opened_at(ASKED_AT).unwrap();
    assert_eq!(texts(&opened), [("given_name".to_owned(), "Әйгерім".to_owned())]);
    assert_eq!((opened.fields[0].provenance, opened.fields[0].written), (Provenance::Form, TODAY));
    assert_eq!(opened.receipt.event(), EVENT, "the answer names its act");
}

#[test]
fn a_derived_field_comes_out_without_its_source() {
    let policy = citicom();
    let orders = permit(EVENT, "market/orders", fields(policy, &["given_name", "family_name", "age_at_least_18"]));
    let opened = open(orders, receipt(EVENT), stored(EVENT), &policy.policy, ASKED_AT).unwrap();
    let expected = [("given_name", "Әйгерім"), ("age_at_least_18", "true")];
    assert_eq!(texts(&opened), expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let prices = permit(EVENT, "market/prices", fields(policy, &["region"]));
    let opened = open(prices, receipt(EVENT), stored(EVENT), &policy.policy, ASKED_AT).unwrap();
    assert_eq!(texts(&opened), [("region".to_owned(), "Алматы".to_owned())]);
}

#[test]
fn proofs_of_different_acts_open_nothing() {
    let policy = &citicom().policy;
    let refused = |permit: EventId, paid: EventId, row: EventId| {
        open(name_only(permit), receipt(paid), stored(row), policy, ASKED_AT).err()
    };
    let different = Some(VaultError::DifferentActs);
    assert_eq!(refused(EVENT, EVENT, EVENT), None);
    assert_eq!(refused(OTHER, EVENT, EVENT), different, "the permit of another act");
    assert_eq!(refused(EVENT, OTHER, EVENT), different, "the receipt of another act");
    assert_eq!(refused(EVENT, EVENT, OTHER), different, "the row of another act");
}

#[test]
fn facts_open_for_one_second_and_no_longer() {
    assert_eq!(LEASE_MS, 1000);
    assert!(opened_at(Tick(ASKED_AT.0 + LEASE_MS)).is_ok());
    assert_eq!(opened_at(Tick(ASKED_AT.0 + LEASE_MS + 1)).err(), Some(VaultError::StaleFacts));
    assert_eq!(opened_at(Tick(u64::MAX)).err(), Some(VaultError::StaleFacts));
}

#[test]
fn a_row_of_a_shredded_compartment_or_another_installation_opens_nothing() {
    let policy = &citicom().policy;
    let refused = |sealed: Sealed| open(name_only(EVENT), receipt(EVENT), sealed, policy, ASKED_AT).err();
    let gone = Sealed { compartment: Tag(1), ..stored(EVENT) };
    assert_eq!(refused(gone), Some(VaultError::KeyDestroyed));
    let elsewhere = Sealed { installation: Installation([2; 16]), ..stored(EVENT) };
    assert_eq!(refused(elsewhere), Some(VaultError::DoesNotOpen));
    let stranger = Ring::random(&common::home(), policy, &mut Counting(99)).unwrap();
    let of_another = Sealed { ring: Arc::new(stranger), ..stored(EVENT) };
    assert!(matches!(refused(of_another), Some(VaultError::DoesNotOpen | VaultError::KeyDestroyed)));
    let cut = Sealed { records: stored(EVENT).records[..20].to_vec(), ..stored(EVENT) };
    assert_eq!(refused(cut), Some(VaultError::UnknownLayout));
}

#[test]
fn a_granted_field_without_a_value_is_absent() {
    let empty = Sealed { records: Vec::new(), ..stored(EVENT) };
    let opened = open(name_only(EVENT), receipt(EVENT), empty, &citicom().policy, ASKED_AT).unwrap();
    assert!(opened.fields.is_empty());
}
