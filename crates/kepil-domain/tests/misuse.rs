//! What must not compile: forged, copied or reused proofs, and values about people that print, compare or serialise.
//!
//! Law 2 of the house. The same misuse at run time, with proofs of different acts or facts that are too old, is in
//! `vault.rs`. Each file of `compile_fail` is given to the compiler with the libraries that this test was built with, which
//! costs no build; what it says stands in `errors.txt`, which `KEPIL_UPDATE=1` writes anew.

#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of the libraries that this test was built with.
fn libraries() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// The library of `name` that was built last.
fn library(name: &str) -> PathBuf {
    let (head, all) = (format!("lib{name}-"), fs::read_dir(libraries()).unwrap());
    let paths = all.map(|entry| entry.unwrap().path());
    let own = paths.filter(|path| {
        path.extension().is_some_and(|it| it == "rlib")
            && path.file_name().unwrap().to_str().unwrap().starts_with(&head)
    });
    own.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
}

/// The errors of the compiler about `file`, a line each.
fn errors(file: &Path) -> Vec<String> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=bin", "--emit=metadata", "--error-format=short", "-Awarnings"]);
    rustc.arg("-L").arg(format!("dependency={}", libraries().display()));
    for name in ["kepil_domain", "kepil_policy", "serde_json"] {
        rustc.arg("--extern").arg(format!("{name}={}", library(name).display()));
    }
    let scratch = tempfile::tempdir().unwrap();
    let said =
        rustc.arg("--out-dir").arg(scratch.path()).arg(file.file_name().unwrap()).current_dir(file.parent().unwrap());
    let said = String::from_utf8(said.output().unwrap().stderr).unwrap();
    said.lines().filter(|line| !line.starts_with("error: aborting")).map(str::to_owned).collect()
}

#[test]
fn misuse_of_proofs_and_personal_values_does_not_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile_fail");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "rs"));
    files.sort();
    let said: Vec<String> = files
        .iter()
        .map(|file| (file, errors(file)))
        .map(|(file, lines)| {
            assert_eq!(lines.len(), 1, "{} must be wrong in one way: {lines:?}", file.display());
            lines.concat()
        })
        .collect();
    let (said, kept) = (said.join("\n") + "\n", folder.join("errors.txt"));
    #[expect(clippy::disallowed_methods, reason = "this is a switch of the test, not of the program")]
    let is_update = std::env::var_os("KEPIL_UPDATE").is_some();
    if is_update {
        fs::write(&kept, &said).unwrap();
    }
    assert_eq!(said, fs::read_to_string(&kept).unwrap());
}
