//! What a service can show of people: nothing that nobody collects for it, nothing that is given on request only, in one
//! compartment, and to somebody. Clauses 2.1.1c, 2.1¶C, 2.3a, 3.1.5, 3.4e.
//!
//! Does not know: who sees what; that is each person's own setting, private until they change it.

use super::Whole;
use crate::{
    Audience, Category, Field, FieldSet, FormPlace, Service, ServiceKind, Subject,
    diagnostic::Code,
    raw::{Named, RawProfile, RawService},
};

/// Checks the profile of every service that has one.
pub(crate) fn check(whole: &Whole<'_>) {
    for it in &whole.raw.services {
        let (Some(profile), Some(service)) = (&it.is.profile, whole.policy.find_service(&it.name)) else { continue };
        shows_something(whole, it, profile);
        is_collected(whole, it, service);
        is_in_one_compartment(whole, it, service);
        if service.kind == ServiceKind::ThirdParty {
            let message =
                format!("`{}` is a third party, and would get what people show without asking for it", it.name);
            let hint = "take the profile away: a third party asks claim by claim";
            whole.report.add(Code::ThirdPartyUnbound, &it.at("profile"), message, hint);
        }
    }
}

fn shows_something(whole: &Whole<'_>, it: &Named<RawService>, profile: &RawProfile) {
    if profile.widest == Audience::Private || (profile.fields.is_empty() && profile.contents.is_empty()) {
        let message = format!("the profile of `{}` shows nothing to anybody", it.name);
        let hint = "write fields or contents, and `widest` as `named`, `members` or `public`; or take the profile away";
        whole.report.add(Code::ProfileOfNothing, &it.at("profile"), message, hint);
    }
}

/// What is shown is there for a purpose of the service or of the account, and nobody's visibility is a reason to collect.
fn is_collected(whole: &Whole<'_>, it: &Named<RawService>, service: &Service) {
    let own = whole.policy.uses_of(service);
    let account = whole.policy.account().into_iter().flat_map(|account| whole.policy.uses_of(account));
    let collected = own.chain(account).fold(FieldSet::EMPTY, |all, each| all.or(&each.fields));
    for field in fields(whole, service) {
        if field.category == Category::UserContent {
            continue;
        }
        let source = field.derived.as_ref().and_then(|(source, _)| whole.policy.field(*source)).unwrap_or(field);
        let why = if field.subject != Subject::Person {
            "is about legal entities"
        } else if source.form == FormPlace::Request {
            "is given on request, to one service for one purpose"
        } else if !collected.contains(field.id) {
            "is collected by no purpose of that service or of the account"
        } else {
            continue;
        };
        let message = format!("the profile of `{}` could show `{}`, which {why}", it.name, field.name);
        let hint = "take the field out of the profile, or name it in a purpose of the service";
        whole.report.add(Code::ProfileTooWide, &it.at("profile"), message, hint);
    }
}

/// A setting lies beside the value that it shows, and beside the agreement by which the person uses the service.
fn is_in_one_compartment(whole: &Whole<'_>, it: &Named<RawService>, service: &Service) {
    let Some(first) = fields(whole, service).next() else { return };
    if let Some(other) = fields(whole, service).find(|field| field.compartment != first.compartment) {
        let message =
            format!("`{}` and `{}` of the profile of `{}` are in two compartments", first.name, other.name, it.name);
        let hint = "show fields of one compartment only: what is in another is never joined with them";
        whole.report.add(Code::CompartmentMix, &it.at("profile"), message, hint);
    } else if !whole.policy.uses_of(service).any(|each| each.compartment == first.compartment) {
        let message =
            format!("`{}` has no purpose in the compartment of `{}`, which its profile shows", it.name, first.name);
        let hint = "show fields of a compartment in which the service has a purpose";
        whole.report.add(Code::CompartmentMix, &it.at("profile"), message, hint);
    }
}

fn fields<'a>(whole: &'a Whole<'_>, service: &'a Service) -> impl Iterator<Item = &'a Field> {
    service.profile.fields.iter().filter_map(|id| whole.policy.field(id))
}
