//! Services: one account, third parties bound claim by claim, nobody above the ceiling. Clauses 1.1a, 2.1¶C, 2.4c, 3.4e.

use crate::{
    FormPlace, Kind, Policy, Service, ServiceKind,
    diagnostic::{Code, Place, Report},
    raw::{Named, Raw, RawService},
};

/// Checks every service.
pub(crate) fn check(raw: &Raw, policy: &Policy, report: &Report) {
    let accounts: Vec<_> = raw.services.iter().filter(|it| it.is.kind == ServiceKind::Account).collect();
    if accounts.len() != 1 {
        let place = accounts.last().map_or(&raw.place, |it| &it.place);
        let message = format!("there are {} services of kind `account`", accounts.len());
        report.add(Code::AccountService, place, message, "declare exactly one");
    }
    let signs_in = raw.fields.iter().filter(|it| it.is.sign_in && it.is.kind == Kind::Email && it.is.required);
    let is_on_form = signs_in.filter(|it| it.is.form == FormPlace::Registration).count() == 1;
    if !is_on_form {
        let message = "people sign in by exactly one required e-mail of the registration form";
        report.add(
            Code::AccountService,
            &raw.place,
            message,
            "give one field `kind = \"email\"`, `sign_in = true`, `required = true`",
        );
    }
    for it in &raw.services {
        let Some(service) = policy.find_service(&it.name) else { continue };
        third_party(raw, policy, it, service, report);
        ceiling(raw, policy, it, service, report);
        need(raw, it, report);
        let gives_age = raw
            .fields
            .iter()
            .any(|field| field.is.category == crate::Category::BirthDate && field.is.kind == Kind::Date);
        if it.is.min_age > 0 && !gives_age {
            let message = format!("`{}` has a least age, but no field gives one", it.name);
            report.add(
                Code::AgeWithoutDate,
                &it.place,
                message,
                "declare a field of category `birth_date` and kind `date`",
            );
        }
    }
    for it in &raw.purposes {
        if !matches!(it.is.is_for.as_str(), "services" | "account") {
            let message = format!("`{}` does not say for whom it is", it.name);
            report.add(Code::MissingKey, &it.place, message, "write `for = \"services\"` or `for = \"account\"`");
        }
    }
    for it in &raw.sdks {
        let known = policy.find_service(&it.is.service).and_then(|service| policy.find_use(service, &it.is.purpose));
        match known {
            None => report.add(
                Code::UnknownName,
                &it.place,
                format!("the kit `{}` serves no purpose of `{}`", it.name, it.is.service),
                "name a service and one of its purposes",
            ),
            Some(row) => {
                for name in it
                    .is
                    .fields
                    .iter()
                    .filter(|name| policy.find_field(name).is_none_or(|field| !row.fields.contains(field.id)))
                {
                    report.add(
                        Code::UnknownName,
                        &it.place,
                        format!("the kit `{}` reports `{name}`, which its purpose does not have", it.name),
                        "take it away",
                    );
                }
            }
        }
    }
}

fn third_party(raw: &Raw, policy: &Policy, it: &Named<RawService>, service: &Service, report: &Report) {
    let own_bin = raw.operator.as_ref().map_or("", |operator| operator.bin.as_str());
    let has_owner = it.is.owner.as_ref().is_some_and(|owner| owner.bin != own_bin);
    if (service.kind == ServiceKind::ThirdParty) != has_owner {
        let message = format!(
            "`{}` is of kind `{}`, its owner says otherwise",
            it.name,
            if has_owner { "own" } else { "third_party" }
        );
        report.add(
            Code::ThirdPartyUnbound,
            &it.place,
            message,
            "a third party has an `owner` with another number; an own service has none",
        );
    }
    if let Some(owner) = it.is.owner.as_ref().filter(|owner| !raw.territory.contains(&owner.country)) {
        let message = format!("the owner of `{}` is in `{}`, outside the territory", it.name, owner.country);
        report.add(
            Code::ForeignTerritory,
            &it.place,
            message,
            format!("the territory is {}", raw.territory.join(", ")),
        );
    }
    for each in policy.uses_of(service).filter(|_| service.kind == ServiceKind::ThirdParty) {
        if !each.per_claim {
            let message =
                format!("`{}/{}` passes data to a third party without asking claim by claim", it.name, each.purpose);
            report.add(Code::ThirdPartyUnbound, &it.place, message, "write `per_claim = true`");
        }
    }
}

/// Nobody gets more than the ceiling but what a person gives on request (clause 2.1¶C).
fn ceiling(raw: &Raw, policy: &Policy, it: &Named<RawService>, service: &Service, report: &Report) {
    if service.kind == ServiceKind::Account {
        return;
    }
    for each in policy.uses_of(service) {
        let place = it
            .is
            .purposes
            .iter()
            .find(|purpose| purpose.name == each.purpose)
            .map_or(&it.place, |purpose| &purpose.place);
        for field in each.fields.iter().filter_map(|id| policy.field(id)) {
            let source = field.derived.as_ref().and_then(|(source, _)| policy.field(*source)).unwrap_or(field);
            let is_account_data = matches!(field.form, FormPlace::Registration);
            if is_account_data && !raw.ceiling.contains(&source.name) {
                above(&it.name, &each.purpose, &field.name, place, report);
            }
        }
    }
}

fn above(service: &str, purpose: &str, field: &str, place: &Place, report: &Report) {
    let message = format!("`{service}/{purpose}` asks for `{field}`, which is above the ceiling");
    report.add(
        Code::AboveCeiling,
        place,
        message,
        "take it away, or let the person give it on request (`form = \"request\"`)",
    );
}

fn need(raw: &Raw, it: &Named<RawService>, report: &Report) {
    if it.is.own_policy && !it.is.need.is_empty() {
        let message = format!("`{}` has a policy of its own and a `need`", it.name);
        report.add(
            Code::WrongType,
            &it.place,
            message,
            "say in its purposes what it needs, or write `policy = \"general\"`",
        );
    }
    for name in &it.is.need {
        let is_general =
            raw.purposes.iter().any(|purpose| purpose.is.is_for == "services" && purpose.is.fields.contains(name));
        if !is_general {
            let message = format!("`{}` needs `{name}`, which no general purpose has", it.name);
            report.add(Code::AboveCeiling, &it.place, message, "take it away, or give the service a policy of its own");
        }
    }
    let has_nothing = it.is.need.is_empty() && it.is.purposes.is_empty();
    if it.is.kind != ServiceKind::Account && has_nothing {
        let message = format!("`{}` has no purpose", it.name);
        report.add(Code::MissingKey, &it.place, message, "say what it needs, or declare its purposes");
    }
}
