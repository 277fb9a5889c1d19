//! A value about a person does not leave its cover.

use kepil_domain::Personal;

fn bare(value: Personal<String>) -> String {
    value.0.to_string()
}

fn main() {}
