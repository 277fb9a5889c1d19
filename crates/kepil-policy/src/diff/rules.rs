//! The other promises of two editions: recipients, cookies, kits, floors, staff duties, contents, statistics, and the rows
//! of the source policy. Clauses 2.1.2e, 2.5, 2.6, 3.4a, 3.6, 5.2c.

use super::{
    Effect,
    changes::{Changes, Pair, names, pairs},
};
use crate::{Clause, Cookie, Duty, Field, Policy, ToSign};

pub(super) fn compare(old: &Policy, new: &Policy, changes: &mut Changes) {
    recipients(old, new, changes);
    cookies(old, new, changes);
    sdks(old, new, changes);
    floors(old, new, changes);
    duties(old, new, changes);
    staff(old, new, changes);
    contents(old, new, changes);
    rows(old, new, changes);
}

/// A recipient has no number, so its label is who it is: another label may be another company.
fn recipients(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.recipient_rows, &new.recipient_rows, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new recipient"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no recipient any more"),
            Pair::Stayed(before, it) => {
                let (more, less) = ("may get `{}`", "may not get `{}` any more");
                changes.listed(&it.name, &names(old, &before.fields), &names(new, &it.fields), more, less);
                changes.turned(Effect::Widened, &it.name, "the country", &before.country, &it.country);
                changes.turned(Effect::Widened, &it.name, "the basis", &before.basis, &it.basis);
                if before.label != it.label {
                    changes.add(Effect::Widened, &it.name, "the recipient is called otherwise");
                }
            }
        }
    }
}

fn cookies(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.cookies, &new.cookies, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new cookie"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no cookie any more"),
            Pair::Stayed(before, it) => cookie(before, it, changes),
        }
    }
}

fn cookie(before: &Cookie, cookie: &Cookie, changes: &mut Changes) {
    let about = &cookie.name;
    // A cookie that stops being necessary can be refused from then on.
    let effect = if before.class == "necessary" { Effect::Narrowed } else { Effect::Widened };
    changes.turned(effect, about, "the class", &before.class, &cookie.class);
    changes.turned(Effect::Widened, about, "the purpose", &before.purpose, &cookie.purpose);
    let lifetime = |hours: Option<u32>| hours.map_or_else(|| "session".to_owned(), |hours| format!("{hours} hours"));
    let effect = if cookie.lifetime_hours > before.lifetime_hours { Effect::Widened } else { Effect::Narrowed };
    let (was, is) = (lifetime(before.lifetime_hours), lifetime(cookie.lifetime_hours));
    changes.turned(effect, about, "the lifetime", &was, &is);
    let effect = if cookie.domain == "host" { Effect::Narrowed } else { Effect::Widened };
    changes.turned(effect, about, "the domain", &before.domain, &cookie.domain);
    let flags = (before.http_only, cookie.http_only);
    changes.flipped(false, about, flags, "is hidden from scripts", "is open to scripts");
    changes.worded(about, "the reason", &before.reason, &cookie.reason);
}

fn sdks(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.sdks, &new.sdks, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new kit"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no kit any more"),
            Pair::Stayed(before, it) => {
                let (more, less) = ("reports `{}`", "does not report `{}` any more");
                changes.listed(&it.name, &names(old, &before.fields), &names(new, &it.fields), more, less);
                changes.turned(Effect::Widened, &it.name, "the purpose", &before.purpose, &it.purpose);
            }
        }
    }
}

fn floors(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.floors, &new.floors, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new floor"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no floor any more"),
            Pair::Stayed(before, it) => {
                let (more, less) = ("keeps `{}` locked", "does not keep `{}` any more");
                changes.listed(&it.name, &names(old, &before.fields), &names(new, &it.fields), more, less);
                changes.grown(&it.name, "the days of keeping", &before.term.days, &it.term.days);
                changes.turned(Effect::Widened, &it.name, "the law", &before.law, &it.law);
                changes.worded(&it.name, "the label", &before.label, &it.label);
            }
        }
    }
}

fn duties(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.duties, &new.duties, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new duty of staff"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no duty of staff any more"),
            Pair::Stayed(before, it) => {
                let powers = |it: &Duty| it.powers.iter().map(|power| power.word()).collect::<Vec<_>>();
                let (more, less) = ("has the power `{}`", "has the power `{}` no more");
                changes.listed(&it.name, &powers(before), &powers(it), more, less);
                let (more, less) = ("sees `{}`", "does not see `{}` any more");
                changes.listed(&it.name, &names(old, &before.fields), &names(new, &it.fields), more, less);
                changes.turned(Effect::Widened, &it.name, "the purpose", &before.purpose, &it.purpose);
                // A guard against taking data away in bulk: it gives nobody a value that they could not see before.
                changes.turned(Effect::Neutral, &it.name, "the budget", &before.budget, &it.budget);
                changes.worded(&it.name, "the label", &before.label, &it.label);
            }
        }
    }
}

/// What binds the staff: the longer a training or a grant counts, the more is possible; so it is without a second officer.
fn staff(old: &Policy, new: &Policy, changes: &mut Changes) {
    let (before, now) = match (&old.staff, &new.staff) {
        (None, None) => return,
        (None, Some(_)) => return changes.add(Effect::Narrowed, "staff", "is bound by rules"),
        (Some(_), None) => return changes.add(Effect::Widened, "staff", "is bound by no rules any more"),
        (Some(before), Some(now)) => (before, now),
    };
    let named = |policy: &Policy, to_sign: &ToSign| {
        policy.documents.get(to_sign.document).map(|it| it.name.clone()).unwrap_or_default()
    };
    for (what, was, is) in
        [("undertaking", &before.undertaking, &now.undertaking), ("rules", &before.rules, &now.rules)]
    {
        changes.turned(Effect::Neutral, "staff", what, &named(old, was), &named(new, is));
        if was.shown != is.shown {
            changes.add(Effect::Neutral, "staff", format!("signs the {what} anew"));
        }
    }
    changes.grown("staff", "the days for which a training counts", &before.training.days, &now.training.days);
    changes.grown("staff", "the days of the longest grant", &before.longest.days, &now.longest.days);
    let flags = (before.one_officer, now.one_officer);
    changes.flipped(true, "staff", flags, "one officer alone is enough", "every duty needs a second officer");
}

fn contents(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.contents, &new.contents, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Neutral, &it.name, "is a new kind of content"),
            Pair::Went(it) => changes.add(Effect::Neutral, &it.name, "is no kind of content any more"),
            Pair::Stayed(before, it) => {
                let keep = |policy: &Policy, it: &Field| policy.class(it.class).map(|class| class.keep.name.clone());
                let (was, is) = (keep(old, before).unwrap_or_default(), keep(new, it).unwrap_or_default());
                changes.turned(Effect::Widened, &it.name, "the rule of keeping", &was, &is);
                changes.worded(&it.name, "the label", &before.label, &it.label);
            }
        }
    }
    for pair in pairs(&old.aggregates, &new.aggregates, |it| &it.name) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Widened, &it.name, "is a new statistic"),
            Pair::Went(it) => changes.add(Effect::Narrowed, &it.name, "is no statistic any more"),
            Pair::Stayed(before, it) => {
                changes.shrunk(&it.name, "the smallest group shown", &before.threshold, &it.threshold);
            }
        }
    }
}

/// The rows of the source policy and what keeps them: nothing of it changes what is done with data.
fn rows(old: &Policy, new: &Policy, changes: &mut Changes) {
    for pair in pairs(&old.clauses, &new.clauses, |it| &it.id) {
        let about = |it: &Clause| format!("row {}", it.id);
        match pair {
            Pair::Came(it) => changes.add(Effect::Neutral, &about(it), "is a new row"),
            Pair::Went(it) => changes.add(Effect::Neutral, &about(it), "is no row any more"),
            Pair::Stayed(before, it) => {
                changes.turned(Effect::Neutral, &about(it), "the kind", &before.kind, &it.kind);
                changes.worded(&about(it), "the promise", &before.promise, &it.promise);
                changes.worded(&about(it), "the mechanism", &before.mechanism, &it.mechanism);
                changes.worded(&about(it), "the proof", &before.tests, &it.tests);
                changes.worded(&about(it), "the gap", &before.gap, &it.gap);
            }
        }
    }
    let link = |it: &crate::Link| format!("`{}` keeps row {}", it.part, it.clause);
    let (was, is): (Vec<String>, Vec<String>) =
        (old.links.iter().map(link).collect(), new.links.iter().map(link).collect());
    for pair in pairs(&was, &is, String::as_str) {
        match pair {
            Pair::Came(it) => changes.add(Effect::Neutral, "links", it.clone()),
            Pair::Went(it) => changes.add(Effect::Neutral, "links", format!("no more: {it}")),
            Pair::Stayed(..) => {}
        }
    }
}
