//! Words that may not stand in the tree: names of the bundle, paths of a machine, and a map that rots.

use super::{caught, clean, found};
use xtask::tidy::Finding;

const FILE: &str = "crates/kepil-server/src/actions/register.rs";
const BUNDLE: &str = r#"
[field.given_name]
kind = "line"
label = { ru = "…", en = "given name" }
[field.firm]
[purpose.delivery]
fields = ["firm"]
[[cookies]]
name = "sid.main"
[services.mail.purpose.letters]
[document.user-rules]
"#;

fn bundle_words(text: &str) -> Vec<Finding> {
    found("bundle-word", &[("policies/sample/policy.toml", BUNDLE), (FILE, text)])
}

#[test]
fn a_name_of_the_bundle_is_seen() {
    let texts = [
        "const F: &str = \"given_name\";",
        "const F: &str = r#\"given_name\"#;",
        "const F: &[u8] = b\"given\\x5fname\";",
        "const F: &str = concat!(\"given\", \"_\", \"name\");",
        "fn f() { put(\"given_\".to_owned() + \"name\"); }",
        "const Q: &str = \"/form?field=given_name&x=1\";",
        "#[derive(Deserialize)] struct Form { given_name: String }",
        "const F: &str = \"firm\";",
        "const F: &str = concat!(\"fi\", \"rm\");",
        "const C: &str = \"sid.main=1; Path=/\";",
        "const P: &str = \" letters \";",
        "const D: &str = \"user-rules\";",
        "macro_rules! f { () => { \"delivery\" } }",
    ];
    for text in texts {
        assert!(!bundle_words(text).is_empty(), "not seen: {text}");
    }
}

#[test]
fn a_word_in_a_sentence_is_no_name() {
    let texts = [
        "// given_name\nconst T: &str = \"the firm confirms the delivery by mail\";",
        "fn delivery(firm: u32) {}",
        "#[cfg(test)] mod tests { const F: &str = \"given_name\"; }",
        "const L: &str = \"line\"; const G: &str = \"forgiven_name_\";",
    ];
    for text in texts {
        assert_eq!(bundle_words(text), [], "{text}");
    }
}

#[test]
fn a_path_of_a_machine_is_seen() {
    caught(
        "machine",
        FILE,
        &[
            "const P: &str = \"/work/main\";",
            "const P: &str = concat!(\"/wo\", \"rk/main\");",
            "const P: &str = \"\\x2fhome/me\";",
            "// see file:///home/me/notes",
            "const P: &str = include_str!(\"../../../shared/x\");",
        ],
    );
    caught("machine", "notes.md", &["run it in /root/kepil"]);
    caught("machine", "Cargo.lock", &["source = \"registry+https://mirror.example/index\""]);
    clean("machine", FILE, &["const P: &str = \"https://example.org/work/1\"; const Q: &str = \"{base}/home/\";"]);
    clean("machine", FILE, &["const P: &str = \"/network/1\"; const Q: &str = \"/me/home\";"]);
}

#[test]
fn the_map_names_what_there_is() {
    let crate_file = ("crates/kepil-store/Cargo.toml", "[package]\nname = \"kepil-store\"");
    let engine = ("crates/kepil-store/src/engine/mod.rs", "//! Two engines behind one seam.");
    let map = |text| found("map", &[crate_file, engine, ("ARCHITECTURE.md", text)]);
    assert_eq!(
        map("`kepil-store`: SQL, start at `kepil-store/src/engine/mod.rs`; see `engine/mod.rs`, `GET /v1/x/`."),
        []
    );
    assert_eq!(map("`kepil-store` has\n```\n  engine/   two\n```\n").len(), 0);
    assert_eq!(map("`kepil-store` is the store.").len(), 1, "the folder is missing");
    assert_eq!(map("`kepil-storehouse` has `engine/`.").len(), 1, "the crate is missing");
    assert_eq!(map("`kepil-store`, `engine/`, `engine/gone.rs`").len(), 1, "the file is gone");
    assert_eq!(map("kepil-store engine/ [text](docs/gone.md)").len(), 2, "the link leads to nothing");
    assert_eq!(map("kepil-store engine/ `nowhere/`").len(), 1, "the folder is gone");
    assert_eq!(found("map", &[engine]).len(), 1, "there is no map");
}
