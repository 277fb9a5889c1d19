//! Golden faults: the base bundle changed in one place, and what the compiler says. Read the snapshots as the privacy
//! officer would: each says what, where, for which row of the source policy, and how to mend it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]
mod common;

use std::{collections::BTreeSet, fmt::Write as _, path::Path};

use kepil_policy::{Bundle, Code, Diagnostic, FieldSet, compile};

struct Fault {
    name: String,
    bundle: Bundle,
}

/// The faults of `golden/faults.toml`, and those that are too large to write down.
fn faults() -> Vec<Fault> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/faults.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let written = table.get("fault").unwrap().as_array().unwrap().iter().map(|fault| {
        let name = fault["name"].as_str().unwrap().to_owned();
        let mut bundle = common::base();
        for change in fault["change"].as_array().unwrap() {
            let part = |key: &str| change[key].as_str().unwrap();
            let text = bundle.files.entry(part("file").to_owned()).or_default();
            assert!(text.is_empty() == part("find").is_empty(), "`{name}`: an empty `find` adds a file");
            assert!(text.contains(part("find")), "`{name}`: {} has no `{}`", part("file"), part("find"));
            *text = text.replacen(part("find"), part("replace"), 1);
        }
        if let Some(rename) = fault.get("rename") {
            let text = bundle.files.remove(rename["from"].as_str().unwrap()).unwrap();
            bundle.files.insert(rename["to"].as_str().unwrap().to_owned(), text);
        }
        Fault { name, bundle }
    });
    written.chain([too_many_purposes(), too_many_fields()]).collect()
}

fn too_many_purposes() -> Fault {
    let mut bundle = common::base();
    for number in 0..64 {
        let purpose = format!(
            "\n[service.mail.purpose.extra_{number}]\nnarrows = \"agreement\"\nbasis = \"consent\"\nverbs = [\"use\"]\n\
             fields = [\"email\"]\nkeep = \"agreement\"\ncompartment = \"account\"\n\
             label = {{ ru = \"Ещё\", kk = \"Тағы\", en = \"More\" }}\n"
        );
        bundle.files.get_mut("services/mail.toml").unwrap().push_str(&purpose);
        for language in ["ru", "kk", "en"] {
            let text = bundle.files.get_mut(&format!("texts/mail_policy.{language}.md")).unwrap();
            writeln!(text, "{{{{purpose:mail/extra_{number}}}}}").unwrap();
        }
    }
    Fault { name: "too_many_purposes".to_owned(), bundle }
}

fn too_many_fields() -> Fault {
    let mut bundle = common::base();
    let names: Vec<String> = (0..FieldSet::CAPACITY).map(|number| format!("extra_{number}")).collect();
    let field = |name: &String| {
        format!(
            "[field.{name}]\ncategory = \"preference\"\nkind = \"text\"\ncompartment = \"account\"\nform = \"profile\"\n\
             label = {{ ru = \"Ещё\", kk = \"Тағы\", en = \"More\" }}\nwhy = {{ ru = \"Ещё\", kk = \"Тағы\", en = \"More\" }}\n"
        )
    };
    bundle.files.insert("more.toml".to_owned(), names.iter().map(field).collect());
    let text = bundle.files.get_mut("purposes.toml").unwrap();
    let list: String = names.iter().map(|name| format!("\"{name}\", ")).collect();
    *text = text.replacen("fields = [\"given_name\", ", &format!("fields = [\"given_name\", {list}"), 2);
    Fault { name: "too_many_fields".to_owned(), bundle }
}

fn report(fault: &Fault) -> Vec<Diagnostic> {
    compile(&fault.bundle).err().unwrap_or_else(|| panic!("`{}` compiles", fault.name))
}

#[test]
fn every_fault_is_told_with_place_clause_and_hint() {
    for fault in faults() {
        let faults = report(&fault);
        let shown = faults.iter().take(12).map(|fault| format!("{fault}\n")).collect::<String>();
        let more = if faults.len() > 12 { format!("… and {} more\n", faults.len() - 12) } else { String::new() };
        insta::assert_snapshot!(fault.name.as_str(), shown + &more);
    }
}

#[test]
fn every_code_has_a_golden_fault() {
    let seen: BTreeSet<Code> = faults().iter().flat_map(report).map(|fault| fault.code).collect();
    let missing: Vec<&Code> = Code::ALL.iter().filter(|code| !seen.contains(code)).collect();
    assert!(missing.is_empty(), "no golden fault gives {missing:?}");
}

#[test]
fn golden_names_are_given_once() {
    let all = faults();
    let names: BTreeSet<&str> = all.iter().map(|fault| fault.name.as_str()).collect();
    assert_eq!(names.len(), all.len());
}

#[test]
fn every_fault_stands_in_a_line_that_is_there() {
    for fault in faults() {
        for found in report(&fault) {
            let lines = fault.bundle.files.get(&found.place.file).map_or(0, |text| text.lines().count());
            let is_there = (1..=lines.max(1)).contains(&found.place.line);
            assert!(is_there, "`{}`: {}:{}", fault.name, found.place.file, found.place.line);
            assert!(!found.hint.is_empty() && !found.message.ends_with('.'), "`{}`: {found}", fault.name);
        }
    }
}

/// One change in each of five files; the report has them all, by file and line.
#[test]
fn five_faults_are_told_at_once_and_in_order() {
    let mut bundle = common::base();
    for (file, find, replace) in [
        ("services/partner.toml", "country = \"KZ\"", "country = \"DE\""),
        ("data.toml", "term   = \"5 years\"", "term   = \"5 ages\""),
        ("policy.toml", "edition   = \"2026-01-15\"", "edition   = \"soon\""),
        ("texts/general.kk.md", "{{table:cookies}}", "{{table:cookies}} {{field:passport}}"),
        ("data.toml", "masked      = true", "masked      = \"yes\""),
    ] {
        let text = bundle.files.get_mut(file).unwrap();
        assert!(text.contains(find), "{file} has no `{find}`");
        *text = text.replacen(find, replace, 1);
    }
    let faults = report(&Fault { name: "five".to_owned(), bundle });
    let places: Vec<_> = faults.iter().map(|fault| &fault.place).collect();
    assert!(places.is_sorted(), "{places:?}");
    insta::assert_snapshot!("five_at_once", common::report(&faults));
}

/// Letters of two and three bytes and a line end of Windows stand before the fault; the line stays the true one.
#[test]
fn letters_of_many_bytes_do_not_shift_lines() {
    let clean = common::base();
    let at = |bundle: &Bundle| report(&Fault { name: "line".to_owned(), bundle: bundle.clone() })[0].place.line;
    let with = |before: &str, newline: &str| {
        let mut bundle = clean.clone();
        let text = bundle.files.get_mut("data.toml").unwrap();
        *text = format!("{before}{}", text.replace("threshold = 10", "threshold = 1")).replace('\n', newline);
        let line = text.lines().position(|line| line == "threshold = 1").unwrap() + 1;
        assert_eq!(at(&bundle), line, "{before:?}");
    };
    for before in ["", "# ұзын жол: қазақша, 日本語, 🦀\n", "# é\n# ә\n# €\n\n"] {
        with(before, "\n");
        with(before, "\r\n");
    }
}
