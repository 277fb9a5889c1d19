//! A third party: what it gets, the person decides claim by claim, at first and later. Clauses 3.4e, 3.4f, 4.7, 7.3.

use kepil_testing::{Demo, On, Visitor};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{Party, answer, person},
};

const EMAIL: &str = "claims@example.kz";

async fn told(demo: &Demo, token: &str) -> (u16, Value) {
    answer(reqwest::Client::new().get(format!("{}/userinfo", demo.issuer)).bearer_auth(token)).await
}

fn names(told: &Value) -> Vec<&str> {
    let all = told.as_object().unwrap().keys().map(String::as_str);
    all.filter(|name| !["assurance", "sub", "email_verified"].contains(name)).collect()
}

/// Posts the page of claims with these boxes ticked. A form sends one value a box, which `submit` cannot.
async fn allow(
    demo: &Demo,
    visitor: &Visitor,
    path: &str,
    fields: Vec<(String, String)>,
    claims: &[&str],
) -> (u16, String) {
    let mut form: Vec<(String, String)> = fields.into_iter().filter(|(name, _)| name != "claim").collect();
    form.extend(claims.iter().map(|claim| ("claim".to_owned(), (*claim).to_owned())));
    form.push(("choice".to_owned(), "allow".to_owned()));
    let sent = visitor.client().post(format!("{}{path}", demo.issuer)).form(&form).send().await.unwrap();
    let to = sent.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (sent.status().as_u16(), to.unwrap_or_default())
}

/// Nothing about the person but ids is in what passes through browsers and logs of a client.
async fn assert_no_value(party: &Party, tokens: &Value) {
    let (_, worth) = party.post("/introspect", &[("token", tokens["access_token"].as_str().unwrap())]).await;
    let inside =
        ["id_token", "access_token"].map(|name| crate::party::part(tokens[name].as_str().unwrap(), 1).to_string());
    for text in [inside[0].as_str(), inside[1].as_str(), &worth.to_string()] {
        assert!(!text.contains(EMAIL) && !text.contains("1990") && !text.contains("Айгүл"), "{text}");
    }
}

#[tokio::test]
async fn a_claim_that_is_taken_away_is_gone_everywhere_at_the_next_request() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "partner", json!({}));
    let visitor = person(&demo, EMAIL).await;
    let page = visitor.get(&party.request(&[])).await;
    assert!(page.has_form("/consent"), "{}", page.words());
    assert_eq!(page.attributes("input[name=claim]", "value"), ["email", "given_name", "birth_date"]);
    assert!(page.attributes("input[name=claim][checked]", "value").is_empty(), "nothing is ticked beforehand");
    assert!(page.words().contains("needed to go on") && page.words().contains("nothing is passed on"));
    assert!(page.words().contains("Partner Library does not open"), "what refusing means: {}", page.words());
    assert!(page.words().contains("We do not check that the data are complete"), "{}", page.words());
    let own = visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(
        [&page, &own].iter().all(|page| page.words().contains("17 May 1990")),
        "a date reads as one: {}",
        own.words()
    );

    // Without the one that it needs, the page is shown again; nothing is written.
    let again = visitor.submit(&page, "/consent", &[("claim", "given_name"), ("choice", "allow")]).await;
    assert!(again.has_form("/consent") && again.words().contains("is not ticked"), "and says why: {}", again.words());
    assert_eq!(again.attributes("input[name=claim][checked]", "value"), ["given_name"]);
    let (_, to) = allow(&demo, &visitor, "/consent", page.fields("/consent"), &["email", "given_name"]).await;
    let back = visitor.get(&format!("{}{to}", demo.issuer)).await;
    let (status, tokens) = party.post("/token", &Party::exchanged(&back.parameter("code").expect("a code"))).await;
    assert_eq!(status, 200, "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    let (_, first) = told(&demo, token).await;
    assert_eq!(names(&first), ["email", "given_name"], "the third was not allowed");
    assert_eq!(first["assurance"], json!({ "email": "channel_confirmed", "given_name": "self_asserted" }));
    assert_no_value(&party, &tokens).await;

    let path = "/me/consents/partner/sign_in";
    let page = visitor.get(&format!("{}{path}", demo.issuer)).await;
    assert_eq!(page.attributes("input[name=claim][checked]", "value"), ["email", "given_name"]);
    let (status, to) = allow(&demo, &visitor, path, page.fields(path), &["email"]).await;
    assert!(status == 303 && to.contains("saved"), "{status} {to}");
    assert_eq!(names(&told(&demo, token).await.1), ["email"], "the token that it had before");
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (_, renewed) = party.post("/token", &form).await;
    assert_eq!(names(&told(&demo, renewed["access_token"].as_str().unwrap()).await.1), ["email"]);
    assert_no_value(&party, &renewed).await;

    // The one that it needs cannot be taken away alone: then the consent is withdrawn as a whole.
    let page = visitor.get(&format!("{}{path}", demo.issuer)).await;
    let (status, to) = allow(&demo, &visitor, path, page.fields(path), &["given_name"]).await;
    assert_eq!((status, to.as_str()), (200, ""), "shown again");
    let page = visitor.submit(&page, path, &[("choice", "withdraw")]).await;
    assert!(page.url.contains("withdrawn"), "{}", page.url);
    // Then it is told nothing more, not even that the person is there.
    let (status, _) = told(&demo, renewed["access_token"].as_str().unwrap()).await;
    assert_eq!(status, 401);
    for token in ["access_token", "refresh_token"] {
        let (_, worth) = party.post("/introspect", &[("token", renewed[token].as_str().unwrap())]).await;
        assert_eq!(worth, json!({ "active": false }), "{token}");
    }
    let form = [("grant_type", "refresh_token"), ("refresh_token", renewed["refresh_token"].as_str().unwrap())];
    assert_eq!(party.post("/token", &form).await, (400, json!({ "error": "invalid_grant" })));
}

#[tokio::test]
async fn a_third_party_to_which_everything_it_asks_for_was_left_out_is_told_the_id_alone() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "partner", json!({}));
    let visitor = person(&demo, "id@example.kz").await;
    let asked = party.request(&[("claims", r#"{"userinfo":{"birthdate":null}}"#)]);
    let page = visitor.get(&asked).await;
    let (_, to) = allow(&demo, &visitor, "/consent", page.fields("/consent"), &["email"]).await;
    let back = visitor.get(&format!("{}{to}", demo.issuer)).await;
    let (_, tokens) = party.post("/token", &Party::exchanged(&back.parameter("code").expect("a code"))).await;
    let sub = crate::party::part(tokens["id_token"].as_str().unwrap(), 1)["sub"].clone();
    let (status, all) = told(&demo, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!((status, &all["sub"], names(&all)), (200, &sub, vec![]), "{all}");
}

#[tokio::test]
async fn a_third_party_that_asks_for_less_is_offered_less() {
    let demo = demo(On::Postgres).await;
    let party = Party::new(&demo, "partner", json!({}));
    let visitor = person(&demo, "less@example.kz").await;
    let claims = r#"{"userinfo":{"birthdate":{"essential":true},"phone_number":null}}"#;
    let page = visitor.get(&party.request(&[("claims", claims)])).await;
    let offered = page.attributes("input[name=claim]", "value");
    assert_eq!(offered, ["email", "birth_date"], "what it asks for and what it cannot do without");
    assert!(visitor.submit(&page, "/consent", &[("choice", "refuse")]).await.parameter("error").is_some());
    assert_eq!(visitor.get(&format!("{}/me/consents/mail/delivery", demo.issuer)).await.status, 404);
    assert_eq!(visitor.get(&format!("{}/me/consents/partner/nothing", demo.issuer)).await.status, 404);
}
