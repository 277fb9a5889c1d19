//! A decision asks the allocator for nothing: the gate is a few ANDs over bitsets, and its cost is the same for each ask.
//!
//! Source: design of the house, section 3 ("no string, no allocation").

mod common;

use common::{all_fields, citicom_after_a_narrower_one, good_standing, known, own_ask, row};
use kepil_domain::gate::{Actor, Ask, Consent, Facts, Ground, Right, SubjectFacts, decide};
use kepil_policy::{Effective, FieldSet, Verb};

/// Every purpose and right, with every act, for someone in order, someone unknown, blocked and withdrawn.
fn cases(policy: &Effective) -> Vec<(Ask, Facts)> {
    let good = good_standing(policy);
    let first: FieldSet = all_fields(policy).iter().take(1).collect();
    let facts = [
        Facts::default(),
        known(good),
        known(SubjectFacts { is_blocked: true, ..good }),
        known(SubjectFacts { blocked: first, ..good }),
        known(SubjectFacts { consent: Consent::Withdrawn, ..good }),
        known(SubjectFacts { age_at_least: Some(15), ..good }),
        known(SubjectFacts { age_at_least: Some(15), has_guardian: true, ..good }),
    ];
    let uses = policy.policy.uses().iter().flat_map(|row| Verb::ALL.iter().map(|verb| own_ask(row, *verb)));
    let rights = [Right::See, Right::Correct, Right::Block, Right::Delete].into_iter().flat_map(|right| {
        let ask = own_ask(row(policy, "mail/delivery"), Verb::Extract);
        Verb::ALL.iter().map(move |verb| Ask {
            actor: Actor::Person,
            ground: Ground::Right(right),
            verb: *verb,
            fields: FieldSet::ALL,
            ..ask
        })
    });
    let asks: Vec<Ask> = uses.map(|ask| Ask { fields: all_fields(policy), ..ask }).chain(rights).collect();
    asks.into_iter().flat_map(|ask| facts.into_iter().map(move |facts| (ask, facts))).collect()
}

#[test]
fn a_decision_allocates_nothing() {
    let policy = citicom_after_a_narrower_one();
    let cases = cases(policy);
    let mut grants = 0;
    let used = allocation_counter::measure(|| {
        for (ask, facts) in &cases {
            let verdict = decide(policy, ask, facts);
            let reasons = ask.fields.iter().filter(|field| verdict.refused.reason(*field).is_some()).count();
            grants += usize::from(verdict.permit.is_some() && reasons <= FieldSet::CAPACITY);
        }
    });
    assert_eq!((used.count_total, used.bytes_total), (0, 0), "{} decisions", cases.len());
    assert!(grants > 100, "some of them were grants: {grants}");
}

#[test]
fn the_counter_counts() {
    let used = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 100])));
    assert_eq!((used.count_total, used.bytes_total), (1, 100));
}
