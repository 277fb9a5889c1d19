//! Fields, purposes, floors, duties, recipients: each has what the policy promises of it.

use crate::{
    Basis, Derive, FieldSet, Kind, Policy,
    diagnostic::{Code, Place, Report},
    raw::{Named, Raw, RawPurpose},
};

/// Checks fields, purposes, floors, duties and recipients.
pub(crate) fn check(raw: &Raw, policy: &Policy, report: &Report) {
    head(raw, report);
    let used = policy.uses.iter().fold(FieldSet::EMPTY, |all, each| all.or(&each.fields));
    let sources: Vec<&str> =
        raw.derived.iter().filter(|it| is_used(policy, &used, &it.name)).map(|it| it.is.from.as_str()).collect();
    for it in &raw.fields {
        let is_used = is_used(policy, &used, &it.name) || sources.contains(&it.name.as_str());
        if !is_used {
            let message = format!("no purpose uses the field `{}`", it.name);
            report.add(
                Code::FieldWithoutPurpose,
                &it.place,
                message,
                "name it in a purpose that a service has, or delete it",
            );
        }
        if it.is.visibility != "private" {
            let message = format!("the field `{}` is `{}` before the person did anything", it.name, it.is.visibility);
            report.add(
                Code::PublicByDefault,
                &it.place,
                message,
                "write `visibility = \"private\"`; the person widens it",
            );
        }
        if it.is.kind == Kind::Choice && it.is.options.is_empty() {
            let message = format!("the choice `{}` has no options", it.name);
            report.add(Code::MissingKey, &it.place, message, "add `options = [{ code = \"…\", label = { … } }]`");
        }
    }
    for it in &raw.contents {
        if it.is.visibility != "private" {
            let message = format!("the content `{}` is `{}` before the person did anything", it.name, it.is.visibility);
            report.add(
                Code::PublicByDefault,
                &it.place,
                message,
                "write `visibility = \"private\"`; the person widens it",
            );
        }
    }
    derived(raw, report);
    let own = raw.services.iter().flat_map(|service| &service.is.purposes);
    for it in raw.purposes.iter().chain(own) {
        purpose(raw, policy, it, report);
    }
    floors(raw, report);
    duties(raw, policy, report);
    recipients(raw, report);
}

fn is_used(policy: &Policy, used: &FieldSet, name: &str) -> bool {
    policy.find_field(name).is_some_and(|field| used.contains(field.id))
}

fn head(raw: &Raw, report: &Report) {
    let is_date = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        let number = |at: usize, len: usize| {
            parts.get(at).filter(|part| part.len() == len).and_then(|part| part.parse::<u32>().ok())
        };
        matches!((parts.len(), number(0, 4), number(1, 2), number(2, 2)), (3, Some(_), Some(1..=12), Some(1..=31)))
    };
    if !raw.edition.is_empty() && !is_date(&raw.edition) {
        let message = format!("`{}` is no date", raw.edition);
        report.add(Code::MalformedDate, &raw.place, message, "write `edition = \"YYYY-MM-DD\"`");
    }
    for name in &raw.ceiling {
        if !raw.fields.iter().any(|it| it.name == *name) {
            let message = format!("`{name}` in `ceiling.person` is not a field");
            report.add(Code::UnknownName, &raw.place, message, "name a field that exists");
        }
    }
    for aggregate in raw.aggregates.iter().filter(|it| it.is < 2) {
        let message = format!("the threshold of `{}` hides nobody", aggregate.name);
        report.add(Code::WrongType, &aggregate.place, message, "write a threshold of at least 2 people");
    }
}

fn derived(raw: &Raw, report: &Report) {
    for it in &raw.derived {
        let Some(source) = raw.fields.iter().find(|field| field.name == it.is.from) else { continue };
        let fits = match it.is.rule {
            Some(Derive::YearsAtLeast(years)) => source.is.kind == Kind::Date && years > 0,
            Some(Derive::FirstPart) => source.is.kind == Kind::Place,
            None => true,
        };
        if !fits {
            let message = format!("`{}` cannot be derived from `{}`", it.name, it.is.from);
            report.add(
                Code::DerivedFromWrong,
                &it.place,
                message,
                "`years_at_least` needs a date and `value`, `first_part` a place",
            );
        }
    }
}

fn purpose(raw: &Raw, policy: &Policy, it: &Named<RawPurpose>, report: &Report) {
    let what = &it.name;
    for verb in it.is.verbs.iter().filter(|verb| !raw.verbs.contains(verb)) {
        if crate::Verb::parse(verb).is_some() && !it.is.own_consent {
            let message = format!("`{what}` may `{verb}`, which is not among the bundle's verbs");
            report.add(Code::VerbOutsideList, &it.place, message, "take the verb away, or bring a consent of its own");
        }
    }
    if it.is.basis == Some(Basis::Law) && it.is.law.as_deref().is_none_or(str::is_empty) {
        let message = format!("`{what}` rests on a law that it does not cite");
        report.add(Code::LawWithoutCitation, &it.place, message, "add `law = \"…\"` with act and article");
    }
    for name in it.is.fields.iter().chain(&it.is.derived) {
        let Some(field) = policy.find_field(name) else { continue };
        let place = policy.compartment(field.compartment).map_or("", |compartment| compartment.name.as_str());
        if place != it.is.compartment {
            let message = format!("`{what}` is in `{}`, its field `{name}` in `{place}`", it.is.compartment);
            report.add(
                Code::CompartmentMix,
                &it.place,
                message,
                "one purpose stays in one compartment: split the purpose",
            );
        }
    }
    for name in it.is.required.iter().filter(|name| !it.is.fields.contains(name) && !it.is.derived.contains(name)) {
        let message = format!("`{what}` requires `{name}`, which is not among its fields");
        report.add(Code::RequiredOutside, &it.place, message, "add it to `fields`, or take it out of `required`");
    }
    for name in it.is.recipients.iter().filter(|name| !raw.recipients.iter().any(|known| known.name == **name)) {
        let message = format!("`{what}` passes data to `{name}`, which the bundle does not list");
        report.add(Code::UnlistedRecipient, &it.place, message, "declare `[recipient.…]`, or take it away");
    }
}

fn floors(raw: &Raw, report: &Report) {
    for it in &raw.floors {
        if it.is.law.as_deref().is_none_or(str::is_empty) {
            let message = format!("the floor `{}` names no law", it.name);
            report.add(
                Code::FloorWithoutLaw,
                &it.place,
                message,
                "cite act and article, or let the data go with their purpose",
            );
        }
        if it.is.term.days == 0 {
            report.add(
                Code::MalformedTerm,
                &it.place,
                format!("the floor `{}` keeps nothing", it.name),
                "write its term",
            );
        }
    }
}

fn duties(raw: &Raw, policy: &Policy, report: &Report) {
    for it in &raw.duties {
        let found = find_use(policy, &it.is.purpose);
        let Some(row) = found else {
            let message = format!("the duty `{}` serves `{}`, which is no purpose", it.name, it.is.purpose);
            report.add(Code::UnknownName, &it.place, message, "write `service/purpose`");
            continue;
        };
        let beyond = it
            .is
            .fields
            .iter()
            .filter_map(|name| policy.find_field(name))
            .filter(|field| !row.fields.contains(field.id));
        for field in beyond {
            let message = format!("the duty `{}` sees `{}`, which its purpose does not need", it.name, field.name);
            report.add(Code::DutyTooWide, &it.place, message, "take the field away");
        }
    }
}

fn recipients(raw: &Raw, report: &Report) {
    for it in &raw.recipients {
        unknown_fields(raw, &it.is.fields, &it.place, report);
        if !raw.territory.contains(&it.is.country) {
            let message = format!("the recipient `{}` is in `{}`, outside the territory", it.name, it.is.country);
            report.add(
                Code::ForeignTerritory,
                &it.place,
                message,
                format!("the territory is {}", raw.territory.join(", ")),
            );
        }
    }
    if let Some(operator) = raw.operator.as_ref().filter(|operator| !raw.territory.contains(&operator.country)) {
        let message = format!("the operator is in `{}`, outside the territory", operator.country);
        report.add(
            Code::ForeignTerritory,
            &raw.place,
            message,
            format!("the territory is {}", raw.territory.join(", ")),
        );
    }
}

fn unknown_fields(raw: &Raw, names: &[String], place: &Place, report: &Report) {
    let is_known =
        |name: &String| raw.fields.iter().any(|it| it.name == *name) || raw.derived.iter().any(|it| it.name == *name);
    for name in names.iter().filter(|name| !is_known(name)) {
        report.add(
            Code::UnknownName,
            place,
            format!("`{name}` is not a field of this bundle"),
            "name a field that exists",
        );
    }
}

/// The use that a bundle calls `service/purpose`, or `purpose` of the account.
pub(crate) fn find_use<'a>(policy: &'a Policy, name: &str) -> Option<&'a crate::Use> {
    match name.split_once('/') {
        Some((service, purpose)) => policy.find_use(policy.find_service(service)?, purpose),
        None => policy.uses.iter().find(|each| each.purpose == name),
    }
}
