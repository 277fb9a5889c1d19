//! Fuzzes tokens, ids for services and the forms of people. The body is that of `never_panics.rs` in kepil-domain.
#![no_main]

mod parse;

libfuzzer_sys::fuzz_target!(|data: &[u8]| parse::token(data));
