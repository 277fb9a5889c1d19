//! The main walk in Chromium, with JavaScript and without it. Clauses 1.2c, 2.1.1a, 2.1¶C, 3.4e, 7.3.
//!
//! `KEPIL_PICTURES=<folder>` keeps a picture of each page of the walk, in three languages, for phone and desktop, light and
//! dark.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests may stop at the first surprise, and are told by the environment where the browser is"
)]

mod axe;
mod chromium;
mod guardians;
mod passkeys;
#[path = "../totp/mod.rs"]
mod totp;
mod verify;
mod work;

use chromium::{Browser, Look};
use fantoccini::Locator;
use kepil_testing::{
    Demo, On,
    visitor::{PASSWORD, link},
};

const DESKTOP: Look = Look { has_script: true, language: "en", width: 1280, is_dark: false };
const PHONE_WITHOUT_SCRIPT: Look = Look { has_script: false, language: "en", width: 360, is_dark: false };

async fn demo() -> Demo {
    Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--clock"]).await
}

/// Goes to a service, accepts its terms when asked, and returns the names of the claims that its page shows.
async fn visit(browser: &Browser, demo: &Demo, service: &str) -> Vec<String> {
    browser.open(&format!("{}/login", demo.service(service))).await;
    if browser.has("form[action='/accept']").await {
        browser.picture(&format!("accept-{service}")).await;
        browser.press("form[action='/accept'] button[value=accept]").await;
    }
    browser.at(&demo.service(service)).await;
    browser.picture(&format!("service-{service}")).await;
    browser.texts("table.claims tbody th").await
}

async fn register(browser: &Browser, demo: &Demo, email: &str) {
    browser.open(&demo.issuer).await;
    browser.picture("front").await;
    browser.open(&format!("{}/register", demo.issuer)).await;
    browser.press("form[action='/register'] button.first").await;
    browser.picture("register-faults").await;
    browser.write("input[name=email]", email).await;
    browser.write("input[name=given_name]", "Әйгерім").await;
    browser.write("input[name=birth_date]", "05171990").await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.press("form[action='/register'] button.first").await;
    let letter = demo.letter_to(email).await;
    browser.picture("letter-sent").await;
    browser.open(&link(&letter)).await;
    browser.picture("confirm").await;
    browser.press("form[action='/confirm'] button[value=accept]").await;
    browser.at(&format!("{}/me", demo.issuer)).await;
}

async fn the_walk(browser: &Browser, email: &str) {
    let demo = demo().await;
    register(browser, &demo, email).await;
    browser.picture("my-data").await;

    // Each service shows its own fields and nothing else.
    assert_eq!(visit(browser, &demo, "mail").await, ["assurance", "email", "email_verified", "given_name"]);
    assert_eq!(visit(browser, &demo, "market").await, ["age_at_least_18", "assurance", "given_name"]);
    // These two have no policy of their own: the general one applies.
    assert_eq!(visit(browser, &demo, "forum").await, ["assurance", "given_name"]);
    assert_eq!(visit(browser, &demo, "news").await, ["assurance", "given_name"]);

    // The third party gets nothing before consent, and exactly the one claim that was ticked after it.
    let partner = demo.service("partner");
    browser.open(&format!("{partner}/login")).await;
    browser.picture("consent").await;
    browser.press("form[action='/consent'] button[value=refuse]").await;
    browser.open(&partner).await;
    assert!(browser.texts("table.claims tbody th").await.is_empty(), "claims without consent");
    browser.open(&format!("{partner}/login")).await;
    browser.press("input[name=claim][value=email]").await;
    browser.press("form[action='/consent'] button[value=allow]").await;
    browser.at(&partner).await;
    assert_eq!(browser.texts("table.claims tbody th").await, ["assurance", "email", "email_verified"]);

    for page in ["activity", "services", "consents", "security", "block", "close"] {
        browser.open(&format!("{}/me/{page}", demo.issuer)).await;
        browser.picture(page).await;
    }
    browser.open(&format!("{}/me/consents", demo.issuer)).await;
    browser.press("[data-purpose='partner/sign_in'] button").await;
    browser.at(&format!("{}/me/consents?done=withdrawn", demo.issuer)).await;
    browser.open(&partner).await;
    let refused = browser.texts("table.claims tbody th").await;
    assert!(refused.len() == 1 && refused.iter().all(|one| one.starts_with("userinfo 401")), "{refused:?}");
    browser.picture("service-refused").await;

    // What the browser keeps is what the bundle declares; the sample services have cookies of their own.
    browser.open(&format!("{}/me", demo.issuer)).await;
    for name in browser.cookies().await.into_iter().filter(|name| !name.starts_with("sample_")) {
        let declared = std::fs::read_to_string("../../policies/citicom/cookies.toml").unwrap();
        let own = name.trim_start_matches("kepil_");
        assert!(declared.contains(&format!("[cookie.{own}]")), "`{name}` is not declared");
    }
}

#[tokio::test]
async fn the_main_walk_works_with_javascript() {
    let browser = Browser::start(DESKTOP).await;
    the_walk(&browser, "with.script@example.kz").await;
    browser.close().await;
}

#[tokio::test]
async fn the_main_walk_works_without_javascript() {
    let browser = Browser::start(PHONE_WITHOUT_SCRIPT).await;
    the_walk(&browser, "without.script@example.kz").await;
    browser.close().await;
}

/// Signing in and consenting by keyboard alone: Tab, Space and Enter.
#[tokio::test]
async fn signing_in_and_consenting_work_by_keyboard() {
    let (demo, browser) = (demo().await, Browser::start(DESKTOP).await);
    let email = "keyboard@example.kz";
    register(&browser, &demo, email).await;
    browser.forget().await;
    browser.open(&format!("{}/login", demo.service("partner"))).await;
    browser.tab_to("identifier").await;
    browser.keys(email).await;
    browser.tab_to("password").await;
    browser.keys(PASSWORD).await;
    browser.enter().await;
    browser.wait_for("form[action='/consent']").await;
    browser.tab_to("claim").await;
    browser.keys(" ").await;
    browser.tab_to("choice=allow").await;
    browser.enter().await;
    browser.at(&demo.service("partner")).await;
    assert_eq!(browser.texts("table.claims tbody th").await, ["assurance", "email", "email_verified"]);
    browser.close().await;
}

/// Showing something to everybody by keyboard alone, the warning included.
#[tokio::test]
async fn showing_something_works_by_keyboard() {
    let (demo, browser) = (demo().await, Browser::start(DESKTOP).await);
    register(&browser, &demo, "keys@example.kz").await;
    visit(&browser, &demo, "forum").await;
    browser.open(&format!("{}/me/profile/forum", demo.issuer)).await;
    browser.tab_to("audience-given_name").await;
    browser.keys("everybody").await;
    browser.tab_to("save=yes").await;
    browser.enter().await;
    browser.wait_for("button[value=show]").await;
    browser.tab_to("choice=show").await;
    browser.enter().await;
    browser.at(&format!("{}/me/profile/forum?done=saved", demo.issuer)).await;
    assert_eq!(browser.texts("dl.seen dd").await, ["Әйгерім"]);
    browser.close().await;
}

#[tokio::test]
async fn pictures_of_every_page_are_kept_when_asked_for() {
    if std::env::var_os("KEPIL_PICTURES").is_none() {
        return;
    }
    for language in ["ru", "kk", "en"] {
        for (width, is_dark) in [(360, false), (360, true), (1280, false), (1280, true)] {
            let browser = Browser::start(Look { has_script: true, language, width, is_dark }).await;
            the_walk(&browser, &format!("{language}{width}@example.kz")).await;
            assert!(browser.client.find(Locator::Css("html")).await.is_ok());
            browser.close().await;
        }
    }
}
