//! The shape of code: how a file opens, how long it and its functions are, and what would hide them.

use super::{caught, clean, found};

const FILE: &str = "crates/kepil-server/src/jobs.rs";

#[test]
fn a_file_opens_with_what_it_is() {
    caught(
        "header",
        FILE,
        &[
            "fn f() {}",
            "//!\nfn f() {}",
            "//! placeholder\n",
            "// Jobs of the server.\n",
            "\n//! Jobs of the server.\n",
            "/*! Jobs of it. */",
        ],
    );
    clean("header", FILE, &["//! Jobs of the server.\nfn f() {}"]);
}

#[test]
fn a_long_function_is_seen_in_any_form() {
    let body = "    step();\n".repeat(70);
    let forms = [
        format!("fn f() {{\n{body}}}\n"),
        format!("pub(crate) async unsafe extern \"C\" fn f<T>() where T: Fn() -> [u8; 4] {{\n{body}}}\n"),
        format!("impl X {{ const fn f(&self) {{ let s = \"}}\"; // }}\n{body}}} }}\n"),
        format!("macro_rules! m {{ ($n:ident) => {{ fn $n() {{\n{body}}} }} }}\n"),
        format!("mod m {{ #[test] fn f() {{\n{body}}} }}\n"),
    ];
    for form in &forms {
        caught("function-size", FILE, &[form]);
    }
    let short = "    step();\n".repeat(68);
    clean("function-size", FILE, &[&format!("fn f() {{\n{short}}}\nfn g() {{\n{short}}}\n"), "type F = fn(u8) -> u8;"]);
}

#[test]
fn a_long_file_is_seen() {
    let lines = |count: usize| format!("//! A long file.\n{}", "const A: u8 = 1;\n".repeat(count - 1));
    assert_eq!(found("file-size", &[(FILE, &lines(500))]), []);
    assert_eq!(found("file-size", &[(FILE, &lines(501))]).len(), 1);
    assert_eq!(found("file-size", &[(FILE, &"\n".repeat(501))]).len(), 1);
    assert_eq!(found("file-size", &[("crates/kepil/tests/x.rs", &"// x\r\n".repeat(501))]).len(), 1);
}

#[test]
fn nothing_is_hidden() {
    caught(
        "hidden",
        FILE,
        &[
            "include!(\"more.inc\");",
            "std :: include /* x */ ! [\"more.inc\"];",
            "#[path = \"../more.inc\"] mod more;",
            "#[rustfmt::skip] fn f() { }",
            "#![allow(clippy::disallowed_methods, reason = \"x\")]",
            "mod m { #![expect(clippy::unwrap_used)] }",
        ],
    );
    clean(
        "hidden",
        FILE,
        &[
            "const T: &str = include_str!(\"text.md\"); #[expect(clippy::disallowed_methods, reason = \"the clock\")] fn f() {}",
            "#![cfg_attr(test, allow(clippy::unwrap_used, reason = \"tests may stop\"))]",
        ],
    );
}

#[test]
fn an_allowance_needs_a_reason_and_a_use() {
    use std::collections::BTreeMap;
    use xtask::tidy::{Config, Tree, check_tree};
    let allow = |reason: &str| format!("[[allow]]\nrule = \"header\"\npath = \"a.rs\"\nreason = \"{reason}\"\n");
    assert!(Config::parse(&allow("")).is_err());
    assert!(Config::parse("unknown = 1").is_err());
    let config = Config::parse(&allow("it is a sample of a file")).unwrap();
    let rules = |text: &str| -> Vec<&str> {
        let tree = Tree::of(BTreeMap::from([("a.rs".to_owned(), text.to_owned())]));
        check_tree(&tree, &config).into_iter().map(|finding| finding.rule).filter(|rule| *rule != "map").collect()
    };
    assert!(rules("fn f() {}").is_empty());
    assert_eq!(rules("//! It opens as it should.\n"), ["allowance"]);
}
