//! Nothing opens before its entry is durable.

use kepil_domain::{
    Tick,
    gate::Permit,
    vault::{Sealed, open},
};
use kepil_policy::Policy;

fn early(permit: Permit, sealed: Sealed, policy: &Policy) {
    let _ = open(permit, sealed, policy, Tick(0));
}

fn main() {}
