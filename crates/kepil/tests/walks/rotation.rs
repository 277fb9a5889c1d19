//! Every key is replaced while people come and services read: not one request fails, and a process that is killed in between
//! costs nothing. Clauses 3.1.5, 5.1.

use std::{
    fs,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use serde_json::json;

use crate::{
    adversary::{attack, copy},
    demo,
    party::{Party, answer, person},
};

const KNOWN: &str = "aliya@example.kz";

/// How often each kind of request was answered as it should be.
#[derive(Default)]
struct Answered {
    sign_ins: AtomicU64,
    registrations: AtomicU64,
    reads: AtomicU64,
    userinfos: AtomicU64,
}

impl Answered {
    fn all(&self) -> [u64; 4] {
        [&self.sign_ins, &self.registrations, &self.reads, &self.userinfos].map(|count| count.load(Ordering::Relaxed))
    }
}

/// A browser in a network of its own: how often one may try is not what is tested.
fn visitor(number: u64) -> Visitor {
    Visitor::at(&format!("127.{}.{}.1", 1 + number / 250, 1 + number % 250))
}

async fn signs_in(demo: &Demo, number: u64, email: &str) {
    let visitor = visitor(number);
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let done = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    assert_eq!(done.status, 200, "{}", done.words());
    let page = visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(page.text.contains(email), "{} {}", page.status, page.words());
}

/// Until `stop`: people sign in and register, a service reads, a client asks who somebody is.
async fn busy(demo: &Demo, stop: &AtomicBool, answered: &Answered) {
    let party = Party::new(demo, "mail", json!({}));
    let own = person(demo, "known@example.kz").await;
    let tokens = party.tokens(&own, &[]).await;
    let access = tokens["access_token"].as_str().unwrap();
    let sub = own.visit(demo, "mail", "known@example.kz").await.sub();
    let running = || !stop.load(Ordering::Relaxed);
    let signing_in = async {
        for number in 0.. {
            if !running() {
                return;
            }
            signs_in(demo, number, KNOWN).await;
            answered.sign_ins.fetch_add(1, Ordering::Relaxed);
        }
    };
    let registering = async {
        for number in 0.. {
            if !running() {
                return;
            }
            let email = format!("new-{number}@example.kz");
            visitor(5000 + number).register(demo, &email).await;
            signs_in(demo, 10_000 + number, &email).await;
            answered.registrations.fetch_add(1, Ordering::Relaxed);
        }
    };
    let reading = async {
        while running() {
            let (status, said) = demo.read("mail", &sub, "delivery", &["given_name"]).await;
            assert_eq!(status, 200, "{said}");
            answered.reads.fetch_add(1, Ordering::Relaxed);
        }
    };
    let asking = async {
        while running() {
            let request = reqwest::Client::new().get(format!("{}/userinfo", demo.issuer)).bearer_auth(access);
            let (status, said) = answer(request).await;
            assert_eq!((status, said["sub"].as_str()), (200, Some(sub.as_str())), "{said}");
            answered.userinfos.fetch_add(1, Ordering::Relaxed);
        }
    };
    tokio::join!(signing_in, registering, reading, asking);
}

fn keys(demo: &Demo, more: &[&str]) -> (bool, String) {
    demo.command(&[&["keys"], more, &["--demo", demo.folder.to_str().unwrap()]].concat())
}

async fn every_key_is_replaced_under_load(on: On) {
    let demo = demo(on).await;
    visitor(20_000).register(&demo, KNOWN).await;
    let key = Visitor::new().get(&format!("{}/ledger/account/key", demo.issuer)).await.text;
    let (stop, answered) = (AtomicBool::new(false), Answered::default());
    let rotating = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let before = answered.all();
        let mut command = demo.spawn(&["keys", "rotate", "all", "--demo", demo.folder.to_str().unwrap()]);
        let status = loop {
            match command.try_wait().unwrap() {
                Some(status) => break status,
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        assert!(status.success(), "{}", keys(&demo, &["status"]).1);
        let after = answered.all();
        stop.store(true, Ordering::Relaxed);
        (before, after)
    };
    let ((), (before, after)) = tokio::join!(busy(&demo, &stop, &answered), rotating);
    println!("answered while keys were replaced: {before:?} to {after:?}: sign-ins, registrations, reads, userinfos");
    assert!(before.iter().zip(after).all(|(before, after)| after > *before), "each kind went on meanwhile");
    let (ok, said) = keys(&demo, &["status"]);
    assert!(ok && ["ring       2", "field      2", "ledger     2"].iter().all(|line| said.contains(line)), "{said}");
    for sealer in ["sealer", "sealer-2"] {
        let mut files: Vec<_> =
            fs::read_dir(demo.folder.join(sealer)).unwrap().map(|it| it.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["epoch-1.key", "root-1.key"]);
    }
    // The log verifies by the key from before and by the new one, each alone.
    let keys = Visitor::new().get(&format!("{}/ledger/account/key", demo.issuer)).await.text;
    assert!(keys.lines().count() == 2 && keys.lines().last() == key.lines().next(), "{keys}");
    for key in keys.lines() {
        let mut verify = ["ledger", "verify", "--compartment", "account", "--key", key].map(str::to_owned).to_vec();
        verify.extend(demo.logs());
        let (ok, said) = demo.command(&verify.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(ok && said.contains("signed by the log's key"), "{said}");
    }
    // Written after the documents alone: with what the sealers have now everybody is found and read.
    let copied = copy(&demo, "rotated");
    let found = attack(&demo, &[&copied], &[&copied]);
    let whose = found["index"][KNOWN][0].as_str().unwrap();
    let people = found["people"].as_array().unwrap();
    let known = people.iter().find(|person| person["locator"] == *whose).unwrap();
    assert!(known["values"].as_array().unwrap().iter().any(|value| *value == KNOWN), "{known}");
}

#[tokio::test]
async fn every_key_is_replaced_under_load_without_one_failed_request_on_sqlite() {
    every_key_is_replaced_under_load(On::Sqlite).await;
}

#[tokio::test]
async fn every_key_is_replaced_under_load_without_one_failed_request_on_postgres() {
    every_key_is_replaced_under_load(On::Postgres).await;
}

#[tokio::test]
async fn a_rotation_that_is_killed_goes_on_by_itself() {
    let mut demo = demo(On::Sqlite).await;
    visitor(0).register(&demo, KNOWN).await;
    for (number, (name, wait_ms)) in (1..).zip([("ring", 3300), ("field", 2500), ("root", 1200)]) {
        let folder = demo.folder.to_str().unwrap().to_owned();
        let mut asking = demo.spawn(&["keys", "rotate", name, "--demo", &folder]);
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        demo.kill();
        drop((asking.kill(), asking.wait()));
        demo.restart();
        signs_in(&demo, number, KNOWN).await;
        let done = format!("rotation of {name}: rotated");
        let mut said = String::new();
        for _ in 0..300 {
            said = keys(&demo, &["status"]).1;
            if said.contains(&done) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        assert!(said.contains(&done), "{said}");
        signs_in(&demo, 100 + number, KNOWN).await;
    }
    let (ok, said) = keys(&demo, &["rotate", "nothing"]);
    assert!(!ok && said.contains("no key is called `nothing`"), "{said}");
}
