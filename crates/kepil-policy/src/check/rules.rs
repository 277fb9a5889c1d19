//! Floors, staff duties, recipients, kits and statistics: each stays within what the purposes have. Clauses 2.1.2e, 2.6b,
//! 3.4a, 3.5a, 3.6, 5.2c.

use std::collections::HashMap;

use super::{Whole, data::outside};
use crate::{Basis, FieldSet, Policy, Use, diagnostic::Code};

/// Checks floors, duties, recipients, kits and statistics.
pub(crate) fn check(whole: &Whole<'_>) {
    floors(whole);
    duties(whole);
    recipients(whole);
    sdks(whole);
    for it in whole.raw.aggregates.iter().filter(|it| it.is < 2 && it.lines.contains_key("threshold")) {
        let message = format!("the statistic `{}` hides nobody: its threshold is {}", it.name, it.is);
        let hint = "write a threshold of at least 2 people";
        whole.report.add(Code::ThresholdTooLow, &it.at("threshold"), message, hint);
    }
}

fn floors(whole: &Whole<'_>) {
    let mut by_law: HashMap<&str, FieldSet> = HashMap::new();
    for each in whole.policy.uses.iter().filter(|each| each.basis == Basis::Law) {
        let named = by_law.entry(each.law.as_deref().unwrap_or_default()).or_default();
        *named = named.or(&each.fields);
    }
    for it in &whole.raw.floors {
        let law = it.is.law.as_deref().filter(|law| !law.trim().is_empty());
        let Some(law) = law else {
            let message = format!("the floor `{}` names no law", it.name);
            let hint = "add `law = \"…\"` with act and article, or let the data go with their purpose";
            whole.report.add(Code::FloorWithoutLaw, &it.at("law"), message, hint);
            continue;
        };
        let named = by_law.get(law).copied().unwrap_or_default();
        let fields = it.is.fields.iter().filter_map(|name| whole.policy.find_field(name));
        for field in fields.filter(|field| !named.contains(field.id)) {
            let message = format!("the floor `{}` keeps `{}`, which no purpose has by `{law}`", it.name, field.name);
            let hint = "take the field away, or declare a purpose with `basis = \"law\"`, this `law` and the field";
            whole.report.add(Code::FloorTooWide, &it.at("fields"), message, hint);
        }
    }
}

fn duties(whole: &Whole<'_>) {
    for it in whole.raw.duties.iter().filter(|it| !it.is.purpose.trim().is_empty()) {
        let Some(row) = find_use(whole.policy, &it.is.purpose) else {
            let message = format!("the duty `{}` serves `{}`, which is no purpose", it.name, it.is.purpose);
            let hint = "write a purpose that exists as `service/purpose`";
            whole.report.add(Code::DutyWithoutPurpose, &it.at("purpose"), message, hint);
            continue;
        };
        let fields = it.is.fields.iter().filter_map(|name| whole.policy.find_field(name));
        for field in fields.filter(|field| !row.fields.contains(field.id)) {
            let message =
                format!("the duty `{}` sees `{}`, which `{}` does not have", it.name, field.name, it.is.purpose);
            whole.report.add(Code::DutyTooWide, &it.at("fields"), message, "take the field away");
        }
    }
}

fn recipients(whole: &Whole<'_>) {
    let mut passed: HashMap<&str, FieldSet> = HashMap::new();
    for each in &whole.policy.uses {
        for name in &each.recipients {
            let to = passed.entry(name.as_str()).or_default();
            *to = to.or(&each.fields);
        }
    }
    for it in &whole.raw.recipients {
        if !whole.raw.territory.contains(&it.is.country) {
            outside(whole, &format!("the recipient `{}`", it.name), &it.is.country, &it.at("country"));
        }
        let Some(to) = passed.get(it.name.as_str()) else { continue };
        let fields = it.is.fields.iter().filter_map(|name| whole.policy.find_field(name));
        for field in fields.filter(|field| !to.contains(field.id)) {
            let message = format!("`{}` may get `{}`, which no purpose passes on to it", it.name, field.name);
            let hint = format!("take the field away, or name `{}` in `recipients` of a purpose that has it", it.name);
            whole.report.add(Code::RecipientTooWide, &it.at("fields"), message, hint);
        }
    }
}

fn sdks(whole: &Whole<'_>) {
    for it in whole.raw.sdks.iter().filter(|it| !it.is.service.is_empty() && !it.is.purpose.is_empty()) {
        let service = whole.policy.find_service(&it.is.service);
        let Some(row) = service.and_then(|service| whole.policy.find_use(service, &it.is.purpose)) else {
            let message =
                format!("the kit `{}` serves `{}`, no purpose of `{}`", it.name, it.is.purpose, it.is.service);
            whole.report.add(Code::UnknownName, &it.at("purpose"), message, "name a service and one of its purposes");
            continue;
        };
        let fields = it.is.fields.iter().filter_map(|name| whole.policy.find_field(name));
        for field in fields.filter(|field| !row.fields.contains(field.id)) {
            let message = format!("the kit `{}` reports `{}`, which its purpose does not have", it.name, field.name);
            whole.report.add(Code::SdkTooWide, &it.at("fields"), message, "take the field away");
        }
    }
}

/// The use that a bundle calls `service/purpose`.
pub(crate) fn find_use<'a>(policy: &'a Policy, name: &str) -> Option<&'a Use> {
    let (service, purpose) = name.split_once('/')?;
    policy.find_use(policy.find_service(service)?, purpose)
}
