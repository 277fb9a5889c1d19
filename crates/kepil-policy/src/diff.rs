//! Two editions compared: what widens, what narrows, what is neutral. Clauses 1.3a, 8.1a; the list drives acceptance and
//! notices.

use std::fmt;

use crate::{Field, FieldSet, Policy, Service, Use};

/// How a change stands towards a person who accepted the edition before.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Effect {
    /// Needs the person's acceptance.
    Widened,
    /// Holds for everyone at once.
    Narrowed,
    /// Neither gives nor takes.
    Neutral,
}

/// One change between two editions.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Change {
    /// How it stands.
    pub effect: Effect,
    /// Whom it concerns: `service/purpose`, a field, a document.
    pub about: String,
    /// What changed.
    pub what: String,
}

impl Change {
    /// Whether it needs the person's acceptance.
    #[must_use]
    pub fn is_widening(&self) -> bool {
        self.effect == Effect::Widened
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::Widened => "widened",
            Effect::Narrowed => "narrowed",
            Effect::Neutral => "neutral",
        };
        write!(f, "{effect}: {}: {}", self.about, self.what)
    }
}

struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, effect: Effect, about: &str, what: String) {
        self.0.push(Change { effect, about: about.to_owned(), what });
    }

    /// Notes that a value is another now.
    fn turned<T: PartialEq + fmt::Debug>(&mut self, effect: Effect, about: &str, what: &str, old: &T, new: &T) {
        if old != new {
            self.add(effect, about, format!("{what} is another now"));
        }
    }
}

/// Every change from `old` to `new`, widening ones first.
#[must_use]
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    head(old, new, &mut changes);
    fields(old, new, &mut changes);
    uses(old, new, &mut changes);
    services(old, new, &mut changes);
    texts(old, new, &mut changes);
    changes.0.sort();
    changes.0
}

fn head(old: &Policy, new: &Policy, changes: &mut Changes) {
    for country in new.territory.iter().filter(|country| !old.territory.contains(country)) {
        changes.add(Effect::Widened, "territory", format!("data may be in `{country}`"));
    }
    for country in old.territory.iter().filter(|country| !new.territory.contains(country)) {
        changes.add(Effect::Narrowed, "territory", format!("data may not be in `{country}` any more"));
    }
    for verb in new.verbs.minus(old.verbs).iter() {
        changes.add(Effect::Widened, "verbs", format!("`{verb}` is possible"));
    }
    for verb in old.verbs.minus(new.verbs).iter() {
        changes.add(Effect::Narrowed, "verbs", format!("`{verb}` is not possible any more"));
    }
    changes.turned(Effect::Neutral, "edition", "the date", &old.edition, &new.edition);
    changes.turned(Effect::Widened, "operator", "the number", &old.operator.bin, &new.operator.bin);
    changes.turned(Effect::Widened, "operator", "the country", &old.operator.country, &new.operator.country);
    let shown = |policy: &Policy| {
        (policy.operator.name.clone(), policy.operator.address.clone(), policy.operator.contact.clone())
    };
    changes.turned(Effect::Neutral, "operator", "name, address or contact", &shown(old), &shown(new));
    changes.turned(Effect::Widened, "law", "the law profile", &old.law, &new.law);
    changes.turned(Effect::Neutral, "time zone", "the zone", &old.time_zone, &new.time_zone);
    changes.turned(Effect::Neutral, "summary", "the short form", &old.summary, &new.summary);
}

fn fields(old: &Policy, new: &Policy, changes: &mut Changes) {
    for field in &new.fields {
        match old.field_tagged(field.tag) {
            None => changes.add(Effect::Widened, &field.name, "is a new field".to_owned()),
            Some(before) => field_change(before, field, old, new, changes),
        }
    }
    for field in old.fields.iter().filter(|field| new.field_tagged(field.tag).is_none()) {
        changes.add(Effect::Narrowed, &field.name, "is no field any more".to_owned());
    }
}

fn field_change(before: &Field, field: &Field, old: &Policy, new: &Policy, changes: &mut Changes) {
    let about = &field.name;
    changes.turned(Effect::Widened, about, "the category", &before.category, &field.category);
    changes.turned(Effect::Widened, about, "the kind", &before.kind, &field.kind);
    changes.turned(Effect::Widened, about, "the way it is derived", &rule(before, old), &rule(field, new));
    let place = |policy: &Policy, field: &Field| policy.compartment(field.compartment).map(|it| it.name.clone());
    changes.turned(Effect::Widened, about, "the compartment", &place(old, before), &place(new, field));
    let effect = if field.required { Effect::Widened } else { Effect::Narrowed };
    changes.turned(effect, about, "whether it must be given", &before.required, &field.required);
    changes.turned(Effect::Widened, about, "where it is asked", &before.form, &field.form);
    changes.turned(Effect::Neutral, about, "whether it names a person at sign-in", &before.sign_in, &field.sign_in);
    changes.turned(Effect::Neutral, about, "whether it is masked", &before.masked, &field.masked);
    let words = |field: &Field| (field.label.clone(), field.why.clone(), field.options.clone(), field.clauses.clone());
    changes.turned(Effect::Neutral, about, "label, reason, options or clauses", &words(before), &words(field));
}

fn rule(field: &Field, policy: &Policy) -> Option<(String, crate::Derive)> {
    let (source, rule) = field.derived.as_ref()?;
    Some((policy.field(*source)?.name.clone(), rule.clone()))
}

fn uses(old: &Policy, new: &Policy, changes: &mut Changes) {
    for row in &new.uses {
        let about = name(new, row);
        match old.use_tagged(row.tag) {
            None => changes.add(Effect::Widened, &about, "is a new purpose".to_owned()),
            Some(before) => use_change(before, row, old, new, &about, changes),
        }
    }
    for row in old.uses.iter().filter(|row| new.use_tagged(row.tag).is_none()) {
        changes.add(Effect::Narrowed, &name(old, row), "is no purpose any more".to_owned());
    }
}

fn use_change(before: &Use, row: &Use, old: &Policy, new: &Policy, about: &str, changes: &mut Changes) {
    let names = |policy: &Policy, set: &FieldSet| -> Vec<String> {
        set.iter().filter_map(|id| policy.field(id)).map(|field| field.name.clone()).collect()
    };
    let (had, has) = (names(old, &before.fields), names(new, &row.fields));
    for field in has.iter().filter(|field| !had.contains(field)) {
        changes.add(Effect::Widened, about, format!("gets `{field}`"));
    }
    for field in had.iter().filter(|field| !has.contains(field)) {
        changes.add(Effect::Narrowed, about, format!("does not get `{field}` any more"));
    }
    for verb in row.verbs.minus(before.verbs).iter() {
        changes.add(Effect::Widened, about, format!("may `{verb}`"));
    }
    for verb in before.verbs.minus(row.verbs).iter() {
        changes.add(Effect::Narrowed, about, format!("may not `{verb}` any more"));
    }
    for recipient in row.recipients.iter().filter(|recipient| !before.recipients.contains(recipient)) {
        changes.add(Effect::Widened, about, format!("passes data to `{recipient}`"));
    }
    for recipient in before.recipients.iter().filter(|recipient| !row.recipients.contains(recipient)) {
        changes.add(Effect::Narrowed, about, format!("does not pass data to `{recipient}` any more"));
    }
    let keep = |row: &Use| (row.keep.until, row.keep.term);
    let effect = if keep(row) > keep(before) { Effect::Widened } else { Effect::Narrowed };
    changes.turned(effect, about, "how long data are kept", &keep(before), &keep(row));
    changes.turned(
        Effect::Neutral,
        about,
        "the words for how long data are kept",
        &(&before.keep.name, &before.keep.label),
        &(&row.keep.name, &row.keep.label),
    );
    changes.turned(Effect::Widened, about, "the basis", &(before.basis, &before.law), &(row.basis, &row.law));
    let effect = if row.optional { Effect::Narrowed } else { Effect::Widened };
    changes.turned(effect, about, "whether it is turned on apart", &before.optional, &row.optional);
    let effect = if row.per_claim { Effect::Narrowed } else { Effect::Widened };
    changes.turned(effect, about, "whether claims are asked one by one", &before.per_claim, &row.per_claim);
    let effect = if row.needs_agreement { Effect::Narrowed } else { Effect::Widened };
    changes.turned(effect, about, "whether it lives by the agreement", &before.needs_agreement, &row.needs_agreement);
    let place = |policy: &Policy, row: &Use| policy.compartment(row.compartment).map(|it| it.name.clone());
    changes.turned(Effect::Widened, about, "the compartment", &place(old, before), &place(new, row));
    changes.turned(
        Effect::Widened,
        about,
        "what cannot be left out",
        &names(old, &before.required),
        &names(new, &row.required),
    );
    changes.turned(
        Effect::Neutral,
        about,
        "label or clauses",
        &(&before.label, &before.clauses),
        &(&row.label, &row.clauses),
    );
}

fn name(policy: &Policy, row: &Use) -> String {
    format!("{}/{}", policy.service(row.service).map_or("", |service| service.name.as_str()), row.purpose)
}

fn services(old: &Policy, new: &Policy, changes: &mut Changes) {
    for service in &new.services {
        match old.service_tagged(service.tag) {
            None => changes.add(Effect::Widened, &service.name, "is a new service".to_owned()),
            Some(before) => service_change(before, service, old, new, changes),
        }
    }
    for service in old.services.iter().filter(|service| new.service_tagged(service.tag).is_none()) {
        changes.add(Effect::Narrowed, &service.name, "is no service any more".to_owned());
    }
}

fn service_change(before: &Service, service: &Service, old: &Policy, new: &Policy, changes: &mut Changes) {
    let about = &service.name;
    changes.turned(
        Effect::Widened,
        about,
        "whose it is",
        &(before.kind, &before.owner.bin, &before.owner.country),
        &(service.kind, &service.owner.bin, &service.owner.country),
    );
    let effect = if service.min_age < before.min_age { Effect::Widened } else { Effect::Narrowed };
    changes.turned(effect, about, "the least age", &before.min_age, &service.min_age);
    changes.turned(
        Effect::Neutral,
        about,
        "whether it has a policy of its own",
        &before.own_policy,
        &service.own_policy,
    );
    changes.turned(
        Effect::Neutral,
        about,
        "label, description or owner's name",
        &(&before.label, &before.about, &before.owner.name),
        &(&service.label, &service.about, &service.owner.name),
    );
    let names = |policy: &Policy, service: &Service| -> Vec<String> {
        service.documents.iter().filter_map(|at| policy.documents.get(*at)).map(|it| it.name.clone()).collect()
    };
    changes.turned(Effect::Widened, about, "the documents", &names(old, before), &names(new, service));
}

fn texts(old: &Policy, new: &Policy, changes: &mut Changes) {
    for document in &new.documents {
        match old.documents.iter().find(|before| before.name == document.name) {
            None => changes.add(Effect::Neutral, &document.name, "is a new document".to_owned()),
            Some(before) => {
                changes.turned(Effect::Neutral, &document.name, "the text", &before.hashes, &document.hashes);
                let shown = |it: &crate::Document| (it.title.clone(), it.version.clone(), it.kind);
                changes.turned(
                    Effect::Neutral,
                    &document.name,
                    "title, version or kind",
                    &shown(before),
                    &shown(document),
                );
            }
        }
    }
    for document in old.documents.iter().filter(|document| !new.documents.iter().any(|it| it.name == document.name)) {
        changes.add(Effect::Neutral, &document.name, "is no document any more".to_owned());
    }
    changes.turned(Effect::Neutral, "recipients", "the list", &old.recipients, &new.recipients);
    changes.turned(Effect::Neutral, "cookies", "the list", &old.cookies, &new.cookies);
    let floors = |policy: &Policy| {
        let names = |set: &FieldSet| {
            set.iter().filter_map(|id| policy.field(id)).map(|field| field.name.clone()).collect::<Vec<_>>()
        };
        policy
            .floors
            .iter()
            .map(|it| (it.name.clone(), names(&it.fields), it.term, it.law.clone(), it.label.clone()))
            .collect::<Vec<_>>()
    };
    changes.turned(Effect::Widened, "floors", "the list", &floors(old), &floors(new));
    let duties = |policy: &Policy| {
        let names = |set: &FieldSet| {
            set.iter().filter_map(|id| policy.field(id)).map(|field| field.name.clone()).collect::<Vec<_>>()
        };
        policy
            .duties
            .iter()
            .map(|it| (it.name.clone(), names(&it.fields), it.purpose.clone(), it.label.clone()))
            .collect::<Vec<_>>()
    };
    changes.turned(Effect::Widened, "staff", "the duties", &duties(old), &duties(new));
    let shelf = |policy: &Policy| {
        policy
            .compartments
            .iter()
            .map(|it| (it.name.clone(), it.label.clone(), it.incompatible.clone()))
            .collect::<Vec<_>>()
    };
    changes.turned(Effect::Widened, "compartments", "the list", &shelf(old), &shelf(new));
}
