//! Whatever is changed in a bundle is either refused, or it is another edition whose changes are told.
//!
//! What survives, that is compiles and tells no change, is listed in `survivors.txt` with the reason.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests may stop at the first surprise"
)]
mod common;
mod mutate;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use kepil_policy::{Bundle, Change, Effect, Policy, compile, diff};
use mutate::{Mutation, mutations};

/// The small bundle of the tests and the large one that the project ships, each with how many mutations of a class are
/// made at most.
fn bundles() -> [(Bundle, usize); 2] {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/citicom");
    [(common::base(), 3), (common::read(&shipped).unwrap(), 1)]
}

/// What became of a mutation.
enum Fate {
    Refused,
    Told(Vec<Change>, Vec<Change>),
    Survived,
}

fn fate(bundle: &Bundle, old: &Policy, mutation: &Mutation) -> Fate {
    let Ok(new) = compile(&mutation.of(bundle)) else { return Fate::Refused };
    let (there, back) = (diff(old, &new), diff(&new, old));
    if there.is_empty() || back.is_empty() || new.hash() == old.hash() {
        return Fate::Survived;
    }
    Fate::Told(there, back)
}

/// The mutations of both bundles with their fates, on every core.
fn fates(whole: &BTreeSet<String>) -> Vec<(Mutation, Fate)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = Vec::new();
    for (bundle, most) in &bundles() {
        let old = &compile(bundle).unwrap_or_else(|faults| panic!("{}", common::report(&faults)));
        let mut parts: Vec<Vec<Mutation>> = (0..cores).map(|_| Vec::new()).collect();
        for (at, mutation) in mutations(bundle, *most, whole).into_iter().enumerate() {
            parts[at % cores].push(mutation);
        }
        std::thread::scope(|scope| {
            let work = |part: Vec<Mutation>| {
                move || {
                    part.into_iter()
                        .map(|it| (fate(bundle, old, &it), it))
                        .map(|(fate, it)| (it, fate))
                        .collect::<Vec<_>>()
                }
            };
            let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(work(part))).collect();
            threads.into_iter().for_each(|thread| all.extend(thread.join().unwrap()));
        });
    }
    all
}

/// The classes that may survive, each with the reason.
fn reasons() -> BTreeMap<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/survivors.txt");
    let listed = std::fs::read_to_string(path).unwrap();
    let lines = listed.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let pair = |line: &str| {
        let (class, reason) = line.split_once(" | ").unwrap_or((line, ""));
        (class.trim().to_owned(), reason.trim().to_owned())
    };
    lines.map(pair).collect()
}

#[test]
fn every_mutation_is_refused_or_told() {
    let reasons = reasons();
    let fates = fates(&reasons.keys().cloned().collect());
    let mut survived: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut refused, mut told) = (0, 0);
    for (mutation, fate) in &fates {
        match fate {
            Fate::Refused => refused += 1,
            Fate::Told(there, back) => {
                told += 1;
                directions(mutation, there, back);
            }
            Fate::Survived => survived.entry(&mutation.class).or_default().push(&mutation.what),
        }
    }
    println!("{refused} refused, {told} told, {} classes survived", survived.len());
    let unlisted: Vec<_> = survived.iter().filter(|(class, _)| !reasons.contains_key(**class)).collect();
    let gone: Vec<_> = reasons.keys().filter(|class| !survived.contains_key(class.as_str())).collect();
    let unreasoned: Vec<_> = reasons.iter().filter(|(_, reason)| reason.is_empty()).collect();
    assert!(unlisted.is_empty(), "{} survivors without a reason: {unlisted:#?}", unlisted.len());
    assert!(gone.is_empty(), "listed, but they do not survive any more: {gone:#?}");
    assert!(unreasoned.is_empty(), "listed without a reason: {unreasoned:?}");
}

/// What narrows one way widens the other way, and a list that gives more is a widening.
fn directions(mutation: &Mutation, there: &[Change], back: &[Change]) {
    let has = |changes: &[Change], effect| changes.iter().any(|change| change.effect == effect);
    let is_told = |one: &[Change], other: &[Change]| !has(one, Effect::Narrowed) || has(other, Effect::Widened);
    let all = format!("{} {}\nthere: {there:#?}\nback: {back:#?}", mutation.class, mutation.what);
    assert!(is_told(there, back) && is_told(back, there), "{all}");
    let Some((place, operator)) = mutation.class.rsplit_once(':') else { return };
    let gives = ["fields", "derived", "verbs", "recipients", "required", "need", "person", "territory"];
    let takes = ["forbid", "incompatible"];
    let key = place.rsplit('.').next().unwrap();
    let wider = match operator {
        "widen" => gives.contains(&key),
        "shrink" => takes.contains(&key),
        "longer" | "ten_times" => key == "term" || key == "lifetime",
        _ => false,
    };
    assert!(!wider || has(there, Effect::Widened), "{all}");
    let narrower = match operator {
        "shrink" => gives.contains(&key),
        "widen" => takes.contains(&key),
        "shorter" => key == "term" || key == "lifetime",
        _ => false,
    };
    assert!(!narrower || !has(there, Effect::Widened), "{all}");
}

#[test]
fn a_bundle_written_anew_from_its_tables_is_the_same_edition() {
    for (bundle, _) in bundles() {
        let mut anew = bundle.clone();
        for (path, text) in anew.files.iter_mut().filter(|(path, _)| path.rsplit('.').next() == Some("toml")) {
            let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
            *text = toml::to_string(&table).unwrap();
        }
        let (old, new) = (compile(&bundle).unwrap(), compile(&anew).unwrap());
        assert_eq!(old.hash(), new.hash());
        assert_eq!(diff(&old, &new), []);
    }
}

#[test]
fn every_key_of_both_bundles_is_mutated() {
    for (bundle, _) in bundles() {
        let classes: BTreeSet<String> =
            mutations(&bundle, 1, &BTreeSet::new()).into_iter().map(|it| it.class).collect();
        for class in ["field.masked:flip", "keep.term:longer", "cookie.lifetime:longer", "service.purpose.verbs:widen"]
        {
            assert!(classes.contains(class), "{class} is missing");
        }
        assert!(classes.len() > 300, "{} classes", classes.len());
    }
}
