//! Rules `header`, `file-size` and `function-size`: a file opens with what it is, and is short enough to know.

use crate::tidy::{Config, Finding, Source, Tree};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const HEADER_LEN_MIN: usize = 12;

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    for source in tree.sources() {
        header(source, found);
        file(source, found);
        functions(source, found);
    }
}

fn header(source: &Source, found: &mut Vec<Finding>) {
    let first = source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").map(str::trim).unwrap_or_default();
    let is_empty = says.len() < HEADER_LEN_MIN || says.eq_ignore_ascii_case("placeholder");
    if is_empty {
        found.push(Finding {
            file: source.path.clone(),
            line: 1,
            rule: "header",
            item: String::new(),
            what: "the file does not open with `//!` and a sentence".to_owned(),
            mend: "say what it is, what it does not know and where to start reading",
        });
    }
}

fn file(source: &Source, found: &mut Vec<Finding>) {
    let count = source.text.lines().count();
    if count > FILE_LINES_MAX {
        found.push(Finding {
            file: source.path.clone(),
            line: FILE_LINES_MAX + 1,
            rule: "file-size",
            item: String::new(),
            what: format!("{count} lines, {FILE_LINES_MAX} are allowed"),
            mend: "split it by what it knows",
        });
    }
}

fn functions(source: &Source, found: &mut Vec<Finding>) {
    for at in 0..source.tokens.len() {
        let name_at = match source.word(at) {
            Some("fn") if source.word(at + 1).is_some() || source.is_mark(at + 1, "$") => at + 1,
            Some("macro_rules") if source.is_mark(at + 1, "!") => at + 2,
            _ => continue,
        };
        let name = source.word(name_at).unwrap_or("$");
        let end = source.item_end(name_at + 1);
        let count = (source.line(end) + 1).saturating_sub(source.line(at));
        if count > FUNCTION_LINES_MAX {
            let what = format!("`{name}` has {count} lines, {FUNCTION_LINES_MAX} are allowed");
            found.push(source.finding(at, "function-size", name, what, "take the steps out into functions"));
        }
    }
}
