//! What a person shows of themselves: who sees it, and that no later edition lets anybody see more. Clauses 2.2d, 2.3a, 2.3b,
//! 4.2.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may stop at the first surprise")]

mod common;

use std::sync::Arc;

use common::{EVENT, NOW, TODAY, bundle, citicom, compiled, fields};
use kepil_domain::{
    gate::{Actor, ActorFacts, Ask, Ground, Refusal, Right, decide},
    standing::{SettingRow, Standing},
};
use kepil_policy::{Audience, EditionNo, Effective, FieldSet, Policy, Service, Verb};

const NAMES: [&str; 2] = ["given_name", "family_name"];
/// Who looks: whether they use the service, whether they are named.
const VIEWERS: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

fn forum(policy: &Effective) -> &Service {
    policy.policy.find_service("forum").unwrap()
}

fn viewer((is_member, is_named): (bool, bool)) -> ActorFacts {
    ActorFacts::Viewer { is_member, is_named }
}

fn look(policy: &Effective) -> Ask {
    let ground = Ground::Profile(forum(policy).id);
    let all = fields(policy, &NAMES);
    Ask { event: EVENT, actor: Actor::Viewer, ground, verb: Verb::Disseminate, fields: all, moment: NOW }
}

/// Somebody who uses the service and set both fields under `edition`.
fn showing(policy: &Effective, edition: EditionNo, audiences: [Audience; 2]) -> Standing {
    let mut standing = Standing::default();
    let service = forum(policy).tag;
    standing.accept(service, edition, TODAY);
    for (name, audience) in NAMES.iter().zip(audiences) {
        let field = policy.policy.find_field(name).unwrap().tag;
        standing.set_audience(SettingRow { service, field, audience, edition, on: TODAY });
    }
    standing
}

fn seen(policy: &Effective, ask: &Ask, standing: &Standing, by: ActorFacts) -> FieldSet {
    let verdict = decide(policy, ask, &standing.facts(policy, ask, by));
    verdict.permit.map_or(FieldSet::EMPTY, |permit| *permit.fields())
}

/// Whether a viewer is within an audience, from the words of the clause.
fn is_within(audience: Audience, (is_member, is_named): (bool, bool)) -> bool {
    match audience {
        Audience::Private => false,
        Audience::Named => is_named,
        Audience::Members => is_named || is_member,
        Audience::Public => true,
    }
}

#[test]
fn a_viewer_sees_exactly_what_the_setting_of_each_field_says() {
    let policy = citicom();
    for first in Audience::ALL {
        for second in Audience::ALL {
            let standing = showing(policy, policy.no, [*first, *second]);
            for by in VIEWERS {
                let shown = [(NAMES[0], first), (NAMES[1], second)].into_iter();
                let names: Vec<&str> = shown.filter(|(_, it)| is_within(**it, by)).map(|(name, _)| name).collect();
                let saw = seen(policy, &look(policy), &standing, viewer(by));
                assert!(saw == fields(policy, &names), "{first} {second} {by:?}");
            }
        }
    }
}

#[test]
fn without_an_act_of_the_person_nobody_sees_anything() {
    let policy = citicom();
    let mut standing = Standing::default();
    standing.accept(forum(policy).tag, policy.no, TODAY);
    for by in VIEWERS {
        assert!(seen(policy, &look(policy), &standing, viewer(by)).is_empty());
    }
}

#[test]
fn what_everybody_may_see_is_open_to_a_look_alone_and_only_while_the_person_uses_the_service() {
    let policy = citicom();
    let open = showing(policy, policy.no, [Audience::Public; 2]);
    let everybody = viewer((true, true));
    let refused =
        |ask: &Ask, standing: &Standing, by| decide(policy, ask, &standing.facts(policy, ask, by)).refused.whole();
    let ask = look(policy);
    assert_eq!(refused(&ask, &open, everybody), None);
    // Nothing is known of whoever looks: not even that they may look.
    assert_eq!(refused(&ask, &open, ActorFacts::Nothing), Some(Refusal::NotShown));
    for actor in [Actor::Person, Actor::Officer, Actor::Recipient, Actor::System, Actor::Service(forum(policy).id)] {
        assert_eq!(refused(&Ask { actor, ..ask }, &open, everybody), Some(Refusal::NotShown), "{}", actor.word());
    }
    for verb in Verb::ALL.iter().filter(|verb| **verb != Verb::Disseminate) {
        let other = Ask { verb: *verb, ..ask };
        assert_eq!(refused(&other, &open, everybody), Some(Refusal::VerbOutsidePurpose), "{verb}");
    }
    // A viewer gets nothing on another ground.
    let uses = policy.policy.uses().iter().map(|row| Ground::Use(row.id)).chain([Ground::Right(Right::See)]);
    for ground in uses {
        let other = Ask { ground, verb: Verb::Extract, ..ask };
        assert!(decide(policy, &other, &open.facts(policy, &other, everybody)).permit.is_none());
    }
    let mut left = open.clone();
    left.end_agreement(forum(policy).tag, TODAY);
    assert_eq!(refused(&ask, &left, everybody), Some(Refusal::AgreementEnded));
    left.accept(forum(policy).tag, policy.no, TODAY);
    assert_eq!(
        refused(&ask, &left, everybody),
        Some(Refusal::NotShown),
        "who comes back begins with everything private"
    );
    assert_eq!(refused(&ask, &Standing { is_blocked: true, ..open.clone() }, everybody), Some(Refusal::Blocked));
    assert_eq!(refused(&ask, &Standing { is_destroying: true, ..open.clone() }, everybody), Some(Refusal::Destroying));
    let blocked = vec![policy.policy.find_field(NAMES[0]).unwrap().tag];
    let saw = seen(policy, &ask, &Standing { blocked, ..open }, everybody);
    assert!(saw == fields(policy, &NAMES[1..]), "what is blocked apart is not shown");
}

/// The bundle of the project with another profile of the forum; `None` where it shows nothing.
fn with_profile(shown: Option<(&[&str], Audience)>) -> Arc<Policy> {
    let mut bundle = bundle("citicom");
    let text = bundle.files.get_mut("services/forum.toml").unwrap();
    let (service, _) = text.split_once("[service.forum.profile]").unwrap();
    *text = match shown {
        Some((names, widest)) => {
            format!("{service}[service.forum.profile]\nfields = {names:?}\nwidest = \"{widest}\"\n")
        }
        None => service.to_owned(),
    };
    // Nothing is placed there: a profile of nothing takes nothing. What was linked to it is linked to the rules.
    let documents = bundle.files.get_mut("documents.toml").unwrap();
    let (documents_only, _) = documents.split_once("[content.post]").unwrap();
    *documents = documents_only.replace(
        r#"clauses = ["1.2a", "1.2c", "2.2b""#,
        r#"clauses = ["1.2a", "1.2c", "2.1.2d", "2.2a", "2.2d", "2.2b""#,
    );
    compiled(&bundle)
}

#[test]
fn a_later_edition_never_lets_anybody_see_more() {
    let subsets: [&[&str]; 3] = [&NAMES[..1], &NAMES[1..], &NAMES];
    let open = Audience::ALL.iter().filter(|widest| **widest != Audience::Private);
    let profiles: Vec<_> =
        subsets.iter().flat_map(|names| open.clone().map(move |widest| Some((*names, *widest)))).collect();
    let profiles: Vec<_> = profiles.into_iter().chain([None]).collect();
    let policies: Vec<Arc<Policy>> = profiles.iter().map(|profile| with_profile(*profile)).collect();
    let mut narrowed = 0;
    for first in &policies {
        let one = Effective::first(Arc::clone(first));
        for second in &policies {
            let two = one.followed_by(Arc::clone(second));
            for third in &policies {
                let three = two.followed_by(Arc::clone(third));
                for audience in Audience::ALL {
                    let standing = showing(&one, one.no, [*audience; 2]);
                    for by in VIEWERS {
                        let saw = [&one, &two, &three].map(|at| seen(at, &look(at), &standing, viewer(by)));
                        assert!(saw[1].is_within(&saw[0]) && saw[2].is_within(&saw[1]), "after is not within before");
                        narrowed += usize::from(saw[2] != saw[0]);
                    }
                }
            }
        }
    }
    assert!(narrowed > 0, "the editions differ");
}
