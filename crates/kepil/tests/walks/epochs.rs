//! The end of an epoch on the running program: by itself at night, by hand at once, never without every sealer, and through a
//! crash. Clauses 3.7, 4.4a.

use std::{fs, time::Duration};

use kepil_testing::{Demo, On, Page, Visitor, visitor::PASSWORD};

use crate::demo;

const CERTIFICATE: &str = "kepil-destruction-1";

/// Closes the account; the page about the destruction.
async fn close(demo: &Demo, visitor: &Visitor) -> Page {
    let page = visitor.get(&format!("{}/me/close", demo.issuer)).await;
    visitor.submit(&page, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await
}

async fn somebody(demo: &Demo, email: &str) -> Visitor {
    let visitor = Visitor::new();
    visitor.register(demo, email).await;
    visitor
}

/// Whether somebody is found by their address and reads their own data.
async fn is_whole(demo: &Demo, email: &str) -> bool {
    let visitor = Visitor::new();
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    visitor.get(&format!("{}/me", demo.issuer)).await.text.contains(email)
}

/// The page of the destruction once it has the certificate.
async fn certified(visitor: &Visitor, url: &str) -> Page {
    for _ in 0..150 {
        let page = visitor.get(url).await;
        assert_eq!(page.status, 200, "{}", page.text);
        if page.text.contains(CERTIFICATE) {
            return page;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("there is no certificate");
}

fn destroy(demo: &Demo, more: &[&str]) -> (bool, String) {
    demo.command(&[&["destroy", "--demo", demo.folder.to_str().unwrap()], more].concat())
}

async fn it_ends_at_night(on: On) {
    let demo = demo(on).await;
    let (gone, stays) = (somebody(&demo, "gone@example.kz").await, somebody(&demo, "stays@example.kz").await);
    // The first look at the day of the installation.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let done = close(&demo, &gone).await;
    assert!(done.url.contains("/destroyed/"), "{}", done.url);
    let (ok, said) = destroy(&demo, &[]);
    assert!(ok && said.contains("everything about 1 people"), "{said}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!gone.get(&done.url).await.text.contains(CERTIFICATE), "not before the night");

    demo.advance("1d");
    let page = certified(&gone, &done.url).await;
    assert!(page.text.contains("key destroyed in a sealer of class logical"), "{}", page.text);
    // Anyone checks the file with the key of the log, offline.
    let file = demo.folder.join("certificate.txt");
    fs::write(&file, gone.get(&format!("{}/certificate", done.url)).await.text).unwrap();
    let key = gone.get(&format!("{}/ledger/account/key", demo.issuer)).await.text;
    let check = ["ledger", "prove", "--check", file.to_str().unwrap(), "--key", key.trim()];
    let (ok, said) = demo.command(&check);
    assert!(ok && said.contains("destroyed everything about one person"), "{said}");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("epoch 1", "epoch 2")).unwrap();
    assert!(!demo.command(&check).0, "an altered one is refused");
    let nobody = stays.get(&format!("{}/destroyed/{}", demo.issuer, "0f".repeat(16))).await;
    assert_eq!(nobody.status, 404, "a number that is none");
    assert!(is_whole(&demo, "stays@example.kz").await);
    // Sessions, and everything else that a job reads, went along.
    let (ok, said) = destroy(&demo, &[]);
    assert!(ok && said.contains("everything about 0 people, something about 0"), "{said}");
}

#[tokio::test]
async fn an_epoch_ends_at_night_on_sqlite() {
    it_ends_at_night(On::Sqlite).await;
}

#[tokio::test]
async fn an_epoch_ends_at_night_on_postgres() {
    it_ends_at_night(On::Postgres).await;
}

#[tokio::test]
async fn without_one_of_the_sealers_nothing_is_certified_and_nothing_lost() {
    let demo = demo(On::Sqlite).await;
    let (gone, stays) = (somebody(&demo, "gone@example.kz").await, somebody(&demo, "stays@example.kz").await);
    let done = close(&demo, &gone).await;
    let (sealer, away) = (demo.folder.join("sealer-2"), demo.folder.join("away"));
    fs::rename(&sealer, &away).unwrap();
    let (ok, said) = destroy(&demo, &["--now"]);
    assert!(!ok && said.contains("sealer-2") && said.contains("nothing is lost"), "{said}");
    assert!(!gone.get(&done.url).await.text.contains(CERTIFICATE));
    assert!(stays.get(&format!("{}/me", demo.issuer)).await.text.contains("stays@example.kz"));
    let folder = demo.folder.to_str().unwrap();
    let (ok, said) = demo.command(&["sealer", "list", "--demo", folder]);
    assert!(!ok && said.contains("sealer-2  does not answer"), "{said}");
    // The disk is broken for good: another takes its place.
    let (ok, said) = demo.command(&["sealer", "add", sealer.to_str().unwrap(), "--demo", folder]);
    assert!(ok, "{said}");
    assert!(!demo.command(&["sealer", "add", sealer.to_str().unwrap(), "--demo", folder]).0, "not over keys");
    certified(&gone, &done.url).await;
    for folder in [&sealer, &demo.folder.join("sealer")] {
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(files, ["epoch-2.key", "root.key"]);
    }
}

#[tokio::test]
async fn a_closing_that_is_killed_goes_on_after_the_restart() {
    let mut demo = demo(On::Sqlite).await;
    somebody(&demo, "stays@example.kz").await;
    let mut ends = Vec::new();
    for (number, wait) in [400, 1900].into_iter().enumerate() {
        let gone = somebody(&demo, &format!("gone-{number}@example.kz")).await;
        ends.push(close(&demo, &gone).await.url);
        let folder = demo.folder.to_str().unwrap().to_owned();
        let mut asking = demo.spawn(&["destroy", "--now", "--demo", &folder]);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        demo.kill();
        drop((asking.kill(), asking.wait()));
        demo.restart();
        assert!(is_whole(&demo, "stays@example.kz").await);
    }
    let (ok, said) = destroy(&demo, &["--now"]);
    assert!(ok, "{said}");
    for url in ends {
        certified(&Visitor::new(), &url).await;
    }
}
