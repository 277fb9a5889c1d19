//! Purposes: each has a basis, data, verbs that people agreed to, and one compartment; a service's own narrows a general
//! one. Clauses 1.2a, 3.1.1, 3.1.4, 3.1.5, 3.4a, 3.4d.

use std::collections::HashSet;

use super::Whole;
use crate::{
    Basis, Verb,
    diagnostic::Code,
    raw::{self, Named, RawPurpose},
};

/// Checks every purpose of the bundle and of its services.
pub(crate) fn check(whole: &Whole<'_>) {
    let verbs: HashSet<&str> = whole.raw.verbs.iter().map(String::as_str).collect();
    for (what, it) in whole.all_purposes() {
        verbs_of(whole, &verbs, &what, it);
        basis(whole, &what, it);
        data(whole, &what, it);
        compartment(whole, &what, it);
    }
    for service in &whole.raw.services {
        for it in &service.is.purposes {
            narrowing(whole, &format!("{}/{}", service.name, it.name), it);
        }
    }
}

fn verbs_of(whole: &Whole<'_>, list: &HashSet<&str>, what: &str, it: &Named<RawPurpose>) {
    raw::verbs(&it.is.verbs, what, &it.at("verbs"), whole.report);
    let is_beyond = |verb: &&String| Verb::parse(verb).is_some() && !list.contains(verb.as_str());
    for verb in it.is.verbs.iter().filter(is_beyond).filter(|_| !it.is.own_consent) {
        let message = format!("`{what}` may `{verb}`, which is not among the bundle's verbs");
        let hint = "take the verb away, or let a service purpose ask for it with `consent = \"own\"`";
        whole.report.add(Code::VerbOutsideList, &it.at("verbs"), message, hint);
    }
    if it.lines.contains_key("verbs") && it.is.verbs.is_empty() {
        let message = format!("under `{what}` nothing may be done");
        whole.report.add(Code::EmptyPurpose, &it.at("verbs"), message, "name its verbs, or delete the purpose");
    }
}

fn basis(whole: &Whole<'_>, what: &str, it: &Named<RawPurpose>) {
    let cites = it.is.law.as_deref().is_some_and(|law| !law.trim().is_empty());
    if it.is.basis == Some(Basis::Law) && !cites {
        let message = format!("`{what}` rests on a law that it does not cite");
        let hint = "add `law = \"…\"` with act and article";
        whole.report.add(Code::LawWithoutCitation, &it.at("basis"), message, hint);
    }
    if it.is.basis == Some(Basis::Consent) && it.is.law.is_some() {
        let message = format!("`{what}` rests on consent, yet cites a law");
        let hint = "write `basis = \"law\"`, or take `law` away";
        whole.report.add(Code::WrongType, &it.at("law"), message, hint);
    }
}

fn data(whole: &Whole<'_>, what: &str, it: &Named<RawPurpose>) {
    let report = whole.report;
    let all: HashSet<&str> = it.is.fields.iter().chain(&it.is.derived).map(String::as_str).collect();
    if all.is_empty() && it.lines.contains_key("fields") {
        let message = format!("`{what}` has no data");
        report.add(Code::EmptyPurpose, &it.at("fields"), message, "name its fields, or delete the purpose");
    }
    for name in it.is.fields.iter().filter(|name| whole.derived.contains_key(name.as_str())) {
        let message = format!("`{what}` has the derived field `{name}` among its stored ones");
        report.add(Code::WrongType, &it.at("fields"), message, "name it in `derived`");
    }
    for name in it.is.derived.iter().filter(|name| whole.fields.contains_key(name.as_str())) {
        let message = format!("`{what}` has the stored field `{name}` among its derived ones");
        report.add(Code::WrongType, &it.at("derived"), message, "name it in `fields`");
    }
    for name in it.is.required.iter().filter(|name| !all.contains(name.as_str())) {
        let message = format!("`{what}` requires `{name}`, which is not among its fields");
        let hint = "add it to `fields`, or take it out of `required`";
        report.add(Code::RequiredOutside, &it.at("required"), message, hint);
    }
    for name in it.is.recipients.iter().filter(|name| !whole.recipients.contains_key(name.as_str())) {
        let message = format!("`{what}` passes data to `{name}`, which the bundle does not list");
        let hint = format!("declare `[recipient.{name}]`, or take it away");
        report.add(Code::UnlistedRecipient, &it.at("recipients"), message, hint);
    }
}

fn compartment(whole: &Whole<'_>, what: &str, it: &Named<RawPurpose>) {
    if !whole.compartments.contains_key(it.is.compartment.as_str()) {
        return;
    }
    let names =
        it.is.fields.iter().map(|name| (name, "fields")).chain(it.is.derived.iter().map(|name| (name, "derived")));
    for (name, key) in names {
        let source = whole.derived.get(name.as_str()).map_or(name.as_str(), |derived| derived.is.from.as_str());
        let Some(field) = whole.fields.get(source) else { continue };
        let place = field.is.compartment.as_str();
        if place != it.is.compartment && whole.compartments.contains_key(place) {
            let message = format!("`{what}` is in `{}`, its field `{name}` in `{place}`", it.is.compartment);
            let hint = "a purpose stays in one compartment: take the field away, or split the purpose";
            whole.report.add(Code::CompartmentMix, &it.at(key), message, hint);
        }
    }
}

/// A service purpose narrows a general one, or brings a consent of its own (clause 1.2a).
fn narrowing(whole: &Whole<'_>, what: &str, it: &Named<RawPurpose>) {
    let report = whole.report;
    let Some(narrows) = &it.is.narrows else {
        if !it.is.own_consent {
            let message = format!("`{what}` neither narrows a general purpose nor brings a consent of its own");
            let hint = "add `narrows = \"…\"` or `consent = \"own\"`";
            report.add(Code::WidensGeneral, &it.place, message, hint);
        }
        return;
    };
    if it.is.own_consent {
        let message = format!("`{what}` narrows `{narrows}` and brings a consent of its own");
        report.add(Code::WrongType, &it.at("consent"), message, "keep one of `narrows` and `consent`");
        return;
    }
    let Some(general) = whole.purposes.get(narrows.as_str()).filter(|general| general.is.is_for == "services") else {
        let message = format!("`{narrows}` is not a general purpose for services");
        let hint = "name a `[purpose.…]` with `for = \"services\"`, or bring `consent = \"own\"`";
        report.add(Code::UnknownName, &it.at("narrows"), message, hint);
        return;
    };
    let is_beyond = |own: &str, all: &[String]| !all.iter().any(|name| name == own);
    let mut wider: Vec<(&str, &str)> = Vec::new();
    for (key, own, all) in [
        ("verbs", &it.is.verbs, &general.is.verbs),
        ("fields", &it.is.fields, &general.is.fields),
        ("recipients", &it.is.recipients, &general.is.recipients),
    ] {
        let stored = own.iter().filter(|name| !whole.derived.contains_key(name.as_str()));
        wider.extend(stored.filter(|name| is_beyond(name, all)).map(|name| (key, name.as_str())));
    }
    let sources = it.is.derived.iter().filter_map(|name| whole.derived.get(name.as_str()));
    wider.extend(
        sources.filter(|it| is_beyond(&it.is.from, &general.is.fields)).map(|it| ("derived", it.name.as_str())),
    );
    let keep = |name: &str| whole.policy.keeps.iter().find(|keep| keep.name == name);
    if let (Some(own), Some(all)) = (keep(&it.is.keep), keep(&general.is.keep))
        && !own.is_within(all)
    {
        wider.push(("keep", &it.is.keep));
    }
    if it.is.basis != general.is.basis && it.is.basis.is_some() {
        wider.push(("basis", it.is.basis.map_or("", Basis::word)));
    }
    for (key, name) in wider {
        let message = format!("`{what}` goes beyond `{narrows}` with `{name}` in `{key}`");
        report.add(Code::WidensGeneral, &it.at(key), message, "take it away, or bring `consent = \"own\"`");
    }
}
