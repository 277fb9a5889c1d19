//! The fields of two editions: what is asked, of whom, where it is, who sees it. Clauses 2.1.1, 2.3a.

use super::{
    Effect,
    changes::{Changes, Pair, pairs},
};
use crate::{Derive, Field, Policy};

pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.fields, &new.fields, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new field"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no field any more"),
            Pair::Stayed(before, it) => field(before, it, old, new, changes),
        }
    }
}

fn field(before: &Field, field: &Field, old: &Policy, new: &Policy, changes: &mut Changes) {
    let about = &field.name;
    changes.turned(Effect::Widened, about, "the way it is made", &rule(before, old), &rule(field, new));
    if field.derived.is_some() && before.derived.is_some() {
        changes.worded(about, "the label or the reason", &(&before.label, &before.why), &(&field.label, &field.why));
        return;
    }
    changes.turned(Effect::Widened, about, "the category", &before.category, &field.category);
    changes.turned(Effect::Widened, about, "the subject", &before.subject, &field.subject);
    changes.turned(Effect::Widened, about, "the kind", &before.kind, &field.kind);
    let place = |policy: &Policy, field: &Field| {
        policy.compartment(field.compartment).map(|it| it.name.clone()).unwrap_or_default()
    };
    changes.turned(Effect::Widened, about, "the compartment", &place(old, before), &place(new, field));
    let flags = (before.required, field.required);
    changes.flipped(true, about, flags, "must be given", "need not be given any more");
    changes.shrunk(about, "the place where it is asked", &before.form, &field.form);
    let flags = (before.sign_in, field.sign_in);
    changes.flipped(true, about, flags, "names a person at sign-in", "does not name a person at sign-in any more");
    let flags = (before.masked, field.masked);
    changes.flipped(false, about, flags, "is masked until touched", "is not masked any more");
    let codes = |field: &Field| field.options.iter().map(|(code, _)| code.clone()).collect::<Vec<_>>();
    changes.listed(about, &codes(before), &codes(field), "has the option `{}`", "has no option `{}` any more");
    let words = |field: &Field| field.options.iter().map(|(_, label)| label.clone()).collect::<Vec<_>>();
    if codes(before) == codes(field) {
        changes.worded(about, "an option", &words(before), &words(field));
    }
    changes.worded(about, "the label", &before.label, &field.label);
    changes.worded(about, "the reason", &before.why, &field.why);
}

/// From what and how a field is made, in words.
fn rule(field: &Field, policy: &Policy) -> String {
    let Some((source, rule)) = &field.derived else { return "given by the person".to_owned() };
    let source = policy.field(*source).map_or("", |source| source.name.as_str());
    match rule {
        Derive::YearsAtLeast(years) => format!("at least {years} years since {source}"),
        Derive::FirstPart => format!("first part of {source}"),
    }
}
