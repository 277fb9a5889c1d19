//! What a bundle forbids does not come in by another name: categories, and stems in three languages (clauses 2.2b, 2.2c).

use std::{collections::HashMap, sync::LazyLock};

use crate::{
    Texts,
    diagnostic::{Code, Report},
    raw::{Named, Raw},
};

/// Stems by forbidden category, folded; data, not code.
static STEMS: LazyLock<HashMap<String, Vec<String>>> = LazyLock::new(|| {
    let table: toml::Table = include_str!("../../words/forbidden.toml").parse().unwrap_or_default();
    let stems = |list: &toml::Value| {
        let list = list.as_array().into_iter().flatten();
        list.filter_map(toml::Value::as_str).map(folded).collect()
    };
    table.iter().map(|(category, list)| (category.clone(), stems(list))).collect()
});

/// Checks categories, names and labels.
pub(crate) fn check(raw: &Raw, report: &Report) {
    let forbidden: Vec<(&str, &[String])> =
        raw.forbid.iter().filter_map(|word| Some((word.as_str(), STEMS.get(word)?.as_slice()))).collect();
    for it in &raw.fields {
        if raw.forbid.iter().any(|word| word == it.is.category.word()) {
            let message = format!("the field `{}` is of the forbidden category `{}`", it.name, it.is.category);
            report.add(Code::ForbiddenCategory, &it.at("category"), message, "delete the field");
        }
        words("field", it, &it.is.label, &forbidden, report);
    }
    for it in &raw.derived {
        words("derived field", it, &it.is.label, &forbidden, report);
    }
    for it in &raw.contents {
        words("content", it, &it.is.label, &forbidden, report);
    }
}

fn words<T>(kind: &str, it: &Named<T>, label: &Texts, forbidden: &[(&str, &[String])], report: &Report) {
    let label_place = it.at("label");
    let all = [(&it.name, &it.place), (&label.ru, &label_place), (&label.kk, &label_place), (&label.en, &label_place)];
    for (category, stems) in forbidden {
        for (text, place) in all {
            let Some(word) = spoken(text, stems) else { continue };
            let message =
                format!("`{word}` of the {kind} `{}` speaks of `{category}`, which the bundle forbids", it.name);
            report.add(Code::ForbiddenName, place, message, "delete it, or say what it really is");
        }
    }
}

/// The word of `text` that begins with one of the stems.
fn spoken<'a>(text: &'a str, stems: &[String]) -> Option<&'a str> {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.find(|word| {
        let word = folded(word);
        stems.iter().any(|stem| word.starts_with(stem.as_str()))
    })
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
