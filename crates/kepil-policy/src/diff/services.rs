//! The services and documents of two editions: whose they are, for what age, what people accept, what they can show of
//! people. Clauses 1.1a, 1.3a, 2.3b, 2.4c.

use super::{
    Effect,
    changes::{Changes, Pair, names, pairs},
};
use crate::{Document, Language, Policy, Profile, Service};

pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.services, &new.services, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new service"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no service any more"),
            Pair::Stayed(before, it) => service(before, it, old, new, changes),
        }
    }
    for pair in pairs(&old.documents, &new.documents, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Neutral, &it.name, "is a new document"),
            Pair::Went(it) => changes.add(Effect::Neutral, &it.name, "is no document any more"),
            Pair::Stayed(before, it) => document(before, it, changes),
        }
    }
}

fn service(before: &Service, service: &Service, old: &Policy, new: &Policy, changes: &mut Changes) {
    let about = &service.name;
    changes.turned(Effect::Widened, about, "the kind", &before.kind, &service.kind);
    changes.turned(Effect::Widened, about, "the owner's number", &before.owner.bin, &service.owner.bin);
    changes.turned(Effect::Widened, about, "the owner's country", &before.owner.country, &service.owner.country);
    changes.worded(about, "the owner's name", &before.owner.name, &service.owner.name);
    changes.shrunk(about, "the least age", &before.min_age, &service.min_age);
    let (was_guarded, is_guarded) = (before.guardian.is_some(), service.guardian.is_some());
    let (yes, no) = ("needs a guardian's consent for the young", "does not need a guardian's consent any more");
    changes.flipped(false, about, (was_guarded, is_guarded), yes, no);
    let policy = |service: &Service| if service.own_policy { "its own" } else { "the general one" };
    changes.turned(Effect::Neutral, about, "the policy", &policy(before), &policy(service));
    // A guard against taking data away in bulk: it gives nobody a value that they could not see before.
    changes.turned(Effect::Neutral, about, "the budget", &before.budget, &service.budget);
    profile(about, (old, &before.profile), (new, &service.profile), changes);
    changes.worded(about, "the label", &before.label, &service.label);
    changes.worded(about, "the description", &before.about, &service.about);
    let documents = |policy: &Policy, service: &Service| -> Vec<String> {
        service.documents.iter().filter_map(|at| policy.documents.get(*at)).map(|it| it.name.clone()).collect()
    };
    let (was, is) = (documents(old, before), documents(new, service));
    changes.listed(about, &was, &is, "people accept `{}` with it", "people do not accept `{}` with it any more");
    let is_same = was.len() == is.len() && was.iter().all(|name| is.contains(name));
    if is_same && was != is {
        changes.add(Effect::Neutral, about, "the documents are in another order");
    }
}

/// What a service can show of people. A wider function is a widening; nobody's setting is wider for it (clause 2.3b).
fn profile(about: &str, (old, was): (&Policy, &Profile), (new, is): (&Policy, &Profile), changes: &mut Changes) {
    let (more, less) = ("can show `{}` of people who let it", "does not show `{}` of people any more");
    changes.listed(about, &names(old, &was.fields), &names(new, &is.fields), more, less);
    changes.grown(about, "the widest audience of what people show", &was.widest, &is.widest);
}

fn document(before: &Document, document: &Document, changes: &mut Changes) {
    let about = &document.name;
    for ((language, was), is) in Language::ALL.iter().zip(&before.hashes).zip(&document.hashes) {
        changes.worded(about, &format!("the text in `{language}`"), was, is);
    }
    changes.turned(Effect::Neutral, about, "the version", &before.version, &document.version);
    changes.turned(Effect::Neutral, about, "the kind", &before.kind, &document.kind);
    changes.worded(about, "the title", &before.title, &document.title);
}
