//! Rule `clause-test`: a test that a clause of the bundle or a document names is there, is a test, and runs.
//!
//! A row with tests is printed as kept; a renamed or switched-off test would leave a promise that nothing proves. Names
//! are written as `path::function`, the path from `crates/`; in a document they stand in backquotes.

use crate::tidy::{Config, Finding, Source, Tree};

const RULE: &str = "clause-test";
/// Documents that name tests.
const DOCUMENTS: &str = "docs/";
const MEND: &str = "name a test that runs as `kepil-…/tests/file.rs::function`, or leave the row without one";

pub fn check(tree: &Tree, config: &Config, found: &mut Vec<Finding>) {
    let folder = format!("{}/", config.bundle.trim_end_matches('/'));
    for file in tree.paths().filter(|path| path.starts_with(&folder)) {
        let Ok(table) = tree.text(file).unwrap_or_default().parse::<toml::Table>() else { continue };
        let clauses = table.get("clause").and_then(toml::Value::as_table).into_iter().flatten();
        for (clause, row) in clauses {
            let tests = row.get("tests").and_then(toml::Value::as_array).into_iter().flatten();
            for name in tests.filter_map(toml::Value::as_str).filter(|name| !runs(tree, name)) {
                found.push(finding(tree, file, name, &format!("clause {clause}")));
            }
        }
    }
    for file in tree.paths().filter(|path| path.starts_with(DOCUMENTS)) {
        let text = tree.text(file).unwrap_or_default();
        let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
        for name in quoted.filter(|name| name.contains(".rs::") && !runs(tree, name)) {
            found.push(finding(tree, file, name, "the document"));
        }
    }
}

fn finding(tree: &Tree, file: &str, name: &str, who: &str) -> Finding {
    let what = format!("{who} names the test `{name}`, which does not run");
    Finding {
        file: file.to_owned(),
        line: tree.line_of(file, name),
        rule: RULE,
        item: name.to_owned(),
        what,
        mend: MEND,
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
