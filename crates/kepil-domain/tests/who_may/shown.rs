//! What people show of themselves, and what they place: two parts of the matrix. Clauses 2.2a, 2.2b, 2.3a.

use std::fmt::Write;

use kepil_domain::{
    gate::{Actor, ActorFacts, Agreement, Ask, Facts, Ground, Reach, Refusal, SubjectFacts, decide},
    standing::{SettingRow, Standing},
};
use kepil_policy::{Audience, Effective, Service, Verb};

use super::{
    answer, askers, because,
    common::{self, TODAY, good_standing, own_ask},
    names, print_state, wrapped,
};

/// What people show of themselves: by their own setting, to whoever is within it.
pub fn shown(out: &mut String, policy: &Effective) {
    out.push_str("\n\n======== WHAT PEOPLE SHOW OF THEMSELVES: private until they set it, each field apart\n");
    let viewers = [("anybody", false, false), ("somebody who uses it", true, false), ("somebody named", false, true)];
    for service in policy.policy.services().iter().filter(|service| !service.profile.fields.is_empty()) {
        let profile = &service.profile;
        let what = names(&policy.policy, &profile.fields);
        writeln!(out, "\n{}: {what}; at most to: {}", service.label.en, profile.widest).unwrap();
        let ground = Ground::Profile(service.id);
        for audience in Audience::ALL.iter().filter(|audience| **audience <= profile.widest) {
            wrapped(out, "  ", &format!("set to `{audience}`"));
            for (who, is_member, is_named) in viewers {
                let standing = set_to(policy, service, *audience);
                let actor = ActorFacts::Viewer { is_member, is_named };
                let ask = Ask { ground, actor: Actor::Viewer, ..own_ask(&policy.policy.uses()[0], Verb::Disseminate) };
                let facts = standing.facts(policy, &ask, actor);
                print_state(out, who, &answer(policy, None, Actor::Viewer, ground, Verb::Disseminate, &facts));
            }
        }
        let facts = common::known(SubjectFacts { shown: profile.fields, ..good_standing(policy) });
        for (who, actor) in askers(policy, None) {
            let answer = answer(policy, None, actor, ground, Verb::Disseminate, &facts);
            assert_eq!(answer, [format!("no: {}", because(Refusal::NotShown))], "{who} is no viewer");
        }
        wrapped(out, "  ", "services, staff, recipients and the program see nothing by a setting, whatever it is");
    }
}

fn set_to(policy: &Effective, service: &Service, audience: Audience) -> Standing {
    let mut standing = Standing::default();
    standing.accept(service.tag, policy.no, TODAY);
    for field in service.profile.fields.iter().filter_map(|id| policy.policy.field(id)) {
        let row = SettingRow { service: service.tag, field: field.tag, audience, edition: policy.no, on: TODAY };
        standing.set_audience(row);
    }
    standing
}

/// What people place: which services pass it on, in which state of a person, and that nothing else is done with it.
pub fn placed(out: &mut String, policy: &Effective) {
    out.push_str(
        "\n\n======== WHAT PEOPLE PLACE: no purpose and no duty reaches it; it is shown by a setting, as above\n",
    );
    for service in policy.policy.services().iter().filter(|service| !service.profile.contents.is_empty()) {
        let fields = service.profile.contents;
        writeln!(out, "\n{}: {}", service.label.en, names(&policy.policy, &fields)).unwrap();
        let good = good_standing(policy);
        let states = [
            ("all in order", good),
            ("blocked", SubjectFacts { is_blocked: true, ..good }),
            ("held", SubjectFacts { is_held: true, ..good }),
            ("never accepted the service", SubjectFacts { agreement: Agreement::Never, ..good }),
            ("left the service", SubjectFacts { agreement: Agreement::Ended { on: TODAY }, ..good }),
        ];
        for verb in [Verb::Record, Verb::Destroy] {
            wrapped(out, "  ", &format!("{} passes on: {verb}", service.label.en));
            for (words, subject) in states {
                print_state(out, words, &[said(policy, Actor::Service(service.id), service, verb, subject)]);
            }
        }
        for (who, actor) in askers(policy, Some(service)) {
            for verb in Verb::ALL {
                let is_passed = actor == Actor::Service(service.id) && matches!(verb, Verb::Record | Verb::Destroy);
                let is_yes = said(policy, actor, service, *verb, good) == "yes";
                assert_eq!(is_yes, is_passed, "{who} {verb}");
            }
        }
        wrapped(out, "  ", "other acts and other askers: no");
    }
}

fn said(policy: &Effective, actor: Actor, service: &Service, verb: Verb, subject: SubjectFacts) -> String {
    let (ground, fields) = (Ground::Profile(service.id), service.profile.contents);
    let ask = Ask { actor, ground, fields, ..own_ask(&policy.policy.uses()[0], verb) };
    let verdict =
        decide(policy, &ask, &Facts { subject: Some(subject), actor: ActorFacts::Nothing, reach: Reach::Within });
    verdict.refused.whole().map_or("yes".to_owned(), |why| format!("no: {}", because(why)))
}
