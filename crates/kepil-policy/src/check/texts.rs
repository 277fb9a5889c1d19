//! Text and data agree, both ways: what the text names exists, and what exists is named. Clause 1.2b.

use std::collections::BTreeSet;

use super::data::find_use;
use crate::{
    DocumentKind, Language, Policy,
    diagnostic::{Code, Report},
    explain::directives,
    raw::{Named, Raw, RawDocument},
};

/// Checks every document against the data.
pub(crate) fn check(raw: &Raw, policy: &Policy, report: &Report) {
    for it in &raw.documents {
        for language in Language::ALL {
            for directive in directives(it.is.body.get(*language)) {
                if !exists(raw, policy, directive) {
                    let message =
                        format!("the text of `{}` in `{language}` names `{directive}`, which does not exist", it.name);
                    report.add(Code::TextNamesUnknown, &it.place, message, "name something that exists, or declare it");
                }
            }
        }
    }
    let Some(general) = raw.documents.iter().find(|it| it.name == raw.document) else {
        let message = format!("`{}` is not a document of this bundle", raw.document);
        report.add(
            Code::UnknownName,
            &raw.place,
            message,
            "write `general_policy = \"…\"` and declare `[document.…]` of kind `policy`",
        );
        return;
    };
    if general.is.kind != DocumentKind::Policy {
        report.add(
            Code::WrongType,
            &general.place,
            format!("`{}` is not of kind `policy`", general.name),
            "write `kind = \"policy\"`",
        );
    }
    omitted(general, general_names(raw), report);
    for service in raw.services.iter().filter(|it| it.is.own_policy && !it.is.purposes.is_empty()) {
        let names: Vec<String> =
            service.is.purposes.iter().map(|purpose| format!("purpose:{}/{}", service.name, purpose.name)).collect();
        let own = raw
            .documents
            .iter()
            .find(|it| it.is.kind == DocumentKind::Policy && service.is.documents.contains(&it.name));
        match own {
            Some(own) => omitted(own, names, report),
            None => omitted(general, names, report),
        }
    }
}

/// What the general policy must name.
fn general_names(raw: &Raw) -> Vec<String> {
    let of = |kind: &str, names: Vec<&str>| names.into_iter().map(|name| format!("{kind}:{name}")).collect::<Vec<_>>();
    [
        of("field", raw.fields.iter().map(|it| it.name.as_str()).collect()),
        of("purpose", raw.purposes.iter().map(|it| it.name.as_str()).collect()),
        of("recipient", raw.recipients.iter().map(|it| it.name.as_str()).collect()),
        of("keep", raw.keeps.iter().map(|it| it.name.as_str()).collect()),
        of("cookie", raw.cookies.iter().map(|it| it.name.as_str()).collect()),
    ]
    .concat()
}

fn omitted(document: &Named<RawDocument>, names: Vec<String>, report: &Report) {
    for language in Language::ALL {
        let found: BTreeSet<&str> = directives(document.is.body.get(*language)).into_iter().collect();
        for name in &names {
            let table = name.split_once(':').map(|(kind, _)| format!("table:{kind}s")).unwrap_or_default();
            let is_general = !name.contains('/');
            let is_named = found.contains(name.as_str()) || (is_general && found.contains(table.as_str()));
            if !is_named {
                let message = format!("the text of `{}` in `{language}` does not name `{name}`", document.name);
                report.add(
                    Code::TextOmits,
                    &document.place,
                    message,
                    format!("write `{{{{{name}}}}}` where it belongs"),
                );
            }
        }
    }
}

fn exists(raw: &Raw, policy: &Policy, directive: &str) -> bool {
    match directive.split_once(':') {
        None => matches!(directive, "operator" | "edition" | "contact" | "address"),
        Some(("field", name)) => policy.find_field(name).is_some(),
        Some(("purpose", name)) => raw.purposes.iter().any(|it| it.name == name) || find_use(policy, name).is_some(),
        Some(("recipient", name)) => raw.recipients.iter().any(|it| it.name == name),
        Some(("keep", name)) => raw.keeps.iter().any(|it| it.name == name),
        Some(("cookie", name)) => raw.cookies.iter().any(|it| it.name == name),
        Some(("service", name)) => policy.find_service(name).is_some(),
        Some(("table", name)) => {
            matches!(name, "fields" | "purposes" | "recipients" | "keeps" | "cookies" | "services")
        }
        Some(_) => false,
    }
}
