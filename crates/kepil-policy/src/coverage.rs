//! Coverage: each row of the source policy with its mechanism and the tests that prove it, kept or not kept.
//!
//! A row without a test is not kept. Rows of kind `OUT` are out of software's reach and stand apart; gaps in the
//! source's numbering are listed, never filled.
//! Does not know: whether the tests it names are there and run; `cargo xtask tidy` refuses a tree where one does not.

use std::fmt::Write as _;

use crate::{Clause, Policy};

/// The report as text.
#[must_use]
pub fn coverage(policy: &Policy) -> String {
    let (gaps, rows): (Vec<&Clause>, Vec<&Clause>) = policy.clauses.iter().partition(|row| row.gap.is_some());
    let (out, rows): (Vec<&Clause>, Vec<&Clause>) = rows.into_iter().partition(|row| row.kind == "OUT");
    let (kept, open): (Vec<&Clause>, Vec<&Clause>) = rows.into_iter().partition(|row| !row.tests.is_empty());
    let mut text = String::new();
    section(&mut text, "kept", &kept);
    section(&mut text, "not kept", &open);
    section(&mut text, "out of software's reach", &out);
    section(&mut text, "gaps in the source", &gaps);
    let _ =
        writeln!(text, "{} kept, {} not kept, {} out of reach, {} gaps", kept.len(), open.len(), out.len(), gaps.len());
    text
}

fn section(text: &mut String, title: &str, rows: &[&Clause]) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "== {title} ({})", rows.len());
    for row in rows {
        let _ = writeln!(text, "{:<8} {:<7} {}", row.id, row.kind, row.promise);
        if !row.mechanism.is_empty() {
            let _ = writeln!(text, "{:16} by: {}", "", row.mechanism);
        }
        for test in &row.tests {
            let _ = writeln!(text, "{:16} proved: {test}", "");
        }
        if let Some(gap) = &row.gap {
            let _ = writeln!(text, "{:16} {gap}", "");
        }
    }
    text.push('\n');
}
