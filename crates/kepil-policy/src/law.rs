//! A law profile: the deadlines, days off, floors, size classes and other facts of one country's law, as typed rows with
//! source and confidence.
//!
//! Start reading at [`Law::parse`]. Source: design of the house, law 7: amounts and dates are data, units are code.
//! Does not know: clocks, zones, how a deadline is counted.

use std::collections::{BTreeMap, HashSet};

use toml::de::{DeTable, DeValue};

use crate::{
    Date, Diagnostic, Term, Texts,
    diagnostic::{Code, Report},
    raw::term,
    reader::{Entry, Source},
    words::vocabulary,
};

vocabulary! {
    /// How well a row of the law is known.
    Confidence {
        /// Read in the text of the law.
        Read = "T",
        /// Two independent sources.
        TwoSources = "2",
        /// One source.
        OneSource = "1",
        /// From memory, unverified.
        Memory = "M",
    }
}

vocabulary! {
    /// In what a deadline is counted.
    Unit {
        /// Days on which people work.
        WorkingDay = "wd",
        /// Days of the calendar.
        CalendarDay = "cd",
        /// Hours.
        Hour = "hour",
        /// Months of the calendar.
        Month = "month",
    }
}

vocabulary! {
    /// When a deadline begins to run.
    Start {
        /// At the moment of the event.
        EventMoment = "event_moment",
        /// On the day after it.
        NextDay = "next_day",
    }
}

vocabulary! {
    /// When a deadline is over.
    End {
        /// At the time of day at which it began.
        SameTime = "same_time",
        /// With its last day.
        EndOfDay = "end_of_day",
    }
}

vocabulary! {
    /// What a listed day is.
    DayKind {
        /// Nobody works.
        Off = "off",
        /// People work though the week says otherwise.
        Work = "work",
    }
}

vocabulary! {
    /// Whether a listed day is certain.
    Status {
        /// The state has said so.
        Confirmed = "confirmed",
        /// Reckoned, as days of the moon are.
        Estimated = "estimated",
    }
}

/// Where a row comes from and how well it is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// Act and article.
    pub source: String,
    /// How well it is known; officers see it.
    pub confidence: Confidence,
}

/// A deadline.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// Its id, such as `KZ-01`.
    pub id: String,
    /// What starts it.
    pub trigger: String,
    /// What must be done.
    pub duty: String,
    /// How much time there is, in [`Self::unit`]; 0 means the day of the event.
    pub amount: u32,
    /// In what it is counted.
    pub unit: Unit,
    /// When it begins to run.
    pub start: Start,
    /// When it is over.
    pub end: End,
    /// How it may be prolonged, where the law knows that.
    pub extension: Option<String>,
    /// What stops the clock, where the law knows that.
    pub pause_on: Option<String>,
    /// First day for which a source is at hand.
    pub effective_from: Date,
    /// Last day, when there is one.
    pub effective_to: Option<Date>,
    /// Source and confidence.
    pub proof: Proof,
}

/// A day that differs from its week.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holiday {
    /// Which day.
    pub date: Date,
    /// What it is.
    pub kind: DayKind,
    /// Whether it is certain.
    pub status: Status,
    /// What people call it.
    pub name: Texts,
    /// Where that is said.
    pub source: String,
}

/// What a law makes one keep. A bundle's floor cites one of these; none is applied by itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LawFloor {
    /// Its id.
    pub id: String,
    /// Which records it covers.
    pub covers: String,
    /// How long.
    pub term: Term,
    /// Source and confidence.
    pub proof: Proof,
}

/// A class of operators by the number of people whose data they have.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SizeClass {
    /// Its id.
    pub id: String,
    /// From so many people.
    pub subjects_min: u32,
    /// To so many people; `None` without end.
    pub subjects_max: Option<u32>,
    /// Whether the operator gives notice to the authority.
    pub notifies_authority: bool,
    /// Measures that the class must take.
    pub measures: Vec<String>,
    /// First day for which a source is at hand.
    pub effective_from: Date,
    /// Source and confidence.
    pub proof: Proof,
}

/// A number, text or list of a fact.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FactValue {
    /// A whole number.
    Number(u32),
    /// A text.
    Text(String),
    /// Whole numbers.
    Numbers(Vec<u32>),
    /// Texts.
    Texts(Vec<String>),
}

/// A duty or ban without a deadline of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fact {
    /// Its id; rules and facts share one numbering.
    pub id: String,
    /// When it matters.
    pub trigger: String,
    /// What the law says.
    pub duty: String,
    /// First day for which a source is at hand.
    pub effective_from: Date,
    /// Its numbers and words by name.
    pub values: BTreeMap<String, FactValue>,
    /// Source and confidence.
    pub proof: Proof,
}

/// What a consent must say and how it may be given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentForm {
    /// What it must say.
    pub contents: Vec<String>,
    /// How it may be given.
    pub forms: Vec<String>,
    /// Source and confidence.
    pub proof: Proof,
}

/// From what age people act. Unit: years.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ages {
    /// Alone.
    pub alone: u32,
    /// Themselves, when a guardian consents; below it the guardian acts for them.
    pub with_guardian: u32,
    /// Source and confidence.
    pub proof: Proof,
}

/// One country's law. Made by [`Law::parse`] only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Law {
    /// The name by which bundles call it.
    pub id: String,
    /// What people read.
    pub name: Texts,
    /// Which texts it was taken from.
    pub source: String,
    /// IANA name of the zone in which its days are counted.
    pub time_zone: String,
    /// What a consent must say.
    pub consent: ConsentForm,
    /// From what age people act.
    pub ages: Ages,
    /// Deadlines.
    pub rules: Vec<Rule>,
    /// Days that differ from their week, by date.
    pub holidays: Vec<Holiday>,
    /// What must be kept.
    pub floors: Vec<LawFloor>,
    /// Classes of operators, smallest first.
    pub size_classes: Vec<SizeClass>,
    /// The rest.
    pub facts: Vec<Fact>,
}

impl Law {
    /// Reads the profile written in `text`; `path` is for messages.
    ///
    /// # Errors
    /// Every fault of the profile, by line.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let report = Report::default();
        let source = Source::new(path, text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let place = source.place(error.span().map_or(0, |span| span.start));
            report.add(Code::Syntax, &place, error.message(), "mend the TOML of this line");
        }
        let root = Entry::new(&source, path.to_owned(), 0, table.get_ref(), &report);
        let law = read(&root, &report);
        root.finish();
        let faults = report.into_faults();
        match law {
            Some(law) if faults.is_empty() => Ok(law),
            _ => Err(faults),
        }
    }

    /// The deadlines that `trigger` starts on `day`.
    pub fn rules_for<'a>(&'a self, trigger: &'a str, day: Date) -> impl Iterator<Item = &'a Rule> + 'a {
        let holds = move |rule: &&Rule| rule.effective_from <= day && rule.effective_to.is_none_or(|to| day <= to);
        self.rules.iter().filter(move |rule| rule.trigger == trigger).filter(holds)
    }

    /// The class of an operator that has data of so many people.
    #[must_use]
    pub fn size_class(&self, subjects: u32) -> Option<&SizeClass> {
        let is_in = |class: &&SizeClass| {
            class.subjects_min <= subjects && class.subjects_max.is_none_or(|most| subjects <= most)
        };
        self.size_classes.iter().find(is_in)
    }
}

fn read(root: &Entry<'_>, report: &Report) -> Option<Law> {
    let id = root.needed("id");
    let name = root.texts("name");
    let source = root.needed("source");
    let time_zone = root.needed("time_zone");
    let consent = root.needed_table("consent").and_then(|entry| {
        let form = ConsentForm {
            contents: entry.needed_strings("contents"),
            forms: entry.needed_strings("forms"),
            proof: proof(&entry)?,
        };
        entry.finish();
        Some(form)
    });
    let ages = root.needed_table("age").and_then(|entry| {
        let (alone, with_guardian) = (entry.needed_number("alone"), entry.needed_number("with_guardian"));
        let ages = Ages { alone, with_guardian, proof: proof(&entry)? };
        entry.finish();
        Some(ages)
    });
    let mut ids = HashSet::new();
    let rules = rows(root, "rule", report, &mut ids, rule);
    let facts = rows(root, "fact", report, &mut ids, fact);
    let floors = rows(root, "floor", report, &mut HashSet::new(), floor);
    let size_classes = rows(root, "size_class", report, &mut HashSet::new(), size_class);
    let holidays = holidays(root, report);
    meet(root, &size_classes, report);
    Some(Law {
        id,
        name,
        source,
        time_zone,
        consent: consent?,
        ages: ages?,
        rules,
        holidays,
        floors,
        size_classes,
        facts,
    })
}

/// Every table of a list, each id once.
fn rows<T>(
    root: &Entry<'_>,
    key: &str,
    report: &Report,
    ids: &mut HashSet<String>,
    read: impl Fn(&Entry<'_>, &Report) -> Option<T>,
) -> Vec<T> {
    let mut all = Vec::new();
    for entry in root.tables(key) {
        let id = entry.needed("id");
        if !id.is_empty() && !ids.insert(id.clone()) {
            let message = format!("`{id}` is there already");
            report.add(Code::DuplicateName, &entry.place_of("id"), message, "give one of them another id");
        }
        all.extend(read(&entry, report));
        entry.finish();
    }
    all
}

fn proof(entry: &Entry<'_>) -> Option<Proof> {
    let source = entry.needed("source");
    let confidence = entry.needed_word(Code::MissingKey, "confidence", Confidence::ALL);
    Some(Proof { source, confidence: confidence? })
}

fn date(entry: &Entry<'_>, key: &str, report: &Report) -> Option<Date> {
    let text = entry.string(key)?;
    let date = Date::parse(&text);
    if date.is_none() {
        let message = format!("`{text}` is no date");
        report.add(Code::MalformedDate, &entry.place_of(key), message, format!("write `{key} = \"YYYY-MM-DD\"`"));
    }
    date
}

fn needed_date(entry: &Entry<'_>, key: &str, report: &Report) -> Option<Date> {
    entry.needed(key);
    date(entry, key, report)
}

fn rule(entry: &Entry<'_>, report: &Report) -> Option<Rule> {
    let amount = entry.needed_number("amount");
    let unit = entry.needed_word(Code::MissingKey, "unit", Unit::ALL);
    let start = entry.needed_word(Code::MissingKey, "start", Start::ALL);
    let end = entry.needed_word(Code::MissingKey, "end", End::ALL);
    let is_same_day = start == Some(Start::EventMoment) && end == Some(End::EndOfDay) && unit != Some(Unit::Hour);
    if amount == 0 && entry.has("amount") && !is_same_day {
        let message = "a deadline of nothing cannot be kept";
        let hint = "write an amount of at least 1; 0 is for days from the event's moment to the end of its day";
        report.add(Code::MalformedTerm, &entry.place_of("amount"), message, hint);
    }
    let from = needed_date(entry, "effective_from", report);
    let to = date(entry, "effective_to", report);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        let message = format!("it ends on {to}, before it begins on {from}");
        report.add(Code::MalformedDate, &entry.place_of("effective_to"), message, "write a later day");
    }
    let (trigger, duty) = (entry.needed("trigger"), entry.needed("duty"));
    let (extension, pause_on) = (entry.string("extension"), entry.string("pause_on"));
    let proof = proof(entry);
    Some(Rule {
        id: entry.needed("id"),
        trigger,
        duty,
        amount,
        unit: unit?,
        start: start?,
        end: end?,
        extension,
        pause_on,
        effective_from: from?,
        effective_to: to,
        proof: proof?,
    })
}

fn floor(entry: &Entry<'_>, report: &Report) -> Option<LawFloor> {
    let (covers, term, proof) = (entry.needed("covers"), term(entry, "term", report), proof(entry));
    Some(LawFloor { id: entry.needed("id"), covers, term, proof: proof? })
}

fn size_class(entry: &Entry<'_>, report: &Report) -> Option<SizeClass> {
    let subjects_min = entry.needed_number("subjects_min");
    let subjects_max = entry.has("subjects_max").then(|| entry.number("subjects_max"));
    let (notifies_authority, measures) = (entry.flag("notifies_authority"), entry.needed_strings("measures"));
    let (effective_from, proof) = (needed_date(entry, "effective_from", report), proof(entry));
    Some(SizeClass {
        id: entry.needed("id"),
        subjects_min,
        subjects_max,
        notifies_authority,
        measures,
        effective_from: effective_from?,
        proof: proof?,
    })
}

/// Every number of people is in exactly one class.
fn meet(root: &Entry<'_>, classes: &[SizeClass], report: &Report) {
    let mut next = Some(0);
    for class in classes {
        if next != Some(class.subjects_min) {
            let message = format!("the size class `{}` does not begin where the one before it ends", class.id);
            let hint = "let every number of people be in exactly one class, smallest first";
            report.add(Code::WrongType, &root.place_of("size_class"), message, hint);
        }
        next = class.subjects_max.map(|most| most.saturating_add(1));
    }
}

fn holidays(root: &Entry<'_>, report: &Report) -> Vec<Holiday> {
    let mut all: Vec<Holiday> = Vec::new();
    for entry in root.tables("holiday") {
        let date = needed_date(&entry, "date", report);
        let kind = entry.needed_word(Code::MissingKey, "kind", DayKind::ALL);
        let status = entry.needed_word(Code::MissingKey, "status", Status::ALL);
        let (name, source) = (entry.texts("name"), entry.needed("source"));
        entry.finish();
        let (Some(date), Some(kind), Some(status)) = (date, kind, status) else { continue };
        if all.last().is_some_and(|last| date <= last.date) {
            let message = format!("{date} stands after a later day, or twice");
            let hint = "list each day once, by date";
            report.add(Code::DuplicateName, &entry.place_of("date"), message, hint);
        }
        all.push(Holiday { date, kind, status, name, source });
    }
    all
}

fn fact(entry: &Entry<'_>, report: &Report) -> Option<Fact> {
    let (id, trigger, duty) = (entry.needed("id"), entry.needed("trigger"), entry.needed("duty"));
    let (effective_from, proof) = (needed_date(entry, "effective_from", report), proof(entry));
    let mut values = BTreeMap::new();
    for (key, value) in entry.rest() {
        if let Some(value) = fact_value(value) {
            values.insert(key, value);
            continue;
        }
        let message = format!("`{key}` of `{id}` is neither a whole number nor a text nor a list of these");
        report.add(Code::WrongType, &entry.place_of(&key), message, "write a number, a text or a list of one kind");
    }
    Some(Fact { id, trigger, duty, effective_from: effective_from?, values, proof: proof? })
}

fn fact_value(value: &DeValue<'_>) -> Option<FactValue> {
    let number = |value: &DeValue<'_>| {
        value.as_integer().and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok())
    };
    let text = |value: &DeValue<'_>| value.as_str().map(str::to_owned);
    if let Some(items) = value.as_array() {
        let items = || items.iter().map(toml::Spanned::get_ref);
        let numbers: Option<Vec<u32>> = items().map(number).collect();
        return match numbers {
            Some(numbers) => Some(FactValue::Numbers(numbers)),
            None => items().map(text).collect::<Option<Vec<String>>>().map(FactValue::Texts),
        };
    }
    number(value).map(FactValue::Number).or_else(|| text(value).map(FactValue::Text))
}
