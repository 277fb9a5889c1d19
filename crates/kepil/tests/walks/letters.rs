//! What a letter's link does, and what it does not. Clauses 1.3a, 2.1¶C1, 6.1b.

use kepil_testing::{
    On, Visitor,
    visitor::{PASSWORD, link},
};

use crate::demo;

#[tokio::test]
async fn a_registration_that_a_stranger_filled_in_is_not_confirmed_by_the_holder_of_the_address() {
    let demo = demo(On::Sqlite).await;
    let link = Visitor::new().fill_in(&demo, "victim@example.kz", &[]).await;
    let victim = Visitor::new();
    let page = victim.get(&link).await;
    for guess in ["", "a password of the victim"] {
        let page = victim.submit(&page, "/confirm", &[("choice", "accept"), ("chosen", guess)]).await;
        assert!(page.has_form("/confirm"), "confirmed without the password: {}", page.words());
    }
    // Whoever filled it in may well read the letter on another device.
    let page = victim.submit(&page, "/confirm", &[("choice", "accept"), ("chosen", PASSWORD)]).await;
    assert!(page.url.contains("/me"), "{}", page.words());
}

#[tokio::test]
async fn a_registration_is_refused_without_the_password_and_guesses_are_counted() {
    let demo = demo(On::Sqlite).await;
    let link = Visitor::new().fill_in(&demo, "refused@example.kz", &[]).await;
    let victim = Visitor::new();
    let page = victim.get(&link).await;
    for _ in 0..10 {
        victim.submit(&page, "/confirm", &[("choice", "accept"), ("chosen", "a wrong password")]).await;
    }
    let counted = victim.submit(&page, "/confirm", &[("choice", "accept"), ("chosen", PASSWORD)]).await;
    assert_eq!(counted.status, 429, "{}", counted.words());
    assert!(counted.headers.contains_key("retry-after"));
    let gone = victim.submit(&page, "/confirm", &[("choice", "refuse")]).await;
    assert!(gone.url.ends_with("/?done=refused"), "{}", gone.url);
    assert_eq!(victim.get(&link).await.status, 410);
}

#[tokio::test]
async fn a_new_address_is_confirmed_by_a_button_and_the_old_one_is_told() {
    let demo = demo(On::Sqlite).await;
    let (visitor, old, new) = (Visitor::new(), "old@example.kz", "new@example.kz");
    visitor.register(&demo, old).await;
    let page = visitor.get(&format!("{}/me/email", demo.issuer)).await;
    let wrong = visitor.submit(&page, "/me/email", &[("email", new), ("now", "not the password")]).await;
    assert!(wrong.has_form("/me/email"), "changed without the password: {}", wrong.words());
    let sent = visitor.submit(&page, "/me/email", &[("email", new), ("now", PASSWORD)]).await;
    assert_eq!(sent.status, 200);

    // A program that looks at letters opens the link; nothing changes by that.
    let link = link(&demo.letter_to(new).await);
    let scanner = Visitor::new();
    assert_eq!(scanner.get(&link).await.status, 200);
    assert!(visitor.get(&format!("{}/me", demo.issuer)).await.words().contains(old));

    let page = visitor.get(&link).await;
    let done = visitor.submit(&page, "/me/email/confirm", &[]).await;
    assert!(done.url.contains("/me?done=email"), "{}", done.url);
    assert!(done.words().contains(new));
    assert_eq!(visitor.get(&link).await.status, 410, "a link works once");
    assert!(demo.letter_with(old, "changed").await.contains("Letters no longer come"), "the old address was not told");

    let elsewhere = Visitor::new();
    let page = elsewhere.get(&format!("{}/sign-in", demo.issuer)).await;
    let no = elsewhere.submit(&page, "/sign-in", &[("identifier", old), ("password", PASSWORD)]).await;
    assert!(no.has_form("/sign-in"), "the old address still signs in");
    let yes = elsewhere.submit(&page, "/sign-in", &[("identifier", new), ("password", PASSWORD)]).await;
    assert!(yes.url.ends_with("/me"), "{}", yes.words());
}

#[tokio::test]
async fn letters_that_others_ask_for_use_up_none_of_a_reset() {
    let demo = demo(On::Sqlite).await;
    let reset = async |email: &str| {
        let visitor = Visitor::new();
        let page = visitor.get(&format!("{}/reset", demo.issuer)).await;
        visitor.submit(&page, "/reset", &[("identifier", email)]).await.status
    };
    let (registered, entered) = ("registered@example.kz", "entered@example.kz");
    for _ in 0..5 {
        Visitor::new().fill_in(&demo, registered, &[]).await;
    }
    let visitor = Visitor::new();
    visitor.register(&demo, "asks@example.kz").await;
    let page = visitor.get(&format!("{}/me/email", demo.issuer)).await;
    let enter =
        async |email: &str| visitor.submit(&page, "/me/email", &[("email", email), ("now", PASSWORD)]).await.status;
    for _ in 0..5 {
        assert_eq!(enter(entered).await, 200);
    }
    assert_eq!([reset(registered).await, reset(entered).await], [200, 200]);

    // Nor does one person write to ever more addresses.
    for at in 0..6 {
        let expected = if at < 5 { 200 } else { 429 };
        assert_eq!(enter(&format!("another{at}@example.kz")).await, expected, "{at}");
    }
}
