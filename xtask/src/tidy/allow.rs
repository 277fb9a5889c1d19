//! Allowances: takes away the findings that `tidy.toml` lets pass, and reports allowances that nothing needs.

use super::{Config, Finding, Tree, config};

const RULE: &str = "allowance";

/// What is left of `found`.
pub fn apply(tree: &Tree, config: &Config, found: Vec<Finding>) -> Vec<Finding> {
    let mut is_used = vec![false; config.allow.len()];
    let mut left = Vec::new();
    for finding in found {
        let mut is_covered = false;
        for (allowance, used) in config.allow.iter().zip(&mut is_used) {
            let item_fits = allowance.item.as_ref().is_none_or(|item| *item == finding.item);
            if allowance.rule == finding.rule && allowance.covers(&finding.file) && item_fits {
                is_covered = true;
                *used = true;
            }
        }
        if !is_covered {
            left.push(finding);
        }
    }
    for (allowance, used) in config.allow.iter().zip(is_used) {
        // A folder or a word is a standing permission; a file is one that must be needed.
        let is_standing = allowance.path == "*" || allowance.path.ends_with('/');
        if used || is_standing {
            continue;
        }
        let state = if tree.text(&allowance.path).is_some() { "is not needed" } else { "names no file" };
        left.push(Finding {
            file: config::PATH.to_owned(),
            line: tree.line_of(config::PATH, &allowance.path),
            rule: RULE,
            item: String::new(),
            what: format!("the allowance of `{}` for `{}` {state}", allowance.rule, allowance.path),
            mend: "remove it",
        });
    }
    left
}
