//! Reads the tables of a bundle into [`Raw`]; every fault of form goes to the report.

use toml::de::DeTable;

use super::{
    Named, Raw, RawClause, RawCompartment, RawContent, RawCookie, RawDerived, RawDocument, RawDuty, RawField, RawFloor,
    RawKeep, RawOperator, RawPurpose, RawRecipient, RawSdk, RawService,
};
use crate::{
    Basis, Bundle, Category, Derive, DocumentKind, FormPlace, Kind, Language, ServiceKind, Term, Texts, Until, Verb,
    diagnostic::{Code, Place, Report},
    reader::{Entry, Source},
};

/// Reads every table of the bundle; what cannot be read is in `report`.
pub(crate) fn read(bundle: &Bundle, report: &Report) -> Raw {
    let mut raw = Raw::default();
    for (path, text) in bundle.files.iter().filter(|(path, _)| crate::bundle::is_table(path)) {
        let source = Source { path, text };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            let place = Place { file: path.clone(), line };
            report.add(Code::Syntax, &place, error.message(), "mend the TOML of this line");
        }
        let root = Entry::new(&source, path.clone(), 0, table.get_ref(), report);
        if path.starts_with("services/") {
            read_services(&root, &mut raw);
        } else {
            read_root(&root, bundle, &mut raw, report);
        }
        root.finish();
    }
    raw
}

fn read_root(root: &Entry<'_>, bundle: &Bundle, raw: &mut Raw, report: &Report) {
    if root.has("format") {
        read_head(root, raw, report);
    }
    named(root, "compartment", &mut raw.compartments, |entry| RawCompartment {
        label: entry.texts("label"),
        incompatible: entry.strings("incompatible"),
    });
    named(root, "keep", &mut raw.keeps, |entry| {
        let until = entry.word("until", until, &["agreement_end", "consent_end", "fixed"]);
        let is = RawKeep {
            until: until.unwrap_or(Until::Fixed),
            term: term(entry, "term", report),
            label: entry.texts("label"),
        };
        if !entry.has("until") {
            entry.needed("until");
        }
        is
    });
    named(root, "field", &mut raw.fields, read_field);
    named(root, "derived", &mut raw.derived, read_derived);
    named(root, "purpose", &mut raw.purposes, read_purpose);
    read_rules(root, bundle, raw, report);
}

/// The parts that say what else the policy promises.
fn read_rules(root: &Entry<'_>, bundle: &Bundle, raw: &mut Raw, report: &Report) {
    named(root, "floor", &mut raw.floors, |entry| RawFloor {
        fields: entry.needed_strings("fields"),
        term: term(entry, "term", report),
        law: entry.string("law"),
        label: entry.texts("label"),
    });
    named(root, "recipient", &mut raw.recipients, |entry| {
        entry.word("basis", Basis::parse, &["consent", "law"]);
        RawRecipient { label: entry.texts("label"), country: entry.needed("country"), fields: entry.strings("fields") }
    });
    named(root, "cookie", &mut raw.cookies, |entry| read_cookie(entry, report));
    named(root, "sdk", &mut raw.sdks, |entry| RawSdk {
        service: entry.needed("service"),
        purpose: entry.needed("purpose"),
        fields: entry.strings("fields"),
    });
    named(root, "duty", &mut raw.duties, |entry| RawDuty {
        purpose: entry.needed("purpose"),
        fields: entry.strings("fields"),
        label: entry.texts("label"),
    });
    named(root, "document", &mut raw.documents, |entry| read_document(entry, bundle, report));
    named(root, "content", &mut raw.contents, |entry| {
        let visibility = entry.string("visibility").unwrap_or_else(|| "private".to_owned());
        RawContent { label: entry.texts("label"), visibility }
    });
    named(root, "aggregate", &mut raw.aggregates, |entry| entry.number("threshold"));
    named(root, "clause", &mut raw.clauses, |entry| RawClause {
        kind: entry.needed("kind"),
        promise: entry.needed("promise"),
        mechanism: entry.string("mechanism").unwrap_or_default(),
        tests: entry.strings("tests"),
        gap: entry.string("gap"),
    });
}

fn read_head(root: &Entry<'_>, raw: &mut Raw, report: &Report) {
    if root.number("format") != 1 {
        let message = "this program reads bundles of format 1";
        report.add(Code::UnknownWord, &root.place_of("format"), message, "write `format = 1`");
    }
    raw.place = root.place.clone();
    raw.edition = root.needed("edition");
    raw.law = root.needed("law");
    raw.time_zone = root.needed("time_zone");
    raw.territory = root.needed_strings("territory");
    raw.forbid = root.needed_strings("forbid");
    raw.verbs = root.needed_strings("verbs");
    raw.summary = root.list_of_texts("summary");
    raw.document = root.needed("general_policy");
    if let Some(ceiling) = root.table("ceiling") {
        raw.ceiling = ceiling.needed_strings("person");
        ceiling.finish();
    }
    if let Some(operator) = root.table("operator") {
        raw.operator = Some(read_operator(&operator, true));
        operator.finish();
    } else {
        root.needed("operator");
    }
}

fn read_operator(entry: &Entry<'_>, is_operator: bool) -> RawOperator {
    RawOperator {
        name: entry.texts("name"),
        bin: entry.needed("bin"),
        country: entry.needed("country"),
        address: if is_operator { entry.texts("address") } else { Texts::default() },
        contact: if is_operator { entry.needed("contact") } else { String::new() },
    }
}

fn read_field(entry: &Entry<'_>) -> RawField {
    let words = |all: Vec<&'static str>| all;
    let category = entry.word("category", Category::parse, &words(Category::ALL.iter().map(|it| it.word()).collect()));
    let kind = entry.word("kind", Kind::parse, &words(Kind::ALL.iter().map(|it| it.word()).collect()));
    let form = entry.word("form", form_place, &["registration", "profile", "request"]);
    for key in ["category", "kind", "form"] {
        entry.needed(key);
    }
    let options = entry.tables("options");
    let options = options.iter().map(|option| {
        let pair = (option.needed("code"), option.texts("label"));
        option.finish();
        pair
    });
    RawField {
        category: category.unwrap_or(Category::Preference),
        kind: kind.unwrap_or(Kind::Text),
        compartment: entry.needed("compartment"),
        form: form.unwrap_or(FormPlace::Request),
        required: entry.flag("required"),
        sign_in: entry.flag("sign_in"),
        masked: entry.flag("masked"),
        visibility: entry.string("visibility").unwrap_or_else(|| "private".to_owned()),
        label: entry.texts("label"),
        why: entry.texts("why"),
        options: options.collect(),
    }
}

fn read_derived(entry: &Entry<'_>) -> RawDerived {
    let value = entry.number("value");
    let rule = |word: &str| match word {
        "years_at_least" => Some(Derive::YearsAtLeast(value)),
        "first_part" => Some(Derive::FirstPart),
        _ => None,
    };
    let rule = entry.word("rule", rule, &["years_at_least", "first_part"]);
    entry.needed("rule");
    RawDerived { from: entry.needed("from"), rule, label: entry.texts("label"), why: entry.texts("why") }
}

fn read_purpose(entry: &Entry<'_>) -> RawPurpose {
    entry.needed("basis");
    let consent = entry.string("consent");
    RawPurpose {
        is_for: entry.string("for").unwrap_or_default(),
        narrows: entry.string("narrows"),
        own_consent: consent.as_deref() == Some("own"),
        basis: entry.word("basis", Basis::parse, &["consent", "law"]),
        law: entry.string("law"),
        verbs: entry.needed_strings("verbs"),
        fields: entry.needed_strings("fields"),
        derived: entry.strings("derived"),
        required: entry.strings("required"),
        keep: entry.needed("keep"),
        compartment: entry.needed("compartment"),
        optional: entry.flag("optional"),
        per_claim: entry.flag("per_claim"),
        recipients: entry.strings("recipients"),
        label: entry.texts("label"),
    }
}

fn read_cookie(entry: &Entry<'_>, report: &Report) -> RawCookie {
    let classes = ["necessary", "statistics", "performance", "functional", "third_party"];
    let class = entry.word("class", |word| classes.contains(&word).then(|| word.to_owned()), &classes);
    entry.needed("class");
    let lifetime = entry.needed("lifetime");
    let lifetime_hours = match lifetime.split_once(' ') {
        None if lifetime == "session" => None,
        Some((count, unit)) if matches!(unit, "hour" | "hours" | "day" | "days") && count.parse::<u32>().is_ok() => {
            let count: u32 = count.parse().unwrap_or(0);
            Some(if unit.starts_with("day") { count.saturating_mul(24) } else { count })
        }
        _ => {
            let message = format!("`{lifetime}` is no lifetime of `{}`", entry.what);
            report.add(
                Code::MalformedTerm,
                &entry.place_of("lifetime"),
                message,
                "write `session`, `12 hours` or `180 days`",
            );
            None
        }
    };
    RawCookie {
        class: class.unwrap_or_default(),
        purpose: entry.needed("purpose"),
        lifetime_hours,
        domain: entry.string("domain").unwrap_or_else(|| "host".to_owned()),
        reason: entry.has("reason").then(|| entry.texts("reason")),
        http_only: entry.flag("http_only"),
    }
}

fn read_document(entry: &Entry<'_>, bundle: &Bundle, report: &Report) -> RawDocument {
    let kinds = ["policy", "agreement", "rules"];
    let kind = |word: &str| match word {
        "policy" => Some(DocumentKind::Policy),
        "agreement" => Some(DocumentKind::Agreement),
        "rules" => Some(DocumentKind::Rules),
        _ => None,
    };
    let text = entry.needed("text");
    let body = |language: Language| {
        let path = format!("texts/{text}.{language}.md");
        let found = bundle.files.get(&path).filter(|body| !body.trim().is_empty());
        if found.is_none() {
            let message = format!("`{}` has no text in `{language}`", entry.what);
            report.add(Code::MissingText, &entry.place_of("text"), message, format!("write `{path}`"));
        }
        found.map(|body| body.replace("\r\n", "\n")).unwrap_or_default()
    };
    let body = Texts { ru: body(Language::Ru), kk: body(Language::Kk), en: body(Language::En) };
    entry.needed("kind");
    RawDocument {
        kind: entry.word("kind", kind, &kinds).unwrap_or(DocumentKind::Rules),
        version: entry.needed("version"),
        title: entry.texts("title"),
        body,
    }
}

fn read_services(root: &Entry<'_>, raw: &mut Raw) {
    named(root, "service", &mut raw.services, |entry| {
        let kind = |word: &str| match word {
            "account" => Some(ServiceKind::Account),
            "own" => Some(ServiceKind::Own),
            "third_party" => Some(ServiceKind::ThirdParty),
            _ => None,
        };
        let policy = |word: &str| match word {
            "own" => Some(true),
            "general" => Some(false),
            _ => None,
        };
        for key in ["kind", "policy"] {
            entry.needed(key);
        }
        let owner = entry.table("owner").map(|owner| {
            let is = read_operator(&owner, false);
            owner.finish();
            is
        });
        let mut purposes = Vec::new();
        named(entry, "purpose", &mut purposes, read_purpose);
        RawService {
            kind: entry.word("kind", kind, &["account", "own", "third_party"]).unwrap_or(ServiceKind::Own),
            own_policy: entry.word("policy", policy, &["own", "general"]).unwrap_or(true),
            label: entry.texts("label"),
            about: entry.texts("about"),
            owner,
            min_age: entry.number("min_age"),
            documents: entry.strings("documents"),
            need: entry.strings("need"),
            purposes,
        }
    });
}

fn named<T>(root: &Entry<'_>, key: &str, into: &mut Vec<Named<T>>, read: impl Fn(&Entry<'_>) -> T) {
    for (name, entry) in root.named(key) {
        let is = read(&entry);
        let clauses = entry.strings("clauses");
        entry.finish();
        into.push(Named { name, place: entry.place.clone(), clauses, is });
    }
}

fn until(word: &str) -> Option<Until> {
    match word {
        "agreement_end" => Some(Until::AgreementEnd),
        "consent_end" => Some(Until::ConsentEnd),
        "fixed" => Some(Until::Fixed),
        _ => None,
    }
}

fn form_place(word: &str) -> Option<FormPlace> {
    match word {
        "registration" => Some(FormPlace::Registration),
        "profile" => Some(FormPlace::Profile),
        "request" => Some(FormPlace::Request),
        _ => None,
    }
}

/// `N days`, `N months` (of 30 days) or `N years` (of 365 days).
fn term(entry: &Entry<'_>, key: &str, report: &Report) -> Term {
    let text = entry.needed(key);
    let parsed = text.split_once(' ').and_then(|(count, unit)| {
        let count: u32 = count.parse().ok()?;
        let days = match unit {
            "day" | "days" => 1,
            "month" | "months" => 30,
            "year" | "years" => 365,
            _ => return None,
        };
        count.checked_mul(days)
    });
    if parsed.is_none() && !text.is_empty() {
        let message = format!("`{text}` is no length of time of `{}`", entry.what);
        report.add(Code::MalformedTerm, &entry.place_of(key), message, "write `30 days`, `6 months` or `5 years`");
    }
    Term { days: parsed.unwrap_or(0) }
}

/// The verb list of a purpose or bundle, with faults for words that are none.
pub(crate) fn verbs(words: &[String], what: &str, place: &Place, report: &Report) -> Vec<Verb> {
    let known: Vec<&str> = Verb::ALL.iter().map(|verb| verb.word()).collect();
    let parse = |word: &String| {
        let verb = Verb::parse(word);
        if verb.is_none() {
            report.add(
                Code::UnknownWord,
                place,
                format!("`{word}` in `{what}` is no verb"),
                format!("one of: {}", known.join(", ")),
            );
        }
        verb
    };
    words.iter().filter_map(parse).collect()
}
