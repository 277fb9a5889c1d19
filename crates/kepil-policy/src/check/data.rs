//! The head, the compartments and the fields: each has what the policy promises of it. Clauses 2.1¶C2, 2.3a, 3.1.4, 3.1.5.

use std::collections::HashSet;

use super::Whole;
use crate::{
    Date, Derive, FieldSet, Kind,
    diagnostic::{Code, Place},
    raw::{self, Named, RawField},
};

/// Checks head, compartments, fields, derived fields and contents.
pub(crate) fn check(whole: &Whole<'_>) {
    head(whole);
    compartments(whole);
    let used = whole.policy.uses.iter().fold(FieldSet::EMPTY, |all, each| all.or(&each.fields));
    let sources: HashSet<&str> =
        whole.raw.derived.iter().filter(|it| is_used(whole, &used, &it.name)).map(|it| it.is.from.as_str()).collect();
    for it in &whole.raw.fields {
        if !is_used(whole, &used, &it.name) && !sources.contains(it.name.as_str()) {
            let message = format!("no purpose uses the field `{}`", it.name);
            let hint = "name it in a purpose that a service has, or delete it";
            whole.report.add(Code::FieldWithoutPurpose, &it.place, message, hint);
        }
        private("field", &it.name, &it.is.visibility, &it.at("visibility"), whole);
        options(it, whole);
    }
    for it in &whole.raw.contents {
        private("content", &it.name, &it.is.visibility, &it.at("visibility"), whole);
    }
    derived(whole, &used);
}

fn is_used(whole: &Whole<'_>, used: &FieldSet, name: &str) -> bool {
    let is_in = |field: &crate::Field| used.contains(field.id) || usize::from(field.id.0) >= FieldSet::CAPACITY;
    whole.policy.find_field(name).is_some_and(is_in)
}

fn private(kind: &str, name: &str, visibility: &str, place: &Place, whole: &Whole<'_>) {
    if visibility != "private" {
        let message = format!("the {kind} `{name}` is `{visibility}` before the person did anything");
        let hint = "write `visibility = \"private\"`; only the person widens it";
        whole.report.add(Code::PublicByDefault, place, message, hint);
    }
}

fn options(it: &Named<RawField>, whole: &Whole<'_>) {
    let report = whole.report;
    let is_choice = it.is.kind == Kind::Choice;
    if is_choice && it.is.options.is_empty() {
        let message = format!("the choice `{}` has no options", it.name);
        report.add(Code::MissingKey, &it.place, message, "add `options = [{ code = \"…\", label = { … } }]`");
    }
    if !is_choice && !it.is.options.is_empty() {
        let message = format!("the field `{}` has options, but its kind is `{}`", it.name, it.is.kind);
        report.add(Code::WrongType, &it.at("options"), message, "write `kind = \"choice\"`, or take the options away");
    }
    let mut seen = HashSet::new();
    for (code, _) in it.is.options.iter().filter(|(code, _)| !seen.insert(code.as_str())) {
        let message = format!("the choice `{}` has the option `{code}` twice", it.name);
        report.add(Code::DuplicateName, &it.at("options"), message, "give one of them another code");
    }
}

fn head(whole: &Whole<'_>) {
    let raw = whole.raw;
    if !raw.edition.trim().is_empty() && Date::parse(&raw.edition).is_none() {
        let message = format!("`{}` is no date", raw.edition);
        whole.report.add(Code::MalformedDate, &raw.at("edition"), message, "write `edition = \"YYYY-MM-DD\"`");
    }
    raw::verbs(&raw.verbs, "bundle", &raw.at("verbs"), whole.report);
    let foreign = |country: &String| country.len() != 2 || !country.chars().all(|c| c.is_ascii_uppercase());
    for country in raw.territory.iter().filter(|country| foreign(country)) {
        let message = format!("`{country}` in `territory` is no country");
        let hint = "write two capital letters of ISO 3166, such as `KZ`";
        whole.report.add(Code::UnknownWord, &raw.at("territory"), message, hint);
    }
    let operator = raw.operator.as_ref();
    if let Some(operator) = operator.filter(|operator| !raw.territory.contains(&operator.country)) {
        outside(whole, "the operator", &operator.country, &raw.at("operator"));
    }
}

/// Notes that someone is in a country outside the territory (clause 3.5a).
pub(super) fn outside(whole: &Whole<'_>, who: &str, country: &str, place: &Place) {
    if whole.raw.territory.is_empty() || country.is_empty() {
        return;
    }
    let message = format!("{who} is in `{country}`, outside the territory");
    let hint = format!("choose someone in {}, or add the country to `territory`", whole.raw.territory.join(", "));
    whole.report.add(Code::ForeignTerritory, place, message, hint);
}

/// Incompatible compartments both say so, and none is incompatible with itself.
fn compartments(whole: &Whole<'_>) {
    for it in &whole.raw.compartments {
        for name in &it.is.incompatible {
            let Some(other) = whole.compartments.get(name.as_str()) else { continue };
            if !other.is.incompatible.contains(&it.name) {
                let message = format!("`{}` is incompatible with `{name}`, which does not say so", it.name);
                let hint = format!("add `{}` to `incompatible` of `compartment.{name}`", it.name);
                whole.report.add(Code::OneSided, &it.at("incompatible"), message, hint);
            }
            if *name == it.name {
                let message = format!("`{name}` is incompatible with itself");
                whole.report.add(Code::OneSided, &it.at("incompatible"), message, "take it away");
            }
        }
    }
}

fn derived(whole: &Whole<'_>, used: &FieldSet) {
    for it in &whole.raw.derived {
        if whole.policy.find_field(&it.name).is_some() && !is_used(whole, used, &it.name) {
            let message = format!("no purpose uses the derived field `{}`", it.name);
            let hint = "name it in `derived` of a purpose that a service has, or delete it";
            whole.report.add(Code::FieldWithoutPurpose, &it.place, message, hint);
        }
        let Some(source) = whole.fields.get(it.is.from.as_str()) else { continue };
        let fits = match it.is.rule {
            Some(Derive::YearsAtLeast(years)) => source.is.kind == Kind::Date && years > 0,
            Some(Derive::FirstPart) => source.is.kind == Kind::Place,
            None => true,
        };
        if !fits {
            let message = format!("`{}` cannot be derived from `{}`, a {}", it.name, it.is.from, source.is.kind);
            let hint = "`years_at_least` needs a date and a `value` above 0, `first_part` a place";
            whole.report.add(Code::DerivedFromWrong, &it.at("from"), message, hint);
        }
    }
}
