//! Row `decide`: one decision against one look-up in a hash map, and 1,000 services against 10.

use std::{collections::HashMap, fmt::Write as _, hint::black_box, sync::Arc, time::Instant};

use kepil_domain::{
    Day, EventId, Moment,
    gate::{Actor, ActorFacts, Agreement, Ask, Consent, Facts, Ground, Life, Reach, SubjectFacts, decide},
};
use kepil_policy::{EditionNo, Effective, FieldSet, Policy, Subject, Use, UseId, Verb, compile};

use crate::report::{Goal, Report, median};

const FIELDS: usize = 30;
const PURPOSES: usize = 20;
const ASKS: usize = 1 << 16;
/// How many distinct asks a run repeats.
const HOT: usize = 200;

/// The smallest bundle with that many services more, each with 20 purposes of 30 fields.
fn large(services: usize) -> Policy {
    let mut bundle = kepil_testing::bundle("minimal");
    let label = "{ ru = \"Ещё\", kk = \"Тағы\", en = \"More\" }";
    let names: Vec<String> = (0..FIELDS).map(|number| format!("extra_{number}")).collect();
    let mut fields = String::new();
    for name in &names {
        let kind = "category = \"preference\"\nkind = \"text\"\ncompartment = \"people\"\nform = \"request\"";
        writeln!(fields, "[field.{name}]\n{kind}\nlabel = {label}\nwhy = {label}").unwrap();
    }
    bundle.files.insert("more.toml".to_owned(), fields);
    let list = format!("[\"{}\"]", names.join("\", \""));
    for service in 0..services {
        let mut text = format!(
            "[service.extra_{service}]\nkind = \"own\"\npolicy = \"own\"\nlabel = {label}\nabout = {label}\n\
             documents = [\"extra_{service}\"]\n"
        );
        let document = format!(
            "[document.extra_{service}]\nkind = \"policy\"\nversion = \"1\"\ntitle = {label}\ntext = \"extra_{service}\"\n"
        );
        bundle.files.insert(format!("document_{service}.toml"), document);
        let mut body: String = names.iter().map(|name| format!("{{{{field:{name}}}}} ")).collect();
        for purpose in 0..PURPOSES {
            writeln!(
                text,
                "[service.extra_{service}.purpose.use_{purpose}]\nconsent = \"own\"\nbasis = \"consent\"\n\
                 verbs = [\"collect\", \"store\", \"extract\", \"use\", \"destroy\"]\nfields = {list}\n\
                 keep = \"while_wanted\"\ncompartment = \"people\"\nlabel = {label}"
            )
            .unwrap();
            write!(body, "{{{{purpose:extra_{service}/use_{purpose}}}}} {{{{keep:while_wanted}}}} ").unwrap();
        }
        bundle.files.insert(format!("services/extra_{service}.toml"), text);
        for language in ["ru", "kk", "en"] {
            bundle.files.insert(format!("texts/extra_{service}.{language}.md"), body.clone());
        }
    }
    compile(&bundle).unwrap_or_else(|faults| panic!("{}", faults[0]))
}

/// A small generator of indices: the same ones in each run.
fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap_or(0)
}

/// What is asked for: positions of uses, drawn from the whole policy, `HOT` of them in a run that shows the cost of the
/// decision, all of them in one that shows the cost of memory.
fn drawn(policy: &Effective, distinct: usize) -> Vec<UseId> {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let uses = policy.policy.uses();
    let own: Vec<&Use> = uses.iter().filter(|row| row.fields.len() == FIELDS).collect();
    let set: Vec<UseId> = (0..distinct).map(|_| own[random(&mut state) % own.len()].id).collect();
    (0..ASKS).map(|_| set[random(&mut state) % set.len()]).collect()
}

/// Time of one decision. Unit: nanoseconds.
fn decisions_ns(policy: &Effective, drawn: &[UseId], facts: &Facts) -> f64 {
    let uses = policy.policy.uses();
    let fields: FieldSet = uses[drawn[0].0 as usize].fields.iter().take(2).collect();
    let moment = Moment { unix_ms: 0, day: Day(20_000) };
    let mut ask = Ask {
        event: EventId([7; 16]),
        actor: Actor::System,
        ground: Ground::Use(drawn[0]),
        verb: Verb::Extract,
        fields,
        moment,
    };
    let callers: Vec<Actor> = drawn.iter().map(|at| Actor::Service(uses[at.0 as usize].service)).collect();
    let (begun, mut granted) = (Instant::now(), 0usize);
    for (at, caller) in drawn.iter().zip(&callers) {
        (ask.ground, ask.actor) = (Ground::Use(*at), *caller);
        granted += usize::from(decide(black_box(policy), black_box(&ask), black_box(facts)).permit.is_some());
    }
    let took = begun.elapsed().as_nanos() as f64 / drawn.len() as f64;
    assert_eq!(granted, drawn.len(), "a refusal is cheaper than a grant");
    took
}

fn look_ups_ns(map: &HashMap<String, u64>, keys: &[&str]) -> f64 {
    let begun = Instant::now();
    for key in keys {
        black_box(map.get(black_box(*key)));
    }
    begun.elapsed().as_nanos() as f64 / keys.len() as f64
}

/// Measures the row and its growth.
pub fn measure(report: &Report, rounds: usize) {
    let begun = Instant::now();
    let policy = large(1000);
    let compiled_s = begun.elapsed().as_secs_f64();
    let (uses, policy) = (policy.uses().len(), Effective::first(Arc::new(policy)));
    let small = Effective::first(Arc::new(large(10)));
    let facts = Facts {
        actor: ActorFacts::Nothing,
        reach: Reach::Within,
        subject: Some(SubjectFacts {
            kind: Subject::Person,
            is_frozen: false,
            shown: FieldSet::EMPTY,
            life: Life::Live,
            is_blocked: false,
            blocked: FieldSet::EMPTY,
            is_held: false,
            agreement: Agreement::Live { edition: EditionNo(1) },
            consent: Consent::Given { edition: EditionNo(1), fields: FieldSet::ALL, on: Day(19_000) },
            age_at_least: Some(18),
            has_guardian: false,
        }),
    };
    let (hot, cold, few) = (drawn(&policy, HOT), drawn(&policy, uses), drawn(&small, HOT));
    // What a gate that is not compiled would look up: a purpose by the names of its service and itself.
    let name = |row: &Use| format!("{}/{}", row.service.0, row.purpose);
    let map: HashMap<String, u64> = policy.policy.uses().iter().map(name).zip(0..).collect();
    let names: Vec<String> = policy.policy.uses().iter().map(name).collect();
    let keys = |drawn: &[UseId]| -> Vec<&str> { drawn.iter().map(|at| names[at.0 as usize].as_str()).collect() };
    let (hot_keys, cold_keys) = (keys(&hot), keys(&cold));
    let (mut to_map, mut to_small, mut own, mut floor) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut cold_own, mut cold_floor) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(5) * 4 {
        let decided = decisions_ns(&policy, &hot, &facts);
        let looked_up = look_ups_ns(&map, &hot_keys);
        let among_few = decisions_ns(&small, &few, &facts);
        to_map.push(decided / looked_up);
        to_small.push(decided / among_few);
        own.push(decided);
        floor.push(looked_up);
        cold_own.push(decisions_ns(&policy, &cold, &facts));
        cold_floor.push(look_ups_ns(&map, &cold_keys));
    }
    let absolute = format!(
        "{:.0} ns a decision, {:.0} ns a look-up; drawn from all {uses} uses, out of cache: {:.0} and {:.0} ns; \
         compiled in {compiled_s:.1} s",
        median(own),
        median(floor),
        median(cold_own),
        median(cold_floor)
    );
    report.row("decide", to_map, Goal::AtMost(2.0), &absolute);
    report.row(
        "decide/growth",
        to_small,
        Goal::AtMost(1.2),
        "1,000 services against 10, as many distinct asks of each",
    );
}
