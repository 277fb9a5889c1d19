//! Whoever asked about too many people is refused, and the answer says nothing about anybody. Clause 3.4g.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use kepil_domain::gate::{Actor, ActorFacts, Facts, Life, Reach, Refusal, SubjectFacts, decide};

#[test]
fn beyond_their_reach_everybody_is_refused_alike_whomever_they_ask_about() {
    let policy = common::citicom();
    let row = common::row(policy, "mail/delivery");
    let ask = common::own_ask(row, kepil_policy::Verb::Extract);
    let good = common::good_standing(policy);
    let subjects = [
        None,
        Some(good),
        Some(SubjectFacts { is_blocked: true, ..good }),
        Some(SubjectFacts { life: Life::Destroying, ..good }),
    ];
    for (reach, refusal) in [(Reach::Spent, Refusal::OverBudget), (Reach::NotInBulk, Refusal::NotInBulk)] {
        for subject in subjects {
            let verdict = decide(policy, &ask, &Facts { subject, actor: ActorFacts::Nothing, reach });
            assert_eq!((verdict.permit.is_some(), verdict.refused.whole()), (false, Some(refusal)));
        }
        assert_eq!(refusal.clause(), "3.4g");
    }
    assert!(matches!(ask.actor, Actor::Service(_)));
    assert!(decide(policy, &ask, &common::known(good)).permit.is_some(), "within it nothing is refused for that");
}
