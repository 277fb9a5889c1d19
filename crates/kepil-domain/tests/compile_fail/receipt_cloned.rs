//! A receipt has no copy.

use kepil_domain::Receipt;

fn twice(receipt: &Receipt) -> Receipt {
    receipt.clone()
}

fn main() {}
