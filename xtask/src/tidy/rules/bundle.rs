//! Rule `bundle-word`: no name of a field, purpose, service, cookie or document of the bundle in Rust.
//!
//! Law 1 of the house: the policy is the program. The names are read from the bundle's TOML files when tidy runs. A name
//! of several words counts wherever it stands, in a literal or as a Rust name; a plain word only as a whole literal.
//! Does not know what the names mean, so a word that is also one of the program's own must be listed with its reason.

use std::collections::BTreeMap;

use crate::tidy::{Config, Finding, Source, Tree};

const RULE: &str = "bundle-word";
const MEND: &str = "let the bundle say it: ask the policy by kind, place or tag";
const KINDS: [&str; 5] = ["field", "purpose", "service", "cookie", "document"];
/// Where another program speaks, or the bundle itself is the subject.
const ELSEWHERE: [&str; 4] = ["xtask/", "bench/", "fuzz/", "testing/"];

pub fn check(tree: &Tree, config: &Config, found: &mut Vec<Finding>) {
    let names = names(tree, config);
    for source in tree.sources().iter().filter(|source| !ELSEWHERE.iter().any(|one| source.path.starts_with(one))) {
        for (at, word) in words(source, &names) {
            if let Some(kind) = names.get(&word).filter(|_| !source.is_test(at)) {
                let what = format!("`{word}` is a {kind} of `{}`", config.bundle);
                found.push(source.finding(at, RULE, &word, what, MEND));
            }
        }
    }
}

/// Every name of the bundle with what it names.
fn names(tree: &Tree, config: &Config) -> BTreeMap<String, &'static str> {
    let mut out = BTreeMap::new();
    let folder = format!("{}/", config.bundle.trim_end_matches('/'));
    for path in tree.paths().filter(|path| path.starts_with(&folder)) {
        // Texts beside the tables are no TOML and are passed over.
        if let Ok(table) = tree.text(path).unwrap_or_default().parse::<toml::Table>() {
            collect(&table, None, &mut out);
        }
    }
    out
}

fn collect(table: &toml::Table, kind: Option<&'static str>, out: &mut BTreeMap<String, &'static str>) {
    for (key, value) in table {
        if let (Some(kind), toml::Value::Table(_)) = (kind, value) {
            out.insert(key.clone(), kind);
        }
        let inner = if kind.is_some() { None } else { KINDS.into_iter().find(|one| key.trim_end_matches('s') == *one) };
        match value {
            toml::Value::Table(table) => {
                if kind == Some("cookie") {
                    out.extend(table.get("name").and_then(toml::Value::as_str).map(|name| (name.to_owned(), "cookie")));
                }
                collect(table, inner, out);
            }
            toml::Value::Array(items) => {
                for item in items.iter().filter_map(toml::Value::as_table) {
                    let named = ["id", "name"].into_iter().find_map(|key| item.get(key)?.as_str());
                    out.extend(named.zip(inner).map(|(name, kind)| (name.to_owned(), kind)));
                    collect(item, None, out);
                }
            }
            _ => {}
        }
    }
}

/// The words of a file that may be names: of literals, of joined literals, and Rust names of several words.
fn words(source: &Source, names: &BTreeMap<String, &'static str>) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for at in 0..source.tokens.len() {
        if let Some(word) = source.word(at).filter(|word| is_compound(word)) {
            out.push((at, word.to_owned()));
        }
        if let Some(text) = source.literal(at) {
            out.push((at, text.trim().to_owned()));
            let parts = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')));
            out.extend(parts.filter(|part| is_compound(part)).map(|part| (at, part.to_owned())));
        }
    }
    for (at, text) in source.joined_literals() {
        out.extend(
            names.keys().filter(|name| is_compound(name) && has_word(&text, name)).map(|name| (at, name.clone())),
        );
        out.push((at, text));
    }
    out
}

fn is_compound(word: &str) -> bool {
    word.trim_matches(['_', '-', '.']).contains(['_', '-', '.'])
}

fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|lead| lead.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|rest| rest.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
