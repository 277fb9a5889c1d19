//! What people place: reached by no purpose and no duty, passed on by the service where it is placed, shown as its author set,
//! and never kept from whoever has a right to see it. Clauses 2.1.2d, 2.2a, 2.2b, 2.2d.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may stop at the first surprise")]

mod common;

use common::{NOW, TODAY, citicom, good_standing};
use kepil_domain::{
    gate::{Actor, ActorFacts, Agreement, Ask, Facts, Ground, Reach, Refusal, Right, StaffFacts, SubjectFacts, decide},
    standing::{SettingRow, Standing},
};
use kepil_policy::{Audience, EditionNo, Effective, FieldSet, Service, Subject, Verb};

fn forum(policy: &Effective) -> &Service {
    policy.policy.services().iter().find(|service| !service.profile.contents.is_empty()).unwrap()
}

fn placed(policy: &Effective) -> FieldSet {
    policy.policy.contents().iter().map(|kind| kind.id).collect()
}

fn ask(policy: &Effective, actor: Actor, ground: Ground, verb: Verb) -> Ask {
    Ask { event: common::EVENT, actor, ground, verb, fields: placed(policy), moment: NOW }
}

#[test]
fn no_purpose_no_duty_and_nobody_of_the_staff_reaches_what_people_placed() {
    let policy = citicom();
    assert!(!placed(policy).is_empty());
    let subject = SubjectFacts { shown: FieldSet::ALL, ..good_standing(policy) };
    let services = policy.policy.services().iter().map(|service| Actor::Service(service.id));
    let actors =
        services.chain([Actor::System, Actor::Officer, Actor::Recipient, Actor::Viewer, Actor::Representative]);
    let uses = policy.policy.uses().iter().map(|each| Ground::Use(each.id));
    let duties = policy.policy.duties().iter().map(|duty| Ground::Duty(duty.id));
    let grounds: Vec<Ground> = uses.chain(duties).collect();
    let mut asked = 0;
    for actor in actors {
        for ground in &grounds {
            for verb in Verb::ALL {
                let duty = match ground {
                    Ground::Duty(at) => Some(*at),
                    _ => None,
                };
                let full = StaffFacts { duty, is_strong: true, has_signed: true, is_trained: true, has_reason: true };
                let subject = SubjectFacts {
                    kind: match ground {
                        Ground::Use(at) => policy.policy.use_at(*at).unwrap().subject,
                        _ => Subject::Person,
                    },
                    ..subject
                };
                for known in [ActorFacts::Staff(full), ActorFacts::Mandate { is_live: true }, ActorFacts::Nothing] {
                    let facts = Facts { subject: Some(subject), actor: known, reach: Reach::Within };
                    let verdict = decide(policy, &ask(policy, actor, *ground, *verb), &facts);
                    assert!(verdict.permit.is_none(), "{} {ground:?} {verb}", actor.word());
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 1000, "{asked}");
}

#[test]
fn only_the_service_where_it_is_placed_passes_it_on_and_opens_nothing() {
    let policy = citicom();
    let (forum, good) = (forum(policy), good_standing(policy));
    let ground = Ground::Profile(forum.id);
    let said = |actor, verb, subject| {
        let facts = Facts { subject: Some(subject), actor: ActorFacts::Nothing, reach: Reach::Within };
        let verdict = decide(policy, &ask(policy, actor, ground, verb), &facts);
        (verdict.permit.is_some(), verdict.refused.whole())
    };
    let own = Actor::Service(forum.id);
    for verb in Verb::ALL {
        let may = matches!(verb, Verb::Record | Verb::Destroy);
        assert_eq!(said(own, *verb, good), (may, (!may).then_some(Refusal::NotShown)), "{verb}");
        for other in policy.policy.services().iter().filter(|service| service.id != forum.id) {
            assert!(!said(Actor::Service(other.id), *verb, good).0, "{} {verb}", other.name);
        }
    }
    for (subject, reason) in [
        (SubjectFacts { is_blocked: true, ..good }, Refusal::Blocked),
        (SubjectFacts { kind: Subject::Entity, ..good }, Refusal::NotShown),
        (SubjectFacts { agreement: Agreement::Never, ..good }, Refusal::NotAccepted),
        (SubjectFacts { agreement: Agreement::Ended { on: TODAY }, ..good }, Refusal::AgreementEnded),
    ] {
        assert_eq!(said(own, Verb::Record, subject), (false, Some(reason)));
    }
    assert_eq!(said(own, Verb::Destroy, SubjectFacts { is_held: true, ..good }), (false, Some(Refusal::Held)));
    // A value of the account is no content: it is not written so.
    let fields = policy.policy.service(forum.id).unwrap().profile.fields.minus(&placed(policy));
    let facts = Facts { subject: Some(good), actor: ActorFacts::Nothing, reach: Reach::Within };
    assert!(decide(policy, &Ask { fields, ..ask(policy, own, ground, Verb::Record) }, &facts).permit.is_none());
}

#[test]
fn it_is_seen_as_it_is_set_and_by_right_without_agreement_and_against_a_block() {
    let policy = citicom();
    let forum = forum(policy);
    let kind = &policy.policy.contents()[0];
    let viewer = |is_member, is_named| ActorFacts::Viewer { is_member, is_named };
    for audience in Audience::ALL {
        let mut standing = Standing::default();
        standing.accept(forum.tag, policy.no, TODAY);
        standing.set_audience(SettingRow {
            service: forum.tag,
            field: kind.tag,
            audience: *audience,
            edition: policy.no,
            on: TODAY,
        });
        let sees = |facts| {
            let ask = ask(policy, Actor::Viewer, Ground::Profile(forum.id), Verb::Disseminate);
            decide(policy, &ask, &standing.facts(policy, &ask, facts)).permit.is_some()
        };
        assert_eq!(sees(viewer(false, false)), *audience == Audience::Public, "{audience}");
        assert_eq!(sees(viewer(true, false)), *audience >= Audience::Members, "{audience}");
        assert_eq!(sees(viewer(false, true)), *audience >= Audience::Named, "{audience}");
    }
    // Whoever left, or had everything blocked, still sees what is theirs.
    let own = ask(policy, Actor::Person, Ground::Right(Right::See), Verb::Extract);
    for standing in [Standing::default(), Standing { is_blocked: true, ..Standing::default() }] {
        assert!(decide(policy, &own, &standing.facts(policy, &own, ActorFacts::Nothing)).permit.is_some());
    }
}

/// Law 6 of the house: what an edition takes is placed for nobody who has not accepted it.
#[test]
fn a_kind_of_a_later_edition_is_not_placed_for_whoever_accepted_the_one_before() {
    let mut before = common::bundle("citicom");
    let documents = before.files.get_mut("documents.toml").unwrap();
    *documents = documents.replace("[content.post]", "[content.note]");
    let forum_before = before.files.get_mut("services/forum.toml").unwrap();
    *forum_before = forum_before.replace(r#"contents = ["post"]"#, r#"contents = ["note"]"#);
    let policy = &Effective::first(common::compiled(&before)).followed_by(common::compiled(&common::bundle("citicom")));
    let placed = |edition| {
        let subject = SubjectFacts { agreement: Agreement::Live { edition }, ..good_standing(policy) };
        let (forum, facts) =
            (forum(policy).id, Facts { subject: Some(subject), actor: ActorFacts::Nothing, reach: Reach::Within });
        decide(policy, &ask(policy, Actor::Service(forum), Ground::Profile(forum), Verb::Record), &facts)
            .permit
            .is_some()
    };
    assert!(!placed(EditionNo(1)) && placed(EditionNo(2)));
}
