//! Reads the single tables of a bundle: a field, a purpose, a cookie and the rest, key by key.

use super::{
    RawClause, RawContent, RawCookie, RawDerived, RawDocument, RawDuty, RawField, RawFloor, RawKeep, RawOperator,
    RawProfile, RawPurpose, RawRecipient, RawSdk, RawService, RawStaff,
    read::{named, term},
};
use crate::{
    Audience, Basis, Bundle, Category, Derive, DocumentKind, FormPlace, Kind, Language, ServiceKind, Subject, Texts,
    Until, budget,
    diagnostic::{Code, Report},
    reader::Entry,
};

/// The classes of cookies (clause 2.5b).
const COOKIE_CLASSES: &[&str] = &["necessary", "statistics", "performance", "functional", "third_party"];

pub(super) fn operator(entry: &Entry<'_>, is_operator: bool) -> RawOperator {
    RawOperator {
        name: entry.texts("name"),
        bin: entry.needed("bin"),
        country: entry.needed("country"),
        address: if is_operator { entry.texts("address") } else { Texts::default() },
        contact: if is_operator { entry.needed("contact") } else { String::new() },
    }
}

pub(super) fn keep(entry: &Entry<'_>, report: &Report) -> RawKeep {
    let is = RawKeep {
        until: entry.needed_word(Code::MissingKey, "until", Until::ALL).unwrap_or(Until::Fixed),
        term: term(entry, "term", report),
        label: entry.texts("label"),
    };
    if is.until == Until::Fixed {
        more_than_nothing(entry, report);
    }
    is
}

/// A time of no days is a fault where nothing else delays the end.
fn more_than_nothing(entry: &Entry<'_>, report: &Report) {
    if entry.string("term").is_some_and(|text| text.starts_with("0 ")) {
        let message = format!("`{}` keeps nothing: its time is over at once", entry.what);
        report.add(Code::MalformedTerm, &entry.place_of("term"), message, "write a time of at least `1 day`");
    }
}

pub(super) fn field(entry: &Entry<'_>) -> RawField {
    let options = entry.tables("options");
    let options = options.iter().map(|option| {
        let pair = (option.needed("code"), option.texts("label"));
        option.finish();
        pair
    });
    RawField {
        subject: entry.word("subject", Subject::ALL).unwrap_or(Subject::Person),
        category: entry.needed_word(Code::MissingKey, "category", Category::ALL).unwrap_or(Category::Preference),
        kind: entry.needed_word(Code::MissingKey, "kind", Kind::ALL).unwrap_or(Kind::Text),
        compartment: entry.needed("compartment"),
        form: entry.needed_word(Code::MissingKey, "form", FormPlace::ALL).unwrap_or(FormPlace::Request),
        required: entry.flag("required"),
        sign_in: entry.flag("sign_in"),
        masked: entry.flag("masked"),
        visibility: entry.string("visibility").unwrap_or_else(|| "private".to_owned()),
        label: entry.texts("label"),
        why: entry.texts("why"),
        options: options.collect(),
    }
}

pub(super) fn derived(entry: &Entry<'_>) -> RawDerived {
    let rule = match entry.needed_word(Code::MissingKey, "rule", &["years_at_least", "first_part"]) {
        Some("years_at_least") => Some(Derive::YearsAtLeast(entry.needed_number("value"))),
        Some(_) => Some(Derive::FirstPart),
        None => {
            entry.has("value");
            None
        }
    };
    RawDerived { from: entry.needed("from"), rule, label: entry.texts("label"), why: entry.texts("why") }
}

/// A purpose of the bundle itself: it says for whom it is.
pub(super) fn general_purpose(entry: &Entry<'_>, report: &Report) -> RawPurpose {
    let is_for = entry.needed_word(Code::MissingKey, "for", &["services", "account"]);
    RawPurpose { is_for: is_for.unwrap_or_default().to_owned(), ..purpose(entry, report) }
}

/// A purpose of a service: it narrows a general one or brings a consent of its own.
fn service_purpose(entry: &Entry<'_>, report: &Report) -> RawPurpose {
    RawPurpose {
        narrows: entry.string("narrows"),
        own_consent: entry.word("consent", &["own"]).is_some(),
        per_claim: entry.flag("per_claim"),
        ..purpose(entry, report)
    }
}

fn purpose(entry: &Entry<'_>, report: &Report) -> RawPurpose {
    RawPurpose {
        is_for: String::new(),
        narrows: None,
        own_consent: false,
        per_claim: false,
        batch: budget::read(entry, "batch", report),
        basis: entry.needed_word(Code::PurposeWithoutBasis, "basis", Basis::ALL),
        law: entry.string("law"),
        verbs: entry.needed_strings("verbs"),
        fields: entry.needed_strings("fields"),
        derived: entry.strings("derived"),
        required: entry.strings("required"),
        keep: entry.needed_or(Code::PurposeWithoutKeep, "keep"),
        compartment: entry.needed_or(Code::PurposeWithoutCompartment, "compartment"),
        optional: entry.flag("optional"),
        recipients: entry.strings("recipients"),
        label: entry.texts("label"),
    }
}

pub(super) fn floor(entry: &Entry<'_>, report: &Report) -> RawFloor {
    more_than_nothing(entry, report);
    RawFloor {
        fields: entry.needed_strings("fields"),
        term: term(entry, "term", report),
        law: entry.string("law"),
        label: entry.texts("label"),
    }
}

pub(super) fn recipient(entry: &Entry<'_>) -> RawRecipient {
    RawRecipient {
        label: entry.texts("label"),
        country: entry.needed("country"),
        basis: entry.needed_word(Code::MissingKey, "basis", Basis::ALL).unwrap_or(Basis::Consent),
        fields: entry.needed_strings("fields"),
    }
}

pub(super) fn cookie(entry: &Entry<'_>, report: &Report) -> RawCookie {
    let class = entry.needed_word(Code::CookieIncomplete, "class", COOKIE_CLASSES);
    let lifetime = entry.needed_or(Code::CookieIncomplete, "lifetime");
    let lifetime_hours = lifetime_hours(&lifetime);
    if lifetime_hours.is_none() && lifetime != "session" && !lifetime.trim().is_empty() {
        let message = format!("`{lifetime}` is no lifetime of `{}`", entry.what);
        let hint = "write `session`, `12 hours` or `180 days`";
        report.add(Code::MalformedTerm, &entry.place_of("lifetime"), message, hint);
    }
    RawCookie {
        class: class.unwrap_or_default().to_owned(),
        purpose: entry.needed_or(Code::CookieIncomplete, "purpose"),
        lifetime_hours,
        domain: entry.string("domain").unwrap_or_else(|| "host".to_owned()),
        reason: entry.has("reason").then(|| entry.texts("reason")),
        http_only: entry.flag("http_only"),
    }
}

fn lifetime_hours(text: &str) -> Option<u32> {
    let (count, unit) = text.split_once(' ')?;
    let count: u32 = count.parse().ok()?;
    match unit {
        "hour" | "hours" => Some(count),
        "day" | "days" => count.checked_mul(24),
        _ => None,
    }
}

pub(super) fn sdk(entry: &Entry<'_>) -> RawSdk {
    RawSdk {
        service: entry.needed("service"),
        purpose: entry.needed("purpose"),
        fields: entry.needed_strings("fields"),
    }
}

pub(super) fn duty(entry: &Entry<'_>, report: &Report) -> RawDuty {
    RawDuty {
        purpose: entry.needed_or(Code::DutyWithoutPurpose, "purpose"),
        budget: budget::read(entry, "budget", report),
        powers: entry.strings("powers"),
        fields: entry.needed_strings("fields"),
        label: entry.texts("label"),
    }
}

/// What binds everybody of the staff.
pub(super) fn staff(entry: &Entry<'_>, report: &Report) -> RawStaff {
    for key in ["training", "longest_grant"] {
        if entry.string(key).is_some_and(|text| text.starts_with("0 ")) {
            let message = format!("`{key}` of `staff` is over at once");
            report.add(Code::MalformedTerm, &entry.place_of(key), message, "write a time of at least `1 day`");
        }
    }
    RawStaff {
        undertaking: entry.needed("undertaking"),
        rules: entry.needed("rules"),
        training: term(entry, "training", report),
        longest: term(entry, "longest_grant", report),
        one_officer: entry.flag("one_officer"),
    }
}

pub(super) fn document(entry: &Entry<'_>, bundle: &Bundle, report: &Report) -> RawDocument {
    let mut is = RawDocument {
        kind: entry.needed_word(Code::MissingKey, "kind", DocumentKind::ALL).unwrap_or(DocumentKind::Rules),
        text: entry.needed("text"),
        version: entry.needed("version"),
        title: entry.texts("title"),
        body: Texts::default(),
    };
    let body = |language: Language| {
        let path = is.path(language);
        let found = bundle.files.get(&path).filter(|body| !body.trim().is_empty());
        if found.is_none() && !is.text.is_empty() {
            let message = format!("`{}` has no text in `{language}`", entry.what);
            report.add(Code::MissingText, &entry.place_of("text"), message, format!("write the file `{path}`"));
        }
        found.map(|body| body.replace("\r\n", "\n")).unwrap_or_default()
    };
    is.body = Texts { ru: body(Language::Ru), kk: body(Language::Kk), en: body(Language::En) };
    is
}

pub(super) fn content(entry: &Entry<'_>) -> RawContent {
    let visibility = entry.string("visibility").unwrap_or_else(|| "private".to_owned());
    RawContent { label: entry.texts("label"), visibility, keep: entry.needed("keep") }
}

pub(super) fn clause(entry: &Entry<'_>) -> RawClause {
    RawClause {
        kind: entry.needed("kind"),
        promise: entry.needed("promise"),
        mechanism: entry.string("mechanism").unwrap_or_default(),
        tests: entry.strings("tests"),
        gap: entry.string("gap"),
    }
}

pub(super) fn service(entry: &Entry<'_>, report: &Report) -> RawService {
    let owner = entry.table("owner").map(|owner| {
        let is = operator(&owner, false);
        owner.finish();
        is
    });
    let mut purposes = Vec::new();
    named(entry, "purpose", &mut purposes, |entry| service_purpose(entry, report));
    let policy = entry.needed_word(Code::MissingKey, "policy", &["own", "general"]);
    let profile = entry.table("profile").map(|profile| {
        let widest = profile.needed_word(Code::MissingKey, "widest", Audience::ALL).unwrap_or(Audience::Private);
        let is = RawProfile { fields: profile.needed_strings("fields"), contents: profile.strings("contents"), widest };
        profile.finish();
        is
    });
    RawService {
        kind: entry.needed_word(Code::MissingKey, "kind", ServiceKind::ALL).unwrap_or(ServiceKind::Own),
        own_policy: policy != Some("general"),
        label: entry.texts("label"),
        about: entry.texts("about"),
        owner,
        min_age: entry.number("min_age"),
        guardian: entry.flag("guardian"),
        documents: entry.strings("documents"),
        need: entry.strings("need"),
        purposes,
        profile,
        budget: budget::read(entry, "budget", report),
    }
}
