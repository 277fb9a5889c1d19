//! A permit is gone once it opened something.

use kepil_domain::{
    Receipt, Tick,
    gate::Permit,
    vault::{Sealed, open},
};
use kepil_policy::{FieldSet, Policy};

fn keep(permit: Permit, receipt: Receipt, sealed: Sealed, policy: &Policy) -> FieldSet {
    let _ = open(permit, receipt, sealed, policy, Tick(0));
    *permit.fields()
}

fn main() {}
