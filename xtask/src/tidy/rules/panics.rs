//! Rules `panic` and `ignored`: nothing in the program gives up, and no test is left out.
//!
//! Tests may stop at the first surprise. A test that takes long has a name that begins with `long_` instead of being
//! ignored: `./check --long` runs those.

use crate::tidy::{Config, Finding, Source, Tree};

const METHODS: [&str; 5] = ["unwrap", "unwrap_err", "expect", "expect_err", "unwrap_unchecked"];
const MACROS: [&str; 4] = ["panic", "todo", "unimplemented", "dbg"];

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    for source in tree.sources() {
        panics(source, found);
        ignored(source, found);
    }
}

fn panics(source: &Source, found: &mut Vec<Finding>) {
    let mend = "return an error, or make the wrong state impossible to write down";
    for at in (0..source.tokens.len()).filter(|at| !source.is_test(*at)) {
        let Some(word) = source.word(at).filter(|word| METHODS.contains(word)) else { continue };
        let takes_nothing = source.is_mark(at + 1, "(") && source.is_mark(at + 2, ")");
        // A method of the same name that takes arguments (key unwrapping) is another one.
        let is_method = source.follows_mark(at, ".") && source.is_mark(at + 1, "(");
        let is_call = is_method && (takes_nothing || word.starts_with("expect"));
        let is_path = source.follows_mark(at, "::") && !source.is_mark(at + 1, "::");
        if is_call || is_path {
            found.push(source.finding(at, "panic", word, format!("`{word}` gives up"), mend));
        }
    }
    for name in source.names.iter().filter(|name| !source.is_test(name.at)) {
        let is_macro = name.is_macro(source) && MACROS.contains(&name.last());
        if is_macro || name.hits("std::panic::panic_any") || name.hits("std::process::abort") {
            found.push(source.finding(name.at, "panic", name.last(), format!("`{}` gives up", name.shown()), mend));
        }
    }
}

fn ignored(source: &Source, found: &mut Vec<Finding>) {
    let mend = "run it, remove it, or begin its name with `long_`";
    for at in 0..source.tokens.len() {
        if !(source.is_mark(at, "#") && source.is_mark(at + 1, "[")) {
            continue;
        }
        let close = source.closing(at + 1);
        let is_conditional = source.word(at + 2) == Some("cfg_attr");
        let is_list = |n: usize| source.is_mark(n, ",") || source.is_mark(n, "[");
        let is_ignore = |n: usize| source.word(n) == Some("ignore") && n.checked_sub(1).is_some_and(is_list);
        if is_ignore(at + 2) || is_conditional && (at + 3..close).any(is_ignore) {
            found.push(source.finding(at, "ignored", "", "a test is ignored".to_owned(), mend));
        }
    }
    for (n, line) in source.text.lines().enumerate() {
        let doc = line.trim_start();
        let fence = ["///", "//!"]
            .iter()
            .find_map(|lead| doc.strip_prefix(lead))
            .and_then(|rest| rest.trim().strip_prefix("```"));
        if fence.is_some_and(|marks| marks.split(',').any(|mark| mark.trim().starts_with("ignore"))) {
            let what = "an example is ignored".to_owned();
            let file = source.path.clone();
            found.push(Finding { file, line: n + 1, rule: "ignored", item: String::new(), what, mend });
        }
    }
}
