//! Which tokens and which files are compiled for tests only.
//!
//! `#[cfg(test)]`, `#[cfg(all(test, …))]` and `#[test]` count; `#[cfg(any(test, …))]` does not, since it also stands in
//! the program.

use std::ops::Range;

use super::Source;

/// Whether Cargo takes the file for a test or a measurement of its crate; fuzz targets are tests too.
pub fn is_test_path(path: &str) -> bool {
    let inside = ["crates/", "sdk/"].into_iter().find_map(|folder| path.strip_prefix(folder));
    let in_package = inside.and_then(|rest| rest.split_once('/')).map(|(_, rest)| rest);
    let rest = in_package.or_else(|| path.split_once('/').map(|(_, rest)| rest)).unwrap_or(path);
    let in_tests = rest.starts_with("tests/") || rest.starts_with("benches/");
    let aside = ["testing/", "fuzz/", "bench/"];
    in_tests || aside.iter().any(|folder| path.starts_with(folder))
}

/// The ranges of tokens that belong to tests.
pub fn test_ranges(source: &Source) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    for at in 0..source.tokens.len() {
        if !source.is_mark(at, "#") {
            continue;
        }
        let is_inner = source.is_mark(at + 1, "!") && source.is_mark(at + 2, "[");
        let open = if is_inner { at + 2 } else { at + 1 };
        if source.is_mark(open, "[") && is_test_attribute(source, open) {
            let range =
                if is_inner { 0..source.tokens.len() } else { at..source.item_end(after_attributes(source, at)) + 1 };
            out.push(range);
        }
    }
    out
}

/// The files of modules that are declared for tests only.
pub fn test_files(source: &Source) -> Vec<String> {
    let folder = match source.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder.to_owned(),
        _ => source.path.strip_suffix(".rs").unwrap_or_default().to_owned(),
    };
    let declared = |at: usize| {
        let name = source.word(at + 1).filter(|_| source.word(at) == Some("mod") && source.is_mark(at + 2, ";"))?;
        source.is_test(at).then(|| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")])
    };
    (0..source.tokens.len()).filter_map(declared).flatten().collect()
}

fn after_attributes(source: &Source, at: usize) -> usize {
    let mut at = at;
    while source.is_mark(at, "#") && source.is_mark(at + 1, "[") {
        at = source.closing(at + 1) + 1;
    }
    at
}

fn is_test_attribute(source: &Source, open: usize) -> bool {
    let close = source.closing(open);
    match source.word(open + 1) {
        Some("cfg") => {
            let first = open + 3;
            let is_all = source.word(first) == Some("all") && source.is_mark(first + 1, "(");
            source.word(first) == Some("test") && source.is_mark(first + 1, ")")
                || is_all && (first + 2..close).any(|at| is_plain_test(source, at, first + 1))
        }
        // `#[test]`, `#[tokio::test]`, `#[tokio::test(…)]`.
        Some(_) => {
            let mut last = open + 1;
            while source.is_mark(last + 1, "::") {
                last += 2;
            }
            source.word(last) == Some("test") && (last + 1 == close || source.is_mark(last + 1, "("))
        }
        None => false,
    }
}

/// Whether `test` stands at `at` directly in the list that opens at `list`, not inside `not(…)` or `any(…)`.
fn is_plain_test(source: &Source, at: usize, list: usize) -> bool {
    let is_bare = source.word(at) == Some("test") && (source.is_mark(at + 1, ",") || source.is_mark(at + 1, ")"));
    let is_inside = (list + 1..at).any(|n| source.is_mark(n, "(") && source.closing(n) > at);
    is_bare && !is_inside
}
