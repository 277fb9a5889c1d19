//! One Rust file as the rules see it: tokens, resolved paths, and which tokens belong to tests.

use std::ops::Range;

use super::{Finding, Kind, NamedPath, Token, names, scope, tokens};

/// A Rust file.
pub struct Source {
    /// Path from the root of the tree.
    pub path: String,
    /// The text.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Every path in it, with aliases resolved; a path with two meanings comes twice.
    pub names: Vec<NamedPath>,
    tests: Vec<Range<usize>>,
}

impl Source {
    /// Reads `text`, the file at `path`.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let mut source =
            Self { path: path.to_owned(), text: text.to_owned(), tokens, names: Vec::new(), tests: Vec::new() };
        source.names = names::names(&source);
        source.tests = scope::test_ranges(&source);
        if scope::is_test_path(path) {
            source.mark_all_as_test();
        }
        source
    }

    /// Says that the file is compiled for tests only.
    pub fn mark_all_as_test(&mut self) {
        self.tests = std::iter::once(0..self.tokens.len()).collect();
    }

    /// Whether the token at `at` is compiled for tests only.
    #[must_use]
    pub fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// The name or keyword at `at`.
    #[must_use]
    pub fn word(&self, at: usize) -> Option<&str> {
        self.tokens.get(at).filter(|token| token.kind == Kind::Word).map(|token| token.text.as_str())
    }

    /// The string literal at `at`.
    #[must_use]
    pub fn literal(&self, at: usize) -> Option<&str> {
        self.tokens.get(at).filter(|token| token.kind == Kind::Text).map(|token| token.text.as_str())
    }

    /// Whether this punctuation stands at `at`.
    #[must_use]
    pub fn is_mark(&self, at: usize, mark: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Kind::Mark && token.text == mark)
    }

    /// Whether this punctuation stands just before `at`.
    #[must_use]
    pub fn follows_mark(&self, at: usize, mark: &str) -> bool {
        at.checked_sub(1).is_some_and(|before| self.is_mark(before, mark))
    }

    /// The line of the token at `at`.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.tokens.get(at).or(self.tokens.last()).map_or(1, |token| token.line)
    }

    /// Whether a bracket opens at `at`.
    #[must_use]
    pub fn opens(&self, at: usize) -> bool {
        ["(", "[", "{"].iter().any(|mark| self.is_mark(at, mark))
    }

    /// Where the bracket that opens at `at` closes; the end of the file when it does not.
    #[must_use]
    pub fn closing(&self, at: usize) -> usize {
        let mut depth = 0_usize;
        for (n, token) in self.tokens.iter().enumerate().skip(at) {
            if token.kind != Kind::Mark {
                continue;
            }
            match token.text.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                return n;
            }
        }
        self.tokens.len()
    }

    /// Where the item that begins at `at` ends: its `;`, or the `}` of its body.
    #[must_use]
    pub fn item_end(&self, at: usize) -> usize {
        let mut n = at;
        while n < self.tokens.len() {
            if self.is_mark(n, ";") {
                return n;
            }
            if self.is_mark(n, "{") {
                return self.closing(n);
            }
            n = if self.opens(n) { self.closing(n) + 1 } else { n + 1 };
        }
        n
    }

    /// The string literals that stand in one statement, joined: what `concat!` or `+` would make of them.
    #[must_use]
    pub fn joined_literals(&self) -> Vec<(usize, String)> {
        let mut out = Vec::new();
        let mut open: Option<(usize, String, usize)> = None;
        for (n, token) in self.tokens.iter().enumerate() {
            let ends = token.kind == Kind::Mark && matches!(token.text.as_str(), ";" | "{" | "}" | "=>");
            if token.kind == Kind::Text {
                let (_, text, count) = open.get_or_insert((n, String::new(), 0));
                text.push_str(&token.text);
                *count += 1;
            } else if ends {
                out.extend(open.take().filter(|(_, _, count)| *count > 1).map(|(at, text, _)| (at, text)));
            }
        }
        out.extend(open.filter(|(_, _, count)| *count > 1).map(|(at, text, _)| (at, text)));
        out
    }

    /// A finding at the token `at`.
    #[must_use]
    pub fn finding(&self, at: usize, rule: &'static str, item: &str, what: String, mend: &'static str) -> Finding {
        Finding { file: self.path.clone(), line: self.line(at), rule, item: item.to_owned(), what, mend }
    }
}
