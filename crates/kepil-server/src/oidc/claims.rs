//! What a field is called in an answer to a client, and how well it is known. Clauses 2.4a, 2.1¶C.
//!
//! Decided by category and kind only: a field of another bundle gets its standard name without a line of code.

use kepil_domain::vault::Provenance;
use kepil_policy::{Category, Derive, Field, Kind, Policy};

/// A claim that needs no consent of its own: says something about another one.
pub const EMAIL_VERIFIED: &str = "email_verified";

/// Names that tokens and answers use themselves.
const RESERVED: [&str; 17] = [
    "act",
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "auth_time",
    "at_hash",
    "sid",
    "acr",
    "edition",
    "assurance",
    "client_id",
    EMAIL_VERIFIED,
];

/// The standard name of a claim where one exists, else the field's own; `None` for a name that tokens use themselves.
#[must_use]
pub fn claim_name(field: &Field) -> Option<&str> {
    let name = match (field.category, field.kind) {
        _ if field.derived.is_some() => field.name.as_str(),
        (Category::Email, Kind::Email) => "email",
        (Category::Phone, Kind::Phone) => "phone_number",
        (Category::BirthDate, Kind::Date) => "birthdate",
        (Category::Residence, _) => "address",
        _ => field.name.as_str(),
    };
    (!RESERVED.contains(&name)).then_some(name)
}

/// What form the value of a claim has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shape {
    /// A text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// The object for addresses of the standard.
    Address,
    /// A list: who acts for a legal entity.
    List,
}

/// The form of the claim of `field`.
#[must_use]
pub fn shape(field: &Field) -> Shape {
    match (&field.derived, field.category) {
        (Some((_, Derive::YearsAtLeast(_))), _) => Shape::Boolean,
        (None, Category::Residence) => Shape::Address,
        (None, Category::Representative) => Shape::List,
        _ => Shape::Text,
    }
}

/// How well a value is known: an address that names its person at sign-in was confirmed by letter, unless it was brought
/// along from elsewhere; the number of a legal entity checks itself; everything else is what somebody said (clause 2.4a).
#[must_use]
pub fn assurance(field: &Field, provenance: Provenance) -> &'static str {
    let is_confirmed = field.sign_in && field.kind == Kind::Email && provenance != Provenance::Import;
    match (is_confirmed, field.kind) {
        (true, _) => "channel_confirmed",
        (false, Kind::Bin) => "checksum_valid",
        (false, _) => "self_asserted",
    }
}

/// Every claim that some client may get, each once, sorted.
#[must_use]
pub fn list(policy: &Policy) -> Vec<String> {
    let mut names: Vec<String> = policy.fields().iter().filter_map(claim_name).map(str::to_owned).collect();
    if names.iter().any(|name| name == "email") {
        names.push(EMAIL_VERIFIED.to_owned());
    }
    names.extend(["sub", "assurance"].map(str::to_owned));
    names.sort();
    names.dedup();
    names
}
