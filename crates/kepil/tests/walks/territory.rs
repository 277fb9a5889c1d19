//! Where data are and go is declared, and outside the policy's territory nothing starts. Clause 3.5a; issue 4, item 7.

use std::{fs, path::Path, process::Command};

use kepil_testing::On;
use tempfile::TempDir;

use crate::editions::Draft;

/// Runs the program with a configuration.
fn run(home: &Path, arguments: &[&str], places: &str, bundle: &Path) -> (bool, String) {
    let (config, at) = (home.join("kepil.toml"), home.display());
    let text = format!(
        "issuer = \"http://127.0.0.1:1\"\nlisten = \"127.0.0.1:0\"\nbundle = \"{}\"\nsealers = [\"{at}/sealer\"]\n{places}",
        bundle.display()
    );
    fs::write(&config, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kepil"));
    let out = command.args(arguments).arg("--config").arg(&config).output().unwrap();
    let text = [out.stdout, out.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
    (out.status.success(), text.concat())
}

#[test]
fn a_place_abroad_or_undeclared_stops_the_start_and_every_act() {
    let home = TempDir::new().unwrap();
    let (folder, at) = (home.path().join("data"), home.path().display().to_string());
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/citicom");
    let store = format!("[store]\nfolder = \"{}\"\n", folder.display());
    let home_store = format!("{store}territory = \"KZ\"\n");
    let mail = format!("[mail]\nfolder = \"{at}/letters\"\n");
    let server = "[mail]\nurl = \"smtps://user:secret@mail.example\"\nfrom = \"a@example.kz\"\n";
    let texts = "[texts]\nurl = \"https://sms.example\"\nform = { a = \"{to}\", b = \"{text}\" }\n";
    for (what, places) in [
        ("the store", format!("{mail}{store}")),
        ("the store", format!("{mail}{store}territory = \"US\"\n")),
        ("the mail server", format!("{home_store}{server}")),
        ("the mail server", format!("{home_store}{server}territory = \"DE\"\n")),
        ("the text gateway", format!("{home_store}{mail}{texts}")),
        ("the text gateway", format!("{home_store}{mail}{texts}territory = \"US\"\n")),
        ("the replica `two`", format!("{home_store}{mail}[[replica]]\nname = \"two\"\n")),
        ("the backup `night`", format!("{home_store}{mail}[[backup_target]]\nname = \"night\"\nterritory = \"US\"\n")),
    ] {
        for command in ["init", "serve"] {
            let (ok, said) = run(home.path(), &[command], &places, &bundle);
            assert!(!ok && said.contains(what) && said.contains("3.5a"), "{command} {places}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
    assert!(!folder.exists(), "something was written before the refusal");
}

/// What an edition allows no more stops the publication, and every command that opens the store.
#[test]
fn an_edition_that_leaves_no_place_for_a_store_is_not_published() {
    let home = TempDir::new().unwrap();
    let wide = Draft::new();
    wide.edit("policy.toml", "territory = [\"KZ\"]", "territory = [\"KZ\", \"RU\"]");
    let folder = home.path().display();
    let places =
        format!("[store]\nfolder = \"{folder}/data\"\nterritory = \"RU\"\n[mail]\nfolder = \"{folder}/letters\"\n");
    let (ok, said) = run(home.path(), &["init"], &places, &wide.folder);
    assert!(ok, "{said}");
    let narrow = Draft::new();
    let (ok, said) = run(home.path(), &["policy", "publish", narrow.folder.to_str().unwrap()], &places, &wide.folder);
    assert!(!ok && said.contains("the store") && said.contains("3.5a"), "{said}");
    let moved = places.replace("RU", "US");
    let people = home.path().join("people.json");
    fs::write(&people, "").unwrap();
    let (ok, said) = run(home.path(), &["import", people.to_str().unwrap()], &moved, &wide.folder);
    assert!(!ok && said.contains("the store") && said.contains("3.5a"), "{said}");
}

/// A node says at its start what it declares.
#[tokio::test]
async fn a_node_attests_where_it_keeps_data() {
    let demo = crate::demo(On::Postgres).await;
    let second = demo.second();
    assert_eq!(second.said_at_start(), "  declared: the store in KZ");
}
