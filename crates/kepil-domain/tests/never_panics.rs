//! Whatever bytes come in, nothing that parses panics: small random runs of what `fuzz` runs for hours.
//!
//! The bodies are in `fuzz/fuzz_targets/parse/mod.rs`. Clause 5.1.

#[path = "../../../fuzz/fuzz_targets/parse/mod.rs"]
mod parse;

use proptest::{collection::vec, prelude::*};

/// Bytes of many shapes: any, text, digits and marks that parsers look for, and long runs of one byte.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let marks = "[0-9a-zA-Z_=+/ .,:;\"'\\[\\]{}<>#@\n\u{2014}-]{0,300}";
    prop_oneof![
        vec(any::<u8>(), 0..400),
        any::<String>().prop_map(String::into_bytes),
        marks.prop_map(String::into_bytes),
        (any::<u8>(), 0..400usize).prop_map(|(byte, len)| vec![byte; len]),
        (0..3u8, vec(prop_oneof![Just(0u8), Just(1), Just(u8::MAX), any::<u8>()], 0..200)).prop_map(|(first, rest)| [
            vec![first],
            rest
        ]
        .concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_ledger_panic(data in bytes()) {
        parse::ledger(&data);
    }

    #[test]
    fn no_bytes_make_the_vault_panic(data in bytes()) {
        parse::sealed(&data);
    }

    #[test]
    fn no_bytes_make_a_standing_panic(data in bytes()) {
        parse::standing(&data);
    }

    #[test]
    fn no_bytes_make_a_token_or_a_form_panic(data in bytes()) {
        parse::token(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_compiler_of_bundles_panic(data in bytes()) {
        parse::bundle(&data);
    }
}
