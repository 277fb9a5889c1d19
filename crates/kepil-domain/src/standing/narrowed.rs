//! Whether a change takes something away: then it must hold even after an older copy is restored. Clauses 2.3a, 4.5, 4.7.

use super::{AgreementRow, ConsentRow, NamedRow, SettingRow, Standing};
use crate::gate::Agreement;

impl Standing {
    /// Whether something that `before` allowed is not allowed any more: a block, a withdrawal, a revocation, the end of an
    /// agreement or duty. In doubt it is.
    #[must_use]
    pub fn is_narrower_than(&self, before: &Self) -> bool {
        let is_set = |flag: fn(&Self) -> bool| flag(self) && !flag(before);
        is_set(|it| it.is_destroying)
            || is_set(|it| it.is_blocked)
            || is_set(|it| it.is_held)
            || self.age_at_least < before.age_at_least
            || self.blocked.iter().any(|field| !before.blocked.contains(field))
            || !before.agreements.iter().all(|row| self.goes_on(row))
            || !before.consents.iter().all(|row| self.consents_as_much(row))
            || !before.settings.iter().all(|row| self.shows_as_much(row))
            || !before.named.iter().all(|row| self.names(row))
            || !before.mandates.iter().all(|row| self.mandates.contains(row))
            || !before.acts_for.iter().all(|whom| self.acts_for.contains(whom))
            || before.staff.as_ref().is_some_and(|staff| self.staff.as_ref() != Some(staff))
    }

    fn goes_on(&self, before: &AgreementRow) -> bool {
        before.ended.is_some() || matches!(self.agreement(before.service), Agreement::Live { .. })
    }

    fn consents_as_much(&self, before: &ConsentRow) -> bool {
        // Without claims it is for all fields of the purpose.
        let has_all = |now: &ConsentRow| before.claims.iter().all(|claim| now.claims.contains(claim));
        let covers = |now: &ConsentRow| {
            !now.is_withdrawn && (now.claims.is_empty() || (!before.claims.is_empty() && has_all(now)))
        };
        before.is_withdrawn || self.consent_row(before.purpose).is_some_and(covers)
    }

    fn shows_as_much(&self, before: &SettingRow) -> bool {
        self.setting(before.service, before.field).is_some_and(|now| now.audience >= before.audience)
    }

    fn names(&self, before: &NamedRow) -> bool {
        self.has_named(before.service, before.who)
    }
}

#[cfg(test)]
mod tests {
    use kepil_policy::{Audience, EditionNo, Tag};

    use super::*;
    use crate::{
        Day, Locator,
        standing::{DutyRow, MandateKind, MandateRow, StaffRow},
    };

    fn lived_in() -> Standing {
        let mut standing = Standing { age_at_least: Some(18), blocked: vec![Tag(7)], ..Standing::default() };
        standing.accept(Tag(1), EditionNo(1), Day(100));
        standing.consent(Tag(5), EditionNo(1), Day(100), vec![Tag(8), Tag(9)]);
        standing.consent(Tag(6), EditionNo(1), Day(100), Vec::new());
        standing.set_audience(setting(Audience::Members));
        standing.named.push(NamedRow { service: Tag(1), who: Locator([1; 16]), on: Day(100), by_address: true });
        standing.mandates.push(mandate(Some(Day(200))));
        standing.acts_for.push(Locator([2; 16]));
        standing.staff = Some(StaffRow { duties: vec![duty(Some(Day(300)))], ..StaffRow::default() });
        standing
    }

    fn setting(audience: Audience) -> SettingRow {
        SettingRow { service: Tag(1), field: Tag(7), audience, edition: EditionNo(1), on: Day(100) }
    }

    fn mandate(until: Option<Day>) -> MandateRow {
        let (who, kind, services) = (Locator([3; 16]), MandateKind::Representative, vec![Tag(1)]);
        MandateRow { who, kind, is_head: true, services, since: Day(100), until, shows_name: true }
    }

    fn duty(until: Option<Day>) -> DutyRow {
        DutyRow { duty: Tag(4), granted_by: None, on: Day(100), confirmed_by: None, until, deputy_for: None }
    }

    fn is_narrower<T>(change: impl FnOnce(&mut Standing) -> T) -> bool {
        let (before, mut after) = (lived_in(), lived_in());
        let _ = change(&mut after);
        after.is_narrower_than(&before)
    }

    #[test]
    fn whatever_takes_something_away_is_narrower() {
        assert!(is_narrower(|it| it.is_blocked = true), "a block");
        assert!(is_narrower(|it| it.blocked.push(Tag(9))), "a field blocked");
        assert!(is_narrower(|it| it.is_held = true), "a hold");
        assert!(is_narrower(|it| it.is_destroying = true), "a destruction");
        assert!(is_narrower(|it| it.age_at_least = Some(17)), "an age");
        assert!(is_narrower(|it| it.age_at_least = None), "an age forgotten");
        assert!(is_narrower(|it| it.end_agreement(Tag(1), Day(101))), "the end of an agreement");
        assert!(is_narrower(|it| it.withdraw(Tag(6), Day(101))), "a withdrawal");
        assert!(is_narrower(|it| it.consent(Tag(5), EditionNo(1), Day(101), vec![Tag(8)])), "one claim less");
        assert!(is_narrower(|it| it.consent(Tag(6), EditionNo(1), Day(101), vec![Tag(8)])), "not all any more");
        assert!(is_narrower(|it| it.set_audience(setting(Audience::Named))), "shown to fewer");
        assert!(is_narrower(|it| it.named.clear()), "somebody not named any more");
        assert!(is_narrower(|it| it.remove_mandate(Locator([3; 16]))), "a mandate revoked");
        assert!(is_narrower(|it| it.set_mandate(mandate(Some(Day(150))))), "a mandate cut short");
        assert!(is_narrower(|it| it.acts_for.clear()), "a mandate given back");
        assert!(is_narrower(|it| it.staff = None), "off the staff");
        let shorter = StaffRow { duties: vec![duty(Some(Day(120)))], ..StaffRow::default() };
        assert!(is_narrower(|it| it.staff = Some(shorter)), "a duty cut short");
    }

    #[test]
    fn whatever_only_adds_is_not() {
        assert!(!is_narrower(|_| ()));
        assert!(!is_narrower(|it| it.blocked.clear()), "a field not blocked any more");
        assert!(!is_narrower(|it| it.age_at_least = Some(21)));
        assert!(!is_narrower(|it| it.accept(Tag(1), EditionNo(2), Day(101))), "a later edition accepted");
        assert!(!is_narrower(|it| it.accept(Tag(2), EditionNo(2), Day(101))), "another service");
        assert!(!is_narrower(|it| it.consent(Tag(5), EditionNo(2), Day(101), Vec::new())), "all of it");
        assert!(!is_narrower(|it| it.consent(Tag(7), EditionNo(2), Day(101), vec![Tag(8)])), "another purpose");
        assert!(!is_narrower(|it| it.set_audience(setting(Audience::Public))));
        assert!(!is_narrower(|it| it.acts_for.push(Locator([9; 16]))));
        assert!(!is_narrower(|it| (it.chain.number, it.seals) = (7, 9)), "the chain says nothing of it");
    }
}
