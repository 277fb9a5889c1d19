//! The same decision written again, naively, from the sentences of the policy: who gets which fields.
//!
//! Clauses 1.2c, 1.3a, 2.1¶C4, 2.4c, 3.1.3, 3.2a, 3.4d, 3.4e, 3.5d, 3.7, 4.5, 7.1, 7.3.
//! Does not know: ids, bitsets, ceilings, reasons.

use std::collections::BTreeSet;

use kepil_domain::gate::Right;

use crate::plain::{Accepted, Names, Plain, PlainAsk, PlainFacts, PlainUse, Said, Who, Why};

/// The fields that `ask` gets; `None` when it gets no leave at all.
pub fn allowed(plain: &Plain, ask: &PlainAsk, facts: Option<&PlainFacts>) -> Option<Names> {
    let facts = facts?;
    if facts.is_destroying {
        return None;
    }
    let granted = match &ask.why {
        Why::Right(right) => the_persons_own(*right, ask, facts)?,
        Why::Purpose(path) => of_a_purpose(plain, path, ask, facts)?,
    };
    // Leave for nothing at all is no leave, unless nothing was asked for.
    (!granted.is_empty() || ask.fields.is_empty()).then_some(granted)
}

fn the_persons_own(right: Right, ask: &PlainAsk, facts: &PlainFacts) -> Option<Names> {
    let may = ask.who == Who::Person
        && match right {
            Right::See => ask.verb.word() == "extract",
            Right::Block => ask.verb.word() == "block",
            Right::Correct => ask.verb.word() == "clarify" && !facts.is_blocked,
            Right::Delete => ask.verb.word() == "destroy" && !facts.is_blocked && !facts.is_held,
        };
    may.then(|| ask.fields.clone())
}

fn of_a_purpose(plain: &Plain, path: &str, ask: &PlainAsk, facts: &PlainFacts) -> Option<Names> {
    let purpose = plain.in_force().get(path)?;
    let is_own = match ask.who {
        Who::Service => ask.caller == purpose.service,
        Who::System => purpose.is_account,
        Who::Person | Who::Representative | Who::Officer | Who::Recipient => false,
    };
    let is_old_enough = purpose.min_age == 0 || facts.age.is_some_and(|age| age >= purpose.min_age);
    let is_young = |alone: u32| facts.age.is_none_or(|age| age < alone);
    let is_guarded = facts.has_guardian && facts.age.is_some();
    let may_alone = !purpose.alone_from.is_some_and(is_young) || is_guarded;
    if !is_own || facts.is_blocked || !is_old_enough || !may_alone {
        return None;
    }
    let (bound, verbs) = accepted(plain, path, purpose, facts)?;
    if !verbs.contains(ask.verb.word()) {
        return None;
    }
    let consented = consented(plain, path, purpose, ask, facts)?;
    let fits = |name: &&String| bound.contains(*name) && consented.contains(*name) && !facts.blocked.contains(*name);
    Some(ask.fields.iter().filter(fits).cloned().collect())
}

/// What the person is bound to by what they accepted.
fn accepted(
    plain: &Plain,
    path: &str,
    purpose: &PlainUse,
    facts: &PlainFacts,
) -> Option<(Names, BTreeSet<&'static str>)> {
    match facts.accepted {
        Accepted::Never | Accepted::Edition(_) if purpose.is_law && !purpose.needs_agreement => {
            Some((purpose.fields.clone(), purpose.verbs.clone()))
        }
        Accepted::Never | Accepted::Ended => None,
        Accepted::Edition(no) => still_allowed(plain, path, no),
    }
}

/// What every edition from the accepted one to the one in force allows; an edition without the purpose allows nothing.
fn still_allowed(plain: &Plain, path: &str, accepted: u32) -> Option<(Names, BTreeSet<&'static str>)> {
    let first = usize::try_from(accepted).ok()?.checked_sub(1)?;
    let last = plain.in_force().get(path)?;
    let (mut fields, mut verbs) = (last.fields.clone(), last.verbs.clone());
    for edition in plain.editions.iter().skip(first) {
        let (its_fields, its_verbs) =
            edition.get(path).map_or_else(Default::default, |it| (it.fields.clone(), it.verbs.clone()));
        fields.retain(|name| its_fields.contains(name));
        verbs.retain(|verb| its_verbs.contains(verb));
    }
    Some((fields, verbs))
}

/// What the person's consent to the purpose covers on the day of the ask.
fn consented(plain: &Plain, path: &str, purpose: &PlainUse, ask: &PlainAsk, facts: &PlainFacts) -> Option<Names> {
    if purpose.is_law {
        return Some(purpose.fields.clone());
    }
    let Said::Yes { edition, claims, day } = &facts.said else { return None };
    if purpose.fixed_days.is_some_and(|days| ask.day > day + days) {
        return None;
    }
    let (mut covered, verbs) = still_allowed(plain, path, *edition)?;
    if !verbs.contains(ask.verb.word()) {
        return None;
    }
    covered.retain(|name| !purpose.by_claim.contains(name) || claims.contains(name));
    Some(covered)
}
