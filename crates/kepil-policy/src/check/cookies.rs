//! Cookies: each has class, purpose and lifetime; the necessary ones are short and reasoned. Clause 2.5.

use super::{Whole, rules::find_use};
use crate::{
    Cookie,
    diagnostic::Code,
    raw::{Named, Raw, RawCookie},
};

/// The class of cookies without which nothing works.
const NECESSARY: &str = "necessary";
/// A necessary cookie lives no longer. Unit: hours. Browsers cap every cookie at 400 days.
const NECESSARY_HOURS_MAX: u32 = 400 * 24;

/// Checks every cookie.
pub(crate) fn check(whole: &Whole<'_>) {
    for it in &whole.raw.cookies {
        purpose(whole, it);
        if it.is.class == NECESSARY {
            necessary(whole, it);
        }
    }
}

fn purpose(whole: &Whole<'_>, it: &Named<RawCookie>) {
    if it.is.purpose.trim().is_empty() {
        return;
    }
    let Some(row) = find_use(whole.policy, &it.is.purpose) else {
        let message = format!("the cookie `{}` serves `{}`, which is no purpose", it.name, it.is.purpose);
        let hint = "write a purpose that exists as `service/purpose`";
        whole.report.add(Code::UnknownName, &it.at("purpose"), message, hint);
        return;
    };
    let is_refusable = it.is.class != NECESSARY && !it.is.class.is_empty();
    if is_refusable && !row.optional {
        let message = format!(
            "people may refuse the cookie `{}` of class `{}`, but not its purpose `{}`",
            it.name, it.is.class, it.is.purpose
        );
        let hint = "let it serve a purpose with `optional = true`";
        whole.report.add(Code::CookieAgainstPurpose, &it.at("purpose"), message, hint);
    }
    if it.is.class == NECESSARY && row.optional {
        let message = format!(
            "the cookie `{}` is necessary for `{}`, a purpose that people may leave off",
            it.name, it.is.purpose
        );
        let hint = "give it another class, or let it serve a purpose that is not optional";
        whole.report.add(Code::CookieAgainstPurpose, &it.at("class"), message, hint);
    }
}

fn necessary(whole: &Whole<'_>, it: &Named<RawCookie>) {
    let report = whole.report;
    if it.is.lifetime_hours.is_some_and(|hours| hours > NECESSARY_HOURS_MAX) {
        let message = format!("the necessary cookie `{}` lives longer than 400 days", it.name);
        report.add(Code::CookieTooLong, &it.at("lifetime"), message, "write a `lifetime` of at most `400 days`");
    }
    if it.is.reason.is_none() {
        let message = format!("the necessary cookie `{}` has no reason", it.name);
        let hint = "add `reason = { … }`: why nothing works without it";
        report.add(Code::CookieWithoutReason, &it.place, message, hint);
    }
    if it.is.domain != "host" {
        let message = format!("the necessary cookie `{}` goes to other hosts too", it.name);
        report.add(Code::CookieWithoutReason, &it.at("domain"), message, "write `domain = \"host\"`");
    }
}

/// The cookies as the policy has them.
pub(crate) fn compiled(raw: &Raw) -> Vec<Cookie> {
    let build = |it: &Named<RawCookie>| Cookie {
        name: it.name.clone(),
        class: it.is.class.clone(),
        purpose: it.is.purpose.clone(),
        lifetime_hours: it.is.lifetime_hours,
        domain: it.is.domain.clone(),
        reason: it.is.reason.clone().unwrap_or_default(),
        http_only: it.is.http_only,
        clauses: it.clauses.clone(),
    };
    raw.cookies.iter().map(build).collect()
}
