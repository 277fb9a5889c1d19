//! The lists of a policy that have no ids: documents, floors, duties, recipients and the rest.

use std::collections::HashMap;

use super::Compiler;
use crate::{
    Aggregate, Budget, Category, ClassId, Clause, CompartmentId, Document, Duty, DutyId, Field, Floor, FormPlace,
    KeepClass, Kind, Language, Link, Policy, Power, Recipient, Sdk, StaffRules, Subject, Tag, Texts, ToSign, UseId,
    diagnostic::Place,
    explain::directives,
    raw::{self, Named, Raw},
};

impl Compiler<'_> {
    pub(super) fn documents(&self) -> Vec<Document> {
        let build = |it: &Named<raw::RawDocument>| Document {
            name: it.name.clone(),
            kind: it.is.kind,
            version: it.is.version.clone(),
            title: it.is.title.clone(),
            body: it.is.body.clone(),
            hashes: Language::ALL.iter().map(|language| sha256(it.is.body.get(*language))).collect(),
        };
        self.raw.documents.iter().map(build).collect()
    }

    pub(super) fn floors(&self) -> Vec<Floor> {
        let build = |it: &Named<raw::RawFloor>| Floor {
            name: it.name.clone(),
            fields: self.field_set(it.is.fields.iter(), &it.at("fields")),
            term: it.is.term,
            law: it.is.law.clone().unwrap_or_default(),
            label: it.is.label.clone(),
        };
        self.raw.floors.iter().map(build).collect()
    }

    pub(super) fn duties(&self, uses: &HashMap<String, UseId>) -> Vec<Duty> {
        let build = |(at, it): (usize, &Named<raw::RawDuty>)| Duty {
            id: DutyId(u16::try_from(at).unwrap_or(u16::MAX)),
            tag: Tag::of("duty", &it.name),
            name: it.name.clone(),
            purpose: it.is.purpose.clone(),
            serves: uses.get(&it.is.purpose).copied(),
            powers: it.is.powers.iter().filter_map(|word| Power::parse(word)).collect(),
            fields: self.field_set(it.is.fields.iter(), &it.at("fields")),
            budget: it.is.budget.or(self.raw.budgets.1).unwrap_or_else(Budget::staff_default),
            label: it.is.label.clone(),
        };
        self.raw.duties.iter().enumerate().map(build).collect()
    }

    /// A signature stands for what was read, the table of duties included; the order of the bundle means nothing.
    pub(super) fn staff(&self, policy: &Policy) -> Option<StaffRules> {
        let (place, lines, is) = self.raw.staff.first()?;
        let to_sign = |key: &str, name: &String| {
            let found = self.documents.get(name.as_str()).copied();
            if found.is_none() {
                let line = lines.get(key).copied().unwrap_or(place.line);
                self.unknown(name, "a document", &Place { file: place.file.clone(), line });
            }
            let document = policy.documents.get(found?)?;
            let shown = Language::ALL.iter().map(|language| {
                let body = document.body.get(*language);
                let has_table = directives(body).iter().any(|it| it.inside == "table:duties");
                if has_table { sha256(&format!("{body}\n{}", said_of_duties(policy))) } else { sha256(body) }
            });
            Some(ToSign { document: found?, shown: shown.collect() })
        };
        let (undertaking, rules) = (to_sign("undertaking", &is.undertaking), to_sign("rules", &is.rules));
        Some(StaffRules {
            undertaking: undertaking?,
            rules: rules?,
            training: is.training,
            longest: is.longest,
            one_officer: is.one_officer,
        })
    }

    pub(super) fn clauses(&self) -> Vec<Clause> {
        let build = |it: &Named<raw::RawClause>| Clause {
            id: it.name.clone(),
            kind: it.is.kind.clone(),
            promise: it.is.promise.clone(),
            mechanism: it.is.mechanism.clone(),
            tests: it.is.tests.clone(),
            gap: it.is.gap.clone(),
        };
        self.raw.clauses.iter().map(build).collect()
    }

    pub(super) fn recipients(&self) -> Vec<Recipient> {
        let build = |it: &Named<raw::RawRecipient>| Recipient {
            name: it.name.clone(),
            label: it.is.label.clone(),
            country: it.is.country.clone(),
            basis: it.is.basis,
            fields: self.field_set(it.is.fields.iter(), &it.at("fields")),
        };
        self.raw.recipients.iter().map(build).collect()
    }

    pub(super) fn sdks(&self) -> Vec<Sdk> {
        let build = |it: &Named<raw::RawSdk>| Sdk {
            name: it.name.clone(),
            purpose: format!("{}/{}", it.is.service, it.is.purpose),
            fields: self.field_set(it.is.fields.iter(), &it.at("fields")),
        };
        self.raw.sdks.iter().map(build).collect()
    }

    /// What people place, each kind with a keep class, and so with keys, of its own; the settings of who sees it lie where
    /// people sign in.
    pub(super) fn contents(&self, stored: &[Field], classes: &mut Vec<KeepClass>) -> Vec<Field> {
        let home = stored.iter().find(|field| field.sign_in).map_or(CompartmentId(0), |field| field.compartment);
        let mut contents = Vec::new();
        for it in &self.raw.contents {
            let Some(id) = self.contents.get(it.name.as_str()).copied() else { continue };
            let keep = self.keep(&it.is.keep, &it.at("keep"));
            let class = ClassId(u16::try_from(classes.len()).unwrap_or(u16::MAX));
            classes.push(KeepClass {
                id: class,
                tag: Tag::of("class", &format!("what is placed/{}", it.name)),
                compartment: home,
                keep,
                fields: [id].into_iter().collect(),
            });
            contents.push(Field {
                id,
                name: it.name.clone(),
                tag: Tag::of("field", &it.name),
                subject: Subject::Person,
                category: Category::UserContent,
                kind: Kind::Text,
                options: Vec::new(),
                compartment: home,
                class,
                form: FormPlace::Profile,
                required: false,
                sign_in: false,
                masked: false,
                derived: None,
                label: it.is.label.clone(),
                why: Texts::default(),
                clauses: it.clauses.clone(),
            });
        }
        contents
    }

    pub(super) fn aggregates(&self) -> Vec<Aggregate> {
        let build = |it: &Named<u32>| Aggregate { name: it.name.clone(), threshold: it.is };
        self.raw.aggregates.iter().map(build).collect()
    }
}

/// Every link from a part of the bundle to a row of the source policy.
pub(super) fn links(raw: &Raw) -> Vec<Link> {
    let mut links: Vec<Link> =
        raw.links().map(|link| Link { part: link.part(), clause: link.clause.to_owned() }).collect();
    links.sort();
    links
}

/// Who of the staff may do what, one line a duty, in no order of the bundle.
fn said_of_duties(policy: &Policy) -> String {
    let sorted = |mut words: Vec<&str>| {
        words.sort_unstable();
        words.join(",")
    };
    let line = |duty: &Duty| {
        let fields = duty.fields.iter().filter_map(|id| policy.field(id)).map(|field| field.name.as_str());
        let powers = duty.powers.iter().map(|power| power.word());
        format!("{} {} {} {}", duty.name, duty.purpose, sorted(powers.collect()), sorted(fields.collect()))
    };
    let mut lines: Vec<String> = policy.duties.iter().map(line).collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    hash.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    hash
}
