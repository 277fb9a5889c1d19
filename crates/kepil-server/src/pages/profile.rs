//! What a person shows of themselves at one service, to whom, and what whoever looks sees.
//!
//! Source: clauses 2.2d, 2.3a, 4.2. Does not know: why the gate shows what it shows.

use kepil_policy::Audience;

use super::{
    chrome::Chrome,
    parts::{Carry, Choice, Link},
    when::When,
    words::Words,
};

/// `GET /me/profile/{service}?as=…`. Posts, for each field, `audience-<field>`.
pub struct ProfileSettings {
    /// The service's name in the bundle, for paths.
    pub service: String,
    /// What people call the service.
    pub label: String,
    /// The fields that can be shown there.
    pub rows: Vec<SettingRow>,
    /// Where others find the profile.
    pub address: String,
    /// As whom the person looks: the other ways to look.
    pub views: Vec<View>,
    /// What is seen so: label and value.
    pub seen: Vec<(String, String)>,
    /// Whom the person named.
    pub named: Vec<NamedRow>,
    /// Whether everything is blocked, so that nothing is shown.
    pub blocked: bool,
    /// A later edition that waits for the person's answer.
    pub newer: Option<Link>,
}

/// One field and who sees it.
pub struct SettingRow {
    /// The field's name.
    pub name: String,
    /// What the field is called.
    pub label: String,
    /// The value; `None` when nothing is held.
    pub value: Option<String>,
    /// The audiences that the person can choose from, the narrowest first.
    pub choices: Vec<Choice>,
    /// Since when it is set so; `None` when it was never set.
    pub since: Option<When>,
}

/// A way to look at one's own profile.
pub struct View {
    /// The path of the page seen so.
    pub path: String,
    /// What the way is called.
    pub label: String,
    /// Whether the page is seen so now.
    pub here: bool,
}

/// Somebody whom the person named.
pub struct NamedRow {
    /// Names the row, and nobody.
    pub id: String,
    /// Since when.
    pub since: When,
    /// The path of their profile, where the person found them by it.
    pub path: Option<String>,
}

/// The step between choosing and showing: what will be seen by whom. Posts `seen` for each widening, and what was chosen.
pub struct ProfileWarning {
    /// What people call the service.
    pub label: String,
    /// Where it is posted.
    pub post_path: String,
    /// Each widening: label of the field, who sees it now, who will.
    pub rows: Vec<(String, String, String)>,
    /// The warnings, from the narrowest audience to the widest.
    pub warnings: Vec<String>,
    /// Posted back.
    pub carry: Carry,
}

impl ProfileWarning {
    /// The text of the warning before `widest` sees something; its hash stands in the entry of the act.
    #[must_use]
    pub fn text(words: &Words, widest: Audience) -> Vec<String> {
        let audiences = [Audience::Named, Audience::Members, Audience::Public];
        let known = audiences.into_iter().filter(|each| *each == widest);
        known.map(|each| words.say(&format!("show-warning-{}", each.word()), &[])).collect()
    }
}

/// `GET /profiles/{service}/{address}`: what somebody shows to the reader.
pub struct PublicProfile {
    /// What people call the service.
    pub label: String,
    /// Label and value.
    pub rows: Vec<(String, String)>,
}

/// `GET` and `POST /named`, after the link in the letter. Posts `choice` = `accept` or `refuse`.
pub struct NamedInvitation {
    /// What people call the service.
    pub label: String,
    /// The path of the profile of whoever invites.
    pub profile_path: String,
    /// What became of it; `None` while it waits.
    pub accepted: Option<bool>,
    /// Posted back: the link's token.
    pub carry: Carry,
}

/// Who sees a field at a service, as a row of one's own data says it.
pub struct ShownTo {
    /// What people call the service.
    pub label: String,
    /// Who sees it there.
    pub audience: Audience,
    /// Where it is set.
    pub path: String,
}

impl ShownTo {
    /// Where and to whom, in words.
    pub(super) fn sentence(&self, chrome: &Chrome) -> String {
        let who = audience_in_words(chrome.words(), self.audience);
        chrome.say_both("shown-to", "service", &self.label, "who", who)
    }
}

/// What stands in the place of a value for a kind of content: all pieces of it.
#[must_use]
pub fn placed_in_words(words: &Words) -> String {
    words.say("profile-content", &[])
}

/// An audience as people read it.
#[must_use]
pub fn audience_in_words(words: &Words, audience: Audience) -> String {
    words.say(&format!("audience-{}", audience.word()), &[])
}
