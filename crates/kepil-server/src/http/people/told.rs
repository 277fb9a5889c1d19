//! Who was told what about the reader. Clauses 3.4e, 4.6.

use axum::{extract::State, response::Response};
use kepil_domain::{Moment, moment::Day};
use kepil_policy::ServiceKind;

use super::whom::ForPerson;
use crate::{
    App,
    actions::activity,
    http::problem::HttpError,
    pages::{ToldField, ToldRow, When, WhoGotWhat},
};

/// `GET /me/told`. A service or field that the policy does not have any more keeps the name that the ledger has.
pub async fn told(State(app): State<App>, whom: ForPerson) -> Result<Response, HttpError> {
    let (effective, behalf, language) = (app.policy()?, whom.whole()?, whom.visitor.language);
    let policy = &effective.policy;
    let mut rows: Vec<ToldRow> = Vec::new();
    let all = activity::told(&app, behalf.whose).await?;
    for ((service, field), told) in all.rows {
        if rows.last().is_none_or(|row| row.service != service) {
            let known = policy.find_service(&service);
            rows.push(ToldRow {
                label: known.map_or(service.as_str(), |known| known.label.get(language)).to_owned(),
                owner: known.map(|known| known.owner.name.get(language).to_owned()).unwrap_or_default(),
                third_party: known.is_some_and(|known| known.kind == ServiceKind::ThirdParty),
                fields: Vec::new(),
                service,
            });
        }
        let label = policy.find_field(&field).map_or(field.as_str(), |known| known.label.get(language)).to_owned();
        let last = Moment { unix_ms: told.last_ms, day: Day::default() };
        if let Some(row) = rows.last_mut() {
            let last = When::moment(last, policy.time_zone(), language);
            row.fields.push(ToldField { label, times: told.times, last });
        }
    }
    Ok(whom.page(WhoGotWhat { rows, is_whole: all.is_whole }.render(&whom.chrome(&app).await?)))
}
