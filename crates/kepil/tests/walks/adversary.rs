//! The destruction test: an adversary with every copy, the root key, what the sealers hold today and a list of the right values
//! reads everybody who is there and nothing of what was destroyed. Clauses 3.7, 4.4a, 5.1.
//!
//! The adversary is `docs/verify/vault.py`: written after `docs/vault.md`, it shares no code with the program.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use serde_json::Value;

use crate::{
    contents::place,
    demo,
    guardians::{accepts_mail_with_tips, again},
};

const CERTIFICATE: &str = "kepil-destruction-1";
const OTHERS: [(&str, &str); 2] = [("aliya@example.kz", "Marker-Aliya"), ("bolat@example.kz", "Marker-Bolat")];

/// A full copy of everything, as a backup takes it: the store, and what the sealers hold.
pub fn copy(demo: &Demo, name: &str) -> PathBuf {
    let to = demo.folder.parent().unwrap().join(name);
    for sealer in ["sealer", "sealer-2"] {
        copy_folder(&demo.folder.join(sealer), &to.join(sealer));
    }
    match &demo.postgres {
        None => {
            copy_folder(&demo.folder.join("store"), &to.join("store"));
            to
        }
        Some(url) => {
            let dump = to.join("store.sql");
            let said = Command::new(pg_dump()).args(["--dbname", url, "--file"]).arg(&dump).output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            to
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "`./check` says where PostgreSQL is")]
fn pg_dump() -> PathBuf {
    std::env::var_os("KEPIL_PG_BIN").map_or_else(|| PathBuf::from("pg_dump"), |bin| Path::new(&bin).join("pg_dump"))
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// What the adversary gets out of `copies` with every key in the sealers of `keys`, and a dictionary with the right values.
pub fn attack(demo: &Demo, copies: &[&PathBuf], keys: &[&PathBuf]) -> Value {
    attack_with(demo, copies, keys, &[])
}

/// [`attack`] with backups, and all of the journal that there is.
fn attack_with(demo: &Demo, copies: &[&PathBuf], keys: &[&PathBuf], backups: &[&str]) -> Value {
    let words = demo.folder.parent().unwrap().join("dictionary");
    fs::write(&words, DICTIONARY).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/verify/vault.py");
    let mut run = Command::new("python3");
    run.arg(script).arg("--dictionary").arg(&words);
    for folder in keys.iter().flat_map(|copy| ["sealer", "sealer-2"].map(|sealer| copy.join(sealer))) {
        for file in fs::read_dir(folder).unwrap() {
            run.arg("--key").arg(file.unwrap().path());
        }
    }
    for backup in backups {
        run.args(["--backup", backup]);
    }
    if !backups.is_empty() {
        run.arg("--journal").arg(demo.folder.join("journal/narrowed.journal"));
    }
    for copy in copies {
        let store = if demo.postgres.is_some() { "store.sql" } else { "store" };
        run.arg(copy.join(store));
    }
    let said = run.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// Every value of everybody that it read.
fn values(found: &Value) -> BTreeSet<String> {
    let people = found["people"].as_array().unwrap().iter();
    people.flat_map(|person| person["values"].as_array().unwrap()).map(|it| it.as_str().unwrap().to_owned()).collect()
}

fn close_epoch(demo: &Demo) {
    let (ok, said) = demo.command(&["destroy", "--now", "--demo", demo.folder.to_str().unwrap()]);
    assert!(ok && said.contains("closed: "), "{said}");
}

/// Somebody with a marker in every field that can be edited in place.
async fn marked(demo: &Demo, email: &str, marker: &str) -> Visitor {
    let visitor = Visitor::new();
    visitor.register_with(demo, email, &[("given_name", marker), ("language", "en")]).await;
    edit(demo, &visitor, "residence", &format!("{marker} residence")).await;
    visitor
}

async fn edit(demo: &Demo, visitor: &Visitor, field: &str, value: &str) {
    let path = format!("/me/fields/{field}/edit");
    let page = visitor.get(&format!("{}{path}", demo.issuer)).await;
    let done = visitor.submit(&page, &path, &[(field, value)]).await;
    assert!(done.text.contains(value), "{}", done.text);
}

/// The right values of what finds people at sign-in.
const DICTIONARY: &str = "email\tgone@example.kz\nemail\taliya@example.kz\nemail\tbolat@example.kz\n";

/// Copies of before, between and after.
struct Copies {
    before: PathBuf,
    between: PathBuf,
    after: PathBuf,
    /// What `kepil backup` made before, and of the keys between.
    backups: [String; 3],
}

/// One person goes, one deletes a value and takes away what they placed, one corrects a value; then the epoch closes.
async fn destroy(demo: &Demo) -> Copies {
    let gone = marked(demo, "gone@example.kz", "Marker-Gone").await;
    let mut kept = Vec::new();
    for (email, marker) in OTHERS {
        kept.push(marked(demo, email, marker).await);
    }
    let mut subs = Vec::new();
    for (visitor, email) in [(&gone, "gone@example.kz"), (&kept[0], OTHERS[0].0)] {
        subs.push(visitor.visit(demo, "forum", email).await.sub());
    }
    place(demo, &subs[0], None, "Marker-Gone wrote").await;
    place(demo, &subs[0], Some(&subs[1]), "Marker-Gone wrote about Aliya").await;
    place(demo, &subs[1], None, "Marker-Aliya wrote").await;
    let taken = place(demo, &subs[1], None, "Marker-Aliya wrote and took away").await;
    // A keep class of her own choices, which goes whole.
    accepts_mail_with_tips(demo, &kept[0]).await;
    edit(demo, &kept[0], "topics", "Marker-Aliya topics").await;
    let before = copy(demo, "before");
    let (data, keys) = (demo.back_up("data"), demo.back_up("keys"));
    // Only the newest copy of the keys stays: the adversary took the older one in time.
    let home = demo.folder.parent().unwrap().to_str().unwrap();
    let [stolen, keys_between] = ["stolen", "stolen-between"].map(|name| format!("{home}/{name}"));
    copy_folder(Path::new(&keys), Path::new(&stolen));

    let page = gone.get(&format!("{}/me/close", demo.issuer)).await;
    let done = gone.submit(&page, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;
    assert!(done.url.contains("/destroyed/"), "{}", done.text);
    assert!(!done.text.contains(CERTIFICATE), "no certificate before its time");
    let page = kept[0].get(&format!("{}/me", demo.issuer)).await;
    kept[0].submit(&page, "/me/fields/residence/remove", &[]).await;
    let form_token = page.attributes("input[name=form_token]", "value").remove(0);
    let all =
        kept[0].client().post(format!("{}/me/kept/habits/remove", demo.issuer)).form(&[("form_token", form_token)]);
    let to = all.send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    assert!(to.ends_with("done=removed"), "{to}");
    edit(demo, &kept[1], "residence", "Marker-Bolat later").await;
    let page = kept[0].get(&format!("{}/me/contents", demo.issuer)).await;
    let removed = kept[0].submit(&page, &format!("/me/contents/{taken}"), &[("choice", "remove")]).await;
    assert_eq!(removed.status, 200, "{}", removed.text);
    let between = copy(demo, "between");
    copy_folder(Path::new(&demo.back_up("keys")), Path::new(&keys_between));
    close_epoch(demo);
    let after = copy(demo, "after");

    let certificate = gone.get(&done.url).await;
    assert!(certificate.text.contains(CERTIFICATE), "{}", certificate.text);
    // Who is left goes on.
    for (visitor, (_, marker)) in kept.iter().zip(OTHERS) {
        let page = visitor.get(&format!("{}/me", demo.issuer)).await;
        assert!(page.text.contains(marker), "{}", page.text);
    }
    Copies { before, between, after, backups: [data, stolen, keys_between] }
}

fn contents(found: &Value) -> Vec<String> {
    found["contents"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// What the index says of an address in each copy.
fn index(found: &Value, email: &str) -> Vec<String> {
    found["index"][email].as_array().unwrap().iter().map(|it| it.as_str().unwrap_or("nobody").to_owned()).collect()
}

async fn nothing_of_what_was_destroyed(on: On) {
    let demo = demo(on).await;
    let Copies { before, between, after, backups } = destroy(&demo).await;
    let all = [&before, &between, &after];

    // All copies, and what the sealers hold today.
    let found = attack(&demo, &all, &[&after]);
    let got = values(&found);
    let alone = got.clone();
    for (email, marker) in OTHERS {
        assert!(got.contains(email) && got.contains(marker), "everybody else is read: {got:?}");
    }
    assert!(got.contains("Marker-Bolat later"));
    let has = |marker: &str| got.iter().any(|value| value.contains(marker));
    assert!(!has("Marker-Gone") && !has("gone@example.kz"), "nothing of whoever is gone: {got:?}");
    assert!(!has("Marker-Aliya residence"), "nothing of a value that was deleted");
    assert!(!has("Marker-Aliya topics"), "nothing of a keep class that was destroyed alone");
    assert!(!has("Marker-Bolat residence"), "nor of one that was corrected");
    // What is about somebody who stays is theirs to see; by whom it was is gone.
    assert_eq!(contents(&found), ["Marker-Aliya wrote", "Marker-Gone wrote about Aliya"]);
    assert_eq!(index(&found, "gone@example.kz"), ["sealed", "sealed", "nobody"], "the index does not know them");
    let known = index(&found, "aliya@example.kz");
    assert!(known[0] == "sealed" && known[2].len() == 32, "{known:?}");
    assert_eq!(found["gone"].as_array().unwrap().len(), 1, "whose ring is missing can be told");
    assert_eq!(found["speak_of_gone"], 0, "but nothing that opens speaks of it");
    assert_eq!(found["pages_that_stand_out"].as_array().unwrap().len(), 0, "and no page does");

    // The control: with the key of that epoch all of it is there, so the above can fail.
    let control = attack(&demo, &all, &[&before, &after]);
    let got = values(&control);
    for marker in [
        "gone@example.kz",
        "Marker-Gone",
        "Marker-Gone residence",
        "Marker-Aliya residence",
        "Marker-Aliya topics",
        "Marker-Bolat residence",
    ] {
        assert!(got.contains(marker), "{marker}: {got:?}");
    }
    assert_eq!(index(&control, "gone@example.kz")[0].len(), 32);
    assert_eq!(contents(&control).len(), 4);
    assert_ne!(control["speak_of_gone"], 0);

    // The backups of the program, and its journal, give no more.
    let backups = backups.each_ref().map(String::as_str);
    let found = attack_with(&demo, &all, &[&after], &backups);
    assert_eq!(values(&found), alone);
    assert_eq!((contents(&found).len(), &found["speak_of_gone"]), (2, &Value::from(0)));
    let control = attack_with(&demo, &[&after], &[&before, &after], &backups);
    assert!(values(&control).contains("Marker-Gone") && contents(&control).len() == 4, "with that key they do");

    // An old copy that is taken into use does not bring them back: its keys are in no sealer.
    let old = attack(&demo, &[&before], &[&after]);
    assert_eq!(values(&old), BTreeSet::new(), "an old copy alone opens nothing at all");

    nothing_after_a_restore(demo, &all, &after, backups[0]).await;
}

/// Nor does the program bring it back, that restores the old copy of the data.
async fn nothing_after_a_restore(mut demo: Demo, all: &[&PathBuf; 3], sealers: &PathBuf, data: &str) {
    let keys = demo.back_up("keys");
    demo.lose().await;
    let said = demo.restore(data, &keys);
    assert!(said.contains("rows are as an act since the copy left them"), "{said}");
    demo.restart();
    let restored = copy(&demo, "restored");
    let copies = [all[0], all[1], all[2], &restored];
    let found = attack_with(&demo, &copies, &[sealers], &[data, &keys]);
    let got = values(&found);
    let has = |marker: &str| got.iter().any(|value| value.contains(marker));
    assert!(!has("Marker-Gone") && !has("gone@example.kz") && !has("Marker-Aliya residence"), "{got:?}");
    assert!(!has("Marker-Aliya topics"), "{got:?}");
    assert!(!has("Marker-Bolat residence") && has("Marker-Bolat later"), "{got:?}");
    assert!(OTHERS.iter().all(|(email, marker)| has(email) && has(marker)), "{got:?}");
    assert_eq!(contents(&found), ["Marker-Aliya wrote", "Marker-Gone wrote about Aliya"]);
    let bolat = again(&demo, OTHERS[1].0).await;
    let page = bolat.get(&format!("{}/me", demo.issuer)).await;
    assert!(page.text.contains("Marker-Bolat later"), "{}", page.text);
}

#[tokio::test]
async fn an_adversary_with_every_copy_reads_nothing_of_what_was_destroyed_on_sqlite() {
    nothing_of_what_was_destroyed(On::Sqlite).await;
}

#[tokio::test]
async fn an_adversary_with_every_copy_reads_nothing_of_what_was_destroyed_on_postgres() {
    nothing_of_what_was_destroyed(On::Postgres).await;
}
