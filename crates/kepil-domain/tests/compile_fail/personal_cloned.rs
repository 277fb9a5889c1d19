//! A copy of a value about a person is asked for by name.

use kepil_domain::Personal;

fn copy(value: &Personal<String>) -> Personal<String> {
    value.clone()
}

fn main() {}
