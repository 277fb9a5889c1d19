//! The checks, one file a subject. Each adds what it finds to the report and changes nothing.

pub(crate) mod clauses;
pub(crate) mod cookies;
pub(crate) mod data;
pub(crate) mod forbidden;
pub(crate) mod names;
pub(crate) mod services;
pub(crate) mod texts;

use crate::{Policy, diagnostic::Report, raw::Raw};

/// Every check that needs the whole bundle.
pub(crate) fn all(raw: &Raw, policy: &Policy, report: &Report) {
    forbidden::check(raw, report);
    data::check(raw, policy, report);
    services::check(raw, policy, report);
    cookies::check(raw, policy, report);
    texts::check(raw, policy, report);
    clauses::check(raw, report);
}
