//! Tidy: reads the whole tree and says what should not be in it.
//!
//! Start reading at [`check`]. The rules are in [`rules`], one file each; they see [`Source`]s, that is tokens without
//! comments and paths with their aliases resolved, so a renamed import or a comment between two tokens hides nothing.
//! What a rule lets pass stands in `xtask/tidy.toml`, each time with its reason.
//! Does not know: types. A rule that needs them is a lint of clippy (`clippy.toml`) or a compile-fail test.

mod allow;
mod config;
mod finding;
mod names;
pub mod rules;
mod scope;
mod source;
mod tokens;
mod tree;

use std::path::Path;

pub use self::{
    config::{Allowance, Config, DependencyRule},
    finding::{Finding, TidyError},
    names::NamedPath,
    source::Source,
    tokens::{Kind, Token, tokens},
    tree::Tree,
};

/// Reads the tree at `root` with its `xtask/tidy.toml`. The findings come in the order of files and lines.
///
/// # Errors
/// [`TidyError`] when the tree or the configuration cannot be read.
pub fn check(root: &Path) -> Result<Vec<Finding>, TidyError> {
    let tree = Tree::read(root)?;
    let config = Config::parse(tree.text(config::PATH).unwrap_or_default())?;
    Ok(check_tree(&tree, &config))
}

/// Every finding of every rule that no allowance covers, and every allowance that covers nothing.
#[must_use]
pub fn check_tree(tree: &Tree, config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    for rule in rules::ALL {
        rule(tree, config, &mut found);
    }
    let mut left = allow::apply(tree, config, found);
    left.sort();
    left.dedup();
    left
}
