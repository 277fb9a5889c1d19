//! For whom a person goes to a service: for themselves or for a legal entity. Clauses 1.1b, 2.1¶C3.

use axum::{
    extract::{Query, State},
    response::Response,
};

use super::{
    authorize::{GoQuery, redirect, signed_in},
    show::asker,
};
use crate::{
    App,
    actions::{
        ActionError,
        authorize::{self, Step},
        entities,
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::Whom,
};

fn on(go: &str) -> Response {
    redirect(&format!("/authorize/continue?go={go}"))
}

/// `GET /whom`.
pub async fn form(
    State(app): State<App>,
    mut visitor: Visitor,
    Query(query): Query<GoQuery>,
) -> Result<Response, HttpError> {
    let request = authorize::find(&app, &query.go).await?;
    visitor.speak(request.language());
    let Some(session) = signed_in(&visitor) else { return Ok(on(&query.go)) };
    if authorize::next_step(&app, &request, Some(&session)).await? != Step::Whom {
        return Ok(on(&query.go));
    }
    let effective = app.policy()?;
    let service = effective.policy.find_service(&request.service).ok_or(ActionError::Input("service"))?;
    let sector = app.store.keys().sector(&service.name);
    let sub = |locator| sector.sub(locator).map(|sub| sub.as_str().to_owned()).map_err(ActionError::from);
    let (all, _) = entities::list(&app, session.locator, Some(service)).await?;
    let mut rows = Vec::new();
    for listed in &all {
        let name = listed.name.as_ref().map(|name| name.reveal().clone()).unwrap_or_default();
        rows.push((sub(&listed.behalf.whose)?, name));
    }
    let page = Whom {
        asker: asker(service, visitor.language),
        own: sub(&session.locator)?,
        entities: rows,
        carry: vec![("go".to_owned(), query.go)],
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /whom`. What is posted counts only as far as the mandate does: it is looked at again at the next step.
pub async fn choose(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let go = posted.text("go");
    let Some(session) = signed_in(&visitor) else { return Ok(on(go)) };
    let whom = posted.text("whom").to_owned();
    authorize::set(&app, go, |request| (request.whom, request.whom_by) = (Some(whom.clone()), Some(session.family)))
        .await?;
    Ok(on(go))
}
