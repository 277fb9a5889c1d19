//! What is wrong with a bundle: code, place, clause, and how to mend it. All problems at once, never only the first.

use std::{cell::RefCell, fmt};

use crate::words::vocabulary;

vocabulary! {
    /// The kinds of faults.
    Code {
        /// The text is not TOML.
        Syntax = "syntax",
        /// A key that means nothing here.
        UnknownKey = "unknown-key",
        /// A key that must be there.
        MissingKey = "missing-key",
        /// A value of another kind than the key needs.
        WrongType = "wrong-type",
        /// A word that the closed vocabulary does not have.
        UnknownWord = "unknown-word",
        /// A name that nothing in the bundle has.
        UnknownName = "unknown-name",
        /// A name that cannot be one.
        MalformedName = "malformed-name",
        /// A budget that lets nobody be asked about.
        BudgetOfNothing = "budget-of-nothing",
        /// A length of time that cannot be read.
        MalformedTerm = "malformed-term",
        /// A date that cannot be.
        MalformedDate = "malformed-date",
        /// The same name twice.
        DuplicateName = "duplicate-name",
        /// Two names with one tag.
        TagCollision = "tag-collision",
        /// A text without one of the languages.
        MissingTranslation = "missing-translation",
        /// A document without its text in a language.
        MissingText = "missing-text",
        /// A category that the bundle forbids.
        ForbiddenCategory = "forbidden-category",
        /// A name or label that speaks of what the bundle forbids.
        ForbiddenName = "forbidden-name",
        /// A field that no purpose uses.
        FieldWithoutPurpose = "field-without-purpose",
        /// A purpose that does not say why it may be followed.
        PurposeWithoutBasis = "purpose-without-basis",
        /// A purpose that does not say how long its data are kept.
        PurposeWithoutKeep = "purpose-without-keep",
        /// A purpose that does not say in which compartment its data are.
        PurposeWithoutCompartment = "purpose-without-compartment",
        /// A purpose without data, or one for which nothing may be done.
        EmptyPurpose = "empty-purpose",
        /// A purpose whose field is in another compartment.
        CompartmentMix = "compartment-mix",
        /// A purpose that rests on a law without citing it.
        LawWithoutCitation = "law-without-citation",
        /// A verb outside the list that people agreed to.
        VerbOutsideList = "verb-outside-list",
        /// A service that asks for more than any may.
        AboveCeiling = "above-ceiling",
        /// A service that asks for more of a legal entity than any may.
        AboveEntityCeiling = "above-entity-ceiling",
        /// People and legal entities in one place.
        SubjectMix = "subject-mix",
        /// A service policy that widens the general one without a consent of its own.
        WidensGeneral = "widens-general",
        /// A recipient that the bundle does not list.
        UnlistedRecipient = "unlisted-recipient",
        /// A country outside the territory.
        ForeignTerritory = "foreign-territory",
        /// A recipient with fields that no purpose passes on to it.
        RecipientTooWide = "recipient-too-wide",
        /// A cookie without class, purpose or lifetime.
        CookieIncomplete = "cookie-incomplete",
        /// A cookie that people may refuse for a purpose that they may not, or the other way round.
        CookieAgainstPurpose = "cookie-against-purpose",
        /// A necessary cookie that lives too long.
        CookieTooLong = "cookie-too-long",
        /// A necessary cookie without a reason, or one that goes to other hosts.
        CookieWithoutReason = "cookie-without-reason",
        /// A mobile kit that reports more than its purpose has.
        SdkTooWide = "sdk-too-wide",
        /// A staff duty without a purpose that exists.
        DutyWithoutPurpose = "duty-without-purpose",
        /// A staff duty with fields beyond its purpose.
        DutyTooWide = "duty-too-wide",
        /// A staff duty that can do nothing, or an auditor's that can do more than look.
        DutyPowers = "duty-powers",
        /// Staff without rules that bind them, or rules without anybody who could grant a duty.
        StaffUnbound = "staff-unbound",
        /// A field that others see without an act of the person.
        PublicByDefault = "public-by-default",
        /// A profile that could show what is not collected for it, or is given on request only.
        ProfileTooWide = "profile-too-wide",
        /// A profile that shows nothing.
        ProfileOfNothing = "profile-of-nothing",
        /// A floor without a law.
        FloorWithoutLaw = "floor-without-law",
        /// A floor with fields that no purpose rests on the same law with.
        FloorTooWide = "floor-too-wide",
        /// A statistic whose groups are so small that they show single people.
        ThresholdTooLow = "threshold-too-low",
        /// A text that names what the data do not have.
        TextNamesUnknown = "text-names-unknown",
        /// Data that the text does not name.
        TextOmits = "text-omits",
        /// A third party without an owner of its own or without consent claim by claim.
        ThirdPartyUnbound = "third-party-unbound",
        /// Not exactly one account service, or no field to sign in by.
        AccountService = "account-service",
        /// A required field that is not among the fields.
        RequiredOutside = "required-outside",
        /// A least age without a field that gives the age.
        AgeWithoutDate = "age-without-date",
        /// A guardian's consent where no law says for whom.
        GuardianWithoutAges = "guardian-without-ages",
        /// A guardian's consent that nobody could need or give.
        GuardianForNobody = "guardian-for-nobody",
        /// A row of the source policy that nothing is linked to.
        ClauseUnlinked = "clause-unlinked",
        /// Something that nothing in the bundle uses.
        Unused = "unused",
        /// Incompatible compartments of which only one says so.
        OneSided = "one-sided",
        /// More than fits.
        TooMany = "too-many",
        /// A derived field from a source that cannot give it.
        DerivedFromWrong = "derived-from-wrong",
    }
}

impl Code {
    /// The row of the source policy that the fault would break.
    #[must_use]
    pub fn clause(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingTranslation | Self::MissingText => "1.2c",
            Self::ForbiddenCategory | Self::ForbiddenName => "2.2c",
            Self::FieldWithoutPurpose | Self::EmptyPurpose => "3.1.4",
            Self::CompartmentMix | Self::PurposeWithoutCompartment | Self::OneSided => "3.1.5",
            Self::BudgetOfNothing => "3.4g",
            Self::LawWithoutCitation | Self::PurposeWithoutBasis => "3.1.1",
            Self::PurposeWithoutKeep => "3.5d",
            Self::VerbOutsideList => "3.4d",
            Self::AboveCeiling => "2.1¶C2",
            Self::AboveEntityCeiling => "2.1¶C3",
            Self::SubjectMix => "1.1b",
            Self::WidensGeneral => "1.2a",
            Self::UnlistedRecipient | Self::RecipientTooWide => "3.4a",
            Self::CookieIncomplete => "2.5c",
            Self::CookieAgainstPurpose => "2.5d",
            Self::SdkTooWide => "2.6b",
            Self::ThresholdTooLow => "2.1.2e",
            Self::ForeignTerritory => "3.5a",
            Self::CookieTooLong | Self::CookieWithoutReason => "2.5b1",
            Self::DutyTooWide | Self::DutyWithoutPurpose | Self::DutyPowers => "5.2c",
            Self::StaffUnbound => "5.2d",
            Self::PublicByDefault | Self::ProfileTooWide | Self::ProfileOfNothing => "2.3a",
            Self::FloorWithoutLaw | Self::FloorTooWide => "3.6",
            Self::TextNamesUnknown | Self::TextOmits | Self::ClauseUnlinked => "1.2b",
            Self::ThirdPartyUnbound => "3.4e",
            Self::AccountService => "2.1¶C1",
            Self::RequiredOutside => "2.1¶C4",
            Self::AgeWithoutDate | Self::GuardianWithoutAges | Self::GuardianForNobody => "2.4c",
            _ => return None,
        })
    }
}

/// Where something stands in a bundle.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// Path inside the bundle.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// One fault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// What kind.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// What, with the bundle's own words in backticks.
    pub message: String,
    /// How to mend it.
    pub hint: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: error[{}] {}", self.place.file, self.place.line, self.code, self.message)?;
        if let Some(clause) = self.code.clause() {
            write!(f, " (clause {clause})")?;
        }
        write!(f, "\n  hint: {}", self.hint)
    }
}

/// Collects faults while a bundle is read.
#[derive(Default)]
pub(crate) struct Report(RefCell<Vec<Diagnostic>>);

impl Report {
    /// Notes a fault.
    pub fn add(&self, code: Code, place: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.0.borrow_mut().push(Diagnostic { code, place: place.clone(), message: message.into(), hint: hint.into() });
    }

    /// All faults, by place.
    pub fn into_faults(self) -> Vec<Diagnostic> {
        let mut all = self.0.into_inner();
        all.sort_by(|a, b| (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message)));
        all.dedup();
        all
    }
}
