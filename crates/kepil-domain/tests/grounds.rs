//! The grounds besides purposes: duties of staff, mandates, and what a person shows. Every combination of facts is tried.
//!
//! Clauses 1.1b, 2.3a, 2.3b, 3.5c, 4.2, 5.2c to 5.2f.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may stop at the first surprise")]

mod common;

use common::{NOW, TODAY, bundle, citicom, compiled, good_standing};
use kepil_domain::{
    Locator,
    gate::{Actor, ActorFacts, Agreement, Ask, Facts, Ground, Reach, Refusal, Right, StaffFacts, SubjectFacts, decide},
    standing::{NamedRow, SettingRow, Standing},
};
use kepil_policy::{Audience, Duty, EditionNo, Effective, FieldSet, Subject, Verb};

fn duty(policy: &Effective) -> &Duty {
    policy.policy.duties().iter().find(|duty| duty.serves.is_some() && !duty.fields.is_empty()).unwrap()
}

fn on_duty(policy: &Effective) -> StaffFacts {
    let duty = Some(duty(policy).id);
    StaffFacts { duty, is_strong: true, has_signed: true, is_trained: true, has_reason: true }
}

fn by_duty(policy: &Effective, actor: Actor, fields: FieldSet) -> Ask {
    let ground = Ground::Duty(duty(policy).id);
    Ask { event: common::EVENT, actor, ground, verb: Verb::Extract, fields, moment: NOW }
}

#[test]
fn staff_see_what_their_duty_needs_and_nothing_while_one_condition_is_missing() {
    let policy = citicom();
    let duty = duty(policy);
    let all = common::all_fields(policy);
    let known =
        |subject, staff| Facts { subject: Some(subject), actor: ActorFacts::Staff(staff), reach: Reach::Within };
    let good = good_standing(policy);
    let served = policy.policy.use_at(duty.serves.unwrap()).unwrap();
    let seen = decide(policy, &by_duty(policy, Actor::Officer, all), &known(good, on_duty(policy)));
    assert_eq!(*seen.permit.unwrap().fields(), duty.fields.and(&served.fields));
    assert_eq!(seen.refused.reason(all.minus(&duty.fields).iter().next().unwrap()), Some(Refusal::OutsidePurpose));
    let full = on_duty(policy);
    for (staff, reason) in [
        (StaffFacts { duty: None, ..full }, Refusal::NoDuty),
        (StaffFacts { is_strong: false, ..full }, Refusal::NotStrong),
        (StaffFacts { has_signed: false, ..full }, Refusal::NotSigned),
        (StaffFacts { is_trained: false, ..full }, Refusal::NotTrained),
        (StaffFacts { has_reason: false, ..full }, Refusal::NoReason),
    ] {
        let verdict = decide(policy, &by_duty(policy, Actor::Officer, all), &known(good, staff));
        assert!(verdict.permit.is_none());
        assert_eq!(verdict.refused.whole(), Some(reason));
    }
    for actor in [Actor::Person, Actor::System, Actor::Viewer, Actor::Service(served.service), Actor::Recipient] {
        let verdict = decide(policy, &by_duty(policy, actor, all), &known(good, full));
        assert_eq!(verdict.refused.whole(), Some(Refusal::NoDuty), "{}", actor.word());
    }
    let blocked =
        decide(policy, &by_duty(policy, Actor::Officer, all), &known(SubjectFacts { is_blocked: true, ..good }, full));
    assert_eq!(blocked.refused.whole(), Some(Refusal::Blocked));
    for verb in Verb::ALL.iter().filter(|verb| !served.verbs.contains(**verb)) {
        let ask = Ask { verb: *verb, ..by_duty(policy, Actor::Officer, all) };
        assert_eq!(decide(policy, &ask, &known(good, full)).refused.whole(), Some(Refusal::VerbOutsidePurpose));
    }
}

/// Law 6 of the house: the person accepted an edition in which the duty saw less.
#[test]
fn a_duty_that_grew_sees_no_more_of_whoever_has_not_accepted_that() {
    let mut before = common::bundle("citicom");
    let text = before.files.get_mut("staff.toml").unwrap();
    let from = r#"fields  = ["given_name", "email"]"#;
    assert!(text.contains(from), "mend this test");
    *text = text.replacen(from, r#"fields  = ["email"]"#, 1);
    let policy = &Effective::first(common::compiled(&before)).followed_by(common::compiled(&common::bundle("citicom")));
    let all = common::all_fields(policy);
    let seen = |edition| {
        let subject = SubjectFacts { agreement: Agreement::Live { edition }, ..good_standing(policy) };
        let facts = Facts { subject: Some(subject), actor: ActorFacts::Staff(on_duty(policy)), reach: Reach::Within };
        decide(policy, &by_duty(policy, Actor::Officer, all), &facts)
    };
    let grown = common::fields(policy, &["given_name"]);
    let old = seen(EditionNo(1));
    assert_eq!(*old.permit.unwrap().fields(), common::fields(policy, &["email"]));
    assert_eq!(old.refused.reason(grown.iter().next().unwrap()), Some(Refusal::NewerEdition));
    assert_eq!(*seen(EditionNo(2)).permit.unwrap().fields(), duty(policy).fields);
}

#[test]
fn a_right_is_had_by_the_person_or_by_whoever_has_a_mandate_now() {
    let policy = citicom();
    let entity = SubjectFacts { kind: Subject::Entity, ..good_standing(policy) };
    let ask = |actor| Ask {
        event: common::EVENT,
        actor,
        ground: Ground::Right(Right::See),
        verb: Verb::Extract,
        fields: common::all_fields(policy),
        moment: NOW,
    };
    let said = |subject, actor, facts| {
        let verdict =
            decide(policy, &ask(actor), &Facts { subject: Some(subject), actor: facts, reach: Reach::Within });
        (verdict.permit.is_some(), verdict.refused.whole())
    };
    let (live, over) = (ActorFacts::Mandate { is_live: true }, ActorFacts::Mandate { is_live: false });
    for subject in [good_standing(policy), entity, SubjectFacts { is_frozen: true, ..entity }] {
        assert_eq!(said(subject, Actor::Representative, live), (true, None), "rights do not freeze");
        assert_eq!(said(subject, Actor::Representative, over), (false, Some(Refusal::NoMandate)));
        assert_eq!(said(subject, Actor::Representative, ActorFacts::Nothing), (false, Some(Refusal::NoMandate)));
    }
    assert_eq!(said(entity, Actor::Person, ActorFacts::Nothing), (false, Some(Refusal::NotThePerson)));
}

#[test]
fn nobody_gets_data_of_a_frozen_entity_or_of_the_other_kind_of_account() {
    let policy = citicom();
    for row in policy.policy.uses() {
        let good = SubjectFacts { kind: row.subject, ..good_standing(policy) };
        let other = if row.subject == Subject::Person { Subject::Entity } else { Subject::Person };
        for (subject, reason) in [
            (SubjectFacts { is_frozen: true, ..good }, Refusal::Frozen),
            (SubjectFacts { kind: other, ..good }, Refusal::OutsidePurpose),
        ] {
            for verb in row.verbs.iter() {
                let verdict = decide(policy, &common::own_ask(row, verb), &common::known(subject));
                assert!(verdict.permit.is_none());
                assert_eq!(verdict.refused.whole(), Some(reason));
            }
        }
    }
}

/// The bundle of the project, in which News shows the given name to as many as `widest` says.
fn showing(widest: &str) -> std::sync::Arc<kepil_policy::Policy> {
    let mut bundle = bundle("citicom");
    let news = bundle.files.get_mut("services/news.toml").unwrap();
    *news = format!("{news}\n[service.news.profile]\nfields = [\"given_name\"]\nwidest = \"{widest}\"\n");
    compiled(&bundle)
}

/// What somebody with these facts sees of a person who set `audience` under edition `set`.
fn sees(policy: &Effective, audience: Audience, set: u32, viewer: ActorFacts) -> bool {
    let service = policy.policy.find_service("news").unwrap();
    let field = policy.policy.find_field("given_name").unwrap();
    let mut standing = Standing::default();
    standing.accept(service.tag, policy.no, TODAY);
    let who = Locator([1; 16]);
    standing.named.push(NamedRow { service: service.tag, who, on: TODAY, by_address: false });
    let (service, field) = (service.id, field.id);
    let row = |audience| SettingRow {
        service: policy.policy.service(service).unwrap().tag,
        field: policy.policy.field(field).unwrap().tag,
        audience,
        edition: EditionNo(set),
        on: TODAY,
    };
    standing.set_audience(row(audience));
    let ask = Ask {
        event: common::EVENT,
        actor: Actor::Viewer,
        ground: Ground::Profile(service),
        verb: Verb::Disseminate,
        fields: common::all_fields(policy),
        moment: NOW,
    };
    let verdict = decide(policy, &ask, &standing.facts(policy, &ask, viewer));
    let is_seen = verdict.permit.is_some_and(|permit| *permit.fields() == FieldSet::from_iter([field]));
    assert!(is_seen || verdict.refused.whole() == Some(Refusal::NotShown));
    assert!(
        decide(policy, &Ask { actor: Actor::Service(service), ..ask }, &standing.facts(policy, &ask, viewer))
            .permit
            .is_none()
    );
    standing.end_agreement(policy.policy.service(service).unwrap().tag, TODAY);
    let left = decide(policy, &ask, &standing.facts(policy, &ask, viewer));
    assert_eq!(left.refused.whole(), Some(Refusal::AgreementEnded), "nothing is shown after leaving");
    is_seen
}

#[test]
fn whoever_looks_sees_exactly_what_the_person_set() {
    let policy = Effective::first(showing("public"));
    let viewer = |is_member, is_named| ActorFacts::Viewer { is_member, is_named };
    let looks =
        [viewer(false, false), viewer(true, false), viewer(false, true), viewer(true, true), ActorFacts::Nothing];
    for (audience, expected) in [
        (Audience::Private, [false; 5]),
        (Audience::Named, [false, false, true, true, false]),
        (Audience::Members, [false, true, true, true, false]),
        (Audience::Public, [true, true, true, true, false]),
    ] {
        assert_eq!(looks.map(|viewer| sees(&policy, audience, 1, viewer)), expected, "{audience}");
    }
}

#[test]
fn an_edition_that_widens_a_function_widens_no_setting_made_before() {
    let everybody = ActorFacts::Viewer { is_member: false, is_named: false };
    let member = ActorFacts::Viewer { is_member: true, is_named: false };
    let narrowed = Effective::first(showing("public")).followed_by(showing("members"));
    assert!(!sees(&narrowed, Audience::Public, 1, everybody), "a narrower function narrows at once");
    assert!(sees(&narrowed, Audience::Public, 1, member));
    let widened = narrowed.followed_by(showing("public"));
    assert!(!sees(&widened, Audience::Public, 1, everybody), "and stays narrow when the function widens again");
    assert!(!sees(&widened, Audience::Public, 2, everybody));
    assert!(sees(&widened, Audience::Public, 3, everybody), "until the person sets it anew");
    let came = Effective::first(compiled(&bundle("citicom"))).followed_by(showing("public"));
    assert!(!sees(&came, Audience::Public, 1, everybody), "nothing was shown before the function came");
}

/// Clause 2.4c: what a child shows at a guarded service is shown while a guardian agrees.
#[test]
fn a_profile_at_a_guarded_service_closes_with_the_guardians_consent() {
    let mut bundle = bundle("citicom");
    let text = bundle.files.values_mut().find(|text| text.contains(".profile]")).unwrap();
    let head = text.find("\nkind").expect("the head of the service");
    text.insert_str(head, "\nguardian = true");
    let policy = &Effective::first(compiled(&bundle));
    let service = policy.policy.services().iter().find(|it| it.guardian.is_some() && !it.profile.fields.is_empty());
    let service = service.unwrap();
    let fields = service.profile.fields;
    let ground = Ground::Profile(service.id);
    let ask = Ask { event: common::EVENT, actor: Actor::Viewer, ground, verb: Verb::Disseminate, fields, moment: NOW };
    let good = SubjectFacts { shown: fields, ..good_standing(policy) };
    for (age, has_guardian, refusal) in [
        (Some(15), true, None),
        (Some(15), false, Some(Refusal::NoGuardian)),
        (Some(18), false, None),
        (None, true, Some(Refusal::AgeUnconfirmed)),
    ] {
        let subject = SubjectFacts { age_at_least: age, has_guardian, ..good };
        let verdict = decide(policy, &ask, &common::known(subject));
        assert_eq!(verdict.refused.whole(), refusal, "{age:?} {has_guardian}");
        assert_eq!(verdict.permit.is_some(), refusal.is_none());
    }
}
