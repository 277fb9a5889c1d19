//! One receipt opens once.

use kepil_domain::{
    Receipt, Tick,
    gate::Permit,
    vault::{Sealed, open},
};
use kepil_policy::Policy;

fn twice(permits: [Permit; 2], receipt: Receipt, rows: [Sealed; 2], policy: &Policy) {
    let [first, second] = permits;
    let [one, other] = rows;
    let _ = open(first, receipt, one, policy, Tick(0));
    let _ = open(second, receipt, other, policy, Tick(0));
}

fn main() {}
