//! The example, started without its settings.

use std::process::Command;

#[test]
fn it_says_which_setting_is_missing() {
    let said =
        Command::new(env!("CARGO_BIN_EXE_kepil-example")).env_clear().env("ISSUER", "http://127.0.0.1:9").output();
    let said = said.unwrap();
    assert!(!said.status.success());
    let why = String::from_utf8(said.stderr).unwrap();
    assert!(why.contains("`CLIENT_ID` is not set"), "{why}");
}
