//! The rows of a standing: agreements, consents, what is shown to whom, who acts for whom, duties of staff.
//!
//! Clauses 1.1b, 1.3a, 2.3a, 4.7, 5.2c to 5.2f, 7.3.

use kepil_policy::{Audience, EditionNo, PurposeTag, ServiceTag, Tag};

use crate::{Day, Locator};

/// An agreement with one service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AgreementRow {
    /// With whom.
    pub service: ServiceTag,
    /// The edition that the person accepted last.
    pub edition: EditionNo,
    /// Since when.
    pub since: Day,
    /// The day it ended.
    pub ended: Option<Day>,
}

/// A consent to one purpose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsentRow {
    /// To what.
    pub purpose: PurposeTag,
    /// The edition under which it was given or withdrawn.
    pub edition: EditionNo,
    /// Since when.
    pub on: Day,
    /// The fields that were given one by one.
    pub claims: Vec<Tag>,
    /// Whether it was withdrawn.
    pub is_withdrawn: bool,
}

/// Who sees one field at one service: the person's own setting. Without a row nobody does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SettingRow {
    /// Where.
    pub service: ServiceTag,
    /// What.
    pub field: Tag,
    /// Who.
    pub audience: Audience,
    /// The edition under which it was set: a later one does not widen it (clause 2.3b).
    pub edition: EditionNo,
    /// Since when.
    pub on: Day,
}

/// Somebody whom the person named at one service.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct NamedRow {
    /// Where.
    pub service: ServiceTag,
    /// Whom.
    pub who: Locator,
    /// Since when.
    pub on: Day,
    /// Whether the person found them by the address of their profile, and so knows it; else by their e-mail.
    pub by_address: bool,
}

/// Why somebody acts for another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MandateKind {
    /// Represents a legal entity.
    Representative,
    /// Is the guardian of a person who may not act alone yet (clause 2.4c).
    Guardian {
        /// The age of acting alone when the mandate was given: at it the mandate ends by itself. Unit: years.
        until_age: u8,
    },
}

impl MandateKind {
    /// Whether it is a guardian's.
    #[must_use]
    pub fn is_guardian(self) -> bool {
        matches!(self, Self::Guardian { .. })
    }
}

/// The right of somebody to act for the person or legal entity whose standing it is. A revoked one has no row.
#[derive(Clone, Eq, PartialEq)]
pub struct MandateRow {
    /// Who acts.
    pub who: Locator,
    /// Why.
    pub kind: MandateKind,
    /// Whether they may invite others and revoke mandates.
    pub is_head: bool,
    /// At which services; everywhere when empty.
    pub services: Vec<ServiceTag>,
    /// Since when.
    pub since: Day,
    /// The last day.
    pub until: Option<Day>,
    /// Whether the one who acts lets services know their name (clause 2.1¶C3).
    pub shows_name: bool,
}

impl MandateRow {
    /// Whether the mandate holds on `today`, at `service` when one is meant. A guardian's may be outgrown besides: see
    /// [`super::Standing::live_mandates`].
    pub(super) fn holds(&self, today: Day, service: Option<ServiceTag>) -> bool {
        let is_in_time = self.until.is_none_or(|until| today.0 <= until.0);
        let covers = |service| self.services.is_empty() || self.services.contains(&service);
        is_in_time && service.is_none_or(covers)
    }

    /// Whether it is of a guardian whose ward is old enough to act alone by now.
    pub(super) fn is_outgrown(&self, age_at_least: Option<u8>) -> bool {
        match self.kind {
            MandateKind::Representative => false,
            MandateKind::Guardian { until_age } => age_at_least.is_some_and(|age| age >= until_age),
        }
    }
}

/// A document that was signed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Signed {
    /// SHA-256 of the text as it was shown.
    pub hash: [u8; 32],
    /// When.
    pub on: Day,
}

/// A duty of someone of the staff. An ended one has no row.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct DutyRow {
    /// Which.
    pub duty: Tag,
    /// Who granted it; `None` for the first officer, whom the administrator added.
    pub granted_by: Option<Locator>,
    /// Since when.
    pub on: Day,
    /// Who confirmed it: somebody else than who granted it, unless the operator has one officer only and says so.
    pub confirmed_by: Option<Locator>,
    /// The last day.
    pub until: Option<Day>,
    /// For whom they stand in.
    pub deputy_for: Option<Locator>,
}

/// Someone of the staff.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct StaffRow {
    /// Since when.
    pub since: Day,
    /// The day they left.
    pub left: Option<Day>,
    /// The undertaking (clause 5.2d).
    pub undertaking: Option<Signed>,
    /// The internal rules (clause 5.2e).
    pub rules: Option<Signed>,
    /// The day of the last training (clause 5.2f).
    pub trained: Option<Day>,
    /// Their duties.
    pub duties: Vec<DutyRow>,
}
