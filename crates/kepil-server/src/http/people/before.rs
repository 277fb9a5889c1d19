//! Which pages are open to somebody who never accepted the account: brought along from an earlier system, signed in, and
//! asked by `/welcome`. Clauses 1.2c, 8.2b.
//!
//! What is not listed here is closed to them, so a page that is added later is too. Does not know: who they are; the visitor
//! asks once for each request.

/// Patterns of addresses. The rights of clause 4 do not wait for an acceptance (`gate::Right`), nor does what ends something.
const OPEN: &[&str] = &[
    // `Right::See`: what is held, who did what with it and was told of it, and what was decided about it.
    "/me",
    "/me/activity",
    "/me/activity/{compartment}/{event}",
    "/me/told",
    "/me/contents",
    "/me/contents/about",
    "/me/services",
    "/me/consents",
    // `Right::Correct`: what is there; the action refuses what is not, since no purpose was accepted that needs it.
    "/me/fields/{name}/edit",
    "/me/email",
    // `Right::Delete`, `Right::Block`, and what ends an agreement.
    "/me/fields/{name}/remove",
    "/me/kept/{compartment}/remove",
    "/me/close",
    "/me/block",
    "/me/services/{service}/leave",
    // To answer at last, to prove who one is, and to go.
    "/welcome",
    "/prove",
    "/sign-out",
    // The way to a service asks for itself, at its every step.
    "/authorize",
    "/authorize/continue",
    "/whom",
    "/accept",
    "/consent",
    "/device",
    "/logout",
];

/// Below it somebody guards their account: sessions, password, factors, evidence.
const SECURITY: &str = "/me/security";

/// Whether the page at `pattern` is open to somebody who never accepted the account.
pub(in crate::http) fn is_open(pattern: &str) -> bool {
    let is_security = pattern.strip_prefix(SECURITY).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    is_security || OPEN.contains(&pattern)
}
