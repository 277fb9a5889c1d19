//! What an auditor finds: whatever was done to a log, where, and over HTTP. Clauses 5.1, 6.1.

use std::{fs, path::PathBuf};

use kepil_testing::{Demo, On, Visitor};

use crate::demo;

/// A demo whose account log has some entries, its key, and a folder for what an auditor takes away.
struct Audited {
    demo: Demo,
    key: String,
    desk: tempfile::TempDir,
    visitor: Visitor,
    sub: String,
}

const EMAIL: &str = "audited@example.kz";

impl Audited {
    async fn new(on: On) -> Self {
        let demo = demo(on).await;
        let visitor = Visitor::new();
        visitor.register(&demo, EMAIL).await;
        let sub = visitor.visit(&demo, "mail", EMAIL).await.sub();
        let key = visitor.get(&format!("{}/ledger/account/key", demo.issuer)).await.text.trim().to_owned();
        let made = Self { demo, key, desk: tempfile::TempDir::new().unwrap(), visitor, sub };
        made.go_on(8).await;
        made
    }

    /// One more entry.
    async fn read(&self) {
        let (status, said) = self.demo.read("mail", &self.sub, "delivery", &["given_name"]).await;
        assert_eq!(status, 200, "{said}");
    }

    /// Some more entries of the person, all of them in the log: the sequencer comes by four times a second.
    async fn go_on(&self, times: usize) {
        for _ in 0..times {
            self.read().await;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        assert_eq!(self.visitor.get(&format!("{}/me/activity", self.demo.issuer)).await.status, 200);
    }

    fn path(&self, name: &str) -> String {
        self.desk.path().join(name).to_str().unwrap().to_owned()
    }

    fn ledger(&self, arguments: &[&str]) -> (bool, String) {
        self.demo.command(&[&["ledger"], arguments].concat())
    }

    /// Verifies the log of the store, with `more`.
    fn verify(&self, more: &[&str]) -> (bool, String) {
        let folder = self.demo.folder.to_str().unwrap();
        let place = self.demo.postgres.as_ref().map_or(["--data-dir", folder], |url| ["--postgres", url]);
        let log = ["--compartment", "account", "--key", &self.key];
        self.ledger(&[&["verify"], place.as_slice(), &log, more].concat())
    }

    /// Takes a copy to the folder `name` over HTTP; with `token`, of the entries too.
    fn bundle(&self, name: &str, token: Option<&str>) -> (bool, String) {
        let out = self.path(name);
        let mut arguments = vec!["bundle", "--url", &self.demo.issuer, "--compartment", "account", "--key", &self.key];
        arguments.extend(["--out", &out]);
        arguments.extend(token.into_iter().flat_map(|token| ["--token", token]));
        self.ledger(&arguments)
    }

    fn token(&self, more: &[&str]) -> String {
        let folder = self.demo.folder.to_str().unwrap();
        let (ok, said) = self.ledger(&[&["token", "--demo", folder], more].concat());
        assert!(ok, "{said}");
        said.lines().next().unwrap().to_owned()
    }

    /// The newest checkpoint, in the file `name`.
    async fn checkpoint(&self, name: &str) -> String {
        let note = Visitor::new().get(&format!("{}/ledger/account/checkpoint", self.demo.issuer)).await.text;
        fs::write(self.path(name), note).unwrap();
        self.path(name)
    }
}

/// Does `statements`, expects `fault`, and puts everything back.
async fn found(audited: &Audited, statements: &str, fault: &str) {
    let keep = "CREATE TABLE kept_leaf AS SELECT * FROM leaf; CREATE TABLE kept_tile AS SELECT * FROM tile; \
                CREATE TABLE kept_head AS SELECT * FROM head";
    audited.demo.tamper("account", keep).await;
    audited.demo.tamper("account", statements).await;
    let (is_whole, said) = audited.verify(&[]);
    assert!(!is_whole && said.contains(fault), "{statements}\n{said}");
    let back = "DELETE FROM leaf; INSERT INTO leaf SELECT * FROM kept_leaf; DROP TABLE kept_leaf; \
                DELETE FROM tile; INSERT INTO tile SELECT * FROM kept_tile; DROP TABLE kept_tile; \
                DELETE FROM head; INSERT INTO head SELECT * FROM kept_head; DROP TABLE kept_head";
    audited.demo.tamper("account", back).await;
}

async fn whatever_is_done_to_a_log_is_found_and_located(on: On) {
    let mut audited = Audited::new(on).await;
    audited.demo.kill();
    let (is_whole, said) = audited.verify(&[]);
    assert!(is_whole && said.contains("account: whole") && said.contains("checkpoint signed"), "{said}");
    let swap = "UPDATE leaf SET position = -1 WHERE position = 2; UPDATE leaf SET position = 2 WHERE position = 5; \
                UPDATE leaf SET position = 5 WHERE position = -1";
    for (statements, fault) in [
        ("DELETE FROM leaf WHERE position = 3", "entry 3 is missing"),
        ("DELETE FROM leaf WHERE position BETWEEN 3 AND 5", "entries 3 to 5 are missing"),
        ("DELETE FROM leaf WHERE position >= 6", "entries 6 to"),
        (swap, "entries 2 and 5 were swapped"),
        ("UPDATE leaf SET leaf = (SELECT leaf FROM leaf WHERE position = 3) WHERE position = 4", "entry 4 was altered"),
        ("UPDATE leaf SET leaf = substr(leaf, 1, 53) WHERE position = 4", "entry 4 is not of the layout"),
        ("UPDATE leaf SET payload = substr(payload, 1, 0) WHERE position = 1", "entry 1: its sealed text is missing"),
        ("UPDATE leaf SET payload = substr(payload, 1, 50) WHERE position = 1", "its length of 50 bytes"),
        ("DELETE FROM tile WHERE level = 0", "tile 0/0 is missing"),
        ("UPDATE head SET size = size - 2", "the signed checkpoint is not that of the entries"),
    ] {
        found(&audited, statements, fault).await;
    }
    let (is_whole, said) = audited.verify(&[]);
    assert!(is_whole, "as it was: {said}");
}

#[tokio::test]
async fn whatever_is_done_to_a_log_is_found_and_located_on_sqlite() {
    whatever_is_done_to_a_log_is_found_and_located(On::Sqlite).await;
}

#[tokio::test]
async fn whatever_is_done_to_a_log_is_found_and_located_on_postgres() {
    whatever_is_done_to_a_log_is_found_and_located(On::Postgres).await;
}

/// The operator, who has the key, takes an old state of the log and goes on from there.
async fn a_log_that_was_cut_or_forked_is_found_against_what_is_held(on: On) {
    let mut audited = Audited::new(on).await;
    let token = audited.token(&[]);
    let early = audited.checkpoint("early").await;
    let keep = "CREATE TABLE kept_leaf AS SELECT * FROM leaf; CREATE TABLE kept_tile AS SELECT * FROM tile; \
                CREATE TABLE kept_head AS SELECT * FROM head";
    audited.demo.tamper("account", keep).await;
    let size: u64 = fs::read_to_string(&early).unwrap().lines().nth(1).unwrap().parse().unwrap();
    audited.go_on(6).await;
    let state = audited.path("state");
    let issuer = audited.demo.issuer.clone();
    let key = audited.key.clone();
    let watch = ["watch", "--url", &issuer, "--compartment", "account", "--key", &key, "--state", &state, "--once"];
    assert!(audited.ledger(&watch).1.contains("first seen"));
    let held = audited.checkpoint("held").await;
    let (is_whole, said) = audited.bundle("copy", Some(&token));
    assert!(is_whole, "{said}");
    let copy = audited.path("copy");
    let (is_whole, said) = audited.verify(&["--checkpoint", &early, "--checkpoint", &held, "--checkpoint", &copy]);
    assert!(is_whole && said.contains("it contains what you hold (3)"), "{said}");

    // Cut.
    audited.demo.kill();
    let back = "DELETE FROM leaf; INSERT INTO leaf SELECT * FROM kept_leaf; DELETE FROM tile; \
                INSERT INTO tile SELECT * FROM kept_tile; DELETE FROM head; INSERT INTO head SELECT * FROM kept_head";
    audited.demo.tamper("account", back).await;
    assert!(audited.verify(&["--checkpoint", &early]).0, "whole by itself and by what is older");
    let (is_whole, said) = audited.verify(&["--checkpoint", &held]);
    assert!(!is_whole && said.contains(&format!("the log was cut: it has {size} entries")), "{said}");

    // Forked: it goes on from there, further than before. Reads that lie on a tape would come in once more.
    for entry in fs::read_dir(audited.demo.folder.join("store")).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("reads_account") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    audited.demo.restart();
    let (is_fine, said) = audited.ledger(&watch);
    assert!(!is_fine && said.contains("ALARM: the log was"), "{said}");
    audited.go_on(20).await;
    assert!(audited.verify(&["--checkpoint", &early]).0);
    let (is_whole, said) = audited.verify(&["--checkpoint", &early, "--checkpoint", &held]);
    assert!(
        !is_whole && said.contains(&format!("forked: the first entry that is another lies from {size} to")),
        "{said}"
    );
    let (is_whole, said) = audited.verify(&["--checkpoint", &copy]);
    assert!(!is_whole && said.contains(&format!("lies from {size} to {size}")), "a copy tells which: {said}");
    let (is_fine, said) = audited.ledger(&watch);
    assert!(!is_fine && said.contains("ALARM: the log was forked"), "{said}");
    let evidence = fs::read_to_string(audited.path("state.evidence")).unwrap();
    assert!(evidence.contains(&fs::read_to_string(&held).unwrap()), "{evidence}");
    let (is_fine, said) = audited.bundle("copy", Some(&token));
    assert!(!is_fine && said.contains("cut or forked"), "no copy of two logs: {said}");
}

#[tokio::test]
async fn a_log_that_was_cut_or_forked_is_found_against_what_is_held_on_sqlite() {
    a_log_that_was_cut_or_forked_is_found_against_what_is_held(On::Sqlite).await;
}

#[tokio::test]
async fn a_log_that_was_cut_or_forked_is_found_against_what_is_held_on_postgres() {
    a_log_that_was_cut_or_forked_is_found_against_what_is_held(On::Postgres).await;
}

#[tokio::test]
async fn an_operator_who_sets_the_clock_back_is_found() {
    let mut audited = Audited::new(On::Sqlite).await;
    audited.demo.advance("12h");
    audited.go_on(2).await;
    assert!(audited.verify(&[]).0);
    let size: u64 =
        fs::read_to_string(audited.checkpoint("held").await).unwrap().lines().nth(1).unwrap().parse().unwrap();
    audited.demo.kill();
    fs::write(audited.demo.folder.join("clock"), "7200\n").unwrap();
    audited.demo.restart();
    audited.read().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let (is_whole, said) = audited.verify(&[]);
    assert!(!is_whole && said.contains("was dated back: its hour is 10 before"), "{said}");
    let found = said.split("entry ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    assert!(found.is_some_and(|position| position >= size), "{said}");
}

#[tokio::test]
async fn tiles_are_for_anyone_and_entries_for_auditors_while_their_token_lasts() {
    let audited = Audited::new(On::Sqlite).await;
    // More than one full tile.
    audited.go_on(260).await;
    let issuer = &audited.demo.issuer;
    let get = async |path: &str, token: Option<&str>| {
        let request = reqwest::Client::new().get(format!("{issuer}/ledger/account/{path}"));
        let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
        let answer = request.send().await.unwrap();
        let cache = answer.headers()["cache-control"].to_str().unwrap_or_default().to_owned();
        (answer.status().as_u16(), cache, answer.bytes().await.unwrap().to_vec())
    };
    let (status, cache, full) = get("tile/0/000", None).await;
    assert_eq!((status, full.len()), (200, 256 * 32));
    assert!(cache.contains("immutable"), "{cache}");
    let (status, _, part) = get("tile/0/000.p/5", None).await;
    assert_eq!((status, part.as_slice()), (200, &full[..160]), "a partial tile is the beginning of a full one");
    assert_eq!(get("tile/1/000.p/1", None).await.2.len(), 32);
    assert_eq!(get("checkpoint", None).await.1, "no-cache");
    let absent = ["tile/0/001", "tile/1/000", "tile/0/9", "tile/0/000.p/256", "tile/7/000", "tile/0/x000/000"];
    for path in absent {
        let answer = reqwest::get(format!("{issuer}/ledger/account/{path}")).await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
    }

    let token = audited.token(&["--days", "2"]);
    let other = audited.token(&["--compartment", "habits"]);
    assert_eq!(get("tile/entries/000", None).await.0, 401);
    assert_eq!(get("tile/entries/000", Some("made-up")).await.0, 401);
    assert_eq!(get("tile/entries/000", Some(&other)).await.0, 401, "of another log");
    let (status, cache, entries) = get("tile/entries/000", Some(&token)).await;
    assert_eq!((status, entries.len()), (200, 256 * 56));
    assert!(cache.contains("no-store"), "{cache}");

    let verify = ["verify", "--url", issuer, "--compartment", "account", "--key", &audited.key];
    let (is_whole, said) = audited.ledger(&verify);
    assert!(is_whole && said.contains("hashes only"), "{said}");
    let (is_whole, said) = audited.ledger(&[verify.as_slice(), &["--token", &token]].concat());
    assert!(is_whole && !said.contains("hashes only"), "{said}");

    // A copy that was broken off goes on; a file that was altered in it is found.
    let (is_whole, said) = audited.bundle("copy", Some(&token));
    assert!(is_whole, "{said}");
    let copy = audited.path("copy");
    fs::remove_file(PathBuf::from(&copy).join("account/tile/entries/000")).unwrap();
    assert!(!audited.ledger(&["verify", "--bundle", &copy]).0);
    let (is_whole, said) = audited.bundle("copy", Some(&token));
    assert!(is_whole, "{said}");
    assert!(audited.ledger(&["verify", "--bundle", &copy, "--key", &audited.key]).0);
    let proof = audited.ledger(&["prove", "--bundle", &copy, "--position", "7"]).1;
    fs::write(audited.path("7.tlog-proof"), &proof).unwrap();
    let check = |name: &str| audited.ledger(&["prove", "--check", &audited.path(name), "--key", &audited.key]);
    let (holds, said) = check("7.tlog-proof");
    assert!(holds && said.contains("holds: entry 7"), "{said}");
    fs::write(audited.path("8.tlog-proof"), proof.replace("index 7\n", "index 8\n")).unwrap();
    assert!(!check("8.tlog-proof").0);

    audited.demo.advance("3d");
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert_eq!(get("tile/entries/000", Some(&token)).await.0, 401, "past its end");
}

async fn an_altered_text_hides_no_other_entry(on: On) {
    let audited = Audited::new(on).await;
    let activity = format!("{}/me/activity", audited.demo.issuer);
    let before = audited.visitor.get(&activity).await;
    let count = before.texts("li.event").len();
    assert!(count > 2, "{}", before.words());
    // The text of another entry in place of one's own: a shape that nothing can be said against.
    let swap = "UPDATE leaf SET payload = (SELECT payload FROM leaf WHERE position = 1) \
                WHERE position = (SELECT max(position) FROM leaf)";
    audited.demo.tamper("account", swap).await;
    assert!(audited.verify(&[]).0, "without a key nobody sees it");
    let after = audited.visitor.get(&activity).await;
    assert_eq!(after.status, 200);
    assert_eq!(after.texts("li.event").len(), count - 1);
    assert!(after.words().contains("cannot be read"), "{}", after.words());
    for path in ["/me/told", "/me/security/sign-ins"] {
        assert_eq!(audited.visitor.get(&format!("{}{path}", audited.demo.issuer)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_altered_text_hides_no_other_entry_on_sqlite() {
    an_altered_text_hides_no_other_entry(On::Sqlite).await;
}

#[tokio::test]
async fn an_altered_text_hides_no_other_entry_on_postgres() {
    an_altered_text_hides_no_other_entry(On::Postgres).await;
}

/// A verifier that shares nothing with the program.
pub(crate) fn python(arguments: &[&str]) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify/ledger.py");
    let out = std::process::Command::new("python3").arg(script).args(arguments).output().unwrap();
    (out.status.success(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
}

#[test]
fn a_verifier_written_from_the_document_alone_takes_its_vectors() {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/vectors/ledger.json");
    let (holds, said) = python(&["vectors", vectors]);
    assert!(holds && said.contains("all vectors hold"), "{said}");
}

#[tokio::test]
async fn a_verifier_written_from_the_document_alone_verifies_a_log_and_its_receipts() {
    let audited = Audited::new(On::Sqlite).await;
    audited.go_on(260).await;
    let token = audited.token(&[]);
    let held = audited.checkpoint("held").await;
    let (is_whole, said) = audited.bundle("copy", Some(&token));
    assert!(is_whole, "{said}");
    let (copy, key) = (audited.path("copy/account"), audited.key.as_str());
    let (holds, said) = python(&["log", &copy, "--key", key, "--held", &held]);
    assert!(holds && said.contains("whole"), "{said}");
    let other = audited.visitor.get(&format!("{}/ledger/habits/key", audited.demo.issuer)).await.text;
    assert!(!python(&["log", &copy, "--key", other.trim()]).0, "with the key of another log");

    let activity = audited.visitor.get(&format!("{}/me/activity", audited.demo.issuer)).await;
    let paths = activity.attributes("a.receipt", "href");
    let path = paths.iter().find(|path| path.contains("/account/")).unwrap();
    let receipt = audited.visitor.get(&format!("{}{path}", audited.demo.issuer)).await.text;
    let check = |name: &str, text: &str| {
        let path = audited.path(name);
        fs::write(&path, text).unwrap();
        (python(&["receipt", &path, "--key", key]).0, audited.ledger(&["prove", "--check", &path, "--key", key]).0)
    };
    assert_eq!(check("receipt.json", &receipt), (true, true));
    for (from, to) in [("\\\"mail\\\"", "\\\"shop\\\""), ("index ", "index 1"), ("delivery", "delivers")] {
        assert!(receipt.contains(from), "{receipt}");
        assert_eq!(check("bent.json", &receipt.replacen(from, to, 1)), (false, false), "{from}");
    }

    // What is done to a copy, both find.
    let tile = PathBuf::from(&copy).join("tile/entries/000");
    let whole = fs::read(&tile).unwrap();
    for bent in [flipped(&whole, 56 * 9 + 40), swapped(&whole, 9, 200), whole[..whole.len() - 56].to_vec()] {
        fs::write(&tile, &bent).unwrap();
        let own = audited.ledger(&["verify", "--bundle", &audited.path("copy"), "--key", key]);
        let (theirs, said) = python(&["log", &copy, "--key", key]);
        assert!(!own.0 && !theirs && said.contains("BROKEN"), "{}\n{said}", own.1);
    }
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    bent[at] ^= 1;
    bent
}

/// Two entries of a tile of entries in each other's place.
fn swapped(bytes: &[u8], one: usize, other: usize) -> Vec<u8> {
    let mut all: Vec<&[u8]> = bytes.chunks(56).collect();
    all.swap(one, other);
    all.concat()
}
