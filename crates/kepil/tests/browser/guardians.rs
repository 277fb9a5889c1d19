//! The pages of guardians and wards, each looked at by axe-core, with a picture kept where `KEPIL_PICTURES` says. Clause 2.4c.

use kepil_store::{Clock, SystemClock};
use kepil_testing::{
    Demo, Visitor,
    visitor::{PASSWORD, link},
};

use super::{
    axe::violations,
    chromium::{Browser, Look},
    demo,
};

const WARD: &str = "ward@example.kz";
const GUARDIAN: &str = "guardian@example.kz";
const UNDATED: &str = "undated@example.kz";
/// What a guardian comes to from the page of a ward.
const RIGHTS: [&str; 9] = [
    "services",
    "consents",
    "profile/forum",
    "fields/residence/edit",
    "activity",
    "told",
    "contents",
    "close",
    "block",
];

/// What axe finds on the page that is open, which is called `name`.
async fn look(browser: &Browser, name: &str, found: &mut Vec<String>) {
    browser.picture(&format!("guardians-{name}")).await;
    found.extend(violations(browser).await.into_iter().map(|each| format!("{name}: {each}")));
}

async fn sign_in(browser: &Browser, demo: &Demo, email: &str) {
    browser.open(&demo.issuer).await;
    browser.forget().await;
    browser.open(&format!("{}/sign-in", demo.issuer)).await;
    browser.write("input[name=identifier]", email).await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.press("form[action='/sign-in'] button.first").await;
    browser.at(&format!("{}/me", demo.issuer)).await;
}

async fn every_page(at: Look) {
    let demo = demo().await;
    let (mut found, to) = (Vec::new(), |path: &str| format!("{}{path}", demo.issuer));
    let ward = Visitor::new();
    let year = SystemClock::new("UTC").unwrap().now().day.date().unwrap().year();
    ward.register_with(&demo, WARD, &[("birth_date", &format!("{}-06-01", year - 16))]).await;
    Visitor::new().register(&demo, GUARDIAN).await;
    Visitor::new().register_with(&demo, UNDATED, &[("birth_date", "")]).await;
    let (browser, mail) = (Browser::start(at).await, format!("{}/login", demo.service("mail")));

    sign_in(&browser, &demo, UNDATED).await;
    browser.open(&mail).await;
    browser.wait_for("input[name=of_age]").await;
    look(&browser, "say", &mut found).await;

    sign_in(&browser, &demo, WARD).await;
    browser.open(&mail).await;
    browser.wait_for("a[href^='/me/guardians/ask']").await;
    look(&browser, "must-agree", &mut found).await;
    browser.press("a[href^='/me/guardians/ask']").await;
    browser.wait_for("form[action='/me/guardians/ask']").await;
    look(&browser, "ask", &mut found).await;
    browser.press("form[action='/me/guardians/ask'] button.first").await;
    browser.wait_for(".wrong").await;
    look(&browser, "ask-faults", &mut found).await;
    browser.press("input[name=whole]").await;
    browser.write("input[name=email]", GUARDIAN).await;
    browser.press("form[action='/me/guardians/ask'] button.first").await;
    browser.at(&to("/me/guardians?done=invited")).await;
    look(&browser, "none-yet", &mut found).await;

    let letter = demo.letter_with(GUARDIAN, "/invited?token=").await;
    sign_in(&browser, &demo, GUARDIAN).await;
    browser.open(&link(&letter)).await;
    look(&browser, "asked", &mut found).await;
    browser.press("form[action='/invited'] button[value=accept]").await;
    browser.at(&to("/me/representing/")).await;
    look(&browser, "ward", &mut found).await;
    browser.open(&to("/me/representing")).await;
    look(&browser, "representing", &mut found).await;
    browser.open(&mail).await;
    browser.press("form[action='/whom'] li + li button").await;
    browser.wait_for("form[action='/accept']").await;
    look(&browser, "accept-for", &mut found).await;

    sign_in(&browser, &demo, WARD).await;
    browser.open(&to("/me/guardians")).await;
    look(&browser, "one", &mut found).await;
    browser.open(&mail).await;
    browser.wait_for("form[action='/accept'] button[value=accept]").await;
    look(&browser, "agreed", &mut found).await;
    browser.press("form[action='/accept'] button[value=accept]").await;
    browser.at(&demo.service("mail")).await;

    ward.visit(&demo, "forum", WARD).await;
    sign_in(&browser, &demo, GUARDIAN).await;
    for page in RIGHTS {
        browser.open(&to("/me/representing")).await;
        browser.press("#main a[href^='/me/representing/']").await;
        browser.press(&format!("#main a[href$='/{page}']")).await;
        browser.wait_for(".notice a[href^='/me/representing/']").await;
        look(&browser, &format!("of-ward-{}", page.replace('/', "-")), &mut found).await;
        if page == "block" {
            browser.press("button[name=action]").await;
            browser.wait_for("button[value=lift]").await;
            look(&browser, "of-ward-blocked", &mut found).await;
        }
    }
    browser.open(&to("/me/activity")).await;
    look(&browser, "for-ward", &mut found).await;
    browser.close().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn no_page_of_guardians_has_a_violation_on_a_phone_in_russian() {
    every_page(Look { has_script: true, language: "ru", width: 360, is_dark: false }).await;
}

#[tokio::test]
async fn no_page_of_guardians_has_a_violation_on_a_desktop_in_kazakh() {
    every_page(Look { has_script: true, language: "kk", width: 1280, is_dark: false }).await;
}

#[tokio::test]
async fn no_page_of_guardians_has_a_violation_on_a_phone_in_the_dark_in_kazakh() {
    every_page(Look { has_script: true, language: "kk", width: 360, is_dark: true }).await;
}

#[tokio::test]
async fn no_page_of_guardians_has_a_violation_on_a_desktop_in_the_dark_in_english() {
    every_page(Look { has_script: true, language: "en", width: 1280, is_dark: true }).await;
}
