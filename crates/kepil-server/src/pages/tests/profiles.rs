//! The pages about what a made-up person shows of themselves.

use kepil_domain::Day;
use kepil_policy::Audience;

use super::samples::{FORUM, NAME, SURNAME, Sampler};
use crate::pages::*;

impl Sampler {
    fn audience(&self, audience: Audience) -> String {
        audience_in_words(Words::of(self.0), audience)
    }

    /// A field that is shown somewhere.
    pub fn shown_to(&self) -> ShownTo {
        ShownTo { label: self.t(FORUM), audience: Audience::Public, path: "/me/profile/forum".to_owned() }
    }

    /// An entry of a look, with the setting that was in force.
    pub fn looked_at(&self, event: Event) -> Event {
        let day = When::date("2026-11-20", self.0).shown;
        let (name, who) = (self.t(NAME), self.audience(Audience::Public));
        let with = [("field", name.as_str().into()), ("who", who.as_str().into()), ("day", day.as_str().into())];
        let settings = vec![Words::of(self.0).say("activity-setting", &with)];
        Event { purpose: None, about: Some(self.t(FORUM)), settings, ..event }
    }

    pub fn profile_settings(&self) -> ProfileSettings {
        let row = |name: &str, label, value: Option<&str>, chosen| SettingRow {
            name: name.to_owned(),
            label: self.t(label),
            value: value.map(str::to_owned),
            choices: Audience::ALL
                .iter()
                .map(|each| Choice {
                    value: each.word().to_owned(),
                    label: self.audience(*each),
                    chosen: *each == chosen,
                })
                .collect(),
            since: (chosen != Audience::Private).then(|| When::day(Day(20_701), self.0)),
        };
        let view = |word: &str, here| View {
            path: format!("/me/profile/forum?as={word}"),
            label: Words::of(self.0).say(&format!("profile-as-{word}"), &[]),
            here,
        };
        let named = |id: &str, path: Option<&str>| NamedRow {
            id: id.to_owned(),
            since: When::day(Day(20_701), self.0),
            path: path.map(str::to_owned),
        };
        ProfileSettings {
            service: "forum".to_owned(),
            label: self.t(FORUM),
            rows: vec![
                row("given_name", NAME, Some("Айгүл"), Audience::Public),
                row("family_name", SURNAME, Some("Сәрсенбаева"), Audience::Private),
            ],
            address: "pM2xkq0X3l8Zk4b1mYwq9Q7rT5vN6aBc".to_owned(),
            views: vec![view("public", true), view("members", false), view("named", false)],
            seen: vec![(self.t(NAME), "Айгүл".to_owned())],
            named: vec![named("a1", Some("/profiles/forum/Zk4b1mYwq9Q7rT5vN6aBcpM2xkq0X3l8")), named("b2", None)],
            blocked: false,
            newer: None,
        }
    }

    pub fn profile_warning(&self) -> ProfileWarning {
        let (now, then) = (self.audience(Audience::Private), self.audience(Audience::Public));
        ProfileWarning {
            label: self.t(FORUM),
            post_path: "/me/profile/forum".to_owned(),
            rows: vec![(self.t(NAME), now.clone(), then.clone()), (self.t(SURNAME), now, then)],
            warnings: ProfileWarning::text(Words::of(self.0), Audience::Public),
            carry: vec![("audience-given_name".to_owned(), "public".to_owned())],
        }
    }

    pub fn public_profile(&self) -> PublicProfile {
        let rows = vec![(self.t(NAME), "Айгүл".to_owned()), (self.t(SURNAME), "Сәрсенбаева".to_owned())];
        PublicProfile { label: self.t(FORUM), rows }
    }

    pub fn named_invitation(&self, accepted: Option<bool>) -> NamedInvitation {
        let profile_path = "/profiles/forum/pM2xkq0X3l8Zk4b1mYwq9Q7rT5vN6aBc".to_owned();
        NamedInvitation { label: self.t(FORUM), profile_path, accepted, carry: Vec::new() }
    }
}
