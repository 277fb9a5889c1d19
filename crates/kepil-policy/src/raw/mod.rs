//! The bundle as it is written: every table read, nothing interned, every place kept for messages.
//!
//! Start reading at [`Raw`]; [`read()`] fills it. Does not know: what the parts mean together; that is [`crate::check`]'s business.

mod read;

pub(crate) use read::{read, verbs};

use crate::{
    Basis, Category, Derive, DocumentKind, FormPlace, Kind, ServiceKind, Term, Texts, Until, diagnostic::Place,
};

/// Everything that a bundle says.
#[derive(Default)]
pub(crate) struct Raw {
    pub edition: String,
    pub law: String,
    pub time_zone: String,
    pub territory: Vec<String>,
    pub forbid: Vec<String>,
    pub verbs: Vec<String>,
    pub ceiling: Vec<String>,
    pub summary: Vec<Texts>,
    pub document: String,
    pub place: Place,
    pub operator: Option<RawOperator>,
    pub compartments: Vec<Named<RawCompartment>>,
    pub keeps: Vec<Named<RawKeep>>,
    pub fields: Vec<Named<RawField>>,
    pub derived: Vec<Named<RawDerived>>,
    pub purposes: Vec<Named<RawPurpose>>,
    pub floors: Vec<Named<RawFloor>>,
    pub recipients: Vec<Named<RawRecipient>>,
    pub cookies: Vec<Named<RawCookie>>,
    pub sdks: Vec<Named<RawSdk>>,
    pub duties: Vec<Named<RawDuty>>,
    pub documents: Vec<Named<RawDocument>>,
    pub contents: Vec<Named<RawContent>>,
    pub aggregates: Vec<Named<u32>>,
    pub clauses: Vec<Named<RawClause>>,
    pub services: Vec<Named<RawService>>,
}

/// A part with its name and place.
pub(crate) struct Named<T> {
    pub name: String,
    pub place: Place,
    /// Rows of the source policy that it is linked to.
    pub clauses: Vec<String>,
    pub is: T,
}

pub(crate) struct RawOperator {
    pub name: Texts,
    pub bin: String,
    pub country: String,
    pub address: Texts,
    pub contact: String,
}

pub(crate) struct RawCompartment {
    pub label: Texts,
    pub incompatible: Vec<String>,
}

pub(crate) struct RawKeep {
    pub until: Until,
    pub term: Term,
    pub label: Texts,
}

pub(crate) struct RawField {
    pub category: Category,
    pub kind: Kind,
    pub compartment: String,
    pub form: FormPlace,
    pub required: bool,
    pub sign_in: bool,
    pub masked: bool,
    pub visibility: String,
    pub label: Texts,
    pub why: Texts,
    pub options: Vec<(String, Texts)>,
}

pub(crate) struct RawDerived {
    pub from: String,
    pub rule: Option<Derive>,
    pub label: Texts,
    pub why: Texts,
}

#[derive(Clone)]
pub(crate) struct RawPurpose {
    pub is_for: String,
    pub narrows: Option<String>,
    pub own_consent: bool,
    pub basis: Option<Basis>,
    pub law: Option<String>,
    pub verbs: Vec<String>,
    pub fields: Vec<String>,
    pub derived: Vec<String>,
    pub required: Vec<String>,
    pub keep: String,
    pub compartment: String,
    pub optional: bool,
    pub per_claim: bool,
    pub recipients: Vec<String>,
    pub label: Texts,
}

pub(crate) struct RawFloor {
    pub fields: Vec<String>,
    pub term: Term,
    pub law: Option<String>,
    pub label: Texts,
}

pub(crate) struct RawRecipient {
    pub label: Texts,
    pub country: String,
    pub fields: Vec<String>,
}

pub(crate) struct RawCookie {
    pub class: String,
    pub purpose: String,
    pub lifetime_hours: Option<u32>,
    pub domain: String,
    pub reason: Option<Texts>,
    pub http_only: bool,
}

pub(crate) struct RawSdk {
    pub service: String,
    pub purpose: String,
    pub fields: Vec<String>,
}

pub(crate) struct RawDuty {
    pub purpose: String,
    pub fields: Vec<String>,
    pub label: Texts,
}

pub(crate) struct RawDocument {
    pub kind: DocumentKind,
    pub version: String,
    pub title: Texts,
    pub body: Texts,
}

pub(crate) struct RawContent {
    pub label: Texts,
    pub visibility: String,
}

pub(crate) struct RawClause {
    pub kind: String,
    pub promise: String,
    pub mechanism: String,
    pub tests: Vec<String>,
    pub gap: Option<String>,
}

pub(crate) struct RawService {
    pub kind: ServiceKind,
    pub own_policy: bool,
    pub label: Texts,
    pub about: Texts,
    pub owner: Option<RawOperator>,
    pub min_age: u32,
    pub documents: Vec<String>,
    pub need: Vec<String>,
    pub purposes: Vec<Named<RawPurpose>>,
}
