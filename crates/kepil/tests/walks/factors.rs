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
    let (_, page) = half_way(&demo, email).await;
    assert!(page.words().contains("from:") && !page.has_form("/sign-in/lost"), "{}", page.words());
    demo.advance("2d");
    let (own, page) = half_way(&demo, email).await;
    assert!(own.submit(&page, "/sign-in/lost", &[]).await.url.ends_with("/me"));
    demo.letter_with(email, "taken away").await;
    let (_, page) = half_way(&demo, email).await;
    assert!(page.url.ends_with("/me"), "{}", page.url);
}

#[tokio::test]
async fn the_page_says_when_the_three_days_end_and_then_that_they_are_over() {
    let mut demo = demo(On::Postgres).await;
    let email = "waits@example.kz";
    let (_, codes) = with_app(&demo, &person(&demo, email).await).await;
    let (own, page) = half_way(&demo, email).await;
    assert!(page.words().contains("Begin the three days"));
    let end = own.submit(&page, "/sign-in/lost", &[]).await.attributes("main .notice time", "datetime").concat();
    assert!(end.ends_with("+05:00"), "in the time of the policy: {end}");

    // At each new sign-in, after a restart too, it says until when, and that a letter tells of it; nothing begins anew.
    demo.restart();
    demo.advance("71h");
    let (_, page) = half_way(&demo, email).await;
    assert_eq!(page.attributes("main .notice time", "datetime").concat(), end);
    assert!(page.words().contains("We wrote to you") && !page.has_form("/sign-in/lost"), "{}", page.words());

    demo.advance("2h");
    let (own, page) = half_way(&demo, email).await;
    let words = page.words();
    assert!(words.contains("The three days are over") && words.contains("Take them away and sign in"), "{words}");
    assert!(!words.contains("Begin the three days"), "{words}");

    // Stopped by a factor meanwhile, the same button takes nothing away: it begins three days.
    let (other, second) = half_way(&demo, email).await;
    assert!(other.submit(&second, "/sign-in/second", &[("code", &codes[0])]).await.url.ends_with("/me"));
    let waits = own.submit(&page, "/sign-in/lost", &[]).await;
    assert!(waits.words().contains("from:") && waits.attributes("main .notice time", "datetime").concat() > end);
    demo.advance("73h");
    let (own, page) = half_way(&demo, email).await;
    assert!(own.submit(&page, "/sign-in/lost", &[]).await.url.ends_with("/me"));
    let (_, page) = half_way(&demo, email).await;
    assert!(page.url.ends_with("/me"), "{}", page.url);
}

/// How many letters told `email` of a new browser so far, once all that are under way came.
async fn told_of_browsers(demo: &Demo, email: &str) -> usize {
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let is_one = |letter: &&String| letter.starts_with(&format!("To: {email}\n")) && letter.contains("new browser");
    demo.letters().iter().filter(is_one).count()
}

#[tokio::test]
async fn a_sign_in_in_a_browser_that_shows_no_mark_is_told_whatever_it_calls_itself() {
    let demo = demo(On::Sqlite).await;
    let email = "device@example.kz";
    let own = person(&demo, email).await;
    let sign_in = async |visitor: &Visitor| {
        let page = page_of(visitor, &demo, email).await;
        assert!(page.url.ends_with("/me"), "{}", page.url);
    };
    sign_in(&own).await;
    assert_eq!(told_of_browsers(&demo, email).await, 0, "the browser of the registration is not new");

    // A thief's says the same of itself, here nothing at all; and so does one's own that forgot its cookies.
    let thief = Visitor::new();
    sign_in(&thief).await;
    assert_eq!(told_of_browsers(&demo, email).await, 1);
    assert!(demo.letter_with(email, "new browser").await.contains("/me/security"));
    sign_in(&thief).await;
    assert_eq!(told_of_browsers(&demo, email).await, 1, "once for each browser");
    sign_in(&Visitor::new()).await;
    assert_eq!(told_of_browsers(&demo, email).await, 2, "one letter for each sign-in without cookies");
    // A mark of another person's is none.
    sign_in(&person(&demo, "other.device@example.kz").await).await;
    assert_eq!(told_of_browsers(&demo, email).await, 3);

    // Signing out everywhere makes every browser a new one.
    let page = own.get(&format!("{}/me/security", demo.issuer)).await;
    own.submit(&page, "/me/security/everywhere", &[]).await;
    sign_in(&own).await;
    assert_eq!(told_of_browsers(&demo, email).await, 4);
}

#[tokio::test]
async fn one_sign_in_by_two_steps_is_told_once_and_half_of_one_is_not() {
    let mut demo = demo(On::Sqlite).await;
    let email = "steps@example.kz";
    let (_, codes) = with_app(&demo, &person(&demo, email).await).await;
    let (own, page) = half_way(&demo, email).await;
    assert_eq!(told_of_browsers(&demo, email).await, 0);
    assert!(own.submit(&page, "/sign-in/second", &[("code", &codes[0])]).await.url.ends_with("/me"));
    assert_eq!(told_of_browsers(&demo, email).await, 1);
    // Known is known after a restart too.
    demo.restart();
    // The connection from before is gone.
    drop(own.client().get(&demo.issuer).send().await);
    let page = page_of(&own, &demo, email).await;
    assert!(own.submit(&page, "/sign-in/second", &[("code", &codes[1])]).await.url.ends_with("/me"));
    assert_eq!(told_of_browsers(&demo, email).await, 1);
}

#[tokio::test]
async fn the_letter_of_a_new_browser_says_which_kind_it_is() {
    let demo = demo(On::Sqlite).await;
    let email = "kind@example.kz";
    person(&demo, email).await;
    let client =
        reqwest::Client::builder().cookie_store(true).user_agent("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0");
    let client = client.build().unwrap();
    let page = client.get(format!("{}/sign-in", demo.issuer)).send().await.unwrap().text().await.unwrap();
    let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("form_token", token), ("identifier", email), ("password", PASSWORD)];
    let done = client.post(format!("{}/sign-in", demo.issuer)).form(&form).send().await.unwrap();
    assert!(done.url().path() == "/me", "{}", done.url());
    demo.letter_with(email, "Firefox, Windows").await;
}

#[tokio::test]
async fn a_factor_that_is_added_is_told_and_its_first_code_signs_nobody_in() {
    let demo = demo(On::Postgres).await;
    let email = "added@example.kz";
    let visitor = person(&demo, email).await;
    let page = visitor.get(&format!("{}/me/security/app", demo.issuer)).await;
    let (app, at_s) = (app_of(&page), now_s());
    let page = visitor.submit(&page, "/me/security/app", &[("code", &app.code(at_s))]).await;
    assert_eq!(page.texts("ul.codes code").len(), 8, "{}", page.words());
    assert!(demo.letter_with(email, "was added").await.contains("code of an app"));

    // Whoever saw it typed has nothing; the next one of the same app is good, and good once.
    let (thief, page) = half_way(&demo, email).await;
    let no = thief.submit(&page, "/sign-in/second", &[("code", &app.code(at_s))]).await;
    assert!(no.words().contains("does not fit"), "{}", no.words());
    let (own, page) = half_way(&demo, email).await;
    let next = app.code(at_s + 30);
    assert!(own.submit(&page, "/sign-in/second", &[("code", &next)]).await.url.ends_with("/me"));
    let no = thief.submit(&page_of(&thief, &demo, email).await, "/sign-in/second", &[("code", &next)]).await;
    assert!(no.words().contains("does not fit"), "{}", no.words());
}

#[tokio::test]
async fn the_activity_says_which_proof_was_changed() {
    let demo = demo(On::Sqlite).await;
    let email = "says@example.kz";
    let visitor = person(&demo, email).await;
    let (_, codes) = with_app(&demo, &visitor).await;
    let (guesser, page) = half_way(&demo, email).await;
    let wrong = guesser.submit(&page, "/sign-in/second", &[("code", "abcde-fghjk")]).await;
    assert!(wrong.words().contains("does not fit"), "and changes nothing: {}", wrong.words());
    let page = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    let change = [("now", PASSWORD), ("password", "a lamp over seven grey hills")];
    visitor.submit(&page, "/me/security/password", &change).await;
    let page = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    let new = visitor.submit(&page, "/me/security/codes", &[]).await.texts("ul.codes code");
    assert!(new.len() == 8 && new != codes);
    let said = visitor.get(&format!("{}/me/activity", demo.issuer)).await.texts("p.sentence");
    let changed: Vec<&String> = said.iter().filter(|each| each.starts_with("You changed data")).collect();
    assert_eq!(
        changed,
        ["You changed data: recovery code", "You changed data: password", "You changed data: code of an app"]
    );
    assert!(said.contains(&"You signed in: password, link in a letter".to_owned()), "{said:?}");
}
