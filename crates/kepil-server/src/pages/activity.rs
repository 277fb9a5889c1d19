//! Who did what with a person's data, as a timeline in words.
//!
//! Source: clauses 4.6, 5.2b. A refusal is shown with its reason.

use kepil_domain::{gate::Refusal, ledger::Act};
use kepil_policy::{Audience, Language, Policy};

use super::{chrome::Chrome, parts::Choice, profile::audience_in_words, when::When, words::Words};

/// `GET /me/activity?service=…&after=…`.
pub struct Activity {
    /// Entries that cannot be read any more.
    pub unreadable: Vec<Unreadable>,
    /// The newest first.
    pub events: Vec<Event>,
    /// Whose events are shown: every service of the person; the value `""` is all.
    pub filter: Vec<Choice>,
    /// The page of older events.
    pub next_path: Option<String>,
}

/// An entry whose text was altered or lost; that there is one, the ledger still proves.
pub struct Unreadable {
    /// Which log.
    pub ledger: String,
    /// Position in it.
    pub position: u64,
    /// When, to the hour.
    pub when: Option<When>,
}

impl Unreadable {
    pub(super) fn sentence(&self, chrome: &Chrome) -> String {
        let position = self.position.to_string();
        let with = [("position", position.as_str().into()), ("ledger", self.ledger.as_str().into())];
        chrome.words().say("activity-unreadable", &with)
    }
}

impl Activity {
    /// The choice of the filter that leaves nothing out.
    #[must_use]
    pub fn every_service(language: Language, chosen: bool) -> Choice {
        Choice { value: String::new(), label: Words::of(language).say("activity-all", &[]), chosen }
    }
}

/// Who did it.
pub enum By {
    /// The person.
    You,
    /// Someone who acts for the person.
    Representative,
    /// A service, by its label.
    Service(String),
    /// Someone of the staff, by the label of their duty.
    Staff(String),
    /// Someone outside to whom data are passed, by its label.
    Recipient(String),
    /// Someone who looked at what the person shows.
    Viewer,
    /// The program itself.
    System,
}

impl By {
    fn word(&self) -> &'static str {
        match self {
            Self::You => "you",
            Self::Representative => "representative",
            Self::Service(_) => "service",
            Self::Staff(_) => "staff",
            Self::Recipient(_) => "recipient",
            Self::Viewer => "viewer",
            Self::System => "system",
        }
    }

    fn label(&self) -> &str {
        match self {
            Self::Service(label) | Self::Recipient(label) | Self::Staff(label) => label,
            Self::You | Self::Representative | Self::Viewer | Self::System => "",
        }
    }
}

/// One entry of the ledger about the person.
pub struct Event {
    /// Who did it.
    pub by: By,
    /// What was done.
    pub act: Act,
    /// Label of the service that it was about, where that is not who did it.
    pub about: Option<String>,
    /// Labels of the fields.
    pub fields: Vec<String>,
    /// The purpose, as people read it.
    pub purpose: Option<String>,
    /// The settings by which it was shown, in words (clause 6.1a).
    pub settings: Vec<String>,
    /// Label of the duty that it was about.
    pub duty: Option<String>,
    /// For what, as whoever did it stated it.
    pub stated: Option<String>,
    /// Why it was refused.
    pub refused: Option<Refusal>,
    /// When.
    pub when: When,
    /// The page of whoever it was done for, where that is somebody else.
    pub whom_path: Option<String>,
    /// Where its receipt can be downloaded.
    pub receipt_path: Option<String>,
    /// When it comes into the ledger, where it is not there yet: until then there is no receipt.
    pub listed: Option<When>,
}

/// A setting as an entry keeps it, `field audience day edition`, in words: what, for whom, set by the person when.
#[must_use]
pub fn setting_in_words(policy: &Policy, line: &str, language: Language) -> Option<String> {
    let mut parts = line.split(' ');
    let (field, audience, day) = (parts.next()?, Audience::parse(parts.next()?)?, parts.next()?);
    let label = policy.find_field(field).map_or(field, |field| field.label.get(language));
    let (words, day) = (Words::of(language), When::date(day, language).shown);
    let who = audience_in_words(words, audience);
    let with = [("field", label.into()), ("who", who.as_str().into()), ("day", day.as_str().into())];
    Some(words.say("activity-setting", &with))
}

impl Event {
    /// The entry as a sentence.
    pub(super) fn sentence(&self, chrome: &Chrome) -> String {
        let words = chrome.words();
        let label = [("label", self.by.label().into())];
        let act = self.act.word();
        let (who, verb, key) = match (self.refused, &self.by) {
            (Some(_), By::Viewer) => ("to-viewer".to_owned(), "viewer-deed".to_owned(), "activity-refused"),
            (None, By::Viewer) => ("by-viewer".to_owned(), "viewer-saw".to_owned(), "activity-did"),
            (Some(_), by) => (format!("to-{}", by.word()), format!("deed-{act}"), "activity-refused"),
            (None, By::You) if self.whom_path.is_some() => ("by-you".to_owned(), format!("you-{act}"), "activity-for"),
            (None, By::You) => ("by-you".to_owned(), format!("you-{act}"), "activity-did"),
            (None, by) => (format!("by-{}", by.word()), format!("act-{act}"), "activity-did"),
        };
        let (who, deed) = (words.say(&who, &label), words.say(&verb, &[]));
        words.say(key, &[("who", who.as_str().into()), ("deed", deed.as_str().into())])
    }

    /// The reason of a refusal as a sentence, with its clause.
    pub(super) fn reason(&self, chrome: &Chrome) -> Option<(String, &'static str)> {
        self.refused.map(|refusal| (chrome.say(format!("refusal-{}", refusal.word())), refusal.clause()))
    }

    /// The style class of the mark beside the entry.
    pub(super) fn mark(&self) -> &'static str {
        match (self.refused, &self.by) {
            (Some(_), _) => "by-refused",
            (None, By::You) => "by-you",
            (None, By::System) => "by-system",
            (None, _) => "by-other",
        }
    }
}
