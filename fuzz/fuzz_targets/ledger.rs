//! Fuzzes leaves, payloads, checkpoints and receipts. The body is that of `never_panics.rs` in kepil-domain.
#![no_main]

mod parse;

libfuzzer_sys::fuzz_target!(|data: &[u8]| parse::ledger(data));
