//! Text and data agree, both ways: what the text names exists, and what exists is named. Clause 1.2b.

use std::collections::{BTreeMap, BTreeSet};

use super::{Whole, rules::find_use};
use crate::{
    DocumentKind, Language,
    diagnostic::{Code, Place},
    explain::{Directive, directives},
    raw::{Named, RawDocument},
};

/// What the text of a document names, in each language.
type Named3<'a> = BTreeMap<(&'a str, Language), BTreeSet<&'a str>>;

/// Checks every document against the data.
pub(crate) fn check(whole: &Whole<'_>) {
    let mut names: Named3<'_> = BTreeMap::new();
    for it in &whole.raw.documents {
        for language in Language::ALL {
            let found = directives(it.is.body.get(*language));
            found.iter().for_each(|directive| known(whole, it, *language, directive));
            names.insert((&it.name, *language), found.iter().map(|directive| directive.inside).collect());
        }
    }
    let Some(general) = whole.documents.get(whole.raw.document.as_str()) else {
        if !whole.raw.document.trim().is_empty() {
            let message = format!("`{}` is not a document of this bundle", whole.raw.document);
            let hint = "name a `[document.…]` of kind `policy`";
            whole.report.add(Code::UnknownName, &whole.raw.at("general_policy"), message, hint);
        }
        return;
    };
    if general.is.kind != DocumentKind::Policy {
        let message = format!("the general policy `{}` is of kind `{}`", general.name, general.is.kind);
        whole.report.add(Code::WrongType, &general.at("kind"), message, "write `kind = \"policy\"`");
    }
    omitted(whole, &names, general, &general_names(whole));
    for service in whole.raw.services.iter().filter(|it| !it.is.purposes.is_empty()) {
        let purposes = service.is.purposes.iter();
        let own: Vec<String> = purposes.map(|purpose| format!("purpose:{}/{}", service.name, purpose.name)).collect();
        let documents = service.is.documents.iter().filter_map(|name| whole.documents.get(name.as_str()));
        let policy = documents.into_iter().find(|it| it.is.kind == DocumentKind::Policy && it.name != general.name);
        omitted(whole, &names, policy.unwrap_or(general), &own);
    }
}

/// Notes a directive that names nothing.
fn known(whole: &Whole<'_>, it: &Named<RawDocument>, language: Language, directive: &Directive<'_>) {
    let place = Place { file: it.is.path(language), line: directive.line };
    if !directive.is_closed {
        let message = "`{{` opens a name that no `}}` closes";
        whole.report.add(Code::Syntax, &place, message, "close it on the same line");
    } else if !exists(whole, directive.inside) {
        let message = format!("the text names `{}`, which does not exist", directive.inside);
        whole.report.add(Code::TextNamesUnknown, &place, message, "name something that exists, or declare it");
    }
}

/// What the general policy must name.
fn general_names(whole: &Whole<'_>) -> Vec<String> {
    let raw = whole.raw;
    let of = |kind: &str, names: Vec<&str>| names.into_iter().map(|name| format!("{kind}:{name}")).collect::<Vec<_>>();
    [
        of("field", raw.fields.iter().map(|it| it.name.as_str()).collect()),
        of("purpose", raw.purposes.iter().map(|it| it.name.as_str()).collect()),
        of("recipient", raw.recipients.iter().map(|it| it.name.as_str()).collect()),
        of("keep", raw.keeps.iter().map(|it| it.name.as_str()).collect()),
        of("cookie", raw.cookies.iter().map(|it| it.name.as_str()).collect()),
        of("profile", raw.services.iter().filter(|it| it.is.profile.is_some()).map(|it| it.name.as_str()).collect()),
    ]
    .concat()
}

fn omitted(whole: &Whole<'_>, found: &Named3<'_>, document: &Named<RawDocument>, names: &[String]) {
    for language in Language::ALL.iter().filter(|language| !document.is.body.get(**language).is_empty()) {
        let Some(found) = found.get(&(document.name.as_str(), *language)) else { continue };
        for name in names {
            let table = name.split_once(':').map(|(kind, _)| format!("table:{kind}s")).unwrap_or_default();
            let is_general = !name.contains('/');
            if found.contains(name.as_str()) || (is_general && found.contains(table.as_str())) {
                continue;
            }
            let place = Place { file: document.is.path(*language), line: 1 };
            let message = format!("the text of `{}` in `{language}` does not name `{name}`", document.name);
            let table = if is_general { format!(", or `{{{{{table}}}}}`") } else { String::new() };
            let hint = format!("write `{{{{{name}}}}}` where it belongs{table}");
            whole.report.add(Code::TextOmits, &place, message, hint);
        }
    }
}

fn exists(whole: &Whole<'_>, directive: &str) -> bool {
    let policy = whole.policy;
    match directive.split_once(':') {
        None => matches!(directive, "operator" | "edition" | "contact" | "address"),
        Some(("field", name)) => policy.find_field(name).is_some(),
        Some(("purpose", name)) => whole.purposes.contains_key(name) || find_use(policy, name).is_some(),
        Some(("recipient", name)) => whole.recipients.contains_key(name),
        Some(("keep", name)) => whole.keeps.contains_key(name),
        Some(("cookie", name)) => whole.cookies.contains(name),
        Some(("service", name)) => policy.find_service(name).is_some(),
        Some(("profile", name)) => policy.find_service(name).is_some_and(|it| !it.profile.fields.is_empty()),
        Some(("table", name)) => crate::explain::TABLES.contains(&name),
        Some(_) => false,
    }
}
