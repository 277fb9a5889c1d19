//! Every page looked at by axe-core: names, roles, contrast, order. In three languages, for phone and desktop, light and
//! dark. `./check` installs axe-core and names it in `KEPIL_AXE`.

use fantoccini::Locator;
use kepil_store::{Clock, SystemClock};
use kepil_testing::{Demo, visitor::PASSWORD};
use serde_json::{Value, json};

use super::{
    chromium::{Browser, Look},
    demo, register,
    totp::App,
    visit,
};

const EMAIL: &str = "axe@example.kz";

const RUN: &str = "const done = arguments[arguments.length - 1]; \
    const page = document.documentElement; \
    const wide = page.scrollWidth > page.clientWidth ? ['wider than the window: ' + page.scrollWidth] : []; \
    axe.run(document, { resultTypes: ['violations'] }).then((result) => done(wide.concat(result.violations.map((each) => \
    each.id + ': ' + each.nodes.map((node) => node.target.join(' ') + ' ' + node.failureSummary).join('; ')))));";

/// What axe finds on the page that is open.
pub async fn violations(browser: &Browser) -> Vec<String> {
    let path = std::env::var_os("KEPIL_AXE").expect("`KEPIL_AXE` is not known: run `./check`, which installs axe-core");
    let source = std::fs::read_to_string(path).unwrap();
    browser.client.execute(&source, Vec::new()).await.unwrap();
    let found = browser.client.execute_async(RUN, Vec::new()).await.unwrap();
    found.as_array().unwrap().iter().map(Value::to_string).collect()
}

/// Addresses of pages that a person who is signed in opens.
const OWN: [&str; 25] = [
    "/",
    "/me",
    "/me/fields/given_name/edit",
    "/me/email",
    "/me/activity",
    "/me/profile/forum",
    "/me/profile/forum?as=members",
    "/me/services",
    "/me/consents",
    "/me/consents/partner/sign_in",
    "/me/security",
    "/me/security/app",
    "/me/security/phone",
    "/me/security/sign-ins",
    "/me/block",
    "/me/close",
    "/prove",
    "/device",
    "/device?user_code=BCDF-GHJK",
    "/device/done",
    "/editions",
    "/documents/general",
    "/sign-out",
    "/me/told",
    "/no-such-page",
];
/// And those that anybody opens.
const OPEN: [&str; 6] = ["/", "/register", "/sign-in", "/reset", "/documents/general", "/editions"];

async fn look_at(browser: &Browser, demo: &Demo, paths: &[&str], found: &mut Vec<String>) {
    for path in paths {
        browser.open(&format!("{}{path}", demo.issuer)).await;
        assert!(browser.client.find(Locator::Css("h1")).await.is_ok(), "{path} has no heading");
        found.extend(violations(browser).await.into_iter().map(|each| format!("{path}: {each}")));
    }
}

/// Makes the person who is signed in the first officer, and returns what is found on the pages of the console.
async fn console(browser: &Browser, demo: &Demo, found: &mut Vec<String>) {
    let at = |path: &str| format!("{}{path}", demo.issuer);
    let folder = demo.folder.to_str().unwrap();
    let command = ["officer", "add", EMAIL, "--duty", "privacy_officer", "--duty", "auditor", "--demo", folder];
    let (ok, link) = demo.command(&command);
    assert!(ok, "{link}");
    browser.open(&at("/me/security/app")).await;
    let app = App::with(&browser.texts("code.secret").await.concat());
    browser.write("input[name=code]", &app.code(SystemClock::new("UTC").unwrap().now().unix_s())).await;
    browser.press("form[action='/me/security/app'] button.first").await;
    browser.wait_for("ul.codes").await;
    let codes = browser.texts("ul.codes code").await;
    browser.open(&at("/prove?back=/staff/join")).await;
    browser.write("input[name=now]", PASSWORD).await;
    browser.write("input[name=code]", &codes[0]).await;
    browser.press("form[action='/prove'] button.first").await;
    browser.at(&at("/staff/join")).await;
    browser.open(link.lines().next().unwrap()).await;
    found.extend(violations(browser).await.into_iter().map(|each| format!("joining: {each}")));
    browser.press("form[action='/staff/join'] button.first").await;
    look_at(browser, demo, &["/staff"], found).await;
    for paper in ["/staff/papers/staff_undertaking", "/staff/papers/staff_rules"] {
        look_at(browser, demo, &[paper], found).await;
        browser.press("form[action^='/staff/papers/'] button.first").await;
        browser.at(&at("/staff?done=")).await;
    }
    browser.open(&at("/staff")).await;
    browser.press("form[action='/staff/members/train'] button").await;
    look_at(browser, demo, &["/staff", "/staff/members", "/staff/exports", "/staff/audit", "/staff/people"], found)
        .await;
    browser.write("input[name=name]", EMAIL).await;
    browser.write("input[name=reason]", "17").await;
    browser.press("form[action='/staff/people'] button.first").await;
    browser.wait_for(".withheld").await;
    browser.press("form[action='/staff/people/show'] button").await;
    browser.wait_for(".withheld").await;
    found.extend(violations(browser).await.into_iter().map(|each| format!("found: {each}")));
}

/// Lets the person place a post through the forum, whose page is open; looks at it, alone and among their own.
async fn content(browser: &Browser, demo: &Demo, found: &mut Vec<String>) {
    let author = browser.texts("main .sub").await.concat();
    let request =
        reqwest::Client::new().post(format!("{}/v1/contents", demo.issuer)).bearer_auth(demo.token("forum").await);
    let post =
        json!({ "author": author, "kind": "post", "text": "Кто едет на Чарын?\nЕсть два места.", "withheld": true });
    let kept: Value = request.json(&post).send().await.unwrap().json().await.unwrap();
    let piece = format!("/contents/{}", kept["content"].as_str().unwrap());
    look_at(browser, demo, &["/me/contents", "/me/contents/about", &piece], found).await;
}

async fn every_page(look: Look) {
    let (demo, browser) = (demo().await, Browser::start(look).await);
    let mut found = Vec::new();
    look_at(&browser, &demo, &OPEN, &mut found).await;
    register(&browser, &demo, EMAIL).await;
    visit(&browser, &demo, "mail").await;
    visit(&browser, &demo, "forum").await;
    content(&browser, &demo, &mut found).await;
    look_at(&browser, &demo, &OWN, &mut found).await;
    // Pages on the way to a service.
    for service in ["market", "partner"] {
        browser.open(&format!("{}/login", demo.service(service))).await;
        found.extend(violations(&browser).await.into_iter().map(|each| format!("{service}: {each}")));
    }
    // Showing something to everybody: the step before it, and what others then see.
    browser.open(&format!("{}/me/profile/forum", demo.issuer)).await;
    browser.press("select[name=audience-given_name] option[value=public]").await;
    browser.press("form[action='/me/profile/forum'] button.first").await;
    browser.wait_for("button[value=show]").await;
    found.extend(violations(&browser).await.into_iter().map(|each| format!("warning: {each}")));
    browser.press("button[value=show]").await;
    browser.at(&format!("{}/me/profile/forum?done=saved", demo.issuer)).await;
    found.extend(violations(&browser).await.into_iter().map(|each| format!("shown: {each}")));
    browser.press("a[href^='/profiles/']").await;
    browser.wait_for("dl.profile").await;
    found.extend(violations(&browser).await.into_iter().map(|each| format!("profile: {each}")));
    // A form with faults, and a sign-in that fails.
    browser.open(&format!("{}/me/security", demo.issuer)).await;
    browser.write("input[name=now]", "wrong").await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.press("form[action='/me/security/password'] button").await;
    browser.wait_for(".wrong").await;
    found.extend(violations(&browser).await.into_iter().map(|each| format!("faults: {each}")));
    console(&browser, &demo, &mut found).await;
    browser.close().await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn no_page_has_a_violation_on_a_phone_in_russian() {
    every_page(Look { has_script: true, language: "ru", width: 360, is_dark: false }).await;
}

#[tokio::test]
async fn no_page_has_a_violation_on_a_desktop_in_kazakh() {
    every_page(Look { has_script: true, language: "kk", width: 1280, is_dark: false }).await;
}

#[tokio::test]
async fn no_page_has_a_violation_in_the_dark_in_english() {
    every_page(Look { has_script: true, language: "en", width: 360, is_dark: true }).await;
}
