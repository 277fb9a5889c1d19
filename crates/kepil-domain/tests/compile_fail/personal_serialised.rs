//! A value about a person goes into no JSON.

use kepil_domain::Personal;

fn answer(value: &Personal<String>) -> serde_json::Result<String> {
    serde_json::to_string(value)
}

fn main() {}
