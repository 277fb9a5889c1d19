//! Forms that another site sends, sessions that somebody chose beforehand, pages in foreign frames, and forms full of
//! anything. Issue 3, item 9 and must-show 7; clauses 3.2d, 3.4g, 5.1.

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use reqwest::{Client, redirect::Policy};

use crate::demo;

/// Every address that takes a form of a person. `/language` is not among them: it keeps a choice of the reader's own
/// browser, and nothing else.
const FORMS: [&str; 32] = [
    "/register",
    "/confirm",
    "/sign-in",
    "/sign-in/second",
    "/sign-in/lost",
    "/sign-in/lost/stop",
    "/sign-in/passkey",
    "/sign-in/passkey/begin",
    "/welcome",
    "/prove",
    "/sign-out",
    "/reset",
    "/reset/form",
    "/me/fields/given_name/edit",
    "/me/fields/given_name/remove",
    "/me/email",
    "/me/email/confirm",
    "/me/services/mail/accept",
    "/me/services/mail/leave",
    "/me/consents/set",
    "/me/consents/partner/sign_in",
    "/me/security/end",
    "/me/security/password",
    "/me/security/app",
    "/me/security/app/remove",
    "/me/security/codes",
    "/me/security/passkeys",
    "/me/security/passkeys/begin",
    "/me/security/passkeys/remove",
    "/me/block",
    "/me/close",
    "/device",
];
/// Every other address that takes something posted.
const POSTED: [&str; 11] = [
    "/language",
    "/accept",
    "/consent",
    "/authorize",
    "/token",
    "/introspect",
    "/revoke",
    "/par",
    "/connect/register",
    "/device_authorization",
    "/v1/reads",
];

/// A signed-in person's client, with its session as a header that can be copied.
pub async fn session(demo: &Demo, visitor: &Visitor, email: &str) -> String {
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let mut form = page.fields("/sign-in");
    form.retain(|(name, _)| name != "identifier" && name != "password");
    form.extend(
        [("identifier", email), ("password", PASSWORD)].map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let sent = visitor.client().post(format!("{}/sign-in", demo.issuer)).form(&form).send().await.unwrap();
    assert_eq!(sent.status().as_u16(), 303, "signed in");
    let cookies = sent.headers().get_all("set-cookie").into_iter().filter_map(|line| line.to_str().ok());
    let own = cookies.filter_map(|line| line.split(';').next()).find(|pair| pair.starts_with("kepil_session="));
    own.unwrap().to_owned()
}

fn bare() -> Client {
    Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

/// Whether whoever sends this cookie is signed in.
async fn is_in(demo: &Demo, cookie: &str) -> bool {
    let sent = bare().get(format!("{}/me", demo.issuer)).header("cookie", cookie).send().await.unwrap();
    sent.status().as_u16() == 200
}

#[tokio::test]
async fn every_form_needs_the_token_of_its_own_browser() {
    let demo = demo(On::Sqlite).await;
    let (own, other) = (Visitor::new(), Visitor::new());
    own.register(&demo, "own@example.kz").await;
    let page = other.get(&format!("{}/sign-in", demo.issuer)).await;
    let foreign = page.attributes("main input[name=form_token]", "value").remove(0);
    for path in FORMS {
        for token in [foreign.as_str(), ""] {
            let form = [("form_token", token), ("choice", "accept"), ("action", "block"), ("id", "others")];
            let sent = own.client().post(format!("{}{path}", demo.issuer)).form(&form).send().await.unwrap();
            assert_eq!(sent.status().as_u16(), 403, "{path}");
        }
        let cross = own.client().post(format!("{}{path}", demo.issuer)).header("origin", "https://evil.example");
        assert_eq!(cross.form(&[("x", "y")]).send().await.unwrap().status().as_u16(), 403, "{path}");
    }
    assert!(own.get(&format!("{}/me", demo.issuer)).await.url.ends_with("/me"), "nothing happened");
}

#[tokio::test]
async fn a_session_that_somebody_chose_beforehand_is_never_the_victims() {
    let demo = demo(On::Sqlite).await;
    for email in ["thief@example.kz", "victim@example.kz"] {
        Visitor::new().register(&demo, email).await;
    }
    // The thief's own session sits in the victim's browser; then the victim signs in there.
    let browser = Visitor::new();
    let planted = session(&demo, &browser, "thief@example.kz").await;
    assert!(is_in(&demo, &planted).await);
    let own = session(&demo, &browser, "victim@example.kz").await;
    assert!(own != planted && is_in(&demo, &own).await);
    assert!(!is_in(&demo, &planted).await, "the planted session lives on");
    // A name that nobody gave out is not taken for a session, and stays none.
    let made_up = format!("kepil_session={}", "A".repeat(43));
    let sent = bare().get(format!("{}/sign-in", demo.issuer)).header("cookie", &made_up).send().await.unwrap();
    assert!(sent.headers().get_all("set-cookie").into_iter().all(|line| !line.to_str().unwrap().contains("session")));
    assert!(!is_in(&demo, &made_up).await);
}

#[tokio::test]
async fn no_page_can_be_framed_cached_or_made_to_run_a_foreign_script() {
    let demo = demo(On::Sqlite).await;
    let visitor = Visitor::new();
    visitor.register(&demo, "framed@example.kz").await;
    for path in
        ["/", "/sign-in", "/register", "/reset", "/me", "/me/security", "/me/close", "/device", "/nothing", "/prove"]
    {
        let page = visitor.get(&format!("{}{path}", demo.issuer)).await;
        let header = |name| page.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let csp = header("content-security-policy");
        assert!(csp.contains("frame-ancestors 'none'") && csp.contains("default-src 'none'"), "{path}: {csp}");
        assert!(!csp.contains("unsafe") && csp.contains("script-src 'self' 'nonce-"), "{path}: {csp}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn text(&mut self) -> String {
        const PARTS: [&str; 18] = [
            "%00", "%FF", "%", "+", "&", "=", "a", "é", "қ", "\u{202e}", "'", "\"", "<b>", "{\"a\":", "0", "-1", ".",
            "\r\n",
        ];
        (0..self.throw(24)).map(|_| PARTS[usize::try_from(self.throw(18)).unwrap()]).collect()
    }

    /// A body of a form, with names that are read somewhere and values of anything.
    fn form(&mut self, token: &str) -> String {
        const NAMES: [&str; 20] = [
            "identifier",
            "password",
            "code",
            "half",
            "go",
            "back",
            "token",
            "email",
            "choice",
            "purpose",
            "challenge",
            "answer",
            "credential",
            "state",
            "client_id",
            "request_uri",
            "grant_type",
            "user_code",
            "id",
            "claims",
        ];
        let mut body = format!("form_token={token}");
        for _ in 0..self.throw(8) {
            let name = NAMES[usize::try_from(self.throw(20)).unwrap()];
            body.extend(["&", name, "=", &self.text()]);
        }
        if self.throw(4) == 0 { self.text() } else { body }
    }
}

#[tokio::test]
async fn forms_full_of_anything_are_refused_and_break_nothing() {
    let demo = demo(On::Sqlite).await;
    let visitor = Visitor::new();
    visitor.register(&demo, "fuzz@example.kz").await;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut sent_in_all, kinds) = (0, ["application/x-www-form-urlencoded", "application/json", "text/plain"]);
    for path in FORMS.into_iter().chain(POSTED).filter(|path| !["/sign-out", "/me/close"].contains(path)) {
        let page = visitor.get(&format!("{}/me/block", demo.issuer)).await;
        let token = page.attributes("main input[name=form_token]", "value").into_iter().next().unwrap_or_default();
        for _ in 0..12 {
            let kind = kinds[usize::try_from(dice.throw(8)).unwrap().saturating_sub(5)];
            let body = dice.form(&token);
            let request = visitor.client().post(format!("{}{path}", demo.issuer)).header("content-type", kind);
            let status = request.body(body.clone()).send().await.unwrap().status().as_u16();
            assert!(status < 500, "{path} answered {status} to {body:?}");
            sent_in_all += 1;
        }
    }
    println!("{sent_in_all} forms full of anything");
    assert!(!demo.log().contains("panicked"), "{}", demo.log());
    assert_eq!(visitor.get(&format!("{}/me", demo.issuer)).await.status, 200);
}
