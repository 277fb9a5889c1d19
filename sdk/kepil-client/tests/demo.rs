//! The client against a running `kepil demo`: the whole way of a read, its end and its refusals.
//!
//! Needs the program: `cargo build -p kepil` at the root, or its path in `KEPIL`; and Python, which signs a person in.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may stop at the first surprise"
)]

use std::{
    env,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use kepil_client::{Assurance, Client, Config, Error, Reading, Source, Sub};

const WHO: [&str; 2] = ["guest@example.kz", "demo-password"];
/// The provider and as many services as the bundle has.
const PORTS: u16 = 12;
/// Unit: 100 ms.
const WAITS_MAX: u32 = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn program() -> PathBuf {
    let target = env::var("CARGO_TARGET_DIR").map_or_else(|_| root().join("target"), PathBuf::from);
    let program = env::var("KEPIL").map_or_else(|_| target.join("debug/kepil"), PathBuf::from);
    assert!(program.exists(), "`{}` is not there: `cargo build -p kepil` at the root makes it", program.display());
    program
}

/// A demo in a folder of its own; both go with the test.
struct Demo {
    home: PathBuf,
    issuer: String,
    process: Child,
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
        drop(fs::remove_dir_all(&self.home));
    }
}

impl Demo {
    fn start() -> Self {
        let port = free_ports();
        let home = env::temp_dir().join(format!("kepil-client-{}-{port}", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        let process = Command::new(program())
            .args(["demo", "--clock", "--people", "1", "--port", &port.to_string()])
            .args(["--bundle".as_ref(), root().join("policies/citicom").as_os_str()])
            .args(["--data-dir".as_ref(), home.join("demo").as_os_str()])
            .stdout(File::create(home.join("said")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let demo = Self { home, issuer: format!("http://127.0.0.1:{port}"), process };
        for _ in 0..WAITS_MAX {
            if demo.said().contains("letters are in") {
                return demo;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the demo did not become ready");
    }

    fn said(&self) -> String {
        fs::read_to_string(self.home.join("said")).unwrap_or_default()
    }

    /// A client of the sample service called `name`.
    fn client(&self, name: &str) -> Client {
        let text = fs::read_to_string(self.home.join("demo/clients.txt")).unwrap();
        let id = format!("{name}-demo");
        let secret = text.lines().find_map(|line| line.strip_prefix(&id)).unwrap().trim().to_owned();
        Client::new(Config::new(&self.issuer, &id, secret).unwrap()).unwrap()
    }

    /// The guest signs in at the sample service called `name`: its id for them.
    fn sub(&self, name: &str) -> Sub {
        let said = self.said();
        let address = said.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap().trim();
        let walk = Command::new("python3")
            .arg(root().join("examples/walk.py"))
            .arg(format!("{address}/login"))
            .args(WHO)
            .output()
            .unwrap();
        let page = String::from_utf8(walk.stdout).unwrap();
        page.split(['<', '>']).find_map(|part| Sub::parse(part).ok()).unwrap_or_else(|| panic!("not signed in: {page}"))
    }

    fn advance(&self, by: &str) {
        let data = self.home.join("demo");
        let moved = Command::new(program()).args(["demo", "advance", by, "--data-dir"]).arg(data).status().unwrap();
        assert!(moved.success());
    }
}

fn free_ports() -> u16 {
    for _ in 0..200 {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // Below the range from which the system gives ports by itself.
        let first = 10_000 + probe % 1_800 * PORTS;
        if (first..first + PORTS).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
    panic!("no free ports")
}

fn refused(read: Result<Reading, Error>) -> Error {
    match read {
        Err(error) => error,
        Ok(_) => panic!("the read was granted"),
    }
}

/// Clauses 2.1¶C, 3.1.3, 3.2a, 3.4g.
#[tokio::test]
async fn a_service_reads_what_its_purpose_needs_until_the_agreement_ends() {
    let demo = Demo::start();
    let (mail, sub) = (demo.client("mail"), demo.sub("mail"));
    let reading = mail.read(&sub, "delivery", &[]).await.ok().unwrap();
    let email = &reading.fields["email"];
    assert_eq!(email.value.reveal(), WHO[0]);
    assert!(matches!(email.source, Source::Form | Source::Import | Source::Own), "{:?}", email.source);
    assert!(!matches!(email.assurance, Assurance::Other(_)), "{:?}", email.assurance);
    assert!(reading.receipt.is_some() && reading.withheld.is_empty());

    let reading = mail.read(&sub, "delivery", &["given_name", "phone", "no_such_field"]).await.ok().unwrap();
    assert_eq!(reading.fields.keys().collect::<Vec<_>>(), ["given_name"]);
    let left: Vec<_> = reading.withheld.iter().map(|one| (one.field.as_str(), one.clause.is_some())).collect();
    assert_eq!(left, [("phone", true), ("no_such_field", true)]);

    let Error::Refused { problem, .. } = refused(mail.read(&sub, "advertising", &["email"]).await) else { panic!() };
    assert_eq!((problem.status, problem.clause.as_deref()), (403, Some("3.1.3")));
    // The id of one service opens nothing for another, and a stranger's id nothing for anybody.
    let stranger = Sub::parse(&"A".repeat(32)).unwrap();
    for (client, sub, purpose) in [(demo.client("forum"), &sub, "agreement"), (mail.clone(), &stranger, "delivery")] {
        let error = refused(client.read(sub, purpose, &[]).await);
        assert!(matches!(&error, Error::Refused { problem, .. } if problem.code == "withheld"), "{error}");
    }
    let many = ["email"; 65];
    let error = refused(mail.read(&sub, "delivery", &many).await);
    assert!(matches!(&error, Error::Problem(problem) if problem.code == "bad_input"), "{error}");

    for _ in 0..2 {
        mail.end_agreement(&sub).await.unwrap();
    }
    let error = refused(mail.read(&sub, "delivery", &[]).await);
    assert!(matches!(&error, Error::Refused { problem, .. } if problem.code == "withheld"), "{error}");
}

#[tokio::test]
async fn a_token_whose_time_is_over_at_the_provider_is_fetched_again() {
    let demo = Demo::start();
    let (mail, sub) = (demo.client("mail"), demo.sub("mail"));
    assert!(mail.read(&sub, "delivery", &["email"]).await.is_ok());
    // The client's own clock does not move: it learns from the refusal.
    demo.advance("1h");
    assert!(mail.read(&sub, "delivery", &["email"]).await.is_ok());
}

#[tokio::test]
async fn a_wrong_secret_and_a_provider_that_is_away_are_told_apart() {
    let demo = Demo::start();
    let config = Config::new(&demo.issuer, "mail-demo", "another secret".to_owned()).unwrap();
    let (client, sub) = (Client::new(config).unwrap(), Sub::parse(&"A".repeat(32)).unwrap());
    let error = refused(client.read(&sub, "delivery", &[]).await);
    assert!(matches!(&error, Error::Client { code } if code == "invalid_client"), "{error}");
    drop(demo);
    let error = refused(client.read(&sub, "delivery", &[]).await);
    assert!(matches!(error, Error::Unreachable(_)), "{error}");
}
