//! Makes mutations of a bundle from its parsed tables: every key, name, word, list, number and text directive, changed in
//! every way that the kind of value allows.
//!
//! Start reading at [`mutations`]. Does not know: what the compiler makes of them.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};

use kepil_policy::{
    Audience, Basis, Bundle, Category, DocumentKind, FormPlace, Kind, ServiceKind, Until, Verb, words::Language,
};
use toml::{Table, Value};

/// One change of a bundle: the new text of one of its files.
pub struct Mutation {
    /// Table kind, key and operator, such as `field.masked:flip`.
    pub class: String,
    /// Where and what, for messages.
    pub what: String,
    path: String,
    /// `None`: the file is gone.
    text: Option<String>,
}

impl Mutation {
    /// The bundle with the change.
    pub fn of(&self, bundle: &Bundle) -> Bundle {
        let mut bundle = bundle.clone();
        bundle.files.remove(&self.path);
        bundle.files.extend(self.text.clone().map(|text| (self.path.clone(), text)));
        bundle
    }
}

/// A step into a file: a key or a place in a list.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Step {
    Key(String),
    At(usize),
}

/// What is done to one value.
enum Deed {
    Delete,
    Set(Value),
    Rename(String),
    Add(String, Value),
}

/// Every mutation of `bundle`: all of the classes in `whole`, of each other class at most `most`, spread evenly.
pub fn mutations(bundle: &Bundle, most: usize, whole: &BTreeSet<String>) -> Vec<Mutation> {
    let tables: BTreeMap<&String, Table> = bundle
        .files
        .iter()
        .filter(|(path, _)| path.rsplit('.').next() == Some("toml"))
        .map(|(path, text)| (path, text.parse().unwrap()))
        .collect();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut keys: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for table in tables.values() {
        survey(&mut Vec::new(), &Value::Table(table.clone()), &mut seen, &mut keys);
    }
    vocabularies(&mut seen);
    let mut deeds: BTreeMap<String, Vec<(String, Vec<Step>, Deed)>> = BTreeMap::new();
    for (path, table) in &tables {
        let mut plan = Plan { seen: &seen, keys: &keys, found: Vec::new() };
        plan.visit(&mut Vec::new(), &Value::Table(table.clone()));
        for (class, steps, deed) in plan.found {
            deeds.entry(class).or_default().push(((*path).clone(), steps, deed));
        }
    }
    let changed = deeds.into_iter().flat_map(|(class, all)| {
        let each = spread(all, most_of(&class, most, whole)).into_iter();
        each.map(|(path, steps, deed)| {
            let mut root = Value::Table(tables[&path].clone());
            let what = format!("{path} {steps:?} {}", describe(&deed));
            apply(&mut root, &steps, deed);
            let text = Some(toml::to_string(root.as_table().unwrap()).unwrap());
            Mutation { class: class.clone(), what, path, text }
        })
        .collect::<Vec<_>>()
    });
    changed.chain(text_mutations(bundle, most, whole)).collect()
}

fn most_of(class: &str, most: usize, whole: &BTreeSet<String>) -> usize {
    if whole.contains(class) { usize::MAX } else { most }
}

fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    let is_taken = |at: usize| count <= most || (at * most) / count != ((at + 1) * most) / count;
    all.into_iter().enumerate().filter(|(at, _)| is_taken(*at)).map(|(_, it)| it).collect()
}

fn describe(deed: &Deed) -> String {
    match deed {
        Deed::Delete => "is deleted".to_owned(),
        Deed::Set(value) => format!("= {value}"),
        Deed::Rename(name) => format!("is called {name}"),
        Deed::Add(key, value) => format!("+ {key} = {value}"),
    }
}

/// The kind of a place: its path without the names that the bundle gives and without places in lists.
fn kind(steps: &[Step]) -> String {
    let keys: Vec<&str> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::At(_) => None,
        })
        .collect();
    let is_name = |at: usize| is_named(&keys[..at]);
    let parts: Vec<&str> = keys.iter().enumerate().filter(|(at, _)| !is_name(*at)).map(|(_, key)| *key).collect();
    parts.join(".")
}

/// Whether the keys of the table at `path` are names that the bundle gives.
fn is_named(path: &[&str]) -> bool {
    const NAMED: [&str; 14] = [
        "aggregate",
        "clause",
        "compartment",
        "content",
        "cookie",
        "derived",
        "document",
        "duty",
        "field",
        "floor",
        "keep",
        "purpose",
        "recipient",
        "sdk",
    ];
    match path {
        [kind] => NAMED.contains(kind) || *kind == "service",
        ["service", _, "purpose"] => true,
        _ => false,
    }
}

fn keys_of(steps: &[Step]) -> Vec<&str> {
    steps.iter().filter_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None }).collect()
}

/// Notes every text and every key by the kind of its place.
fn survey(
    steps: &mut Vec<Step>,
    value: &Value,
    seen: &mut BTreeMap<String, BTreeSet<String>>,
    keys: &mut BTreeMap<String, BTreeMap<String, Value>>,
) {
    match value {
        Value::String(text) => {
            seen.entry(kind(steps)).or_default().insert(text.clone());
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                steps.push(Step::At(at));
                survey(steps, item, seen, keys);
                steps.pop();
            }
        }
        Value::Table(table) => {
            for (key, value) in table {
                if !is_named(&keys_of(steps)) {
                    keys.entry(kind(steps)).or_default().entry(key.clone()).or_insert_with(|| value.clone());
                }
                steps.push(Step::Key(key.clone()));
                survey(steps, value, seen, keys);
                steps.pop();
            }
        }
        _ => {}
    }
}

/// The closed vocabularies, so that every word is tried, also one that the bundle does not have.
fn vocabularies(seen: &mut BTreeMap<String, BTreeSet<String>>) {
    let verbs = || Verb::ALL.iter().map(|it| it.word()).collect::<Vec<_>>();
    let categories = || Category::ALL.iter().map(|it| it.word()).collect::<Vec<_>>();
    let bases = || Basis::ALL.iter().map(|it| it.word()).collect::<Vec<_>>();
    for (kind, words) in [
        ("verbs", verbs()),
        ("purpose.verbs", verbs()),
        ("service.purpose.verbs", verbs()),
        ("forbid", categories()),
        ("field.category", categories()),
        ("field.kind", Kind::ALL.iter().map(|it| it.word()).collect()),
        ("field.form", FormPlace::ALL.iter().map(|it| it.word()).collect()),
        ("field.visibility", vec!["private", "everybody"]),
        ("content.visibility", vec!["private", "everybody"]),
        ("keep.until", Until::ALL.iter().map(|it| it.word()).collect()),
        ("purpose.basis", bases()),
        ("service.purpose.basis", bases()),
        ("recipient.basis", bases()),
        ("purpose.for", vec!["services", "account"]),
        ("derived.rule", vec!["years_at_least", "first_part"]),
        ("cookie.class", vec!["necessary", "statistics", "performance", "functional", "third_party"]),
        ("cookie.domain", vec!["host", "example.kz"]),
        ("document.kind", DocumentKind::ALL.iter().map(|it| it.word()).collect()),
        ("service.kind", ServiceKind::ALL.iter().map(|it| it.word()).collect()),
        ("service.policy", vec!["own", "general"]),
        ("service.profile.widest", Audience::ALL.iter().map(|it| it.word()).collect()),
        ("territory", vec!["KZ", "RU"]),
        ("recipient.country", vec!["KZ", "RU"]),
        ("service.owner.country", vec!["KZ", "RU"]),
        ("operator.country", vec!["KZ", "RU"]),
        ("clause.kind", vec!["CAP", "CON", "NOT", "OUT"]),
    ] {
        seen.entry(kind.to_owned()).or_default().extend(words.into_iter().map(str::to_owned));
    }
    for (list, whole) in [("purpose.fields", "ceiling.person"), ("service.purpose.fields", "purpose.fields")] {
        let more = seen.get(whole).cloned().unwrap_or_default();
        seen.entry(list.to_owned()).or_default().extend(more);
    }
}

struct Plan<'a> {
    seen: &'a BTreeMap<String, BTreeSet<String>>,
    keys: &'a BTreeMap<String, BTreeMap<String, Value>>,
    found: Vec<(String, Vec<Step>, Deed)>,
}

impl Plan<'_> {
    /// Plans to set a value, where it is another one.
    fn set(&mut self, operator: &str, steps: &[Step], old: &Value, new: Value) {
        if *old != new {
            self.add(operator, steps, Deed::Set(new));
        }
    }

    fn add(&mut self, operator: &str, steps: &[Step], deed: Deed) {
        let mut whole = steps.to_vec();
        if let Deed::Add(key, _) = &deed {
            whole.push(Step::Key(key.clone()));
        }
        self.found.push((format!("{}:{operator}", kind(&whole)), steps.to_vec(), deed));
    }

    fn visit(&mut self, steps: &mut Vec<Step>, value: &Value) {
        if !steps.is_empty() {
            self.add("delete", steps, Deed::Delete);
        }
        let keys = keys_of(steps);
        if let Some((name, path)) = keys.split_last().filter(|(_, path)| is_named(path)) {
            debug_assert!(!path.is_empty());
            self.add("rename", steps, Deed::Rename(format!("{name}_x")));
        }
        match value {
            Value::String(text) => self.text(steps, value, text),
            Value::Boolean(is) => self.set("flip", steps, value, Value::Boolean(!is)),
            Value::Integer(number) => {
                for (operator, number) in [("more", number + 1), ("less", number - 1), ("zero", 0)] {
                    self.set(operator, steps, value, Value::Integer(number));
                }
            }
            Value::Array(items) => self.list(steps, value, items),
            Value::Table(table) => self.table(steps, table),
            _ => {}
        }
    }

    fn text(&mut self, steps: &[Step], old: &Value, text: &str) {
        self.set("alter", steps, old, Value::String(format!("{text}x")));
        self.set("empty", steps, old, Value::String(String::new()));
        let counted = text.split_once(' ').and_then(|(count, unit)| Some((count.parse::<u32>().ok()?, unit)));
        if let Some((count, unit)) = counted {
            let others = [("longer", count + 1), ("shorter", count.saturating_sub(1)), ("ten_times", count * 10)];
            for (operator, count) in others {
                self.set(operator, steps, old, Value::String(format!("{count} {unit}")));
            }
            for unit in ["hours", "days", "months", "years"] {
                self.set("unit", steps, old, Value::String(format!("{count} {unit}")));
            }
        }
        for other in self.seen.get(&kind(steps)).into_iter().flatten() {
            self.set("swap", steps, old, Value::String(other.clone()));
        }
    }

    fn list(&mut self, steps: &mut Vec<Step>, old: &Value, items: &[Value]) {
        let has = |text: &String| items.iter().any(|item| item.as_str() == Some(text));
        if items.iter().all(Value::is_str) {
            for more in self.seen.get(&kind(steps)).into_iter().flatten().filter(|more| !has(more)) {
                let longer = items.iter().cloned().chain([Value::String(more.clone())]).collect();
                self.set("widen", steps, old, Value::Array(longer));
            }
            for at in 0..items.len() {
                let rest = items.iter().enumerate().filter(|(each, _)| *each != at).map(|(_, item)| item.clone());
                self.set("shrink", steps, old, Value::Array(rest.collect()));
            }
            self.set("twice", steps, old, Value::Array(items.iter().chain(items.first()).cloned().collect()));
            self.set("reverse", steps, old, Value::Array(items.iter().rev().cloned().collect()));
        }
        for (at, item) in items.iter().enumerate() {
            steps.push(Step::At(at));
            self.visit(steps, item);
            steps.pop();
        }
    }

    fn table(&mut self, steps: &mut Vec<Step>, table: &Table) {
        if !is_named(&keys_of(steps)) {
            self.add("unknown", steps, Deed::Add("nonsense".to_owned(), Value::Boolean(true)));
            for (key, value) in
                self.keys.get(&kind(steps)).into_iter().flatten().filter(|(key, _)| !table.contains_key(*key))
            {
                self.add("add", steps, Deed::Add(key.clone(), value.clone()));
            }
        }
        for (key, value) in table {
            steps.push(Step::Key(key.clone()));
            self.visit(steps, value);
            steps.pop();
        }
    }
}

fn apply(root: &mut Value, steps: &[Step], deed: Deed) {
    let Some((last, path)) = steps.split_last() else {
        if let Deed::Add(key, value) = deed {
            root.as_table_mut().unwrap().insert(key, value);
        }
        return;
    };
    let mut at = root;
    for step in path {
        at = match step {
            Step::Key(key) => at.get_mut(key).unwrap(),
            Step::At(place) => at.get_mut(*place).unwrap(),
        };
    }
    match (last, deed) {
        (Step::Key(key), Deed::Delete) => drop(at.as_table_mut().unwrap().remove(key)),
        (Step::At(place), Deed::Delete) => drop(at.as_array_mut().unwrap().remove(*place)),
        (Step::Key(key), Deed::Set(value)) => *at.get_mut(key).unwrap() = value,
        (Step::At(place), Deed::Set(value)) => *at.get_mut(*place).unwrap() = value,
        (Step::Key(key), Deed::Rename(name)) => {
            let table = at.as_table_mut().unwrap();
            let value = table.remove(key).unwrap();
            table.insert(name, value);
        }
        (Step::Key(key), Deed::Add(name, value)) => {
            at.get_mut(key).unwrap().as_table_mut().unwrap().insert(name, value);
        }
        (Step::At(place), Deed::Add(name, value)) => {
            at.get_mut(*place).unwrap().as_table_mut().unwrap().insert(name, value);
        }
        (Step::At(_), Deed::Rename(_)) => {}
    }
}

/// Each directive taken out of each text, each text with a sentence more, each file taken away.
fn text_mutations(bundle: &Bundle, most: usize, whole: &BTreeSet<String>) -> Vec<Mutation> {
    let mut all: BTreeMap<String, Vec<Mutation>> = BTreeMap::new();
    let mut add = |class: String, path: &String, what: &str, text: Option<String>| {
        let what = format!("{path} {what}");
        all.entry(class.clone()).or_default().push(Mutation { class, what, path: path.clone(), text });
    };
    for (path, text) in &bundle.files {
        let folder = path.split_once('/').map_or("root", |(folder, _)| folder);
        add(format!("file.{folder}:delete"), path, "is gone", None);
        if folder != "texts" {
            let text = format!("# A comment.\n{text}");
            add(format!("file.{folder}:comment"), path, "has a comment", Some(text));
            continue;
        }
        let language = Language::ALL.iter().find(|it| path.contains(&format!(".{it}."))).unwrap();
        add(format!("text.{language}:alter"), path, "says more", Some(format!("{text}More.")));
        add(format!("text.{language}:blank"), path, "is empty", Some(" \n".to_owned()));
        for (at, _) in text.match_indices("{{") {
            let end = at + text[at..].find("}}").unwrap() + 2;
            let directive = &text[at..end];
            let kind = directive.split(':').next().unwrap().trim_matches(['{', '}']);
            let without = format!("{}{}", &text[..at], &text[end..]);
            add(format!("text.{kind}:omit"), path, directive, Some(without));
            let other = text.replacen(directive, "{{field:nonsense}}", 1);
            add(format!("text.{kind}:alter"), path, directive, Some(other));
        }
    }
    all.into_iter().flat_map(|(class, all)| spread(all, most_of(&class, most, whole))).collect()
}
