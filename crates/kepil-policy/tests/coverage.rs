//! A row of the source policy is kept only when the tests that it names are in the tree.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod common;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use kepil_policy::{Bundle, NamedTest, Policy, compile, coverage, coverage_of, tests_named, tests_unknown};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Whether the tree has a test of the crate, in a file along the modules, with the name.
fn is_in_tree(named: &str) -> bool {
    let parts: Vec<&str> = named.split("::").collect();
    let [root, modules @ .., name] = parts.as_slice() else { return false };
    let folder = match *root {
        "xtask" => "xtask".to_owned(),
        "kepil_testing" => "testing".to_owned(),
        root => format!("crates/{}", root.replace('_', "-")),
    };
    sources(&workspace().join(folder)).iter().any(|path| {
        let is_part = |module: &&str| path.components().any(|part| part.as_os_str() == *module);
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_along = modules.iter().all(|module| *module == "tests" || *module == stem || is_part(module));
        is_along && has_test(&std::fs::read_to_string(path).unwrap(), name)
    })
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("target"));
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = paths.partition(|path| path.is_dir());
    let mut all: Vec<PathBuf> =
        files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    folders.iter().for_each(|folder| all.extend(sources(folder)));
    all
}

/// Whether the source has `fn name(` below a line that makes it a test.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_test =
        |line: &&str| line.starts_with("#[test]") || line.starts_with("#[tokio::test") || line.starts_with("#[case");
    lines.iter().enumerate().any(|(at, line)| {
        let is_here = line.contains(&format!("fn {name}(")) || line.contains(&format!("fn {name}<"));
        let above = || lines.iter().take(at).rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        is_here && above().any(is_test)
    })
}

fn bundles() -> Vec<Bundle> {
    let shipped = std::fs::read_dir(workspace().join("policies")).unwrap();
    shipped.filter_map(|folder| common::read(&folder.unwrap().path())).chain([common::base()]).collect()
}

fn known(policy: &Policy) -> BTreeSet<String> {
    let named = tests_named(policy).into_iter().map(|named| named.test.to_owned());
    named.filter(|test| is_in_tree(test)).collect()
}

#[test]
fn every_test_that_a_row_names_is_in_the_tree() {
    for bundle in bundles() {
        let policy = compile(&bundle).unwrap();
        assert_eq!(tests_unknown(&policy, &known(&policy)), []);
    }
}

#[test]
fn a_test_that_is_not_in_the_tree_is_told_and_keeps_nothing() {
    let mut bundle = common::base();
    let text = bundle.files.get_mut("clauses.toml").unwrap();
    *text = text.replace("golden::every_fault", "golden::no_fault");
    let policy = compile(&bundle).unwrap();
    let absent = "kepil_policy::golden::no_fault_is_told_with_place_clause_and_hint";
    assert_eq!(tests_unknown(&policy, &known(&policy)), [NamedTest { row: "1.2b", test: absent }]);
    assert!(coverage(&policy).starts_with("== kept (1)"));
    let told = coverage_of(&policy, &known(&policy));
    assert!(told.starts_with("== kept (0)") && told.contains(&format!("no such test: {absent}")), "{told}");
}

#[test]
fn the_coverage_of_the_base_bundle_reads_like_this() {
    let policy = compile(&common::base()).unwrap();
    insta::assert_snapshot!("coverage", coverage_of(&policy, &known(&policy)));
}

#[test]
fn only_what_is_run_as_a_test_counts_as_one() {
    assert!(is_in_tree("kepil_policy::coverage::only_what_is_run_as_a_test_counts_as_one"));
    assert!(is_in_tree("kepil_policy::date::tests::dates_stand_in_the_order_of_time"));
    assert!(!is_in_tree("kepil_policy::coverage::is_in_tree"));
    assert!(!is_in_tree("kepil_policy::law::only_what_is_run_as_a_test_counts_as_one"));
    assert!(!is_in_tree("nobody::knows"));
}
