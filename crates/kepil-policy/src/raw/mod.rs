//! The bundle as it is written: every table read, nothing interned, every place kept for messages.
//!
//! Start reading at [`Raw`]; [`read()`] fills it. Does not know: what the parts mean together; that is [`crate::check`]'s business.

mod parts;
mod read;

use std::collections::HashMap;

pub(crate) use read::{known_verbs, read, term, verbs};

use crate::{
    Audience, Basis, Budget, Category, Derive, DocumentKind, FormPlace, Kind, Language, ServiceKind, Subject, Term,
    Texts, Until, diagnostic::Place,
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
    /// The most that a service may get of a person without a request.
    pub ceiling: Vec<String>,
    /// The most that a service may get of a legal entity.
    pub entity_ceiling: Vec<String>,
    pub summary: Vec<Texts>,
    pub document: String,
    /// Where the head begins; no file while there is none.
    pub place: Place,
    /// The lines of the head's keys.
    pub lines: HashMap<String, usize>,
    pub operator: Option<RawOperator>,
    /// What services have, and what duties have, that say nothing else.
    pub budgets: (Option<Budget>, Option<Budget>),
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
    pub staff: Vec<(Place, HashMap<String, usize>, RawStaff)>,
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
    /// The lines of its keys.
    pub lines: HashMap<String, usize>,
    /// Rows of the source policy that it is linked to.
    pub clauses: Vec<String>,
    pub is: T,
}

impl<T> Named<T> {
    /// Where `key` of the part stands; the part's own place when it has no such key.
    pub fn at(&self, key: &str) -> Place {
        let line = self.lines.get(key).copied().unwrap_or(self.place.line);
        Place { file: self.place.file.clone(), line }
    }
}

impl Raw {
    /// Where `key` of the head stands.
    pub fn at(&self, key: &str) -> Place {
        let line = self.lines.get(key).copied().unwrap_or(self.place.line);
        Place { file: self.place.file.clone(), line }
    }
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
    pub subject: Subject,
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
    pub batch: Option<Budget>,
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
    pub basis: Basis,
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
    pub budget: Option<Budget>,
    pub powers: Vec<String>,
    pub fields: Vec<String>,
    pub label: Texts,
}

pub(crate) struct RawStaff {
    pub undertaking: String,
    pub rules: String,
    pub training: Term,
    pub longest: Term,
    pub one_officer: bool,
}

pub(crate) struct RawDocument {
    pub kind: DocumentKind,
    /// Its texts are `texts/<text>.<language>.md`.
    pub text: String,
    pub version: String,
    pub title: Texts,
    pub body: Texts,
}

pub(crate) struct RawContent {
    pub label: Texts,
    pub visibility: String,
    pub keep: String,
}

pub(crate) struct RawClause {
    pub kind: String,
    pub promise: String,
    pub mechanism: String,
    pub tests: Vec<String>,
    pub gap: Option<String>,
}

impl RawDocument {
    /// The file with the text in `language`.
    pub fn path(&self, language: Language) -> String {
        format!("texts/{}.{language}.md", self.text)
    }
}

pub(crate) struct RawService {
    pub kind: ServiceKind,
    pub own_policy: bool,
    pub label: Texts,
    pub about: Texts,
    pub owner: Option<RawOperator>,
    pub min_age: u32,
    pub guardian: bool,
    pub documents: Vec<String>,
    pub need: Vec<String>,
    pub purposes: Vec<Named<RawPurpose>>,
    pub profile: Option<RawProfile>,
    pub budget: Option<Budget>,
}

pub(crate) struct RawProfile {
    pub fields: Vec<String>,
    pub contents: Vec<String>,
    pub widest: Audience,
}

/// A part of the bundle that names a row of the source policy.
pub(crate) struct RawLink<'a> {
    /// `field`, `service.mail.purpose`, …
    kind: String,
    name: &'a str,
    /// The row.
    pub clause: &'a str,
    /// Where it is named.
    pub place: Place,
}

impl RawLink<'_> {
    /// The part by its whole name.
    pub fn part(&self) -> String {
        format!("{}.{}", self.kind, self.name)
    }
}

impl Raw {
    /// Every link to a row of the source policy.
    pub fn links(&self) -> impl Iterator<Item = RawLink<'_>> {
        let own = self.services.iter().flat_map(|service| links("service.", &service.name, &service.is.purposes));
        links("", "compartment", &self.compartments)
            .chain(links("", "keep", &self.keeps))
            .chain(links("", "field", &self.fields))
            .chain(links("", "derived", &self.derived))
            .chain(links("", "purpose", &self.purposes))
            .chain(links("", "floor", &self.floors))
            .chain(links("", "recipient", &self.recipients))
            .chain(links("", "cookie", &self.cookies))
            .chain(links("", "sdk", &self.sdks))
            .chain(links("", "duty", &self.duties))
            .chain(links("", "document", &self.documents))
            .chain(links("", "content", &self.contents))
            .chain(links("", "aggregate", &self.aggregates))
            .chain(links("", "service", &self.services))
            .chain(own)
    }
}

fn links<'a, T>(before: &'a str, kind: &'a str, parts: &'a [Named<T>]) -> impl Iterator<Item = RawLink<'a>> {
    parts.iter().flat_map(move |it| {
        it.clauses.iter().map(move |clause| RawLink {
            kind: if before.is_empty() { kind.to_owned() } else { format!("{before}{kind}.purpose") },
            name: &it.name,
            clause,
            place: it.at("clauses"),
        })
    })
}
