//! Codes that are sent: by letter and to a phone, at the second step and before sensitive acts. Clauses 3.5a, 5.1, 6.1b.

use kepil_testing::{
    Demo, On, Page, Visitor, code_in,
    visitor::{PASSWORD, link},
};

use crate::{demo, party::person};

const PHONE: &str = "+77011234567";
const NEXT: &str = "a lamp over seven grey hills";

async fn half_way(demo: &Demo, email: &str, password: &str) -> (Visitor, Page) {
    let visitor = Visitor::new();
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", password)]).await;
    (visitor, page)
}

async fn with_phone(demo: &Demo, visitor: &Visitor) -> Vec<String> {
    let page = visitor.get(&format!("{}/me/security/phone", demo.issuer)).await;
    let wrong = visitor.submit(&page, "/me/security/phone", &[("phone", "8 701")]).await;
    assert!(wrong.words().contains("country code"), "{}", wrong.words());
    let page = visitor.submit(&wrong, "/me/security/phone", &[("phone", "+7 (701) 123-45-67")]).await;
    let page = visitor.submit(&page, "/me/security/phone/confirm", &[("code", &demo.code_to(PHONE).await)]).await;
    page.texts("ul.codes code")
}

async fn with_mail(demo: &Demo, visitor: &Visitor) -> Vec<String> {
    let page = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    visitor.submit(&page, "/me/security/mail", &[]).await.texts("ul.codes code")
}

async fn letter_code(demo: &Demo, email: &str) -> String {
    code_in(demo.letter_with(email, "Your code:").await.split("Your code:").nth(1).unwrap()).unwrap()
}

/// Asks for a code on a page of the second step; returns the page that takes it.
async fn ask(visitor: &Visitor, page: &Page, by: &str) -> Page {
    let page = visitor.submit(page, "/sign-in/send", &[("by", by)]).await;
    assert!(page.words().contains("on its way"), "{}", page.words());
    page
}

#[tokio::test]
async fn a_phone_counts_when_its_code_came_back_and_then_opens_the_second_step() {
    let demo = demo(On::Sqlite).await;
    let email = "phone@example.kz";
    let visitor = person(&demo, email).await;
    let page = visitor.get(&format!("{}/me/security/phone", demo.issuer)).await;
    let page = visitor.submit(&page, "/me/security/phone", &[("phone", PHONE)]).await;
    let wrong = visitor.submit(&page, "/me/security/phone/confirm", &[("code", "000000")]).await;
    assert!(wrong.words().contains("does not fit"), "{}", wrong.words());
    let (_, page) = half_way(&demo, email, PASSWORD).await;
    assert!(page.url.ends_with("/me"), "a phone that is not confirmed is no factor: {}", page.url);

    assert_eq!(with_phone(&demo, &visitor).await.len(), 8, "recovery codes come with the first factor");
    let letter = demo.letter_with(email, "was added").await;
    assert!(letter.contains("code to a phone") && letter.contains("privacy@"), "the person is told: {letter}");
    let (own, page) = half_way(&demo, email, PASSWORD).await;
    assert!(page.url.contains("/sign-in/second") && page.words().contains("•••67"), "{}", page.words());
    assert!(!page.words().contains("7011234567"), "whoever has the password learns no number");
    let before = demo.texts().len();
    let page = ask(&own, &page, "phone").await;
    assert_eq!(demo.texts().len(), before + 1);
    let done = own.submit(&page, "/sign-in/second", &[("code", &demo.code_to(PHONE).await)]).await;
    assert!(done.url.ends_with("/me"), "{}", done.words());
}

#[tokio::test]
async fn a_sent_code_is_good_once_for_ten_minutes_and_five_tries_in_its_own_browser() {
    let demo = demo(On::Postgres).await;
    let email = "mail@example.kz";
    let visitor = person(&demo, email).await;
    with_mail(&demo, &visitor).await;

    // In another browser it is no code, even for whoever has the whole form.
    let (own, page) = half_way(&demo, email, PASSWORD).await;
    let page = ask(&own, &page, "letter").await;
    let code = letter_code(&demo, email).await;
    let thief = Visitor::new();
    let seen = thief.get(&page.url).await;
    assert!(thief.submit(&seen, "/sign-in/second", &[("code", &code)]).await.words().contains("does not fit"));
    let done = own.submit(&page, "/sign-in/second", &[("code", &format!(" {code} "))]).await;
    assert!(done.url.ends_with("/me"), "{}", done.words());

    // Once: with another half of a sign-in, the same browser and the same code.
    let sent = page.parameter("sent").unwrap();
    let again = own.get(&format!("{}/sign-in", demo.issuer)).await;
    let again = own.submit(&again, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    let no = own.submit(&again, "/sign-in/second", &[("code", &code), ("sent", &sent)]).await;
    assert!(no.words().contains("does not fit"), "{}", no.words());

    // Five tries, also at the same moment.
    let (own, page) = half_way(&demo, email, PASSWORD).await;
    let page = ask(&own, &page, "letter").await;
    let code = letter_code(&demo, email).await;
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let guess = [("code", wrong)];
    futures::future::join_all((0..5).map(|_| own.submit(&page, "/sign-in/second", &guess))).await;
    let late = own.submit(&page, "/sign-in/second", &[("code", &code)]).await;
    assert!(late.words().contains("does not fit"), "{}", late.words());

    // Ten minutes.
    demo.advance("11m");
    let (own, page) = half_way(&demo, email, PASSWORD).await;
    let page = ask(&own, &page, "letter").await;
    let code = letter_code(&demo, email).await;
    demo.advance("9m");
    assert!(own.submit(&page, "/sign-in/second", &[("code", &code)]).await.url.ends_with("/me"));
    let (own, page) = half_way(&demo, email, PASSWORD).await;
    let page = ask(&own, &page, "letter").await;
    let code = letter_code(&demo, email).await;
    demo.advance("11m");
    assert_eq!(own.submit(&page, "/sign-in/second", &[("code", &code)]).await.status, 410, "the half is over too");
}

#[tokio::test]
async fn a_mailbox_alone_neither_sets_the_password_and_signs_in_nor_does_a_phone() {
    let demo = demo(On::Sqlite).await;
    let email = "box@example.kz";
    let visitor = person(&demo, email).await;
    let codes = with_mail(&demo, &visitor).await;
    let thief = Visitor::new();
    let page = thief.get(&format!("{}/reset", demo.issuer)).await;
    thief.submit(&page, "/reset", &[("identifier", email)]).await;
    let page = thief.get(&link(&demo.letter_with(email, "/reset/form").await)).await;
    let done = thief.submit(&page, "/reset/form", &[("password", NEXT)]).await;
    assert!(done.url.contains("done=password"), "{}", done.words());
    let (thief, page) = half_way(&demo, email, NEXT).await;
    assert!(page.url.contains("/sign-in/second") && !page.has_form("/sign-in/send"), "{}", page.words());
    let waits = thief.submit(&page, "/sign-in/lost", &[]).await;
    assert!(waits.words().contains("from:"), "the delay is no shorter: {}", waits.words());
    let (own, page) = half_way(&demo, email, NEXT).await;
    assert!(own.submit(&page, "/sign-in/second", &[("code", &codes[0])]).await.url.ends_with("/me"));
    demo.advance("4d");
    let (own, page) = half_way(&demo, email, NEXT).await;
    let page = ask(&own, &page, "letter").await;
    let done = own.submit(&page, "/sign-in/second", &[("code", &letter_code(&demo, email).await)]).await;
    assert!(done.url.ends_with("/me"), "{}", done.words());
    // No page of a forgotten password takes a phone.
    let page = Visitor::new().get(&format!("{}/reset", demo.issuer)).await;
    assert!(!page.text.contains("phone") && !page.text.contains("type=\"tel\""));
}

#[tokio::test]
async fn another_phone_needs_a_fresh_proof_and_the_old_ones_code_proves_nothing_then() {
    let demo = demo(On::Sqlite).await;
    let email = "swap@example.kz";
    let visitor = person(&demo, email).await;
    let codes = with_phone(&demo, &visitor).await;
    demo.advance("6m");
    let (thief, page) = half_way(&demo, email, PASSWORD).await;
    let page = ask(&thief, &page, "phone").await;
    let old = demo.code_to(PHONE).await;

    let security = visitor.get(&format!("{}/me/security", demo.issuer)).await;
    let prove = visitor.submit(&security, "/me/security/sent/remove", &[("by", "phone")]).await;
    assert!(prove.url.contains("/prove"), "{}", prove.url);
    let wrong = visitor.submit(&prove, "/prove", &[("now", PASSWORD), ("code", "000000")]).await;
    assert!(wrong.words().contains("did not fit"));
    let back = visitor.submit(&wrong, "/prove", &[("now", PASSWORD), ("code", &codes[0])]).await;
    assert!(back.url.ends_with("/me/security"), "{}", back.url);
    let page_new = visitor.get(&format!("{}/me/security/phone", demo.issuer)).await;
    let page_new = visitor.submit(&page_new, "/me/security/phone", &[("phone", "+77017654321")]).await;
    let code = demo.code_to("+77017654321").await;
    let done = visitor.submit(&page_new, "/me/security/phone/confirm", &[("code", &code)]).await;
    assert!(done.url.contains("done=factor"), "{}", done.words());
    let no = thief.submit(&page, "/sign-in/second", &[("code", &old)]).await;
    assert!(no.words().contains("does not fit"), "{}", no.words());

    // A fresh proof by a code that is sent.
    demo.advance("6m");
    let prove = visitor.submit(&visitor.get(&back.url).await, "/me/security/sent/remove", &[("by", "phone")]).await;
    let sent = visitor.submit(&prove, "/me/security/send", &[("by", "phone")]).await;
    let code = demo.code_to("+77017654321").await;
    let back = visitor.submit(&sent, "/prove", &[("now", PASSWORD), ("code", &code)]).await;
    assert!(back.url.ends_with("/me/security"), "{} {}", back.url, back.words());
    visitor.submit(&back, "/me/security/sent/remove", &[("by", "phone")]).await;
    assert!(demo.letter_with(email, "taken away").await.contains("privacy@"));
    let (_, page) = half_way(&demo, email, PASSWORD).await;
    assert!(page.url.ends_with("/me"), "{}", page.url);
}

#[tokio::test]
async fn codes_are_sent_so_often_and_no_more() {
    let demo = demo(On::Sqlite).await;
    let email = "often@example.kz";
    let visitor = person(&demo, email).await;
    with_mail(&demo, &visitor).await;
    let (own, first) = half_way(&demo, email, PASSWORD).await;
    for _ in 0..6 {
        ask(&own, &first, "letter").await;
    }
    assert_eq!(own.submit(&first, "/sign-in/send", &[("by", "letter")]).await.status, 429);
    assert_eq!(demo.letters().iter().filter(|letter| letter.contains("Your code:")).count(), 6);
    let none = own.submit(&first, "/sign-in/send", &[("by", "phone")]).await;
    assert_eq!(none.status, 400, "a way that is not the person's sends nothing");
    assert!(demo.texts().is_empty());
}

#[tokio::test]
async fn whoever_confirms_the_phone_of_another_uses_up_none_of_their_codes() {
    let demo = demo(On::Sqlite).await;
    let email = "rung@example.kz";
    with_phone(&demo, &person(&demo, email).await).await;
    let stranger = person(&demo, "rings@example.kz").await;
    let page = stranger.get(&format!("{}/me/security/phone", demo.issuer)).await;
    let mut came = Vec::new();
    for _ in 0..6 {
        came.push(stranger.submit(&page, "/me/security/phone", &[("phone", PHONE)]).await.status);
    }
    assert_eq!(came, [200, 200, 200, 200, 200, 429], "six an hour, the owner's own among them");
    let (own, page) = half_way(&demo, email, PASSWORD).await;
    let before = demo.texts().len();
    ask(&own, &page, "phone").await;
    assert_eq!(demo.texts().len(), before + 1);
}
