//! Why the gate said no.

/// Why the gate said no. Exhaustive: a new reason must break every `match`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum Refusal {
    /// No such use in the edition in force.
    #[error("the policy does not declare this purpose")]
    UnknownPurpose,
    /// The purpose belongs to another service.
    #[error("the purpose belongs to another service")]
    ForeignService,
    /// No such person.
    #[error("no such person")]
    UnknownSubject,
    /// Data are being destroyed.
    #[error("the data are being destroyed")]
    Destroying,
    /// Everything about the person is blocked.
    #[error("the record is blocked")]
    Blocked,
    /// This field is blocked.
    #[error("the field is blocked")]
    FieldBlocked,
    /// Something forbids destruction.
    #[error("a hold forbids destruction")]
    Held,
    /// The verb is not among those of the purpose.
    #[error("the purpose does not allow this act")]
    VerbOutsidePurpose,
    /// The field is not among those of the purpose.
    #[error("the purpose does not need this field")]
    OutsidePurpose,
    /// The person never accepted the agreement of the service.
    #[error("the person has not accepted")]
    NotAccepted,
    /// The agreement ended.
    #[error("the agreement has ended")]
    AgreementEnded,
    /// The field or verb came with an edition that the person did not accept.
    #[error("the person has not accepted the edition that added this")]
    NewerEdition,
    /// No consent to the purpose.
    #[error("no consent for this purpose")]
    NoConsent,
    /// The consent was withdrawn.
    #[error("the consent was withdrawn")]
    Withdrawn,
    /// The person did not release this claim.
    #[error("the person did not release this claim")]
    ClaimNotReleased,
    /// The time of keeping is over.
    #[error("the time of keeping is over")]
    KeepOver,
    /// No confirmed age, where the service has a least age.
    #[error("the age is not confirmed")]
    AgeUnconfirmed,
    /// The confirmed age is below that of the service.
    #[error("below the least age of the service")]
    BelowAge,
    /// Too young to use the service alone, and no guardian agreed.
    #[error("a guardian must agree")]
    NoGuardian,
    /// Too young to decide themselves, guardian or not.
    #[error("the guardian decides this")]
    GuardianDecides,
    /// No mandate of the person.
    #[error("no mandate")]
    NoMandate,
    /// No duty that needs the data.
    #[error("no duty")]
    NoDuty,
    /// Not a recipient that the policy declares.
    #[error("not a declared recipient")]
    NotARecipient,
    /// The right is the person's own.
    #[error("only the person may do this")]
    NotThePerson,
    /// Nobody may act for the legal entity any more.
    #[error("nobody may act for the legal entity")]
    Frozen,
    /// Staff prove themselves by two factors.
    #[error("a second factor is needed")]
    NotStrong,
    /// Undertaking or internal rules are not signed as they stand.
    #[error("the undertaking and the internal rules are not signed")]
    NotSigned,
    /// No training is recorded, or too long ago.
    #[error("no current training is recorded")]
    NotTrained,
    /// Staff did not say for what.
    #[error("no reason was stated")]
    NoReason,
    /// The person does not show this to whoever looks.
    #[error("the person does not show this")]
    NotShown,
    /// Whoever asks has asked about as many people as they may.
    #[error("the budget of people is used up")]
    OverBudget,
    /// The purpose is followed for one person at a time.
    #[error("nobody is asked about in bulk for this purpose")]
    NotInBulk,
}

impl Refusal {
    /// Every reason, in order.
    pub const ALL: &'static [Self] = &[
        Self::UnknownPurpose,
        Self::ForeignService,
        Self::UnknownSubject,
        Self::Destroying,
        Self::Blocked,
        Self::FieldBlocked,
        Self::Held,
        Self::VerbOutsidePurpose,
        Self::OutsidePurpose,
        Self::NotAccepted,
        Self::AgreementEnded,
        Self::NewerEdition,
        Self::NoConsent,
        Self::Withdrawn,
        Self::ClaimNotReleased,
        Self::KeepOver,
        Self::AgeUnconfirmed,
        Self::BelowAge,
        Self::NoGuardian,
        Self::GuardianDecides,
        Self::NoMandate,
        Self::NoDuty,
        Self::NotARecipient,
        Self::NotThePerson,
        Self::Frozen,
        Self::NotStrong,
        Self::NotSigned,
        Self::NotTrained,
        Self::NoReason,
        Self::NotShown,
        Self::OverBudget,
        Self::NotInBulk,
    ];

    /// The row of the source policy that the refusal keeps.
    #[must_use]
    pub fn clause(self) -> &'static str {
        match self {
            Self::UnknownPurpose | Self::NoConsent => "3.1.3",
            Self::ForeignService => "2.1.2c",
            Self::UnknownSubject | Self::OverBudget | Self::NotInBulk => "3.4g",
            Self::Destroying => "3.7",
            Self::Blocked | Self::FieldBlocked | Self::Held => "4.5",
            Self::VerbOutsidePurpose => "3.4d",
            Self::OutsidePurpose => "2.1¶C4",
            Self::NotAccepted => "1.2c",
            Self::AgreementEnded => "3.2a",
            Self::NewerEdition => "1.3a",
            Self::Withdrawn => "7.3",
            Self::ClaimNotReleased => "3.4e",
            Self::KeepOver => "3.5d",
            Self::AgeUnconfirmed | Self::BelowAge | Self::NoGuardian | Self::GuardianDecides => "2.4c",
            Self::NoMandate | Self::NotThePerson => "7.1",
            Self::NoDuty => "5.2c",
            Self::Frozen => "1.1b",
            Self::NotStrong => "5.1",
            Self::NotSigned => "5.2d",
            Self::NotTrained => "5.2f",
            Self::NoReason => "3.5c",
            Self::NotShown => "2.3a",
            Self::NotARecipient => "3.4a",
        }
    }

    /// A short stable word for ledgers, answers and translations.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UnknownPurpose => "unknown_purpose",
            Self::ForeignService => "foreign_service",
            Self::UnknownSubject => "unknown_subject",
            Self::Destroying => "destroying",
            Self::Blocked => "blocked",
            Self::FieldBlocked => "field_blocked",
            Self::Held => "held",
            Self::VerbOutsidePurpose => "verb_outside_purpose",
            Self::OutsidePurpose => "outside_purpose",
            Self::NotAccepted => "not_accepted",
            Self::AgreementEnded => "agreement_ended",
            Self::NewerEdition => "newer_edition",
            Self::NoConsent => "no_consent",
            Self::Withdrawn => "withdrawn",
            Self::ClaimNotReleased => "claim_not_released",
            Self::KeepOver => "keep_over",
            Self::AgeUnconfirmed => "age_unconfirmed",
            Self::BelowAge => "below_age",
            Self::NoGuardian => "no_guardian",
            Self::GuardianDecides => "guardian_decides",
            Self::NoMandate => "no_mandate",
            Self::NoDuty => "no_duty",
            Self::NotARecipient => "not_a_recipient",
            Self::NotThePerson => "not_the_person",
            Self::Frozen => "frozen",
            Self::NotStrong => "not_strong",
            Self::NotSigned => "not_signed",
            Self::NotTrained => "not_trained",
            Self::NoReason => "no_reason",
            Self::NotShown => "not_shown",
            Self::OverBudget => "over_budget",
            Self::NotInBulk => "not_in_bulk",
        }
    }
}
