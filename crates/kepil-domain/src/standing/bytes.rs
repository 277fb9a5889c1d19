//! The standing as bytes, to be sealed. One layout; a later one gets another first byte.

use kepil_policy::{Audience, EditionNo, Subject, Tag};

use super::{
    AgreementRow, ChainHead, ConsentRow, DutyRow, MandateKind, MandateRow, NamedRow, SettingRow, Signed, StaffRow,
    Standing, StandingError,
};
use crate::{
    Day, Locator,
    bytes::{Malformed, Reader},
};

const LAYOUT: u8 = 2;

impl Standing {
    /// The bytes to seal.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![LAYOUT];
        let flags = [self.is_destroying, self.is_blocked, self.is_held, self.kind == Subject::Entity, self.is_decoy];
        out.push(flags.iter().rev().fold(0, |all, flag| all << 1 | u8::from(*flag)));
        out.push(self.age_at_least.unwrap_or(u8::MAX));
        put_all(&mut out, &self.blocked, |out, tag| put_tag(out, *tag));
        put_all(&mut out, &self.stored, |out, tag| put_tag(out, *tag));
        out.extend(self.chain.number.to_be_bytes());
        out.extend(self.chain.commitment);
        out.extend(self.seals.to_be_bytes());
        put_all(&mut out, &self.agreements, |out, row| {
            put_tag(out, row.service);
            out.extend(row.edition.0.to_be_bytes());
            out.extend(row.since.0.to_be_bytes());
            put_day(out, row.ended);
        });
        put_all(&mut out, &self.consents, |out, row| {
            put_tag(out, row.purpose);
            out.extend(row.edition.0.to_be_bytes());
            out.extend(row.on.0.to_be_bytes());
            out.push(u8::from(row.is_withdrawn));
            put_all(out, &row.claims, |out, tag| put_tag(out, *tag));
        });
        put_all(&mut out, &self.settings, |out, row| {
            put_tag(out, row.service);
            put_tag(out, row.field);
            out.push(row.audience as u8);
            out.extend(row.edition.0.to_be_bytes());
            out.extend(row.on.0.to_be_bytes());
        });
        put_all(&mut out, &self.named, |out, row| {
            put_tag(out, row.service);
            out.extend(row.who.0);
            out.extend(row.on.0.to_be_bytes());
            out.push(u8::from(row.by_address));
        });
        put_all(&mut out, &self.mandates, put_mandate);
        put_all(&mut out, &self.acts_for, |out, whom| out.extend(whom.0));
        put_all(&mut out, self.staff.as_slice(), put_staff);
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
        Ok(Self {
            is_destroying: flags & 1 != 0,
            is_blocked: flags & 2 != 0,
            is_held: flags & 4 != 0,
            is_decoy: flags & 16 != 0,
            kind: if flags & 8 == 0 { Subject::Person } else { Subject::Entity },
            age_at_least: (age != u8::MAX).then_some(age),
            blocked: take_all(&mut reader, take_tag)?,
            stored: take_all(&mut reader, take_tag)?,
            chain: ChainHead { number: reader.u32()?, commitment: reader.array()? },
            seals: reader.u32()?,
            agreements: take_all(&mut reader, take_agreement)?,
            consents: take_all(&mut reader, take_consent)?,
            settings: take_all(&mut reader, take_setting)?,
            named: take_all(&mut reader, take_named)?,
            mandates: take_all(&mut reader, take_mandate)?,
            acts_for: take_all(&mut reader, take_locator)?,
            staff: take_all(&mut reader, take_staff)?.pop(),
        })
    }
}

// ---- writing

/// A policy has far fewer services, fields and people of one company than a count can say.
fn put_all<T>(out: &mut Vec<u8>, rows: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    let count = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    out.extend(count.to_be_bytes());
    rows.iter().take(usize::from(count)).for_each(|row| put(out, row));
}

fn put_tag(out: &mut Vec<u8>, tag: Tag) {
    out.extend(tag.0.to_be_bytes());
}

fn put_day(out: &mut Vec<u8>, day: Option<Day>) {
    out.extend(day.map_or(u32::MAX, |day| day.0).to_be_bytes());
}

fn put_some(out: &mut Vec<u8>, bytes: Option<impl AsRef<[u8]>>) {
    out.push(u8::from(bytes.is_some()));
    out.extend(bytes.iter().flat_map(AsRef::as_ref));
}

fn put_mandate(out: &mut Vec<u8>, row: &MandateRow) {
    out.extend(row.who.0);
    out.push(u8::from(row.kind.is_guardian()) | u8::from(row.is_head) << 1 | u8::from(row.shows_name) << 2);
    if let MandateKind::Guardian { until_age } = row.kind {
        out.push(until_age);
    }
    put_all(out, &row.services, |out, tag| put_tag(out, *tag));
    out.extend(row.since.0.to_be_bytes());
    put_day(out, row.until);
}

fn put_staff(out: &mut Vec<u8>, row: &StaffRow) {
    out.extend(row.since.0.to_be_bytes());
    put_day(out, row.left);
    for signed in [row.undertaking, row.rules] {
        put_some(out, signed.map(|signed| signed.hash));
        put_day(out, signed.map(|signed| signed.on));
    }
    put_day(out, row.trained);
    put_all(out, &row.duties, |out, duty| {
        put_tag(out, duty.duty);
        put_some(out, duty.granted_by.map(|by| by.0));
        out.extend(duty.on.0.to_be_bytes());
        put_some(out, duty.confirmed_by.map(|by| by.0));
        put_day(out, duty.until);
        put_some(out, duty.deputy_for.map(|whom| whom.0));
    });
}

// ---- reading

fn take_all<T>(
    reader: &mut Reader<'_>,
    mut take: impl FnMut(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    (0..reader.u16()?).map(|_| take(reader)).collect()
}

fn take_tag(reader: &mut Reader<'_>) -> Result<Tag, Malformed> {
    reader.u32().map(Tag)
}

fn take_day(reader: &mut Reader<'_>) -> Result<Option<Day>, Malformed> {
    Ok(Some(reader.u32()?).filter(|day| *day != u32::MAX).map(Day))
}

fn take_locator(reader: &mut Reader<'_>) -> Result<Locator, Malformed> {
    reader.array().map(Locator)
}

fn take_some<T>(
    reader: &mut Reader<'_>,
    take: impl FnOnce(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<Option<T>, Malformed> {
    if reader.u8()? == 0 { Ok(None) } else { take(reader).map(Some) }
}

fn take_agreement(reader: &mut Reader<'_>) -> Result<AgreementRow, Malformed> {
    Ok(AgreementRow {
        service: take_tag(reader)?,
        edition: EditionNo(reader.u32()?),
        since: Day(reader.u32()?),
        ended: take_day(reader)?,
    })
}

fn take_consent(reader: &mut Reader<'_>) -> Result<ConsentRow, Malformed> {
    Ok(ConsentRow {
        purpose: take_tag(reader)?,
        edition: EditionNo(reader.u32()?),
        on: Day(reader.u32()?),
        is_withdrawn: reader.u8()? != 0,
        claims: take_all(reader, take_tag)?,
    })
}

fn take_setting(reader: &mut Reader<'_>) -> Result<SettingRow, Malformed> {
    let (service, field, code) = (take_tag(reader)?, take_tag(reader)?, reader.u8()?);
    let audience = Audience::ALL.iter().copied().find(|each| *each as u8 == code).ok_or(Malformed)?;
    Ok(SettingRow { service, field, audience, edition: EditionNo(reader.u32()?), on: Day(reader.u32()?) })
}

fn take_named(reader: &mut Reader<'_>) -> Result<NamedRow, Malformed> {
    Ok(NamedRow {
        service: take_tag(reader)?,
        who: take_locator(reader)?,
        on: Day(reader.u32()?),
        by_address: reader.u8()? != 0,
    })
}

fn take_mandate(reader: &mut Reader<'_>) -> Result<MandateRow, Malformed> {
    let (who, flags) = (take_locator(reader)?, reader.u8()?);
    Ok(MandateRow {
        who,
        kind: if flags & 1 == 0 {
            MandateKind::Representative
        } else {
            MandateKind::Guardian { until_age: reader.u8()? }
        },
        is_head: flags & 2 != 0,
        shows_name: flags & 4 != 0,
        services: take_all(reader, take_tag)?,
        since: Day(reader.u32()?),
        until: take_day(reader)?,
    })
}

fn take_hash(reader: &mut Reader<'_>) -> Result<[u8; 32], Malformed> {
    reader.array()
}

fn take_signed(reader: &mut Reader<'_>) -> Result<Option<Signed>, Malformed> {
    let hash = take_some(reader, take_hash)?;
    let on = take_day(reader)?;
    Ok(hash.zip(on).map(|(hash, on)| Signed { hash, on }))
}

fn take_staff(reader: &mut Reader<'_>) -> Result<StaffRow, Malformed> {
    Ok(StaffRow {
        since: Day(reader.u32()?),
        left: take_day(reader)?,
        undertaking: take_signed(reader)?,
        rules: take_signed(reader)?,
        trained: take_day(reader)?,
        duties: take_all(reader, |reader| {
            Ok(DutyRow {
                duty: take_tag(reader)?,
                granted_by: take_some(reader, take_locator)?,
                on: Day(reader.u32()?),
                confirmed_by: take_some(reader, take_locator)?,
                until: take_day(reader)?,
                deputy_for: take_some(reader, take_locator)?,
            })
        })?,
    })
}
