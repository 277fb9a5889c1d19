//! One permit opens once.

use kepil_domain::{
    Receipt, Tick,
    gate::Permit,
    vault::{Sealed, open},
};
use kepil_policy::Policy;

fn twice(permit: Permit, receipts: [Receipt; 2], rows: [Sealed; 2], policy: &Policy) {
    let [first, second] = receipts;
    let [one, other] = rows;
    let _ = open(permit, first, one, policy, Tick(0));
    let _ = open(permit, second, other, policy, Tick(0));
}

fn main() {}
