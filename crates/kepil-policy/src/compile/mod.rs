//! Bundle to policy: names become small ids, purposes become uses of services, everything is checked on the way.
//!
//! Start reading at [`compile`]. Services and their uses are in [`uses`], the lists without ids in [`rest`].

mod rest;
mod uses;

use std::collections::HashMap;

use crate::{
    Bundle, ClassId, Compartment, CompartmentId, Diagnostic, Field, FieldId, FieldSet, FormPlace, Keep, KeepClass,
    Operator, Policy, Subject, Tag, Texts, Use, check, compartment_tag,
    diagnostic::{Code, Place, Report},
    index::Index,
    raw::{self, Named, Raw},
};

/// Checks a bundle and compiles it.
///
/// # Errors
/// Every fault of the bundle, by place.
pub fn compile(bundle: &Bundle) -> Result<Policy, Vec<Diagnostic>> {
    let report = Report::default();
    let raw = raw::read(bundle, &report);
    if raw.place.file.is_empty() {
        let place = Place { file: "policy.toml".to_owned(), line: 1 };
        let message = "no file of the bundle has `format`";
        let headless = Report::default();
        headless.add(Code::MissingKey, &place, message, "add `policy.toml`, and begin it with `format = 1`");
        return Err(headless.into_faults());
    }
    let policy = Compiler::new(&raw, &report).policy(bundle);
    check::all(bundle, &raw, &policy, &report);
    let faults = report.into_faults();
    if faults.is_empty() { Ok(policy) } else { Err(faults) }
}

/// What is known by name while compiling.
struct Compiler<'a> {
    raw: &'a Raw,
    report: &'a Report,
    compartments: HashMap<&'a str, CompartmentId>,
    fields: HashMap<&'a str, FieldId>,
    contents: HashMap<&'a str, FieldId>,
    keeps: HashMap<&'a str, Keep>,
    documents: HashMap<&'a str, usize>,
}

impl<'a> Compiler<'a> {
    fn new(raw: &'a Raw, report: &'a Report) -> Self {
        let small = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
        let ids = |at: usize| FieldId(u16::try_from(at).unwrap_or(u16::MAX));
        let names = raw.fields.iter().map(|it| it.name.as_str()).chain(raw.derived.iter().map(|it| it.name.as_str()));
        let first = raw.fields.len() + raw.derived.len();
        let contents = raw.contents.iter().enumerate().map(|(at, it)| (it.name.as_str(), ids(first + at)));
        let keep = |it: &'a Named<raw::RawKeep>| {
            let keep = Keep { name: it.name.clone(), until: it.is.until, term: it.is.term, label: it.is.label.clone() };
            (it.name.as_str(), keep)
        };
        let compartments = raw.compartments.iter().enumerate();
        Self {
            raw,
            report,
            compartments: compartments.map(|(at, it)| (it.name.as_str(), CompartmentId(small(at)))).collect(),
            fields: names.enumerate().map(|(at, name)| (name, ids(at))).collect(),
            contents: contents.collect(),
            keeps: raw.keeps.iter().map(keep).collect(),
            documents: raw.documents.iter().enumerate().map(|(at, it)| (it.name.as_str(), at)).collect(),
        }
    }

    fn policy(&self, bundle: &Bundle) -> Policy {
        let (services, mut uses) = self.services();
        let mut fields = self.stored();
        let mut classes = self.classes(&mut fields, &uses);
        let contents = self.contents(&fields, &mut classes);
        let derived = self.derived(&fields);
        fields.extend(derived);
        given_by_claim(&fields, &mut uses);
        let index = Index::of(fields.iter().chain(&contents), &services, &uses);
        let named = |each: &Use| {
            let service = services.get(usize::from(each.service.0)).map_or("", |it| it.name.as_str());
            (format!("{service}/{}", each.purpose), each.id)
        };
        let uses_by_name = uses.iter().map(named).collect();
        let raw = self.raw;
        let mut policy = Policy {
            hash: bundle.hash(),
            hash_text: bundle.hash().to_string(),
            edition: raw.edition.clone(),
            operator: self.operator(),
            law: raw.law.clone(),
            time_zone: raw.time_zone.clone(),
            territory: raw.territory.clone(),
            verbs: raw::known_verbs(&raw.verbs),
            compartments: self.compartments(),
            classes,
            fields,
            services,
            uses,
            documents: self.documents(),
            general: self.documents.get(raw.document.as_str()).copied(),
            summary: raw.summary.clone(),
            recipients: raw.recipients.iter().map(|it| (it.name.clone(), it.is.label.clone())).collect(),
            recipient_rows: self.recipients(),
            cookies: check::cookies::compiled(raw),
            floors: self.floors(),
            duties: self.duties(&uses_by_name),
            staff: None,
            clauses: self.clauses(),
            forbidden: raw.forbid.iter().filter_map(|word| crate::Category::parse(word)).collect(),
            ceiling: self.field_set(raw.ceiling.iter(), &raw.at("ceiling")),
            entity_ceiling: self.field_set(raw.entity_ceiling.iter(), &raw.at("ceiling")),
            sdks: self.sdks(),
            contents,
            aggregates: self.aggregates(),
            links: rest::links(raw),
            keeps: raw.keeps.iter().filter_map(|it| self.keeps.get(it.name.as_str())).cloned().collect(),
            general_purposes: self.general_purposes(),
            index,
        };
        policy.staff = self.staff(&policy);
        policy
    }

    fn operator(&self) -> Operator {
        let part = |text: fn(&raw::RawOperator) -> &String| self.raw.operator.as_ref().map(text).cloned();
        let texts = |text: fn(&raw::RawOperator) -> &Texts| self.raw.operator.as_ref().map(text).cloned();
        Operator {
            name: texts(|it| &it.name).unwrap_or_default(),
            bin: part(|it| &it.bin).unwrap_or_default(),
            country: part(|it| &it.country).unwrap_or_default(),
            address: texts(|it| &it.address).unwrap_or_default(),
            contact: part(|it| &it.contact).unwrap_or_default(),
        }
    }

    fn compartments(&self) -> Vec<Compartment> {
        let build = |(at, it): (usize, &Named<raw::RawCompartment>)| Compartment {
            id: CompartmentId(u8::try_from(at).unwrap_or(u8::MAX)),
            name: it.name.clone(),
            tag: compartment_tag(&it.name),
            label: it.is.label.clone(),
            incompatible: {
                let place = it.at("incompatible");
                it.is.incompatible.iter().filter_map(|name| self.compartment(name, &place)).collect()
            },
        };
        self.raw.compartments.iter().enumerate().map(build).collect()
    }

    fn stored(&self) -> Vec<Field> {
        let build = |it: &Named<raw::RawField>| Field {
            id: self.fields.get(it.name.as_str()).copied().unwrap_or(FieldId(0)),
            name: it.name.clone(),
            tag: Tag::of("field", &it.name),
            subject: it.is.subject,
            category: it.is.category,
            kind: it.is.kind,
            options: it.is.options.clone(),
            compartment: self.compartment(&it.is.compartment, &it.at("compartment")).unwrap_or(CompartmentId(0)),
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
            let source = self.fields.get(it.is.from.as_str()).and_then(|id| stored.get(usize::from(id.0)));
            if source.is_none() {
                self.unknown(&it.is.from, "a stored field", &it.at("from"));
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
            let message = format!("`{name}` is not {kind} of this bundle");
            self.report.add(Code::UnknownName, place, message, format!("name {kind} that exists, or declare it"));
        }
    }
}

/// Writes into each use whom it is about, and what of it a person gives one by one (clauses 1.1b, 2.1.1c, 3.4e).
fn given_by_claim(fields: &[Field], uses: &mut [Use]) {
    let among = |set: &FieldSet, keep: fn(&Field) -> bool| -> FieldSet {
        fields.iter().filter(|field| set.contains(field.id) && keep(field)).map(|field| field.id).collect()
    };
    for each in uses {
        let on_request = among(&each.fields, |field| field.form == FormPlace::Request);
        each.by_claim = if each.per_claim { each.fields } else { on_request };
        if !among(&each.fields, |field| field.subject == Subject::Entity).is_empty() {
            each.subject = Subject::Entity;
        }
    }
}
