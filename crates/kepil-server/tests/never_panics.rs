//! Whatever strangers send, nothing that reads it panics: small random runs of what `fuzz` runs for hours.
//!
//! The bodies are in `fuzz/fuzz_targets/provide/mod.rs`. Issue 3, must-show 7; clause 5.1.

#[path = "../../../fuzz/fuzz_targets/provide/mod.rs"]
mod provide;

use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

/// Bytes of many shapes: any, text, and the marks that tokens are made of.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let marks = "[0-9a-zA-Z_=+/ .,:;\"'\\[\\]{}@\n\u{2014}-]{0,300}";
    let token = "[0-9a-zA-Z_-]{0,80}\\.[0-9a-zA-Z_-]{0,80}\\.[0-9a-zA-Z_-]{0,90}";
    prop_oneof![
        vec(any::<u8>(), 0..400),
        marks.prop_map(String::into_bytes),
        token.prop_map(String::into_bytes),
        value().prop_map(|value| value.to_string().into_bytes()),
    ]
}

/// Texts: any, numbers of every size, and what separates the parts of addresses and headers.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        any::<i128>().prop_map(|number| number.to_string()),
        "[0-9a-zA-Z_=&?#%/ .,:;\"\\[\\]{}$@\r\n-]{0,120}",
        value().prop_map(|value| value.to_string()),
    ]
}

/// JSON of any shape, with the numbers at which sums overflow.
fn value() -> impl Strategy<Value = Value> {
    let numbers = prop_oneof![Just(i64::MAX), Just(i64::MIN), Just(0), any::<i64>(), 1_799_999_000..1_800_001_000i64];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        numbers.prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("https://id.example.kz/token?x#y")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[a-z_]{0,8}", inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_signed_tokens_and_keys_panic(data in bytes()) {
        provide::jose(&data);
    }

    #[test]
    fn no_claim_of_a_signed_token_or_a_client_makes_anything_panic(at in 0..64usize, value in value()) {
        provide::claims(at, &value);
    }

    #[test]
    fn no_parameter_of_a_request_makes_anything_panic(at in 0..64usize, text in text()) {
        provide::request(at, &text);
    }

    #[test]
    fn no_cookie_code_challenge_or_hash_makes_anything_panic(text in text()) {
        provide::texts(&text);
    }
}

#[test]
fn numbers_at_the_end_of_their_range_are_refused() {
    for number in [i64::MAX, i64::MAX - 61, i64::MIN, i64::MIN + 30] {
        for at in 0..35 {
            provide::claims(at, &json!(number));
        }
    }
}
