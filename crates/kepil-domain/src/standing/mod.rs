//! The standing of one person or legal entity in one compartment: agreements, consents, blocks, holds, age, what is shown
//! to whom, who acts for whom, and the head of their chain of state changes.
//!
//! Stored sealed under a key of the person's ring, so a row that the program did not write refuses, and a dump shows
//! neither services nor purposes. Source: clauses 1.1b, 1.3a, 2.3a, 2.4c, 3.2a, 4.5, 4.7, 5.2c, 7.3.
//! Start reading at [`Standing::facts`].

mod bytes;
mod narrowed;
mod rows;
mod staff;

use kepil_policy::{
    Audience, Category, EditionNo, Effective, Field, FieldSet, Policy, PurposeTag, Service, ServiceTag, Subject, Tag,
};

pub use rows::{AgreementRow, ConsentRow, DutyRow, MandateKind, MandateRow, NamedRow, SettingRow, Signed, StaffRow};
pub use staff::{Circumstance, DutyFault};

use crate::{
    Day, Locator,
    bytes::Malformed,
    gate::{ActorFacts, Agreement, Ask, Consent, Facts, Ground, Life, Reach, SubjectFacts},
};

/// The head of the person's chain of state changes in this compartment: its entries name it, so none can go missing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ChainHead {
    /// How many state changes there were.
    pub number: u32,
    /// Commitment of the last one.
    pub commitment: [u8; 32],
}

/// The standing of one person in one compartment.
#[derive(Clone, Default, Eq, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Standing {
    /// Whose it is: a person's or a legal entity's.
    pub kind: Subject,
    /// Whether destruction has begun.
    pub is_destroying: bool,
    /// Whether everything is blocked.
    pub is_blocked: bool,
    /// Whether a hold forbids destruction.
    pub is_held: bool,
    /// Whether nobody stands behind it: planted, so that whoever asks is noticed (clause 3.4g).
    pub is_decoy: bool,
    /// The confirmed age, "at least". Unit: years.
    pub age_at_least: Option<u8>,
    /// Fields blocked apart.
    pub blocked: Vec<Tag>,
    /// Fields that have a value in this compartment.
    pub stored: Vec<Tag>,
    /// Head of the chain.
    pub chain: ChainHead,
    /// How many times a record or standing was sealed with the keys of this compartment.
    pub seals: u32,
    /// Agreements, one a service.
    pub agreements: Vec<AgreementRow>,
    /// Consents, one a purpose.
    pub consents: Vec<ConsentRow>,
    /// Who sees what: at most one row for a field and service.
    pub settings: Vec<SettingRow>,
    /// Whom the person named.
    pub named: Vec<NamedRow>,
    /// Who may act for them.
    pub mandates: Vec<MandateRow>,
    /// For whom they act: each of these has a mandate for them, or had one.
    pub acts_for: Vec<Locator>,
    /// What they are on the staff.
    pub staff: Option<StaffRow>,
}

/// A standing whose bytes this program did not write.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the standing is not readable")]
pub struct StandingError;

impl From<Malformed> for StandingError {
    fn from(_: Malformed) -> Self {
        Self
    }
}

impl Standing {
    /// What the gate has to know to decide `ask`, in ids of the edition in force; `actor` is what is known of who asks.
    #[must_use]
    pub fn facts(&self, policy: &Effective, ask: &Ask, actor: ActorFacts) -> Facts {
        let at = match ask.ground {
            Ground::Use(at) => Some(at),
            Ground::Duty(at) => policy.policy.duty(at).and_then(|duty| duty.serves),
            Ground::Right(_) | Ground::Profile(_) | Ground::Mandate(_) => None,
        };
        let row = at.and_then(|at| policy.policy.use_at(at));
        let service = match ask.ground {
            Ground::Profile(at) | Ground::Mandate(at) => policy.policy.service(at),
            _ => row.and_then(|row| policy.policy.service(row.service)),
        };
        let into_set = |tags: &[Tag]| -> FieldSet {
            tags.iter().filter_map(|tag| policy.policy.field_tagged(*tag)).map(|field| field.id).collect()
        };
        let consent = row.and_then(|row| self.consent_row(row.tag)).map_or(Consent::Never, |row| {
            if row.is_withdrawn {
                return Consent::Withdrawn;
            }
            let fields = if row.claims.is_empty() { FieldSet::EMPTY } else { into_set(&row.claims) };
            Consent::Given { edition: row.edition, fields, on: row.on }
        });
        let shown = match (ask.ground, service) {
            (Ground::Profile(_), Some(service)) => self.shown(policy, service, actor),
            _ => FieldSet::EMPTY,
        };
        let subject = SubjectFacts {
            kind: self.kind,
            is_frozen: self.is_frozen(ask.moment.day),
            life: if self.is_destroying { Life::Destroying } else { Life::Live },
            is_blocked: self.is_blocked,
            blocked: if self.blocked.is_empty() { FieldSet::EMPTY } else { into_set(&self.blocked) },
            is_held: self.is_held,
            agreement: service.map_or(Agreement::Never, |service| self.agreement(service.tag)),
            consent,
            age_at_least: self.age_at_least.map(u32::from),
            has_guardian: service.is_some_and(|it| it.guardian.is_some() && self.has_guardian(it.tag, ask.moment.day)),
            shown,
        };
        Facts { subject: Some(subject), actor, reach: Reach::Within }
    }

    /// The fields that the person shows at `service` to whoever looks, as far as every edition since the setting allows.
    fn shown(&self, policy: &Effective, service: &Service, viewer: ActorFacts) -> FieldSet {
        let ActorFacts::Viewer { is_member, is_named } = viewer else { return FieldSet::EMPTY };
        let sees = |audience: Audience| match audience {
            Audience::Private => false,
            Audience::Named => is_named,
            Audience::Members => is_member || is_named,
            Audience::Public => true,
        };
        let own = self.settings.iter().filter(|row| row.service == service.tag);
        let shown = own.filter_map(|row| {
            let field = policy.policy.field_tagged(row.field)?;
            sees(self.audience(policy, service, field)).then_some(field.id)
        });
        shown.collect()
    }

    /// Who sees `field` at `service` now: what the person set, as far as every edition since then allows (clause 2.3b).
    #[must_use]
    pub fn audience(&self, policy: &Effective, service: &Service, field: &Field) -> Audience {
        let set = self.setting(service.tag, field.tag).and_then(|row| {
            let profile = policy.profile(service.id, row.edition)?;
            profile.fields.contains(field.id).then(|| row.audience.min(profile.widest))
        });
        set.unwrap_or(Audience::Private)
    }

    /// Whether the person named `who` at `service`.
    #[must_use]
    pub fn has_named(&self, service: ServiceTag, who: Locator) -> bool {
        self.named.iter().any(|row| row.service == service && row.who == who)
    }

    /// Whether nobody may act for the legal entity any more (clause 1.1b).
    #[must_use]
    pub fn is_frozen(&self, today: Day) -> bool {
        self.kind == Subject::Entity && self.live_mandates(today, None).next().is_none()
    }

    /// The mandates that hold on `today`, at `service` when one is meant.
    pub fn live_mandates(&self, today: Day, service: Option<ServiceTag>) -> impl Iterator<Item = &MandateRow> {
        self.mandates.iter().filter(move |row| row.holds(today, service) && !row.is_outgrown(self.age_at_least))
    }

    /// Whether somebody is the guardian of this person at `service` (clause 2.4c).
    #[must_use]
    pub fn has_guardian(&self, service: ServiceTag, today: Day) -> bool {
        self.live_mandates(today, Some(service)).any(|row| row.kind.is_guardian())
    }

    /// The mandate of `who`, if it holds on `today`, at `service` when one is meant.
    #[must_use]
    pub fn mandate(&self, who: Locator, today: Day, service: Option<ServiceTag>) -> Option<&MandateRow> {
        self.live_mandates(today, service).find(|row| row.who == who)
    }

    /// Whether the mandate of a guardian would be over if the person were known to be of `age`. Unit: years (clause 2.4c).
    #[must_use]
    pub fn would_outgrow(&self, age: u32, today: Day) -> bool {
        let age = Some(u8::try_from(age).unwrap_or(u8::MAX));
        self.live_mandates(today, None).any(|row| row.is_outgrown(age))
    }

    /// As it is when the person is known to be `age` old and no older; `None` when no more is known anyway. Unit: years.
    #[must_use]
    pub fn lowered(&self, age: u32) -> Option<Self> {
        let age = Some(u8::try_from(age).ok()?);
        (self.age_at_least > age).then(|| Self { age_at_least: age, ..self.clone() })
    }

    /// Gives a mandate; one that its holder had before goes.
    pub fn set_mandate(&mut self, row: MandateRow) {
        self.mandates.retain(|each| each.who != row.who);
        self.mandates.push(row);
    }

    /// Takes the mandate of `who`; says whether there was one.
    pub fn remove_mandate(&mut self, who: Locator) -> bool {
        let before = self.mandates.len();
        self.mandates.retain(|row| row.who != who);
        self.mandates.len() < before
    }

    /// Who sees `field` at `service`, as the person set it.
    #[must_use]
    pub fn setting(&self, service: ServiceTag, field: Tag) -> Option<&SettingRow> {
        self.settings.iter().find(|row| row.service == service && row.field == field)
    }

    /// Lets `audience` see `field` at `service`; says what it was before.
    pub fn set_audience(&mut self, row: SettingRow) -> Audience {
        let before = self.setting(row.service, row.field).map_or(Audience::Private, |row| row.audience);
        self.settings.retain(|each| (each.service, each.field) != (row.service, row.field));
        if row.audience != Audience::Private {
            self.settings.push(row);
        }
        before
    }

    /// The agreement with `service`.
    #[must_use]
    pub fn agreement(&self, service: ServiceTag) -> Agreement {
        match self.agreement_row(service) {
            None => Agreement::Never,
            Some(AgreementRow { ended: Some(on), .. }) => Agreement::Ended { on: *on },
            Some(row) => Agreement::Live { edition: row.edition },
        }
    }

    /// The row of the agreement with `service`.
    #[must_use]
    pub fn agreement_row(&self, service: ServiceTag) -> Option<&AgreementRow> {
        self.agreements.iter().find(|row| row.service == service)
    }

    /// The row of the consent to `purpose`.
    #[must_use]
    pub fn consent_row(&self, purpose: PurposeTag) -> Option<&ConsentRow> {
        self.consents.iter().find(|row| row.purpose == purpose)
    }

    /// Whether `field`, or the field that it is derived from, has a value.
    #[must_use]
    pub fn stores(&self, policy: &Policy, field: &Field) -> bool {
        match field.category {
            Category::Representative => return !self.mandates.is_empty(),
            // It lies apart; who asks for it knows that it is there.
            Category::UserContent => return true,
            _ => {}
        }
        let source = field.derived.as_ref().and_then(|(source, _)| policy.field(*source)).unwrap_or(field);
        self.stored.contains(&source.tag)
    }

    /// Starts the agreement with `service`, or renews it with a later edition.
    pub fn accept(&mut self, service: ServiceTag, edition: EditionNo, today: Day) {
        match self.agreements.iter_mut().find(|row| row.service == service) {
            Some(row) if row.ended.is_none() => row.edition = edition,
            Some(row) => *row = AgreementRow { service, edition, since: today, ended: None },
            None => self.agreements.push(AgreementRow { service, edition, since: today, ended: None }),
        }
    }

    /// Ends the agreement with `service`; says whether there was one running. What the person showed there, and to whom,
    /// ends with it: who comes back begins with everything private.
    pub fn end_agreement(&mut self, service: ServiceTag, today: Day) -> bool {
        self.settings.retain(|row| row.service != service);
        self.named.retain(|row| row.service != service);
        let running = self.agreements.iter_mut().find(|row| row.service == service && row.ended.is_none());
        running.map(|row| row.ended = Some(today)).is_some()
    }

    /// Gives consent to `purpose`, with those of its fields that are given one by one.
    pub fn consent(&mut self, purpose: PurposeTag, edition: EditionNo, today: Day, claims: Vec<Tag>) {
        self.consents.retain(|row| row.purpose != purpose);
        self.consents.push(ConsentRow { purpose, edition, on: today, claims, is_withdrawn: false });
    }

    /// Withdraws the consent to `purpose`; says whether there was one running.
    pub fn withdraw(&mut self, purpose: PurposeTag, today: Day) -> bool {
        let running = self.consents.iter_mut().find(|row| row.purpose == purpose && !row.is_withdrawn);
        running.map(|row| (row.is_withdrawn, row.on) = (true, today)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived_in() -> Standing {
        let mut standing = Standing {
            age_at_least: Some(21),
            is_decoy: true,
            blocked: vec![Tag(7)],
            stored: vec![Tag(7), Tag(8)],
            ..Standing::default()
        };
        standing.accept(Tag(1), EditionNo(2), Day(100));
        standing.consent(Tag(5), EditionNo(2), Day(100), vec![Tag(9)]);
        standing.consent(Tag(6), EditionNo(2), Day(100), Vec::new());
        standing.withdraw(Tag(6), Day(101));
        standing.set_audience(SettingRow {
            service: Tag(1),
            field: Tag(7),
            audience: Audience::Members,
            edition: EditionNo(2),
            on: Day(100),
        });
        let who = Locator([1; 16]);
        standing.named.push(NamedRow { service: Tag(1), who, on: Day(100), by_address: true });
        standing.acts_for.push(Locator([2; 16]));
        standing.mandates.push(MandateRow {
            who: Locator([3; 16]),
            kind: MandateKind::Guardian { until_age: 30 },
            is_head: true,
            services: vec![Tag(1)],
            since: Day(100),
            until: Some(Day(200)),
            shows_name: true,
        });
        let signed = Some(Signed { hash: [9; 32], on: Day(99) });
        let duty = DutyRow {
            duty: Tag(4),
            granted_by: Some(Locator([4; 16])),
            on: Day(98),
            confirmed_by: None,
            until: Some(Day(300)),
            deputy_for: Some(Locator([5; 16])),
        };
        standing.staff = Some(StaffRow {
            since: Day(90),
            undertaking: signed,
            trained: Some(Day(91)),
            duties: vec![duty],
            ..StaffRow::default()
        });
        standing
    }

    #[test]
    fn a_standing_is_its_bytes_and_back() {
        let standing = lived_in();
        let mut bytes = standing.to_bytes();
        bytes.extend([0; 40]);
        assert!(Standing::from_bytes(&bytes) == Ok(standing));
    }

    #[test]
    fn cut_bytes_are_no_standing() {
        let bytes = lived_in().to_bytes();
        assert!((0..bytes.len()).all(|len| Standing::from_bytes(&bytes[..len]).is_err()));
    }

    #[test]
    fn an_agreement_begins_ends_and_begins_anew() {
        let mut standing = lived_in();
        assert!(standing.end_agreement(Tag(1), Day(110)));
        assert!(standing.settings.is_empty() && standing.named.is_empty(), "nothing is shown after it");
        assert!(!standing.end_agreement(Tag(1), Day(111)));
        assert_eq!(standing.agreement(Tag(1)), Agreement::Ended { on: Day(110) });
        standing.accept(Tag(1), EditionNo(3), Day(120));
        assert_eq!(standing.agreement_row(Tag(1)).unwrap().since, Day(120));
    }

    #[test]
    fn a_legal_entity_without_anybody_to_act_for_it_is_frozen() {
        let mut standing = Standing { kind: Subject::Entity, ..lived_in() };
        assert!(!standing.is_frozen(Day(200)), "on the last day of the mandate");
        assert!(standing.is_frozen(Day(201)));
        standing.mandates.clear();
        assert!(standing.is_frozen(Day(100)));
        assert!(!lived_in().is_frozen(Day(201)), "a person acts alone");
    }

    #[test]
    fn a_guardian_is_one_until_the_age_of_acting_alone() {
        let mut standing = lived_in();
        let who = Locator([3; 16]);
        assert!(standing.has_guardian(Tag(1), Day(150)) && !standing.has_guardian(Tag(2), Day(150)));
        for (age, holds) in [(None, true), (Some(29), true), (Some(30), false), (Some(40), false)] {
            standing.age_at_least = age;
            assert_eq!(standing.mandate(who, Day(150), None).is_some(), holds, "{age:?}");
            assert_eq!(standing.has_guardian(Tag(1), Day(150)), holds, "{age:?}");
        }
        let kind = MandateKind::Representative;
        standing.mandates.iter_mut().for_each(|row| row.kind = kind);
        assert!(standing.mandate(who, Day(150), None).is_some(), "who represents has no such end");
        assert!(!standing.has_guardian(Tag(1), Day(150)), "and is no guardian");
    }

    #[test]
    fn an_age_that_is_lowered_is_lowered_and_never_raised() {
        let standing = lived_in();
        assert_eq!(standing.age_at_least, Some(21));
        assert!(standing.lowered(21).is_none() && standing.lowered(22).is_none() && standing.lowered(300).is_none());
        assert_eq!(standing.lowered(10).unwrap().age_at_least, Some(10));
        assert!(Standing::default().lowered(10).is_none(), "nothing was known");
        assert!(!standing.would_outgrow(29, Day(150)) && standing.would_outgrow(30, Day(150)));
        assert!(!standing.would_outgrow(30, Day(201)), "there is no guardian any more");
    }

    #[test]
    fn a_mandate_is_for_its_services_and_its_time() {
        let standing = lived_in();
        let who = Locator([3; 16]);
        assert!(standing.mandate(who, Day(150), Some(Tag(1))).is_some());
        assert!(standing.mandate(who, Day(150), Some(Tag(2))).is_none());
        assert!(standing.mandate(who, Day(201), Some(Tag(1))).is_none());
        assert!(standing.mandate(Locator([4; 16]), Day(150), None).is_none());
    }
}
