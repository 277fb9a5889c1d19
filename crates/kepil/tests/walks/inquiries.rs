//! What is given on request only: a service asks with purpose and agreement, the person answers, and nobody else gets it.
//! Clauses 2.1.1c, 2.1¶C2, 3.1.3, 3.4g, 4.3, 4.4a, 4.7.

use std::time::Duration;

use kepil_testing::{Demo, On, Visitor};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{Party, answer, person},
};

const PHONE: &str = "+7 701 123-45-67";
const PLAIN: &str = "+77011234567";

async fn post(demo: &Demo, service: &str, path: &str, body: Value) -> (u16, Value) {
    let token = demo.token(service).await;
    answer(reqwest::Client::new().post(format!("{}{path}", demo.issuer)).bearer_auth(token).json(&body)).await
}

async fn ask(demo: &Demo, sub: &str, agreement: &str) -> (u16, Value) {
    let body = json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": agreement });
    post(demo, "market", "/v1/inquiries", body).await
}

async fn state(demo: &Demo, service: &str, inquiry: &Value) -> Value {
    post(demo, service, "/v1/inquiries/state", json!({ "inquiry": inquiry["inquiry"] })).await.1["answer"].clone()
}

async fn phone(demo: &Demo, service: &str, sub: &str, purpose: &str) -> Value {
    demo.read(service, sub, purpose, &["phone"]).await.1["fields"]["phone"]["value"].clone()
}

/// Somebody with an account who uses Market, and Market's id for them.
async fn shopper(demo: &Demo, email: &str) -> (Visitor, String) {
    let visitor = person(demo, email).await;
    let page = visitor.visit(demo, "market", email).await;
    (visitor, page.sub())
}

#[tokio::test]
async fn what_is_given_on_request_serves_that_service_and_purpose_alone() {
    for on in [On::Sqlite, On::Postgres] {
        let demo = demo(on).await;
        let (visitor, sub) = shopper(&demo, "asked@example.kz").await;
        let mail = visitor.visit(&demo, "mail", "asked@example.kz").await.sub();
        assert_eq!(phone(&demo, "market", &sub, "call").await, Value::Null);

        let (status, asked) = ask(&demo, &sub, "N 117").await;
        assert_eq!((status, &asked["answer"]), (202, &json!("pending")), "{asked}");
        assert_eq!(ask(&demo, &sub, "N 117").await.1, asked, "the same asked twice is one inquiry");
        assert_eq!(state(&demo, "mail", &asked).await, "ended", "it is Market's");
        let page = visitor.get(&format!("{}/me", demo.issuer)).await;
        assert!(page.words().contains("Market asks for: Telephone"), "{}", page.words());

        let url = asked["answer_url"].as_str().unwrap();
        let path = url.strip_prefix(&demo.issuer).unwrap();
        let page = visitor.get(url).await;
        assert!(page.words().contains("N 117") && page.words().contains("A call about your order"), "{}", page.words());
        let page = visitor.submit(&page, path, &[("choice", "give"), ("phone", "12")]).await;
        assert!(page.words().contains("To correct") || page.has_form(path), "{}", page.words());
        assert_eq!(state(&demo, "market", &asked).await, "pending");
        let done = visitor.submit(&page, path, &[("choice", "give"), ("phone", PHONE)]).await;
        assert!(done.url.contains("done=given"), "{}", done.url);
        assert_eq!(state(&demo, "market", &asked).await, "given");

        assert_eq!(phone(&demo, "market", &sub, "call").await, PLAIN);
        let (_, read) = demo.read("market", &sub, "call", &["phone"]).await;
        assert_eq!(read["fields"]["phone"]["source"], "request");
        for purpose in ["orders", "delivery"] {
            assert_eq!(phone(&demo, "market", &sub, purpose).await, Value::Null, "{purpose}");
        }
        for purpose in ["delivery", "tips"] {
            assert_eq!(phone(&demo, "mail", &mail, purpose).await, Value::Null, "mail/{purpose}");
        }
        assert_eq!(visitor.get(url).await.url, format!("{}/me", demo.issuer), "answered once");
        let told = visitor.get(&format!("{}/me/told", demo.issuer)).await.words();
        assert!(told.contains("Market") && told.contains("Telephone") && told.contains("2 times"), "{told}");

        // The person corrects it, and sees in the ledger for which agreement it was given.
        let edit = "/me/fields/phone/edit";
        let page = visitor.get(&format!("{}{edit}", demo.issuer)).await;
        visitor.submit(&page, edit, &[("phone", "+77019999999")]).await;
        assert_eq!(phone(&demo, "market", &sub, "call").await, "+77019999999");
        // Withdrawn, it is gone at the next read; given anew as a whole, it does not come back by itself.
        let consents = visitor.get(&format!("{}/me/consents", demo.issuer)).await;
        let form = [("service", "market"), ("purpose", "call"), ("on", "no")];
        visitor.submit(&consents, "/me/consents/set", &form).await;
        assert_eq!(phone(&demo, "market", &sub, "call").await, Value::Null);
        let consents = visitor.get(&format!("{}/me/consents", demo.issuer)).await;
        let form = [("service", "market"), ("purpose", "call"), ("on", "yes")];
        assert_eq!(visitor.submit(&consents, "/me/consents/set", &form).await.status, 400, "it waits for the service");
        assert_eq!(phone(&demo, "market", &sub, "call").await, Value::Null);
    }
}

#[tokio::test]
async fn a_refusal_is_told_and_the_same_is_not_asked_again() {
    let demo = demo(On::Sqlite).await;
    let (visitor, sub) = shopper(&demo, "no@example.kz").await;
    let (_, asked) = ask(&demo, &sub, "N 1").await;
    let url = asked["answer_url"].as_str().unwrap();
    let page = visitor.get(url).await;
    let path = url.strip_prefix(&demo.issuer).unwrap();
    visitor.submit(&page, path, &[("choice", "refuse"), ("phone", PHONE)]).await;
    assert_eq!(state(&demo, "market", &asked).await, "refused");
    assert_eq!(ask(&demo, &sub, "N 1").await.1["answer"], "refused");
    assert!(!visitor.get(&format!("{}/me", demo.issuer)).await.words().contains("asks for: Telephone"));
    assert_eq!(phone(&demo, "market", &sub, "call").await, Value::Null, "and what was typed is not kept");
    let (_, second) = ask(&demo, &sub, "N 2").await;
    assert_eq!(second["answer"], "pending", "another agreement is another question");
    // Whoever ends all sessions tells no service so.
    let security = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    visitor.submit(&security, "/me/security/everywhere", &[]).await;
    assert_eq!(state(&demo, "market", &asked).await, "refused");
    assert_eq!(state(&demo, "market", &second).await, "pending");
    let (visitor, sub) = shopper(&demo, "left@example.kz").await;
    ask(&demo, &sub, "N 3").await;
    // Leaving the service takes its questions away.
    let services = visitor.get(&format!("{}/me/services", demo.issuer)).await;
    visitor.submit(&services, "/me/services/market/leave", &[]).await;
    assert!(!visitor.get(&format!("{}/me", demo.issuer)).await.words().contains("asks for: Telephone"));
}

#[tokio::test]
async fn of_an_answer_and_a_refusal_in_two_windows_one_is_the_first_and_the_other_learns_it() {
    let demo = demo(On::Sqlite).await;
    let (visitor, sub) = shopper(&demo, "torn@example.kz").await;
    // The refusal comes before, while and after the answer is written.
    for round in 1..=5_u64 {
        let (_, asked) = ask(&demo, &sub, &format!("N {round}")).await;
        let url = asked["answer_url"].as_str().unwrap();
        let path = url.strip_prefix(&demo.issuer).unwrap();
        let windows = [visitor.get(url).await, visitor.get(url).await];
        let give = visitor.submit(&windows[0], path, &[("choice", "give"), ("phone", PHONE)]);
        let refuse = async {
            tokio::time::sleep(Duration::from_millis(7 * round)).await;
            visitor.submit(&windows[1], path, &[("choice", "refuse"), ("phone", "")]).await
        };
        let (given, refused) = futures::future::join(give, refuse).await;
        let said = state(&demo, "market", &asked).await;
        let statuses = if said == "given" { [200, 410] } else { [410, 200] };
        assert_eq!([given.status, refused.status], statuses, "{said}");
    }
}

#[tokio::test]
async fn a_request_without_purpose_or_agreement_or_about_somebody_unknown_tells_and_asks_nothing() {
    let demo = demo(On::Sqlite).await;
    let (visitor, sub) = shopper(&demo, "strict@example.kz").await;
    for (body, status) in [
        (json!({ "sub": sub, "purpose": "call", "fields": ["phone"] }), 400),
        (json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": " " }), 400),
        (json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": "N 1\u{202e}2" }), 400),
        (json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": "x".repeat(65) }), 400),
        (json!({ "sub": sub, "purpose": "call", "fields": [], "agreement_id": "N 1" }), 403),
        (json!({ "sub": sub, "purpose": "orders", "fields": ["phone"], "agreement_id": "N 1" }), 403),
        (json!({ "sub": sub, "purpose": "orders", "fields": ["given_name"], "agreement_id": "N 1" }), 403),
        (json!({ "sub": sub, "purpose": "nothing", "fields": ["phone"], "agreement_id": "N 1" }), 403),
        (json!({ "sub": "nobody", "purpose": "call", "fields": ["phone"], "agreement_id": "N 1" }), 400),
    ] {
        assert_eq!(post(&demo, "market", "/v1/inquiries", body.clone()).await.0, status, "{body}");
    }
    let other = json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": "N 1" });
    assert_eq!(post(&demo, "mail", "/v1/inquiries", other).await.0, 403, "not Mail's purpose");

    // An id that is nobody's, one of another service, and somebody who blocked everything look like anybody.
    let foreign = visitor.visit(&demo, "mail", "strict@example.kz").await.sub();
    let nobody = "A".repeat(32);
    for sub in [nobody.as_str(), foreign.as_str()] {
        let (status, asked) = ask(&demo, sub, "N 1").await;
        assert_eq!((status, &asked["answer"]), (202, &json!("pending")));
        assert_eq!(state(&demo, "market", &asked).await, "pending");
    }
    assert!(!visitor.get(&format!("{}/me", demo.issuer)).await.words().contains("asks for: Telephone"));
    let block = visitor.get(&format!("{}/me/block", demo.issuer)).await;
    visitor.submit(&block, "/me/block", &[("action", "block")]).await;
    assert_eq!(ask(&demo, &sub, "N 3").await.1["answer"], "pending");
    assert!(!visitor.get(&format!("{}/me", demo.issuer)).await.words().contains("asks for: Telephone"));
    for number in 0..5 {
        let limited = ask(&demo, &sub, &format!("again {number}")).await.0;
        assert!(limited == 202 || (limited == 429 && number > 2), "{number}: {limited}");
    }
    assert_eq!(ask(&demo, &sub, "one more").await.0, 429);
}

#[tokio::test]
async fn a_scope_never_brings_what_is_given_on_request() {
    let demo = demo(On::Sqlite).await;
    let (visitor, sub) = shopper(&demo, "scope@example.kz").await;
    let (_, asked) = ask(&demo, &sub, "N 1").await;
    let url = asked["answer_url"].as_str().unwrap();
    let page = visitor.get(url).await;
    visitor.submit(&page, url.strip_prefix(&demo.issuer).unwrap(), &[("choice", "give"), ("phone", PHONE)]).await;
    assert_eq!(phone(&demo, "market", &sub, "call").await, PLAIN);
    let party = Party::new(&demo, "market", json!({}));
    let claims = r#"{"userinfo":{"phone_number":{"essential":true}}}"#;
    let back = visitor.get(&party.request(&[("scope", "openid phone profile"), ("claims", claims)])).await;
    let (status, tokens) = party.post("/token", &Party::exchanged(&back.parameter("code").expect("a code"))).await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    let (_, told) = answer(reqwest::Client::new().get(format!("{}/userinfo", demo.issuer)).bearer_auth(token)).await;
    assert!(told.get("phone_number").is_none() && !told.to_string().contains(PLAIN), "{told}");
}
