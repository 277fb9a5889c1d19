//! Cookies: each has class, purpose and lifetime; the necessary ones are short and reasoned. Clause 2.5.

use super::data::find_use;
use crate::{
    Cookie, Policy,
    diagnostic::{Code, Report},
    raw::Raw,
};

/// A necessary cookie lives no longer. Unit: hours. Browsers cap every cookie at 400 days.
const NECESSARY_HOURS_MAX: u32 = 400 * 24;

/// Checks every cookie.
pub(crate) fn check(raw: &Raw, policy: &Policy, report: &Report) {
    for it in &raw.cookies {
        if find_use(policy, &it.is.purpose).is_none() {
            let message = format!("the cookie `{}` serves `{}`, which is no purpose", it.name, it.is.purpose);
            report.add(Code::UnknownName, &it.place, message, "write `service/purpose`");
        }
        if it.is.class == "necessary" {
            if it.is.lifetime_hours.is_some_and(|hours| hours > NECESSARY_HOURS_MAX) {
                let message = format!("the necessary cookie `{}` lives longer than 400 days", it.name);
                report.add(Code::CookieTooLong, &it.place, message, "shorten `lifetime`");
            }
            if it.is.reason.is_none() {
                let message = format!("the necessary cookie `{}` has no reason", it.name);
                report.add(
                    Code::CookieWithoutReason,
                    &it.place,
                    message,
                    "add `reason = { … }`: why nothing works without it",
                );
            }
            if it.is.domain != "host" {
                let message = format!("the necessary cookie `{}` goes to other hosts too", it.name);
                report.add(Code::CookieWithoutReason, &it.place, message, "write `domain = \"host\"`");
            }
        }
    }
}

/// The cookies as the policy has them.
pub(crate) fn compiled(raw: &Raw) -> Vec<Cookie> {
    let build = |it: &crate::raw::Named<crate::raw::RawCookie>| Cookie {
        name: it.name.clone(),
        class: it.is.class.clone(),
        purpose: it.is.purpose.clone(),
        lifetime_hours: it.is.lifetime_hours,
        reason: it.is.reason.clone().unwrap_or_default(),
        http_only: it.is.http_only,
        clauses: it.clauses.clone(),
    };
    raw.cookies.iter().map(build).collect()
}
