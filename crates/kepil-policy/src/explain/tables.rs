//! The tables of a policy as Markdown: data, purposes, recipients, keeping, cookies, services.
//!
//! Start reading at [`table`]. Does not know a word of any language: `words/tables.toml` has them.

use std::sync::LazyLock;

use crate::{Basis, Cookie, FieldSet, Language, Policy, Service, Use};

/// The tables that a text may ask for.
pub(crate) const TABLES: [&str; 8] =
    ["fields", "purposes", "recipients", "keeps", "cookies", "services", "profiles", "duties"];

static WORDS: LazyLock<toml::Table> =
    LazyLock::new(|| include_str!("../../words/tables.toml").parse().unwrap_or_default());

/// A word of `words/tables.toml`; its own name when there is none.
fn word(section: &str, name: &str, language: Language) -> String {
    let found = WORDS.get(section).and_then(|section| section.get(name)).and_then(|texts| texts.get(language.word()));
    found.and_then(toml::Value::as_str).unwrap_or(name).to_owned()
}

/// The Markdown of the table called `name`.
pub(super) fn table(policy: &Policy, name: &str, language: Language) -> String {
    let page = Page { policy, language };
    let (header, rows): (&[&str], Vec<Vec<String>>) = match name {
        "fields" => (&["data", "why"], page.fields()),
        "purposes" => (&["service", "purpose", "data", "basis", "keep"], page.purposes()),
        "recipients" => (&["recipient", "country", "data", "purpose"], page.recipients()),
        "keeps" => (&["keep", "data", "purpose"], page.keeps()),
        "cookies" => (&["cookie", "class", "purpose", "lifetime", "why"], page.cookies()),
        "services" => (&["service", "about", "age"], page.services()),
        "profiles" => (&["service", "data", "audience"], page.profiles()),
        "duties" => (&["duty", "powers", "data", "purpose"], page.duties()),
        _ => (&[], Vec::new()),
    };
    if rows.is_empty() {
        return word("word", "nothing", language);
    }
    let header: Vec<String> = header.iter().map(|name| word("header", name, language)).collect();
    markdown(&header, &rows)
}

/// The fields that the service called `name` can show of people.
pub(super) fn shown(policy: &Policy, name: &str, language: Language) -> String {
    let fields = policy.find_service(name).map_or(FieldSet::EMPTY, |service| service.profile.fields);
    Page { policy, language }.labels(&fields)
}

struct Page<'a> {
    policy: &'a Policy,
    language: Language,
}

impl Page<'_> {
    fn labels(&self, set: &FieldSet) -> String {
        let fields = set.iter().filter_map(|id| self.policy.field(id));
        let labels: Vec<&str> = fields.map(|field| field.label.get(self.language)).collect();
        labels.join(", ")
    }

    fn service(&self, row: &Use) -> &str {
        self.policy.service(row.service).map_or("", |service| service.label.get(self.language))
    }

    fn fields(&self) -> Vec<Vec<String>> {
        let row = |field: &crate::Field| [&field.label, &field.why].map(|it| it.get(self.language).to_owned()).to_vec();
        self.policy.fields.iter().map(row).collect()
    }

    fn purposes(&self) -> Vec<Vec<String>> {
        let row = |row: &Use| {
            let basis = match (row.basis, &row.law) {
                (Basis::Law, Some(law)) => law.clone(),
                (basis, _) => word("basis", basis.word(), self.language),
            };
            vec![
                self.service(row).to_owned(),
                row.label.get(self.language).to_owned(),
                self.labels(&row.fields),
                basis,
                row.keep.label.get(self.language).to_owned(),
            ]
        };
        self.policy.uses.iter().map(row).collect()
    }

    fn recipients(&self) -> Vec<Vec<String>> {
        let row = |it: &crate::Recipient| {
            let uses = self.policy.uses.iter().filter(|row| row.recipients.contains(&it.name));
            vec![
                it.label.get(self.language).to_owned(),
                it.country.clone(),
                self.labels(&it.fields),
                self.purposes_of(uses),
            ]
        };
        self.policy.recipient_rows.iter().map(row).collect()
    }

    /// Who of the staff sees what, for what.
    fn duties(&self) -> Vec<Vec<String>> {
        let row = |duty: &crate::Duty| {
            let purpose = duty.serves.and_then(|at| self.policy.use_at(at));
            let powers: Vec<String> =
                duty.powers.iter().map(|power| word("power", power.word(), self.language)).collect();
            let fields = if duty.fields.is_empty() { "—".to_owned() } else { self.labels(&duty.fields) };
            vec![
                duty.label.get(self.language).to_owned(),
                powers.join(", "),
                fields,
                purpose.map_or("", |row| row.label.get(self.language)).to_owned(),
            ]
        };
        self.policy.duties.iter().map(row).collect()
    }

    /// One row for each rule: what is kept by it, and for which purposes.
    fn keeps(&self) -> Vec<Vec<String>> {
        let row = |keep: &crate::Keep| {
            let uses = || self.policy.uses.iter().filter(|row| row.keep.name == keep.name);
            let fields = uses().fold(FieldSet::EMPTY, |all, row| all.or(&row.fields));
            vec![keep.label.get(self.language).to_owned(), self.labels(&fields), self.purposes_of(uses())]
        };
        self.policy.keeps.iter().map(row).collect()
    }

    /// Each label once, in the order of the uses.
    fn purposes_of<'b>(&self, uses: impl Iterator<Item = &'b Use>) -> String {
        let mut labels: Vec<&str> = Vec::new();
        for row in uses {
            let label = row.label.get(self.language);
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        labels.join(", ")
    }

    fn cookies(&self) -> Vec<Vec<String>> {
        let row = |cookie: &Cookie| {
            let purpose = crate::check::rules::find_use(self.policy, &cookie.purpose);
            vec![
                format!("`{}`", cookie.name),
                word("class", &cookie.class, self.language),
                purpose.map_or("", |row| row.label.get(self.language)).to_owned(),
                self.lifetime(cookie),
                cookie.reason.get(self.language).to_owned(),
            ]
        };
        self.policy.cookies.iter().map(row).collect()
    }

    /// Whole days as days, the rest as hours.
    fn lifetime(&self, cookie: &Cookie) -> String {
        match cookie.lifetime_hours {
            None => word("word", "session", self.language),
            Some(hours) if hours >= 24 && hours % 24 == 0 => self.counted(hours / 24, "day"),
            Some(hours) => self.counted(hours, "hour"),
        }
    }

    fn counted(&self, count: u32, unit: &str) -> String {
        let form = match (self.language, count % 10, count % 100) {
            (Language::Ru, 1, tail) if tail != 11 => 0,
            (Language::Ru, 2..=4, tail) if !(12..=14).contains(&tail) => 1,
            (Language::En, ..) if count == 1 => 0,
            _ => 2,
        };
        let forms = WORDS.get("unit").and_then(|units| units.get(unit)).and_then(|it| it.get(self.language.word()));
        let unit = forms.and_then(|forms| forms.get(form)).and_then(toml::Value::as_str).unwrap_or(unit);
        format!("{count} {unit}")
    }

    fn services(&self) -> Vec<Vec<String>> {
        let row = |service: &Service| {
            let said = |name: &str, years: u32| word("word", name, self.language).replace("{n}", &years.to_string());
            let from = (service.min_age > 0).then(|| said("age_from", service.min_age));
            let guarded = service.guardian.map(|ages| said("age_guarded", ages.alone));
            let age = match (from, guarded) {
                (None, None) => "—".to_owned(),
                (Some(one), None) | (None, Some(one)) => one,
                (Some(from), Some(guarded)) => format!("{from}; {guarded}"),
            };
            vec![service.label.get(self.language).to_owned(), service.about.get(self.language).to_owned(), age]
        };
        self.policy.services.iter().map(row).collect()
    }

    /// What each service can show of people who let it, and how far at most.
    fn profiles(&self) -> Vec<Vec<String>> {
        let row = |service: &Service| {
            vec![
                service.label.get(self.language).to_owned(),
                self.labels(&service.profile.fields),
                word("audience", service.profile.widest.word(), self.language),
            ]
        };
        self.policy.services.iter().filter(|service| !service.profile.fields.is_empty()).map(row).collect()
    }
}

fn markdown(header: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(header.len()));
    let body: String = rows.iter().map(|row| line(row)).collect();
    format!("\n{}{rule}{body}", line(header))
}
