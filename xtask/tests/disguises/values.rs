//! Personal values: types that would show them, and the proofs that stand before them.

use super::{caught, clean, found};

const FILE: &str = "crates/kepil-server/src/actions/read.rs";

#[test]
fn a_derive_on_a_personal_type_is_seen() {
    caught(
        "personal",
        FILE,
        &[
            "#[derive(Clone, Debug)] struct Opened { name: Personal<String> }",
            "use std::fmt::Debug as D; #[derive(D)] struct Opened(Vec<Personal<String>>);",
            "use serde as s; #[derive(s::Serialize)] enum Opened { One(Personal<String>), None }",
            "#[cfg_attr(all(), derive(PartialEq))] #[must_use] pub(crate) struct Opened<'a> { v: &'a Personal<u8> }",
            "use kepil_domain::Personal as P; #[derive(Debug)] struct Opened { v: P<String> }",
            "type Secret = Option<Personal<String>>; #[derive(Hash)] struct Opened { v: Secret }",
            "macro_rules! m { ($n:ident) => { #[derive(Debug)] pub struct $n { v: Personal<String> } } } m!(Opened);",
            "#[derive(/* no */ Debug /* one */ , Clone)] /// doc\n struct Opened { v: Personal /* x */ <String> }",
        ],
    );
}

#[test]
fn an_alias_of_another_file_is_followed() {
    let alias = ("crates/kepil-domain/src/form.rs", "pub type Entered = Vec<Personal<String>>;");
    let user = (FILE, "#[derive(Debug)] struct Form { entered: Entered }");
    assert_eq!(found("personal", &[alias, user]).len(), 1);
}

#[test]
fn a_hand_written_impl_is_seen() {
    caught(
        "personal",
        FILE,
        &[
            "impl<T: Zeroize> std::fmt::Debug for Personal<T> { }",
            "use std::fmt as f; impl f::Display for &'_ Personal<String> { }",
            "use serde::Serialize as Put; impl Put for Personal<String> { }",
            "impl PartialEq<Personal<String>> for String { }",
            "struct Opened { v: Personal<String> } impl core::fmt::Debug for Opened { }",
            "macro_rules! show { ($t:ty) => { impl std::fmt::Debug for $t {} } } show!(Personal<String>);",
            "impl<T> std::ops::Deref for Personal<T> { type Target = T; }",
        ],
    );
}

#[test]
fn other_types_may_be_printed() {
    clean(
        "personal",
        FILE,
        &[
            "#[derive(Debug)] struct Reply { name: String } struct Opened { v: Personal<String> }",
            "#[derive(Debug)] enum Holds { Personal, Clear } #[derive(Clone)] struct Opened { v: Personal<String> }",
            "impl<T: Debug> Drop for Personal<T> { } impl From<Personal<String>> for Sealed { }",
            "impl Form { fn v(&self) -> Personal<String> { self.v } } #[derive(Debug)] struct Other;",
            "#[cfg(test)] #[derive(Debug)] struct Sample(Personal<String>);",
            "impl Kind for X { type Value = Personal<String>; } #[derive(Debug)] struct Y { v: Value }",
        ],
    );
}

#[test]
fn only_the_store_makes_receipts() {
    caught(
        "receipt",
        FILE,
        &[
            "fn f() { Receipt::danger_committed(e, c, h); }",
            "fn f() { let make = <kepil_domain::Receipt> :: /* x */ danger_committed; make(e, c, h); }",
            "macro_rules! m { ($t:ty) => { <$t>::danger_committed } }",
            "fn f() { Receipt::r#danger_committed(e, c, h); }",
        ],
    );
    clean("receipt", FILE, &["/// Not `danger_committed`.\nfn f() { let s = \"danger_committed\"; }"]);
    clean("receipt", "crates/kepil-store/src/lane.rs", &["fn f() { Receipt::danger_committed(e, c, h); }"]);
    clean("receipt", "crates/kepil-domain/src/proof.rs", &["pub fn danger_committed(e: EventId) -> Self { }"]);
}

#[test]
fn a_value_is_revealed_only_where_it_is_listed() {
    caught(
        "reveal",
        FILE,
        &[
            "fn f() { value.reveal(); }",
            "fn f() { value\n  . /* shown */\n reveal ( ); }",
            "fn f() { values.iter().map(Personal::reveal); }",
            "fn f() { <Personal<_>>::reveal(&v); }",
            "macro_rules! m { ($v:expr) => { $v.r#reveal() } }",
        ],
    );
    clean("reveal", FILE, &["fn f() { revealed(); let reveal = 1; } // v.reveal()", "fn reveal(&self) {}"]);
    clean("reveal", FILE, &["#[test] fn f() { value.reveal(); }", "#[tokio::test] async fn f() { value.reveal(); }"]);
}
