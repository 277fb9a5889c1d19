//! Code that gives up, and tests that are left out.

use super::{caught, clean};

const FILE: &str = "crates/kepil-server/src/jobs.rs";

#[test]
fn code_that_gives_up_is_seen() {
    caught(
        "panic",
        FILE,
        &[
            "fn f() { x.unwrap(); }",
            "fn f() { x\n  . /* never fails */\n  unwrap ( ); }",
            "fn f() { v.into_iter().map(Option::unwrap); }",
            "fn f() { Result::<u8, u8>::expect(x, \"y\"); }",
            "fn f() { x.r#unwrap(); }",
            "use std::panic as boom; fn f() { boom!(\"x\"); }",
            "fn f() { core::todo!(); }",
            "macro_rules! m { ($x:expr) => { $x.expect(\"never\") } }",
            "fn f() { std :: unimplemented ! {} }",
            "fn f() { x.unwrap_err(); }",
            "fn f() { let y = dbg!(x); }",
            "fn f() { std::panic::panic_any(1); }",
            "#[cfg(not(test))] fn f() { x.unwrap(); }",
        ],
    );
}

#[test]
fn tests_and_other_methods_may() {
    clean(
        "panic",
        FILE,
        &[
            "fn f() { x.unwrap_or(1); x.unwrap_or_default(); x.unwrap_or_else(|| 2); }",
            "fn f() { kek.unwrap(&wrapped, &mut plain); }",
            "#[expect(clippy::disallowed_methods, reason = \"the clock\")] fn f() { let s = \"x.unwrap()\"; }",
            "#[cfg(test)] mod tests { #[test] fn t() { x.unwrap(); panic!(); } }",
            "#[test] fn t() { x.unwrap(); }",
            "fn f() { assert!(true); std::panic::catch_unwind(f); } /// x.unwrap()\nfn g() {}",
        ],
    );
    clean("panic", "crates/kepil/tests/demo.rs", &["fn f() { x.unwrap(); }"]);
    clean("panic", "sdk/kepil-client/tests/demo.rs", &["fn f() { x.unwrap(); }"]);
}

#[test]
fn an_ignored_test_is_seen() {
    caught(
        "ignored",
        "crates/kepil/tests/demo.rs",
        &[
            "#[test] #[ignore] fn t() {}",
            "#[ /* x */ ignore = \"slow\" ] #[test] fn t() {}",
            "#[cfg_attr(not(feature = \"slow\"), ignore)] #[test] fn t() {}",
            "/// ```ignore\n/// f();\n/// ```\nfn f() {}",
            "//! ```rust,ignore\n//! f();\n//! ```\n",
        ],
    );
    clean(
        "ignored",
        "crates/kepil/tests/demo.rs",
        &[
            "#[test] fn long_soak() {}",
            "// #[ignore]\nfn ignore() { let ignore = [\"ignore\"]; }",
            "/// ```no_run\nfn f() {}",
        ],
    );
}
