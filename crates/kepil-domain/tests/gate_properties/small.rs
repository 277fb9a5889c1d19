//! Small policies made up at random, as bundles of text.
//!
//! Start reading at [`small`]. A made-up purpose may go beyond the general one on purpose: then it must not compile.

use std::{fmt::Write, sync::Arc};

use kepil_policy::{Bundle, Policy, Verb};
use proptest::{collection::vec, prelude::*};

use crate::common::compiled;

/// Stored fields of the compartment `people`; the first is the sign-in.
const PEOPLE: [&str; 4] = ["address", "nickname", "born", "town"];
/// Derived fields of `people`.
const DERIVED: [&str; 2] = ["is_adult", "region"];
/// Fields of the compartment `tastes`.
const TASTES: [&str; 2] = ["colour", "music"];
const LISTED: [Verb; 6] = [Verb::Collect, Verb::Store, Verb::Clarify, Verb::Extract, Verb::Use, Verb::Destroy];
/// With one that the bundle does not list.
const VERBS: [Verb; 7] =
    [Verb::Collect, Verb::Store, Verb::Clarify, Verb::Extract, Verb::Use, Verb::Destroy, Verb::Transfer];
/// Rules of keeping; the general purpose has the first.
const KEEPS: [&str; 3] = ["agreement", "choice", "month"];
/// The one that may outlast the agreement.
const MONTH: usize = 2;
/// How many of the fields the general purpose has.
const GENERAL: usize = 3;

/// One purpose of a made-up service.
#[derive(Clone, Debug)]
struct Purpose {
    narrows: bool,
    is_law: bool,
    per_claim: bool,
    keep: usize,
    verbs: Vec<bool>,
    people: Vec<bool>,
    derived: Vec<bool>,
    /// Fields of `tastes` instead of those of `people`; only without narrowing.
    tastes: Option<Vec<bool>>,
}

/// One made-up service.
#[derive(Clone, Debug)]
struct Service {
    min_age: u32,
    guardian: bool,
    is_third: bool,
    purposes: Vec<Purpose>,
}

/// What a made-up policy is made from.
#[derive(Clone, Debug)]
pub struct Recipe {
    general_verbs: Vec<bool>,
    services: Vec<Service>,
}

/// A recipe for a small policy; not each compiles.
pub fn recipe() -> impl Strategy<Value = Recipe> {
    let purpose = (
        (any::<bool>(), prop::bool::weighted(0.2), any::<bool>(), 0..3usize),
        vec(prop::bool::weighted(0.7), VERBS.len()),
        vec(prop::bool::weighted(0.6), PEOPLE.len()),
        vec(any::<bool>(), DERIVED.len()),
        prop::option::weighted(0.3, vec(any::<bool>(), TASTES.len())),
    );
    let purpose = purpose.prop_map(|((narrows, is_law, per_claim, keep), verbs, people, derived, tastes)| {
        let tastes = tastes.filter(|_| !narrows);
        Purpose { narrows, is_law, per_claim, keep, verbs, people, derived, tastes }
    });
    // Who is 18 needs no guardian.
    let age = (0..3u32, any::<bool>()).prop_map(|(age, guardian)| (age * 9, guardian && age < 2));
    let service = (age, prop::bool::weighted(0.2), vec(purpose, 1..4))
        .prop_map(|((min_age, guardian), is_third, purposes)| Service { min_age, guardian, is_third, purposes });
    (vec(prop::bool::weighted(0.8), LISTED.len()), vec(service, 1..4))
        .prop_map(|(general_verbs, services)| Recipe { general_verbs, services })
}

/// A small policy that compiles.
pub fn small() -> impl Strategy<Value = Arc<Policy>> {
    recipe().prop_map(|recipe| compiled(&bundle(&recipe.tamed())))
}

impl Recipe {
    /// The same without what no compiler would take, but for purposes that go beyond the general one.
    pub fn whole(&self) -> Self {
        let mut whole = self.clone();
        // Something must be allowed, or there is no purpose at all.
        whole.general_verbs[0] = true;
        for service in &mut whole.services {
            for purpose in &mut service.purposes {
                for chosen in [&mut purpose.people, &mut purpose.verbs].into_iter().chain(&mut purpose.tastes) {
                    chosen[0] |= !chosen.contains(&true);
                }
                if service.is_third {
                    (purpose.narrows, purpose.per_claim) = (false, true);
                }
            }
        }
        whole
    }

    /// The same without anything that no compiler would take.
    fn tamed(&self) -> Self {
        let mut tame = self.whole();
        for purpose in tame.services.iter_mut().flat_map(|service| &mut service.purposes).filter(|it| it.narrows) {
            purpose.verbs.iter_mut().zip(&tame.general_verbs).for_each(|(own, general)| *own &= general);
            purpose.verbs[LISTED.len()] = false;
            purpose.verbs[0] |= !purpose.verbs.contains(&true);
            purpose.people[GENERAL..].fill(false);
            purpose.people[0] |= !purpose.people.contains(&true);
            (purpose.derived[1], purpose.is_law, purpose.keep) = (false, false, purpose.keep % MONTH);
        }
        tame
    }
}

fn chosen<'a>(names: &[&'a str], flags: &[bool]) -> Vec<&'a str> {
    names.iter().zip(flags).filter(|(_, flag)| **flag).map(|(name, _)| *name).collect()
}

fn list(names: &[&str]) -> String {
    format!("{names:?}")
}

fn words(verbs: &[Verb], flags: &[bool]) -> String {
    list(&chosen(&verbs.iter().map(|verb| verb.word()).collect::<Vec<_>>(), flags))
}

/// The same label in every language.
fn label(key: &str, text: &str) -> String {
    format!("{key} = {{ ru = \"{text}\", kk = \"{text}\", en = \"{text}\" }}\n")
}

/// The texts of a bundle for `recipe`.
pub fn bundle(recipe: &Recipe) -> Bundle {
    let mut bundle = Bundle::default();
    let mut text = "# {{operator}}\n\n{{table:fields}} {{table:purposes}} {{table:keeps}}\n".to_owned();
    for (at, service) in recipe.services.iter().enumerate() {
        let mut toml = String::new();
        let kind = if service.is_third { "third_party" } else { "own" };
        writeln!(toml, "[service.s{at}]\nkind = \"{kind}\"\npolicy = \"own\"\nmin_age = {}", service.min_age).unwrap();
        writeln!(toml, "guardian = {}", service.guardian).unwrap();
        toml.push_str(&(label("label", "s") + &label("about", "s")));
        if service.is_third {
            toml.push_str(
                "owner = { name = { ru = \"x\", kk = \"x\", en = \"x\" }, bin = \"180540009879\", country = \"KZ\" }\n",
            );
        }
        for (number, purpose) in service.purposes.iter().enumerate() {
            writeln!(toml, "\n[service.s{at}.purpose.p{number}]\n{}", purpose_text(purpose)).unwrap();
            write!(text, "{{{{purpose:s{at}/p{number}}}}} ").unwrap();
        }
        bundle.files.insert(format!("services/s{at}.toml"), toml);
    }
    for (name, more) in [("account", "kind = \"account\""), ("board", "kind = \"own\"\nneed = [\"nickname\"]")] {
        let text =
            format!("[service.{name}]\n{more}\npolicy = \"general\"\n{}", label("label", "a") + &label("about", "a"));
        bundle.files.insert(format!("services/{name}.toml"), text);
    }
    bundle.files.insert("policy.toml".to_owned(), head(recipe));
    for language in ["ru", "kk", "en"] {
        bundle.files.insert(format!("texts/general.{language}.md"), text.clone());
    }
    bundle
}

fn purpose_text(purpose: &Purpose) -> String {
    let keep = KEEPS[purpose.keep];
    let (place, fields, derived) = match &purpose.tastes {
        Some(tastes) => ("tastes", chosen(&TASTES, tastes), Vec::new()),
        None => ("people", chosen(&PEOPLE, &purpose.people), chosen(&DERIVED, &purpose.derived)),
    };
    let how = if purpose.narrows { "narrows = \"service\"" } else { "consent = \"own\"" };
    let basis = if purpose.is_law { "basis = \"law\"\nlaw = \"Act 1\"" } else { "basis = \"consent\"" };
    format!(
        "{how}\n{basis}\nper_claim = {}\nverbs = {}\nfields = {}\nderived = {}\nkeep = \"{keep}\"\ncompartment = \"{place}\"\n{}",
        purpose.per_claim,
        words(&VERBS, &purpose.verbs),
        list(&fields),
        list(&derived),
        label("label", "p"),
    )
}

fn head(recipe: &Recipe) -> String {
    let listed = words(&LISTED, &[true; LISTED.len()]);
    let mut out = format!(
        "format = 1\nedition = \"2026-01-01\"\nlaw = \"kz\"\ntime_zone = \"Asia/Almaty\"\nterritory = [\"KZ\"]\n\
         forbid = [\"biometric\", \"special\"]\nverbs = {listed}\nceiling.person = {}\ngeneral_policy = \"general\"\n\
         summary = [{{ ru = \"x\", kk = \"x\", en = \"x\" }}]\n\n[operator]\nbin = \"170240014901\"\ncountry = \"KZ\"\n\
         contact = \"privacy@example.kz\"\n",
        list(&PEOPLE),
    );
    out.push_str(&(label("name", "x") + &label("address", "x")));
    for name in ["people", "tastes"] {
        write!(out, "\n[compartment.{name}]\n{}", label("label", name)).unwrap();
    }
    for (name, until, term) in [("agreement", "agreement_end", 0), ("choice", "consent_end", 0), ("month", "fixed", 30)]
    {
        write!(out, "\n[keep.{name}]\nuntil = \"{until}\"\nterm = \"{term} days\"\n{}", label("label", name)).unwrap();
    }
    let fields = [
        ("address", "email", "email", "people", "form = \"registration\"\nrequired = true\nsign_in = true\n"),
        ("nickname", "name", "name", "people", "form = \"registration\"\n"),
        ("born", "birth_date", "date", "people", "form = \"registration\"\n"),
        ("town", "residence", "place", "people", "form = \"registration\"\n"),
        ("colour", "preference", "text", "tastes", "form = \"profile\"\n"),
        ("music", "preference", "text", "tastes", "form = \"profile\"\n"),
    ];
    for (name, category, kind, place, more) in fields {
        let body = format!("category = \"{category}\"\nkind = \"{kind}\"\ncompartment = \"{place}\"\n{more}");
        let texts = label("label", name) + &label("why", name);
        write!(out, "\n[field.{name}]\n{body}{texts}").unwrap();
    }
    for (name, from, rule) in
        [("is_adult", "born", "rule = \"years_at_least\"\nvalue = 18"), ("region", "town", "rule = \"first_part\"")]
    {
        let texts = label("label", name) + &label("why", name);
        write!(out, "\n[derived.{name}]\nfrom = \"{from}\"\n{rule}\n{texts}").unwrap();
    }
    let general = words(&LISTED, &recipe.general_verbs);
    for (name, whose, verbs, fields, derived, keep, place) in [
        ("service", "services", &general, &PEOPLE[..GENERAL], &DERIVED[..0], "agreement", "people"),
        ("account", "account", &listed, &PEOPLE[..], &DERIVED[..], "agreement", "people"),
        ("letters", "account", &listed, &PEOPLE[..1], &DERIVED[..0], "month", "people"),
        ("view", "account", &listed, &TASTES[..], &DERIVED[..0], "choice", "tastes"),
    ] {
        let (fields, derived) = (list(fields), list(derived));
        let body = format!(
            "for = \"{whose}\"\nbasis = \"consent\"\nverbs = {verbs}\nfields = {fields}\nderived = {derived}\n"
        );
        let rest = format!("keep = \"{keep}\"\ncompartment = \"{place}\"\n{}", label("label", name));
        write!(out, "\n[purpose.{name}]\n{body}{rest}").unwrap();
    }
    let document = "\n[document.general]\nkind = \"policy\"\nversion = \"1\"\ntext = \"general\"\n";
    out.push_str(&(document.to_owned() + &label("title", "x")));
    out
}

/// What the general purpose for services allows: fields, with those derived from them, and verbs.
pub fn general(recipe: &Recipe) -> (Vec<&'static str>, Vec<&'static str>) {
    let fields = [&PEOPLE[..GENERAL], &DERIVED[..1]].concat();
    (fields, chosen(&LISTED.map(Verb::word), &recipe.general_verbs))
}

/// `service/purpose` of every purpose that only narrows.
pub fn narrowing_paths(recipe: &Recipe) -> Vec<String> {
    let of = |(at, service): (usize, &Service)| -> Vec<String> {
        let narrow = service.purposes.iter().enumerate().filter(|(_, purpose)| purpose.narrows);
        narrow.map(|(number, _)| format!("s{at}/p{number}")).collect()
    };
    recipe.services.iter().enumerate().flat_map(of).collect()
}

/// Whether some purpose that says it narrows goes beyond the general one.
pub fn wider(recipe: &Recipe) -> bool {
    let (fields, verbs) = general(recipe);
    recipe.services.iter().flat_map(|service| &service.purposes).filter(|purpose| purpose.narrows).any(|purpose| {
        let own_fields = [chosen(&PEOPLE, &purpose.people), chosen(&DERIVED, &purpose.derived)].concat();
        let own_verbs = chosen(&VERBS.map(Verb::word), &purpose.verbs);
        purpose.is_law
            || purpose.keep == MONTH
            || own_fields.iter().any(|name| !fields.contains(name))
            || own_verbs.iter().any(|verb| !verbs.contains(verb))
    })
}
