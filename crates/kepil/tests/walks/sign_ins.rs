//! Every sign-in, the file of a session with its receipts, and signing out everywhere. Clauses 4.5, 6.1b.

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{Party, person},
};

async fn sign_in(demo: &Demo, email: &str) -> Visitor {
    let visitor = Visitor::stopping_at(crate::party::BACK);
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    assert!(page.url.ends_with("/me"), "{}", page.words());
    visitor
}

/// The files of the reader's sessions, the newest first.
async fn packs(demo: &Demo, visitor: &Visitor) -> Vec<(String, Value)> {
    let page = visitor.get(&format!("{}/me/security/sign-ins", demo.issuer)).await;
    let mut packs = Vec::new();
    for part in page.text.split("href=\"/me/security/sign-ins/").skip(1) {
        let url = format!("{}/me/security/sign-ins/{}", demo.issuer, part.split('"').next().unwrap());
        let text = visitor.get(&url).await.text;
        packs.push((url, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))));
    }
    packs
}

fn acts(pack: &Value) -> Vec<String> {
    let payload =
        |entry: &Value| -> Value { serde_json::from_str(entry["receipt"]["payload"].as_str().unwrap()).unwrap() };
    pack["entries"].as_array().unwrap().iter().map(|entry| payload(entry)["act"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_file_of_a_session_has_its_own_acts_only_and_verifies_offline() {
    let demo = demo(On::Sqlite).await;
    let email = "evidence@example.kz";
    person(&demo, email).await;
    let (one, other) = (sign_in(&demo, email).await, sign_in(&demo, email).await);
    let party = Party::new(&demo, "mail", json!({}));
    let tokens = party.tokens(&one, &[]).await;
    let page = other.get(&format!("{}/me/fields/given_name/edit", demo.issuer)).await;
    other.submit(&page, "/me/fields/given_name/edit", &[("given_name", "Дина")]).await;

    let packs = packs(&demo, &one).await;
    assert_eq!(packs.len(), 3, "registration, and two sign-ins");
    let [(_, second), (_, first), (_, begun)] = packs.as_slice() else { panic!("three") };
    assert_eq!(begun["session"]["proof"], json!(["password", "letter"]));
    assert_eq!(first["session"]["proof"], json!(["password"]));
    assert_eq!(first["services"][0]["service"], "mail");
    assert_eq!(second["services"], json!([]));
    assert!(acts(second).contains(&"clarify".to_owned()), "{:?}", acts(second));
    assert!(!acts(first).contains(&"clarify".to_owned()), "{:?}", acts(first));
    assert!(acts(first).contains(&"accept".to_owned()) && acts(first)[0] == "sign_in", "{:?}", acts(first));
    assert_ne!(first["session"]["mark"], second["session"]["mark"]);

    // Nothing in it opens anything.
    let text = first.to_string();
    for secret in [tokens["refresh_token"].as_str().unwrap(), tokens["access_token"].as_str().unwrap(), "Дина", email]
    {
        assert!(!text.contains(secret));
    }

    let mut arguments = vec!["ledger".to_owned(), "prove".to_owned()];
    let path = demo.folder.join("session.json");
    std::fs::write(&path, &text).unwrap();
    arguments.push(path.to_str().unwrap().to_owned());
    for log in ["account", "habits", "telemetry"] {
        let key = one.get(&format!("{}/ledger/{log}/key", demo.issuer)).await.text;
        arguments.extend(["--key".to_owned(), key.trim().to_owned()]);
    }
    let prove = || demo.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let (ok, said) = prove();
    assert!(ok && said.contains("all hold"), "{said}");
    // An entry of another session in it, or one that was altered, is found out.
    let mut mixed = first.clone();
    mixed["entries"].as_array_mut().unwrap().push(second["entries"][0].clone());
    std::fs::write(&path, mixed.to_string()).unwrap();
    let (ok, said) = prove();
    assert!(!ok && said.contains("another session"), "{said}");
    std::fs::write(&path, text.replace("sign_in", "consent")).unwrap();
    assert!(!prove().0);
}

#[tokio::test]
async fn a_stranger_and_another_session_of_nobody_get_no_file() {
    let demo = demo(On::Postgres).await;
    let one = person(&demo, "one@example.kz").await;
    let other = person(&demo, "other@example.kz").await;
    let (url, _) = packs(&demo, &one).await.remove(0);
    assert_eq!(other.get(&url).await.status, 404);
    assert!(Visitor::new().get(&url).await.url.contains("/sign-in"));
    let entry = one.get(&format!("{}/me/activity", demo.issuer)).await;
    let accepted = entry.text.split("<li class=\"event").find(|each| each.contains("accepted the terms")).unwrap();
    let accept = accepted.split("/me/activity/account/").nth(1).unwrap().split('"').next().unwrap();
    let no = one.get(&format!("{}/me/security/sign-ins/{accept}", demo.issuer)).await;
    assert_eq!(no.status, 404, "an act that is no sign-in begins no session");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_all_tokens_and_survives_a_restart() {
    let mut demo = demo(On::Sqlite).await;
    let email = "everywhere@example.kz";
    let one = person(&demo, email).await;
    let other = sign_in(&demo, email).await;
    let party = Party::new(&demo, "mail", json!({}));
    let tokens = party.tokens(&other, &[]).await;
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let page = one.get(&format!("{}/me/security", demo.issuer)).await;
    let done = one.submit(&page, "/me/security/everywhere", &[]).await;
    assert!(done.url.ends_with("/?done=everywhere"), "{}", done.url);
    demo.restart();
    for visitor in [&one, &other] {
        // The connection that it kept is gone with the server.
        drop(visitor.client().get(format!("{}/", demo.issuer)).send().await);
        assert!(visitor.get(&format!("{}/me", demo.issuer)).await.url.contains("/sign-in"));
    }
    let (status, _) = party.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await;
    assert_eq!(status, 400);
    // The list stays, without a session that goes on but the reader's own.
    let again = sign_in(&demo, email).await;
    let page = again.get(&format!("{}/me/security/sign-ins", demo.issuer)).await;
    assert_eq!(page.texts("span.state.on").len(), 1, "{}", page.words());
}
