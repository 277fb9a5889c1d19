//! Names can be names, are given once, and no two share a tag.

use std::collections::{HashMap, HashSet};

use crate::{
    FieldSet, Tag,
    diagnostic::{Code, Place, Report},
    raw::Raw,
};

/// Checks every name of the bundle.
pub(crate) fn check(raw: &Raw, report: &Report) {
    let kinds: [(&str, Vec<(&str, &Place)>); 12] = [
        ("compartment", pairs(&raw.compartments)),
        ("keep", pairs(&raw.keeps)),
        ("field", [pairs(&raw.fields), pairs(&raw.derived), pairs(&raw.contents)].concat()),
        ("purpose", pairs(&raw.purposes)),
        ("service", pairs(&raw.services)),
        ("document", pairs(&raw.documents)),
        ("recipient", pairs(&raw.recipients)),
        ("cookie", pairs(&raw.cookies)),
        ("duty", pairs(&raw.duties)),
        ("floor", pairs(&raw.floors)),
        ("sdk", pairs(&raw.sdks)),
        ("aggregate", pairs(&raw.aggregates)),
    ];
    for service in &raw.services {
        service.is.purposes.iter().for_each(|it| name_is_one("purpose", &it.name, &it.place, report));
    }
    for (kind, names) in kinds {
        let mut seen: HashMap<&str, &Place> = HashMap::new();
        let mut tags: HashMap<Tag, &str> = HashMap::new();
        for (name, place) in names {
            name_is_one(kind, name, place, report);
            if let Some(first) = seen.insert(name, place) {
                let message = format!("the {kind} `{name}` is declared in {}:{} already", first.file, first.line);
                report.add(Code::DuplicateName, place, message, "give one of them another name, or delete it");
            } else if let Some(other) = tags.insert(Tag::of(kind, name), name) {
                let message = format!("`{name}` and `{other}` have the same tag");
                report.add(Code::TagCollision, place, message, "rename one of them");
            }
        }
    }
    let mut rows = HashSet::new();
    for row in raw.clauses.iter().filter(|row| !rows.insert(row.name.as_str())) {
        let message = format!("the row `{}` is declared twice", row.name);
        report.add(Code::DuplicateName, &row.place, message, "delete one of them");
    }
    let count = raw.fields.len() + raw.derived.len() + raw.contents.len();
    if count > FieldSet::CAPACITY {
        let message = format!("{count} fields and kinds of content are more than {}", FieldSet::CAPACITY);
        report.add(Code::TooMany, &raw.place, message, "split the operator's services into two bundles");
    }
}

fn name_is_one(kind: &str, name: &str, place: &Place, report: &Report) {
    let mut letters = name.chars();
    let is_name = letters.next().is_some_and(|c| c.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_name || name.len() > 40 {
        let message = format!("`{name}` cannot be the name of a {kind}");
        report.add(
            Code::MalformedName,
            place,
            message,
            "use lower case Latin letters, digits and `_`, letter first, at most 40",
        );
    }
}

fn pairs<T>(all: &[crate::raw::Named<T>]) -> Vec<(&str, &Place)> {
    all.iter().map(|it| (it.name.as_str(), &it.place)).collect()
}
