//! Every row of the source policy is linked from something, and what is linked is a row. Clause 1.2b.

use std::collections::HashSet;

use crate::{
    diagnostic::{Code, Report},
    raw::Raw,
};

/// Ability, constraint, absence, out of software's reach.
const KINDS: [&str; 4] = ["CAP", "CON", "NOT", "OUT"];

/// Checks the links of a bundle that has the rows of its source policy.
pub(crate) fn check(raw: &Raw, report: &Report) {
    if raw.clauses.is_empty() {
        return;
    }
    let rows: HashSet<&str> = raw.clauses.iter().map(|row| row.name.as_str()).collect();
    let mut linked = HashSet::new();
    for link in raw.links() {
        if !rows.contains(link.clause) {
            let message =
                format!("`{}` is linked to `{}`, which is no row of the source policy", link.part(), link.clause);
            let hint = "name a row that has a `[clause.\"…\"]`, or add the row";
            report.add(Code::UnknownName, &link.place, message, hint);
        }
        linked.insert(link.clause);
    }
    for row in &raw.clauses {
        let is_in_reach = row.is.gap.is_none() && row.is.kind != "OUT";
        if is_in_reach && !linked.contains(row.name.as_str()) {
            let message = format!("nothing in the bundle is linked to row `{}`", row.name);
            let hint = format!("add `{}` to the `clauses` of what keeps it", row.name);
            report.add(Code::ClauseUnlinked, &row.place, message, hint);
        }
        if is_in_reach && row.is.mechanism.trim().is_empty() {
            let message = format!("row `{}` does not say how it is kept", row.name);
            report.add(Code::MissingKey, &row.place, message, "add `mechanism = \"…\"`");
        }
        for word in row.is.kind.split('+').filter(|word| !KINDS.contains(word) && !row.is.kind.is_empty()) {
            let message = format!("`{word}` is no kind of row `{}`", row.name);
            let hint = format!("write one or more of {}, joined with `+`", KINDS.join(", "));
            report.add(Code::UnknownWord, &row.at("kind"), message, hint);
        }
    }
}
