//! Rule `sql`: no SQL text outside `kepil-store`.
//!
//! Looks at decoded string literals alone and joined with their neighbours, in any case and over any number of lines.
//! English that begins with a verb of SQL (`select a service from the list`) is not SQL.

use crate::tidy::{Config, Finding, Tree};

const RULE: &str = "sql";
const MEND: &str = "move the statement into `kepil-store`";
const HOME: &str = "crates/kepil-store/";

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    for source in tree.sources().iter().filter(|source| !source.path.starts_with(HOME)) {
        let single = (0..source.tokens.len()).filter_map(|at| Some((at, source.literal(at)?.to_owned())));
        for (at, text) in single.chain(source.joined_literals()) {
            if !source.is_test(at) && is_sql(&text) {
                let start: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(40).collect();
                found.push(source.finding(at, RULE, "", format!("`{start}` is SQL"), MEND));
            }
        }
    }
}

fn is_sql(text: &str) -> bool {
    let bare = without_lead(text);
    let words: Vec<&str> = bare.split_whitespace().collect();
    is_statement(&words) || is_fragment(bare)
}

/// Without what may stand before a statement: space, brackets, comments.
fn without_lead(text: &str) -> &str {
    let mut rest = text;
    loop {
        let bare = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == ';');
        let after = match (bare.strip_prefix("--"), bare.strip_prefix("/*")) {
            (Some(comment), _) => comment.split_once('\n'),
            (_, Some(comment)) => comment.split_once("*/"),
            _ => None,
        };
        match after {
            Some((_, after)) => rest = after,
            None => return bare,
        }
    }
}

fn is_statement(words: &[&str]) -> bool {
    let [first, rest @ ..] = words else { return false };
    let upper: Vec<String> = rest.iter().take(4).map(|word| word.to_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    let verb = first.trim_end_matches(';').to_uppercase();
    let is_shouted = first.trim_end_matches(';') == verb;
    match (verb.as_str(), upper.as_slice()) {
        ("SELECT", _) => is_select(rest, is_shouted),
        ("INSERT" | "REPLACE", ["INTO" | "OR", table, ..]) => is_table(table) || is_shouted,
        ("DELETE", ["FROM", table, ..])
        | ("UPDATE", [table, "SET", ..] | [_, table, "SET", ..] | [_, "AS", table, "SET"]) => is_table(table),
        ("CREATE" | "ALTER" | "DROP", [thing, ..]) => is_thing(thing, is_shouted),
        ("BEGIN" | "COMMIT" | "ROLLBACK" | "VACUUM", []) => is_shouted || first.ends_with(';'),
        ("BEGIN" | "START", [mode, ..]) => {
            let mode = mode.trim_end_matches(';');
            matches!(mode, "IMMEDIATE" | "EXCLUSIVE" | "DEFERRED" | "TRANSACTION" | "WORK" | "ISOLATION")
        }
        ("WITH", [_, "AS", query, ..] | ["RECURSIVE", query, ..]) => query.starts_with('(') || is_shouted,
        ("PRAGMA" | "SAVEPOINT" | "TRUNCATE" | "ATTACH", [_, ..])
        | ("EXPLAIN", ["SELECT" | "ANALYZE" | "QUERY", ..]) => true,
        // A verb alone, to be joined to the rest elsewhere. `DELETE` alone is also a method of HTTP.
        ("INSERT" | "UPDATE" | "ALTER", []) => is_shouted,
        _ => false,
    }
}

fn is_select(rest: &[&str], is_shouted: bool) -> bool {
    if is_shouted {
        return true;
    }
    let Some(from) = rest.iter().position(|word| word.eq_ignore_ascii_case("from")) else {
        let counts = |word: &str| word.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | ';' | '$'));
        return rest.len() == 1 && rest.iter().all(|word| counts(word) || word.contains('('));
    };
    let columns = rest.get(..from).unwrap_or_default();
    let is_list = columns.len() == 1 || columns.iter().rev().skip(1).all(|word| word.ends_with(','));
    let is_plain = columns.iter().all(|word| word.is_ascii()) && !columns.iter().any(|word| is_article(word));
    is_list && is_plain && rest.get(from + 1).is_some_and(|table| is_table(table))
}

fn is_table(word: &str) -> bool {
    let name = word.trim_end_matches([';', ')', ',']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '"' | '$' | '{' | '}' | '(');
    !name.is_empty() && name.chars().all(is_name) && !is_article(name)
}

fn is_article(word: &str) -> bool {
    let articles = ["a", "an", "the", "this", "that", "these", "your", "our", "their", "its", "all", "any", "it"];
    articles.contains(&word.to_lowercase().as_str())
}

fn is_thing(word: &str, is_shouted: bool) -> bool {
    let always = ["TABLE", "INDEX", "UNIQUE", "SCHEMA", "VIEW", "TRIGGER", "TEMP", "UNLOGGED", "SEQUENCE"];
    let shouted = ["OR", "ROLE", "DATABASE", "USER", "TYPE", "FUNCTION", "EXTENSION", "POLICY", "COLUMN", "OWNED"];
    always.contains(&word) || is_shouted && shouted.contains(&word)
}

/// A piece from the middle of a statement, written as our statements are: keywords in capitals.
fn is_fragment(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pair =
        |first: &str, second: &str| words.windows(2).any(|pair| matches!(pair, [a, b] if *a == first && *b == second));
    let around =
        |first: &str, last: &str| words.windows(3).any(|three| matches!(three, [a, _, b] if *a == first && *b == last));
    let filled = |first: &str| {
        words.windows(2).any(|pair| matches!(pair, [a, b] if *a == first && b.starts_with(['$', '?', '('])))
    };
    pair("INSERT", "INTO")
        || pair("ON", "CONFLICT")
        || pair("ORDER", "BY")
        || pair("GROUP", "BY")
        || pair("CREATE", "TABLE")
        || pair("DELETE", "FROM")
        || around("FROM", "WHERE")
        || around("WHERE", "=")
        || around("SET", "=")
        || filled("VALUES")
        || filled("LIMIT")
}
