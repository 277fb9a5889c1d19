//! What is generated from a policy: its documents with labels and tables in the places of the directives. Clause 1.2b.

use crate::{Document, Language, Policy, check::data::find_use};

/// The directives of a text: what stands between `{{` and `}}`.
pub(crate) fn directives(text: &str) -> Vec<&str> {
    text.split("{{").skip(1).filter_map(|part| part.split_once("}}").map(|(inside, _)| inside.trim())).collect()
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
    let label = |found: Option<&crate::Texts>| found.map_or(directive, |texts| texts.get(language)).to_owned();
    match directive.split_once(':') {
        Some(("field", name)) => label(policy.find_field(name).map(|field| &field.label)),
        Some(("purpose", name)) => label(find_use(policy, name).map(|row| &row.label)),
        Some(("recipient", name)) => {
            label(policy.recipients.iter().find(|(each, _)| each == name).map(|(_, texts)| texts))
        }
        Some(("keep", name)) => label(policy.uses.iter().find(|row| row.keep.name == name).map(|row| &row.keep.label)),
        Some(("service", name)) => label(policy.find_service(name).map(|service| &service.label)),
        Some(("table", name)) => table(policy, name, language),
        _ => match directive {
            "operator" => policy.operator.name.get(language).to_owned(),
            "edition" => policy.edition.clone(),
            "contact" => policy.operator.contact.clone(),
            "address" => policy.operator.address.get(language).to_owned(),
            other => other.to_owned(),
        },
    }
}

/// A Markdown table of one kind of things.
fn table(policy: &Policy, name: &str, language: Language) -> String {
    let labels = |set: &crate::FieldSet| {
        let all: Vec<&str> =
            set.iter().filter_map(|id| policy.field(id)).map(|field| field.label.get(language)).collect();
        all.join(", ")
    };
    let rows: Vec<Vec<String>> = match name {
        "fields" => policy
            .fields
            .iter()
            .map(|field| vec![field.label.get(language).to_owned(), field.why.get(language).to_owned()])
            .collect(),
        "purposes" => {
            let mut rows: Vec<Vec<String>> = Vec::new();
            for row in &policy.uses {
                let service = policy.service(row.service).map_or("", |service| service.label.get(language));
                rows.push(vec![
                    service.to_owned(),
                    row.label.get(language).to_owned(),
                    labels(&row.fields),
                    row.keep.label.get(language).to_owned(),
                ]);
            }
            rows
        }
        "recipients" => policy.recipients.iter().map(|(_, texts)| vec![texts.get(language).to_owned()]).collect(),
        "keeps" => {
            let mut rows: Vec<Vec<String>> = policy
                .classes
                .iter()
                .map(|class| vec![class.keep.label.get(language).to_owned(), labels(&class.fields)])
                .collect();
            rows.dedup();
            rows
        }
        "cookies" => {
            let lifetime = |cookie: &crate::Cookie| {
                cookie.lifetime_hours.map_or_else(|| "—".to_owned(), |hours| format!("{hours} h"))
            };
            policy
                .cookies
                .iter()
                .map(|cookie| {
                    vec![
                        cookie.name.clone(),
                        cookie.class.clone(),
                        cookie.reason.get(language).to_owned(),
                        lifetime(cookie),
                    ]
                })
                .collect()
        }
        "services" => policy
            .services
            .iter()
            .map(|service| vec![service.label.get(language).to_owned(), service.about.get(language).to_owned()])
            .collect(),
        _ => Vec::new(),
    };
    markdown(&rows)
}

fn markdown(rows: &[Vec<String>]) -> String {
    let Some(width) = rows.iter().map(Vec::len).max() else { return "—".to_owned() };
    let mut out = format!("\n|{}\n|{}\n", " |".repeat(width), "---|".repeat(width));
    for row in rows {
        out.push('|');
        for cell in row {
            out.push(' ');
            out.push_str(&cell.replace('|', "\\|").replace('\n', " "));
            out.push_str(" |");
        }
        out.push('\n');
    }
    out
}
