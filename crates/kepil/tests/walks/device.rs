//! A device without a browser. Clauses 3.4e, 3.4g, 6.1b; RFC 8628.

use kepil_testing::{On, Page, Visitor};
use serde_json::{Value, json};

use crate::{
    demo,
    party::{Party, person},
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn screen() -> Value {
    json!({ "token_endpoint_auth_method": "none", "grant_types": [GRANT, "refresh_token"], "redirect_uris": [] })
}

async fn begin(party: &Party) -> Value {
    let (status, begun) = party.post("/device_authorization", &[("scope", "openid offline_access")]).await;
    assert_eq!(status, 200, "{begun}");
    begun
}

async fn poll(party: &Party, begun: &Value) -> (u16, Value) {
    party.post("/token", &[("grant_type", GRANT), ("device_code", begun["device_code"].as_str().unwrap())]).await
}

/// Opens the address that the device shows and says whether the device is one's own.
async fn say(visitor: &Visitor, begun: &Value, choice: &str) -> Page {
    let page = visitor.get(begun["verification_uri_complete"].as_str().unwrap()).await;
    assert!(page.words().contains(begun["user_code"].as_str().unwrap()), "{}", page.words());
    visitor.submit(&page, "/device", &[("choice", choice)]).await
}

#[tokio::test]
async fn a_device_gets_tokens_when_its_person_has_answered_elsewhere() {
    let demo = demo(On::Sqlite).await;
    let party = Party::new(&demo, "mail", screen());
    let visitor = person(&demo, "screen@example.kz").await;
    let begun = begin(&party).await;
    assert_eq!(poll(&party, &begun).await.1["error"], "authorization_pending");
    assert_eq!(poll(&party, &begun).await.1["error"], "slow_down", "asked again at once");

    // Whoever is not signed in signs in first and comes back to the very code.
    let other = Visitor::new();
    let page = other.get(begun["verification_uri_complete"].as_str().unwrap()).await;
    let page = other
        .submit(
            &page,
            "/sign-in",
            &[("identifier", "screen@example.kz"), ("password", kepil_testing::visitor::PASSWORD)],
        )
        .await;
    assert!(
        page.has_form("/device") && page.words().contains(begun["user_code"].as_str().unwrap()),
        "{}",
        page.words()
    );

    let mut page = say(&visitor, &begun, "mine").await;
    assert!(page.has_form("/accept"), "the terms of the service come first: {}", page.words());
    page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    assert!(page.url.ends_with("/device/done"), "{}", page.url);
    demo.advance("1m");
    let (status, tokens) = poll(&party, &begun).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(poll(&party, &begun).await.0, 400, "the code of a device works once");

    // The second use of the code ended what came of it, as for any code; so a second device for what follows.
    let begun = begin(&party).await;
    assert!(say(&visitor, &begun, "mine").await.url.ends_with("/device/done"));
    let (status, tokens) = poll(&party, &begun).await;
    assert_eq!(status, 200, "{tokens}");

    // The device is one of the person's sessions: it outlives the browser in which they answered, and ends by a button.
    let page = visitor.get(&format!("{}/sign-out", demo.issuer)).await;
    visitor.submit(&page, "/sign-out", &[]).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (status, tokens) = party.post("/token", &form).await;
    assert_eq!(status, 200, "{tokens}");
    let page = other.get(&format!("{}/me/security", demo.issuer)).await;
    other.submit(&page, "/me/security/end", &[("id", "others")]).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(party.post("/token", &form).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_device_that_is_refused_foreign_late_or_guessed_gets_nothing() {
    let demo = demo(On::Postgres).await;
    let party = Party::new(&demo, "mail", screen());
    let visitor = person(&demo, "refuses@example.kz").await;

    let begun = begin(&party).await;
    assert!(say(&visitor, &begun, "foreign").await.url.ends_with("/device/refused"));
    assert_eq!(poll(&party, &begun).await.1["error"], "access_denied");
    assert_eq!(poll(&party, &begun).await.1["error"], "expired_token", "and then it is forgotten");

    // Somebody else who is lured to go on with the request grants nothing, though they use the service.
    let begun = begin(&party).await;
    let victim = person(&demo, "lured@example.kz").await;
    Party::new(&demo, "mail", json!({})).tokens(&victim, &[]).await;
    let thief = Visitor::stopping_at(&format!("{}/authorize/continue", demo.issuer));
    let page = thief.get(&format!("{}/sign-in", demo.issuer)).await;
    let form = [("identifier", "refuses@example.kz"), ("password", kepil_testing::visitor::PASSWORD)];
    thief.submit(&page, "/sign-in", &form).await;
    let lure = say(&thief, &begun, "mine").await.url;
    assert!(lure.contains("/authorize/continue?go="), "{lure}");
    let page = victim.get(&lure).await;
    assert!(page.has_form("/sign-in"), "{} {}", page.url, page.words());
    assert_eq!(poll(&party, &begun).await.1["error"], "authorization_pending");

    // Refusing the terms refuses the device.
    let begun = begin(&party).await;
    let page = say(&visitor, &begun, "mine").await;
    let page = visitor.submit(&page, "/accept", &[("choice", "refuse")]).await;
    assert!(page.url.ends_with("/device/refused"), "{}", page.url);
    assert_eq!(poll(&party, &begun).await.1["error"], "access_denied");

    let begun = begin(&party).await;
    let other = Party::new(&demo, "mail", screen());
    assert_eq!(poll(&other, &begun).await.1["error"], "invalid_grant", "of another client");
    let plain = Party::new(&demo, "mail", json!({}));
    assert_eq!(poll(&plain, &begun).await.1["error"], "unauthorized_client");
    let (status, told) = plain.post("/device_authorization", &[("scope", "openid")]).await;
    assert_eq!((status, &told["error"]), (400, &json!("unauthorized_client")));
    assert_eq!(party.post("/device_authorization", &[("scope", "x")]).await.1["error"], "invalid_scope");
    demo.advance("11m");
    assert_eq!(poll(&party, &begun).await.1["error"], "expired_token");

    // A form from elsewhere answers nothing.
    let begun = begin(&party).await;
    let code = begun["user_code"].as_str().unwrap();
    let forged = [("user_code", code), ("choice", "mine"), ("form_token", "x")];
    let forged = visitor.client().post(format!("{}/device", demo.issuer)).form(&forged).send().await.unwrap();
    assert_eq!(forged.status().as_u16(), 403);

    // Guesses: the tenth is the last for a while, even for the right code.
    let guess = async |code: &str| visitor.get(&format!("{}/device?user_code={code}", demo.issuer)).await;
    for at in 0..10 {
        let page = guess("BBBB-BBBB").await;
        assert!(page.status == 429 || page.has_form("/device"), "{at}: {}", page.status);
    }
    assert_eq!(guess(code).await.status, 429);
    assert_eq!(poll(&party, &begun).await.1["error"], "authorization_pending");
}
