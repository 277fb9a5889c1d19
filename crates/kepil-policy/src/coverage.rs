//! Coverage: each row of the source policy with its mechanism and the tests that prove it, kept or not kept.
//!
//! A row without a test is not kept, nor is one whose test is not in the tree. Rows of kind `OUT` are out of software's
//! reach and stand apart; gaps in the source's numbering are listed, never filled.
//! Does not know: which tests there are; the caller knows the tree.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{Clause, Policy};

/// The report as text, with every named test taken to be there.
#[must_use]
pub fn coverage(policy: &Policy) -> String {
    report(policy, &[])
}

/// The report as text, where `known` are the tests of the tree: a row that names another one is not kept.
#[must_use]
pub fn coverage_of(policy: &Policy, known: &BTreeSet<String>) -> String {
    report(policy, &tests_unknown(policy, known))
}

/// A test that a row of the source policy names.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct NamedTest<'a> {
    /// The row.
    pub row: &'a str,
    /// The test as the row names it: `crate::module::test`.
    pub test: &'a str,
}

/// Every test that the rows name, in the order of the rows.
#[must_use]
pub fn tests_named(policy: &Policy) -> Vec<NamedTest<'_>> {
    let rows = policy.clauses.iter();
    rows.flat_map(|row| row.tests.iter().map(|test| NamedTest { row: &row.id, test })).collect()
}

/// The named tests that are not among `known`.
#[must_use]
pub fn tests_unknown<'a>(policy: &'a Policy, known: &BTreeSet<String>) -> Vec<NamedTest<'a>> {
    tests_named(policy).into_iter().filter(|named| !known.contains(named.test)).collect()
}

fn report(policy: &Policy, unknown: &[NamedTest<'_>]) -> String {
    let is_unknown = |row: &Clause, test: &str| unknown.iter().any(|it| it.row == row.id && it.test == test);
    let is_kept = |row: &Clause| !row.tests.is_empty() && !row.tests.iter().any(|test| is_unknown(row, test));
    let (gaps, rows): (Vec<&Clause>, Vec<&Clause>) = policy.clauses.iter().partition(|row| row.gap.is_some());
    let (out, rows): (Vec<&Clause>, Vec<&Clause>) = rows.into_iter().partition(|row| row.kind == "OUT");
    let (kept, open): (Vec<&Clause>, Vec<&Clause>) = rows.into_iter().partition(|row| is_kept(row));
    let mut text = String::new();
    section(&mut text, "kept", &kept, &is_unknown);
    section(&mut text, "not kept", &open, &is_unknown);
    section(&mut text, "out of software's reach", &out, &is_unknown);
    section(&mut text, "gaps in the source", &gaps, &is_unknown);
    let _ =
        writeln!(text, "{} kept, {} not kept, {} out of reach, {} gaps", kept.len(), open.len(), out.len(), gaps.len());
    text
}

fn section(text: &mut String, title: &str, rows: &[&Clause], is_unknown: &dyn Fn(&Clause, &str) -> bool) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "== {title} ({})", rows.len());
    for row in rows {
        let _ = writeln!(text, "{:<8} {:<7} {}", row.id, row.kind, row.promise);
        if !row.mechanism.is_empty() {
            let _ = writeln!(text, "{:16} by: {}", "", row.mechanism);
        }
        for test in &row.tests {
            let word = if is_unknown(row, test) { "no such test" } else { "proved" };
            let _ = writeln!(text, "{:16} {word}: {test}", "");
        }
        if let Some(gap) = &row.gap {
            let _ = writeln!(text, "{:16} {gap}", "");
        }
    }
    text.push('\n');
}
