//! The coverage of a bundle as people read it.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod common;

use kepil_policy::{compile, coverage};

#[test]
fn a_row_is_kept_by_its_tests_and_the_coverage_reads_like_this() {
    let policy = compile(&common::base()).unwrap();
    insta::assert_snapshot!("coverage", coverage(&policy));
}

#[test]
fn a_row_that_no_test_proves_is_not_kept() {
    let mut bundle = common::base();
    let text = bundle.files.get_mut("clauses.toml").unwrap();
    *text = text.lines().filter(|line| !line.starts_with("tests = [\"")).collect::<Vec<_>>().join("\n");
    let told = coverage(&compile(&bundle).unwrap());
    assert!(told.starts_with("== kept (0)"), "{told}");
}
