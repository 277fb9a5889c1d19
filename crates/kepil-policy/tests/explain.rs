//! What people read is generated from what the program does: the documents of the base bundle, in every language.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may stop at the first surprise")]
mod common;

use kepil_policy::{Bundle, Language, Policy, compile, render_document};

fn compiled(bundle: &Bundle) -> Policy {
    compile(bundle).unwrap_or_else(|faults| panic!("{}", common::report(&faults)))
}

/// The base bundle with a general policy that has every table and every kind of name.
fn told() -> Bundle {
    let mut bundle = common::base();
    for language in Language::ALL {
        let text = bundle.files.get_mut(&format!("texts/general.{language}.md")).unwrap();
        text.push_str(
            "\n{{table:services}}\n\n{{table:duties}}\n\n{{service:mail}} · {{purpose:mail/courier}} · {{contact}} · {{address}}\n",
        );
    }
    bundle
}

#[test]
fn the_general_policy_is_written_out_in_every_language() {
    let policy = compiled(&told());
    for language in Language::ALL {
        let text = render_document(&policy, policy.general().unwrap(), *language);
        assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
        insta::assert_snapshot!(format!("general_{language}"), text);
    }
}

#[test]
fn no_table_has_an_empty_header_or_two_equal_rows() {
    let policy = compiled(&told());
    for language in Language::ALL {
        let text = render_document(&policy, policy.general().unwrap(), *language);
        let lines: Vec<&str> = text.lines().collect();
        for (at, _) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("|---")) {
            let header = lines.get(at - 1).unwrap();
            assert!(!header.replace(['|', ' '], "").is_empty(), "{text}");
            assert!(!header.contains("|  |"), "{header}");
            let mut rows: Vec<&str> =
                lines.iter().skip(at + 1).take_while(|line| line.starts_with('|')).copied().collect();
            assert!(rows.iter().all(|row| row.matches('|').count() == header.matches('|').count()), "{rows:#?}");
            let count = rows.len();
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), count, "{text}");
        }
    }
}

#[test]
fn a_lifetime_is_told_in_whole_days_and_in_the_right_form() {
    let told = |lifetime: &str, language: Language| {
        let mut bundle = common::base();
        let text = bundle.files.get_mut("data.toml").unwrap();
        *text = text.replace("lifetime  = \"30 days\"", &format!("lifetime  = \"{lifetime}\""));
        let policy = compiled(&bundle);
        let text = render_document(&policy, policy.general().unwrap(), language);
        let row = text.lines().find(|line| line.starts_with("| `measure`")).unwrap().to_owned();
        row.split('|').nth(4).unwrap().trim().to_owned()
    };
    for (lifetime, ru, kk, en) in [
        ("1 hour", "1 час", "1 сағат", "1 hour"),
        ("3 hours", "3 часа", "3 сағат", "3 hours"),
        ("24 hours", "1 день", "1 күн", "1 day"),
        ("36 hours", "36 часов", "36 сағат", "36 hours"),
        ("11 days", "11 дней", "11 күн", "11 days"),
        ("22 days", "22 дня", "22 күн", "22 days"),
        ("180 days", "180 дней", "180 күн", "180 days"),
        ("session", "до закрытия браузера", "браузер жабылғанға дейін", "until the browser closes"),
    ] {
        assert_eq!(told(lifetime, Language::Ru), ru);
        assert_eq!(told(lifetime, Language::Kk), kk);
        assert_eq!(told(lifetime, Language::En), en);
    }
}

#[test]
fn a_bar_in_a_label_does_not_break_the_table() {
    let mut bundle = common::base();
    let text = bundle.files.get_mut("data.toml").unwrap();
    *text = text.replace("en = \"Telephone\"", "en = \"Telephone | fax\"");
    let policy = compiled(&bundle);
    let text = render_document(&policy, policy.general().unwrap(), Language::En);
    assert!(text.contains("| Telephone \\| fax |"), "{text}");
}
