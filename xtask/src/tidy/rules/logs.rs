//! Rule `log`: a log line has only fields that `tidy.toml` registers, and nothing reaches the log by another way.
//!
//! Clause 1.1c: an unlabelled field is no field. A value in the message counts as a field, so it needs a name.

use crate::tidy::{Config, Finding, Kind, NamedPath, Source, Token, Tree};

const RULE: &str = "log";
const MEND: &str = "name the value as a field that `log_fields` in `tidy.toml` registers, or leave it out";
const MACROS: [&str; 12] = [
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "span",
    "trace_span",
    "debug_span",
    "info_span",
    "warn_span",
    "error_span",
];
const PRINTS: [&str; 4] = ["println", "eprintln", "print", "eprint"];
/// Crates that never speak to a terminal.
const SILENT: [&str; 2] = ["crates/kepil-server/", "crates/kepil-store/"];
const OPTIONS: [&str; 3] = ["target", "parent", "name"];

pub fn check(tree: &Tree, config: &Config, found: &mut Vec<Finding>) {
    for source in tree.sources() {
        let is_silent = SILENT.iter().any(|one| source.path.starts_with(one));
        for name in source.names.iter().filter(|name| !source.is_test(name.at)) {
            let is_print = name.is_macro(source) && PRINTS.contains(&name.last());
            let is_stream = name.hits("std::io::stdout") || name.hits("std::io::stderr");
            if is_silent && (is_print || is_stream) {
                found.push(finding(source, name.at, "", format!("`{}` goes round the log", name.shown())));
            }
            if is_log(source, name) {
                call(source, name, config, found);
            }
            if name.last() == "instrument" && source.follows_mark(name.at, "[") {
                instrument(source, name, config, found);
            }
        }
        records(source, config, found);
    }
}

fn finding(source: &Source, at: usize, item: &str, what: String) -> Finding {
    source.finding(at, RULE, item, what, MEND)
}

fn is_log(source: &Source, name: &NamedPath) -> bool {
    let first = name.segments.first().map(String::as_str);
    let is_ours = name.segments.len() == 1 || matches!(first, Some("tracing" | "log"));
    name.is_macro(source) && MACROS.contains(&name.last()) && is_ours
}

/// The arguments of a bracket, split at its commas.
fn arguments(source: &Source, open: usize) -> Vec<(usize, usize)> {
    let close = source.closing(open);
    let mut out = Vec::new();
    let (mut start, mut at) = (open + 1, open + 1);
    while at < close {
        if source.is_mark(at, ",") {
            out.push((start, at));
            start = at + 1;
        }
        at = if source.opens(at) { source.closing(at) + 1 } else { at + 1 };
    }
    out.push((start, close));
    out.retain(|(start, end)| start < end);
    out
}

fn call(source: &Source, name: &NamedPath, config: &Config, found: &mut Vec<Finding>) {
    for (start, end) in arguments(source, name.end + 1) {
        if source.word(start).is_some_and(|word| OPTIONS.contains(&word)) && source.is_mark(start + 1, ":") {
            continue;
        }
        let is_level = (start..end).any(|at| source.word(at) == Some("Level")) && !source.is_mark(start + 1, "=");
        if is_level && matches!(name.last(), "event" | "span") {
            continue;
        }
        argument(source, start, end, config, found);
    }
}

fn argument(source: &Source, start: usize, end: usize, config: &Config, found: &mut Vec<Finding>) {
    let is_message = source.literal(start).is_some() && start + 1 == end;
    if is_message {
        for capture in captures(source.literal(start).unwrap_or_default()) {
            register(source, start, &capture, config, found);
        }
        return;
    }
    match field(source, start, end) {
        Some(name) => register(source, start, &name, config, found),
        None => found.push(finding(source, start, "", "a log line has a value without a name".to_owned())),
    }
}

fn register(source: &Source, at: usize, name: &str, config: &Config, found: &mut Vec<Finding>) {
    if !config.log_fields.iter().any(|one| one == name) {
        found.push(finding(source, at, name, format!("a log line has the field `{name}`, which is not registered")));
    }
}

/// The name of the field in an argument: `a = …`, `"a" = …`, `a`, `%a`, `?a.b`.
fn field(source: &Source, start: usize, end: usize) -> Option<String> {
    if let Some(name) = source.literal(start).filter(|_| source.is_mark(start + 1, "=")) {
        return Some(name.to_owned());
    }
    let first = if source.is_mark(start, "%") || source.is_mark(start, "?") { start + 1 } else { start };
    let mut name = source.word(first)?.to_owned();
    let mut at = first + 1;
    while let Some(word) = source.word(at + 1).filter(|_| source.is_mark(at, ".")) {
        name = format!("{name}.{word}");
        at += 2;
    }
    (at == end || source.is_mark(at, "=")).then_some(name)
}

/// What a message fills in: the names in its braces; `{}` when it has none.
fn captures(message: &str) -> Vec<String> {
    let plain = message.replace("{{", "").replace("}}", "");
    let inside = plain.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(inside, _)| inside));
    inside.map(|inside| inside.split(':').next().unwrap_or_default().trim().to_owned()).map(or_braces).collect()
}

fn or_braces(name: String) -> String {
    if name.is_empty() { "{}".to_owned() } else { name }
}

/// `#[instrument]` logs every argument unless told otherwise.
fn instrument(source: &Source, name: &NamedPath, config: &Config, found: &mut Vec<Finding>) {
    let close = source.closing(name.at - 1);
    let inside = source.tokens.get(name.end..close).unwrap_or_default();
    let says = |word: &str| inside.iter().any(|token: &Token| token.kind == Kind::Word && token.text == word);
    if !says("skip_all") || says("ret") {
        found.push(finding(source, name.at, "", "`instrument` logs what it is given".to_owned()));
    }
    if let Some(at) = (name.end..close).find(|at| source.word(*at) == Some("fields")) {
        for (start, end) in arguments(source, at + 1) {
            argument(source, start, end, config, found);
        }
    }
}

/// `.record("name", …)` sets a field of a span later.
fn records(source: &Source, config: &Config, found: &mut Vec<Finding>) {
    for at in (0..source.tokens.len()).filter(|at| source.word(*at) == Some("record") && !source.is_test(*at)) {
        let is_call = source.follows_mark(at, ".") && source.is_mark(at + 1, "(");
        if let Some(name) = source.literal(at + 2).filter(|_| is_call) {
            register(source, at, name, config, found);
        }
    }
}
