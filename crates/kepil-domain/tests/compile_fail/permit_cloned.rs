//! A permit has no copy.

use kepil_domain::gate::Permit;

fn twice(permit: &Permit) -> Permit {
    permit.clone()
}

fn main() {}
