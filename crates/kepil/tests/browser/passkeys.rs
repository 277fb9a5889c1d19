//! Passkeys with Chromium's virtual authenticator: made, shown, taken away, and of no use elsewhere. Clauses 2.1¶C1, 5.1.

use axum::http::Method;
use fantoccini::{Locator, wd::WebDriverCompatibleCommand};
use kepil_testing::{Demo, On, visitor::PASSWORD};
use reqwest::Url;
use serde_json::{Value, json};

use super::{DESKTOP, PHONE_WITHOUT_SCRIPT, chromium::Browser, register};

/// A command of the driver for authenticators (Web Authentication, chapter 11).
#[derive(Debug)]
struct OfAuthenticators(Method, String, Option<Value>);

impl WebDriverCompatibleCommand for OfAuthenticators {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/webauthn/authenticator{}", session.unwrap_or_default(), self.1))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (self.0.clone(), self.2.as_ref().map(Value::to_string))
    }
}

/// A device whose owner always looks into its camera.
async fn add_authenticator(browser: &Browser) -> String {
    let about = json!({
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
        "isUserVerified": true, "isUserConsenting": true,
    });
    let made = browser.client.issue_cmd(OfAuthenticators(Method::POST, String::new(), Some(about))).await.unwrap();
    made.as_str().unwrap().to_owned()
}

async fn sign_out(browser: &Browser, demo: &Demo) {
    browser.open(&format!("{}/sign-out", demo.issuer)).await;
    browser.press("main form[action='/sign-out'] button").await;
    browser.wait_for("a[href='/sign-in']").await;
}

/// Makes a passkey called `name`; returns under which names the device keeps the account.
async fn make_passkey(browser: &Browser, demo: &Demo, name: &str) -> Value {
    browser.open(&format!("{}/me/security", demo.issuer)).await;
    let watch = "const make = navigator.credentials.create.bind(navigator.credentials);
        navigator.credentials.create = (asked) => {
          const { name, displayName } = asked.publicKey.user;
          sessionStorage.setItem('named', JSON.stringify([name, displayName]));
          return make(asked);
        };";
    browser.client.execute(watch, Vec::new()).await.unwrap();
    browser.write("form[data-passkey=create] input[name=name]", name).await;
    browser.press("form[data-passkey=create] button").await;
    browser.wait_for("ul.codes").await;
    let named = browser.client.execute("return JSON.parse(sessionStorage.getItem('named'))", Vec::new()).await;
    named.unwrap()
}

/// What the device answers on the page of sign-in, taken before it is sent: `[state, credential]`.
async fn taken(browser: &Browser, demo: &Demo) -> Vec<String> {
    browser.open(&format!("{}/sign-in", demo.issuer)).await;
    let take = "HTMLFormElement.prototype.submit = function () {
          const { state, credential } = this.elements;
          window.taken = [state.value, credential.value];
        };";
    browser.client.execute(take, Vec::new()).await.unwrap();
    browser.press("form[data-passkey=get] button").await;
    for _ in 0..200 {
        let taken = browser.client.execute("return window.taken || null", Vec::new()).await.unwrap();
        if let Ok(taken) = serde_json::from_value(taken) {
            return taken;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the device does not answer")
}

/// The same, and then sent by the browser that took it: it signs in.
async fn sent_here(browser: &Browser, demo: &Demo) {
    taken(browser, demo).await;
    let send = "document.querySelector('form[data-passkey=get]').requestSubmit()";
    browser.client.execute(send, Vec::new()).await.unwrap();
    browser.at(&format!("{}/me", demo.issuer)).await;
}

#[tokio::test]
async fn what_a_passkey_answers_opens_nothing_in_another_browser() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--host", "localhost"]).await;
    let browser = Browser::start(DESKTOP).await;
    add_authenticator(&browser).await;
    let email = "answers@example.kz";
    register(&browser, &demo, email).await;
    assert_eq!(make_passkey(&browser, &demo, "One").await, json!([email, email]), "the device tells accounts apart");
    demo.letter_with(email, "was added to your account: passkey").await;
    sign_out(&browser, &demo).await;

    let stolen = taken(&browser, &demo).await;
    let thief = kepil_testing::Visitor::new();
    let page = thief.get(&format!("{}/sign-in", demo.issuer)).await;
    let form: Vec<(&str, &str)> = ["state", "credential"].into_iter().zip(stolen.iter().map(String::as_str)).collect();
    assert_eq!(thief.submit(&page, "/sign-in/passkey", &form).await.status, 410);
    assert!(thief.get(&format!("{}/me", demo.issuer)).await.url.contains("/sign-in"));
    // What a stranger is asked for names nobody.
    let begin =
        thief.client().post(format!("{}/sign-in/passkey/begin", demo.issuer)).form(&page.fields("/sign-in/passkey"));
    let asked = begin.send().await.unwrap().text().await.unwrap();
    assert!(asked.contains("challenge") && !asked.contains(email), "{asked}");

    // An answer that was taken the same way, in its own browser, is good; one without cookies is told.
    sent_here(&browser, &demo).await;
    assert!(demo.letters().iter().all(|letter| !letter.contains("new browser")));
    browser.forget().await;
    sent_here(&browser, &demo).await;
    demo.letter_with(email, "new browser").await;
    browser.close().await;
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_after_the_password() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--host", "localhost"]).await;
    let browser = Browser::start(DESKTOP).await;
    let authenticator = add_authenticator(&browser).await;
    let (issuer, email) = (&demo.issuer, "passkey@example.kz");
    register(&browser, &demo, email).await;
    browser.open(&format!("{issuer}/me/security")).await;
    browser.write("form[data-passkey=create] input[name=name]", "Ноутбук").await;
    browser.press("form[data-passkey=create] button").await;
    browser.wait_for("ul.codes").await;
    assert_eq!(browser.texts("ul.codes code").await.len(), 8);
    browser.press("a.button.first").await;
    assert!(browser.texts("h3").await.iter().any(|title| title.contains("Ноутбук")));

    // Alone, without a name or password.
    sign_out(&browser, &demo).await;
    browser.open(&format!("{issuer}/sign-in")).await;
    let failed = browser.client.find(Locator::Css("form[data-passkey=get] [role=alert]")).await.unwrap();
    assert!(!failed.is_displayed().await.unwrap(), "it has not failed before it was tried");
    browser.press("form[data-passkey=get] button").await;
    browser.at(&format!("{issuer}/me")).await;

    // After the password, which alone is not enough now.
    sign_out(&browser, &demo).await;
    browser.open(&format!("{issuer}/sign-in")).await;
    browser.write("input[name=identifier]", email).await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.press("form[action='/sign-in'] button.first").await;
    browser.at(&format!("{issuer}/sign-in/second")).await;
    browser.press("form[data-passkey=get] button").await;
    browser.at(&format!("{issuer}/me")).await;

    // Taken away here, it opens nothing any more, though the device still has it.
    browser.open(&format!("{issuer}/me/security")).await;
    browser.press("form[action='/me/security/passkeys/remove'] button").await;
    browser.wait_for(".notice").await;
    sign_out(&browser, &demo).await;
    browser.open(&format!("{issuer}/sign-in")).await;
    browser.press("form[data-passkey=get] button").await;
    browser.at(&format!("{issuer}/sign-in?done=passkey-failed")).await;

    // A device without a passkey says so on the page itself.
    let path = format!("/{authenticator}");
    browser.client.issue_cmd(OfAuthenticators(Method::DELETE, path, None)).await.unwrap();
    add_authenticator(&browser).await;
    browser.open(&format!("{issuer}/sign-in")).await;
    browser.press("form[data-passkey=get] button").await;
    browser.wait_for("form[data-passkey=get] [role=alert]:not([hidden])").await;
    browser.close().await;
}

#[tokio::test]
async fn without_a_script_or_a_name_of_the_site_no_passkey_is_offered() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--host", "localhost"]).await;
    let browser = Browser::start(PHONE_WITHOUT_SCRIPT).await;
    browser.open(&format!("{}/sign-in", demo.issuer)).await;
    assert!(browser.texts("form[data-passkey=get] button").await.iter().all(String::is_empty), "it is hidden");
    browser.close().await;
    let page = kepil_testing::Visitor::new().get(&format!("http://127.0.0.1:{}/sign-in", port(&demo))).await;
    assert!(page.has_form("/sign-in/passkey"));
    let numbered = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &[]).await;
    let page = kepil_testing::Visitor::new().get(&format!("{}/sign-in", numbered.issuer)).await;
    assert!(!page.has_form("/sign-in/passkey"), "browsers have no passkeys for a number");
}

fn port(demo: &Demo) -> &str {
    demo.issuer.rsplit(':').next().unwrap()
}
