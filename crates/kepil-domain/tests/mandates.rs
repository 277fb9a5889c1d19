//! Whoever acts for a legal entity: what a mandate opens, and what it does not. Clauses 1.1b, 2.1¶C3, 7.1.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may stop at the first surprise")]

mod common;

use common::{EVENT, NOW, all_fields, citicom_after_a_narrower_one, good_standing};
use kepil_domain::gate::{Actor, ActorFacts, Ask, Facts, Ground, Right, SubjectFacts, decide};
use kepil_policy::{Subject, Verb};

#[test]
fn a_representative_without_a_live_mandate_gets_nothing() {
    let policy = citicom_after_a_narrower_one();
    let account = policy.policy.account().unwrap().id;
    let entity = SubjectFacts { kind: Subject::Entity, ..good_standing(policy) };
    let asks = [
        (Ground::Right(Right::See), Verb::Extract, entity),
        (Ground::Right(Right::Correct), Verb::Clarify, entity),
        (Ground::Right(Right::Delete), Verb::Destroy, entity),
        (Ground::Mandate(account), Verb::Extract, good_standing(policy)),
    ];
    for (ground, verb, subject) in asks {
        let ask = |actor| Ask { event: EVENT, actor, ground, verb, fields: all_fields(policy), moment: NOW };
        let with = |actor| Facts { actor, ..common::known(subject) };
        let refused = [ActorFacts::Nothing, ActorFacts::Mandate { is_live: false }];
        for facts in refused {
            assert!(decide(policy, &ask(Actor::Representative), &with(facts)).permit.is_none());
        }
        let live = with(ActorFacts::Mandate { is_live: true });
        assert!(decide(policy, &ask(Actor::Representative), &live).permit.is_some());
        assert!(decide(policy, &ask(Actor::Person), &live).permit.is_none(), "an entity does nothing by itself");
    }
}

#[test]
fn of_a_representative_a_service_learns_the_name_at_most() {
    let policy = citicom_after_a_narrower_one();
    let live = Facts { actor: ActorFacts::Mandate { is_live: true }, ..common::known(good_standing(policy)) };
    for service in policy.policy.services() {
        let lists = policy.policy.uses_for(service, Subject::Entity).any(|row| {
            let mut fields = row.fields.iter().filter_map(|id| policy.policy.field(id));
            fields.any(|field| field.category == kepil_policy::Category::Representative)
        });
        let (actor, ground) = (Actor::Service(service.id), Ground::Mandate(service.id));
        let fields = all_fields(policy);
        let ask = Ask { event: EVENT, actor, ground, verb: Verb::Extract, fields, moment: NOW };
        let permit = decide(policy, &ask, &live).permit;
        let told = permit.map(|permit| {
            permit
                .fields()
                .iter()
                .filter_map(|id| policy.policy.field(id))
                .map(|it| it.label.en.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        });
        assert_eq!(told.as_deref(), lists.then_some("Given name, Surname"), "{}", service.name);
    }
}
