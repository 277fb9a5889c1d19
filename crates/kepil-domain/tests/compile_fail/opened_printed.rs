//! What was opened has no form for logs.

use kepil_domain::vault::Opened;

fn log(opened: &Opened) -> String {
    format!("{opened:?}")
}

fn main() {}
