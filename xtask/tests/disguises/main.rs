//! Each rule of tidy against offences in disguise, and against clean code that looks like one.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod absent;
mod clauses;
mod code;
mod outside;
mod shape;
mod values;
mod words;

use std::collections::BTreeMap;

use xtask::tidy::{Config, Finding, Tree, check_tree};

const CONFIG: &str = r#"
bundle = "policies/sample"
layers = ["kepil-policy", "kepil-domain", "kepil-store", "kepil-server", "kepil"]
log_fields = ["count", "error"]
never_locked = ["openssl"]
[crates.kepil-policy]
only = ["serde", "toml"]
[crates.kepil-server]
never = ["rusqlite"]
[crates.kepil-store]
"#;

/// What `rule` finds in these files.
fn found(rule: &str, files: &[(&str, &str)]) -> Vec<Finding> {
    let config = Config::parse(CONFIG).unwrap();
    let texts: BTreeMap<String, String> =
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    check_tree(&Tree::of(texts), &config).into_iter().filter(|finding| finding.rule == rule).collect()
}

/// Each text alone, as the file `path`, must be caught.
fn caught(rule: &str, path: &str, texts: &[&str]) {
    for text in texts {
        assert!(!found(rule, &[(path, text)]).is_empty(), "`{rule}` does not see\n{text}");
    }
}

/// Each text alone, as the file `path`, must pass.
fn clean(rule: &str, path: &str, texts: &[&str]) {
    for text in texts {
        let findings = found(rule, &[(path, text)]);
        if let Some(finding) = findings.first() {
            panic!("`{finding}` is wrong about\n{text}");
        }
    }
}
