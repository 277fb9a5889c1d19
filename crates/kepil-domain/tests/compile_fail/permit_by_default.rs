//! There is no permit by default.

use kepil_domain::gate::Permit;

fn forge() -> Permit {
    Permit::default()
}

fn main() {}
