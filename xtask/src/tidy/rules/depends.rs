//! Rule `depends`: what each crate may depend on; nothing points up; what may not be locked at all.
//!
//! Counts a package under its real name, whatever the manifest or the workspace calls it, for every target and for build
//! scripts. Development dependencies are free, but for crates above.

use std::collections::BTreeMap;

use crate::tidy::{Config, Finding, Tree};

const RULE: &str = "depends";
const MEND: &str = "turn the dependency round, or move the code to the crate that may have it";

pub fn check(tree: &Tree, config: &Config, found: &mut Vec<Finding>) {
    let aliases = tree.text("Cargo.toml").and_then(parsed).map(|root| aliases(&root)).unwrap_or_default();
    for path in tree.paths().filter(|path| path.ends_with("/Cargo.toml")) {
        let Some(manifest) = tree.text(path).and_then(parsed) else {
            found.push(finding(tree, path, "", "the manifest is not TOML".to_owned(), "mend it"));
            continue;
        };
        let name = manifest.get("package").and_then(|package| package.get("name")?.as_str()).unwrap_or_default();
        if path.starts_with("crates/") && !config.crates.contains_key(name) {
            let what = format!("the crate `{name}` has no rule");
            found.push(finding(tree, path, "name", what, "add it to `crates` in `tidy.toml`"));
        }
        for (key, package, is_dev) in dependencies(&manifest, &aliases) {
            if let Some(what) = complaint(config, name, &package, is_dev) {
                found.push(finding(tree, path, &key, what, MEND));
            }
        }
    }
    locked(tree, config, found);
}

fn parsed(text: &str) -> Option<toml::Table> {
    text.parse().ok()
}

fn finding(tree: &Tree, path: &str, key: &str, what: String, mend: &'static str) -> Finding {
    let text = tree.text(path).unwrap_or_default();
    let is_key =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with([' ', '.', '=', ']']));
    let line = text.lines().position(is_key).map_or(1, |at| at + 1);
    Finding { file: path.to_owned(), line, rule: RULE, item: key.to_owned(), what, mend }
}

/// What the workspace calls packages that have another name.
fn aliases(root: &toml::Table) -> BTreeMap<String, String> {
    let shared = root.get("workspace").and_then(|workspace| workspace.get("dependencies")?.as_table());
    let package =
        |(key, value): (&String, &toml::Value)| Some((key.clone(), value.get("package")?.as_str()?.to_owned()));
    shared.into_iter().flatten().filter_map(package).collect()
}

/// Every dependency: its key, its package, whether it is for development.
fn dependencies(manifest: &toml::Table, aliases: &BTreeMap<String, String>) -> Vec<(String, String, bool)> {
    let mut out = Vec::new();
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let tables = std::iter::once(manifest).chain(targets.filter_map(|(_, value)| value.as_table()));
    for table in tables {
        for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
            for (key, value) in table.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                let own = value.get("package").and_then(toml::Value::as_str);
                let package = own.or_else(|| aliases.get(key).map(String::as_str)).unwrap_or(key);
                out.push((key.clone(), package.to_owned(), section.starts_with("dev")));
            }
        }
    }
    out
}

fn complaint(config: &Config, name: &str, package: &str, is_dev: bool) -> Option<String> {
    let height = |one: &str| config.layers.iter().position(|layer| layer == one);
    if let (Some(own), Some(other)) = (height(name), height(package)) {
        return (other >= own).then(|| format!("`{name}` points up to `{package}`"));
    }
    let rule = config.crates.get(name).filter(|_| !is_dev)?;
    let is_outside = rule.only.as_ref().is_some_and(|only| !only.iter().any(|one| one == package));
    let is_banned = rule.never.iter().any(|one| one == package);
    (is_outside || is_banned).then(|| format!("`{name}` may not depend on `{package}`"))
}

fn locked(tree: &Tree, config: &Config, found: &mut Vec<Finding>) {
    let locks = tree.paths().filter(|path| *path == "Cargo.lock" || path.ends_with("/Cargo.lock"));
    let lines =
        locks.flat_map(|path| tree.text(path).unwrap_or_default().lines().enumerate().map(move |it| (path, it)));
    for (path, (n, line)) in lines {
        let name = line.strip_prefix("name = ").map(|value| value.trim_matches('"')).unwrap_or_default();
        if config.never_locked.iter().any(|one| one == name) {
            found.push(Finding {
                file: path.to_owned(),
                line: n + 1,
                rule: RULE,
                item: name.to_owned(),
                what: format!("`{name}` is locked"),
                mend: "choose features or a package that do without it",
            });
        }
    }
}
