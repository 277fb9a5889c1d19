//! What pages call things: one name for one thing, wherever it stands.

use kepil_policy::Language;

use super::samples::Sampler;
use crate::pages::{Done, Link, Problem, Trouble, Words, device_in_words};

fn page(language: Language, name: &str) -> String {
    let found = Sampler(language).pages().into_iter().find(|(each, _)| *each == name);
    found.map_or_else(|| panic!("no page {name}"), |(_, html)| html)
}

#[test]
fn a_button_names_the_guardian_as_the_page_does() {
    for language in Language::ALL {
        let html = page(*language, "guardians");
        let unnamed = Words::of(*language).say("guardians-person", &[("number", 2.into())]);
        assert_eq!(html.matches("<span class=\"unseen\">: Айгүл Сейітова</span>").count(), 2, "{html}");
        assert_eq!(html.matches(&format!("<span class=\"unseen\">: {unnamed}</span>")).count(), 2, "{html}");
    }
}

#[test]
fn a_password_is_new_only_where_there_was_one() {
    for language in Language::ALL {
        let words = Words::of(*language);
        let label = |key: &str| format!("<label for=\"f-password\">{}</label>", words.say(key, &[]));
        assert!(page(*language, "register").contains(&label("password")));
        for name in ["reset_form", "security"] {
            assert!(page(*language, name).contains(&label("new-password")), "{name}");
        }
    }
}

#[test]
fn a_page_below_one_of_the_menu_marks_it() {
    let at = |here: &str| {
        let chrome = Sampler(Language::En).chrome(here, true);
        let marked = chrome.menu().into_iter().filter_map(|(path, _, mark)| Some((path, mark?)));
        marked.collect::<Vec<_>>()
    };
    assert_eq!(at("/me/representing"), [("/me/representing", "page")]);
    assert_eq!(at("/me/representing/x/consents"), [("/me/representing", "true")]);
    assert_eq!(at("/me/security/sign-ins?before=1"), [("/me/security", "true")]);
    assert_eq!(at("/me/representingx"), []);
    assert_eq!(at("/me"), [("/me", "page")]);
}

#[test]
fn a_problem_leads_to_the_front_page_by_its_name() {
    for language in Language::ALL {
        let chrome = Sampler(*language).chrome("/x", true);
        let back = Some(Link { path: "/".to_owned(), label: chrome.operator.clone() });
        let html = Problem { trouble: Trouble::NotFound, back }.render(&chrome);
        let button = format!("<a class=\"button first\" href=\"/\">{}</a>", chrome.say("to-front"));
        assert!(html.contains(&button), "{html}");
    }
}

#[test]
fn what_is_not_known_of_a_device_is_left_out_or_said_in_words() {
    let words = Words::of(Language::En);
    for (device, said) in [
        ("Firefox, Linux", "Firefox, Linux"),
        ("Firefox, ?", "Firefox"),
        ("?, Android", "Android"),
        ("?, ?", "Unknown browser"),
        ("", "Unknown browser"),
    ] {
        assert_eq!(device_in_words(words, device), said, "{device}");
    }
}

/// A letter to a ward, a form sent twice and a refused account have words of their own.
#[test]
fn what_was_done_is_said_of_what_was_done() {
    for language in Language::ALL {
        let said = |done: Done| Words::of(*language).say(&format!("done-{}", done.word()), &[]);
        let all: Vec<String> = Done::ALL.iter().map(|done| said(*done)).collect();
        let own = [Done::WayIn, Done::CalledBack, Done::Again, Done::Unaccepted].map(said);
        for sentence in own {
            assert_eq!(all.iter().filter(|each| **each == sentence).count(), 1, "{sentence}");
        }
    }
}
