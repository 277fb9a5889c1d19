//! The pages of guardians and wards, each looked at by axe-core, with a picture kept where `KEPIL_PICTURES` says. Clause 2.4c.

use kepil_domain::Day;
use kepil_store::{Clock, SystemClock};
use kepil_testing::{
    Demo, On, Visitor,
    visitor::{PASSWORD, link},
};

use tempfile::TempDir;

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

/// The pages of a ward, for the guardian who is signed in.
async fn rights(browser: &Browser, demo: &Demo, found: &mut Vec<String>) {
    let to = |path: &str| format!("{}{path}", demo.issuer);
    for page in RIGHTS {
        browser.open(&to("/me/representing")).await;
        browser.press("#main a[href^='/me/representing/']").await;
        browser.press(&format!("#main a[href$='/{page}']")).await;
        browser.wait_for(".notice a[href^='/me/representing/']").await;
        look(browser, &format!("of-ward-{}", page.replace('/', "-")), found).await;
        if page == "block" {
            browser.press("button[name=action]").await;
            browser.wait_for("button[value=lift]").await;
            look(browser, "of-ward-blocked", found).await;
        }
    }
    browser.open(&to("/me/activity")).await;
    look(browser, "for-ward", found).await;
}

/// A child is added, grows up and takes the account over.
async fn children(at: Look, found: &mut Vec<String>) {
    let (demo, _bundle) = with_mail_for_children().await;
    let to = |path: &str| format!("{}{path}", demo.issuer);
    Visitor::new().register(&demo, GUARDIAN).await;
    let browser = Browser::start(at).await;
    sign_in(&browser, &demo, GUARDIAN).await;
    browser.open(&to("/me/representing")).await;
    look(&browser, "may-add-child", found).await;
    browser.press("#main a[href='/me/representing/make/ward']").await;
    look(&browser, "add-child", found).await;
    browser.press("form[action='/me/representing/make/ward'] button.first").await;
    browser.wait_for(".wrong").await;
    look(&browser, "add-child-faults", found).await;
    browser.write("input[name=given_name]", "Айгүл").await;
    let today = SystemClock::new("Asia/Almaty").unwrap().now().day;
    let born = Day(today.0 + 10).date().unwrap();
    let date = format!("{:02}{:02}{:04}", born.month(), born.day(), born.year() - 14);
    browser.write("input[name=birth_date]", &date).await;
    browser.press("input[name=guardian]").await;
    browser.press("form[action='/me/representing/make/ward'] button.first").await;
    browser.at(&to("/me/representing/")).await;
    browser.wait_for("#main a[href$='/close']").await;
    look(&browser, "child", found).await;
    browser.press("#main a[href$='/close']").await;
    browser.wait_for("input[name=word]").await;
    look(&browser, "close-child", found).await;
    browser.open(&to("/me/close")).await;
    look(&browser, "leaves-child", found).await;
    demo.advance("20d");
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    sign_in(&browser, &demo, GUARDIAN).await;
    browser.open(&to("/me/representing")).await;
    browser.press("#main a[href^='/me/representing/']").await;
    browser.wait_for("#main a[href$='/in']").await;
    look(&browser, "grown", found).await;
    browser.press("#main a[href$='/in']").await;
    browser.wait_for("input[name=email]").await;
    look(&browser, "way-in", found).await;
    browser.write("input[name=email]", WARD).await;
    browser.press("#main form button.first").await;
    browser.wait_for("[role=status]").await;
    browser.open(&link(&demo.letter_with(WARD, "/me/email/confirm?token=").await)).await;
    look(&browser, "come-in", found).await;
    browser.press("form[action='/me/email/confirm'] button.first").await;
    browser.wait_for("form[action='/reset/form']").await;
    browser.close().await;
}

/// Mail takes people of six years and more, the account of fourteen.
async fn with_mail_for_children() -> (Demo, TempDir) {
    let home = TempDir::new().unwrap();
    let citicom = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/citicom");
    let bundle = home.path().join("bundle");
    let copied = std::process::Command::new("cp").arg("-r").args([&citicom, &bundle]).status();
    assert!(copied.unwrap().success());
    let mail = bundle.join("services/mail.toml");
    let text = std::fs::read_to_string(&mail).unwrap().replace("min_age = 14", "min_age = 6");
    std::fs::write(mail, text).unwrap();
    let with = ["--clock", "--bundle", bundle.to_str().unwrap()];
    (Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &with).await, home)
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
    rights(&browser, &demo, &mut found).await;
    browser.close().await;
    children(at, &mut found).await;
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
