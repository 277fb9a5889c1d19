//! Fuzzes what the server reads from strangers. The bodies are those of `never_panics.rs` in kepil-server.
#![no_main]

mod provide;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let at = usize::from(data.first().copied().unwrap_or_default());
    provide::jose(data);
    provide::texts(&text);
    provide::request(at, &text);
    if let Ok(value) = serde_json::from_slice(data) {
        provide::claims(at, &value);
    }
});
