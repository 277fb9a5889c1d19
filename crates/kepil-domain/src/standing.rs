//! The standing of one person in one compartment: agreements, consents, blocks, holds, age, and the head of their chain
//! of state changes.
//!
//! Stored sealed under a key of the person's ring, so a row that the program did not write refuses, and a dump shows
//! neither services nor purposes. Source: clauses 1.3a, 2.4c, 3.2a, 4.5, 4.7, 7.3.
//! Start reading at [`Standing::facts`].

use kepil_policy::{EditionNo, Effective, Field, FieldSet, Policy, PurposeTag, ServiceTag, Tag, UseId};

use crate::{
    Day,
    bytes::{Malformed, Reader},
    gate::{Agreement, Consent, Facts, Life, SubjectFacts},
};

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
    /// For which fields, where claims are asked one by one.
    pub claims: Option<Vec<Tag>>,
    /// Whether it was withdrawn.
    pub is_withdrawn: bool,
}

/// The head of the person's chain of state changes in this compartment: its entries name it, so none can go missing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ChainHead {
    /// How many state changes there were.
    pub number: u32,
    /// Commitment of the last one.
    pub commitment: [u8; 32],
}

/// The standing of one person in one compartment.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Standing {
    /// Whether destruction has begun.
    pub is_destroying: bool,
    /// Whether everything is blocked.
    pub is_blocked: bool,
    /// Whether a hold forbids destruction.
    pub is_held: bool,
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

const LAYOUT: u8 = 1;
const NO_CLAIMS: u16 = u16::MAX;

impl Standing {
    /// The facts about the use `at` of the edition in force; without one, those that concern the person's rights.
    #[must_use]
    pub fn facts(&self, policy: &Effective, at: Option<UseId>) -> Facts {
        let row = at.and_then(|at| policy.policy.use_at(at));
        let service = row.and_then(|row| policy.policy.service(row.service));
        let into_set = |tags: &[Tag]| -> FieldSet {
            tags.iter().filter_map(|tag| policy.policy.field_tagged(*tag)).map(|field| field.id).collect()
        };
        Facts {
            subject: Some(SubjectFacts {
                life: if self.is_destroying { Life::Destroying } else { Life::Live },
                is_blocked: self.is_blocked,
                blocked: if self.blocked.is_empty() { FieldSet::EMPTY } else { into_set(&self.blocked) },
                is_held: self.is_held,
                agreement: service.map_or(Agreement::Never, |service| self.agreement(service.tag)),
                consent: row.and_then(|row| self.consent_row(row.tag)).map_or(Consent::Never, |row| {
                    if row.is_withdrawn {
                        return Consent::Withdrawn;
                    }
                    let fields = row.claims.as_deref().map_or(FieldSet::ALL, into_set);
                    Consent::Given { edition: row.edition, fields, on: row.on }
                }),
                age_at_least: self.age_at_least.map(u32::from),
            }),
        }
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

    /// Ends the agreement with `service`; says whether there was one running.
    pub fn end_agreement(&mut self, service: ServiceTag, today: Day) -> bool {
        let running = self.agreements.iter_mut().find(|row| row.service == service && row.ended.is_none());
        running.map(|row| row.ended = Some(today)).is_some()
    }

    /// Gives consent to `purpose`; `claims` where they are asked one by one.
    pub fn consent(&mut self, purpose: PurposeTag, edition: EditionNo, today: Day, claims: Option<Vec<Tag>>) {
        self.consents.retain(|row| row.purpose != purpose);
        self.consents.push(ConsentRow { purpose, edition, on: today, claims, is_withdrawn: false });
    }

    /// Withdraws the consent to `purpose`; says whether there was one running.
    pub fn withdraw(&mut self, purpose: PurposeTag, today: Day) -> bool {
        let running = self.consents.iter_mut().find(|row| row.purpose == purpose && !row.is_withdrawn);
        running.map(|row| (row.is_withdrawn, row.on) = (true, today)).is_some()
    }

    /// The bytes to seal.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![LAYOUT];
        let flags = u8::from(self.is_destroying) | u8::from(self.is_blocked) << 1 | u8::from(self.is_held) << 2;
        out.extend([flags, self.age_at_least.unwrap_or(u8::MAX)]);
        put_tags(&mut out, &self.blocked);
        put_tags(&mut out, &self.stored);
        out.extend(self.chain.number.to_be_bytes());
        out.extend(self.chain.commitment);
        out.extend(self.seals.to_be_bytes());
        out.extend(count(self.agreements.len()).to_be_bytes());
        for row in &self.agreements {
            out.extend(row.service.0.to_be_bytes());
            out.extend(row.edition.0.to_be_bytes());
            out.extend(row.since.0.to_be_bytes());
            out.extend(row.ended.map_or(u32::MAX, |day| day.0).to_be_bytes());
        }
        out.extend(count(self.consents.len()).to_be_bytes());
        for row in &self.consents {
            out.extend(row.purpose.0.to_be_bytes());
            out.extend(row.edition.0.to_be_bytes());
            out.extend(row.on.0.to_be_bytes());
            out.push(u8::from(row.is_withdrawn));
            match &row.claims {
                None => out.extend(NO_CLAIMS.to_be_bytes()),
                Some(tags) => put_tags(&mut out, tags),
            }
        }
        out
    }

    /// The way back from [`Self::to_bytes`]; padding behind it is passed over.
    ///
    /// # Errors
    /// [`StandingError`] when the bytes are of another layout.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, StandingError> {
        let mut reader = Reader(bytes);
        if reader.u8()? != LAYOUT {
            return Err(StandingError);
        }
        let flags = reader.u8()?;
        let age = reader.u8()?;
        let blocked = take_tags(&mut reader)?.ok_or(StandingError)?;
        let stored = take_tags(&mut reader)?.ok_or(StandingError)?;
        let chain = ChainHead { number: reader.u32()?, commitment: reader.array()? };
        let seals = reader.u32()?;
        let agreements = (0..reader.u16()?).map(|_| take_agreement(&mut reader)).collect::<Result<_, _>>()?;
        let consents = (0..reader.u16()?).map(|_| take_consent(&mut reader)).collect::<Result<_, _>>()?;
        Ok(Self {
            is_destroying: flags & 1 != 0,
            is_blocked: flags & 2 != 0,
            is_held: flags & 4 != 0,
            age_at_least: (age != u8::MAX).then_some(age),
            blocked,
            stored,
            chain,
            seals,
            agreements,
            consents,
        })
    }
}

fn take_agreement(reader: &mut Reader<'_>) -> Result<AgreementRow, Malformed> {
    Ok(AgreementRow {
        service: Tag(reader.u32()?),
        edition: EditionNo(reader.u32()?),
        since: Day(reader.u32()?),
        ended: Some(reader.u32()?).filter(|day| *day != u32::MAX).map(Day),
    })
}

fn take_consent(reader: &mut Reader<'_>) -> Result<ConsentRow, Malformed> {
    Ok(ConsentRow {
        purpose: Tag(reader.u32()?),
        edition: EditionNo(reader.u32()?),
        on: Day(reader.u32()?),
        is_withdrawn: reader.u8()? != 0,
        claims: take_tags(reader)?,
    })
}

/// A count that the layout can hold; a policy has far fewer services and fields.
fn count(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(NO_CLAIMS - 1)
}

fn put_tags(out: &mut Vec<u8>, tags: &[Tag]) {
    out.extend(count(tags.len()).to_be_bytes());
    tags.iter().for_each(|tag| out.extend(tag.0.to_be_bytes()));
}

fn take_tags(reader: &mut Reader<'_>) -> Result<Option<Vec<Tag>>, Malformed> {
    match reader.u16()? {
        NO_CLAIMS => Ok(None),
        len => (0..len).map(|_| reader.u32().map(Tag)).collect::<Result<_, _>>().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lived_in() -> Standing {
        let mut standing = Standing {
            age_at_least: Some(21),
            blocked: vec![Tag(7)],
            stored: vec![Tag(7), Tag(8)],
            ..Standing::default()
        };
        standing.accept(Tag(1), EditionNo(2), Day(100));
        standing.consent(Tag(5), EditionNo(2), Day(100), Some(vec![Tag(9)]));
        standing.consent(Tag(6), EditionNo(2), Day(100), None);
        standing.withdraw(Tag(6), Day(101));
        standing
    }

    #[test]
    fn a_standing_is_its_bytes_and_back() {
        let standing = lived_in();
        let mut bytes = standing.to_bytes();
        bytes.extend([0; 40]);
        assert_eq!(Standing::from_bytes(&bytes), Ok(standing));
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
        assert!(!standing.end_agreement(Tag(1), Day(111)));
        assert_eq!(standing.agreement(Tag(1)), Agreement::Ended { on: Day(110) });
        standing.accept(Tag(1), EditionNo(3), Day(120));
        assert_eq!(standing.agreement_row(Tag(1)).unwrap().since, Day(120));
    }
}
