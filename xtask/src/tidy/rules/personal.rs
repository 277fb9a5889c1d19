//! Rule `personal`: a type that holds a personal value cannot be printed, compared, hashed, serialised or seen through.
//!
//! A derive on such a type, a hand-written `impl`, also by a macro or under another name of the trait or of `Personal`.

use std::{collections::BTreeSet, ops::Range};

use crate::tidy::{Config, Finding, Kind, Source, Tree};

const RULE: &str = "personal";
const MEND: &str = "build a reply type of what was permitted instead";
const ROOT: &str = "Personal";
const BANNED: [&str; 15] = [
    "AsRef",
    "Borrow",
    "Debug",
    "Deref",
    "DerefMut",
    "Display",
    "Eq",
    "Hash",
    "LowerHex",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Serialize",
    "SerializeDisplay",
    "UpperHex",
];

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    let names = personal_names(tree);
    let holders: BTreeSet<String> = tree.sources().iter().flat_map(|source| holders(source, &names)).collect();
    for source in tree.sources() {
        let lookup = Lookup::new(source, &names, &holders);
        for at in 0..source.tokens.len() {
            let hit = match source.word(at) {
                _ if source.is_test(at) => None,
                Some("struct" | "enum" | "union") => lookup.derive(at),
                Some("impl") => lookup.implementation(at),
                _ => None,
            };
            if let Some((item, what)) = hit {
                found.push(source.finding(at, RULE, &item, what, MEND));
            }
        }
    }
}

/// `Personal` and the aliases of types that have it in them.
fn personal_names(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::from([ROOT.to_owned()]);
    loop {
        let before = names.len();
        for source in tree.sources() {
            let inside = associated(source);
            for at in (0..source.tokens.len()).filter(|at| source.word(*at) == Some("type")) {
                let end = source.item_end(at);
                if inside.iter().any(|range| range.contains(&at)) {
                    continue;
                }
                if mentions(source, at + 2..end, &names) {
                    names.extend(source.word(at + 1).map(str::to_owned));
                }
            }
            let renamed = source.names.iter().filter(|name| names.contains(name.last()));
            let renamed: Vec<String> =
                renamed.filter_map(|name| name.renamed.clone()).filter(|name| name != "_").collect();
            names.extend(renamed);
        }
        if names.len() == before {
            return names;
        }
    }
}

/// Where `type` names an associated type: the bodies of `impl` and `trait`.
fn associated(source: &Source) -> Vec<Range<usize>> {
    let begins = |at: &usize| matches!(source.word(*at), Some("impl" | "trait"));
    (0..source.tokens.len()).filter(begins).map(|at| at..source.item_end(at)).collect()
}

/// Whether a personal type is named; `Personal` alone may also be a variant of an enum.
fn mentions(source: &Source, range: Range<usize>, names: &BTreeSet<String>) -> bool {
    let is_type = |at: usize, word: &str| word != ROOT || source.is_mark(at + 1, "<") || source.is_mark(at + 1, "::");
    range.into_iter().any(|at| source.word(at).is_some_and(|word| names.contains(word) && is_type(at, word)))
}

fn holders(source: &Source, names: &BTreeSet<String>) -> Vec<String> {
    let is_type = |at: &usize| matches!(source.word(*at), Some("struct" | "enum" | "union"));
    let holds = |at: &usize| mentions(source, at + 2..source.item_end(*at), names);
    (0..source.tokens.len())
        .filter(is_type)
        .filter(holds)
        .filter_map(|at| source.word(at + 1).map(str::to_owned))
        .collect()
}

struct Lookup<'a> {
    source: &'a Source,
    names: &'a BTreeSet<String>,
    holders: &'a BTreeSet<String>,
}

impl<'a> Lookup<'a> {
    fn new(source: &'a Source, names: &'a BTreeSet<String>, holders: &'a BTreeSet<String>) -> Self {
        Self { source, names, holders }
    }

    /// A banned trait among the words of a range, whatever it is called here.
    fn banned(&self, range: Range<usize>) -> Option<String> {
        let inside = self.source.names.iter().filter(|name| range.contains(&name.at));
        inside.map(|name| name.last().to_owned()).find(|last| BANNED.contains(&last.as_str()))
    }

    /// The type at `at` holds a personal value and derives a banned trait.
    fn derive(&self, at: usize) -> Option<(String, String)> {
        if !mentions(self.source, at + 1..self.source.item_end(at), self.names) {
            return None;
        }
        let name = self.source.word(at + 1).unwrap_or("$").to_owned();
        let attributes = self.attributes_before(at);
        let derived = attributes.into_iter().find_map(|(open, close)| {
            let has_derive = (open..close).any(|n| self.source.word(n) == Some("derive"));
            has_derive.then(|| self.banned(open..close)).flatten()
        })?;
        Some((name.clone(), format!("`{name}` holds personal values and derives `{derived}`")))
    }

    /// The attributes in front of the item whose keyword is at `at`.
    fn attributes_before(&self, at: usize) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        let begin = (0..at).rev().find(|n| {
            let closes_item =
                self.source.is_mark(*n, "}") || self.source.is_mark(*n, ";") || self.source.is_mark(*n, "{");
            closes_item
                && !self.source.tokens.get(n + 1).is_some_and(|next| next.kind == Kind::Mark && next.text == "]")
        });
        let mut n = begin.map_or(0, |n| n + 1);
        while n < at {
            if self.source.is_mark(n, "#") && self.source.is_mark(n + 1, "[") {
                let close = self.source.closing(n + 1);
                out.push((n + 1, close));
                n = close;
            }
            n += 1;
        }
        out
    }

    /// A hand-written `impl` of a banned trait that has to do with a personal type.
    fn implementation(&self, at: usize) -> Option<(String, String)> {
        let source = self.source;
        let open = (at..source.tokens.len()).find(|n| source.is_mark(*n, "{") || source.is_mark(*n, ";"))?;
        let start = if source.is_mark(at + 1, "<") { self.after_angles(at + 1) } else { at + 1 };
        let split = (start..open).find(|n| source.word(*n) == Some("for") && !source.is_mark(n + 1, "<"))?;
        let is_personal = |word: &str| self.names.contains(word) || self.holders.contains(word);
        let generics = (start..split).find(|n| source.is_mark(*n, "<")).unwrap_or(split);
        let trait_name = self.banned(start..generics)?;
        let end = (split..open).find(|n| source.word(*n) == Some("where")).unwrap_or(open);
        let about: Vec<usize> = (generics..end).collect();
        let personal = about.iter().find_map(|n| source.word(*n).filter(|word| is_personal(word)));
        let is_filled_in = source.is_mark(split + 1, "$") && mentions(source, 0..source.tokens.len(), self.names);
        let name = personal.or_else(|| is_filled_in.then_some("$"))?;
        Some((name.to_owned(), format!("`{trait_name}` is implemented for `{name}`, which holds personal values")))
    }

    fn after_angles(&self, open: usize) -> usize {
        let mut depth = 0_usize;
        for at in open..self.source.tokens.len() {
            depth += usize::from(self.source.is_mark(at, "<"));
            depth -= usize::from(self.source.is_mark(at, ">") && depth > 0);
            if depth == 0 {
                return at + 1;
            }
        }
        open
    }
}
