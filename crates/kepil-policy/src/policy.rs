//! The compiled policy: what the gate, the forms, the tokens and the pages read.
//!
//! Immutable, interned and addressed by the hash of its canonical bytes. Only [`crate::compile()`] makes one, so a
//! [`Policy`] is the proof that the bundle was checked.

use crate::{
    Basis, Category, ClassId, CompartmentId, FieldId, FieldSet, Kind, Language, PurposeTag, ServiceId, ServiceTag, Tag,
    UseId, Verb, VerbSet,
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
    /// What people read.
    pub label: Texts,
    /// Compartments with which it is never joined.
    pub incompatible: Vec<CompartmentId>,
}

/// When the time of keeping begins to end.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Until {
    /// A number of days after the value was written.
    Fixed,
    /// The withdrawal of the consent, or the end of the agreement.
    ConsentEnd,
    /// The end of the agreement under which the value is used.
    AgreementEnd,
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

/// Where a person meets a field first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FormPlace {
    /// On the registration form (clause 2.1.1a).
    Registration,
    /// When editing the account (clause 2.1.1b).
    Profile,
    /// Only when a service asks with purpose and agreement (clause 2.1.1c).
    Request,
}

/// How a derived field is made from a stored one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Derive {
    /// Whether at least so many years have passed since the date.
    YearsAtLeast(u32),
    /// The part of a place before its first comma.
    FirstPart,
}

/// A field about a person; a derived one is computed when it is opened and never stored.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its position.
    pub id: FieldId,
    /// Its name in the bundle and in tokens.
    pub name: String,
    /// Stable name.
    pub tag: Tag,
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

/// What a service is to the operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServiceKind {
    /// The account itself: registration, sign-in, notices. Exactly one.
    Account,
    /// A service of the operator.
    Own,
    /// A service of another legal entity (clause 3.4e).
    ThirdParty,
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
    /// Documents accepted with it: indexes into [`Policy::documents`].
    pub documents: Vec<usize>,
    /// Its uses.
    pub uses: Vec<UseId>,
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
    /// Its fields, derived ones included.
    pub fields: FieldSet,
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
    /// Who else receives the data: names from [`Policy::recipients`].
    pub recipients: Vec<String>,
    /// What people read.
    pub label: Texts,
    /// The rows of the source policy.
    pub clauses: Vec<String>,
}

/// What a document is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DocumentKind {
    /// The privacy policy, general or of a service.
    Policy,
    /// The agreement with a service.
    Agreement,
    /// Rules of use.
    Rules,
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

/// The compiled policy. Made by [`crate::compile()`] only.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) hash: PolicyHash,
    pub(crate) edition: String,
    pub(crate) operator: Operator,
    pub(crate) law: String,
    pub(crate) time_zone: String,
    pub(crate) territory: Vec<String>,
    pub(crate) verbs: VerbSet,
    pub(crate) compartments: Vec<Compartment>,
    pub(crate) classes: Vec<KeepClass>,
    pub(crate) fields: Vec<Field>,
    pub(crate) services: Vec<Service>,
    pub(crate) uses: Vec<Use>,
    pub(crate) documents: Vec<Document>,
    pub(crate) summary: Vec<Texts>,
    pub(crate) recipients: Vec<(String, Texts)>,
    pub(crate) general: Option<usize>,
    pub(crate) cookies: Vec<Cookie>,
    pub(crate) clauses: Vec<Clause>,
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
    /// Why nothing works without it, for a necessary one.
    pub reason: Texts,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// The rows of the source policy.
    pub clauses: Vec<String>,
}

impl Policy {
    /// The address of this edition.
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        self.hash
    }

    /// The date that the edition carries, `YYYY-MM-DD`.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// Whose policy it is.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The law profile.
    #[must_use]
    pub fn law(&self) -> &str {
        &self.law
    }

    /// IANA name of the zone in which days are counted.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// Countries where data may be.
    #[must_use]
    pub fn territory(&self) -> &[String] {
        &self.territory
    }

    /// The verbs that the person agreed to (clause 3.4d).
    #[must_use]
    pub fn verbs(&self) -> VerbSet {
        self.verbs
    }

    /// All compartments.
    #[must_use]
    pub fn compartments(&self) -> &[Compartment] {
        &self.compartments
    }

    /// All keep classes.
    #[must_use]
    pub fn classes(&self) -> &[KeepClass] {
        &self.classes
    }

    /// All fields, derived ones last.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// All services.
    #[must_use]
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// All uses.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// All documents that people accept.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The policy in a few sentences, for the front page.
    #[must_use]
    pub fn summary(&self) -> &[Texts] {
        &self.summary
    }

    /// Declared recipients: name and label.
    #[must_use]
    pub fn recipients(&self) -> &[(String, Texts)] {
        &self.recipients
    }

    /// The general policy as a document.
    #[must_use]
    pub fn general(&self) -> Option<&Document> {
        self.documents.get(self.general?)
    }

    /// Declared cookies.
    #[must_use]
    pub fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    /// The rows of the source policy.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The field at `id`.
    #[must_use]
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        self.fields.get(usize::from(id.0))
    }

    /// The field called `name`.
    #[must_use]
    pub fn find_field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field with `tag`.
    #[must_use]
    pub fn field_tagged(&self, tag: Tag) -> Option<&Field> {
        self.fields.iter().find(|field| field.tag == tag)
    }

    /// The service at `id`.
    #[must_use]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(usize::from(id.0))
    }

    /// The service called `name`.
    #[must_use]
    pub fn find_service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The service with `tag`.
    #[must_use]
    pub fn service_tagged(&self, tag: ServiceTag) -> Option<&Service> {
        self.services.iter().find(|service| service.tag == tag)
    }

    /// The account itself as a service.
    #[must_use]
    pub fn account(&self) -> Option<&Service> {
        self.services.iter().find(|service| service.kind == ServiceKind::Account)
    }

    /// The use at `id`.
    #[must_use]
    pub fn use_at(&self, id: UseId) -> Option<&Use> {
        self.uses.get(id.0 as usize)
    }

    /// The use of `service` called `purpose`.
    #[must_use]
    pub fn find_use(&self, service: &Service, purpose: &str) -> Option<&Use> {
        service.uses.iter().filter_map(|id| self.use_at(*id)).find(|each| each.purpose == purpose)
    }

    /// The use with `tag`.
    #[must_use]
    pub fn use_tagged(&self, tag: PurposeTag) -> Option<&Use> {
        self.uses.iter().find(|each| each.tag == tag)
    }

    /// The compartment at `id`.
    #[must_use]
    pub fn compartment(&self, id: CompartmentId) -> Option<&Compartment> {
        self.compartments.get(usize::from(id.0))
    }

    /// The keep class at `id`.
    #[must_use]
    pub fn class(&self, id: ClassId) -> Option<&KeepClass> {
        self.classes.get(usize::from(id.0))
    }

    /// The uses of `service`, in the bundle's order.
    pub fn uses_of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = &'a Use> + 'a {
        service.uses.iter().filter_map(|id| self.use_at(*id))
    }

    /// The first account use that allows `verb` for the fields of `category`: how the program finds, say, the purpose
    /// under which it may write to a person, without knowing the purpose's name.
    #[must_use]
    pub fn account_use(&self, verb: Verb, category: Category) -> Option<&Use> {
        let account = self.account()?;
        self.uses_of(account).find(|each| {
            each.verbs.contains(verb)
                && each.fields.iter().filter_map(|id| self.field(id)).any(|field| field.category == category)
        })
    }
}
