//! Rule `clause-test`: a test that a clause of the bundle names is there, is a test, and runs.
//!
//! A row with tests is printed as kept; a renamed or switched-off test would leave a promise that nothing proves. Names
//! are written as `path::function`, the path from `crates/`.

use crate::tidy::{Config, Finding, Source, Tree};

const RULE: &str = "clause-test";
const MEND: &str = "name a test that runs as `kepil-…/tests/file.rs::function`, or leave the row without one";

pub fn check(tree: &Tree, config: &Config, found: &mut Vec<Finding>) {
    let folder = format!("{}/", config.bundle.trim_end_matches('/'));
    for file in tree.paths().filter(|path| path.starts_with(&folder)) {
        let Ok(table) = tree.text(file).unwrap_or_default().parse::<toml::Table>() else { continue };
        let clauses = table.get("clause").and_then(toml::Value::as_table).into_iter().flatten();
        for (clause, row) in clauses {
            let tests = row.get("tests").and_then(toml::Value::as_array).into_iter().flatten();
            for name in tests.filter_map(toml::Value::as_str).filter(|name| !runs(tree, name)) {
                let line = tree.line_of(file, name);
                let what = format!("clause {clause} names the test `{name}`, which does not run");
                found.push(Finding {
                    file: file.to_owned(),
                    line,
                    rule: RULE,
                    item: name.to_owned(),
                    what,
                    mend: MEND,
                });
            }
        }
    }
}

fn runs(tree: &Tree, name: &str) -> bool {
    let Some((path, function)) = name.split_once("::") else { return false };
    let path = format!("crates/{path}");
    let source = tree.sources().iter().find(|source| source.path == path);
    source.is_some_and(|source| (0..source.tokens.len()).any(|at| is_test(source, at, function)))
}

/// Whether a test called `function` begins with the `fn` at `at`: its attributes name a test, and nothing switches it off.
fn is_test(source: &Source, at: usize, function: &str) -> bool {
    if source.word(at) != Some("fn") || source.word(at + 1) != Some(function) {
        return false;
    }
    let ends = |at: &usize| source.is_mark(*at, "}") || source.is_mark(*at, ";") || source.is_mark(*at, "{");
    let begin = (0..at).rev().find(ends).map_or(0, |end| end + 1);
    let words: Vec<&str> = (begin..at).filter_map(|at| source.word(at)).collect();
    words.contains(&"test") && !words.iter().any(|word| matches!(*word, "ignore" | "cfg" | "cfg_attr"))
}
