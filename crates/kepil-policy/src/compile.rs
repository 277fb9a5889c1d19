//! Bundle to policy: names become small ids, purposes become uses of services, everything is checked on the way.
//!
//! Start reading at [`compile`].

use std::collections::HashMap;

use crate::{
    Basis, Bundle, ClassId, Clause, Compartment, CompartmentId, Document, Duty, Field, FieldId, FieldSet, Floor, Keep,
    KeepClass, Language, Operator, Owner, Policy, Service, ServiceId, ServiceKind, Tag, Until, Use, UseId, VerbSet,
    check,
    diagnostic::{Code, Diagnostic, Place, Report},
    raw::{self, Named, Raw, RawPurpose, RawService},
};

/// Uses of one service, at most.
const USES_MAX: usize = 64;

/// Checks a bundle and compiles it.
///
/// # Errors
/// Every fault of the bundle, by place.
pub fn compile(bundle: &Bundle) -> Result<Policy, Vec<Diagnostic>> {
    let report = Report::default();
    let raw = raw::read(bundle, &report);
    if raw.place.file.is_empty() {
        let place = Place { file: "policy.toml".to_owned(), line: 1 };
        report.add(
            Code::MissingKey,
            &place,
            "no file of the bundle has `format`",
            "begin `policy.toml` with `format = 1`",
        );
    }
    check::names::check(&raw, &report);
    let policy = Compiler::new(&raw, &report).policy(bundle);
    check::all(&raw, &policy, &report);
    let faults = report.into_faults();
    if faults.is_empty() { Ok(policy) } else { Err(faults) }
}

/// What is known by name while compiling.
struct Compiler<'a> {
    raw: &'a Raw,
    report: &'a Report,
    compartments: HashMap<&'a str, CompartmentId>,
    fields: HashMap<&'a str, FieldId>,
    keeps: HashMap<&'a str, Keep>,
    documents: HashMap<&'a str, usize>,
    purposes: HashMap<&'a str, &'a Named<RawPurpose>>,
}

impl<'a> Compiler<'a> {
    fn new(raw: &'a Raw, report: &'a Report) -> Self {
        let small = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
        let ids = |at: usize| FieldId(u16::try_from(at).unwrap_or(u16::MAX));
        let names = raw.fields.iter().map(|it| it.name.as_str()).chain(raw.derived.iter().map(|it| it.name.as_str()));
        let keep = |it: &'a Named<raw::RawKeep>| {
            let keep = Keep { name: it.name.clone(), until: it.is.until, term: it.is.term, label: it.is.label.clone() };
            (it.name.as_str(), keep)
        };
        Self {
            raw,
            report,
            compartments: raw
                .compartments
                .iter()
                .enumerate()
                .map(|(at, it)| (it.name.as_str(), CompartmentId(small(at))))
                .collect(),
            fields: names.enumerate().map(|(at, name)| (name, ids(at))).collect(),
            keeps: raw.keeps.iter().map(keep).collect(),
            documents: raw.documents.iter().enumerate().map(|(at, it)| (it.name.as_str(), at)).collect(),
            purposes: raw.purposes.iter().map(|it| (it.name.as_str(), it)).collect(),
        }
    }

    fn policy(&self, bundle: &Bundle) -> Policy {
        let (services, uses) = self.services();
        let mut fields = self.stored();
        let classes = self.classes(&mut fields, &uses);
        let derived = self.derived(&fields);
        fields.extend(derived);
        Policy {
            hash: bundle.hash(),
            edition: self.raw.edition.clone(),
            operator: self.operator(),
            law: self.raw.law.clone(),
            time_zone: self.raw.time_zone.clone(),
            territory: self.raw.territory.clone(),
            verbs: raw::verbs(&self.raw.verbs, "verbs", &self.raw.place, self.report).into_iter().collect(),
            compartments: self.compartments(),
            classes,
            fields,
            services,
            uses,
            documents: self.documents(),
            general: self.documents.get(self.raw.document.as_str()).copied(),
            summary: self.raw.summary.clone(),
            recipients: self.raw.recipients.iter().map(|it| (it.name.clone(), it.is.label.clone())).collect(),
            cookies: check::cookies::compiled(self.raw),
            floors: self.floors(),
            duties: self.duties(),
            clauses: self.clauses(),
        }
    }

    fn operator(&self) -> Operator {
        self.raw.operator.as_ref().map_or_else(
            || Operator {
                name: crate::Texts::default(),
                bin: String::new(),
                country: String::new(),
                address: crate::Texts::default(),
                contact: String::new(),
            },
            |it| Operator {
                name: it.name.clone(),
                bin: it.bin.clone(),
                country: it.country.clone(),
                address: it.address.clone(),
                contact: it.contact.clone(),
            },
        )
    }

    fn compartments(&self) -> Vec<Compartment> {
        let build = |(at, it): (usize, &Named<raw::RawCompartment>)| Compartment {
            id: CompartmentId(u8::try_from(at).unwrap_or(u8::MAX)),
            name: it.name.clone(),
            label: it.is.label.clone(),
            incompatible: it.is.incompatible.iter().filter_map(|name| self.compartment(name, &it.place)).collect(),
        };
        self.raw.compartments.iter().enumerate().map(build).collect()
    }

    fn stored(&self) -> Vec<Field> {
        let build = |it: &Named<raw::RawField>| Field {
            id: self.fields.get(it.name.as_str()).copied().unwrap_or(FieldId(0)),
            name: it.name.clone(),
            tag: Tag::of("field", &it.name),
            category: it.is.category,
            kind: it.is.kind,
            options: it.is.options.clone(),
            compartment: self.compartment(&it.is.compartment, &it.place).unwrap_or(CompartmentId(0)),
            class: ClassId(0),
            form: it.is.form,
            required: it.is.required,
            sign_in: it.is.sign_in,
            masked: it.is.masked,
            derived: None,
            label: it.is.label.clone(),
            why: it.is.why.clone(),
            clauses: it.clauses.clone(),
        };
        self.raw.fields.iter().map(build).collect()
    }

    fn derived(&self, stored: &[Field]) -> Vec<Field> {
        let build = |it: &Named<raw::RawDerived>| {
            let source = stored.iter().find(|field| field.name == it.is.from);
            if source.is_none() {
                self.unknown(&it.is.from, "a stored field", &it.place);
            }
            let source = source?;
            Some(Field {
                id: self.fields.get(it.name.as_str()).copied()?,
                name: it.name.clone(),
                tag: Tag::of("field", &it.name),
                derived: Some((source.id, it.is.rule.clone()?)),
                required: false,
                sign_in: false,
                label: it.is.label.clone(),
                why: it.is.why.clone(),
                clauses: it.clauses.clone(),
                ..source.clone()
            })
        };
        self.raw.derived.iter().filter_map(build).collect()
    }

    /// Groups the stored fields by compartment and longest keep, and writes each field's class into it.
    fn classes(&self, fields: &mut [Field], uses: &[Use]) -> Vec<KeepClass> {
        let mut longest: HashMap<FieldId, &Keep> = HashMap::new();
        for each in uses {
            for id in each.fields.iter() {
                let source = self.source_of(id);
                let keep = longest.entry(source).or_insert(&each.keep);
                if (each.keep.until, each.keep.term) > (keep.until, keep.term) {
                    *keep = &each.keep;
                }
            }
        }
        let mut classes: Vec<KeepClass> = Vec::new();
        for field in fields {
            let Some(keep) = longest.get(&field.id) else { continue };
            let same = |class: &&mut KeepClass| class.compartment == field.compartment && class.keep.name == keep.name;
            if let Some(class) = classes.iter_mut().find(same) {
                class.fields.insert(field.id);
                field.class = class.id;
                continue;
            }
            let id = ClassId(u16::try_from(classes.len()).unwrap_or(u16::MAX));
            let compartment =
                self.raw.compartments.get(usize::from(field.compartment.0)).map_or("", |it| it.name.as_str());
            let tag = Tag::of("class", &format!("{compartment}/{}", keep.name));
            field.class = id;
            classes.push(KeepClass {
                id,
                tag,
                compartment: field.compartment,
                keep: (*keep).clone(),
                fields: [field.id].into_iter().collect(),
            });
        }
        classes
    }

    /// A derived field's source; a stored field is its own.
    fn source_of(&self, id: FieldId) -> FieldId {
        let derived = usize::from(id.0).checked_sub(self.raw.fields.len()).and_then(|at| self.raw.derived.get(at));
        derived.and_then(|it| self.fields.get(it.is.from.as_str())).copied().unwrap_or(id)
    }

    fn services(&self) -> (Vec<Service>, Vec<Use>) {
        let mut services = Vec::new();
        let mut uses: Vec<Use> = Vec::new();
        for (at, it) in self.raw.services.iter().enumerate() {
            let id = ServiceId(u16::try_from(at).unwrap_or(u16::MAX));
            let first = uses.len();
            self.uses_of(id, it, &mut uses);
            if uses.len() - first > USES_MAX {
                let message = format!("`{}` has more than {USES_MAX} purposes", it.name);
                self.report.add(Code::TooMany, &it.place, message, "join purposes that people would not tell apart");
            }
            let own = self.raw.operator.as_ref();
            let owner = it.is.owner.as_ref().or(own);
            services.push(Service {
                id,
                name: it.name.clone(),
                tag: Tag::of("service", &it.name),
                kind: it.is.kind,
                owner: Owner {
                    name: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
                    bin: owner.map(|owner| owner.bin.clone()).unwrap_or_default(),
                    country: owner.map(|owner| owner.country.clone()).unwrap_or_default(),
                },
                label: it.is.label.clone(),
                about: it.is.about.clone(),
                own_policy: it.is.own_policy,
                min_age: it.is.min_age,
                documents: self.document_indexes(it),
                uses: uses.get(first..).unwrap_or_default().iter().map(|each| each.id).collect(),
            });
        }
        (services, uses)
    }

    /// The general policy first, then the service's own documents.
    fn document_indexes(&self, it: &Named<RawService>) -> Vec<usize> {
        let find = |name: &str| {
            let found = self.documents.get(name).copied();
            if found.is_none() {
                self.unknown(name, "a document", &it.place);
            }
            found
        };
        let general = self.documents.get(self.raw.document.as_str()).copied();
        let own = it.is.documents.iter().filter_map(|name| find(name));
        let mut all: Vec<usize> = Vec::new();
        general.into_iter().chain(own).for_each(|index| {
            if !all.contains(&index) {
                all.push(index);
            }
        });
        all
    }

    fn uses_of(&self, id: ServiceId, service: &Named<RawService>, uses: &mut Vec<Use>) {
        for it in &service.is.purposes {
            self.check_narrowing(service, it);
            let needs_agreement = it.is.narrows.is_some();
            self.push_use(id, service, it, &it.is.fields, needs_agreement, uses);
        }
        let wanted = match service.is.kind {
            ServiceKind::Account => "account",
            _ if !service.is.own_policy => "services",
            _ => return,
        };
        for it in self.raw.purposes.iter().filter(|it| it.is.is_for == wanted) {
            if wanted == "account" {
                self.push_use(id, service, it, &it.is.fields, true, uses);
                continue;
            }
            let fields: Vec<String> =
                it.is.fields.iter().filter(|name| service.is.need.contains(name)).cloned().collect();
            if !fields.is_empty() {
                self.push_use(id, service, it, &fields, true, uses);
            }
        }
    }

    fn push_use(
        &self,
        service: ServiceId,
        of: &Named<RawService>,
        it: &Named<RawPurpose>,
        stored: &[String],
        needs: bool,
        uses: &mut Vec<Use>,
    ) {
        let what = format!("{}/{}", of.name, it.name);
        let keep = self.keeps.get(it.is.keep.as_str()).cloned();
        if keep.is_none() {
            self.unknown(&it.is.keep, "a keep rule", &it.place);
        }
        let Some(keep) = keep else { return };
        let Some(compartment) = self.compartment(&it.is.compartment, &it.place) else { return };
        let fields = self.field_set(stored.iter().chain(&it.is.derived), &it.place);
        let required = self.field_set(it.is.required.iter(), &it.place);
        let verbs: VerbSet = raw::verbs(&it.is.verbs, &what, &it.place, self.report).into_iter().collect();
        uses.push(Use {
            id: UseId(u32::try_from(uses.len()).unwrap_or(u32::MAX)),
            tag: Tag::of("purpose", &what),
            service,
            purpose: it.name.clone(),
            compartment,
            fields,
            required: required.and(&fields),
            verbs,
            basis: it.is.basis.unwrap_or(Basis::Consent),
            law: it.is.law.clone(),
            optional: it.is.optional,
            per_claim: it.is.per_claim,
            needs_agreement: needs || keep.until == Until::AgreementEnd,
            keep,
            recipients: it.is.recipients.clone(),
            label: it.is.label.clone(),
            clauses: it.clauses.clone(),
        });
    }

    /// A service purpose narrows a general one, or brings a consent of its own (clause 1.2a).
    fn check_narrowing(&self, service: &Named<RawService>, it: &Named<RawPurpose>) {
        let what = format!("{}/{}", service.name, it.name);
        let Some(narrows) = &it.is.narrows else {
            if !it.is.own_consent {
                let message = format!("`{what}` neither narrows a general purpose nor brings a consent of its own");
                self.report.add(
                    Code::WidensGeneral,
                    &it.place,
                    message,
                    "add `narrows = \"…\"` or `consent = \"own\"`",
                );
            }
            return;
        };
        let Some(general) = self.purposes.get(narrows.as_str()).filter(|general| general.is.is_for == "services")
        else {
            self.unknown(narrows, "a general purpose for services", &it.place);
            return;
        };
        if it.is.own_consent {
            return;
        }
        let beyond =
            |own: &[String], all: &[String]| own.iter().filter(|name| !all.contains(name)).cloned().collect::<Vec<_>>();
        let mut wider = beyond(&it.is.verbs, &general.is.verbs);
        wider.extend(beyond(&it.is.fields, &general.is.fields));
        wider.extend(beyond(&it.is.recipients, &general.is.recipients));
        let sources = it.is.derived.iter().filter_map(|name| self.raw.derived.iter().find(|it| it.name == *name));
        wider.extend(beyond(&sources.map(|it| it.is.from.clone()).collect::<Vec<_>>(), &general.is.fields));
        let keeps = |name: &str| self.keeps.get(name).map(|keep| (keep.until, keep.term));
        if keeps(&it.is.keep) > keeps(&general.is.keep) {
            wider.push(it.is.keep.clone());
        }
        if !wider.is_empty() {
            let message = format!("`{what}` goes beyond `{narrows}`: {}", wider.join(", "));
            self.report.add(Code::WidensGeneral, &it.place, message, "take it away, or add `consent = \"own\"`");
        }
    }

    fn documents(&self) -> Vec<Document> {
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

    fn floors(&self) -> Vec<Floor> {
        let build = |it: &Named<raw::RawFloor>| Floor {
            name: it.name.clone(),
            fields: self.field_set(it.is.fields.iter(), &it.place),
            term: it.is.term,
            law: it.is.law.clone().unwrap_or_default(),
            label: it.is.label.clone(),
        };
        self.raw.floors.iter().map(build).collect()
    }

    fn duties(&self) -> Vec<Duty> {
        let build = |it: &Named<raw::RawDuty>| Duty {
            name: it.name.clone(),
            purpose: it.is.purpose.clone(),
            fields: self.field_set(it.is.fields.iter(), &it.place),
            label: it.is.label.clone(),
        };
        self.raw.duties.iter().map(build).collect()
    }

    fn clauses(&self) -> Vec<Clause> {
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

    fn field_set<'b>(&self, names: impl Iterator<Item = &'b String>, place: &Place) -> FieldSet {
        let find = |name: &String| {
            let found = self.fields.get(name.as_str()).copied();
            if found.is_none() {
                self.unknown(name, "a field", place);
            }
            found
        };
        names.filter_map(find).collect()
    }

    fn compartment(&self, name: &str, place: &Place) -> Option<CompartmentId> {
        let found = self.compartments.get(name).copied();
        if found.is_none() {
            self.unknown(name, "a compartment", place);
        }
        found
    }

    fn unknown(&self, name: &str, kind: &str, place: &Place) {
        if !name.is_empty() {
            self.report.add(
                Code::UnknownName,
                place,
                format!("`{name}` is not {kind} of this bundle"),
                format!("declare it, or name {kind} that exists"),
            );
        }
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    hash.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    hash
}
