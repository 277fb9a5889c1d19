//! What the tests of this crate share: the bundles of the project, a countable source of bytes, a person in good standing.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "each test file uses a part; tests may stop at the first surprise"
)]

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use kepil_domain::{
    Day, Entropy, EventId, Hour, Moment, NoEntropy, Receipt,
    gate::{Actor, ActorFacts, Agreement, Ask, Consent, Facts, Ground, Life, Reach, SubjectFacts},
    vault::{EpochKey, EpochNo, Keys, Secrets},
};
use kepil_policy::{Bundle, EditionNo, Effective, FieldSet, Policy, Service, Subject, Use, Verb, compile};

/// The day of every test.
pub const TODAY: Day = Day(20_781);
/// The moment of every test: some hour of [`TODAY`].
pub const NOW: Moment = Moment { unix_ms: 20_781 * 86_400_000 + 7_200_000, day: TODAY };
/// The act of every test.
pub const EVENT: EventId = EventId([7; 16]);

/// The files of the bundle called `name` of the project.
pub fn bundle(name: &str) -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(name);
    let mut bundle = Bundle::default();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                bundle.files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    bundle
}

/// The policy of `bundle`.
pub fn compiled(bundle: &Bundle) -> Arc<Policy> {
    let report =
        |faults: Vec<kepil_policy::Diagnostic>| -> String { faults.iter().map(|fault| format!("{fault}\n")).collect() };
    Arc::new(compile(bundle).unwrap_or_else(|faults| panic!("{}", report(faults))))
}

/// The bundle of the project as its first edition.
pub fn citicom() -> &'static Effective {
    static ONCE: OnceLock<Effective> = OnceLock::new();
    ONCE.get_or_init(|| Effective::first(compiled(&bundle("citicom"))))
}

/// The bundle of the project as a second edition. The first one, made up for the tests, was narrower: Market delivered
/// nothing, took orders without a surname and gave the courier no name; Mail might not use what it had for a delivery.
pub fn citicom_after_a_narrower_one() -> &'static Effective {
    static ONCE: OnceLock<Effective> = OnceLock::new();
    ONCE.get_or_init(|| Effective::first(compiled(&narrower())).followed_by(compiled(&bundle("citicom"))))
}

/// The bundle of the project as its first, narrower edition.
pub fn narrower() -> Bundle {
    let mut bundle = bundle("citicom");
    cut(&mut bundle, "market", "orders", r#"["given_name", "family_name"]"#, r#"["given_name"]"#);
    cut(&mut bundle, "market", "courier", r#"["given_name", "residence"]"#, r#"["residence"]"#);
    let recipients = bundle.files.get_mut("recipients.toml").unwrap();
    *recipients = recipients.replace(r#"fields  = ["given_name", "residence"]"#, r#"fields = ["residence"]"#);
    cut(&mut bundle, "mail", "delivery", r#""extract", "use", "#, r#""extract", "#);
    let market = bundle.files.get_mut("services/market.toml").unwrap();
    let delivery = "[service.market.purpose.delivery]";
    let (before, rest) = market.split_once(delivery).expect("the delivery of Market");
    let (_, after) = rest.split_once("\n[").expect("purposes after the delivery");
    *market = format!("{before}[{after}");
    for language in ["ru", "kk", "en"] {
        let text = bundle.files.get_mut(&format!("texts/market_policy.{language}.md")).unwrap();
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("purpose:market/delivery")).collect();
        *text = kept.join("\n");
    }
    bundle
}

/// Writes `to` for `from` in one purpose of one service.
fn cut(bundle: &mut Bundle, service: &str, purpose: &str, from: &str, to: &str) {
    let text = bundle.files.get_mut(&format!("services/{service}.toml")).unwrap();
    let head = format!("[service.{service}.purpose.{purpose}]");
    let (before, own) = text.split_once(&head).unwrap_or_else(|| panic!("no {head}: mend this test"));
    assert!(own.contains(from), "{head} says something else now: mend this test");
    *text = format!("{before}{head}{}", own.replacen(from, to, 1));
}

/// A person of 25 who has accepted the edition in force and consented to everything: the best case.
pub fn good_standing(policy: &Effective) -> SubjectFacts {
    SubjectFacts {
        kind: Subject::Person,
        is_frozen: false,
        life: Life::Live,
        is_blocked: false,
        blocked: FieldSet::EMPTY,
        is_held: false,
        agreement: Agreement::Live { edition: policy.no },
        consent: Consent::Given { edition: policy.no, fields: FieldSet::ALL, on: TODAY },
        age_at_least: Some(25),
        has_guardian: false,
        shown: FieldSet::EMPTY,
    }
}

/// As [`good_standing`], of whomever the use is about.
pub fn good_for(policy: &Effective, row: &Use) -> SubjectFacts {
    SubjectFacts { kind: row.subject, ..good_standing(policy) }
}

/// The facts of someone known.
pub fn known(subject: SubjectFacts) -> Facts {
    Facts { subject: Some(subject), actor: ActorFacts::Nothing, reach: Reach::Within }
}

/// The use called `service/purpose`.
pub fn row<'a>(policy: &'a Effective, path: &str) -> &'a Use {
    let (service, purpose) = path.split_once('/').unwrap();
    policy.policy.find_use(policy.policy.find_service(service).unwrap(), purpose).unwrap()
}

/// The fields called `names`.
pub fn fields(policy: &Effective, names: &[&str]) -> FieldSet {
    names.iter().map(|name| policy.policy.find_field(name).unwrap().id).collect()
}

/// Every field of the policy.
pub fn all_fields(policy: &Effective) -> FieldSet {
    policy.policy.fields().iter().map(|field| field.id).collect()
}

/// The service of `row` asks to do `verb` with everything that `row` has.
pub fn own_ask(row: &Use, verb: Verb) -> Ask {
    let actor = Actor::Service(row.service);
    Ask { event: EVENT, actor, ground: Ground::Use(row.id), verb, fields: row.fields, moment: NOW }
}

/// The edition before.
pub fn before(edition: EditionNo) -> EditionNo {
    EditionNo(edition.0 - 1)
}

/// A receipt as the store makes it once an entry is on the disk.
#[expect(clippy::disallowed_methods, reason = "stands in for the store")]
pub fn receipt(event: EventId) -> Receipt {
    Receipt::danger_committed(event, [0; 32], Hour(0))
}

/// A countable source of bytes: never the same twice, the same in every run.
pub struct Counting(pub u64);

impl Entropy for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            let digest = kepil_domain::ledger::hash_leaf(&self.0.to_be_bytes());
            chunk.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

/// A source that has nothing.
pub struct Dry;

impl Entropy for Dry {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), NoEntropy> {
        Err(NoEntropy)
    }
}

/// From what age a service takes people, in words.
pub fn ages(service: &Service) -> String {
    let from = if service.min_age == 0 { String::new() } else { format!(", from {} years", service.min_age) };
    let guarded = service.guardian.map(|ages| format!(", under {} with a guardian's consent", ages.alone));
    from + &guarded.unwrap_or_default()
}

/// What is asked of people only, or of legal entities only; and each in the place of the other.
pub fn by_kind(good: SubjectFacts) -> Vec<(String, SubjectFacts)> {
    let person = [
        ("17 years old", SubjectFacts { age_at_least: Some(17), ..good }),
        ("17 years old, and a guardian agreed", SubjectFacts { age_at_least: Some(17), has_guardian: true, ..good }),
        ("13 years old, and a guardian agreed", SubjectFacts { age_at_least: Some(13), has_guardian: true, ..good }),
        ("13 years old", SubjectFacts { age_at_least: Some(13), ..good }),
        ("age never confirmed", SubjectFacts { age_at_least: None, ..good }),
        ("a legal entity", SubjectFacts { kind: Subject::Entity, ..good }),
    ];
    let entity = [
        ("nobody may act for the legal entity any more", SubjectFacts { is_frozen: true, ..good }),
        ("a legal entity, of no age", SubjectFacts { age_at_least: None, ..good }),
        ("a person", SubjectFacts { kind: Subject::Person, ..good }),
    ];
    let all = if good.kind == Subject::Person { person.to_vec() } else { entity.to_vec() };
    all.into_iter().map(|(words, subject)| (words.to_owned(), subject)).collect()
}

/// Whoever asks has a mandate, or had one: of a person, of a legal entity.
pub fn with_mandates(good: SubjectFacts) -> Vec<(String, Facts)> {
    let entity = SubjectFacts { kind: Subject::Entity, ..good };
    let both = [("a person", good), ("a legal entity", entity)];
    let with = |is_live, subject| Facts { actor: ActorFacts::Mandate { is_live }, ..known(subject) };
    let each = both.into_iter().flat_map(|(words, subject)| {
        [
            (format!("{words}, and whoever asks has a mandate"), with(true, subject)),
            (format!("{words}, and the mandate of whoever asks has ended"), with(false, subject)),
        ]
    });
    each.collect()
}

/// Gives one byte again and again.
pub struct Same(pub u8);

impl Entropy for Same {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        bytes.fill(self.0);
        Ok(())
    }
}

/// The secrets of an installation that is told apart by `of`.
pub fn secrets(of: u8) -> Secrets {
    Secrets::random(0, &mut Same(of)).unwrap()
}

/// The keys of some installation.
pub fn home() -> Keys {
    Keys::new(kepil_domain::Installation([1; 16]), secrets(1), EpochKey::from_bytes(EpochNo(1), [1; 32]))
}
