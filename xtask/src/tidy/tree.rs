//! The tree: the text of every file that is, or would be, committed.
//!
//! Files come from git; without git from a walk that leaves out what `.gitignore` usually names.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use super::{Source, TidyError, scope};

/// Every text file, and the Rust ones as [`Source`]s.
pub struct Tree {
    texts: BTreeMap<String, String>,
    sources: Vec<Source>,
}

impl Tree {
    /// Reads the tree at `root`.
    ///
    /// # Errors
    /// [`TidyError::Unreadable`].
    pub fn read(root: &Path) -> Result<Self, TidyError> {
        let names = match listed(root) {
            Some(names) => names,
            None => walked(root)?,
        };
        let mut texts = BTreeMap::new();
        for name in names {
            // Gone from disk but not yet from git, or a link to a folder: nothing to read. A picture is there, without text.
            if let Ok(bytes) = fs::read(root.join(&name)) {
                texts.insert(name, String::from_utf8(bytes).unwrap_or_default());
            }
        }
        Ok(Self::of(texts))
    }

    /// A tree of these texts by path.
    #[must_use]
    pub fn of(texts: BTreeMap<String, String>) -> Self {
        let is_rust = |path: &str| Path::new(path).extension().is_some_and(|end| end == "rs");
        let mut sources: Vec<Source> =
            texts.iter().filter(|(path, _)| is_rust(path)).map(|(path, text)| Source::new(path, text)).collect();
        let for_tests: BTreeSet<String> = sources.iter().flat_map(scope::test_files).collect();
        for source in &mut sources {
            if for_tests.iter().any(|one| source.path == *one || source.path.starts_with(&format!("{}/", stem(one)))) {
                source.mark_all_as_test();
            }
        }
        Self { texts, sources }
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every Rust file.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Whether there is such a file or folder.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.texts.contains_key(path) || self.paths().any(|one| one.starts_with(&folder))
    }

    /// The first line of a file that has `needle`; 1 when none has.
    #[must_use]
    pub fn line_of(&self, path: &str, needle: &str) -> usize {
        let text = self.text(path).unwrap_or_default();
        text.lines().position(|line| line.contains(needle)).map_or(1, |at| at + 1)
    }
}

fn stem(path: &str) -> &str {
    path.strip_suffix("/mod.rs").or_else(|| path.strip_suffix(".rs")).unwrap_or(path)
}

fn listed(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let names = String::from_utf8(output.stdout).ok()?;
    let names: Vec<String> = names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    (!names.is_empty()).then_some(names)
}

fn walked(root: &Path) -> Result<Vec<String>, TidyError> {
    let mut names = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error| TidyError::Unreadable(folder.clone(), error);
        for entry in fs::read_dir(root.join(&folder)).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if matches!(name.as_str(), ".git" | "target" | "data" | "node_modules") {
                continue;
            }
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type().map_err(unreadable)?.is_dir() { folders.push(path) } else { names.push(path) }
        }
    }
    Ok(names)
}
