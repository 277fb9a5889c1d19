//! Pieces that several pages show: an input of a form, a purpose, a link, a state carried along.
//!
//! Source: clauses 2.1.1a to 2.1.1c (the form is the bundle's list), 3.4f. Does not know: any field by name.

use kepil_policy::{Category, Field, Kind, Language, Policy, Use};

use super::{when::When, words::Words};

/// Hidden inputs that a form posts back as they are, such as the id of a sign-in under way.
pub type Carry = Vec<(String, String)>;

/// Work that a form asks for: a script counts, or the reader waits. Posts `challenge` and `answer`.
pub struct Work {
    /// Posted back.
    pub challenge: String,
    /// What the script counts with.
    pub seed: String,
    /// How many zero bits it looks for.
    pub bits: u8,
    /// How long a reader waits whose browser has no script. Unit: seconds.
    pub wait_s: u32,
}

/// A device in words, of browser and system as the session has them: what is not known is left out, or said.
#[must_use]
pub fn device_in_words(words: &Words, device: &str) -> String {
    let known: Vec<&str> = device.split(", ").filter(|part| !part.is_empty() && *part != UNKNOWN).collect();
    if known.is_empty() { words.say("device-unknown", &[]) } else { known.join(", ") }
}

/// A browser or system that is not known.
pub const UNKNOWN: &str = "?";

/// A link inside the site.
#[derive(Clone)]
pub struct Link {
    /// Where to.
    pub path: String,
    /// What it says.
    pub label: String,
}

/// One of several to choose from.
#[derive(Clone)]
pub struct Choice {
    /// What is posted.
    pub value: String,
    /// What it says.
    pub label: String,
    /// Whether it is chosen now.
    pub chosen: bool,
}

/// An input made from a field of the bundle.
pub struct Input {
    /// The field's name, also that of the posted value.
    pub name: String,
    /// What the field is called.
    pub label: String,
    /// Why it is asked.
    pub why: String,
    /// How long it is kept; empty shows nothing.
    pub keep: String,
    /// How it is typed.
    pub kind: Kind,
    /// What it tells; helps the browser to fill it in.
    pub category: Category,
    /// For [`Kind::Choice`].
    pub options: Vec<Choice>,
    /// Whether the form insists.
    pub required: bool,
    /// What was typed before.
    pub value: String,
    /// What is wrong with it, in the reader's language.
    pub error: Option<String>,
}

impl Input {
    /// The input of `field`, with `value` typed before.
    #[must_use]
    pub fn of(policy: &Policy, field: &Field, language: Language, value: &str) -> Self {
        let class = policy.classes().iter().find(|class| class.id == field.class);
        let option = |(code, label): &(String, kepil_policy::Texts)| Choice {
            value: code.clone(),
            label: label.get(language).to_owned(),
            chosen: code == value,
        };
        Self {
            name: field.name.clone(),
            label: field.label.get(language).to_owned(),
            why: field.why.get(language).to_owned(),
            keep: class.map(|class| class.keep.label.get(language).to_owned()).unwrap_or_default(),
            kind: field.kind,
            category: field.category,
            options: field.options.iter().map(option).collect(),
            required: field.required,
            value: value.to_owned(),
            error: None,
        }
    }

    pub(super) fn is_choice(&self) -> bool {
        self.kind == Kind::Choice
    }

    /// The `type` attribute.
    pub(super) fn html_type(&self) -> &'static str {
        match self.kind {
            Kind::Date => "date",
            Kind::Email => "email",
            Kind::Phone => "tel",
            Kind::Name | Kind::Text | Kind::Login | Kind::Place | Kind::Choice | Kind::Bin => "text",
        }
    }

    /// The `autocomplete` attribute; `on` where kind and category do not tell which part of a name or place it is.
    pub(super) fn autocomplete(&self) -> &'static str {
        match (self.kind, self.category) {
            (Kind::Email, _) => "email",
            (Kind::Phone, _) => "tel",
            (Kind::Login, _) => "username",
            (Kind::Date, Category::BirthDate) => "bday",
            (_, Category::Organisation) => "organization",
            _ => "on",
        }
    }

    /// Whether letters must stay as they are typed.
    pub(super) fn is_literal(&self) -> bool {
        matches!(self.kind, Kind::Email | Kind::Login | Kind::Phone)
    }
}

/// A stored `value` of `field` as people read it: a date in words, the label of an option, anything else as it is.
#[must_use]
pub fn value_in_words(field: &Field, value: &str, language: Language) -> String {
    match field.kind {
        Kind::Date => When::date(value, language).shown,
        Kind::Choice => {
            let option = field.options.iter().find(|(code, _)| code == value);
            option.map_or(value, |(_, label)| label.get(language)).to_owned()
        }
        _ => value.to_owned(),
    }
}

/// One purpose, as people read it.
#[derive(Clone)]
pub struct Purpose {
    /// Its name within the service; what a tick posts.
    pub name: String,
    /// What it is for.
    pub label: String,
    /// Labels of its fields.
    pub fields: Vec<String>,
    /// How long its data are kept.
    pub keep: String,
    /// Who else receives the data.
    pub recipients: Vec<String>,
    /// The law it rests on, when not on consent.
    pub law: Option<String>,
    /// Whether a box for it is ticked.
    pub chosen: bool,
}

impl Purpose {
    /// The purpose of `each`, not chosen.
    #[must_use]
    pub fn of(policy: &Policy, each: &Use, language: Language) -> Self {
        let fields = policy.fields().iter().filter(|field| each.fields.contains(field.id));
        let recipients = policy.recipients().iter().filter(|(name, _)| each.recipients.contains(name));
        Self {
            name: each.purpose.clone(),
            label: each.label.get(language).to_owned(),
            fields: fields.map(|field| field.label.get(language).to_owned()).collect(),
            keep: each.keep.label.get(language).to_owned(),
            recipients: recipients.map(|(_, label)| label.get(language).to_owned()).collect(),
            law: each.law.clone(),
            chosen: false,
        }
    }
}
