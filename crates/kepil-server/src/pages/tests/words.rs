//! The three files of words say the same things, and say all that the pages need.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::FluentResource;
use kepil_domain::{gate::Refusal, ledger::Act};
use kepil_policy::{Audience, Language, Verb};

use crate::{
    actions::sign_in::Means,
    pages::{Done, Letter, Trouble, Words},
    password::PasswordFault,
};

const FILES: [(Language, &str); 3] = [
    (Language::Ru, include_str!("../../../locales/ru.ftl")),
    (Language::Kk, include_str!("../../../locales/kk.ftl")),
    (Language::En, include_str!("../../../locales/en.ftl")),
];

/// Every key of a file with the values it names.
fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once(" =").filter(|_| line.starts_with(char::is_alphabetic)) {
            last = key.to_owned();
            assert!(keys.insert(last.clone(), BTreeSet::new()).is_none(), "`{last}` stands twice");
        }
        for piece in line.split("{ $").skip(1) {
            let name: String = piece.chars().take_while(char::is_ascii_alphanumeric).collect();
            keys.get_mut(&last).unwrap().insert(name);
        }
    }
    keys
}

fn acts() -> Vec<Act> {
    Verb::ALL.iter().map(|verb| Act::Did(*verb)).chain(Act::own()).collect()
}

/// Keys that the code puts together.
fn made_keys() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for act in acts() {
        keys.extend(["you", "act", "deed"].map(|prefix| format!("{prefix}-{}", act.word())));
    }
    keys.extend(Refusal::ALL.iter().map(|refusal| format!("refusal-{}", refusal.word())));
    keys.extend(Done::ALL.iter().map(|done| format!("done-{}", done.word())));
    for trouble in Trouble::OWN {
        keys.extend(["", "-means", "-do"].map(|part| format!("trouble-{}{part}", trouble.word())));
    }
    keys.extend((1..=12).map(|month| format!("month-{month}")));
    for by in ["you", "representative", "service", "staff", "recipient", "system", "viewer"] {
        keys.extend([format!("by-{by}"), format!("to-{by}")]);
    }
    for letter in [
        "confirm",
        "already",
        "reset",
        "email",
        "email-changed",
        "way-in",
        "password-changed",
        "device",
        "code",
        "factor-added",
        "factor",
        "lost",
        "invitation",
        "guardian",
        "edition",
        "named",
        "planted",
    ] {
        keys.extend([format!("letter-{letter}"), format!("letter-{letter}-subject")]);
    }
    for audience in Audience::ALL.iter().map(|audience| audience.word()) {
        keys.insert(format!("audience-{audience}"));
        if audience != "private" {
            keys.extend([format!("profile-as-{audience}"), format!("show-warning-{audience}")]);
        }
    }
    for word in ["form", "edit", "own", "request", "import"] {
        keys.extend([format!("from-{word}"), format!("from-{word}-other")]);
    }
    keys.extend(["guarded", "alone", "ward"].map(|whose| format!("fault-born-{whose}")));
    keys.extend(["coming", "in-force", "past"].map(|word| format!("edition-{word}")));
    keys.extend(Language::ALL.iter().map(|language| format!("language-{}", language.word())));
    keys.extend(["trouble-refused", "trouble-refused-do", "inquiry-waits"].map(str::to_owned));
    keys.extend(["one_officer", "recovery", "staff_list"].map(|word| format!("stated-{word}")));
    // Said by the console about what an officer did, and who is there.
    keys.extend(["own", "day", "absent", "there", "left"].map(|word| format!("duty-fault-{word}")));
    keys.extend(["staff-desk", "staff-people", "staff-members", "staff-audit", "duty-nobody"].map(str::to_owned));
    keys.extend(["staff-exports", "export-fault", "export-own"].map(str::to_owned));
    keys.extend(["others", "head", "last"].map(|who| format!("entity-leave-{who}")));
    // Said by the server about a field or a password.
    keys.insert("make-ward-old".to_owned());
    keys.insert("make-entity-again".to_owned());
    keys.extend(["taken", "age"].map(|word| format!("fault-{word}")));
    keys.extend(PasswordFault::ALL.map(|fault| format!("fault-password-{}", fault.word())));
    keys.extend(Means::ALL.map(|means| format!("means-{}", means.word())));
    keys.insert("text-code".to_owned());
    keys
}

/// Every `"key"` between quotes in templates and sources.
fn quoted() -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut words = BTreeSet::new();
    for folder in ["templates", "templates/part", "src/pages"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = std::fs::read_to_string(path).unwrap();
                words.extend(text.split('"').map(str::to_owned));
            }
        }
    }
    words
}

#[test]
fn the_three_languages_have_the_same_keys_and_values() {
    let [(_, ru), (_, kk), (_, en)] = FILES;
    let ru = keys(ru);
    assert_eq!(ru, keys(kk));
    assert_eq!(ru, keys(en));
}

#[test]
fn every_file_parses_without_an_error() {
    for (_, text) in FILES {
        let faults = FluentResource::try_new(text.to_owned()).err().map(|(_, faults)| faults);
        assert!(faults.is_none(), "{faults:?}");
    }
}

#[test]
fn every_key_that_the_pages_use_exists_and_none_is_left_over() {
    let known: BTreeSet<String> = keys(FILES[0].1).into_keys().collect();
    let made = made_keys();
    assert_eq!(made.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
    let said = said_in_templates();
    assert_eq!(said.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new());
    let quoted = quoted();
    let left_over: Vec<_> = known.iter().filter(|key| !quoted.contains(*key) && !made.contains(*key)).collect();
    assert_eq!(left_over, Vec::<&String>::new());
}

fn said_in_templates() -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut said = BTreeSet::new();
    for folder in ["templates", "templates/part"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = std::fs::read_to_string(path).unwrap();
                for call in ["say(\"", "say_with(\"", "say_both(\"", "say_count(\""] {
                    said.extend(text.split(call).skip(1).filter_map(|rest| rest.split('"').next().map(str::to_owned)));
                }
            }
        }
    }
    said
}

#[test]
fn a_kazakh_button_says_what_it_does_in_forty_letters() {
    for (language, text) in FILES {
        for key in keys(text).keys().filter(|key| key.ends_with("-button") || key.starts_with("menu-")) {
            let label = Words::of(language).say(key, &[("operator", "Оператор".into())]);
            assert!(label.chars().count() <= 40, "`{key}` in {language} is too long: {label}");
        }
    }
}

#[test]
fn consent_is_not_called_agreement_and_deletion_is_not_called_destruction_in_kazakh() {
    let kk = Words::of(Language::Kk);
    assert!(kk.say("delete-button", &[]).contains("Өшіру"));
    assert!(kk.say("deed-destroy", &[]).contains("жою"));
    assert!(kk.say("give-button", &[]).contains("Келісім"));
    assert!(kk.say("leave-ask", &[("service", "X".into())]).contains("шарт"));
}

#[test]
fn the_word_that_closes_the_account_may_be_typed_in_any_case() {
    for language in Language::ALL {
        let words = Words::of(*language);
        assert!(words.is_close_word(&format!(" {} ", words.close_word().to_lowercase())));
        assert!(!words.is_close_word(""));
    }
}

#[test]
fn russian_counts_hours_in_three_forms() {
    let hours =
        |hours| Letter::Reset { link: "https://example.kz/x", hours }.write(Words::of(Language::Ru), "Оператор").body;
    assert!(hours(1).contains("1 час."));
    assert!(hours(24).contains("24 часа."));
    assert!(hours(48).contains("48 часов."));
}

#[test]
fn a_name_with_quotation_marks_of_its_own_is_quoted_as_russian_does() {
    let title = Words::of(Language::Ru).say("acceptance-title", &[("service", "Форум «Жайляу»".into())]);
    assert_eq!(title, "Условия сервиса «Форум „Жайляу“»");
}

#[test]
fn a_value_that_ends_with_a_full_stop_ends_the_sentence() {
    let kept = |keep: &str| Words::of(Language::En).say("kept", &[("keep", keep.into())]);
    assert_eq!(kept("30 days after."), "Kept: 30 days after.");
    assert_eq!(kept("30 days after"), "Kept: 30 days after.");
}
