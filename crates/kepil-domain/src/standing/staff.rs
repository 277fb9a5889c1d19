//! What somebody of the staff may do today: duties that hold, and what must be signed and trained first.
//!
//! Clauses 5.2b to 5.2f; KZ-22, KZ-36, KZ-37. Start reading at [`StaffRow::facts`].
//! Does not know: sessions, stores, who stands behind a locator.

use kepil_policy::{DutyId, Policy, Power, StaffRules, Tag, ToSign};

use super::{DutyRow, Signed, StaffRow};
use crate::{Day, Locator, gate::StaffFacts};

/// Why a duty cannot be granted, confirmed or ended so.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DutyFault {
    /// A duty for oneself, or confirmed by whoever has or granted it.
    #[error("nobody grants or confirms a duty to themselves")]
    OwnDuty,
    /// The last day is past, or further than the policy lets a grant go.
    #[error("not a possible last day")]
    LastDay,
    /// No such duty of theirs, or it is confirmed.
    #[error("no such duty of theirs")]
    NotThere,
    /// They have it.
    #[error("they have this duty")]
    AlreadyThere,
    /// Somebody who left, or never joined.
    #[error("not of the staff")]
    NotOfStaff,
}

impl DutyRow {
    /// Whether nobody but the one who has the duty, or granted it, confirmed it.
    #[must_use]
    pub fn is_own_word(&self, own: Locator) -> bool {
        self.confirmed_by.is_some_and(|by| by == own || Some(by) == self.granted_by)
    }

    /// Whether the duty of the person at `own` is held on `today`: confirmed by a second one, or by one alone where the
    /// policy says that there is one alone, and within its time.
    #[must_use]
    pub fn holds(&self, own: Locator, rules: &StaffRules, today: Day) -> bool {
        let is_confirmed = self.confirmed_by.is_some() && (rules.one_officer || !self.is_own_word(own));
        is_confirmed && self.until.is_none_or(|until| today.0 <= until.0)
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, today: Day) -> bool {
        self.until.is_some_and(|until| today.0 > until.0)
    }
}

/// What `facts` are worked out from, besides the row itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstance {
    /// The duty under which they act.
    pub duty: Option<DutyId>,
    /// Whether they proved themselves by a second factor.
    pub is_strong: bool,
    /// Whether they said for what.
    pub has_reason: bool,
}

impl StaffRow {
    /// The rows by which the person at `own` has the duty `tag` today. One that stands in for somebody is good only while
    /// that one has it too.
    pub fn held<'a>(
        &'a self,
        own: Locator,
        tag: Tag,
        rules: &'a StaffRules,
        today: Day,
    ) -> impl Iterator<Item = &'a DutyRow> {
        let rows = self.duties.iter().filter(move |row| row.duty == tag && row.holds(own, rules, today));
        rows.filter(|_| self.left.is_none())
    }

    /// Whether the person at `own` has a duty of their own, not as a deputy, with `power` today.
    #[must_use]
    pub fn has_own(&self, own: Locator, power: Power, policy: &Policy, today: Day) -> bool {
        let Some(rules) = policy.staff() else { return false };
        let with = policy.duties().iter().filter(|duty| duty.powers.contains(&power));
        with.into_iter().any(|duty| self.held(own, duty.tag, rules, today).any(|row| row.deputy_for.is_none()))
    }

    /// What the gate has to know of them.
    #[must_use]
    pub fn facts(&self, rules: &StaffRules, today: Day, now: Circumstance) -> StaffFacts {
        StaffFacts {
            duty: now.duty.filter(|_| self.left.is_none()),
            is_strong: now.is_strong,
            has_signed: is_signed(self.undertaking, &rules.undertaking) && is_signed(self.rules, &rules.rules),
            is_trained: self.is_trained(rules, today),
            has_reason: now.has_reason,
        }
    }

    /// Whether a training is recorded that still counts.
    #[must_use]
    pub fn is_trained(&self, rules: &StaffRules, today: Day) -> bool {
        self.trained.is_some_and(|on| today.0 <= on.0.saturating_add(rules.training.days))
    }

    /// Adds a duty. `row` is not confirmed, but by the granter's own word where there is one officer only.
    ///
    /// # Errors
    /// [`DutyFault`] when it may not be granted so.
    pub fn grant(&mut self, own: Locator, row: DutyRow, rules: &StaffRules, today: Day) -> Result<(), DutyFault> {
        if self.left.is_some() {
            return Err(DutyFault::NotOfStaff);
        }
        if row.granted_by == Some(own) || row.deputy_for == Some(own) {
            return Err(DutyFault::OwnDuty);
        }
        let latest = today.0.saturating_add(rules.longest.days);
        if !row.until.is_some_and(|until| (today.0..=latest).contains(&until.0)) {
            return Err(DutyFault::LastDay);
        }
        self.duties.retain(|each| !each.is_over(today));
        if self.duties.iter().any(|each| (each.duty, each.deputy_for) == (row.duty, row.deputy_for)) {
            return Err(DutyFault::AlreadyThere);
        }
        self.duties.push(row);
        Ok(())
    }

    /// Confirms the duty `tag` by the word of `by`: a second one, who neither has nor granted it.
    ///
    /// # Errors
    /// [`DutyFault`] when there is nothing to confirm, or not by them.
    pub fn confirm(
        &mut self,
        own: Locator,
        (tag, deputy_for): (Tag, Option<Locator>),
        by: Locator,
        today: Day,
    ) -> Result<(), DutyFault> {
        if self.left.is_some() {
            return Err(DutyFault::NotOfStaff);
        }
        let waits = |row: &&mut DutyRow| {
            let needs_second = row.confirmed_by.is_none() || row.is_own_word(own);
            (row.duty, row.deputy_for) == (tag, deputy_for) && !row.is_over(today) && needs_second
        };
        let row = self.duties.iter_mut().find(waits).ok_or(DutyFault::NotThere)?;
        if by == own || row.granted_by == Some(by) {
            return Err(DutyFault::OwnDuty);
        }
        row.confirmed_by = Some(by);
        Ok(())
    }

    /// Ends the duty `tag`.
    ///
    /// # Errors
    /// [`DutyFault::NotThere`] when they do not have it.
    pub fn end(&mut self, (tag, deputy_for): (Tag, Option<Locator>)) -> Result<(), DutyFault> {
        let before = self.duties.len();
        self.duties.retain(|row| (row.duty, row.deputy_for) != (tag, deputy_for));
        if self.duties.len() < before { Ok(()) } else { Err(DutyFault::NotThere) }
    }
}

/// Whether the text that is in force was signed, in whichever language.
fn is_signed(signed: Option<Signed>, to_sign: &ToSign) -> bool {
    signed.is_some_and(|signed| to_sign.shown.contains(&signed.hash))
}

#[cfg(test)]
mod tests {
    use kepil_policy::{Term, ToSign};

    use super::*;

    const OWN: Locator = Locator([1; 16]);
    const GRANTER: Locator = Locator([2; 16]);
    const SECOND: Locator = Locator([3; 16]);
    const TODAY: Day = Day(100);

    fn rules(one_officer: bool) -> StaffRules {
        let to_sign = |document, byte| ToSign { document, shown: vec![[byte; 32]; 3] };
        let term = Term { days: 30 };
        StaffRules { undertaking: to_sign(0, 1), rules: to_sign(1, 2), training: term, longest: term, one_officer }
    }

    fn granted() -> DutyRow {
        DutyRow {
            duty: Tag(4),
            granted_by: Some(GRANTER),
            on: TODAY,
            confirmed_by: None,
            until: Some(Day(110)),
            deputy_for: None,
        }
    }

    fn has(staff: &StaffRow, rules: &StaffRules, today: u32) -> bool {
        staff.held(OWN, Tag(4), rules, Day(today)).next().is_some()
    }

    #[test]
    fn a_duty_is_held_when_a_second_one_has_confirmed_it_and_until_its_last_day() {
        let (mut staff, rules) = (StaffRow::default(), rules(false));
        staff.grant(OWN, granted(), &rules, TODAY).unwrap();
        assert!(!has(&staff, &rules, 100), "nobody confirmed it");
        for own in [OWN, GRANTER] {
            assert_eq!(staff.confirm(OWN, (Tag(4), None), own, TODAY), Err(DutyFault::OwnDuty));
        }
        staff.confirm(OWN, (Tag(4), None), SECOND, TODAY).unwrap();
        assert!(has(&staff, &rules, 110) && !has(&staff, &rules, 111));
        assert_eq!(staff.confirm(OWN, (Tag(4), None), SECOND, TODAY), Err(DutyFault::NotThere), "once");
        staff.left = Some(TODAY);
        assert!(!has(&staff, &rules, 100));
    }

    #[test]
    fn one_word_is_enough_only_where_the_policy_says_that_there_is_one_officer() {
        let mut staff = StaffRow::default();
        let alone = DutyRow { confirmed_by: Some(GRANTER), ..granted() };
        staff.grant(OWN, alone, &rules(true), TODAY).unwrap();
        assert!(has(&staff, &rules(true), 100) && !has(&staff, &rules(false), 100));
        staff.confirm(OWN, (Tag(4), None), SECOND, TODAY).unwrap();
        assert!(has(&staff, &rules(false), 100), "a second one confirmed it afterwards");
    }

    #[test]
    fn nobody_grants_to_themselves_or_beyond_the_longest_time() {
        let (mut staff, rules) = (StaffRow::default(), rules(false));
        let tries = [
            (DutyRow { granted_by: Some(OWN), ..granted() }, DutyFault::OwnDuty),
            (DutyRow { deputy_for: Some(OWN), ..granted() }, DutyFault::OwnDuty),
            (DutyRow { until: None, ..granted() }, DutyFault::LastDay),
            (DutyRow { until: Some(Day(99)), ..granted() }, DutyFault::LastDay),
            (DutyRow { until: Some(Day(131)), ..granted() }, DutyFault::LastDay),
        ];
        for (row, fault) in tries {
            assert_eq!(staff.grant(OWN, row, &rules, TODAY), Err(fault));
        }
        staff.grant(OWN, granted(), &rules, TODAY).unwrap();
        assert_eq!(staff.grant(OWN, granted(), &rules, TODAY), Err(DutyFault::AlreadyThere));
        assert_eq!(staff.grant(OWN, DutyRow { until: Some(Day(120)), ..granted() }, &rules, Day(111)), Ok(()));
    }

    #[test]
    fn what_was_signed_and_trained_counts_as_long_as_it_is_the_same_and_recent() {
        let rules = rules(false);
        let signed = |byte| Some(Signed { hash: [byte; 32], on: TODAY });
        let mut staff =
            StaffRow { undertaking: signed(1), rules: signed(2), trained: Some(TODAY), ..StaffRow::default() };
        let facts = |staff: &StaffRow, today| staff.facts(&rules, Day(today), Circumstance::default());
        assert!(facts(&staff, 130).has_signed && facts(&staff, 130).is_trained);
        assert!(!facts(&staff, 131).is_trained, "too long ago");
        staff.rules = signed(3);
        assert!(!facts(&staff, 130).has_signed, "another text");
        staff.rules = None;
        assert!(!facts(&staff, 130).has_signed);
    }
}
