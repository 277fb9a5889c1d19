//! People and legal entities: each part is about one of the two, and a service gets of an entity no more than its ceiling.
//!
//! Clauses 1.1b, 2.1¶C3. Everything about an entity is in the compartment in which people sign in: who may act for it is
//! one row, so that a mandate is given and taken in one step.

use super::Whole;
use crate::{
    Category, Field, Kind, Service, ServiceKind, Subject, Use,
    diagnostic::{Code, Place},
    raw::{Named, RawField, RawService},
};

/// Checks whom fields and purposes are about.
pub(crate) fn check(whole: &Whole<'_>) {
    let home = whole.raw.fields.iter().find(|it| it.is.sign_in).map(|it| it.is.compartment.as_str());
    for it in &whole.raw.fields {
        field(whole, it, home);
    }
    for it in &whole.raw.services {
        let Some(service) = whole.policy.find_service(&it.name) else { continue };
        for each in whole.policy.all_uses_of(service) {
            one_subject(whole, it, each);
            if service.kind != ServiceKind::Account {
                ceiling(whole, it, each);
            }
        }
    }
    named(whole);
}

fn field(whole: &Whole<'_>, it: &Named<RawField>, home: Option<&str>) {
    let speaks_of_entity =
        it.is.kind == Kind::Bin || matches!(it.is.category, Category::Organisation | Category::Representative);
    if speaks_of_entity != (it.is.subject == Subject::Entity) {
        let message =
            format!("the field `{}` is about a `{}`, but its category or kind is not", it.name, it.is.subject);
        let hint =
            "a field about a legal entity has `subject = \"entity\"` and category `organisation` or `representative`";
        whole.report.add(Code::SubjectMix, &it.place, message, hint);
    }
    if it.is.subject != Subject::Entity {
        return;
    }
    if it.is.sign_in {
        let message = format!("`{}` names a legal entity at sign-in", it.name);
        let hint = "take `sign_in` away: a representative signs in and acts for the entity";
        whole.report.add(Code::SubjectMix, &it.at("sign_in"), message, hint);
    }
    if home.is_some_and(|home| home != it.is.compartment) {
        let message = format!("`{}` of a legal entity is in `{}`", it.name, it.is.compartment);
        let hint = "put it where people sign in: an entity has one row, with those who act for it";
        whole.report.add(Code::SubjectMix, &it.at("compartment"), message, hint);
    }
}

/// Fields of a purpose with whom they are about, and where the purpose is written.
fn of_use<'a>(whole: &Whole<'a>, it: &Named<RawService>, each: &Use) -> (Vec<&'a Field>, Place) {
    let own = it.is.purposes.iter().find(|purpose| purpose.name == each.purpose);
    let general = || whole.purposes.get(each.purpose.as_str()).map(|purpose| purpose.at("fields"));
    let place = own.map(|purpose| purpose.at("fields")).or_else(general).unwrap_or_else(|| it.place.clone());
    (each.fields.iter().filter_map(|id| whole.policy.field(id)).collect(), place)
}

fn one_subject(whole: &Whole<'_>, it: &Named<RawService>, each: &Use) {
    let (fields, place) = of_use(whole, it, each);
    if fields.iter().any(|field| field.subject != each.subject) {
        let message = format!("`{}/{}` has fields of a person and of a legal entity", it.name, each.purpose);
        whole.report.add(Code::SubjectMix, &place, message, "split the purpose: one for people, one for entities");
    }
}

fn ceiling(whole: &Whole<'_>, it: &Named<RawService>, each: &Use) {
    let (fields, place) = of_use(whole, it, each);
    let above = fields.into_iter().filter(|field| {
        let source = field.derived.as_ref().map_or(field.id, |(source, _)| *source);
        field.subject == Subject::Entity && !whole.policy.entity_ceiling.contains(source)
    });
    for field in above {
        let message = format!("`{}/{}` asks for `{}` of a legal entity", it.name, each.purpose, field.name);
        let hint = "take it away, or name it in `ceiling.entity`";
        whole.report.add(Code::AboveEntityCeiling, &place, message, hint);
    }
}

/// Where entities are known at all, they have a name, and the account keeps it for them.
fn named(whole: &Whole<'_>) {
    let Some(first) = whole.raw.fields.iter().find(|it| it.is.subject == Subject::Entity) else { return };
    let is_kept = |service: &Service| {
        let name = whole.policy.entity_name();
        let mut uses = whole.policy.uses_for(service, Subject::Entity);
        name.is_some_and(|name| uses.any(|each| each.fields.contains(name.id)))
    };
    if !whole.policy.account().is_some_and(is_kept) {
        let message = "legal entities have no name that the account keeps";
        let hint = "declare a required field of category `organisation` on the registration form, in a purpose for the account";
        whole.report.add(Code::SubjectMix, &first.place, message, hint);
    }
}
