//! What an auditor sees: which duties there are and who many have them, how often each was used on which day, and the
//! checkpoints of the ledgers. No name, no value, nothing that could be changed. Clauses 5.2a, 5.2b.

use std::collections::BTreeMap;

use kepil_domain::{Day, Hour, ledger::Act};
use kepil_policy::Power;

use super::{Desk, Seat, at_desk, members};
use crate::{
    App,
    actions::{ActionError, activity, sign_in_compartment},
};

/// How far back uses are counted. Unit: hours.
const BACK_HOURS: u32 = 24 * 31;

/// A duty and how many have it.
pub struct DutyCount {
    /// Name of the duty.
    pub duty: String,
    /// Who have it now.
    pub held: u32,
    /// Whom it waits for a second officer for.
    pub waiting: u32,
    /// How many have it by one officer's word.
    pub alone: u32,
}

/// How often a duty was used on one day.
pub struct UseCount {
    /// Which day.
    pub day: Day,
    /// Name of the duty.
    pub duty: String,
    /// Looks at people and values.
    pub looks: u32,
    /// Tries that were refused.
    pub refused: u32,
}

/// What an auditor sees.
pub struct Audit {
    /// Whose page it is.
    pub desk: Desk,
    /// How many are of the staff.
    pub staff: u32,
    /// How many of them have not signed or been trained as is required.
    pub unready: u32,
    /// Duties.
    pub duties: Vec<DutyCount>,
    /// Uses, the newest day first.
    pub uses: Vec<UseCount>,
    /// The newest signed note of each ledger: its compartment's name, and the note.
    pub checkpoints: Vec<(String, String)>,
}

/// Everything for the page.
///
/// # Errors
/// [`ActionError::Refused`] for anybody without the power.
pub async fn look(app: &App, seat: Seat) -> Result<Audit, ActionError> {
    let desk = at_desk(app, seat).await?;
    desk.with_power(app, Power::Audit)?;
    let effective = std::sync::Arc::clone(&desk.effective);
    let policy = &effective.policy;
    let (rules, today) = (super::rules(policy)?, app.now().day);
    let all = members::list(app, &effective).await?;
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let duties = policy.duties().iter().map(|duty| {
        let rows = || all.iter().flat_map(|member| member.row.duties.iter().map(move |row| (member, row)));
        let of_it = || rows().filter(|(_, row)| row.duty == duty.tag && !row.is_over(today));
        DutyCount {
            duty: duty.name.clone(),
            held: count(all.iter().filter(|it| it.held.iter().any(|held| held.duty == duty.id)).count()),
            waiting: count(of_it().filter(|(member, row)| !row.holds(member.locator, rules, today)).count()),
            alone: count(of_it().filter(|(member, row)| row.is_own_word(member.locator)).count()),
        }
    });
    let duties = duties.collect();
    let ready = |member: &&members::Member| {
        let facts = member.row.facts(rules, today, kepil_domain::standing::Circumstance::default());
        facts.has_signed && facts.is_trained
    };
    let unready = count(all.len() - all.iter().filter(ready).count());
    let uses = uses(app, &all).await?;
    let mut checkpoints = Vec::new();
    for compartment in policy.compartments() {
        checkpoints.push((compartment.name.clone(), app.store.find_checkpoint(&compartment.name).await?));
    }
    Ok(Audit { desk, staff: count(all.len()), unready, duties, uses, checkpoints })
}

/// Counts the look-ups in the chains of the staff.
async fn uses(app: &App, all: &[members::Member]) -> Result<Vec<UseCount>, ActionError> {
    let effective = app.policy()?;
    let compartment = sign_in_compartment(&effective.policy)?;
    let until = app.now().hour();
    let since = Hour(until.0.saturating_sub(BACK_HOURS));
    let mut counts: BTreeMap<(std::cmp::Reverse<u32>, String), (u32, u32)> = BTreeMap::new();
    app.store.sequence(compartment).await?;
    for member in all {
        for act in activity::all_in(app, member.locator, compartment, (since, until)).await? {
            let is_look = act.act == Act::LookUp.word();
            let Some(duty) = act.duty.filter(|_| is_look) else { continue };
            let day = app.store.clock().day_of(act.at_ms);
            let (looks, refused) = counts.entry((std::cmp::Reverse(day.0), duty.into_owned())).or_default();
            *(if act.refused.is_some() { refused } else { looks }) += 1;
        }
    }
    let row = |((std::cmp::Reverse(day), duty), (looks, refused))| UseCount { day: Day(day), duty, looks, refused };
    Ok(counts.into_iter().map(row).collect())
}
