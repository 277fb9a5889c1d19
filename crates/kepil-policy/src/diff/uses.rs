//! The purposes of two editions, those of the bundle and those of its services: data, verbs, basis, time, recipients.
//! Clauses 1.2a, 3.1.3 to 3.1.5, 3.4a, 3.4d, 3.5d.

use super::{
    Effect,
    changes::{Changes, Pair, names, pairs},
    head::words,
};
use crate::{Basis, GeneralPurpose, Keep, Policy, Texts, Use, VerbSet};

/// A purpose, be it the bundle's or a service's.
struct Row<'a> {
    about: String,
    compartment: String,
    fields: Vec<&'a str>,
    required: Vec<&'a str>,
    verbs: VerbSet,
    basis: Basis,
    law: String,
    optional: bool,
    per_claim: bool,
    needs_agreement: bool,
    keep: &'a Keep,
    batch: String,
    recipients: &'a [String],
    label: &'a Texts,
}

pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    let rows = |policy| -> Vec<Row<'_>> { general_rows(policy).chain(use_rows(policy)).collect() };
    let (before, now) = (rows(old), rows(new));
    for pair in pairs(&before, &now, |row| &row.about) {
        match pair {
            Pair::Came(row) => changes.add(Effect::Widened, &row.about, "is a new purpose"),
            Pair::Went(row) => changes.add(Effect::Narrowed, &row.about, "is no purpose any more"),
            Pair::Stayed(before, row) => compare_rows(before, row, changes),
        }
    }
    keeps(old, new, changes);
}

/// The general purposes that services follow; those of the account are its uses.
fn general_rows(policy: &Policy) -> impl Iterator<Item = Row<'_>> {
    policy.general_purposes.iter().filter(|it| it.for_services).map(|it: &GeneralPurpose| Row {
        about: it.name.clone(),
        compartment: policy.compartment(it.compartment).map(|it| it.name.clone()).unwrap_or_default(),
        fields: names(policy, &it.fields),
        required: names(policy, &it.required),
        verbs: it.verbs,
        basis: it.basis,
        law: it.law.clone().unwrap_or_default(),
        optional: it.optional,
        per_claim: false,
        needs_agreement: true,
        keep: &it.keep,
        batch: it.batch.map_or_else(|| "none".to_owned(), |batch| batch.to_string()),
        recipients: &it.recipients,
        label: &it.label,
    })
}

fn use_rows(policy: &Policy) -> impl Iterator<Item = Row<'_>> {
    policy.uses.iter().map(|it: &Use| Row {
        about: format!("{}/{}", policy.service(it.service).map_or("", |service| service.name.as_str()), it.purpose),
        compartment: policy.compartment(it.compartment).map(|it| it.name.clone()).unwrap_or_default(),
        fields: names(policy, &it.fields),
        required: names(policy, &it.required),
        verbs: it.verbs,
        basis: it.basis,
        law: it.law.clone().unwrap_or_default(),
        optional: it.optional,
        per_claim: it.per_claim,
        needs_agreement: it.needs_agreement,
        keep: &it.keep,
        batch: it.batch.map_or_else(|| "none".to_owned(), |batch| batch.to_string()),
        recipients: &it.recipients,
        label: &it.label,
    })
}

fn compare_rows(before: &Row<'_>, row: &Row<'_>, changes: &mut Changes) {
    let about = row.about.as_str();
    changes.listed(about, &before.fields, &row.fields, "gets `{}`", "does not get `{}` any more");
    changes.listed(about, &before.required, &row.required, "cannot do without `{}`", "can do without `{}`");
    changes.listed(about, &words(before.verbs), &words(row.verbs), "may `{}`", "may not `{}` any more");
    let (more, less) = ("passes data to `{}`", "does not pass data to `{}` any more");
    changes.listed(about, before.recipients, row.recipients, more, less);
    if before.keep.name != row.keep.name {
        let effect = longer(before.keep, row.keep);
        let what = format!("data are kept by `{}` instead of `{}`", row.keep.name, before.keep.name);
        changes.add(effect, about, what);
    }
    let effect = if row.basis == Basis::Law { Effect::Widened } else { Effect::Narrowed };
    changes.turned(effect, about, "the basis", &before.basis, &row.basis);
    if before.basis == row.basis {
        changes.turned(Effect::Widened, about, "the law", &before.law, &row.law);
    }
    let flags = (before.optional, row.optional);
    changes.flipped(false, about, flags, "is turned on apart from the agreement", "comes with the agreement");
    let flags = (before.per_claim, row.per_claim);
    changes.flipped(false, about, flags, "is asked claim by claim", "is asked for all claims at once");
    let flags = (before.needs_agreement, row.needs_agreement);
    changes.flipped(false, about, flags, "lives by the agreement", "outlives the agreement");
    changes.turned(Effect::Widened, about, "the compartment", &before.compartment, &row.compartment);
    // In batches a service gets nothing that it could not get one by one.
    changes.turned(Effect::Neutral, about, "the batch", &before.batch, &row.batch);
    changes.worded(about, "the label", before.label, row.label);
}

/// A change of rule is a narrowing only where the new one surely ends no later.
fn longer(before: &Keep, keep: &Keep) -> Effect {
    match (keep.is_within(before), before.is_within(keep)) {
        (true, true) => Effect::Neutral,
        (true, false) => Effect::Narrowed,
        _ => Effect::Widened,
    }
}

fn keeps(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.keeps, &new.keeps, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Neutral, &it.name, "is a new rule of keeping"),
            Pair::Went(it) => changes.add(Effect::Neutral, &it.name, "is no rule of keeping any more"),
            Pair::Stayed(before, it) => {
                let effect = longer(before, it);
                changes.turned(effect, &it.name, "the end of keeping", &before.until, &it.until);
                let days = |keep: &Keep| format!("{} days", keep.term.days);
                changes.turned(effect, &it.name, "the time of keeping", &days(before), &days(it));
                changes.worded(&it.name, "the label", &before.label, &it.label);
            }
        }
    }
}
