//! Rule `machine`: no path of a machine and no foreign package source in a committed file.

use crate::tidy::{Config, Finding, Tree};

const RULE: &str = "machine";
const MEND: &str = "say it relative to the project, or take it as an argument";
const PATHS: [&str; 4] = ["/work/", "/root/", "/home/", "../shared"];
const PACKAGES: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    for path in tree.paths() {
        let text = tree.text(path).unwrap_or_default();
        for (n, line) in text.lines().enumerate() {
            if let Some(hit) = hit(line) {
                found.push(finding(path, n + 1, format!("`{hit}` is a path of one machine")));
            }
        }
        if path.ends_with("Cargo.lock") {
            foreign(path, text, found);
        }
    }
    for source in tree.sources() {
        let single = (0..source.tokens.len()).filter_map(|at| Some((at, source.literal(at)?.to_owned())));
        for (at, text) in single.chain(source.joined_literals()) {
            if let Some(hit) = hit(&text) {
                found.push(finding(&source.path, source.line(at), format!("`{hit}` is a path of one machine")));
            }
        }
    }
}

fn finding(file: &str, line: usize, what: String) -> Finding {
    Finding { file: file.to_owned(), line, rule: RULE, item: String::new(), what, mend: MEND }
}

/// The path of a machine in a text; a part of a longer address (`example.org/work/1`) is none.
fn hit(text: &str) -> Option<&'static str> {
    PATHS.into_iter().find(|path| {
        text.match_indices(path).any(|(at, _)| {
            let before = text.get(..at).and_then(|lead| lead.chars().next_back());
            path.starts_with('.')
                || !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '}' | '*'))
        })
    })
}

fn foreign(path: &str, text: &str, found: &mut Vec<Finding>) {
    for (n, line) in text.lines().enumerate() {
        let source = line.strip_prefix("source = ").map(|value| value.trim_matches('"'));
        if source.is_some_and(|source| source != PACKAGES) {
            found.push(finding(path, n + 1, "a package comes from somewhere else than crates.io".to_owned()));
        }
    }
}
