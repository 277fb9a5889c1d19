//! Names: every path in a file, with its aliases resolved.
//!
//! `use std::time as t; t::Instant::now()` gives `std::time` and `std::time::Instant::now`. Aliases come from `use`,
//! `extern crate … as` and `type X = path`. `core` and `alloc` read as `std`. A name that a macro fills in reads as `$`,
//! a glob as `*`: both may stand for anything. Does not know scopes: an alias holds in the whole file.

use std::collections::BTreeMap;

use super::Source;

const STEPS_MAX: usize = 8;

/// A path and where it stands.
#[derive(Clone, Debug)]
pub struct NamedPath {
    /// Its segments, resolved.
    pub segments: Vec<String>,
    /// Its first token.
    pub at: usize,
    /// The token after its last.
    pub end: usize,
    /// The new name, when an import gives one.
    pub renamed: Option<String>,
    /// Whether it stands in a `use`.
    pub is_import: bool,
}

impl NamedPath {
    /// Whether it is `ban`, lies in it, or may stand for something in it.
    #[must_use]
    pub fn hits(&self, ban: &str) -> bool {
        let mut segments = self.segments.iter();
        for (n, part) in ban.split("::").enumerate() {
            match segments.next().map(String::as_str) {
                Some("*" | "$") if n > 0 => return true,
                Some(segment) if segment == part => {}
                _ => return false,
            }
        }
        true
    }

    /// Its last segment.
    #[must_use]
    pub fn last(&self) -> &str {
        self.segments.last().map_or("", String::as_str)
    }

    /// As it would be written.
    #[must_use]
    pub fn shown(&self) -> String {
        self.segments.join("::")
    }

    /// Whether it is the name of a macro that is called here.
    #[must_use]
    pub fn is_macro(&self, source: &Source) -> bool {
        source.is_mark(self.end, "!") && source.opens(self.end + 1)
    }
}

type Aliases = BTreeMap<String, Vec<Vec<String>>>;

/// Every path of `source`.
pub fn names(source: &Source) -> Vec<NamedPath> {
    let mut raw = Vec::new();
    let mut aliases = Aliases::new();
    let mut at = 0;
    while at < source.tokens.len() {
        at = step(source, at, &mut raw, &mut aliases);
    }
    let mut out = Vec::new();
    for path in raw {
        for segments in resolve(&path.segments, &aliases) {
            out.push(NamedPath { segments, ..path.clone() });
        }
    }
    out
}

fn step(source: &Source, at: usize, raw: &mut Vec<NamedPath>, aliases: &mut Aliases) -> usize {
    match source.word(at) {
        Some("use") if !source.is_mark(at + 1, "<") && !source.follows_mark(at, ".") => {
            let first = raw.len();
            let end = import(source, at + 1, &[], raw);
            for leaf in raw.iter().skip(first) {
                let name = leaf.renamed.clone().unwrap_or_else(|| leaf.last().to_owned());
                aliases.entry(name).or_default().push(leaf.segments.clone());
            }
            end
        }
        Some("extern") if source.word(at + 1) == Some("crate") => {
            if let Some(name) = source.word(at + 2) {
                let renamed = source.word(at + 4).filter(|_| source.word(at + 3) == Some("as")).map(str::to_owned);
                let path = vec![name.to_owned()];
                aliases.entry(renamed.clone().unwrap_or_default()).or_default().push(path.clone());
                raw.push(NamedPath { segments: path, at, end: at + 3, renamed, is_import: true });
            }
            at + 3
        }
        Some("type") if source.word(at + 1).is_some() && source.is_mark(at + 2, "=") => {
            let start = if source.is_mark(at + 3, "::") { at + 4 } else { at + 3 };
            if let (Some(name), Some(path)) = (source.word(at + 1), path_at(source, start)) {
                aliases.entry(name.to_owned()).or_default().push(path.segments);
            }
            at + 3
        }
        _ => match path_at(source, at) {
            Some(path) => {
                let end = path.end;
                raw.push(path);
                end
            }
            None => at + 1,
        },
    }
}

/// The segment at `at` and the token after it.
fn segment(source: &Source, at: usize) -> Option<(String, usize)> {
    if source.is_mark(at, "$") {
        // `$crate` is this crate, not a name that a caller fills in.
        let word = source.word(at + 1)?;
        return Some((if word == "crate" { "crate" } else { "$" }.to_owned(), at + 2));
    }
    source.word(at).map(|word| (word.to_owned(), at + 1))
}

fn path_at(source: &Source, at: usize) -> Option<NamedPath> {
    let (first, mut end) = segment(source, at)?;
    let mut segments = vec![first];
    loop {
        let mut next = end;
        if source.is_mark(next, "::") && source.is_mark(next + 1, "<") {
            next = after_generics(source, next + 1);
        } else if source.is_mark(next, ">") && source.follows_mark(at, "<") {
            // `<TcpStream>::connect`.
            next += 1;
        }
        let Some((segment, after)) = source.is_mark(next, "::").then(|| segment(source, next + 1)).flatten() else {
            return Some(NamedPath { segments, at, end, renamed: None, is_import: false });
        };
        segments.push(segment);
        end = after;
    }
}

fn after_generics(source: &Source, open: usize) -> usize {
    let mut depth = 0_usize;
    for at in open..source.tokens.len() {
        if source.is_mark(at, "<") {
            depth += 1;
        } else if source.is_mark(at, ">") {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return at + 1;
        }
    }
    source.tokens.len()
}

/// Reads one tree of a `use` into its leaves; gives the token after it.
fn import(source: &Source, start: usize, before: &[String], out: &mut Vec<NamedPath>) -> usize {
    let mut segments = before.to_vec();
    let mut at = start;
    loop {
        if source.is_mark(at, "::") {
            at += 1;
        } else if source.is_mark(at, "{") {
            let close = source.closing(at);
            at += 1;
            while at < close {
                at = import(source, at, &segments, out) + 1;
            }
            return close + 1;
        } else if source.is_mark(at, "*") {
            segments.push("*".to_owned());
            out.push(NamedPath { segments, at: start, end: at + 1, renamed: None, is_import: true });
            return at + 1;
        } else if let Some((segment, end)) = segment(source, at) {
            if segment != "self" || segments.is_empty() {
                segments.push(segment);
            }
            at = end;
            if !source.is_mark(at, "::") {
                let renamed = source.word(at + 1).filter(|_| source.word(at) == Some("as")).map(str::to_owned);
                at += if renamed.is_some() { 2 } else { 0 };
                out.push(NamedPath { segments, at: start, end: at, renamed, is_import: true });
                return at;
            }
        } else {
            return at;
        }
    }
}

/// Every meaning of a path.
fn resolve(path: &[String], aliases: &Aliases) -> Vec<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![(own(path).to_vec(), Vec::<String>::new())];
    while let Some((path, seen)) = open.pop() {
        let first = path.first().cloned().unwrap_or_default();
        match aliases.get(&first).filter(|_| !seen.contains(&first) && seen.len() < STEPS_MAX) {
            Some(targets) => {
                for target in targets {
                    let next: Vec<String> = own(target).iter().chain(path.iter().skip(1)).cloned().collect();
                    let mut seen = seen.clone();
                    seen.push(first.clone());
                    open.push((next, seen));
                }
            }
            None => done.push(path),
        }
    }
    for path in &mut done {
        if let Some(first) = path.first_mut().filter(|first| matches!(first.as_str(), "core" | "alloc")) {
            "std".clone_into(first);
        }
    }
    done.sort();
    done.dedup();
    done
}

/// Without `crate`, `self` and `super` in front.
fn own(path: &[String]) -> &[String] {
    let count = path.iter().take_while(|one| matches!(one.as_str(), "crate" | "self" | "super")).count();
    path.get(count..).filter(|rest| !rest.is_empty()).unwrap_or(path)
}
