//! Which way a change counts: what gives more than people accepted is a widening, its reverse a narrowing, words are
//! neutral.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may stop at the first surprise")]
mod common;

use kepil_policy::{Bundle, Effect, Policy, compile, diff};

fn compiled(bundle: &Bundle) -> Policy {
    compile(bundle).unwrap_or_else(|faults| panic!("{}", common::report(&faults)))
}

fn changed(file: &str, find: &str, replace: &str) -> Bundle {
    let mut bundle = common::base();
    let text = bundle.files.get_mut(file).unwrap();
    assert!(text.contains(find), "{file} has no `{find}`");
    *text = text.replacen(find, replace, 1);
    bundle
}

/// File, text of the base, text instead of it: each gives someone more.
const WIDER: [(&str, &str, &str); 25] = [
    ("services/mail.toml", "min_age = 18", "min_age = 16"),
    ("services/forum.toml", "min_age = 14\n", ""),
    ("services/forum.toml", "guardian = true\n", ""),
    ("services/forum.toml", "widest = \"members\"", "widest = \"public\""),
    (
        "services/forum.toml",
        "fields = [\"given_name\", \"email\"]",
        "fields = [\"given_name\", \"email\", \"birth_date\"]",
    ),
    ("services/forum.toml", "\"email\"]", "\"email\", \"residence\"]"),
    ("data.toml", "threshold = 10", "threshold = 9"),
    ("data.toml", "masked      = true\n", ""),
    ("data.toml", "form        = \"profile\"", "form        = \"registration\""),
    ("data.toml", "http_only = true\n", ""),
    ("data.toml", "lifetime  = \"12 hours\"", "lifetime  = \"13 hours\""),
    ("data.toml", "lifetime  = \"12 hours\"", "lifetime  = \"12 days\""),
    (
        "data.toml",
        "lifetime  = \"30 days\"\ndomain    = \"host\"",
        "lifetime  = \"30 days\"\ndomain    = \"example.kz\"",
    ),
    ("data.toml", "term  = \"30 days\"", "term  = \"31 days\""),
    ("data.toml", "term   = \"5 years\"", "term   = \"6 years\""),
    ("data.toml", "value = 18", "value = 21"),
    (
        "data.toml",
        "fields  = [\"email\"]\nclauses = [\"3.4a\"]",
        "fields  = [\"email\", \"given_name\"]\nclauses = [\"3.4a\"]",
    ),
    ("data.toml", "АО «Почта»", "АО «Доставка»"),
    ("policy.toml", "forbid    = [\"biometric\", \"special\"]", "forbid    = [\"biometric\"]"),
    ("policy.toml", "territory = [\"KZ\"]", "territory = [\"KZ\", \"RU\"]"),
    ("policy.toml", "\"block\", \"destroy\"]", "\"block\", \"destroy\", \"compare\"]"),
    ("policy.toml", "bin     = \"170240014901\"", "bin     = \"170240014902\""),
    ("services/partner.toml", "fields  = [\"given_name\"]", "fields  = [\"given_name\", \"email\"]"),
    ("services/mail.toml", "optional = true\n", ""),
    ("purposes.toml", "required = [\"email\", \"given_name\"", "required = [\"email\", \"residence\", \"given_name\""),
];

#[test]
fn what_gives_more_is_a_widening() {
    let old = compiled(&common::base());
    for (file, find, replace) in WIDER {
        let changes = diff(&old, &compiled(&changed(file, find, replace)));
        assert!(
            !changes.is_empty() && changes.iter().all(|it| it.effect == Effect::Widened),
            "{replace}: {changes:#?}"
        );
    }
}

/// The way back of each: it takes, unless another value of the same rank came.
#[test]
fn the_way_back_is_a_narrowing() {
    let new = compiled(&common::base());
    for (file, find, replace) in WIDER {
        let is_turn = ["value = 21", "АО", "bin "].iter().any(|turn| replace.starts_with(turn));
        let changes = diff(&compiled(&changed(file, find, replace)), &new);
        let effect = if is_turn { Effect::Widened } else { Effect::Narrowed };
        assert!(!changes.is_empty() && changes.iter().all(|it| it.effect == effect), "{replace}: {changes:#?}");
    }
}

#[test]
fn words_are_neutral() {
    let old = compiled(&common::base());
    for (file, find, replace) in [
        ("data.toml", "en = \"Given name\"", "en = \"First name\""),
        ("data.toml", "en = \"To know the age.\"", "en = \"To learn the age.\""),
        ("services/mail.toml", "en = \"Letters.\"", "en = \"Post.\""),
        ("policy.toml", "edition   = \"2026-01-15\"", "edition   = \"2026-02-15\""),
        ("policy.toml", "contact = \"privacy@example.kz\"", "contact = \"data@example.kz\""),
        ("texts/terms.en.md", "# {{operator}}", "# Terms of {{operator}}"),
        ("clauses.toml", "mechanism = \"registry\"", "mechanism = \"list\""),
    ] {
        let changes = diff(&old, &compiled(&changed(file, find, replace)));
        assert!(
            !changes.is_empty() && changes.iter().all(|it| it.effect == Effect::Neutral),
            "{replace}: {changes:#?}"
        );
    }
}

/// Five years from the writing may outlast an agreement, so neither rule surely ends first.
#[test]
fn a_rule_that_may_outlast_the_other_is_a_widening() {
    let old = compiled(&common::base());
    let both = "until = \"agreement_end\"\nterm  = \"30 days\"";
    let fixed = |term: &str| compiled(&changed("data.toml", both, &format!("until = \"fixed\"\nterm  = \"{term}\"")));
    let effects = |new: &Policy| -> Vec<Effect> {
        diff(&old, new).iter().filter(|change| change.about == "agreement").map(|change| change.effect).collect()
    };
    assert_eq!(effects(&fixed("5 years")), [Effect::Widened, Effect::Widened]);
    assert_eq!(effects(&fixed("30 days")), [Effect::Narrowed]);
}
