//! Closing an account: nothing is left, and what was begun is carried through. Clauses 3.7, 4.4a.

use std::time::Duration;

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};

use crate::demo;

const WORD: &[(&str, &str)] = &[("word", "close"), ("now", PASSWORD)];

/// Whether someone who registers with `email` is taken for a new person.
async fn is_free(demo: &Demo, email: &str) -> bool {
    let visitor = Visitor::new();
    let page = visitor.get(&format!("{}/register", demo.issuer)).await;
    let before = demo.letters().len();
    let with = [("email", email), ("given_name", "Дана"), ("birth_date", "1991-02-03"), ("password", PASSWORD)];
    visitor.submit(&page, "/register", &with).await;
    assert_eq!(demo.letters().len(), before + 1);
    demo.letter_to(email).await.contains("/confirm?token=")
}

async fn a_closed_account_is_gone(on: On) {
    let demo = demo(on).await;
    let (visitor, email) = (Visitor::new(), "closer@example.kz");
    visitor.register(&demo, email).await;
    let sub = visitor.visit(&demo, "mail", email).await.sub();
    assert!(!is_free(&demo, email).await);

    let page = visitor.get(&format!("{}/me/close", demo.issuer)).await;
    let done = visitor.submit(&page, "/me/close", WORD).await;
    assert_eq!(done.status, 200, "{}", done.words());
    assert_eq!(demo.read("mail", &sub, "delivery", &[]).await.0, 403);
    let page = visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(page.has_form("/sign-in"), "{}", page.words());
    let again = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    assert!(again.has_form("/sign-in"), "{}", again.words());
    assert!(is_free(&demo, email).await);
}

#[tokio::test]
async fn a_closed_account_is_gone_on_sqlite() {
    a_closed_account_is_gone(On::Sqlite).await;
}

#[tokio::test]
async fn a_closed_account_is_gone_on_postgres() {
    a_closed_account_is_gone(On::Postgres).await;
}

#[tokio::test]
async fn a_destruction_that_a_crash_interrupts_is_carried_through() {
    let mut demo = demo(On::Sqlite).await;
    let (visitor, email) = (Visitor::new(), "halfway@example.kz");
    visitor.register(&demo, email).await;
    let page = visitor.get(&format!("{}/me/close", demo.issuer)).await;
    // The standing is *destroying* at once; the rest follows when the leases have passed, a second later.
    let close = visitor.submit(&page, "/me/close", WORD);
    assert!(
        tokio::time::timeout(Duration::from_millis(500), close).await.is_err(),
        "it answered before the leases passed"
    );
    demo.kill();
    demo.advance("5m");
    demo.restart();
    // Few tries: letters to one address are limited.
    for _ in 0..7 {
        if is_free(&demo, email).await {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("the interrupted destruction was not carried through:\n{}", demo.log());
}
