//! More than a password: codes of an app, recovery codes, proof before sensitive acts, and losing everything. Clauses 5.1,
//! 6.1b; RFC 6238.

use kepil_testing::{Demo, On, Page, Visitor, visitor::PASSWORD};
use serde_json::json;

use crate::{
    demo,
    party::{Party, now_s, part, person},
    totp::App,
};

/// The app whose secret the page shows.
fn app_of(page: &Page) -> App {
    App::with(&page.texts("code.secret").concat())
}

/// Adds an app; returns it and the recovery codes.
pub async fn with_app(demo: &Demo, visitor: &Visitor) -> (App, Vec<String>) {
    let page = visitor.get(&format!("{}/me/security/app", demo.issuer)).await;
    assert!(page.text.contains("<svg class=\"code\""), "a picture for the camera");
    let app = app_of(&page);
    let wrong = visitor.submit(&page, "/me/security/app", &[("code", "000000")]).await;
    assert!(wrong.words().contains("does not fit") && app_of(&wrong) == app, "{}", wrong.words());
    let page = visitor.submit(&wrong, "/me/security/app", &[("code", &app.code(now_s()))]).await;
    let codes = page.texts("ul.codes code");
    assert_eq!(codes.len(), 8, "{}", page.words());
    (app, codes)
}

/// Signs in by the password up to the second step.
async fn half_way(demo: &Demo, email: &str) -> (Visitor, Page) {
    let visitor = Visitor::new();
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    (visitor, page)
}

#[tokio::test]
async fn with_an_app_the_password_alone_opens_nothing() {
    let demo = demo(On::Sqlite).await;
    let email = "second@example.kz";
    let visitor = person(&demo, email).await;
    let (app, codes) = with_app(&demo, &visitor).await;
    demo.advance("2m");
    let later = || now_s() + 120;

    let (thief, page) = half_way(&demo, email).await;
    assert!(page.url.contains("/sign-in/second"), "{}", page.url);
    assert!(thief.get(&format!("{}/me", demo.issuer)).await.url.contains("/sign-in"));
    let wrong = thief.submit(&page, "/sign-in/second", &[("code", "000000")]).await;
    assert!(wrong.words().contains("does not fit"));

    let (own, page) = half_way(&demo, email).await;
    let code = app.code(later());
    let done = own.submit(&page, "/sign-in/second", &[("code", &code)]).await;
    assert!(done.url.ends_with("/me"), "{}", done.url);
    let again = thief.submit(&page_of(&thief, &demo, email).await, "/sign-in/second", &[("code", &code)]).await;
    assert!(again.words().contains("does not fit"), "a code is good once: {}", again.words());

    // A recovery code opens once.
    let (own, page) = half_way(&demo, email).await;
    let typed = codes[0].to_uppercase();
    assert!(own.submit(&page, "/sign-in/second", &[("code", &typed)]).await.url.ends_with("/me"));
    let (own, page) = half_way(&demo, email).await;
    assert!(own.submit(&page, "/sign-in/second", &[("code", &codes[0])]).await.words().contains("does not fit"));
    assert!(own.submit(&page, "/sign-in/second", &[("code", &codes[1])]).await.url.ends_with("/me"));

    // Guesses: after ten nobody guesses on for a while, neither with the right code.
    let (guesser, page) = half_way(&demo, email).await;
    for _ in 0..10 {
        guesser.submit(&page, "/sign-in/second", &[("code", "111111")]).await;
    }
    assert_eq!(guesser.submit(&page, "/sign-in/second", &[("code", &codes[2])]).await.status, 429);
}

async fn page_of(visitor: &Visitor, demo: &Demo, email: &str) -> Page {
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await
}

#[tokio::test]
async fn a_client_learns_how_well_the_person_proved_who_they_are() {
    let demo = demo(On::Sqlite).await;
    let email = "acr@example.kz";
    let visitor = person(&demo, email).await;
    let party = Party::new(&demo, "mail", json!({}));
    let tokens = party.tokens(&visitor, &[]).await;
    assert_eq!(part(tokens["id_token"].as_str().unwrap(), 1)["acr"], "1");
    let needs = r#"{"id_token":{"acr":{"essential":true,"values":["2"]}}}"#;
    let page = visitor.get(&party.request(&[("claims", needs)])).await;
    assert_eq!(page.parameter("error").as_deref(), Some("unmet_authentication_requirements"), "{}", page.url);

    let (_, codes) = with_app(&demo, &visitor).await;
    let page = visitor.get(&party.request(&[("prompt", "login"), ("claims", needs)])).await;
    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    let page = visitor.submit(&page, "/sign-in/second", &[("code", &codes[0])]).await;
    let (_, tokens) = party.post("/token", &Party::exchanged(&page.parameter("code").expect("a code"))).await;
    assert_eq!(part(tokens["id_token"].as_str().unwrap(), 1)["acr"], "2");
}

#[tokio::test]
async fn a_sensitive_act_needs_a_fresh_proof() {
    let demo = demo(On::Postgres).await;
    let visitor = person(&demo, "prove@example.kz").await;
    let (_, codes) = with_app(&demo, &visitor).await;
    let security = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    demo.advance("6m");
    // An open session alone, such as a stolen cookie, takes no factor away.
    let page = visitor.submit(&security, "/me/security/app/remove", &[]).await;
    assert!(page.url.contains("/prove"), "{}", page.url);
    let wrong = visitor.submit(&page, "/prove", &[("now", PASSWORD), ("code", "000000")]).await;
    assert!(wrong.words().contains("did not fit"));
    let wrong = visitor.submit(&page, "/prove", &[("now", "something else"), ("code", &codes[0])]).await;
    assert!(wrong.words().contains("did not fit"));
    let back = visitor.submit(&page, "/prove", &[("now", PASSWORD), ("code", &codes[0])]).await;
    assert!(back.url.ends_with("/me/security"), "{}", back.url);
    let page = visitor.submit(&back, "/me/security/app/remove", &[]).await;
    assert!(page.url.contains("done=factor"), "{}", page.url);
    assert!(demo.letter_with("prove@example.kz", "taken away").await.contains("privacy@"));
    let (_, page) = half_way(&demo, "prove@example.kz").await;
    assert!(page.url.ends_with("/me"), "the password is enough again: {}", page.url);
}

#[tokio::test]
async fn whoever_lost_everything_waits_and_the_person_can_stop_it() {
    let demo = demo(On::Sqlite).await;
    let email = "lost@example.kz";
    let visitor = person(&demo, email).await;
    let (_, codes) = with_app(&demo, &visitor).await;

    // A thief with the password begins it; the person stops it by the letter's link.
    let (thief, page) = half_way(&demo, email).await;
    let waits = thief.submit(&page, "/sign-in/lost", &[]).await;
    assert!(waits.words().contains("from:"), "{}", waits.words());
    let letter = demo.letter_with(email, "recovery codes are lost").await;
    let link = kepil_testing::visitor::link(&letter);
    let stop = visitor.get(&link).await;
    assert!(visitor.submit(&stop, "/sign-in/lost/stop", &[]).await.words().contains("stopped"));
    assert_eq!(visitor.get(&link).await.status, 410, "the link is good once");
    demo.advance("4d");
    let (thief, page) = half_way(&demo, email).await;
    let waits = thief.submit(&page, "/sign-in/lost", &[]).await;
    assert!(waits.words().contains("from:"), "it begins anew: {}", waits.words());

    // Signing in with a factor stops it as well.
    let (own, page) = half_way(&demo, email).await;
    assert!(own.submit(&page, "/sign-in/second", &[("code", &codes[0])]).await.url.ends_with("/me"));
    demo.advance("4d");
    let (thief, page) = half_way(&demo, email).await;
    let waits = thief.submit(&page, "/sign-in/lost", &[]).await;
    assert!(waits.words().contains("from:"));

    // Nobody stops it: after three days the factors go, and only then.
    demo.advance("2d");
    let (early, page) = half_way(&demo, email).await;
    assert!(early.submit(&page, "/sign-in/lost", &[]).await.words().contains("from:"));
    demo.advance("2d");
    let (own, page) = half_way(&demo, email).await;
    assert!(own.submit(&page, "/sign-in/lost", &[]).await.url.ends_with("/me"));
    let (_, page) = half_way(&demo, email).await;
    assert!(page.url.ends_with("/me"), "{}", page.url);
}

#[tokio::test]
async fn a_sign_in_at_a_new_device_is_told() {
    let demo = demo(On::Sqlite).await;
    let email = "device@example.kz";
    person(&demo, email).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let client =
        reqwest::Client::builder().cookie_store(true).user_agent("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0");
    let client = client.build().unwrap();
    for _ in 0..2 {
        let page = client.get(format!("{}/sign-in", demo.issuer)).send().await.unwrap().text().await.unwrap();
        let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let form = [("form_token", token), ("identifier", email), ("password", PASSWORD)];
        let done = client.post(format!("{}/sign-in", demo.issuer)).form(&form).send().await.unwrap();
        assert!(done.url().path() == "/me", "{}", done.url());
    }
    assert!(demo.letter_with(email, "Firefox, Windows").await.contains("/me/security"));
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let told = demo.letters().into_iter().filter(|letter| letter.contains("Firefox, Windows")).count();
    assert_eq!(told, 1, "once for each device, and never for the first");
}
