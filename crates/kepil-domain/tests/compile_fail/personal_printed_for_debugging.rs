//! A value about a person has no form for logs.

use kepil_domain::Personal;

fn log(value: &Personal<String>) -> String {
    format!("{value:?}")
}

fn main() {}
