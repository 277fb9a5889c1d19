//! The words of the pages: one Fluent bundle for each language, loaded once.
//!
//! Does not know: what the policy says (labels, reasons and titles come in as data), who reads, what time it is.

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use kepil_domain::form::FormFault;
use kepil_policy::{Kind, Language};
use unic_langid::LanguageIdentifier;

static RU: LazyLock<Words> = LazyLock::new(|| Words::load(Language::Ru, include_str!("../../locales/ru.ftl")));
static KK: LazyLock<Words> = LazyLock::new(|| Words::load(Language::Kk, include_str!("../../locales/kk.ftl")));
static EN: LazyLock<Words> = LazyLock::new(|| Words::load(Language::En, include_str!("../../locales/en.ftl")));

/// A value inside a sentence.
#[derive(Clone, Copy)]
pub enum Part<'a> {
    /// Set as it is.
    Text(&'a str),
    /// Also chooses the plural form.
    Count(u32),
}

impl<'a> From<&'a str> for Part<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Part<'_> {
    fn from(count: u32) -> Self {
        Self::Count(count)
    }
}

/// All sentences of one language.
pub struct Words {
    language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The words of `language`.
    #[must_use]
    pub fn of(language: Language) -> &'static Self {
        match language {
            Language::Ru => &RU,
            Language::Kk => &KK,
            Language::En => &EN,
        }
    }

    /// Whose words these are.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The sentence `key` with `parts` in their places; the key itself when there is no such sentence, which a test excludes.
    #[must_use]
    pub fn say(&self, key: &str, parts: &[(&str, Part<'_>)]) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut args = FluentArgs::with_capacity(parts.len());
        for (name, part) in parts {
            match part {
                Part::Text(text) => args.set(*name, FluentValue::from(*text)),
                Part::Count(count) => args.set(*name, FluentValue::from(*count)),
            }
        }
        tidy_marks(&self.bundle.format_pattern(pattern, Some(&args), &mut Vec::new()))
    }

    /// Whether there is a sentence `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.bundle.get_message(key).is_some_and(|message| message.value().is_some())
    }

    /// What is wrong with an entered value of `kind`, and what to do.
    #[must_use]
    pub fn fault(&self, fault: FormFault, kind: Kind) -> String {
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
        self.say(key, &[])
    }

    /// The word that a person types to close the account. Compare with [`Words::is_close_word`].
    #[must_use]
    pub fn close_word(&self) -> String {
        self.say("close-word", &[])
    }

    /// Whether `typed` is the word that closes the account, in any case of letters.
    #[must_use]
    pub fn is_close_word(&self, typed: &str) -> bool {
        typed.trim().to_lowercase() == self.close_word().to_lowercase()
    }

    /// A text with an error keeps the sentences that read well; tests demand that there is no error.
    fn load(language: Language, text: &str) -> Self {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(whole_part, _)| whole_part);
        let locale: LanguageIdentifier = language.word().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { language, bundle }
    }
}

/// Marks that meet where a value ends a sentence or brings its own quotation marks: one full stop for two, and
/// `«A „B“»` as Russian and Kazakh write it.
fn tidy_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    while let Some(each) = letters.next() {
        let ends = letters.peek().is_none_or(|next| next.is_whitespace());
        match each {
            '.' if ends && out.ends_with('.') => {}
            '«' => {
                depth += 1;
                out.push(if depth > 1 { '„' } else { each });
            }
            '»' => {
                depth = depth.saturating_sub(1);
                out.push(if depth > 0 { '“' } else { each });
            }
            other => out.push(other),
        }
    }
    out
}
