//! The rules, one file each. A rule reads the tree and adds findings; it knows no other rule.

mod ambient;
mod bundle;
mod clauses;
mod depends;
mod egress;
mod hidden;
mod logs;
mod machine;
mod map;
mod panics;
mod personal;
mod proof;
mod size;
mod sql;

use super::{Config, Finding, Tree};

/// A rule.
pub type Rule = fn(&Tree, &Config, &mut Vec<Finding>);

/// Every rule.
pub const ALL: [Rule; 14] = [
    ambient::check,
    bundle::check,
    clauses::check,
    depends::check,
    egress::check,
    hidden::check,
    logs::check,
    machine::check,
    map::check,
    panics::check,
    personal::check,
    proof::check,
    size::check,
    sql::check,
];
