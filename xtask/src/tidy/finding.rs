//! What tidy says: one finding is one line, with the place, the rule, what was seen and how to mend it.

use std::fmt;

/// Something that should not be there.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Finding {
    /// Path from the root of the tree.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The rule's name, as in `tidy.toml`.
    pub rule: &'static str,
    /// What an allowance may name besides the file: a function, a word; empty when there is nothing to name.
    pub item: String,
    /// What was seen.
    pub what: String,
    /// How to mend it.
    pub mend: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}; {}", self.file, self.line, self.rule, self.what, self.mend)
    }
}

/// Why tidy could not look.
#[derive(Debug)]
pub enum TidyError {
    /// A file or folder cannot be read.
    Unreadable(String, std::io::Error),
    /// `tidy.toml` says something else than expected.
    Config(String),
}

impl fmt::Display for TidyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(f, "`{path}` cannot be read: {error}"),
            Self::Config(message) => write!(f, "`xtask/tidy.toml`: {message}"),
        }
    }
}

impl std::error::Error for TidyError {}
