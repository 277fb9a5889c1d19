//! Walks the tables of a bundle with their places. Whoever reads a table asks for each key by name; what nobody asked for
//! is an unknown key.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
    fmt::Display,
};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use crate::{
    Texts,
    diagnostic::{Code, Place, Report},
};

/// A file of a bundle, and where its lines begin.
pub(crate) struct Source<'a> {
    path: &'a str,
    /// Byte positions of the line ends, ascending.
    ends: Vec<usize>,
}

impl<'a> Source<'a> {
    pub fn new(path: &'a str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Self { path, ends }
    }

    /// Where the byte position `at` stands.
    pub fn place(&self, at: usize) -> Place {
        Place { file: self.path.to_owned(), line: self.line(at) }
    }

    /// The line of a byte position, from 1.
    fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at) + 1
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
        let place = source.place(at);
        Self { source, what, place, table, report, asked: RefCell::default() }
    }

    fn find(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.table.get(key)
    }

    /// Where `key` stands; the table's own place when there is none.
    pub fn place_of(&self, key: &str) -> Place {
        let found = self.table.get_key_value(key).map(|(key, _)| self.source.place(key.span().start));
        found.unwrap_or_else(|| self.place.clone())
    }

    /// The line of every key, for checks that come later.
    pub fn lines(&self) -> HashMap<String, usize> {
        let line = |key: &Spanned<DeString<'_>>| (key.get_ref().to_string(), self.source.line(key.span().start));
        self.table.iter().map(|(key, _)| line(key)).collect()
    }

    /// Whether the table has `key`.
    pub fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    fn wrong(&self, key: &str, wanted: &str) {
        let message = format!("`{key}` of `{}` is not {wanted}", self.what);
        self.report.add(Code::WrongType, &self.place_of(key), message, format!("write {wanted}"));
    }

    fn missing(&self, code: Code, key: &str) {
        let message = format!("`{}` has no `{key}`", self.what);
        self.report.add(code, &self.place, message, format!("add `{key} = …`"));
    }

    /// A text of one language.
    pub fn string(&self, key: &str) -> Option<String> {
        let value = self.find(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong(key, "one text in quotes");
        }
        text.map(str::to_owned)
    }

    /// As [`Self::string`], and it must be there.
    pub fn needed(&self, key: &str) -> String {
        self.needed_or(Code::MissingKey, key)
    }

    /// As [`Self::needed`], with the fault that it is when there is none.
    pub fn needed_or(&self, code: Code, key: &str) -> String {
        if !self.has(key) {
            self.missing(code, key);
            return String::new();
        }
        let text = self.string(key);
        if text.as_deref().is_some_and(|text| text.trim().is_empty()) {
            let message = format!("`{key}` of `{}` is empty", self.what);
            self.report.add(code, &self.place_of(key), message, format!("write something after `{key} =`"));
        }
        text.unwrap_or_default()
    }

    /// A list of strings, each once; empty when absent.
    pub fn strings(&self, key: &str) -> Vec<String> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let items = value.get_ref().as_array();
        let Some(items) = items.filter(|items| items.iter().all(|item| item.get_ref().is_str())) else {
            self.wrong(key, "a list of texts in quotes");
            return Vec::new();
        };
        let mut seen = HashSet::new();
        for item in items {
            let text = item.get_ref().as_str().unwrap_or_default();
            if !seen.insert(text) {
                let message = format!("`{key}` of `{}` has `{text}` twice", self.what);
                self.report.add(
                    Code::DuplicateName,
                    &self.source.place(item.span().start),
                    message,
                    "take one of them away",
                );
            }
        }
        items.iter().filter_map(|item| item.get_ref().as_str()).map(str::to_owned).collect()
    }

    /// As [`Self::strings`], and it must be there.
    pub fn needed_strings(&self, key: &str) -> Vec<String> {
        if !self.has(key) {
            self.missing(Code::MissingKey, key);
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

    /// As [`Self::number`], and it must be there.
    pub fn needed_number(&self, key: &str) -> u32 {
        if !self.has(key) {
            self.missing(Code::MissingKey, key);
        }
        self.number(key)
    }

    /// A word of a closed vocabulary; `None` when absent or no word of it.
    pub fn word<T: Copy + Display>(&self, key: &str, all: &[T]) -> Option<T> {
        let text = self.string(key)?;
        let word = all.iter().find(|word| word.to_string() == text);
        if word.is_none() {
            let known: Vec<String> = all.iter().map(ToString::to_string).collect();
            let message = format!("`{text}` is no word for `{key}` of `{}`", self.what);
            let hint = format!("write one of: {}", known.join(", "));
            self.report.add(Code::UnknownWord, &self.place_of(key), message, hint);
        }
        word.copied()
    }

    /// As [`Self::word`], with the fault that it is when there is none.
    pub fn needed_word<T: Copy + Display>(&self, code: Code, key: &str, all: &[T]) -> Option<T> {
        if !self.has(key) {
            let known: Vec<String> = all.iter().map(|word| format!("`{key} = \"{word}\"`")).collect();
            let message = format!("`{}` has no `{key}`", self.what);
            self.report.add(code, &self.place, message, format!("add one of: {}", known.join(", ")));
        }
        self.word(key, all)
    }

    /// A text in every language, which must be there.
    pub fn texts(&self, key: &str) -> Texts {
        let Some(value) = self.find(key) else {
            self.missing(Code::MissingKey, key);
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
                let place = if self.has(language) { self.place_of(language) } else { self.place.clone() };
                self.report.add(Code::MissingTranslation, &place, message, format!("add `{language} = \"…\"`"));
            }
            text.unwrap_or_default()
        };
        let texts = Texts { ru: text("ru"), kk: text("kk"), en: text("en") };
        self.finish();
        texts
    }

    /// A list of texts in every language, at least one.
    pub fn needed_texts_list(&self, key: &str) -> Vec<Texts> {
        let texts: Vec<Texts> = self.tables(key).iter().map(Entry::translated).collect();
        if texts.is_empty() {
            self.missing(Code::MissingKey, key);
        }
        texts
    }

    /// A list of tables.
    pub fn tables(&self, key: &str) -> Vec<Entry<'a>> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let items = value.get_ref().as_array();
        let Some(items) = items.filter(|items| items.iter().all(|item| item.get_ref().is_table())) else {
            self.wrong(key, "a list of tables");
            return Vec::new();
        };
        let table = |item: &'a Spanned<DeValue<'a>>| {
            item.get_ref().as_table().map(|table| self.inner(key, item.span().start, table))
        };
        items.iter().filter_map(table).collect()
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

    /// As [`Self::table`], and it must be there.
    pub fn needed_table(&self, key: &str) -> Option<Entry<'a>> {
        if !self.has(key) {
            self.missing(Code::MissingKey, key);
        }
        self.table(key)
    }

    /// Every table under `key`, with its name: `[key.name]`, in the order in which they are written.
    pub fn named(&self, key: &str) -> Vec<(String, Entry<'a>)> {
        let Some(value) = self.find(key) else { return Vec::new() };
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, "tables with names");
            return Vec::new();
        };
        let mut written: Vec<_> = table.iter().collect();
        written.sort_by_key(|(name, _)| name.span().start);
        let mut all: Vec<(String, Entry<'a>)> = Vec::new();
        for (name, value) in written {
            let Some(inner) = value.get_ref().as_table() else {
                self.wrong(key, "tables with names");
                continue;
            };
            let what = self.part(&format!("{key}.{}", name.get_ref()));
            let entry = Entry::new(self.source, what, name.span().start, inner, self.report);
            all.push((name.get_ref().to_string(), entry));
        }
        all
    }

    /// The whole name of a part of this table.
    fn part(&self, key: &str) -> String {
        let is_root = self.what == self.source.path;
        if is_root { key.to_owned() } else { format!("{}.{key}", self.what) }
    }

    fn inner(&self, key: &str, at: usize, table: &'a DeTable<'a>) -> Entry<'a> {
        Entry::new(self.source, self.part(key), at, table, self.report)
    }

    /// Every key that nobody asked for yet, with its value; asks for all of them.
    pub fn rest(&self) -> Vec<(String, &'a DeValue<'a>)> {
        let keys: Vec<String> = self.table.keys().map(|key| key.get_ref().to_string()).collect();
        let new = keys.into_iter().filter(|key| !self.asked.borrow().contains(key)).collect::<Vec<_>>();
        new.into_iter().filter_map(|key| Some((key.clone(), self.find(&key)?.get_ref()))).collect()
    }

    /// Complains about every key that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table {
            if !asked.contains(key.get_ref().as_ref()) {
                let place = self.source.place(key.span().start);
                let known: Vec<&str> = asked.iter().map(String::as_str).collect();
                let message = format!("`{}` means nothing in `{}`", key.get_ref(), self.what);
                let hint = format!("take it away; known here: {}", known.join(", "));
                self.report.add(Code::UnknownKey, &place, message, hint);
            }
        }
    }
}
