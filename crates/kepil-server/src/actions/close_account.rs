//! A person closes their account: everything is destroyed, in the order of the design. Clauses 3.7, 4.4a, 4.4b.
//!
//! Standing becomes *destroying* with its entry, the leases pass, then tickets, rows and ring go. What copies have of them goes
//! when the epoch closes: `close_epoch.rs`, with a certificate.

use kepil_domain::{
    gate::{Actor, ActorFacts, Refusal, Right},
    ledger::Act,
    standing::Standing,
};
use kepil_policy::{Subject, Verb};
use kepil_store::{Amendment, Destruction, PersonRow};

use super::{
    ActionError, OwnAct,
    behalf::{Behalf, home, home_first, home_row},
    check_right_as, guardians, mandates,
    register::held_fields,
};
use crate::App;

/// A destruction that is older than this and not finished was interrupted. Unit: seconds.
const STALLED_S: i64 = 120;

/// Destroys everything about the person, and names the certificate that will say so. What was begun is carried through: by
/// [`resume`], if not here.
///
/// # Errors
/// [`ActionError::Refused`] while a hold or a block forbids destruction, and for a guardian of somebody who acts themselves;
/// nothing is touched then.
pub async fn close_account(app: &App, whose: impl Into<Behalf>) -> Result<[u8; 16], ActionError> {
    let behalf = whose.into();
    if behalf.by.is_some() && !guardians::may_close(app, behalf).await? {
        return Err(ActionError::Refused(Refusal::NotThePerson));
    }
    let certificate = App::new_event()?.0;
    let destruction = Destruction { whose: behalf.whose, certificate, is_by_mandate: behalf.by.is_some() };
    let begun = app.store.add_destruction(&destruction, app.now().unix_s()).await?;
    match destroy(app, behalf, certificate).await {
        done @ (Ok(()) | Err(ActionError::Refused(_))) => {
            app.store.remove_ticket(&begun, None).await?;
            done.map(|()| certificate)
        }
        Err(failed) => Err(failed),
    }
}

/// Carries through the destructions that a crash or a failure of a database interrupted.
///
/// # Errors
/// [`ActionError`] when a database does not answer; tried again at the next call.
pub async fn resume(app: &App) -> Result<(), ActionError> {
    for ticket in app.store.list_destructions().await? {
        let Some(destruction) = ticket.destruction() else { continue };
        if ticket.begun_s() + STALLED_S > app.now().unix_s() {
            continue;
        }
        match resume_one(app, destruction).await {
            Ok(()) | Err(ActionError::Refused(_)) => app.store.remove_ticket(&ticket.id, None).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Carries a destruction through as what it is. One by a mandate whose first row was not reached by then was not begun: whether
/// it may be is not known any more.
async fn resume_one(app: &App, begun: Destruction) -> Result<(), ActionError> {
    let Destruction { whose, certificate, is_by_mandate } = begun;
    let row = home_row(app, whose).await?;
    match row.as_ref().map(|row| (row.standing.kind, row.standing.is_destroying)) {
        Some((kind, false)) if is_by_mandate || kind == Subject::Entity => {
            Err(ActionError::Refused(Refusal::NoMandate))
        }
        Some((kind, _)) => destroy(app, Behalf { whose, kind, by: None }, certificate).await,
        None => destroy(app, whose.into(), certificate).await,
    }
}

async fn destroy(app: &App, behalf: Behalf, certificate: [u8; 16]) -> Result<(), ActionError> {
    let (effective, locator) = (app.policy()?, behalf.whose);
    let acting = behalf.acting(app).await?;
    let Some(ring) = app.store.find_ring(locator).await? else { return Ok(()) };
    let home = home(app)?;
    for tag in home_first(app, &effective.policy)? {
        if ring.part(tag).is_none() {
            continue;
        }
        let moment = app.now();
        let change = |row: &PersonRow| -> Result<Amendment, ActionError> {
            let records = row.danger_open_records()?;
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
    app.store.destroy_person(&ring, certificate).await?;
    Ok(())
}
