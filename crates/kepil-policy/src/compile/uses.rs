//! The services of a bundle and their uses: one row for each purpose of each service.

use std::collections::HashMap;

use super::Compiler;
use crate::{
    Basis, Budget, CompartmentId, FieldSet, GeneralPurpose, Guarded, Keep, Owner, Profile, Service, ServiceId,
    ServiceKind, Subject, Tag, Term, Texts, Until, Use, UseId,
    diagnostic::{Code, Place},
    laws,
    raw::{self, Named, RawPurpose, RawService},
};

/// Uses of one service, at most.
const USES_MAX: usize = 64;

impl Compiler<'_> {
    pub(super) fn services(&self) -> (Vec<Service>, Vec<Use>) {
        let mut services = Vec::new();
        let mut uses: Vec<Use> = Vec::new();
        let mut tags: HashMap<Tag, String> = HashMap::new();
        for (at, it) in self.raw.services.iter().enumerate() {
            let id = ServiceId(u16::try_from(at).unwrap_or(u16::MAX));
            let first = uses.len();
            self.uses_of(id, it, &mut uses);
            if uses.len() - first > USES_MAX {
                let message = format!("`{}` has more than {USES_MAX} purposes", it.name);
                self.report.add(Code::TooMany, &it.place, message, "join purposes that people would not tell apart");
            }
            self.distinct(it, uses.get(first..).unwrap_or_default(), &mut tags);
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
                guardian: self.guarded(it),
                documents: self.document_indexes(it),
                uses: uses.get(first..).unwrap_or_default().iter().map(|each| each.id).collect(),
                profile: self.profile(it),
                budget: it.is.budget.or(self.raw.budgets.0).unwrap_or_else(Budget::service_default),
            });
        }
        (services, uses)
    }

    /// The ages of the law, where the service asks for a guardian's consent.
    fn guarded(&self, it: &Named<RawService>) -> Option<Guarded> {
        let ages = laws::ages(&self.raw.law).filter(|_| it.is.guardian)?;
        Some(Guarded { alone: ages.alone, with_guardian: ages.with_guardian })
    }

    fn profile(&self, it: &Named<RawService>) -> Profile {
        let place = it.at("profile");
        let content = |name: &String| {
            let found = self.contents.get(name.as_str()).copied();
            if found.is_none() {
                self.unknown(name, "a kind of content", &place);
            }
            found
        };
        let shown = |is: &raw::RawProfile| {
            let contents: FieldSet = is.contents.iter().filter_map(content).collect();
            let fields = self.field_set(is.fields.iter(), &place).or(&contents);
            Profile { fields, contents, widest: is.widest }
        };
        it.is.profile.as_ref().map(shown).unwrap_or_default()
    }

    /// Two purposes of a service do not share a name, and no two purposes at all a tag.
    fn distinct(&self, it: &Named<RawService>, uses: &[Use], tags: &mut HashMap<Tag, String>) {
        for each in uses {
            let what = format!("{}/{}", it.name, each.purpose);
            let Some(other) = tags.insert(each.tag, what.clone()) else { continue };
            let place = it.is.purposes.iter().find(|own| own.name == each.purpose).map_or(&it.place, |own| &own.place);
            if other == what {
                let message = format!("`{what}` is a purpose of the service and one that it has from the bundle");
                self.report.add(Code::DuplicateName, place, message, "give the service's own purpose another name");
            } else {
                let message = format!("`{what}` and `{other}` have the same tag");
                self.report.add(Code::TagCollision, place, message, "rename one of them");
            }
        }
    }

    /// The general policy first, then the service's own documents.
    fn document_indexes(&self, it: &Named<RawService>) -> Vec<usize> {
        let find = |name: &str| {
            let found = self.documents.get(name).copied();
            if found.is_none() {
                self.unknown(name, "a document", &it.at("documents"));
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
            let needs_agreement = it.is.narrows.is_some();
            self.push_use(id, service, it, self.fields_of(it), needs_agreement, uses);
        }
        let wanted = match service.is.kind {
            ServiceKind::Account => "account",
            _ if !service.is.own_policy => "services",
            _ => return,
        };
        for it in self.raw.purposes.iter().filter(|it| it.is.is_for == wanted) {
            if wanted == "account" {
                self.push_use(id, service, it, self.fields_of(it), true, uses);
                continue;
            }
            let needed = |names: &[String]| -> Vec<String> {
                names.iter().filter(|name| service.is.need.contains(name)).cloned().collect()
            };
            let (stored, derived) = (needed(&it.is.fields), needed(&it.is.derived));
            if !stored.is_empty() || !derived.is_empty() {
                let place = service.at("need");
                let fields = self.field_set(stored.iter().chain(&derived), &place);
                self.push_use(id, service, it, fields, true, uses);
            }
        }
    }

    fn push_use(
        &self,
        service: ServiceId,
        of: &Named<RawService>,
        it: &Named<RawPurpose>,
        fields: FieldSet,
        needs: bool,
        uses: &mut Vec<Use>,
    ) {
        let what = format!("{}/{}", of.name, it.name);
        let keep = self.keep(&it.is.keep, &it.at("keep"));
        let compartment = self.compartment_of(it);
        let required = self.field_set(it.is.required.iter(), &it.at("required"));
        uses.push(Use {
            id: UseId(u32::try_from(uses.len()).unwrap_or(u32::MAX)),
            tag: Tag::of("purpose", &what),
            service,
            purpose: it.name.clone(),
            compartment,
            // Known when the fields are: see `given_by_claim`.
            subject: Subject::Person,
            by_claim: FieldSet::EMPTY,
            fields,
            required: required.and(&fields),
            verbs: raw::known_verbs(&it.is.verbs),
            basis: it.is.basis.unwrap_or(Basis::Consent),
            law: it.is.law.clone(),
            optional: it.is.optional,
            per_claim: it.is.per_claim,
            batch: it.is.batch,
            needs_agreement: needs || keep.until == Until::AgreementEnd,
            keep,
            recipients: it.is.recipients.clone(),
            label: it.is.label.clone(),
            clauses: it.clauses.clone(),
        });
    }

    /// The keep rule called `name`. A fault leaves a rule that keeps nothing, so that one fault is told once.
    pub(super) fn keep(&self, name: &str, place: &Place) -> Keep {
        let found = self.keeps.get(name).cloned();
        if found.is_none() {
            self.unknown(name, "a keep rule", place);
        }
        found.unwrap_or_else(|| Keep {
            name: name.to_owned(),
            until: Until::Fixed,
            term: Term::default(),
            label: Texts::default(),
        })
    }

    pub(super) fn general_purposes(&self) -> Vec<GeneralPurpose> {
        let build = |it: &Named<RawPurpose>| GeneralPurpose {
            name: it.name.clone(),
            for_services: it.is.is_for == "services",
            compartment: self.compartment_of(it),
            fields: self.fields_of(it),
            required: self.field_set(it.is.required.iter(), &it.at("required")),
            verbs: raw::known_verbs(&it.is.verbs),
            basis: it.is.basis.unwrap_or(Basis::Consent),
            law: it.is.law.clone(),
            optional: it.is.optional,
            keep: self.keep(&it.is.keep, &it.at("keep")),
            batch: it.is.batch,
            recipients: it.is.recipients.clone(),
            label: it.is.label.clone(),
        };
        self.raw.purposes.iter().map(build).collect()
    }

    fn fields_of(&self, it: &Named<RawPurpose>) -> FieldSet {
        let stored = self.field_set(it.is.fields.iter(), &it.at("fields"));
        stored.or(&self.field_set(it.is.derived.iter(), &it.at("derived")))
    }

    fn compartment_of(&self, it: &Named<RawPurpose>) -> CompartmentId {
        self.compartment(&it.is.compartment, &it.at("compartment")).unwrap_or(CompartmentId(0))
    }
}
