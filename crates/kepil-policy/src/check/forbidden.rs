//! What a bundle forbids does not come in by another name: categories, and stems in three languages (clauses 2.2b, 2.2c).

use crate::{
    Category, Texts,
    diagnostic::{Code, Place, Report},
    raw::Raw,
};

/// Stems by forbidden category; data, not code.
const STEMS: &str = include_str!("../../words/forbidden.toml");

/// Checks categories, names and labels.
pub(crate) fn check(raw: &Raw, report: &Report) {
    for word in &raw.forbid {
        if Category::parse(word).is_none() {
            let message = format!("`{word}` in `forbid` is no category");
            report.add(Code::UnknownWord, &raw.place, message, "write `biometric`, `special` or another category");
        }
    }
    let stems: toml::Table = STEMS.parse().unwrap_or_default();
    let forbidden: Vec<(&str, Vec<String>)> =
        raw.forbid.iter().map(|word| (word.as_str(), stems_of(&stems, word))).collect();
    for it in &raw.fields {
        if raw.forbid.iter().any(|word| word == it.is.category.word()) {
            let message = format!("the field `{}` is of the forbidden category `{}`", it.name, it.is.category);
            report.add(Code::ForbiddenCategory, &it.place, message, "delete the field");
        }
        words(&it.name, &it.is.label, &it.place, &forbidden, report);
    }
    for it in &raw.derived {
        words(&it.name, &it.is.label, &it.place, &forbidden, report);
    }
    for it in &raw.contents {
        words(&it.name, &it.is.label, &it.place, &forbidden, report);
    }
}

fn stems_of(stems: &toml::Table, word: &str) -> Vec<String> {
    let list = stems.get(word).and_then(toml::Value::as_array);
    list.into_iter().flatten().filter_map(toml::Value::as_str).map(folded).collect()
}

fn words(name: &str, label: &Texts, place: &Place, forbidden: &[(&str, Vec<String>)], report: &Report) {
    let all = [name, &label.ru, &label.kk, &label.en].map(folded);
    for (category, stems) in forbidden {
        let hit = stems.iter().find(|stem| {
            all.iter()
                .any(|text| text.split(|c: char| !c.is_alphanumeric()).any(|word| word.starts_with(stem.as_str())))
        });
        if hit.is_some() {
            let message = format!("the name or label of `{name}` speaks of `{category}`, which the bundle forbids");
            report.add(Code::ForbiddenName, place, message, "delete the field, or say what it really is");
        }
    }
}

/// Lower case, and letters that look alike in both alphabets made one: a Latin `c` in a Cyrillic word hides nothing.
pub(crate) fn folded(text: &str) -> String {
    let fold = |c: char| match c {
        'а' => 'a',
        'в' => 'b',
        'с' => 'c',
        'е' | 'ё' => 'e',
        'н' => 'h',
        'і' => 'i',
        'к' => 'k',
        'м' => 'm',
        'о' => 'o',
        'р' => 'p',
        'т' => 't',
        'у' | 'ү' | 'ұ' => 'y',
        'х' => 'x',
        other => other,
    };
    text.to_lowercase().chars().map(fold).collect()
}
