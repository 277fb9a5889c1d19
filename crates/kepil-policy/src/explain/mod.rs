//! What is generated from a policy: its documents with labels and tables in the places of the directives. Clause 1.2b.
//!
//! Start reading at [`render_document`]. The tables are in [`tables`]; their words are data, in `words/tables.toml`.

mod tables;

use crate::{Document, Language, Policy, Texts, check::rules::find_use};

pub(crate) use tables::TABLES;

/// A place of a text that names a part of the bundle: `{{field:email}}`.
pub(crate) struct Directive<'a> {
    /// What stands inside.
    pub inside: &'a str,
    /// Line of the text, from 1.
    pub line: usize,
    /// Whether `}}` follows on the same line.
    pub is_closed: bool,
}

/// The directives of a text, in its order.
pub(crate) fn directives(text: &str) -> Vec<Directive<'_>> {
    let mut all = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        for part in content.split("{{").skip(1) {
            let closed = part.split_once("}}");
            let inside = closed.map_or(part, |(inside, _)| inside).trim();
            all.push(Directive { inside, line, is_closed: closed.is_some() });
        }
    }
    all
}

/// The Markdown of `document` in `language`, with every directive resolved.
#[must_use]
pub fn render_document(policy: &Policy, document: &Document, language: Language) -> String {
    let body = document.body.get(language);
    let mut parts = body.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("}}") {
            Some((inside, rest)) => {
                out.push_str(&resolve(policy, inside.trim(), language));
                out.push_str(rest);
            }
            None => out.push_str(part),
        }
    }
    out
}

fn resolve(policy: &Policy, directive: &str, language: Language) -> String {
    let label = |found: Option<&Texts>| found.map_or(directive, |texts| texts.get(language)).to_owned();
    match directive.split_once(':') {
        Some(("field", name)) => label(policy.find_field(name).map(|field| &field.label)),
        Some(("purpose", name)) => label(purpose(policy, name)),
        Some(("recipient", name)) => {
            label(policy.recipient_rows.iter().find(|each| each.name == name).map(|each| &each.label))
        }
        Some(("keep", name)) => label(policy.keeps.iter().find(|keep| keep.name == name).map(|keep| &keep.label)),
        Some(("cookie", name)) => format!("`{name}`"),
        Some(("service", name)) => label(policy.find_service(name).map(|service| &service.label)),
        Some(("profile", name)) => tables::shown(policy, name, language),
        Some(("table", name)) => tables::table(policy, name, language),
        _ => match directive {
            "operator" => policy.operator.name.get(language).to_owned(),
            "edition" => policy.edition.clone(),
            "contact" => policy.operator.contact.clone(),
            "address" => policy.operator.address.get(language).to_owned(),
            other => other.to_owned(),
        },
    }
}

fn purpose<'a>(policy: &'a Policy, name: &str) -> Option<&'a Texts> {
    let general = policy.general_purposes.iter().find(|each| each.name == name);
    general.map(|each| &each.label).or_else(|| find_use(policy, name).map(|row| &row.label))
}
