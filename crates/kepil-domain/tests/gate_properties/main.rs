//! What holds of every decision of the gate, over random asks, facts and policies; and the same decision written twice.
//!
//! Start reading at the tests; then `oracle.rs`. Source: laws 2, 3 and 6 of the house; clauses 1.2a, 1.2c, 1.3a, 2.1¶C4,
//! 3.1.3, 3.2a, 3.4d, 3.5d, 3.7, 4.5, 7.3.
#![allow(
    clippy::struct_excessive_bools,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests may stop at the first surprise; facts are what they are"
)]

#[path = "../common/mod.rs"]
mod common;
mod oracle;
mod plain;
mod random;
mod small;

use std::sync::{Arc, OnceLock};

use kepil_domain::{
    Day,
    gate::{Agreement, Consent, Ground, Refusal, Refused, decide},
};
use kepil_policy::{Basis, Code, EditionNo, Effective, FieldSet, Until, compile};
use plain::{Accepted, Names, Plain, PlainAsk, PlainFacts, Who, Why};
use proptest::prelude::*;
use random::{Narrowing, ask_and_facts, narrowing};

/// The policy of the project, after a narrower edition.
fn citicom() -> &'static Plain {
    static ONCE: OnceLock<Plain> = OnceLock::new();
    ONCE.get_or_init(|| {
        Plain::of(&[common::compiled(&common::narrower()), common::compiled(&common::bundle("citicom"))])
    })
}

/// One to three small policies, as editions of one lineage.
fn lineage() -> impl Strategy<Value = Plain> {
    proptest::collection::vec(small::small(), 1..4).prop_map(|policies| Plain::of(&policies))
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The fields that the gate granted; `None` without a permit.
fn granted(plain: &Plain, ask: &PlainAsk, facts: Option<&PlainFacts>) -> Option<Names> {
    plain.decide(ask, facts).permit.map(|permit| plain.names(permit.fields()))
}

fn agrees(plain: &Plain, ask: &PlainAsk, facts: Option<&PlainFacts>) -> Result<(), TestCaseError> {
    prop_assert_eq!(granted(plain, ask, facts), oracle::allowed(plain, ask, facts));
    Ok(())
}

/// Everything that a grant for a purpose needs, one by one.
fn grant_has_its_reasons(plain: &Plain, ask: &PlainAsk, facts: Option<&PlainFacts>) -> Result<(), TestCaseError> {
    let (policy, asked) = (&plain.effective, plain.ask(ask));
    let known = plain.facts(facts);
    let Some(permit) = decide(policy, &asked, &known).permit else { return Ok(()) };
    prop_assert_eq!((permit.event(), permit.verb(), permit.moment()), (asked.event, asked.verb, asked.moment));
    prop_assert!(permit.fields().is_within(&asked.fields), "no field that was not asked for");
    let subject = known.subject.expect("nobody gets anything about someone unknown");
    let Ground::Use(at) = asked.ground else { return Ok(()) };
    let row = policy.policy.use_at(at).expect("a purpose that the policy has");
    prop_assert!(permit.fields().is_within(&row.fields), "no field that the purpose does not need");
    prop_assert!(row.verbs.contains(asked.verb), "no act that the purpose does not allow");
    prop_assert!(!row.keep.name.is_empty() && row.law.is_some() == (row.basis == Basis::Law), "keep rule and basis");
    prop_assert!(!subject.is_blocked && permit.fields().and(&subject.blocked).is_empty(), "nothing blocked");
    let ceiling = |edition| policy.ceiling(at, edition).map_or(FieldSet::EMPTY, |ceiling| ceiling.fields);
    match subject.agreement {
        Agreement::Never | Agreement::Live { .. } if row.basis == Basis::Law && !row.needs_agreement => {}
        Agreement::Live { edition } => prop_assert!(permit.fields().is_within(&ceiling(edition))),
        Agreement::Never => prop_assert!(false, "acceptance"),
        Agreement::Ended { .. } => prop_assert!(false, "nothing after the end of the agreement"),
    }
    if row.basis == Basis::Law {
        return Ok(());
    }
    let Consent::Given { edition, fields, on } = subject.consent else {
        return Err(TestCaseError::fail("nothing without consent"));
    };
    prop_assert!(permit.fields().is_within(&ceiling(edition)), "consented");
    prop_assert!(permit.fields().and(&row.by_claim).is_within(&fields), "claim by claim");
    let is_over = row.keep.until == Until::Fixed && asked.moment.day.0 > on.0 + row.keep.term.days;
    prop_assert!(!is_over, "nothing past the end of keeping");
    Ok(())
}

/// Every field asked for is granted, or refused for exactly one reason.
fn every_field_has_one_answer(plain: &Plain, ask: &PlainAsk, facts: Option<&PlainFacts>) -> Result<(), TestCaseError> {
    let asked = plain.ask(ask);
    let verdict = decide(&plain.effective, &asked, &plain.facts(facts));
    let granted = verdict.permit.as_ref().map_or(FieldSet::EMPTY, |permit| *permit.fields());
    let single = match verdict.refused {
        Refused::Fields(by) => vec![by.outside, by.newer, by.unreleased, by.blocked],
        Refused::Nothing | Refused::Whole(_) => Vec::new(),
    };
    for field in asked.fields.iter() {
        let why = verdict.refused.reason(field);
        prop_assert_ne!(granted.contains(field), why.is_some(), "{:?} {:?}", field, why);
        prop_assert!(single.iter().filter(|set| set.contains(field)).count() <= 1);
    }
    prop_assert!(verdict.refused.whole().is_none() || verdict.permit.is_none());
    Ok(())
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn the_gate_decides_as_the_sentences_of_the_policy_do((ask, facts) in ask_and_facts(citicom())) {
        agrees(citicom(), &ask, facts.as_ref())?;
    }

    #[test]
    fn nothing_is_granted_without_purpose_basis_acceptance_and_keep_rule((ask, facts) in ask_and_facts(citicom())) {
        grant_has_its_reasons(citicom(), &ask, facts.as_ref())?;
        every_field_has_one_answer(citicom(), &ask, facts.as_ref())?;
    }

    #[test]
    fn a_narrowing_fact_never_grants_more((ask, facts) in ask_and_facts(citicom()), narrower in narrowing(citicom())) {
        never_more(citicom(), &ask, facts.as_ref(), &narrower)?;
    }

    #[test]
    fn what_the_policy_does_not_know_is_refused((ask, facts) in ask_and_facts(citicom())) {
        unknown_refuses(citicom(), &ask, facts.as_ref())?;
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn the_same_holds_of_any_small_policy(plain in lineage(), seeds in any::<[u64; 40]>()) {
        for (ask, facts, narrower) in seeds.iter().map(|seed| random::case(&plain, *seed)) {
            let facts = facts.as_ref();
            agrees(&plain, &ask, facts)?;
            grant_has_its_reasons(&plain, &ask, facts)?;
            every_field_has_one_answer(&plain, &ask, facts)?;
            never_more(&plain, &ask, facts, &narrower)?;
            unknown_refuses(&plain, &ask, facts)?;
        }
    }
}

fn never_more(
    plain: &Plain,
    ask: &PlainAsk,
    facts: Option<&PlainFacts>,
    narrowing: &Narrowing,
) -> Result<(), TestCaseError> {
    let narrower = facts.map(|facts| narrowing.add_to(facts.clone()));
    let (before, after) = (granted(plain, ask, facts), granted(plain, ask, narrower.as_ref()));
    prop_assert!(
        after.is_none() || before.as_ref().zip(after.as_ref()).is_some_and(|(before, after)| after.is_subset(before)),
        "{narrowing:?} turned {before:?} into {after:?}"
    );
    Ok(())
}

fn unknown_refuses(plain: &Plain, ask: &PlainAsk, facts: Option<&PlainFacts>) -> Result<(), TestCaseError> {
    let no = |ask: &PlainAsk, facts: Option<&PlainFacts>| plain.decide(ask, facts).permit.is_none();
    prop_assert!(no(ask, None), "an unknown person");
    let nowhere = PlainAsk { why: Why::Purpose("no_such/purpose".to_owned()), ..ask.clone() };
    prop_assert!(no(&nowhere, facts), "an unknown purpose");
    let Why::Purpose(path) = &ask.why else { return Ok(()) };
    let stranger = PlainAsk { who: Who::Service, caller: "no_such_service".to_owned(), ..ask.clone() };
    prop_assert!(no(&stranger, facts), "an unknown service");
    let nothing = PlainAsk { fields: ["no_such_field".to_owned()].into(), ..ask.clone() };
    prop_assert!(no(&nothing, facts), "an unknown field");
    let never = facts.map(|facts| PlainFacts { accepted: Accepted::Edition(0), ..facts.clone() });
    let by_law = plain.in_force().get(path).is_some_and(|purpose| purpose.is_law && !purpose.needs_agreement);
    prop_assert!(by_law || no(ask, never.as_ref()), "an edition that never was");
    Ok(())
}

/// Properties of refusals alone would be worth little.
#[test]
fn the_random_cases_meet_grants_and_every_refusal() {
    let plain = citicom();
    let (mut grants, mut met) = (0, std::collections::BTreeSet::new());
    for (ask, facts, _) in (0..20_000).map(|seed| random::case(plain, seed)) {
        let asked = plain.ask(&ask);
        let verdict = plain.decide(&ask, facts.as_ref());
        grants += u32::from(verdict.permit.is_some_and(|permit| !permit.fields().is_empty()));
        met.extend(verdict.refused.whole());
        met.extend(asked.fields.iter().filter_map(|field| verdict.refused.reason(field)));
    }
    // Those of duties, mandates and profiles are met in `grounds.rs`, one by one.
    met.extend([Refusal::Frozen, Refusal::NotStrong, Refusal::NotSigned, Refusal::NotTrained]);
    met.extend([Refusal::NoReason, Refusal::NotShown]);
    // Whoever used up their budget is refused whatever they ask: `budgets.rs`.
    met.extend([Refusal::OverBudget, Refusal::NotInBulk]);
    // Whoever accepts for somebody says that, before there is anything to decide.
    met.insert(Refusal::GuardianDecides);
    let missing: Vec<_> = Refusal::ALL.iter().filter(|refusal| !met.contains(refusal)).collect();
    assert!(missing.is_empty(), "never met: {missing:?}");
    assert!(grants > 1000, "{grants} grants of 20000");
}

#[test]
fn a_moment_past_the_end_of_keeping_refuses_and_the_last_day_does_not() {
    let plain = citicom();
    let row = common::row(&plain.effective, "market/courier");
    let subject = common::good_standing(&plain.effective);
    for (days, refusal) in [(0, None), (30, None), (31, Some(Refusal::KeepOver)), (20_000, Some(Refusal::KeepOver))] {
        let mut ask = common::own_ask(row, kepil_policy::Verb::Transfer);
        ask.moment.day = Day(common::TODAY.0 + days);
        let verdict = decide(&plain.effective, &ask, &common::known(subject));
        assert_eq!((verdict.refused.whole(), verdict.permit.is_none()), (refusal, refusal.is_some()), "{days} days");
    }
}

#[test]
fn an_edition_that_is_not_published_yet_gives_no_more_than_the_one_in_force() {
    let plain = citicom();
    for row in plain.effective.policy.uses() {
        let (now, later) =
            (plain.effective.ceiling(row.id, EditionNo(2)), plain.effective.ceiling(row.id, EditionNo(9)));
        assert!(later.is_none() || later == now);
    }
}

proptest! {
    #![proptest_config(config(150))]

    /// Clause 1.2a: a bundle in which a service widens the general policy without a consent of its own does not compile.
    #[test]
    fn the_policy_of_a_service_never_widens_the_general_one(recipe in small::recipe()) {
        let recipe = recipe.whole();
        let bundle = small::bundle(&recipe);
        let (fields, verbs) = small::general(&recipe);
        let wider = small::wider(&recipe);
        match compile(&bundle) {
            Err(faults) => prop_assert!(
                !wider || faults.iter().any(|fault| fault.code == Code::WidensGeneral),
                "{faults:?}"
            ),
            Ok(policy) => {
                prop_assert!(!wider, "a wider purpose compiled");
                let effective = Effective::first(Arc::new(policy));
                for row in small::narrowing_paths(&recipe).iter().map(|path| common::row(&effective, path)) {
                    for verb in kepil_policy::Verb::ALL {
                        let ask = kepil_domain::gate::Ask {
                            fields: common::all_fields(&effective), ..common::own_ask(row, *verb)
                        };
                        let verdict = decide(&effective, &ask, &common::known(common::good_standing(&effective)));
                        let Some(permit) = verdict.permit else { continue };
                        prop_assert!(verbs.contains(&verb.word()), "{verb}");
                        prop_assert!(permit.fields().is_within(&common::fields(&effective, &fields)));
                    }
                }
            }
        }
    }
}
