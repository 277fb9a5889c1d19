//! Documents and editions, for reading, comparing and printing.
//!
//! Source: clauses 1.2b, 8.1a, 8.1b. Raw HTML in a document is shown as text, never as markup.

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::{parts::Link, when::When};

/// `GET /documents/{name}`.
pub struct Document {
    /// Its title.
    pub title: String,
    /// Its version, as the operator writes it.
    pub version: String,
    /// The edition that it belongs to.
    pub edition: When,
    /// SHA-256 of the text in the shown language, in hexadecimal.
    pub hash: String,
    /// Markdown in the shown language.
    pub body: String,
    /// Other documents of the same edition.
    pub others: Vec<Link>,
}

impl Document {
    pub(super) fn html(&self) -> String {
        markdown(&self.body)
    }
}

/// `GET /editions`.
pub struct Editions {
    /// The newest first.
    pub rows: Vec<EditionRow>,
}

/// How an edition stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EditionState {
    /// Published, not yet in force.
    Coming,
    /// In force.
    InForce,
    /// Replaced by a later one.
    Past,
}

impl EditionState {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Coming => "coming",
            Self::InForce => "in-force",
            Self::Past => "past",
        }
    }
}

/// One edition.
pub struct EditionRow {
    /// The date that it carries.
    pub edition: When,
    /// How it stands.
    pub state: EditionState,
    /// When it came or comes into force.
    pub since: When,
    /// SHA-256 of the whole, in hexadecimal.
    pub hash: String,
    /// Its documents.
    pub documents: Vec<Link>,
    /// The comparison with the one before.
    pub diff_path: Option<String>,
}

impl EditionRow {
    pub(super) fn state_key(&self) -> String {
        format!("edition-{}", self.state.word())
    }
}

/// `GET /editions/diff`: two editions compared.
pub struct EditionDiff {
    /// The earlier one.
    pub from: When,
    /// The later one.
    pub to: When,
    /// What widens: the person is asked.
    pub widened: Vec<String>,
    /// What narrows or stays within what was accepted.
    pub other: Vec<String>,
    /// The texts, line by line.
    pub texts: Vec<TextDiff>,
}

/// One document compared.
pub struct TextDiff {
    /// The document.
    pub title: String,
    /// Its lines.
    pub lines: Vec<(LineMark, String)>,
}

/// How a line stands between two editions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineMark {
    /// In both.
    Same,
    /// Only in the later one.
    Added,
    /// Only in the earlier one.
    Gone,
}

impl LineMark {
    pub(super) fn is_added(self) -> bool {
        self == Self::Added
    }

    pub(super) fn is_gone(self) -> bool {
        self == Self::Gone
    }
}

/// Markdown as HTML that is safe in a page: headings one step lower (the page has the first), raw HTML as text, links
/// only to `https:`, `mailto:`, `tel:` and inside the site, no pictures.
#[must_use]
pub fn markdown(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    // A wide table is scrolled by itself, by keyboard too.
    let around = |event| match event {
        table @ Event::Start(Tag::Table(_)) => [Some(markup("<div class=\"scroll\" tabindex=\"0\">\n")), Some(table)],
        table @ Event::End(TagEnd::Table) => [Some(table), Some(markup("</div>\n"))],
        other => [Some(other), None],
    };
    let events = Parser::new_ext(text, options).filter_map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Some(Event::Text(raw)),
        Event::Start(Tag::HtmlBlock | Tag::Image { .. }) | Event::End(TagEnd::HtmlBlock | TagEnd::Image) => None,
        Event::Start(Tag::Heading { level, .. }) => {
            Some(Event::Start(Tag::Heading { level: lower(level), id: None, classes: Vec::new(), attrs: Vec::new() }))
        }
        Event::End(TagEnd::Heading(level)) => Some(Event::End(TagEnd::Heading(lower(level)))),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_safe(&dest_url) { dest_url } else { CowStr::Borrowed("#") };
            Some(Event::Start(Tag::Link { link_type, dest_url, title, id }))
        }
        other => Some(other),
    });
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, events.flat_map(around).flatten());
    out
}

fn markup(text: &'static str) -> Event<'static> {
    Event::Html(CowStr::Borrowed(text))
}

fn is_safe(address: &str) -> bool {
    let scheme = ["https:", "mailto:", "tel:", "#"].iter().any(|prefix| address.starts_with(prefix));
    scheme || (address.starts_with('/') && !address.starts_with("//"))
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H2,
        HeadingLevel::H2 => HeadingLevel::H3,
        HeadingLevel::H3 => HeadingLevel::H4,
        HeadingLevel::H4 => HeadingLevel::H5,
        HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}
