//! A value about a person does not print.

use kepil_domain::Personal;

fn print(value: &Personal<String>) -> String {
    format!("{value}")
}

fn main() {}
