//! Who may do what: the whole matrix of the gate over the policy of the project, as a text that a lawyer can read.
//!
//! The text is `who_may.txt` beside this file; `KEPIL_UPDATE=1` writes it anew. Clauses 1.2c, 1.3a, 2.1¶C4, 2.4c, 3.2a,
//! 3.4a to 3.4e, 3.5d, 4.5, 4.7, 5.2b to 5.2f, 7.3.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests may stop at the first surprise")]

mod common;
#[path = "who_may/shown.rs"]
mod shown;

use std::fmt::Write;

use common::{EVENT, NOW, TODAY, all_fields, before, citicom_after_a_narrower_one, good_standing, own_ask, row};
use kepil_domain::{
    Day,
    gate::{
        Actor, ActorFacts, Agreement, Ask, Consent, Facts, Ground, Life, Refusal, Refused, Right, StaffFacts,
        SubjectFacts, decide,
    },
};
use kepil_policy::{Effective, FieldSet, Policy, Service, ServiceKind, Use, Verb};

const HEAD: &str = "\
WHO MAY DO WHAT

Written by the gate itself from the policy `citicom`: for every service, purpose, asker and act of the law, and for every
state in which a person can be, with all fields asked for at once. What is not `yes` is refused, and the reason follows
with the clause of the privacy policy that it keeps. The edition in force is the second one; the first, made up for this
text, was narrower: Market delivered nothing, took orders without a surname and gave the courier no name, and Mail might
not \"use\" what it had for deliveries.

An act with * is not in the list of clause 3.4d: it takes a consent of its own that names it.
\"All in order\" means: a person of 25 years, or a legal entity where the purpose is about one; accepted the edition in force, consented to the purpose today, nothing blocked.
";

#[test]
fn the_matrix_is_the_one_that_was_read_and_agreed() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/who_may.txt");
    let now = matrix(citicom_after_a_narrower_one());
    if must_update() {
        std::fs::write(&path, &now).unwrap();
    }
    let agreed = std::fs::read_to_string(&path).unwrap_or_default();
    let differ = now.lines().zip(agreed.lines()).enumerate().find(|(_, (new, old))| new != old);
    if let Some((line, (new, old))) = differ {
        panic!("line {} of who_may.txt says\n{old}\nand the gate says\n{new}\nKEPIL_UPDATE=1 writes it", line + 1);
    }
    assert_eq!(now.lines().count(), agreed.lines().count(), "who_may.txt has another length: KEPIL_UPDATE=1 writes it");
}

#[expect(clippy::disallowed_methods, reason = "asks whoever runs the test, not the deployment")]
fn must_update() -> bool {
    std::env::var("KEPIL_UPDATE").is_ok()
}

#[test]
fn an_act_outside_the_list_of_the_policy_is_refused() {
    let policy = citicom_after_a_narrower_one();
    let outside = Verb::ALL.iter().filter(|verb| !policy.policy.verbs().contains(**verb));
    for verb in outside.clone() {
        for row in policy.policy.uses().iter().filter(|row| !row.verbs.contains(*verb)) {
            let verdict = decide(policy, &own_ask(row, *verb), &common::known(common::good_for(policy, row)));
            assert!(verdict.permit.is_none());
            assert_eq!(verdict.refused.whole(), Some(Refusal::VerbOutsidePurpose));
        }
    }
    assert!(outside.clone().any(|verb| *verb == Verb::Disseminate), "clause 3.4d does not list dissemination");
}

#[test]
fn a_purpose_without_acceptance_gives_nothing() {
    let policy = citicom_after_a_narrower_one();
    for row in policy.policy.uses() {
        for verb in row.verbs.iter() {
            let subject = SubjectFacts { agreement: Agreement::Never, ..common::good_for(policy, row) };
            let verdict = decide(policy, &own_ask(row, verb), &common::known(subject));
            assert!(verdict.permit.is_none());
            assert_eq!(verdict.refused.whole(), Some(Refusal::NotAccepted));
        }
    }
}

#[test]
fn a_blocked_person_is_closed_to_every_service() {
    let policy = citicom_after_a_narrower_one();
    for row in policy.policy.uses() {
        for verb in row.verbs.iter() {
            let subject = SubjectFacts { is_blocked: true, ..common::good_for(policy, row) };
            let verdict = decide(policy, &own_ask(row, verb), &common::known(subject));
            assert!(verdict.permit.is_none());
            assert_eq!(verdict.refused.whole(), Some(Refusal::Blocked));
        }
    }
}

#[test]
fn a_service_gets_nothing_for_the_purpose_of_another() {
    let policy = citicom_after_a_narrower_one();
    for row in policy.policy.uses() {
        for caller in policy.policy.services().iter().filter(|service| service.id != row.service) {
            for verb in row.verbs.iter() {
                let ask = Ask { actor: Actor::Service(caller.id), ..own_ask(row, verb) };
                let verdict = decide(policy, &ask, &common::known(good_standing(policy)));
                assert!(verdict.permit.is_none());
                assert_eq!(verdict.refused.whole(), Some(Refusal::ForeignService));
            }
        }
    }
}

#[test]
fn a_state_in_order_gives_every_service_what_its_purpose_needs() {
    let policy = citicom_after_a_narrower_one();
    for row in policy.policy.uses() {
        for verb in row.verbs.iter() {
            let verdict = decide(policy, &own_ask(row, verb), &common::known(common::good_for(policy, row)));
            assert_eq!(verdict.permit.unwrap().fields(), &row.fields);
            assert!(verdict.refused == Refused::Nothing);
        }
    }
    let courier = decide(policy, &own_ask(row(policy, "market/courier"), Verb::Transfer), &Facts::default());
    assert!(courier.permit.is_none(), "but not about someone unknown");
}

// ---- the matrix

/// A state in plain words, and what the gate then knows.
type State = (String, Facts);
/// A group of fields in plain words, and why not.
type Line = String;
/// Answers to one asker and one act: for each state, the lines of the answer.
type Answers = Vec<(String, Vec<Line>)>;

fn matrix(policy: &Effective) -> String {
    let mut out = HEAD.to_owned();
    always(&mut out, policy);
    rights(&mut out, policy);
    shown::shown(&mut out, policy);
    shown::placed(&mut out, policy);
    staff(&mut out, policy);
    for service in policy.policy.services() {
        let kind = match service.kind {
            ServiceKind::Account => "the account itself",
            ServiceKind::Own => "a service of the operator",
            ServiceKind::ThirdParty => "a service of another company",
        };
        let (name, ages) = (service.label.en.to_uppercase(), common::ages(service));
        writeln!(out, "\n\n======== {name}: {kind}{ages}").unwrap();
        for row in policy.policy.uses_of(service) {
            purpose(&mut out, policy, service, row);
        }
    }
    out
}

/// What holds for everyone and everything; checked over the whole matrix.
fn always(out: &mut String, policy: &Effective) {
    out.push_str("\n\n======== WHOEVER ASKS, WHATEVER FOR, IN WHATEVER STATE\n");
    let grounds: Vec<Ground> = (policy.policy.uses().iter().map(|row| Ground::Use(row.id)))
        .chain([Right::See, Right::Correct, Right::Block, Right::Delete].map(Ground::Right))
        .collect();
    for (words, facts) in closed(policy) {
        let mut answers: Vec<Vec<Line>> = Vec::new();
        for ground in &grounds {
            for (_, actor) in askers(policy, None) {
                let each = Verb::ALL.iter().map(|verb| answer(policy, None, actor, *ground, *verb, &facts));
                each.for_each(|answer| {
                    if !answers.contains(&answer) {
                        answers.push(answer);
                    }
                });
            }
        }
        assert_eq!(answers.len(), 1, "`{words}` has one answer");
        print_state(out, &words, &answers[0]);
    }
    out.push_str("\nFor a purpose of any service, in every other state, any act:\n");
    for (name, actor) in askers(policy, None).into_iter().filter(|(_, actor)| is_outside_of_services(*actor)) {
        let mut all = policy.policy.uses().iter().flat_map(|row| {
            let ground = Ground::Use(row.id);
            let of = move |(_, facts): State| {
                Verb::ALL.iter().map(move |verb| answer(policy, Some(row), actor, ground, *verb, &facts)).collect()
            };
            states(policy, Some(row)).into_iter().flat_map(move |state| -> Vec<Vec<Line>> { of(state) })
        });
        let first = all.next().unwrap();
        assert!(all.all(|other| other == first), "{name} has one answer for all purposes");
        print_state(out, &format!("{name} asks"), &first);
    }
}

fn is_outside_of_services(actor: Actor) -> bool {
    !matches!(actor, Actor::Service(_) | Actor::System)
}

fn rights(out: &mut String, policy: &Effective) {
    out.push_str("\n\n======== THE PERSON'S OWN RIGHTS: no agreement, consent or age is asked for\n");
    let all = [
        (Right::See, "see and take away"),
        (Right::Correct, "correct"),
        (Right::Block, "have stopped"),
        (Right::Delete, "delete"),
    ];
    for (right, words) in all {
        writeln!(out, "\nThe right to {words}").unwrap();
        asked(out, policy, None, Ground::Right(right), askers(policy, None));
    }
}

/// What staff see under each duty, of whom, and what must be in order with them first.
fn staff(out: &mut String, policy: &Effective) {
    out.push_str("\n\n======== THE STAFF: each duty sees what its purpose may, and of that no more than it needs\n");
    for duty in policy.policy.duties() {
        let row = policy.policy.use_at(duty.serves.unwrap()).unwrap();
        let powers: Vec<&str> = duty.powers.iter().map(|power| power.word()).collect();
        let needs = if duty.fields.is_empty() { "nothing".to_owned() } else { names(&policy.policy, &duty.fields) };
        writeln!(out, "\n{}: \u{201c}{}\u{201d}", duty.name, duty.label.en).unwrap();
        writeln!(out, "  powers: {}; purpose: {}", powers.join(", "), row.label.en).unwrap();
        writeln!(out, "  needs: {needs}").unwrap();
        let ready =
            StaffFacts { duty: Some(duty.id), is_strong: true, has_signed: true, is_trained: true, has_reason: true };
        let with = |facts: Facts, staff| Facts { actor: ActorFacts::Staff(staff), ..facts };
        let good = common::known(good_standing(policy));
        let missing = [
            ("the duty is not theirs, over or not confirmed", StaffFacts { duty: None, ..ready }),
            ("no second factor", StaffFacts { is_strong: false, ..ready }),
            ("undertaking or internal rules not signed as they stand", StaffFacts { has_signed: false, ..ready }),
            ("no training, or too long ago", StaffFacts { is_trained: false, ..ready }),
            ("no reason stated", StaffFacts { has_reason: false, ..ready }),
        ];
        let missing = missing.map(|(words, staff)| (format!("officer: {words}"), with(good, staff)));
        let of_person = states(policy, Some(row)).into_iter().map(|(words, facts)| (words, with(facts, ready)));
        let all: Vec<State> = of_person.chain(missing).collect();
        let ask = |verb| -> Answers {
            let ground = Ground::Duty(duty.id);
            let of = |facts| answer(policy, Some(row), Actor::Officer, ground, verb, facts);
            all.iter().map(|(words, facts)| (words.clone(), of(facts))).collect()
        };
        let by_verb = grouped(Verb::ALL.iter().map(|verb| (verb.word().to_owned(), ask(*verb))));
        for (verbs, answers) in by_verb.iter().rev().filter(|(verbs, _)| verbs.len() == 1) {
            wrapped(out, "  ", &format!("an officer asks to {}", any_of(verbs)));
            print_states(out, answers, false);
        }
        for (verbs, answers) in by_verb.iter().filter(|(verbs, _)| verbs.len() > 1) {
            wrapped(out, "  ", &format!("an officer asks to do anything else: {}", any_of(verbs)));
            print_states(out, answers, true);
        }
    }
}

fn purpose(out: &mut String, policy: &Effective, service: &Service, row: &Use) {
    let basis = row.law.as_deref().unwrap_or("consent");
    let how = match (row.per_claim, !row.by_claim.is_empty(), row.optional) {
        (true, ..) => ", each field allowed apart",
        (false, true, _) => ", turned on apart from the agreement, and its fields given when the service asks",
        (false, false, true) => ", turned on apart from the agreement",
        (false, false, false) => "",
    };
    writeln!(out, "\n{}: \u{201c}{}\u{201d}", row.purpose, row.label.en).unwrap();
    writeln!(out, "  needs: {}", names(&policy.policy, &row.fields)).unwrap();
    writeln!(out, "  basis: {basis}{how}; kept {}", row.keep.label.en).unwrap();
    let inside = askers(policy, Some(service)).into_iter().filter(|(_, actor)| !is_outside_of_services(*actor));
    asked(out, policy, Some(row), Ground::Use(row.id), inside.collect());
}

/// Everyone who can ask; `own` is called by its name.
fn askers(policy: &Effective, own: Option<&Service>) -> Vec<(String, Actor)> {
    let is_own = |service: &&Service| own.is_some_and(|own| own.id == service.id);
    let (first, then): (Vec<_>, Vec<_>) = policy.policy.services().iter().partition(is_own);
    let services = first.into_iter().chain(then).map(|service| {
        let name = match own {
            Some(own) if own.id == service.id => format!("{} itself", service.label.en),
            _ if service.kind == ServiceKind::ThirdParty => format!("{} (a third party)", service.label.en),
            _ => service.label.en.clone(),
        };
        (name, Actor::Service(service.id))
    });
    let others = [
        ("the person", Actor::Person),
        ("a representative", Actor::Representative),
        ("an officer", Actor::Officer),
        ("a recipient", Actor::Recipient),
        ("the program", Actor::System),
    ];
    services.chain(others.map(|(name, actor)| (name.to_owned(), actor))).collect()
}

/// States in which nothing opens to anyone.
fn closed(policy: &Effective) -> Vec<State> {
    let gone = SubjectFacts { life: Life::Destroying, ..good_standing(policy) };
    vec![
        ("the service knows no such person".to_owned(), Facts::default()),
        ("the data are being destroyed".to_owned(), common::known(gone)),
    ]
}

/// Every other state, for a purpose or for the rights.
fn states(policy: &Effective, row: Option<&Use>) -> Vec<State> {
    let good = row.map_or_else(|| good_standing(policy), |row| common::good_for(policy, row));
    let older = before(policy.no);
    let given = |edition, fields, on| Consent::Given { edition, fields, on };
    let long_ago = Day(TODAY.0 - 31);
    let first = row.map_or_else(|| all_fields(policy), |row| row.fields).iter().next();
    let first: FieldSet = first.into_iter().collect();
    let first_name = names(&policy.policy, &first);
    let mut all = vec![
        ("all in order".to_owned(), good),
        (
            "accepted and consented under the edition before".to_owned(),
            SubjectFacts {
                agreement: Agreement::Live { edition: older },
                consent: given(older, FieldSet::ALL, TODAY),
                ..good
            },
        ),
        (
            "accepted the edition in force, consented under the one before".to_owned(),
            SubjectFacts { consent: given(older, FieldSet::ALL, TODAY), ..good },
        ),
        ("never accepted".to_owned(), SubjectFacts { agreement: Agreement::Never, ..good }),
        ("ended the agreement".to_owned(), SubjectFacts { agreement: Agreement::Ended { on: TODAY }, ..good }),
        ("never consented".to_owned(), SubjectFacts { consent: Consent::Never, ..good }),
        ("withdrew the consent".to_owned(), SubjectFacts { consent: Consent::Withdrawn, ..good }),
        (
            "consented 31 days ago".to_owned(),
            SubjectFacts { consent: given(policy.no, FieldSet::ALL, long_ago), ..good },
        ),
        ("everything is blocked".to_owned(), SubjectFacts { is_blocked: true, ..good }),
        ("a hold forbids destruction".to_owned(), SubjectFacts { is_held: true, ..good }),
        (format!("\u{201c}{first_name}\u{201d} is blocked apart"), SubjectFacts { blocked: first, ..good }),
    ];
    all.extend(common::by_kind(good));
    if row.is_some_and(|row| !row.by_claim.is_empty()) {
        let consent = given(policy.no, first, TODAY);
        all.push((format!("allowed \u{201c}{first_name}\u{201d} only"), SubjectFacts { consent, ..good }));
    }
    let mut all: Vec<State> = all.into_iter().map(|(words, subject)| (words, common::known(subject))).collect();
    all.extend(row.is_none().then(|| common::with_mandates(good)).into_iter().flatten());
    all
}

/// Asks everything for one ground, and prints equal answers once.
fn asked(out: &mut String, policy: &Effective, row: Option<&Use>, ground: Ground, askers: Vec<(String, Actor)>) {
    let states = states(policy, row);
    let of = |actor: Actor, verb: Verb| -> Answers {
        states.iter().map(|(words, facts)| (words.clone(), answer(policy, row, actor, ground, verb, facts))).collect()
    };
    let verb_name = |verb: Verb| {
        let star = if policy.policy.verbs().contains(verb) { "" } else { "*" };
        format!("{}{star}", verb.word())
    };
    // Whoever gets something comes first, and so does what they get it for.
    let is_refused =
        |answers: &Answers| !answers.iter().flat_map(|(_, answer)| answer).any(|line| line.starts_with("yes"));
    let mut by_asker = grouped(askers.into_iter().map(|(name, actor)| {
        let mut by_verb = grouped(Verb::ALL.iter().map(|verb| (verb_name(*verb), of(actor, *verb))));
        by_verb.sort_by_key(|(_, answers)| is_refused(answers));
        (name, by_verb)
    }));
    by_asker.sort_by_key(|(_, by_verb)| by_verb.iter().all(|(_, answers)| is_refused(answers)));
    for (who, by_verb) in by_asker {
        for (at, (verbs, answers)) in by_verb.iter().enumerate() {
            let what = match (by_verb.len(), at) {
                (1, _) => "do anything".to_owned(),
                (_, 1..) if verbs.len() > 1 && is_refused(answers) => format!("do anything else: {}", any_of(verbs)),
                _ => any_of(verbs),
            };
            wrapped(out, "  ", &format!("{} asks to {what}", any_of(&who)));
            print_states(out, answers, row.is_none());
        }
    }
}

/// Equal answers once; what most states say comes last, when it is a refusal or when `all_last`.
fn print_states(out: &mut String, answers: &Answers, all_last: bool) {
    let mut by_state = grouped(answers.iter().cloned());
    if let [(_, one)] = by_state.as_slice() {
        return print_state(out, "in every state", one);
    }
    let most = by_state.iter().position(|(when, answer)| {
        when.len() * 2 > answers.len() && (all_last || answer.iter().all(|line| line.starts_with("no")))
    });
    let last = most.map(|at| by_state.remove(at));
    by_state.iter().for_each(|(when, answer)| print_state(out, &when.join("; "), answer));
    if let Some((_, answer)) = last {
        print_state(out, "in every other state", &answer);
    }
}

/// The answer to one ask for every field at once, in plain words.
fn answer(policy: &Effective, row: Option<&Use>, actor: Actor, ground: Ground, verb: Verb, facts: &Facts) -> Vec<Line> {
    let all = all_fields(policy);
    let ask = Ask { event: EVENT, actor, ground, verb, fields: all, moment: NOW };
    let verdict = decide(policy, &ask, facts);
    let granted = verdict.permit.as_ref().map_or(FieldSet::EMPTY, |permit| *permit.fields());
    if let Some(why) = verdict.refused.whole() {
        assert!(verdict.permit.is_none(), "what is refused as a whole has no permit");
        return vec![format!("no: {}", because(why))];
    }
    let mut lines = Vec::new();
    if !granted.is_empty() {
        let what = if granted == all { "everything".to_owned() } else { names(&policy.policy, &granted) };
        lines.push(format!("yes: {what}"));
    }
    let outside = row.map_or(FieldSet::EMPTY, |row| all.minus(&row.fields));
    for why in Refusal::ALL {
        let set: FieldSet = all.iter().filter(|field| verdict.refused.reason(*field) == Some(*why)).collect();
        assert!(set.and(&granted).is_empty(), "a field is granted or refused, not both");
        if !set.is_empty() {
            let what = if set == outside { "everything else".to_owned() } else { names(&policy.policy, &set) };
            lines.push(format!("no: {what}: {}", because(*why)));
        }
    }
    lines
}

fn because(why: Refusal) -> String {
    format!("{why} (clause {})", why.clause())
}

fn names(policy: &Policy, fields: &FieldSet) -> String {
    let all: Vec<&str> = fields.iter().filter_map(|id| policy.field(id)).map(|it| it.label.en.as_str()).collect();
    all.join(", ")
}

/// Joins the keys of equal values, in the order in which they first come.
fn grouped<T: PartialEq>(pairs: impl Iterator<Item = (String, T)>) -> Vec<(Vec<String>, T)> {
    let mut groups: Vec<(Vec<String>, T)> = Vec::new();
    for (key, value) in pairs {
        match groups.iter_mut().find(|(_, known)| *known == value) {
            Some((keys, _)) => keys.push(key),
            None => groups.push((vec![key], value)),
        }
    }
    groups
}

fn any_of(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

fn print_state(out: &mut String, when: &str, answer: &[Line]) {
    wrapped(out, "    - ", when);
    answer.iter().for_each(|line| wrapped(out, "        ", line));
}

/// A line of at most 110 letters; what follows is set in under it.
fn wrapped(out: &mut String, before: &str, text: &str) {
    let mut line = before.to_owned();
    for word in text.split(' ') {
        if line.chars().count() + word.chars().count() > 110 {
            writeln!(out, "{}", line.trim_end()).unwrap();
            line = " ".repeat(before.len() + 2);
        }
        line.push_str(word);
        line.push(' ');
    }
    writeln!(out, "{}", line.trim_end()).unwrap();
}
