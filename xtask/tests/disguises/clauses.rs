//! A clause that names a test which proves nothing.

use super::found;

const TESTS: &str = "#[test]\nfn a_block_holds() {}\n#[test]\n#[ignore = \"slow\"]\nfn it_is_off() {}\n\
    fn a_helper() {}\n// #[test] fn only_a_comment() {}\n#[cfg(feature = \"x\")]\n#[test]\nfn sometimes() {}\n\
    const T: &str = \"#[test] fn only_a_text() {}\";\n#[tokio::test]\nasync fn it_waits() {}\n\
    proptest! { #[test] fn many_times(a in 0..9) {} }\n";

fn named(test: &str) -> bool {
    let bundle = format!("[clause.\"4.5\"]\nkind = \"CON\"\ntests = [\"{test}\"]\n");
    let files = [("policies/sample/clauses.toml", bundle.as_str()), ("crates/kepil-domain/tests/gate.rs", TESTS)];
    found("clause-test", &files).is_empty()
}

#[test]
fn a_test_that_does_not_run_is_seen() {
    for function in ["gone", "it_is_off", "a_helper", "only_a_comment", "sometimes", "only_a_text", "a_block_hold"] {
        assert!(!named(&format!("kepil-domain/tests/gate.rs::{function}")), "{function} passed");
    }
    for name in ["a_block_holds", "kepil-domain/tests/other.rs::a_block_holds", "gate::a_block_holds", ""] {
        assert!(!named(name), "{name} passed");
    }
}

#[test]
fn a_test_that_runs_is_no_offence() {
    for function in ["a_block_holds", "it_waits", "many_times"] {
        assert!(named(&format!("kepil-domain/tests/gate.rs::{function}")), "{function} was refused");
    }
}

#[test]
fn a_document_that_names_a_test_which_does_not_run_is_seen() {
    let named = |name: &str| {
        let document = format!("# Tests\n\n| row | `{name}` and `words` |\n");
        let files = [("docs/table.md", document.as_str()), ("crates/kepil-domain/tests/gate.rs", TESTS)];
        found("clause-test", &files).is_empty()
    };
    for function in ["gone", "it_is_off", "a_helper"] {
        assert!(!named(&format!("kepil-domain/tests/gate.rs::{function}")), "{function} passed");
    }
    assert!(named("kepil-domain/tests/gate.rs::a_block_holds") && named("no test at all"));
}
