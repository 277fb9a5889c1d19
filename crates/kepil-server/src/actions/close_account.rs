//! A person closes their account: everything is destroyed, in the order of the design. Clauses 3.7, 4.4a, 4.4b.
//!
//! Standing becomes *destroying* with its entry, the leases pass, then index entries, tickets, rows and ring go. Copies in
//! backups are the business of closing an epoch.

use kepil_domain::{
    Locator,
    gate::{Actor, ActorFacts, Refusal, Right},
    ledger::Act,
    standing::Standing,
    vault::IndexTerm,
};
use kepil_policy::{Subject, Verb};
use kepil_store::{Amendment, PersonRow};

use super::{
    ActionError, OwnAct,
    behalf::{Behalf, home, home_first, home_row},
    check_right_as, guardians, mandates, passkeys,
    register::held_fields,
};
use crate::App;

/// A destruction that is older than this and not finished was interrupted. Unit: seconds.
const STALLED_S: i64 = 120;

/// Destroys everything about the person. What was begun is carried through: by [`resume`], if not here.
///
/// # Errors
/// [`ActionError::Refused`] while a hold or a block forbids destruction, and for a guardian of somebody who acts themselves;
/// nothing is touched then.
pub async fn close_account(app: &App, whose: impl Into<Behalf>) -> Result<(), ActionError> {
    let behalf = whose.into();
    if behalf.by.is_some() && !guardians::may_close(app, behalf).await? {
        return Err(ActionError::Refused(Refusal::NotThePerson));
    }
    let begun = app.store.add_destruction(behalf.whose, behalf.by.is_some(), app.now().unix_s()).await?;
    match destroy(app, behalf).await {
        done @ (Ok(()) | Err(ActionError::Refused(_))) => {
            app.store.remove_ticket(&begun, None).await?;
            done
        }
        failed => failed,
    }
}

/// Carries through the destructions that a crash or a failure of a database interrupted.
///
/// # Errors
/// [`ActionError`] when a database does not answer; tried again at the next call.
pub async fn resume(app: &App) -> Result<(), ActionError> {
    for ticket in app.store.list_destructions().await? {
        let Some((locator, is_by_mandate)) = ticket.destroyed() else { continue };
        if ticket.begun_s() + STALLED_S > app.now().unix_s() {
            continue;
        }
        match resume_one(app, locator, is_by_mandate).await {
            Ok(()) | Err(ActionError::Refused(_)) => app.store.remove_ticket(&ticket.id, None).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Carries a destruction through as what it is. One by a mandate whose first row was not reached by then was not begun: whether
/// it may be is not known any more.
async fn resume_one(app: &App, locator: Locator, is_by_mandate: bool) -> Result<(), ActionError> {
    let row = home_row(app, locator).await?;
    match row.as_ref().map(|row| (row.standing.kind, row.standing.is_destroying)) {
        Some((kind, false)) if is_by_mandate || kind == Subject::Entity => {
            Err(ActionError::Refused(Refusal::NoMandate))
        }
        Some((kind, _)) => destroy(app, Behalf { whose: locator, kind, by: None }).await,
        None => destroy(app, locator.into()).await,
    }
}

async fn destroy(app: &App, behalf: Behalf) -> Result<(), ActionError> {
    let (effective, locator) = (app.policy()?, behalf.whose);
    let acting = behalf.acting(app).await?;
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(()) };
    let mut terms = passkeys::terms(app, locator).await?;
    let home = home(app)?;
    for tag in home_first(app, &effective.policy)? {
        if ring.part(tag).is_none() {
            continue;
        }
        let moment = app.now();
        let change = |row: &PersonRow| -> Result<Amendment, ActionError> {
            let records = row.danger_open_records()?;
            for field in effective.policy.fields().iter().filter(|field| field.sign_in) {
                let value = records.iter().find_map(|(_, record)| record.find(field.tag));
                terms.extend(value.map(|value| IndexTerm::of(app.store.keys(), &field.name, &value.text)));
            }
            if !row.standing.is_destroying {
                if let Some(by) = behalf.by.filter(|_| tag == home) {
                    if behalf.kind == Subject::Entity {
                        mandates::check_head(&row.standing, by, moment.day)?;
                    }
                    behalf.check_whole(&row.standing, moment.day)?;
                }
                // What was begun for an entity goes on without anybody who acts for it.
                let actor = match (behalf.kind, behalf.by) {
                    (Subject::Entity, None) => (Actor::Representative, ActorFacts::Mandate { is_live: true }),
                    _ => (behalf.actor(), acting.facts),
                };
                check_right_as(app, &effective, row, actor, Right::Delete, Verb::Destroy)?;
            }
            let fields = held_fields(&effective.policy, &records);
            let act = OwnAct { fields, ..OwnAct::plain(Act::Did(Verb::Destroy)) };
            let acts = vec![act.recorded_by(behalf.actor(), &effective, moment)?];
            Ok(Amendment { standing: Standing { is_destroying: true, ..row.standing.clone() }, records: None, acts })
        };
        behalf.amend(app, tag, moment, change).await?;
    }
    // An entity whose last representative goes is frozen, not left to somebody who is not there.
    mandates::end_all(app, locator).await?;
    app.store.wait_out_leases().await;
    if let Some(row) = home_row(app, locator).await? {
        let services: Vec<_> = row.standing.agreements.iter().map(|row| row.service).collect();
        app.store.leave_contents(&services, locator).await?;
    }
    app.store.destroy_person(&ring, &terms).await?;
    Ok(())
}
