//! What must hold between the parts of a bundle. Each file checks one subject and cites its clauses.
//!
//! Start reading at [`all`]. Does not know: how the parts are written; [`crate::raw`] read them.

pub(crate) mod clauses;
pub(crate) mod cookies;
pub(crate) mod data;
pub(crate) mod forbidden;
pub(crate) mod names;
pub(crate) mod profiles;
pub(crate) mod purposes;
pub(crate) mod rules;
pub(crate) mod services;
pub(crate) mod staff;
pub(crate) mod subjects;
pub(crate) mod texts;
pub(crate) mod unused;

use std::collections::{HashMap, HashSet};

use crate::{
    Bundle, Policy,
    diagnostic::Report,
    raw::{
        Named, Raw, RawCompartment, RawDerived, RawDocument, RawField, RawKeep, RawPurpose, RawRecipient, RawService,
    },
};

/// A bundle as written and as compiled, with what is looked up by name.
pub(crate) struct Whole<'a> {
    pub bundle: &'a Bundle,
    pub raw: &'a Raw,
    pub policy: &'a Policy,
    pub report: &'a Report,
    pub compartments: HashMap<&'a str, &'a Named<RawCompartment>>,
    pub fields: HashMap<&'a str, &'a Named<RawField>>,
    pub derived: HashMap<&'a str, &'a Named<RawDerived>>,
    pub keeps: HashMap<&'a str, &'a Named<RawKeep>>,
    pub purposes: HashMap<&'a str, &'a Named<RawPurpose>>,
    pub recipients: HashMap<&'a str, &'a Named<RawRecipient>>,
    pub documents: HashMap<&'a str, &'a Named<RawDocument>>,
    pub cookies: HashSet<&'a str>,
}

impl<'a> Whole<'a> {
    fn of(bundle: &'a Bundle, raw: &'a Raw, policy: &'a Policy, report: &'a Report) -> Self {
        Self {
            bundle,
            raw,
            policy,
            report,
            compartments: by_name(&raw.compartments),
            fields: by_name(&raw.fields),
            derived: by_name(&raw.derived),
            keeps: by_name(&raw.keeps),
            purposes: by_name(&raw.purposes),
            recipients: by_name(&raw.recipients),
            documents: by_name(&raw.documents),
            cookies: raw.cookies.iter().map(|it| it.name.as_str()).collect(),
        }
    }

    /// Every purpose with its whole name: those of the bundle, then those of the services.
    pub fn all_purposes(&self) -> impl Iterator<Item = (String, &'a Named<RawPurpose>)> + 'a {
        let raw = self.raw;
        let own = |service: &'a Named<RawService>| {
            service.is.purposes.iter().map(move |it| (format!("{}/{}", service.name, it.name), it))
        };
        raw.purposes.iter().map(|it| (it.name.clone(), it)).chain(raw.services.iter().flat_map(own))
    }
}

fn by_name<T>(all: &[Named<T>]) -> HashMap<&str, &Named<T>> {
    all.iter().map(|it| (it.name.as_str(), it)).collect()
}

/// Every check.
pub(crate) fn all(bundle: &Bundle, raw: &Raw, policy: &Policy, report: &Report) {
    let whole = Whole::of(bundle, raw, policy, report);
    names::check(raw, report);
    forbidden::check(raw, report);
    data::check(&whole);
    purposes::check(&whole);
    services::check(&whole);
    subjects::check(&whole);
    profiles::check(&whole);
    rules::check(&whole);
    staff::check(&whole);
    cookies::check(&whole);
    texts::check(&whole);
    unused::check(&whole);
    clauses::check(raw, report);
}
