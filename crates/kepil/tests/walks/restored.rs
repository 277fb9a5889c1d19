//! Yesterday's backup, restored today: what was withdrawn, blocked, revoked or spent since stays so. Clauses 2.3a, 3.7, 4.4a, 4.5, 5.1.

use kepil_testing::{Demo, On, Page, Visitor, visitor::PASSWORD};

use crate::{
    client::{VERIFIER, another_code, exchange},
    demo,
    factors::with_app,
    guardians::{accepts_mail_with_tips, again, aged, agreed, end, has_guardian, reads},
    party::person,
};

/// Signs in by the password up to the second step, and types a recovery code.
async fn sign_in_by(demo: &Demo, email: &str, code: &str) -> Page {
    let visitor = Visitor::new();
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    visitor.submit(&page, "/sign-in/second", &[("code", code)]).await
}

async fn submit(demo: &Demo, visitor: &Visitor, path: &str, with: &[(&str, &str)]) {
    let page = visitor.get(&format!("{}{path}", demo.issuer)).await;
    let done = visitor.submit(&page, path, with).await;
    assert_eq!(done.status, 200, "{}", done.words());
}

async fn what_was_narrowed_today_stays_so(on: On) {
    let mut demo = demo(on).await;
    let (withdrawer, blocker) = (person(&demo, "withdraws@example.kz").await, person(&demo, "blocks@example.kz").await);
    let (keeper, leaver) = (person(&demo, "keeps@example.kz").await, person(&demo, "leaves@example.kz").await);
    let mut subs = Vec::new();
    for visitor in [&withdrawer, &blocker, &keeper, &leaver] {
        subs.push(accepts_mail_with_tips(&demo, visitor).await);
    }
    let (ward, guardian) = (aged(&demo, "ward@example.kz", 16).await, person(&demo, "guards@example.kz").await);
    let acting = agreed(&demo, &ward, (&guardian, "guards@example.kz"), &[]).await;
    let careful = person(&demo, "careful@example.kz").await;
    let (_, codes) = with_app(&demo, &careful).await;
    let code = another_code(&demo, &keeper, "mail").await;
    let (data, keys) = (demo.back_up("data"), demo.back_up("keys"));

    // Today.
    submit(&demo, &withdrawer, "/me/consents", &[("service", "mail"), ("purpose", "tips"), ("on", "no")]).await;
    submit(&demo, &blocker, "/me/block", &[("action", "block")]).await;
    end(&demo, &ward).await;
    assert!(sign_in_by(&demo, "careful@example.kz", &codes[0]).await.url.ends_with("/me"));
    let (status, tokens) = exchange(&demo, "mail", &code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    submit(&demo, &leaver, "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;

    demo.lose().await;
    let said = demo.restore(&data, &keys);
    assert!(said.contains("1 people were destroyed since, and are again"), "{said}");
    assert!(said.contains("A new one begins with these and says so"), "{said}");
    demo.restart();
    // Browsers notice that their connections are gone.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;

    // Who had a session has none; who narrowed something finds it so.
    let page = keeper.get(&format!("{}/me", demo.issuer)).await;
    assert!(page.url.contains("/sign-in"), "{}", page.url);
    assert_eq!(reads(&demo, &subs[0]).await, (200, 403), "withdrawn: the rest goes on");
    assert_eq!(reads(&demo, &subs[1]).await, (403, 403), "blocked");
    assert_eq!(reads(&demo, &subs[2]).await, (200, 200), "and who did nothing is read as before");
    assert_eq!(reads(&demo, &subs[3]).await, (403, 403), "destroyed");
    let (ward, guardian) = (again(&demo, "ward@example.kz").await, again(&demo, "guards@example.kz").await);
    assert!(!has_guardian(&demo, &ward).await, "revoked");
    assert_ne!(guardian.get(&acting).await.status, 200, "and so does whoever held it");
    let spent = sign_in_by(&demo, "careful@example.kz", &codes[0]).await;
    assert!(spent.words().contains("does not fit"), "{}", spent.words());
    assert!(sign_in_by(&demo, "careful@example.kz", &codes[1]).await.url.ends_with("/me"), "the others are good");
    assert_eq!(exchange(&demo, "mail", &code, VERIFIER).await.0, 400, "spent");
    let gone = Visitor::new();
    let page = gone.get(&format!("{}/sign-in", demo.issuer)).await;
    let page = gone.submit(&page, "/sign-in", &[("identifier", "leaves@example.kz"), ("password", PASSWORD)]).await;
    assert!(!page.url.ends_with("/me"), "{}", page.url);
    // The record goes on in a log that says what happened, and verifies.
    let logs = demo.logs();
    let logs: Vec<&str> = ["ledger", "verify"].into_iter().chain(logs.iter().map(String::as_str)).collect();
    let (ok, said) = demo.command(&logs);
    assert!(ok, "{said}");
}

#[tokio::test]
async fn after_yesterdays_backup_what_was_narrowed_today_stays_so_on_sqlite() {
    what_was_narrowed_today_stays_so(On::Sqlite).await;
}

#[tokio::test]
async fn after_yesterdays_backup_what_was_narrowed_today_stays_so_on_postgres() {
    what_was_narrowed_today_stays_so(On::Postgres).await;
}
