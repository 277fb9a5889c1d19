//! The compiled policy: what the gate, the forms, the tokens and the pages read.
//!
//! Immutable, interned and addressed by the hash of its canonical bytes. Only [`crate::compile()`] makes one, so a
//! [`Policy`] is the proof that the bundle was checked.

use crate::{
    Aggregate, Category, ClassId, Clause, Compartment, CompartmentId, Cookie, Document, Duty, DutyId, Field, FieldId,
    FieldSet, Floor, FormPlace, GeneralPurpose, Keep, KeepClass, Kind, Link, Operator, PolicyHash, PurposeTag,
    Recipient, Sdk, Service, ServiceId, ServiceTag, StaffRules, Subject, Tag, Texts, Use, UseId, Verb, VerbSet,
    index::Index,
};

/// The compiled policy. Made by [`crate::compile()`] only.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) hash: PolicyHash,
    pub(crate) hash_text: String,
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
    pub(crate) recipient_rows: Vec<Recipient>,
    pub(crate) general: Option<usize>,
    pub(crate) cookies: Vec<Cookie>,
    pub(crate) floors: Vec<Floor>,
    pub(crate) duties: Vec<Duty>,
    pub(crate) staff: Option<StaffRules>,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) forbidden: Vec<Category>,
    pub(crate) ceiling: FieldSet,
    pub(crate) entity_ceiling: FieldSet,
    pub(crate) sdks: Vec<Sdk>,
    pub(crate) contents: Vec<Field>,
    pub(crate) aggregates: Vec<Aggregate>,
    pub(crate) links: Vec<Link>,
    pub(crate) keeps: Vec<Keep>,
    pub(crate) general_purposes: Vec<GeneralPurpose>,
    pub(crate) index: Index,
}

impl Policy {
    /// The address of this edition.
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        self.hash
    }

    /// The same in hexadecimal digits, as every entry of the ledger carries it.
    #[must_use]
    pub fn hash_text(&self) -> &str {
        &self.hash_text
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

    /// All fields of accounts, derived ones last.
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

    /// Declared recipients with country, basis and fields.
    #[must_use]
    pub fn recipient_rows(&self) -> &[Recipient] {
        &self.recipient_rows
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

    /// What a law makes the operator keep.
    #[must_use]
    pub fn floors(&self) -> &[Floor] {
        &self.floors
    }

    /// What staff may see.
    #[must_use]
    pub fn duties(&self) -> &[Duty] {
        &self.duties
    }

    /// What binds everybody of the staff; `None` where the operator has none with access to data.
    #[must_use]
    pub fn staff(&self) -> Option<&StaffRules> {
        self.staff.as_ref()
    }

    /// The duty at `id`.
    #[must_use]
    pub fn duty(&self, id: DutyId) -> Option<&Duty> {
        self.duties.get(usize::from(id.0))
    }

    /// The duty with `tag`.
    #[must_use]
    pub fn duty_tagged(&self, tag: Tag) -> Option<&Duty> {
        self.duties.iter().find(|duty| duty.tag == tag)
    }

    /// The rows of the source policy.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// Categories that no field may have (clause 2.2c).
    #[must_use]
    pub fn forbidden(&self) -> &[Category] {
        &self.forbidden
    }

    /// The most that a service may get without a request (clause 2.1¶C2).
    #[must_use]
    pub fn ceiling(&self) -> &FieldSet {
        &self.ceiling
    }

    /// The most that a service may get of a legal entity (clause 2.1¶C3).
    #[must_use]
    pub fn entity_ceiling(&self) -> &FieldSet {
        &self.entity_ceiling
    }

    /// Declared kits of mobile applications.
    #[must_use]
    pub fn sdks(&self) -> &[Sdk] {
        &self.sdks
    }

    /// Declared kinds of content that people place. Their ids follow those of [`Self::fields`].
    #[must_use]
    pub fn contents(&self) -> &[Field] {
        &self.contents
    }

    /// Declared statistics.
    #[must_use]
    pub fn aggregates(&self) -> &[Aggregate] {
        &self.aggregates
    }

    /// Declared rules of keeping.
    #[must_use]
    pub fn keeps(&self) -> &[Keep] {
        &self.keeps
    }

    /// The purposes of the bundle itself, whether or not a service follows them as they are.
    #[must_use]
    pub fn general_purposes(&self) -> &[GeneralPurpose] {
        &self.general_purposes
    }

    /// Which part of the bundle keeps which row of the source policy.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The field, or the kind of content, at `id`.
    #[must_use]
    pub fn field(&self, id: FieldId) -> Option<&Field> {
        let at = usize::from(id.0);
        self.fields.get(at).or_else(|| self.contents.get(at.checked_sub(self.fields.len())?))
    }

    /// The field called `name`.
    #[must_use]
    pub fn find_field(&self, name: &str) -> Option<&Field> {
        self.field(self.index.field_named(name)?)
    }

    /// The field with `tag`.
    #[must_use]
    pub fn field_tagged(&self, tag: Tag) -> Option<&Field> {
        self.field(self.index.field_tagged(tag)?)
    }

    /// The service at `id`.
    #[must_use]
    #[inline]
    pub fn service(&self, id: ServiceId) -> Option<&Service> {
        self.services.get(usize::from(id.0))
    }

    /// The service called `name`.
    #[must_use]
    pub fn find_service(&self, name: &str) -> Option<&Service> {
        self.service(self.index.service_named(name)?)
    }

    /// The service with `tag`.
    #[must_use]
    pub fn service_tagged(&self, tag: ServiceTag) -> Option<&Service> {
        self.service(self.index.service_tagged(tag)?)
    }

    /// The account itself as a service.
    #[must_use]
    pub fn account(&self) -> Option<&Service> {
        self.service(self.index.account()?)
    }

    /// The use at `id`.
    #[must_use]
    #[inline]
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
        self.use_at(self.index.use_tagged(tag)?)
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

    /// The uses of `service` that are about people, in the bundle's order.
    pub fn uses_of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = &'a Use> + 'a {
        self.uses_for(service, Subject::Person)
    }

    /// The uses of `service` that are about `subject`, in the bundle's order.
    pub fn uses_for<'a>(&'a self, service: &'a Service, subject: Subject) -> impl Iterator<Item = &'a Use> + 'a {
        self.all_uses_of(service).filter(move |each| each.subject == subject)
    }

    /// All uses of `service`, whomever they are about, in the bundle's order.
    pub fn all_uses_of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = &'a Use> + 'a {
        service.uses.iter().filter_map(|id| self.use_at(*id))
    }

    /// What is entered about `subject`: each field with a value of its own, in the bundle's order. Whatever lists fields for
    /// somebody lists these.
    pub fn entered(&self, subject: Subject) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.subject == subject && field.is_entered())
    }

    /// The field by which people know a legal entity: the first name of an organisation that is asked when it is made.
    #[must_use]
    pub fn entity_name(&self) -> Option<&Field> {
        let is_name = |field: &&Field| {
            field.category == Category::Organisation
                && field.kind != Kind::Bin
                && field.form == FormPlace::Registration
                && field.required
        };
        self.entered(Subject::Entity).find(is_name)
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
