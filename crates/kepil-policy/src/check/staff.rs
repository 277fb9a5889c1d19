//! Staff: bound by signed rules, with duties that let them do no more than they say, and somebody who grants them.
//! Clauses 5.2b to 5.2f.

use super::{Whole, rules::find_use};
use crate::{
    DocumentKind, Power, Verb,
    diagnostic::{Code, Place},
    raw::{Named, RawDuty, RawStaff},
};

/// Checks what binds the staff, and the powers of every duty.
pub(crate) fn check(whole: &Whole<'_>) {
    let raw = whole.raw;
    whole.raw.duties.iter().for_each(|it| powers(whole, it));
    for (place, _, _) in raw.staff.iter().skip(1) {
        let message = "`staff` stands in the bundle twice";
        whole.report.add(Code::DuplicateName, place, message, "keep one table `[staff]`");
    }
    match (raw.staff.first(), raw.duties.first()) {
        (None, None) => {}
        (None, Some(duty)) => {
            let message = format!("nothing binds the staff that has the duty `{}`", duty.name);
            let hint = "add `[staff]` with `undertaking`, `rules`, `training` and `longest_grant`";
            whole.report.add(Code::StaffUnbound, &duty.place, message, hint);
        }
        (Some((place, lines, is)), _) => {
            let at =
                |key: &str| Place { file: place.file.clone(), line: lines.get(key).copied().unwrap_or(place.line) };
            bound(whole, is, place, at);
        }
    }
    signed_by_people(whole);
}

fn bound(whole: &Whole<'_>, is: &RawStaff, place: &Place, at: impl Fn(&str) -> Place) {
    for (key, name, kind) in
        [("undertaking", &is.undertaking, DocumentKind::Undertaking), ("rules", &is.rules, DocumentKind::StaffRules)]
    {
        if let Some(document) = whole.documents.get(name.as_str()).filter(|it| it.is.kind != kind) {
            let message = format!("the staff signs `{name}` as its `{key}`, which is of kind `{}`", document.is.kind);
            whole.report.add(Code::WrongType, &at(key), message, format!("name a document of kind `{kind}`"));
        }
    }
    let grants = |it: &Named<RawDuty>| it.is.powers.iter().any(|word| word == Power::Staff.word());
    if !whole.raw.duties.iter().any(grants) {
        let message = "no duty has the power to grant duties";
        let hint = "give one duty `powers = [\"staff\"]`";
        whole.report.add(Code::StaffUnbound, place, message, hint);
    }
}

/// What staff signs is not asked of people.
fn signed_by_people(whole: &Whole<'_>) {
    let is_inside = |kind| matches!(kind, DocumentKind::Undertaking | DocumentKind::StaffRules);
    for it in &whole.raw.services {
        let named = it.is.documents.iter().filter_map(|name| whole.documents.get(name.as_str()));
        for document in named.filter(|document| is_inside(document.is.kind)) {
            let message = format!("people accept `{}` with `{}`, but it is for the staff", document.name, it.name);
            whole.report.add(Code::WrongType, &it.at("documents"), message, "take it away, or change its kind");
        }
    }
}

fn powers(whole: &Whole<'_>, it: &Named<RawDuty>) {
    let known: Vec<&str> = Power::ALL.iter().map(|power| power.word()).collect();
    for word in it.is.powers.iter().filter(|word| Power::parse(word).is_none()) {
        let message = format!("`{word}` in the powers of the duty `{}` is no power", it.name);
        let hint = format!("write one of: {}", known.join(", "));
        whole.report.add(Code::UnknownWord, &it.at("powers"), message, hint);
    }
    let has = |power: Power| it.is.powers.iter().any(|word| word == power.word());
    let serves = find_use(whole.policy, &it.is.purpose);
    let cannot_read = serves.is_some_and(|row| !row.verbs.contains(Verb::Extract));
    let names = |name: &String| whole.fields.get(name.as_str()).is_some_and(|field| field.is.sign_in);
    let fault = if it.is.powers.is_empty() {
        Some(("lets nobody do anything", "add `powers`", "powers"))
    } else if has(Power::Audit) && (it.is.powers.len() > 1 || !it.is.fields.is_empty()) {
        Some(("audits and does more than look at counts", "keep `audit` alone, without fields", "powers"))
    } else if has(Power::People) && it.is.fields.is_empty() {
        Some(("looks people up and sees nothing of them", "add `fields`, or take `people` away", "fields"))
    } else if !has(Power::Audit) && cannot_read {
        let hint = "serve a purpose whose `verbs` have `extract`";
        Some(("reads, which its purpose does not allow", hint, "purpose"))
    } else if has(Power::Staff) && !it.is.fields.iter().any(names) {
        let hint = "add the field that people sign in by";
        Some(("grants duties and cannot tell people of the staff apart", hint, "fields"))
    } else {
        None
    };
    if let Some((what, hint, key)) = fault {
        whole.report.add(Code::DutyPowers, &it.at(key), format!("the duty `{}` {what}", it.name), hint);
    }
}
