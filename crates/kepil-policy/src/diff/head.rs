//! The head of two editions: territory, verbs, what is forbidden, the ceiling, the operator. Clauses 2.1¶C2, 2.2c, 3.4d,
//! 3.5a.

use super::{
    Effect,
    changes::{Changes, Pair, names, pairs},
};
use crate::{Compartment, Policy, Verb, VerbSet};

pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    let (more, less) = ("data may be in `{}`", "data may not be in `{}` any more");
    changes.listed("territory", &old.territory, &new.territory, more, less);
    let (more, less) = ("`{}` is possible", "`{}` is not possible any more");
    changes.listed("verbs", &words(old.verbs), &words(new.verbs), more, less);
    let forbidden = |policy: &Policy| -> Vec<&str> { policy.forbidden.iter().map(|it| it.word()).collect() };
    let (more, less) = ("`{}` is not forbidden any more", "`{}` is forbidden");
    changes.listed("forbidden", &forbidden(new), &forbidden(old), more, less);
    let (more, less) = ("a service may get `{}`", "no service may get `{}` any more");
    changes.listed("ceiling", &names(old, &old.ceiling), &names(new, &new.ceiling), more, less);
    let (more, less) =
        ("a service may get `{}` of a legal entity", "no service may get `{}` of a legal entity any more");
    let (was, is) = (names(old, &old.entity_ceiling), names(new, &new.entity_ceiling));
    changes.listed("ceiling", &was, &is, more, less);
    changes.turned(Effect::Neutral, "edition", "the date", &old.edition, &new.edition);
    operator(old, new, changes);
    changes.turned(Effect::Widened, "law", "the law profile", &old.law, &new.law);
    changes.turned(Effect::Neutral, "time zone", "the zone", &old.time_zone, &new.time_zone);
    changes.worded("summary", "the short form", &old.summary, &new.summary);
    let general = |policy: &Policy| policy.general().map(|it| it.name.clone()).unwrap_or_default();
    changes.turned(Effect::Neutral, "general policy", "the document", &general(old), &general(new));
    compartments(old, new, changes);
}

fn operator(old: &Policy, new: &Policy, changes: &mut Changes) {
    let (old, new) = (&old.operator, &new.operator);
    changes.turned(Effect::Widened, "operator", "the number", &old.bin, &new.bin);
    changes.turned(Effect::Widened, "operator", "the country", &old.country, &new.country);
    changes.worded("operator", "the name", &old.name, &new.name);
    changes.worded("operator", "the address", &old.address, &new.address);
    changes.turned(Effect::Neutral, "operator", "the contact", &old.contact, &new.contact);
}

fn compartments(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.compartments, &new.compartments, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Neutral, &it.name, "is a new compartment"),
            Pair::Went(it) => changes.add(Effect::Neutral, &it.name, "is no compartment any more"),
            Pair::Stayed(before, it) => {
                let apart = |policy: &Policy, it: &Compartment| -> Vec<String> {
                    it.incompatible.iter().filter_map(|id| policy.compartment(*id)).map(|it| it.name.clone()).collect()
                };
                let (was, is) = (apart(old, before), apart(new, it));
                changes.listed(&it.name, &is, &was, "may be joined with `{}`", "is never joined with `{}`");
                changes.worded(&it.name, "the label", &before.label, &it.label);
            }
        }
    }
}

/// The words of a verb set.
pub(super) fn words(verbs: VerbSet) -> Vec<&'static str> {
    verbs.iter().map(Verb::word).collect()
}
