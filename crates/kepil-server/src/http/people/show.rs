//! What the pages of people have in common: links to documents, labels, coarse names of devices, faults in words.

use axum::http::{HeaderMap, header};
use kepil_domain::{form::FormFault, gate::Refusal};
use kepil_policy::{Field, Kind, Language, Policy, Service};

use crate::{
    pages::{Link, UNKNOWN, Words},
    password::{LETTERS_MIN, PasswordFault},
};

/// Links to the documents that come with `service`.
pub fn documents(policy: &Policy, service: &Service, language: Language) -> Vec<Link> {
    let own = service.documents.iter().filter_map(|index| policy.documents().get(*index));
    own.map(|document| Link {
        path: format!("/documents/{}", document.name),
        label: document.title.get(language).to_owned(),
    })
    .collect()
}

/// Labels of what names a person at sign-in, such as "e-mail".
pub fn identifier_label(policy: &Policy, language: Language) -> String {
    let labels: Vec<&str> =
        policy.fields().iter().filter(|field| field.sign_in).map(|field| field.label.get(language)).collect();
    labels.join(" / ")
}

/// The policy in a few sentences.
pub fn summary(policy: &Policy, language: Language) -> Vec<String> {
    policy.summary().iter().map(|text| text.get(language).to_owned()).collect()
}

/// The page on which `field` is written.
pub fn edit_path(base: &str, field: &Field) -> String {
    format!("{base}/fields/{}/edit", field.name)
}

/// What is wrong with a value, in words.
pub fn fault(words: &Words, kind: Kind, fault: FormFault) -> String {
    let key = match (fault, kind) {
        (FormFault::Empty, _) => "fault-empty",
        (FormFault::TooLong, _) => "fault-too-long",
        (FormFault::WrongCharacters, Kind::Name) => "fault-name",
        (FormFault::WrongCharacters, Kind::Login) => "fault-login",
        (FormFault::WrongCharacters, _) => "fault-characters",
        (FormFault::NotAnEmail, _) => "fault-email",
        (FormFault::NotAPhone, _) => "fault-phone",
        (FormFault::NotADate, _) => "fault-date",
        (FormFault::NotABin, _) => "fault-bin",
        (FormFault::NotAnOption, _) => "fault-option",
    };
    words.say(key, &[])
}

/// Why a date of birth is not taken and who can do something, in words; `None` for what has nothing to do with it.
pub fn born_fault(words: &Words, reason: Refusal, contact: &str) -> Option<String> {
    let key = match reason {
        Refusal::GuardianDecides => "fault-born-guarded",
        Refusal::AgeUnconfirmed => "fault-born-alone",
        Refusal::NotThePerson => "fault-born-ward",
        _ => return None,
    };
    Some(words.say(key, &[("contact", contact.into())]))
}

/// The least length of a password. Unit: letters.
pub fn password_letters_min() -> u32 {
    u32::try_from(LETTERS_MIN).unwrap_or(u32::MAX)
}

/// What is wrong with a new password and what to do, in words.
pub fn password_fault(language: Language, fault: PasswordFault) -> String {
    Words::of(language).say(&format!("fault-password-{}", fault.word()), &[("letters", password_letters_min().into())])
}

/// Browser and system of a request, no finer than their families.
pub fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|line| line.to_str().ok()).unwrap_or_default();
    let family = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map_or(UNKNOWN, |(_, name)| *name)
    };
    let browser = family(&[
        ("Firefox", "Firefox"),
        ("YaBrowser", "Yandex"),
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Chrom", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
    ]);
    let system = family(&[
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iPadOS"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    format!("{browser}, {system}")
}

/// A path of ours to go back to; anything else leads to the person's own page.
pub fn own_path(path: &str) -> &str {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b':');
    let is_own = is_plain && path.starts_with('/') && !path.starts_with("//");
    if is_own { path } else { "/me" }
}

/// The address to go on to with a request that waits under the token `go`; anything else is no token of ours.
pub fn onward(path: &str, go: &str) -> Option<String> {
    let is_token =
        go.len() == 43 && go.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_token.then(|| format!("{path}?go={go}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_site() {
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/a:b",
            "/a\r\nb",
            "/ә",
        ] {
            assert_eq!(own_path(foreign), "/me", "{foreign}");
        }
        assert_eq!(own_path("/me/activity"), "/me/activity");
    }
}
