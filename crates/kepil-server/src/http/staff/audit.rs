//! The auditor's page: counts and checkpoints, nothing to change. Clauses 5.2a, 5.2b.

use axum::{extract::State, response::Response};

use super::{nav, seat, strong_desk};
use crate::{
    App,
    actions::{ActionError, staff::audit::look},
    http::{problem::HttpError, visitor::Visitor},
    pages::{StaffAudit, When},
};

/// `GET /staff/audit`.
pub async fn audit(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    strong_desk(&app, &visitor).await?;
    let audit = look(&app, seat(&visitor)?).await?;
    let (policy, language) = (&audit.desk.effective.policy, visitor.language);
    let label = |name: &str| {
        let duty = policy.duties().iter().find(|duty| duty.name == name);
        duty.map_or(name, |duty| duty.label.get(language)).to_owned()
    };
    let ledger = |name: &str| {
        let compartment = policy.compartments().iter().find(|each| each.name == name);
        compartment.map_or(name, |each| each.label.get(language)).to_owned()
    };
    let uses =
        audit.uses.iter().map(|each| (When::day(each.day, language), label(&each.duty), each.looks, each.refused));
    let page = StaffAudit {
        staff: (audit.staff, audit.unready),
        duties: audit.duties.iter().map(|it| (label(&it.duty), it.held, it.waiting, it.alone)).collect(),
        uses: uses.collect(),
        reads: app.metrics.human_reads(),
        refused_texts: app.store.refused_content().await.map_err(ActionError::from)?,
        checkpoints: audit.checkpoints.iter().map(|(name, note)| (ledger(name), note.clone())).collect(),
        nav: nav(&audit.desk),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}
