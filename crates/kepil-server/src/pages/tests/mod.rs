//! Every page in every language: whole markup, labels bound, no inline style or handler, a form token in every form.

mod contents;
mod entities;
mod gallery;
mod guardians;
mod profiles;
mod said;
mod samples;
mod staff;
mod words;

use std::collections::HashSet;

use kepil_policy::Language;
use samples::Sampler;

use super::{Letter, When, Words, markdown};
use crate::actions::sign_in::Means;

/// The tags of a page: name, attributes, whether it closes.
fn tags(html: &str) -> Vec<(String, String, bool)> {
    let mut tags = Vec::new();
    for piece in html.split('<').skip(1) {
        let (inside, _) = piece.split_once('>').unwrap();
        let closes = inside.starts_with('/');
        let (name, attributes) =
            inside.trim_start_matches('/').split_once([' ', '\n']).unwrap_or((inside.trim_start_matches('/'), ""));
        tags.push((name.trim_end_matches('/').to_owned(), attributes.to_owned(), closes));
    }
    tags
}

fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

fn every_page(check: impl Fn(&str, &str)) {
    for language in Language::ALL {
        for (name, html) in Sampler(*language).pages() {
            check(&format!("{name} in {language}"), &html);
        }
    }
}

#[test]
fn every_tag_is_closed_in_its_place() {
    const VOID: [&str; 7] = ["!doctype", "meta", "link", "input", "br", "hr", "img"];
    every_page(|name, html| {
        let mut open = Vec::new();
        for (tag, attributes, closes) in tags(html) {
            if closes {
                assert_eq!(open.pop().as_deref(), Some(tag.as_str()), "{name}");
            } else if !VOID.contains(&tag.as_str()) && !attributes.ends_with('/') {
                open.push(tag);
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    });
}

#[test]
fn ids_are_unique_and_every_reference_has_its_target() {
    every_page(|name, html| {
        let ids = values(html, "id");
        let unique: HashSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: {ids:?}");
        let described = values(html, "aria-describedby")
            .into_iter()
            .chain(values(html, "aria-labelledby"))
            .flat_map(str::split_whitespace);
        let anchors = values(html, "href").into_iter().filter_map(|href| href.strip_prefix('#'));
        for target in
            values(html, "for").into_iter().chain(described).chain(anchors).filter(|target| !target.is_empty())
        {
            assert!(unique.contains(target), "{name}: no element `{target}`");
        }
    });
}

#[test]
fn nothing_stands_in_the_markup_that_a_strict_policy_forbids() {
    every_page(|name, html| {
        for (tag, attributes, _) in tags(html).into_iter().filter(|(_, _, closes)| !closes) {
            let is_handler = |word: &str| word.starts_with("on") && word.contains('=');
            assert!(
                !attributes.contains("style=") && !attributes.split_whitespace().any(is_handler),
                "{name}: <{tag} {attributes}>"
            );
            assert!(tag != "style", "{name}");
            assert!(tag != "script" || attributes.contains("nonce=") && attributes.contains("src=\"/"), "{name}");
        }
        assert!(!html.contains("http://") && !html.contains("src=\"https"), "{name}");
    });
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    every_page(|name, html| {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            let is_get = form.contains("method=\"get\"");
            assert_eq!(!is_get, form.contains("name=\"form_token\""), "{name}: {form}");
        }
    });
}

#[test]
fn every_page_names_its_language_its_title_and_its_main_part() {
    every_page(|name, html| {
        assert!(html.starts_with("<!doctype html>\n<html lang=\""), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        assert!(!html.contains("<title> ") && !html.contains("<title></title>"), "{name}");
    });
}

#[test]
fn no_sentence_ends_twice() {
    every_page(|name, html| {
        // A date may end with a full stop of its own.
        let text: String = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
        if let Some((before, _)) = text.split_once("..") {
            let line = before.lines().last().unwrap_or_default();
            panic!("{name}: {line}..");
        }
    });
}

#[test]
fn agreeing_and_refusing_look_the_same() {
    let consent = Sampler(Language::Ru);
    for html in [
        consent.consent().render(&consent.chrome("/consent", true)),
        consent.acceptance(false).render(&consent.chrome("/accept", true)),
    ] {
        let decide = html.split("class=\"decide\"").nth(1).unwrap().split("</div>").next().unwrap();
        assert_eq!(decide.matches("<button class=\"button\" name=\"choice\"").count(), 2);
    }
}

#[test]
fn an_optional_purpose_is_not_ticked_beforehand() {
    let sampler = Sampler(Language::En);
    assert!(!sampler.acceptance(false).render(&sampler.chrome("/accept", true)).contains("checked"));
}

#[test]
fn what_a_person_typed_is_shown_as_text() {
    let sampler = Sampler(Language::En);
    let mut register = sampler.register();
    register.inputs[1].value = "\"><script>".to_owned();
    let html = register.render(&sampler.chrome("/register", false));
    assert!(!html.contains("\"><script>"));
    assert!(html.contains("&#34;&#62;&#60;script&#62;"));
}

#[test]
fn markdown_keeps_text_and_drops_markup_and_bad_addresses() {
    let html = markdown(
        "# One\n\n<b onclick=x>raw</b> [go](javascript:x) [site](/editions) ![p](https://x.example/p.png)\n\n<script>x</script>\n",
    );
    assert!(html.starts_with("<h2>One</h2>"));
    assert!(
        !html.contains("<b") && !html.contains("<script") && !html.contains("javascript:") && !html.contains("<img")
    );
    assert!(html.contains("href=\"/editions\""));
    let table = markdown("| a | b |\n|---|---|\n| 1 | 2 |\n");
    assert!(
        table.starts_with("<div class=\"scroll\" tabindex=\"0\">\n<table>") && table.ends_with("</table>\n</div>\n")
    );
}

#[test]
fn a_moment_is_shown_in_the_zone_of_the_policy() {
    let when = Sampler(Language::Ru).when(0);
    assert_eq!(when.exact, "2026-11-24T09:00:00+05:00");
    assert_eq!(when.shown, "24 ноября 2026 г., 09:00");
    assert_eq!(When::date("2021-07-15", Language::Kk).shown, "2021 жылғы 15 шілде");
    assert_eq!(When::date("soon", Language::En).shown, "soon");
}

#[test]
fn the_style_is_small_and_loads_nothing() {
    assert!(super::STYLE.len() < 30 * 1024);
    assert!(!super::STYLE.contains("url(") && !super::STYLE.contains("@import"));
}

#[test]
fn letters_read_well() {
    let mut all = Vec::new();
    for language in Language::ALL {
        let letters = [
            Letter::Confirm { link: "https://example.kz/confirm?token=t", hours: 24 },
            Letter::AlreadyHere { link: "https://example.kz/sign-in", reset: "https://example.kz/reset" },
            Letter::WayIn { link: "https://example.kz/me/email/confirm?token=t", hours: 1 },
            Letter::EmailChanged { contact: "privacy@example.kz" },
            Letter::NewDevice { device: "Firefox, Linux", link: "https://example.kz/me/security" },
            Letter::Code { code: "012345", minutes: 10 },
            Letter::FactorAdded { what: Means::AppCode, contact: "privacy@example.kz" },
            Letter::Planted { by: "mail", event: "000102030405060708090a0b0c0d0e0f" },
            Letter::FactorRemoved { contact: "privacy@example.kz" },
            Letter::FactorsLost { link: "https://example.kz/sign-in/lost/stop?token=t", hours: 72 },
            Letter::Invitation { link: "https://example.kz/invited?token=t", hours: 168, is_guardian: false },
            Letter::Invitation { link: "https://example.kz/invited?token=t", hours: 168, is_guardian: true },
            Letter::Named { service: "Forum", link: "https://example.kz/named?token=t", days: 7 },
            Letter::NewEdition { edition: "15.07.2021", since: "16.07.2021", link: "https://example.kz/editions" },
        ];
        for letter in letters {
            let written = letter.write(Words::of(*language), "Citicom");
            all.push(format!("== {}\n{}", written.subject, written.body));
        }
    }
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn pages_stay_as_they_were_looked_at() {
    let pages: Vec<(&str, String)> = Sampler(Language::En).pages();
    for wanted in ["my_data", "consent", "activity", "register"] {
        let (name, html) = pages.iter().find(|(name, _)| *name == wanted).unwrap();
        insta::assert_snapshot!(*name, html);
    }
}

/// Writes all pages into the folder that `KEPIL_LOOK` names, for looking at them in a browser.
#[test]
#[allow(clippy::disallowed_methods, reason = "a person who wants to look names the folder")]
fn pages_can_be_looked_at() {
    let Some(folder) = std::env::var_os("KEPIL_LOOK").map(std::path::PathBuf::from) else { return };
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("kepil.css"), super::STYLE).unwrap();
    for language in Language::ALL {
        for (name, html) in Sampler(*language).pages() {
            std::fs::write(folder.join(format!("{name}.{language}.html")), html.replace("/assets/", "")).unwrap();
        }
    }
}
