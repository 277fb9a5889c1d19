//! The editions of one operator in order, and what each accepted edition still allows.
//!
//! Law 6 of the house: a person is bound only by what they accepted. A narrowing edition holds for everyone from its
//! first day; what an edition adds holds for a person from their own acceptance. Clauses 1.3a, 1.3b, 8.1a, 8.1b.
//! Does not know: clocks and zones. Moments are seconds since the Unix epoch, given by the caller.

use std::sync::Arc;

use crate::{DutyId, EditionNo, FieldId, FieldSet, Policy, Profile, ServiceId, UseId, VerbSet};

/// A published policy with its two moments.
#[derive(Clone, Debug)]
pub struct Edition {
    /// Running number, from 1.
    pub no: EditionNo,
    /// What it says.
    pub policy: Arc<Policy>,
    /// When it was published. Unit: Unix seconds.
    pub published_s: i64,
    /// From when it holds. Unit: Unix seconds.
    pub effective_s: i64,
}

/// An edition in force, with the ceilings of all that came before it.
#[derive(Clone, Debug)]
pub struct Effective {
    /// Its number.
    pub no: EditionNo,
    /// What it says.
    pub policy: Arc<Policy>,
    /// For each use, for each edition from 1 to `no`: what a person who accepted that edition is still bound to.
    ceilings: Vec<Vec<Ceiling>>,
    /// For each service, for each edition from 1 to `no`: what a setting made under that edition can still show.
    profiles: Vec<Vec<Profile>>,
    /// For each duty, for each edition from 1 to `no`: what it may see of a person who accepted that edition.
    duties: Vec<Vec<FieldSet>>,
}

/// The most that an accepted edition allows today, in ids of the edition in force.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ceiling {
    /// Fields.
    pub fields: FieldSet,
    /// Verbs.
    pub verbs: VerbSet,
}

impl Effective {
    /// The first edition of a lineage, alone.
    #[must_use]
    pub fn first(policy: Arc<Policy>) -> Self {
        let ceilings = policy.uses().iter().map(|each| vec![own(each)]).collect();
        let profiles = policy.services().iter().map(|each| vec![each.profile]).collect();
        let duties = policy.duties().iter().map(|each| vec![each.fields]).collect();
        Self { no: EditionNo(1), policy, ceilings, profiles, duties }
    }

    /// What the staff with the duty `at` may see of a person who accepted `accepted`: what every edition since then has let
    /// the same duty see for the same purpose.
    #[must_use]
    pub fn duty_fields(&self, at: DutyId, accepted: EditionNo) -> Option<&FieldSet> {
        let known = accepted.0.min(self.no.0).checked_sub(1)?;
        self.duties.get(usize::from(at.0))?.get(known as usize)
    }

    /// What a setting that was made under edition `set` can still show at `service`: what every edition since then allows.
    /// A function that changes never widens an audience (clause 2.3b).
    #[must_use]
    pub fn profile(&self, service: ServiceId, set: EditionNo) -> Option<&Profile> {
        let known = set.0.min(self.no.0).checked_sub(1)?;
        self.profiles.get(usize::from(service.0))?.get(known as usize)
    }

    /// What a person who accepted `accepted` is bound to under `at`; who accepted an edition after this one is bound to
    /// this one. `None` for a use that this edition does not have, and for number 0.
    #[must_use]
    #[inline]
    pub fn ceiling(&self, at: UseId, accepted: EditionNo) -> Option<&Ceiling> {
        let known = accepted.0.min(self.no.0).checked_sub(1)?;
        self.ceilings.get(at.0 as usize)?.get(known as usize)
    }

    /// This edition followed by `next`.
    #[must_use]
    pub fn followed_by(&self, next: Arc<Policy>) -> Self {
        let ceilings = next
            .uses()
            .iter()
            .map(|each| {
                let own = own(each);
                let before = self.policy.use_tagged(each.tag).and_then(|old| self.ceilings.get(old.id.0 as usize));
                let mut row: Vec<Ceiling> = match before {
                    Some(row) => row.iter().map(|old| narrow(&own, &self.translate(old, &next))).collect(),
                    None => vec![Ceiling::default(); self.no.0 as usize],
                };
                row.push(own);
                row
            })
            .collect();
        let profiles = next.services().iter().map(|each| {
            let before = self.policy.service_tagged(each.tag).and_then(|old| self.profiles.get(usize::from(old.id.0)));
            let kept = |old: &Profile| Profile {
                fields: each.profile.fields.and(&self.translate_fields(&old.fields, &next)),
                contents: each.profile.contents.and(&self.translate_fields(&old.contents, &next)),
                widest: each.profile.widest.min(old.widest),
            };
            let mut row: Vec<Profile> = match before {
                Some(row) => row.iter().map(kept).collect(),
                None => vec![Profile::default(); self.no.0 as usize],
            };
            row.push(each.profile);
            row
        });
        let profiles = profiles.collect();
        let duties = next.duties().iter().map(|each| {
            let before = self.policy.duty_tagged(each.tag).filter(|old| old.purpose == each.purpose);
            let before = before.and_then(|old| self.duties.get(usize::from(old.id.0)));
            let kept = |old: &FieldSet| each.fields.and(&self.translate_fields(old, &next));
            let mut row: Vec<FieldSet> = match before {
                Some(row) => row.iter().map(kept).collect(),
                None => vec![FieldSet::EMPTY; self.no.0 as usize],
            };
            row.push(each.fields);
            row
        });
        let duties = duties.collect();
        Self { no: EditionNo(self.no.0 + 1), policy: next, ceilings, profiles, duties }
    }

    fn translate(&self, old: &Ceiling, next: &Policy) -> Ceiling {
        Ceiling { fields: self.translate_fields(&old.fields, next), verbs: old.verbs }
    }

    fn translate_fields(&self, old: &FieldSet, next: &Policy) -> FieldSet {
        let into = |id: FieldId| {
            let field = self.policy.field(id)?;
            next.field_tagged(field.tag).map(|same| same.id)
        };
        old.iter().filter_map(into).collect()
    }
}

fn own(each: &crate::Use) -> Ceiling {
    Ceiling { fields: each.fields, verbs: each.verbs }
}

fn narrow(own: &Ceiling, old: &Ceiling) -> Ceiling {
    Ceiling {
        fields: own.fields.and(&old.fields),
        verbs: own.verbs.iter().filter(|verb| old.verbs.contains(*verb)).collect(),
    }
}

/// All editions, oldest first, each with its ceilings.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    editions: Vec<(Edition, Arc<Effective>)>,
}

/// Why an edition cannot be added to a lineage.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LineageError {
    /// It would hold earlier than the one before it.
    #[error("an edition cannot enter into force before the one that it follows")]
    BackDated,
}

impl Lineage {
    /// Adds the next edition.
    ///
    /// # Errors
    /// [`LineageError::BackDated`] when `effective_s` lies before that of the last edition.
    pub fn add(&mut self, policy: Arc<Policy>, published_s: i64, effective_s: i64) -> Result<EditionNo, LineageError> {
        let effective = match self.editions.last() {
            None => Effective::first(Arc::clone(&policy)),
            Some((last, _)) if last.effective_s > effective_s => return Err(LineageError::BackDated),
            Some((_, before)) => before.followed_by(Arc::clone(&policy)),
        };
        let no = effective.no;
        self.editions.push((Edition { no, policy, published_s, effective_s }, Arc::new(effective)));
        Ok(no)
    }

    /// The edition in force at `moment_s` (clause 1.3b).
    #[must_use]
    pub fn at(&self, moment_s: i64) -> Option<Arc<Effective>> {
        self.editions.iter().rev().find(|(edition, _)| edition.effective_s <= moment_s).map(|(_, it)| Arc::clone(it))
    }

    /// All editions, oldest first.
    #[must_use = "lists only"]
    pub fn list(&self) -> impl DoubleEndedIterator<Item = &Edition> {
        self.editions.iter().map(|(edition, _)| edition)
    }
}
