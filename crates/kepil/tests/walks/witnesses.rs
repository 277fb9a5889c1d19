//! Witnesses: they sign what only grew, forget nothing, and refuse a fork; receipts carry what they signed. Clause 5.1.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use kepil_domain::ledger::{AddCheckpoint, Hash, LedgerKey, TileSource, Tree, consistency, hash_leaf};
use kepil_testing::{Demo, On, Visitor};
use tempfile::TempDir;

const KEPIL: &str = env!("CARGO_BIN_EXE_kepil");

/// A running witness, killed at the end of its test.
struct Witness {
    process: Child,
    address: String,
    key: String,
}

impl Drop for Witness {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn make_key(folder: &Path) -> String {
    let file = folder.join("witness.key");
    let arguments = ["witness", "--name", "witness.example", "--make-key", "--key"];
    let out = Command::new(KEPIL).args(arguments).arg(file).output().unwrap();
    assert!(out.status.success());
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

impl Witness {
    fn start(folder: &Path, listen: &str, logs: &[String]) -> Self {
        let mut command = Command::new(KEPIL);
        command.args(["witness", "--name", "witness.example", "--listen", listen, "--key"]);
        command.arg(folder.join("witness.key")).arg("--state").arg(folder.join("state"));
        for log in logs {
            command.args(["--log", log]);
        }
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap();
        let address = address.strip_prefix("ready: ").unwrap().strip_suffix("/add-checkpoint").unwrap().to_owned();
        let key = lines.next().unwrap().unwrap();
        Self { process, address, key }
    }

    async fn add(&self, request: &AddCheckpoint) -> (u16, String) {
        self.post(request.to_text()).await
    }

    async fn post(&self, text: String) -> (u16, String) {
        let request = reqwest::Client::new().post(format!("{}/add-checkpoint", self.address)).body(text);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// A log of our own, whose entries are numbers of a `kind`.
struct Log {
    key: LedgerKey,
    leaves: Vec<Hash>,
}

struct Leaves<'a>(&'a [Hash]);

impl TileSource for Leaves<'_> {
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
        let from = usize::try_from(n * 256).unwrap();
        (level == 0).then(|| self.0.iter().skip(from).take(256).copied().collect())
    }
}

impl Log {
    fn new() -> Self {
        Self { key: LedgerKey::from_seed("kepil/00/test".to_owned(), &[7; 32]).unwrap(), leaves: Vec::new() }
    }

    fn grow(&mut self, kind: u8, times: u8) {
        self.leaves.extend((0..times).map(|number| hash_leaf(&[kind, number])));
    }

    fn request(&self, old: u64) -> AddCheckpoint {
        let mut tree = Tree::default();
        self.leaves.iter().for_each(|leaf| tree.append(*leaf, &mut Vec::new()));
        let path = consistency(&Leaves(&self.leaves), old, tree.size()).unwrap_or_default();
        AddCheckpoint { old, path, note: self.key.sign(tree.size(), &tree.root()) }
    }
}

#[tokio::test]
async fn a_witness_signs_what_only_grew_and_remembers_it_when_killed() {
    let folder = TempDir::new().unwrap();
    let public = make_key(folder.path());
    let mut log = Log::new();
    let logs = [log.key.verify_key().to_string()];
    let mut witness = Witness::start(folder.path(), "127.0.0.1:0", &logs);
    assert_eq!(witness.key, public);
    let key = kepil_domain::ledger::WitnessVerifyKey::parse(&public).unwrap();

    log.grow(1, 5);
    let first = log.request(0);
    let (status, line) = witness.add(&first).await;
    assert_eq!(status, 200, "{line}");
    assert_eq!(key.verify(&format!("{}{line}", first.note)).unwrap().checkpoint.size, 5);
    assert_eq!(witness.add(&first).await, (409, "5\n".to_owned()), "it says what it has seen");
    assert_eq!(witness.add(&log.request(5)).await.0, 200, "the same once more");

    log.grow(1, 7);
    let second = log.request(5);
    let without = AddCheckpoint { path: Vec::new(), ..second.clone() };
    assert_eq!(witness.add(&without).await.0, 422);
    let mut bent = second.clone();
    bent.path[0][0] ^= 1;
    assert_eq!(witness.add(&bent).await.0, 422);
    assert_eq!(witness.add(&AddCheckpoint { old: 13, ..second.clone() }).await.0, 400);
    assert_eq!(witness.add(&AddCheckpoint { old: 4, ..second.clone() }).await, (409, "5\n".to_owned()));
    for text in ["", "old 5\n", "old 05\n\n", "old five\n\nx", "\n\n\n"] {
        assert_eq!(witness.post(text.to_owned()).await.0, 400, "{text:?}");
    }
    let unsigned = AddCheckpoint { note: second.note.replace("\n12\n", "\n11\n"), ..second.clone() };
    assert_eq!(witness.add(&unsigned).await.0, 403);
    let other = LedgerKey::from_seed("kepil/00/other".to_owned(), &[7; 32]).unwrap().sign(3, &[0; 32]);
    assert_eq!(witness.add(&AddCheckpoint { old: 0, path: Vec::new(), note: other }).await.0, 404);

    // Killed after it signed: what it signed it knows.
    assert_eq!(witness.add(&second).await.0, 200);
    let listen = witness.address.strip_prefix("http://").unwrap().to_owned();
    witness.process.kill().unwrap();
    witness.process.wait().unwrap();
    let witness = Witness::start(folder.path(), &listen, &logs);
    assert_eq!(witness.add(&first).await, (409, "12\n".to_owned()), "nobody goes back");

    // The log goes back to five entries and on in another way.
    log.leaves.truncate(5);
    log.grow(2, 20);
    assert_eq!(witness.add(&log.request(12)).await.0, 422, "a fork that is longer");
    log.leaves.truncate(12);
    assert_eq!(witness.add(&log.request(12)).await, (409, "12\n".to_owned()), "another root of the same size");

    // Two at once on one folder would forget what the other signed.
    let mut second = Command::new(KEPIL);
    second.args(["witness", "--name", "witness.example", "--listen", "127.0.0.1:0", "--log", &logs[0], "--key"]);
    second.arg(folder.path().join("witness.key")).arg("--state").arg(folder.path().join("state"));
    assert!(!second.output().unwrap().status.success());
}

#[tokio::test]
async fn many_at_once_are_signed_in_one_order() {
    let folder = TempDir::new().unwrap();
    make_key(folder.path());
    let mut log = Log::new();
    let witness = Witness::start(folder.path(), "127.0.0.1:0", &[log.key.verify_key().to_string()]);
    log.grow(1, 3);
    assert_eq!(witness.add(&log.request(0)).await.0, 200);
    // Ten ways to go on from three entries: only one of them is signed.
    let ways = (0..10u8).map(|kind| {
        let mut way = Log {
            key: LedgerKey::from_seed("kepil/00/test".to_owned(), &[7; 32]).unwrap(),
            leaves: log.leaves.clone(),
        };
        way.grow(10 + kind, 4);
        way.request(3)
    });
    let ways: Vec<_> = ways.collect();
    let answers = futures::future::join_all(ways.iter().map(|way| witness.add(way))).await;
    let signed = answers.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!(signed, 1, "{answers:?}");
    assert!(answers.iter().all(|(status, said)| *status == 200 || (*status == 409 && said == "7\n")), "{answers:?}");
}

/// Waits until the account log has a checkpoint that a witness signed and that has all of its entries.
async fn cosigned(demo: &Demo) -> String {
    for _ in 0..150 {
        let get = async |name: &str| reqwest::get(format!("{}/ledger/account/{name}", demo.issuer)).await.unwrap();
        let (newest, cosigned) = (get("checkpoint").await.text().await.unwrap(), get("cosigned").await);
        if cosigned.status().is_success() {
            let note = cosigned.text().await.unwrap();
            if note.lines().nth(1) == newest.lines().nth(1) {
                return note;
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("no witness signed; the log says:\n{}", demo.log());
}

async fn receipts_carry_what_witnesses_signed(on: On) {
    let folder = TempDir::new().unwrap();
    let public = make_key(folder.path());
    // The logs are not made yet when the witness must be named: it comes up on the port later.
    let port = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        probe.local_addr().unwrap().port()
    };
    let typed = format!("http://127.0.0.1:{port},{public}");
    let mut demo = Demo::start(KEPIL, on, &["--clock", "--witness", &typed]).await;
    let visitor = Visitor::new();
    visitor.register(&demo, "seen@example.kz").await;
    let key = |name: &str| {
        let url = format!("{}/ledger/{name}/key", demo.issuer);
        async { reqwest::get(url).await.unwrap().text().await.unwrap().trim().to_owned() }
    };
    let logs = [key("account").await, key("habits").await, key("telemetry").await];
    let witness = Witness::start(folder.path(), &format!("127.0.0.1:{port}"), &logs);
    let note = cosigned(&demo).await;
    assert!(note.contains("\n\u{2014} witness.example "), "{note}");

    let activity = visitor.get(&format!("{}/me/activity", demo.issuer)).await;
    let paths = activity.attributes("a.receipt", "href");
    let path = paths.iter().find(|path| path.contains("/account/")).unwrap();
    let receipt = visitor.get(&format!("{}{path}", demo.issuer)).await.text;
    let file = folder.path().join("receipt.json");
    std::fs::write(&file, &receipt).unwrap();
    let file = file.to_str().unwrap();
    let (holds, said) = demo.command(&["ledger", "prove", "--check", file, "--key", &logs[0], "--witness", &public]);
    assert!(holds, "{said}");
    let place = demo
        .postgres
        .clone()
        .map_or(["--data-dir".to_owned(), demo.folder.display().to_string()], |url| ["--postgres".to_owned(), url]);
    let verify =
        ["ledger", "verify", &place[0], &place[1], "--compartment", "account", "--key", &logs[0], "--witness", &public];
    let (is_whole, said) = demo.command(&verify);
    assert!(is_whole && said.contains("and what witnesses signed"), "{said}");

    // The operator goes back to an empty log and on from there: the witness does not follow, and verifiers see it.
    let kept = "CREATE TABLE kept_head AS SELECT * FROM head";
    demo.tamper("account", kept).await;
    demo.kill();
    demo.tamper("account", "DELETE FROM leaf WHERE position >= 1; DELETE FROM tile").await;
    let (is_whole, said) = demo.command(&verify);
    assert!(!is_whole && said.contains("missing"), "{said}");
    drop(witness);
}

#[tokio::test]
async fn receipts_carry_what_witnesses_signed_on_sqlite() {
    receipts_carry_what_witnesses_signed(On::Sqlite).await;
}

#[tokio::test]
async fn receipts_carry_what_witnesses_signed_on_postgres() {
    receipts_carry_what_witnesses_signed(On::Postgres).await;
}

#[tokio::test]
async fn a_fork_is_found_against_what_a_witness_signed() {
    let folder = TempDir::new().unwrap();
    let public = make_key(folder.path());
    let port = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        probe.local_addr().unwrap().port()
    };
    let typed = format!("http://127.0.0.1:{port},{public}");
    let mut demo = Demo::start(KEPIL, On::Sqlite, &["--clock", "--witness", &typed]).await;
    Visitor::new().register(&demo, "first@example.kz").await;
    let key = reqwest::get(format!("{}/ledger/account/key", demo.issuer)).await.unwrap().text().await.unwrap();
    let keep = "CREATE TABLE kept_leaf AS SELECT * FROM leaf; CREATE TABLE kept_tile AS SELECT * FROM tile; \
                CREATE TABLE kept_head AS SELECT * FROM head";
    demo.tamper("account", keep).await;
    Visitor::new().register(&demo, "second@example.kz").await;
    let witness = Witness::start(folder.path(), &format!("127.0.0.1:{port}"), &[key.trim().to_owned()]);
    let signed = cosigned(&demo).await;
    demo.kill();
    let back = "DELETE FROM leaf; INSERT INTO leaf SELECT * FROM kept_leaf; DELETE FROM tile; \
                INSERT INTO tile SELECT * FROM kept_tile; DELETE FROM head; INSERT INTO head SELECT * FROM kept_head";
    demo.tamper("account", back).await;
    demo.restart();
    for number in 0..3 {
        Visitor::new().register(&demo, &format!("third{number}@example.kz")).await;
    }
    tokio::time::sleep(Duration::from_secs(7)).await;
    let now = reqwest::get(format!("{}/ledger/account/cosigned", demo.issuer)).await.unwrap().text().await.unwrap();
    assert_eq!(now, signed, "the witness signs nothing of the fork");
    assert!(demo.log().contains("it was forked") || demo.log().contains("it was cut"), "and the server says so loudly");
    let folder = demo.folder.to_str().unwrap();
    let verify = ["ledger", "verify", "--data-dir", folder, "--compartment", "account", "--key", key.trim()];
    assert!(demo.command(&verify).0, "whole by itself");
    let (is_whole, said) = demo.command(&[verify.as_slice(), &["--witness", &public]].concat());
    assert!(!is_whole && (said.contains("was forked") || said.contains("was cut")), "{said}");
    drop(witness);
}
