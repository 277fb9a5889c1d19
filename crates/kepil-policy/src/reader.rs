//! Walks the tables of a bundle with their places. Whoever reads a table asks for each key by name; what nobody asked for
//! is an unknown key.

use std::{cell::RefCell, collections::BTreeSet};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    Texts,
    diagnostic::{Code, Place, Report},
};

/// A file of a bundle.
pub(crate) struct Source<'a> {
    pub path: &'a str,
    pub text: &'a str,
}

impl Source<'_> {
    /// The line of a byte position, from 1.
    fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// A table of a bundle.
pub(crate) struct Entry<'a> {
    source: &'a Source<'a>,
    /// What it is, such as `field.email`, for messages.
    pub what: String,
    /// Where it stands.
    pub place: Place,
    table: &'a DeTable<'a>,
    report: &'a Report,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Entry<'a> {
    pub fn new(source: &'a Source<'a>, what: String, at: usize, table: &'a DeTable<'a>, report: &'a Report) -> Self {
        let place = Place { file: source.path.to_owned(), line: source.line(at) };
        Self { source, what, place, table, report, asked: RefCell::default() }
    }

    fn find(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.table.get(key)
    }

    /// Where the value of `key` stands; the table's own place when there is none.
    pub fn place_of(&self, key: &str) -> Place {
        let found = self.table.get(key).map(|value| self.source.line(value.span().start));
        found.map_or_else(|| self.place.clone(), |line| Place { file: self.place.file.clone(), line })
    }

    /// Whether the table has `key`.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    fn wrong(&self, key: &str, wanted: &str) {
        let message = format!("`{key}` of `{}` is not {wanted}", self.what);
        self.report.add(Code::WrongType, &self.place_of(key), message, format!("write {wanted}"));
    }

    fn missing(&self, key: &str) {
        self.report.add(
            Code::MissingKey,
            &self.place,
            format!("`{}` has no `{key}`", self.what),
            format!("add `{key} = …`"),
        );
    }

    /// A text of one language.
    pub fn string(&self, key: &str) -> Option<String> {
        let value = self.find(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(key, "a string");
        }
        text.map(str::to_owned)
    }

    /// As [`Self::string`], and it must be there.
    pub fn needed(&self, key: &str) -> String {
        if !self.has(key) {
            self.missing(key);
        }
        self.string(key).unwrap_or_default()
    }

    /// A list of strings; empty when absent.
    pub fn strings(&self, key: &str) -> Vec<String> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let items = value
            .get_ref()
            .as_array()
            .map(|items| items.iter().map(|item| item.get_ref().as_str()).collect::<Vec<_>>());
        match items {
            Some(items) if items.iter().all(Option::is_some) => {
                items.into_iter().flatten().map(str::to_owned).collect()
            }
            _ => {
                self.wrong(key, "a list of strings");
                Vec::new()
            }
        }
    }

    /// As [`Self::strings`], and it must be there.
    pub fn needed_strings(&self, key: &str) -> Vec<String> {
        if !self.has(key) {
            self.missing(key);
        }
        self.strings(key)
    }

    /// Yes or no; no when absent.
    pub fn flag(&self, key: &str) -> bool {
        let Some(value) = self.find(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong(key, "`true` or `false`");
            false
        })
    }

    /// A whole number; 0 when absent.
    pub fn number(&self, key: &str) -> u32 {
        let Some(value) = self.find(key) else { return 0 };
        let number =
            value.get_ref().as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok());
        number.unwrap_or_else(|| {
            self.wrong(key, "a whole number");
            0
        })
    }

    /// A word of a closed vocabulary.
    pub fn word<T>(&self, key: &str, parse: impl Fn(&str) -> Option<T>, all: &[&str]) -> Option<T> {
        let text = self.string(key)?;
        let word = parse(&text);
        if word.is_none() {
            let message = format!("`{text}` is no word for `{key}` of `{}`", self.what);
            self.report.add(Code::UnknownWord, &self.place_of(key), message, format!("one of: {}", all.join(", ")));
        }
        word
    }

    /// A text in every language, which must be there.
    pub fn texts(&self, key: &str) -> Texts {
        let Some(value) = self.find(key) else {
            self.missing(key);
            return Texts::default();
        };
        if let Some(table) = value.get_ref().as_table() {
            self.inner(key, value.span().start, table).translated()
        } else {
            self.wrong(key, "a text in every language: `{ ru = \"…\", kk = \"…\", en = \"…\" }`");
            Texts::default()
        }
    }

    /// This table as a text in every language.
    fn translated(&self) -> Texts {
        let text = |language: &str| {
            let text = self.string(language).filter(|text| !text.trim().is_empty());
            if text.is_none() {
                let message = format!("`{}` has no text in `{language}`", self.what);
                self.report.add(Code::MissingTranslation, &self.place, message, format!("add `{language} = \"…\"`"));
            }
            text.unwrap_or_default()
        };
        let texts = Texts { ru: text("ru"), kk: text("kk"), en: text("en") };
        self.finish();
        texts
    }

    /// A list of texts in every language.
    pub fn list_of_texts(&self, key: &str) -> Vec<Texts> {
        self.tables(key).iter().map(Entry::translated).collect()
    }

    /// A list of tables.
    pub fn tables(&self, key: &str) -> Vec<Entry<'a>> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.wrong(key, "a list of tables");
            return Vec::new();
        };
        let tables =
            items.iter().filter_map(|item| Some(self.inner(key, item.span().start, item.get_ref().as_table()?)));
        tables.collect()
    }

    /// The table under `key`.
    pub fn table(&self, key: &str) -> Option<Entry<'a>> {
        let value = self.find(key)?;
        if let Some(table) = value.get_ref().as_table() {
            Some(self.inner(key, value.span().start, table))
        } else {
            self.wrong(key, "a table");
            None
        }
    }

    /// Every table under `key`, with its name: `[key.name]`.
    pub fn named(&self, key: &str) -> Vec<(String, Entry<'a>)> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, "tables with names");
            return Vec::new();
        };
        let mut all: Vec<(String, Entry<'a>)> = Vec::new();
        for (name, value) in table {
            let what = format!("{key}.{}", name.get_ref());
            match value.get_ref().as_table() {
                Some(inner) => {
                    all.push((
                        name.get_ref().to_string(),
                        Entry::new(self.source, what, name.span().start, inner, self.report),
                    ));
                }
                None => self.wrong(key, "tables with names"),
            }
        }
        all
    }

    fn inner(&self, key: &str, at: usize, table: &'a DeTable<'a>) -> Entry<'a> {
        Entry::new(self.source, format!("{}.{key}", self.what), at, table, self.report)
    }

    /// Complains about every key that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            if !asked.contains(key.get_ref().as_ref()) {
                let place = Place { file: self.place.file.clone(), line: self.source.line(key.span().start) };
                let known: Vec<&str> = asked.iter().map(String::as_str).collect();
                let message = format!("`{}` means nothing in `{}`", key.get_ref(), self.what);
                self.report.add(Code::UnknownKey, &place, message, format!("known here: {}", known.join(", ")));
            }
        }
    }
}
