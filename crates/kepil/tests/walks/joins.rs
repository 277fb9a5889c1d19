//! What waits for the end of the day, as its person sees it, through a crash and into the ledger; and the doctor beside a server.
//! Clauses 3.1.5, 4.6.

use std::fs;

use kepil_testing::{Demo, On, Visitor};
use serde_json::Value;

use crate::{demo, guardians::again, ledgers::python};

/// What stands beside an act that is not in the ledger yet.
const WAITS: &str = "comes into the ledger, together with others of the day";
/// A receipt of the compartment of habits.
const RECEIPT: &str = "/me/activity/habits/";

async fn activity(demo: &Demo, visitor: &Visitor) -> String {
    let page = visitor.get(&format!("{}/me/activity", demo.issuer)).await;
    assert_eq!(page.status, 200, "{}", page.text);
    page.text
}

async fn a_waiting_act_is_seen_at_once_and_proved_later(on: On) {
    let mut demo = demo(on).await;
    let visitor = Visitor::new();
    visitor.register(&demo, "one@example.kz").await;
    let before = activity(&demo, &visitor).await;
    assert!(before.contains(WAITS) && !before.contains(RECEIPT), "{before}");
    assert!(before.contains("/me/activity/account/"), "where people sign in nothing waits: {before}");
    let none = format!("{}{RECEIPT}{}", demo.issuer, "0".repeat(32));
    assert_eq!(visitor.get(&none).await.status, 404);
    // Nothing of it is lost when the process dies.
    let count = before.matches(WAITS).count();
    demo.kill();
    demo.restart();
    let visitor = again(&demo, "one@example.kz").await;
    assert!(activity(&demo, &visitor).await.matches(WAITS).count() >= count);
    demo.advance("1d");
    // A session does not last so long.
    let visitor = again(&demo, "one@example.kz").await;
    let mut after = activity(&demo, &visitor).await;
    for _ in 0..40 {
        if after.contains(RECEIPT) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
        after = activity(&demo, &visitor).await;
    }
    assert!(after.contains(RECEIPT), "{after}");
    let from = after.find(RECEIPT).unwrap();
    let path = after[from..].split('"').next().unwrap();
    let file = demo.folder.join("receipt.json");
    fs::write(&file, visitor.get(&format!("{}{path}", demo.issuer)).await.text).unwrap();
    let key = visitor.get(&format!("{}/ledger/habits/key", demo.issuer)).await.text;
    let (ok, said) = demo.command(&["ledger", "prove", "--check", file.to_str().unwrap(), "--key", key.trim()]);
    assert!(ok, "{said}");
    let (ok, said) = python(&["receipt", file.to_str().unwrap(), "--key", key.trim()]);
    assert!(ok, "{said}");
}

#[tokio::test]
async fn a_waiting_act_is_seen_at_once_and_proved_later_on_sqlite() {
    a_waiting_act_is_seen_at_once_and_proved_later(On::Sqlite).await;
}

#[tokio::test]
async fn a_waiting_act_is_seen_at_once_and_proved_later_on_postgresql() {
    a_waiting_act_is_seen_at_once_and_proved_later(On::Postgres).await;
}

#[tokio::test]
async fn the_doctor_looks_beside_a_running_server() {
    let demo = demo(On::Postgres).await;
    Visitor::new().register(&demo, "one@example.kz").await;
    let folder = demo.folder.to_str().unwrap();
    let (ok, said) = demo.command(&["doctor", "joins", "--demo", folder, "--seed", "7", "--mix", "--json"]);
    assert!(ok, "{said}");
    let answer: Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
    assert_eq!((answer["seed"].as_u64(), answer["leaks"].as_u64()), (Some(7), Some(0)));
    let rows = answer["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["left"] == "people_account" && row["right"] == "people_habits"));
    let (ok, said) = demo.command(&["doctor", "joins", "--demo", folder]);
    assert!(ok && said.contains("key-store order") && said.contains("the table says little"), "{said}");
}
