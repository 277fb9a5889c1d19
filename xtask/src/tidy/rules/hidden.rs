//! Rule `hidden`: nothing keeps code out of sight of the other rules.
//!
//! Code in files that are not Rust files, lines that rustfmt leaves alone, lints switched off for a whole module.

use crate::tidy::{Config, Finding, Tree};

const RULE: &str = "hidden";
/// Lints that stand for a rule of the house: to be switched off at one item, with its reason, never for a module.
const LINTS: [&str; 9] = [
    "disallowed_methods",
    "expect_used",
    "indexing_slicing",
    "panic",
    "string_slice",
    "todo",
    "too_many_lines",
    "unimplemented",
    "unwrap_used",
];

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    for source in tree.sources() {
        for name in source.names.iter().filter(|name| !source.is_test(name.at)) {
            if name.is_macro(source) && name.last() == "include" {
                let what = "`include!` brings in code that is not scanned".to_owned();
                found.push(source.finding(name.at, RULE, "", what, "make it a module"));
            }
            if name.hits("rustfmt::skip") {
                let what = "`rustfmt::skip` hides how long the code is".to_owned();
                found.push(source.finding(name.at, RULE, "", what, "let rustfmt lay it out"));
            }
        }
        for at in (0..source.tokens.len()).filter(|at| source.is_mark(*at, "#") && !source.is_test(*at)) {
            if source.is_mark(at + 1, "[") && source.word(at + 2) == Some("path") && source.is_mark(at + 3, "=") {
                let what = "a module lies under another path".to_owned();
                found.push(source.finding(at, RULE, "", what, "put the file where its name says"));
            }
            let is_inner = source.is_mark(at + 1, "!") && matches!(source.word(at + 3), Some("allow" | "expect"));
            let lint = |n: usize| source.word(n).filter(|word| LINTS.contains(word));
            if let Some(lint) = is_inner.then(|| (at..source.closing(at + 2)).find_map(lint)).flatten() {
                let what = format!("`{lint}` is switched off for a whole module");
                found.push(source.finding(at, RULE, lint, what, "switch it off at one item and give the reason"));
            }
        }
    }
}
