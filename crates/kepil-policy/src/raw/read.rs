//! Reads the files of a bundle into [`Raw`]: the head, and which tables there are. Every fault of form goes to the report.
//!
//! Start reading at [`read`]. The single tables are read in [`super::parts`].

use toml::de::DeTable;

use super::{Named, Raw, RawCompartment, parts};
use crate::{
    Bundle, Category, Term, Verb, VerbSet, budget,
    diagnostic::{Code, Place, Report},
    reader::{Entry, Source},
};

/// Reads every table of the bundle; what cannot be read is in `report`.
pub(crate) fn read(bundle: &Bundle, report: &Report) -> Raw {
    let mut raw = Raw::default();
    for (path, text) in bundle.files.iter().filter(|(path, _)| crate::bundle::is_table(path)) {
        let source = Source::new(path, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let place = source.place(error.span().map_or(0, |span| span.start));
            report.add(Code::Syntax, &place, error.message(), "mend the TOML of this line");
        }
        let root = Entry::new(&source, path.clone(), 0, table.get_ref(), report);
        if path.starts_with("services/") {
            named(&root, "service", &mut raw.services, |entry| parts::service(entry, report));
        } else {
            read_root(&root, bundle, &mut raw, report);
        }
        root.finish();
    }
    raw
}

fn read_root(root: &Entry<'_>, bundle: &Bundle, raw: &mut Raw, report: &Report) {
    if root.has("format") || root.what == "policy.toml" {
        read_head(root, raw, report);
    }
    named(root, "compartment", &mut raw.compartments, |entry| RawCompartment {
        label: entry.texts("label"),
        incompatible: entry.strings("incompatible"),
    });
    named(root, "keep", &mut raw.keeps, |entry| parts::keep(entry, report));
    named(root, "field", &mut raw.fields, parts::field);
    named(root, "derived", &mut raw.derived, parts::derived);
    named(root, "purpose", &mut raw.purposes, |entry| parts::general_purpose(entry, report));
    named(root, "floor", &mut raw.floors, |entry| parts::floor(entry, report));
    named(root, "recipient", &mut raw.recipients, parts::recipient);
    named(root, "cookie", &mut raw.cookies, |entry| parts::cookie(entry, report));
    named(root, "sdk", &mut raw.sdks, parts::sdk);
    named(root, "duty", &mut raw.duties, |entry| parts::duty(entry, report));
    if let Some(staff) = root.table("staff") {
        let is = parts::staff(&staff, report);
        staff.finish();
        raw.staff.push((staff.place.clone(), staff.lines(), is));
    }
    named(root, "document", &mut raw.documents, |entry| parts::document(entry, bundle, report));
    named(root, "content", &mut raw.contents, parts::content);
    named(root, "aggregate", &mut raw.aggregates, |entry| entry.needed_number("threshold"));
    named(root, "clause", &mut raw.clauses, parts::clause);
}

fn read_head(root: &Entry<'_>, raw: &mut Raw, report: &Report) {
    if root.needed_number("format") != 1 && root.has("format") {
        let message = "this program reads bundles of format 1";
        report.add(Code::UnknownWord, &root.place_of("format"), message, "write `format = 1`");
    }
    if !raw.place.file.is_empty() {
        let message = format!("`format` stands in `{}` already", raw.place.file);
        report.add(Code::DuplicateName, &root.place_of("format"), message, "keep one head in one file");
        return;
    }
    raw.place = root.place.clone();
    raw.lines = root.lines();
    raw.edition = root.needed("edition");
    raw.law = root.needed("law");
    raw.time_zone = root.needed("time_zone");
    raw.territory = root.needed_strings("territory");
    raw.forbid = root.needed_strings("forbid");
    raw.verbs = root.needed_strings("verbs");
    raw.summary = root.needed_texts_list("summary");
    raw.document = root.needed("general_policy");
    if let Some(ceiling) = root.needed_table("ceiling") {
        raw.ceiling = ceiling.needed_strings("person");
        raw.entity_ceiling = ceiling.strings("entity");
        ceiling.finish();
    }
    if let Some(operator) = root.needed_table("operator") {
        raw.operator = Some(parts::operator(&operator, true));
        operator.finish();
    }
    if let Some(budget) = root.table("budget") {
        raw.budgets = budget::pair(&budget, report);
        budget.finish();
    }
    for word in raw.forbid.iter().filter(|word| Category::parse(word).is_none()) {
        let message = format!("`{word}` in `forbid` is no category");
        let known: Vec<&str> = Category::ALL.iter().map(|it| it.word()).collect();
        report.add(Code::UnknownWord, &raw.at("forbid"), message, format!("write one of: {}", known.join(", ")));
    }
}

/// Reads every table under `key` with its name, place and links.
pub(super) fn named<T>(root: &Entry<'_>, key: &str, into: &mut Vec<Named<T>>, read: impl Fn(&Entry<'_>) -> T) {
    for (name, entry) in root.named(key) {
        let is = read(&entry);
        let clauses = entry.strings("clauses");
        entry.finish();
        into.push(Named { name, place: entry.place.clone(), lines: entry.lines(), clauses, is });
    }
}

/// `N days`, `N months` (of 30 days) or `N years` (of 365 days).
pub(crate) fn term(entry: &Entry<'_>, key: &str, report: &Report) -> Term {
    let text = entry.needed(key);
    let parsed = text.split_once(' ').and_then(|(count, unit)| {
        let count: u32 = count.parse().ok()?;
        let days = match unit {
            "day" | "days" => 1,
            "month" | "months" => 30,
            "year" | "years" => 365,
            _ => return None,
        };
        count.checked_mul(days)
    });
    if parsed.is_none() && !text.trim().is_empty() {
        let message = format!("`{text}` is no length of time of `{}`", entry.what);
        report.add(Code::MalformedTerm, &entry.place_of(key), message, "write `30 days`, `6 months` or `5 years`");
    }
    Term { days: parsed.unwrap_or(0) }
}

/// Notes every word of a verb list that is no verb.
pub(crate) fn verbs(words: &[String], what: &str, place: &Place, report: &Report) {
    for word in words.iter().filter(|word| Verb::parse(word).is_none()) {
        let known: Vec<&str> = Verb::ALL.iter().map(|verb| verb.word()).collect();
        let message = format!("`{word}` in the verbs of `{what}` is no verb");
        report.add(Code::UnknownWord, place, message, format!("write one of: {}", known.join(", ")));
    }
}

/// The verbs among `words`.
pub(crate) fn known_verbs(words: &[String]) -> VerbSet {
    words.iter().filter_map(|word| Verb::parse(word)).collect()
}
