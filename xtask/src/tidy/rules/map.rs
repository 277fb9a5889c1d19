//! Rule `map`: `ARCHITECTURE.md` names every crate and every module folder, and what it and its neighbours name exists.

use std::collections::BTreeSet;

use crate::tidy::{Config, Finding, Tree};

const RULE: &str = "map";
const MAP: &str = "ARCHITECTURE.md";
const ENDS: [&str; 9] = [".rs", ".toml", ".md", ".html", ".ftl", ".css", ".js", ".txt", ".yaml"];

pub fn check(tree: &Tree, _config: &Config, found: &mut Vec<Finding>) {
    match tree.text(MAP) {
        Some(text) => {
            missing(tree, text, found);
            gone(tree, MAP, text, found);
        }
        None => found.push(finding(MAP, 1, "there is no map of the house".to_owned(), "write it")),
    }
    for path in tree.paths().filter(|path| is_markdown(path) && !path.contains('/')) {
        links(tree, path, tree.text(path).unwrap_or_default(), found);
    }
}

fn is_markdown(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|end| end == "md")
}

fn finding(file: &str, line: usize, what: String, mend: &'static str) -> Finding {
    Finding { file: file.to_owned(), line, rule: RULE, item: String::new(), what, mend }
}

/// Crates and top-level module folders that the map does not name.
fn missing(tree: &Tree, text: &str, found: &mut Vec<Finding>) {
    for name in packages(tree) {
        let short = name.rsplit('/').next().unwrap_or(&name);
        if !has_word(text, short) {
            found.push(finding(MAP, 1, format!("the crate `{name}` is not on the map"), "add it"));
        }
        let inside = format!("{name}/src/");
        let folders: BTreeSet<&str> = tree
            .paths()
            .filter_map(|path| path.strip_prefix(&inside)?.split_once('/').map(|(folder, _)| folder))
            .collect();
        for folder in folders {
            let is_named = text.contains(&format!("{short}/src/{folder}")) || has_word(text, &format!("{folder}/"));
            if !is_named {
                found.push(finding(MAP, 1, format!("the folder `{inside}{folder}` is not on the map"), "add it"));
            }
        }
    }
}

/// The folders of the packages: those with a manifest, the root apart.
fn packages(tree: &Tree) -> Vec<String> {
    tree.paths().filter_map(|path| path.strip_suffix("/Cargo.toml")).map(str::to_owned).collect()
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|lead| lead.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|rest| rest.chars().next());
        !before.is_some_and(is_part) && (word.ends_with('/') || !after.is_some_and(is_part))
    })
}

/// Files and folders that the map names but the tree does not hold.
fn gone(tree: &Tree, file: &str, text: &str, found: &mut Vec<Finding>) {
    for (n, line) in text.lines().enumerate() {
        let ticked = line.split('`').skip(1).step_by(2);
        let plain = line.split(|c: char| c.is_whitespace() || matches!(c, '`' | '(' | ')' | ',' | '|' | '"'));
        let named: BTreeSet<&str> = ticked.filter(|one| one.ends_with('/')).chain(plain).map(trimmed).collect();
        for name in named.into_iter().filter(|name| is_path(name)) {
            if !exists(tree, name) {
                found.push(finding(file, n + 1, format!("`{name}` does not exist"), "mend the name"));
            }
        }
    }
}

fn trimmed(name: &str) -> &str {
    name.trim_end_matches(['.', ';', ':'])
}

fn is_path(name: &str) -> bool {
    let is_file = ENDS.iter().any(|end| name.ends_with(end) && name.len() > end.len());
    let is_folder = name.ends_with('/') && name.len() > 1;
    let is_foreign =
        name.starts_with('/') || name.contains("://") || name.contains([' ', '*', '<', '>', '{', '}', '…', '=', '[']);
    (is_file || is_folder) && !is_foreign
}

/// A name counts from the root, from `crates/`, from a crate or from its `src/`.
fn exists(tree: &Tree, name: &str) -> bool {
    let from = |folder: String| tree.holds(&format!("{folder}{name}"));
    let near = |package: String| from(format!("{package}/")) || from(format!("{package}/src/"));
    from(String::new()) || from("crates/".to_owned()) || packages(tree).into_iter().any(near)
}

/// Links of Markdown files at the root that lead to nothing.
fn links(tree: &Tree, file: &str, text: &str, found: &mut Vec<Finding>) {
    for (n, line) in text.lines().enumerate() {
        for target in line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target)) {
            let path = target.split('#').next().unwrap_or_default();
            let is_local = !path.is_empty() && !path.contains(':') && !path.starts_with('/');
            if is_local && !tree.holds(path.trim_start_matches("./")) {
                found.push(finding(file, n + 1, format!("the link `{path}` leads to nothing"), "mend the link"));
            }
        }
    }
}
