//! Every row of the source policy is linked from something, and what is linked is a row. Clause 1.2b.

use std::collections::BTreeSet;

use crate::{
    diagnostic::{Code, Place, Report},
    raw::{Named, Raw},
};

/// Checks the links of a bundle that has the rows of its source policy.
pub(crate) fn check(raw: &Raw, report: &Report) {
    if raw.clauses.is_empty() {
        return;
    }
    let rows: BTreeSet<&str> = raw.clauses.iter().map(|row| row.name.as_str()).collect();
    let mut linked = BTreeSet::new();
    for (clause, place) in links(raw) {
        if !rows.contains(clause) {
            report.add(
                Code::UnknownName,
                place,
                format!("`{clause}` is no row of the source policy"),
                "name a row of `[clause.…]`",
            );
        }
        linked.insert(clause);
    }
    let in_reach = raw.clauses.iter().filter(|row| row.is.gap.is_none() && row.is.kind != "OUT");
    for row in in_reach.filter(|row| !linked.contains(row.name.as_str())) {
        let message = format!("nothing in the bundle is linked to row `{}`", row.name);
        report.add(Code::ClauseUnlinked, &row.place, message, "add it to the `clauses` of what keeps it");
    }
}

fn links(raw: &Raw) -> Vec<(&str, &Place)> {
    let own = raw.services.iter().flat_map(|service| &service.is.purposes);
    let mut all = Vec::new();
    collect(&raw.compartments, &mut all);
    collect(&raw.keeps, &mut all);
    collect(&raw.fields, &mut all);
    collect(&raw.derived, &mut all);
    collect(&raw.purposes, &mut all);
    collect(&raw.floors, &mut all);
    collect(&raw.recipients, &mut all);
    collect(&raw.cookies, &mut all);
    collect(&raw.sdks, &mut all);
    collect(&raw.duties, &mut all);
    collect(&raw.documents, &mut all);
    collect(&raw.contents, &mut all);
    collect(&raw.aggregates, &mut all);
    collect(&raw.services, &mut all);
    all.extend(own.flat_map(|it| it.clauses.iter().map(|clause| (clause.as_str(), &it.place))));
    all
}

fn collect<'a, T>(parts: &'a [Named<T>], into: &mut Vec<(&'a str, &'a Place)>) {
    into.extend(parts.iter().flat_map(|it| it.clauses.iter().map(|clause| (clause.as_str(), &it.place))));
}
