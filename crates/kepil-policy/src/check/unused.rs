//! Nothing is declared for show: what no part of the bundle uses only misleads who reads the policy. Clause 1.2b.
//!
//! A general purpose may wait for its first service; fields and derived fields are checked in [`super::data`].

use std::collections::HashSet;

use super::Whole;
use crate::{
    Language,
    diagnostic::{Code, Place},
    raw::Named,
};

/// Checks keep rules, recipients, documents and files.
pub(crate) fn check(whole: &Whole<'_>) {
    let raw = whole.raw;
    let purposes: Vec<_> = whole.all_purposes().collect();
    let kept = raw.contents.iter().map(|it| it.is.keep.as_str());
    let keeps: HashSet<&str> = purposes.iter().map(|(_, it)| it.is.keep.as_str()).chain(kept).collect();
    unused(whole, "keep rule", "no purpose keeps by it", &raw.keeps, &keeps);
    let placed = raw.services.iter().flat_map(|it| &it.is.profile).flat_map(|it| &it.contents);
    let placed: HashSet<&str> = placed.map(String::as_str).collect();
    unused(whole, "kind of content", "no service takes it: name it in `contents` of a profile", &raw.contents, &placed);
    let recipients: HashSet<&str> =
        purposes.iter().flat_map(|(_, it)| it.is.recipients.iter().map(String::as_str)).collect();
    unused(whole, "recipient", "no purpose passes data to it", &raw.recipients, &recipients);
    let named = raw.services.iter().flat_map(|service| service.is.documents.iter().map(String::as_str));
    let signed = raw.staff.iter().flat_map(|(_, _, is)| [is.undertaking.as_str(), is.rules.as_str()]);
    let shown: HashSet<&str> = named.chain([raw.document.as_str()]).chain(signed).collect();
    unused(whole, "document", "no service names it", &raw.documents, &shown);
    files(whole);
}

fn unused<T>(whole: &Whole<'_>, kind: &str, why: &str, all: &[Named<T>], used: &HashSet<&str>) {
    for it in all.iter().filter(|it| !used.contains(it.name.as_str())) {
        let message = format!("the {kind} `{}` is declared, but {why}", it.name);
        whole.report.add(Code::Unused, &it.place, message, "use it, or delete it");
    }
}

/// A text that no document has is a promise that nobody reads.
fn files(whole: &Whole<'_>) {
    let texts: HashSet<String> =
        whole.raw.documents.iter().flat_map(|it| Language::ALL.iter().map(|language| it.is.path(*language))).collect();
    for path in whole.bundle.files.keys().filter(|path| !crate::bundle::is_table(path) && !texts.contains(*path)) {
        let place = Place { file: path.clone(), line: 1 };
        let hint = "name it in `text` of a `[document.…]`, or delete the file";
        whole.report.add(Code::Unused, &place, "no document has this text", hint);
    }
}
