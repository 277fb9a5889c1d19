//! The parts of a compiled policy: fields, services, uses, documents and the rest, each as people and gate need it.

use crate::{
    Audience, Basis, Budget, Category, ClassId, CompartmentId, FieldId, FieldSet, Kind, Language, PurposeTag,
    ServiceId, ServiceTag, Subject, Tag, UseId, VerbSet, words::vocabulary,
};

/// SHA-256 over the canonical bytes of a bundle: the address of an edition.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PolicyHash(pub [u8; 32]);

impl std::fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// One text in every language of the bundle, in the order of [`Language::ALL`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Texts {
    /// Russian.
    pub ru: String,
    /// Kazakh.
    pub kk: String,
    /// English.
    pub en: String,
}

impl Texts {
    /// The text in `language`.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Ru => &self.ru,
            Language::Kk => &self.kk,
            Language::En => &self.en,
        }
    }
}

/// The company whose policy it is.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its name.
    pub name: Texts,
    /// Its registration number.
    pub bin: String,
    /// ISO 3166 code of its country.
    pub country: String,
    /// Its postal address.
    pub address: Texts,
    /// Where people write to about their data.
    pub contact: String,
}

/// A database of its own: keys, handles and ledger apart from every other.
#[derive(Clone, Debug)]
pub struct Compartment {
    /// Its position.
    pub id: CompartmentId,
    /// Its name in the bundle; lower case letters, digits and `_`.
    pub name: String,
    /// Its stable tag, as rings and logs know it.
    pub tag: Tag,
    /// What people read.
    pub label: Texts,
    /// Compartments with which it is never joined.
    pub incompatible: Vec<CompartmentId>,
}

vocabulary! {
    /// When the time of keeping begins to end; a later member keeps longer.
    Until {
        /// A number of days after the value was written.
        Fixed = "fixed",
        /// The withdrawal of the consent, or the end of the agreement.
        ConsentEnd = "consent_end",
        /// The end of the agreement under which the value is used.
        AgreementEnd = "agreement_end",
    }
}

/// A length of time in days of the policy's time zone.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Term {
    /// Whole days; 0 means the moment itself.
    pub days: u32,
}

/// A rule of keeping.
#[derive(Clone, Debug)]
pub struct Keep {
    /// Its name in the bundle.
    pub name: String,
    /// What ends it.
    pub until: Until,
    /// How long after that.
    pub term: Term,
    /// What people read.
    pub label: Texts,
}

impl Keep {
    /// Whether this rule surely ends no later than `other`: no later event, and no longer after it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.until <= other.until && self.term <= other.term
    }
}

/// The fields of one compartment that are kept equally long: one sealed record with a key of its own.
#[derive(Clone, Debug)]
pub struct KeepClass {
    /// Its position.
    pub id: ClassId,
    /// Stable name.
    pub tag: Tag,
    /// Where its records are.
    pub compartment: CompartmentId,
    /// How long its records are kept.
    pub keep: Keep,
    /// Its fields.
    pub fields: FieldSet,
}

vocabulary! {
    /// Where a person meets a field first; an earlier member asks more people.
    FormPlace {
        /// On the registration form (clause 2.1.1a).
        Registration = "registration",
        /// When editing the account (clause 2.1.1b).
        Profile = "profile",
        /// Only when a service asks with purpose and agreement (clause 2.1.1c).
        Request = "request",
    }
}

/// How a derived field is made from a stored one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Derive {
    /// Whether at least so many years have passed since the date.
    YearsAtLeast(u32),
    /// The part of a place before its first comma.
    FirstPart,
}

/// A field about a person; a derived one is computed when it is opened and never stored. A kind of content that people place
/// is one too: it has a setting of who sees it, but no purpose, no form and no place in a record (clauses 2.2a, 2.2b).
#[derive(Clone, Debug)]
pub struct Field {
    /// Its position.
    pub id: FieldId,
    /// Its name in the bundle and in tokens.
    pub name: String,
    /// Stable name.
    pub tag: Tag,
    /// Whom it is about.
    pub subject: Subject,
    /// What it tells.
    pub category: Category,
    /// How it is read and shown.
    pub kind: Kind,
    /// Options of a [`Kind::Choice`]: code and label.
    pub options: Vec<(String, Texts)>,
    /// Where it is.
    pub compartment: CompartmentId,
    /// With what it is sealed; for a derived field, that of its source.
    pub class: ClassId,
    /// Where a person meets it first.
    pub form: FormPlace,
    /// Whether the form insists.
    pub required: bool,
    /// Whether it names a person at sign-in: unique, found through the blind index.
    pub sign_in: bool,
    /// Whether pages mask it until touched.
    pub masked: bool,
    /// From what and how it is derived.
    pub derived: Option<(FieldId, Derive)>,
    /// What people read.
    pub label: Texts,
    /// Why it is asked.
    pub why: Texts,
    /// The rows of the source policy.
    pub clauses: Vec<String>,
}

impl Field {
    /// Whether it has a value of its own, which somebody enters. Derived fields are computed; who acts for a legal entity
    /// follows from the mandates; what somebody placed lies apart from the account.
    #[must_use]
    pub fn is_entered(&self) -> bool {
        self.derived.is_none() && !matches!(self.category, Category::Representative | Category::UserContent)
    }
}

/// Who stands behind a service.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Name of the legal entity.
    pub name: Texts,
    /// Its registration number.
    pub bin: String,
    /// ISO 3166 code of its country.
    pub country: String,
}

vocabulary! {
    /// What a service is to the operator.
    ServiceKind {
        /// The account itself: registration, sign-in, notices. Exactly one.
        Account = "account",
        /// A service of the operator.
        Own = "own",
        /// A service of another legal entity (clause 3.4e).
        ThirdParty = "third_party",
    }
}

/// A service: an OpenID Connect client and a caller of the service API.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its position.
    pub id: ServiceId,
    /// Its name in the bundle; also the prefix of its client id.
    pub name: String,
    /// Stable name.
    pub tag: ServiceTag,
    /// What it is.
    pub kind: ServiceKind,
    /// Whose it is.
    pub owner: Owner,
    /// What people read.
    pub label: Texts,
    /// What it does, in one sentence.
    pub about: Texts,
    /// Whether it has a policy of its own (clause 2.1¶B).
    pub own_policy: bool,
    /// Least age; 0 means none (clause 2.4c).
    pub min_age: u32,
    /// Whom it takes with a guardian's consent only; `None` where nobody is asked for one (clause 2.4c).
    pub guardian: Option<Guarded>,
    /// Documents accepted with it: indexes into [`crate::Policy::documents`].
    pub documents: Vec<usize>,
    /// Its uses.
    pub uses: Vec<UseId>,
    /// What it can show of people to others.
    pub profile: Profile,
    /// About how many people it may ask (clause 3.4g).
    pub budget: Budget,
}

/// The ages between which people accept a service with a guardian's consent, as the law of the policy says. Unit: years.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Guarded {
    /// From here on people act alone.
    pub alone: u32,
    /// From here on they act themselves, when a guardian consents; below it the guardian acts for them.
    pub with_guardian: u32,
}

/// What a service can show of people to others, each as far as that person lets it (clause 2.3a).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Profile {
    /// Its fields, and the kinds of content that people place there.
    pub fields: FieldSet,
    /// Those of them that people place (clause 2.2a).
    pub contents: FieldSet,
    /// The widest audience that it has; [`Audience::Private`] where it shows nothing.
    pub widest: Audience,
}

impl Default for Profile {
    fn default() -> Self {
        Self { fields: FieldSet::EMPTY, contents: FieldSet::EMPTY, widest: Audience::Private }
    }
}

/// One purpose of one service: the row that the gate decides on.
#[derive(Clone, Debug)]
pub struct Use {
    /// Its position.
    pub id: UseId,
    /// Stable name (`service/purpose`).
    pub tag: PurposeTag,
    /// Whose it is.
    pub service: ServiceId,
    /// The purpose's name within the service.
    pub purpose: String,
    /// Where its fields are.
    pub compartment: CompartmentId,
    /// Whom its fields are about.
    pub subject: Subject,
    /// Its fields, derived ones included.
    pub fields: FieldSet,
    /// Those that a person gives one by one: all where the purpose asks claim by claim (clause 3.4e), and whatever is given
    /// on request only (clause 2.1.1c).
    pub by_claim: FieldSet,
    /// Those without which the service cannot serve the purpose.
    pub required: FieldSet,
    /// What may be done.
    pub verbs: VerbSet,
    /// Why it may be done.
    pub basis: Basis,
    /// The citation, when the basis is a law.
    pub law: Option<String>,
    /// Whether the person turns it on apart from the agreement.
    pub optional: bool,
    /// Whether the person consents claim by claim (clause 3.4e).
    pub per_claim: bool,
    /// How long its data are kept.
    pub keep: Keep,
    /// Whether it lives by the agreement with the service.
    pub needs_agreement: bool,
    /// About how many people it may be asked in batches; `None` where it may not (clause 3.4g).
    pub batch: Option<Budget>,
    /// Who else receives the data: names from [`crate::Policy::recipients`].
    pub recipients: Vec<String>,
    /// What people read.
    pub label: Texts,
    /// The rows of the source policy.
    pub clauses: Vec<String>,
}

impl Use {
    /// Whether all that it has is given on request only: there is nothing to turn on before a service asks (clause 2.1.1c).
    #[must_use]
    pub fn is_on_request(&self) -> bool {
        !self.per_claim && !self.fields.is_empty() && self.fields.is_within(&self.by_claim)
    }
}

/// A purpose of the bundle itself: services follow it by their need, or narrow it.
#[derive(Clone, Debug)]
pub struct GeneralPurpose {
    /// Its name in the bundle.
    pub name: String,
    /// Whether services follow it; otherwise the account does.
    pub for_services: bool,
    /// Where its fields are.
    pub compartment: CompartmentId,
    /// Its fields, derived ones included.
    pub fields: FieldSet,
    /// Those without which it cannot be served.
    pub required: FieldSet,
    /// What may be done.
    pub verbs: VerbSet,
    /// Why it may be done.
    pub basis: Basis,
    /// The citation, when the basis is a law.
    pub law: Option<String>,
    /// Whether the person turns it on apart from the agreement.
    pub optional: bool,
    /// How long its data are kept.
    pub keep: Keep,
    /// About how many people each service may ask for it in batches (clause 3.4g).
    pub batch: Option<Budget>,
    /// Who else receives the data.
    pub recipients: Vec<String>,
    /// What people read.
    pub label: Texts,
}

vocabulary! {
    /// What a document is for.
    DocumentKind {
        /// The privacy policy, general or of a service.
        Policy = "policy",
        /// The agreement with a service.
        Agreement = "agreement",
        /// Rules of use.
        Rules = "rules",
        /// What staff undertake before they see anything (clause 5.2d).
        Undertaking = "undertaking",
        /// Internal rules that staff follow (clause 5.2e).
        StaffRules = "staff_rules",
    }
}

/// A versioned text that people accept.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name in the bundle.
    pub name: String,
    /// What it is for.
    pub kind: DocumentKind,
    /// Its version: a date or a number, as the operator writes it.
    pub version: String,
    /// Its title.
    pub title: Texts,
    /// Markdown.
    pub body: Texts,
    /// SHA-256 of the body in each language, in the order of [`Language::ALL`].
    pub hashes: Vec<[u8; 32]>,
}

/// A row of the source policy as the bundle links it.
#[derive(Clone, Debug)]
pub struct Clause {
    /// Row id, such as `3.1.5`.
    pub id: String,
    /// `CAP`, `CON`, `NOT` or `OUT`; several joined with `+`.
    pub kind: String,
    /// The promise in our words.
    pub promise: String,
    /// How it is kept.
    pub mechanism: String,
    /// Names of the tests that prove it; empty means not kept.
    pub tests: Vec<String>,
    /// Why the source has nothing under this number.
    pub gap: Option<String>,
}

/// A cookie that the operator's sites set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cookie {
    /// Its name in the bundle.
    pub name: String,
    /// `necessary`, `statistics`, `performance`, `functional` or `third_party`.
    pub class: String,
    /// What it serves: `service/purpose`.
    pub purpose: String,
    /// How long it lives; `None` until the browser closes. Unit: hours.
    pub lifetime_hours: Option<u32>,
    /// `host`, or the domain whose hosts all get it.
    pub domain: String,
    /// Why nothing works without it, for a necessary one.
    pub reason: Texts,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// The rows of the source policy.
    pub clauses: Vec<String>,
}

/// Someone else who may get data (clause 3.4a).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipient {
    /// Its name in the bundle.
    pub name: String,
    /// Who it is.
    pub label: Texts,
    /// ISO 3166 code of its country.
    pub country: String,
    /// Why it may get them.
    pub basis: Basis,
    /// The most that it may get.
    pub fields: FieldSet,
}

/// A kit in a mobile application (clause 2.6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sdk {
    /// Its name in the bundle.
    pub name: String,
    /// What it serves: `service/purpose`.
    pub purpose: String,
    /// What it reports.
    pub fields: FieldSet,
}

/// A statistic that speaks of groups only (clause 2.1.2e).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Aggregate {
    /// Its name in the bundle.
    pub name: String,
    /// A smaller group is not shown. Unit: people.
    pub threshold: u32,
}

/// A part of the bundle and a row of the source policy that it keeps.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Link {
    /// Which part: `field.email`, `service.mail.purpose.delivery`.
    pub part: String,
    /// Row id.
    pub clause: String,
}

/// What a law makes the operator keep, locked, after the purpose ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Floor {
    /// Its name in the bundle.
    pub name: String,
    /// What is kept.
    pub fields: FieldSet,
    /// How long after the end.
    pub term: Term,
    /// The law that asks for it.
    pub law: String,
    /// What people read.
    pub label: Texts,
}
