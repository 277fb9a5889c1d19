//! Editions on the running program: what a person accepted goes on to hold. Clauses 1.3a, 1.3b.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may stop at the first surprise")]

use kepil_testing::{Demo, On, Visitor};

#[tokio::test]
async fn a_person_registers_on_the_demo() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--clock"]).await;
    let visitor = Visitor::new();
    let page = visitor.register(&demo, "first@example.kz").await;
    assert!(page.words().contains("first@example.kz") || page.words().contains("My data"), "{}", page.words());
    assert_eq!(demo.client("mail").0, "mail-demo");
}
