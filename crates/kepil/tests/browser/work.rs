//! The work that a form asks for after too many tries, in Chromium with scripts and without. Issue 3, item 9.

use std::time::Instant;

use kepil_testing::{Demo, Visitor, visitor::PASSWORD};

use crate::{
    DESKTOP, PHONE_WITHOUT_SCRIPT,
    chromium::{Browser, Look},
    demo,
};

const NAME: &str = "work@example.kz";
const BOX: &str = "main [data-seed]";

/// A demo in which somebody guesses at the person's password.
async fn guessed_at() -> Demo {
    let demo = demo().await;
    Visitor::new().register(&demo, NAME).await;
    let stranger = Visitor::new();
    for _ in 0..10 {
        let page = stranger.get(&format!("{}/sign-in", demo.issuer)).await;
        stranger.submit(&page, "/sign-in", &[("identifier", NAME), ("password", "a guess")]).await;
    }
    demo
}

/// Types name and password and sends them.
async fn sign_in(browser: &Browser) {
    if browser.texts("main input[name=challenge]").await.is_empty() {
        browser.write("input[name=identifier]", NAME).await;
    }
    browser.write("input[name=password]", PASSWORD).await;
    browser.press("form[action='/sign-in'] button.first").await;
}

#[tokio::test]
async fn a_browser_with_scripts_works_by_itself() {
    let (demo, browser) = (guessed_at().await, Browser::start(DESKTOP).await);
    browser.open(&format!("{}/sign-in", demo.issuer)).await;
    sign_in(&browser).await;
    browser.wait_for(BOX).await;
    browser.picture("work").await;
    let begun = Instant::now();
    sign_in(&browser).await;
    browser.at(&format!("{}/me", demo.issuer)).await;
    println!("work in Chromium, with all around it: {:.1} s", begun.elapsed().as_secs_f64());
    browser.close().await;
}

#[tokio::test]
async fn a_browser_without_scripts_waits() {
    let (demo, browser) = (guessed_at().await, Browser::start(PHONE_WITHOUT_SCRIPT).await);
    browser.open(&format!("{}/sign-in", demo.issuer)).await;
    sign_in(&browser).await;
    browser.wait_for(BOX).await;
    let said = browser.texts(BOX).await.concat();
    assert!(said.contains("wait 15 seconds") && !said.contains("Done"), "{said}");
    demo.advance("1m");
    sign_in(&browser).await;
    browser.at(&format!("{}/me", demo.issuer)).await;
    browser.close().await;
}

/// The page in every language, on a phone and on a desk, light and dark, when pictures are asked for.
#[tokio::test]
async fn pictures_of_the_work_are_kept_when_asked_for() {
    if std::env::var_os("KEPIL_PICTURES").is_none() {
        return;
    }
    let demo = guessed_at().await;
    for language in ["ru", "kk", "en"] {
        for (width, is_dark) in [(360, false), (360, true), (1280, false), (1280, true)] {
            let browser = Browser::start(Look { has_script: true, language, width, is_dark }).await;
            browser.open(&format!("{}/sign-in", demo.issuer)).await;
            sign_in(&browser).await;
            browser.wait_for(BOX).await;
            browser.picture("work").await;
            browser.wait_for("main [data-seed] p:nth-of-type(2)[hidden]").await;
            browser.picture("work-done").await;
            browser.close().await;
        }
    }
}
