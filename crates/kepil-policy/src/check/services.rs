//! Services: one account, third parties bound claim by claim, nobody above the ceiling. Clauses 1.1a, 2.1¶C, 2.4c, 3.4e.

use std::collections::HashSet;

use super::{Whole, data::outside};
use crate::{
    Category, FormPlace, Kind, Service, ServiceKind, Subject,
    diagnostic::Code,
    raw::{Named, RawService},
};

/// Checks every service.
pub(crate) fn check(whole: &Whole<'_>) {
    account(whole);
    let ceiling: HashSet<&str> = whole.raw.ceiling.iter().map(String::as_str).collect();
    let general = whole.raw.purposes.iter().filter(|purpose| purpose.is.is_for == "services");
    let data = general.flat_map(|purpose| purpose.is.fields.iter().chain(&purpose.is.derived));
    let general: HashSet<&str> = data.map(String::as_str).collect();
    let ages =
        |field: &&Named<crate::raw::RawField>| field.is.category == Category::BirthDate && field.is.kind == Kind::Date;
    let gives_age = whole.raw.fields.iter().find(ages).is_some();
    for it in &whole.raw.services {
        let Some(service) = whole.policy.find_service(&it.name) else { continue };
        third_party(whole, it, service);
        above_ceiling(whole, &ceiling, it, service);
        need(whole, &general, it);
        guardian(whole, it, service);
        let key = if it.is.min_age > 0 { "min_age" } else { "guardian" };
        if (it.is.min_age > 0 || it.is.guardian) && !gives_age {
            let message = format!("`{}` has a least age, but no field gives one", it.name);
            let hint = format!("declare a field of category `birth_date` and kind `date`, or take `{key}` away");
            whole.report.add(Code::AgeWithoutDate, &it.at(key), message, hint);
        }
    }
}

fn account(whole: &Whole<'_>) {
    let raw = whole.raw;
    let accounts: Vec<_> = raw.services.iter().filter(|it| it.is.kind == ServiceKind::Account).collect();
    if accounts.len() != 1 {
        let place = accounts.last().map_or_else(|| raw.place.clone(), |it| it.at("kind"));
        let message = format!("{} services are of kind `account`", accounts.len());
        whole.report.add(
            Code::AccountService,
            &place,
            message,
            "declare exactly one service with `kind = \"account\"`",
        );
    }
    let email = |it: &&Named<crate::raw::RawField>| it.is.sign_in && it.is.kind == Kind::Email;
    let mut emails = raw.fields.iter().filter(email);
    let (first, second) = (emails.next(), emails.next());
    let is_on_form = first.is_some_and(|it| it.is.required && it.is.form == FormPlace::Registration);
    if second.is_some() || !is_on_form {
        let candidate = raw.fields.iter().find(|it| it.is.kind == Kind::Email);
        let place = second.or(first).or(candidate).map_or_else(|| raw.place.clone(), |it| it.at("sign_in"));
        let message = "people sign in by exactly one required e-mail of the registration form";
        let hint = "give one field `kind = \"email\"`, `form = \"registration\"`, `sign_in = true`, `required = true`";
        whole.report.add(Code::AccountService, &place, message, hint);
    }
}

/// A guardian's consent is asked where the law says for whom, and where somebody is young enough to need it.
fn guardian(whole: &Whole<'_>, it: &Named<RawService>, service: &Service) {
    if !it.is.guardian {
        return;
    }
    let place = it.at("guardian");
    let Some(ages) = service.guardian else {
        let message = format!("`{}` needs a guardian's consent, but no law `{}` says for whom", it.name, whole.raw.law);
        let hint = "name in `law` a profile that comes with the program, or take `guardian` away";
        return whole.report.add(Code::GuardianWithoutAges, &place, message, hint);
    };
    if it.is.kind == ServiceKind::Account {
        let message = format!("`{}` is the account, from which people name their guardian", it.name);
        let hint = "take `guardian` away here, and write it at the services that need it";
        whole.report.add(Code::GuardianForNobody, &place, message, hint);
    } else if service.min_age >= ages.alone {
        let (name, years, alone) = (&it.name, service.min_age, ages.alone);
        let message = format!("`{name}` takes people from {years} on, and from {alone} on nobody needs a guardian");
        let hint = "take `guardian` away, or lower `min_age`";
        whole.report.add(Code::GuardianForNobody, &place, message, hint);
    }
}

fn third_party(whole: &Whole<'_>, it: &Named<RawService>, service: &Service) {
    let own_bin = whole.raw.operator.as_ref().map_or("", |operator| operator.bin.as_str());
    let has_owner = it.is.owner.as_ref().is_some_and(|owner| owner.bin != own_bin);
    if (service.kind == ServiceKind::ThirdParty) != has_owner {
        let (place, says) =
            if has_owner { (it.at("owner"), "another company") } else { (it.at("kind"), "the operator") };
        let message = format!("`{}` is of kind `{}`, but belongs to {says}", it.name, service.kind);
        let hint = "a third party has an `owner` with a number of its own; the operator's services have none";
        whole.report.add(Code::ThirdPartyUnbound, &place, message, hint);
    }
    if let Some(owner) = it.is.owner.as_ref().filter(|owner| !whole.raw.territory.contains(&owner.country)) {
        outside(whole, &format!("the owner of `{}`", it.name), &owner.country, &it.at("owner"));
    }
    if service.kind != ServiceKind::ThirdParty {
        return;
    }
    for each in whole.policy.all_uses_of(service).filter(|each| !each.per_claim) {
        let own = it.is.purposes.iter().find(|purpose| purpose.name == each.purpose);
        let place = own.map_or(&it.place, |purpose| &purpose.place);
        let message =
            format!("`{}/{}` passes data to a third party without asking claim by claim", it.name, each.purpose);
        let hint = "write `per_claim = true` in a purpose of the service's own";
        whole.report.add(Code::ThirdPartyUnbound, place, message, hint);
    }
}

/// Nobody gets more than the ceiling but what a person gives on request (clause 2.1¶C2).
fn above_ceiling(whole: &Whole<'_>, ceiling: &HashSet<&str>, it: &Named<RawService>, service: &Service) {
    if service.kind == ServiceKind::Account {
        return;
    }
    for each in whole.policy.all_uses_of(service) {
        let own = it.is.purposes.iter().find(|purpose| purpose.name == each.purpose);
        for field in each.fields.iter().filter_map(|id| whole.policy.field(id)) {
            let source = field.derived.as_ref().and_then(|(source, _)| whole.policy.field(*source)).unwrap_or(field);
            let is_free = source.form != FormPlace::Registration || ceiling.contains(source.name.as_str());
            if source.subject == Subject::Person && !is_free {
                let key = if field.derived.is_some() { "derived" } else { "fields" };
                let place = own.map_or_else(|| it.at("need"), |purpose| purpose.at(key));
                let message =
                    format!("`{}/{}` asks for `{}`, which is above the ceiling", it.name, each.purpose, field.name);
                let hint = "take it away, or let the person give it on request (`form = \"request\"`)";
                whole.report.add(Code::AboveCeiling, &place, message, hint);
            }
        }
    }
}

fn need(whole: &Whole<'_>, general: &HashSet<&str>, it: &Named<RawService>) {
    let is_account = it.is.kind == ServiceKind::Account;
    if (it.is.own_policy || is_account) && !it.is.need.is_empty() {
        let message = format!("`{}` does not take from the general purposes, yet has a `need`", it.name);
        let hint = "say in its purposes what it needs, or write `policy = \"general\"`";
        whole.report.add(Code::WrongType, &it.at("need"), message, hint);
    }
    for name in it.is.need.iter().filter(|name| !general.contains(name.as_str())) {
        let message = format!("`{}` needs `{name}`, which no general purpose has", it.name);
        let hint = "take it away, or give the service a policy of its own";
        whole.report.add(Code::AboveCeiling, &it.at("need"), message, hint);
    }
    if !is_account && it.is.need.is_empty() && it.is.purposes.is_empty() {
        let message = format!("`{}` has no purpose", it.name);
        let hint = "say in `need` what it needs, or declare `[service.….purpose.…]`";
        whole.report.add(Code::MissingKey, &it.place, message, hint);
    }
}
