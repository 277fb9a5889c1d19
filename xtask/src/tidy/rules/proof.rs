//! Rules `receipt` and `reveal`: who may say that an act is durable, and who may look at a personal value.
//!
//! `danger_committed` belongs to `kepil-store`; `reveal` to the files that `tidy.toml` lists.

use crate::tidy::{Config, Finding, Source, Tree};

const STORE: &str = "crates/kepil-store/";

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    for source in tree.sources() {
        for at in 0..source.tokens.len() {
            if source.is_test(at) || is_definition(source, at) {
                continue;
            }
            match source.word(at) {
                Some("danger_committed") if !source.path.starts_with(STORE) => found.push(source.finding(
                    at,
                    "receipt",
                    "",
                    "`danger_committed` makes a receipt".to_owned(),
                    "let the store write the entry and take the receipt from it",
                )),
                Some("reveal") if source.follows_mark(at, ".") || source.follows_mark(at, "::") => {
                    found.push(source.finding(
                        at,
                        "reveal",
                        "",
                        "`reveal` shows a personal value".to_owned(),
                        "move it to a file where `tidy.toml` allows it, or list this one with the reason",
                    ));
                }
                _ => {}
            }
        }
    }
}

fn is_definition(source: &Source, at: usize) -> bool {
    at.checked_sub(1).and_then(|before| source.word(before)) == Some("fn")
}
