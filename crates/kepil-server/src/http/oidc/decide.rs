//! The pages on which a person on the way to a service decides. Clauses 1.2c, 1.3a, 2.4c, 3.4e, 8.2a.
//!
//! Both answers are equally near. A refusal ends the way and writes nothing; to a later edition it means that what the
//! person accepted before goes on.

use axum::{
    extract::{Query, State},
    response::Response,
};
use kepil_policy::{Service, Use, UseId};

use super::{
    authorize::{GoQuery, redirect, refuse, signed_in},
    show::{self, Claims, Terms},
};
use crate::{
    App,
    actions::{
        ActionError,
        accept::{self, Accepted, Released},
        authorize::{self, SignedIn, Step},
        behalf::Behalf,
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    oidc::{AuthRequest, Fault},
};

/// What is to be decided: the request, who decides, and the step.
struct Way {
    request: AuthRequest,
    session: SignedIn,
    behalf: Behalf,
    step: Step,
}

/// The way behind `go`; without a session, or when something else is next, the reader is sent on.
async fn find_way(app: &App, visitor: &mut Visitor, go: &str) -> Result<Result<Way, Response>, HttpError> {
    let request = authorize::find(app, go).await?;
    visitor.speak(request.language());
    let Some(session) = signed_in(visitor) else { return Ok(Err(on(go))) };
    let step = authorize::next_step(app, &request, Some(&session)).await?;
    if !matches!(step, Step::Accept | Step::Consent(_)) {
        return Ok(Err(on(go)));
    }
    let behalf = authorize::behalf(app, &request, &session).await?;
    Ok(Ok(Way { request, session, behalf, step }))
}

impl Way {
    /// For whom the page is shown, as the service knows them: it comes back with the form, so that nothing is decided for
    /// another than the page spoke of.
    fn whom(&self, app: &App) -> Result<String, HttpError> {
        let sector = app.store.keys().sector(&self.request.service);
        Ok(sector.sub(&self.behalf.whose).map_err(ActionError::from)?.as_str().to_owned())
    }
}

fn on(go: &str) -> Response {
    redirect(&format!("/authorize/continue?go={go}"))
}

/// `GET /accept`.
pub async fn accept_form(
    State(app): State<App>,
    mut visitor: Visitor,
    Query(query): Query<GoQuery>,
) -> Result<Response, HttpError> {
    match find_way(&app, &mut visitor, &query.go).await? {
        Ok(way) if way.step == Step::Accept => {
            let terms = Terms {
                service: &way.request.service,
                post_path: "/accept".to_owned(),
                carry: vec![("go".to_owned(), query.go.clone()), ("whom".to_owned(), way.whom(&app)?)],
            };
            let page = show::acceptance(&app, terms, way.behalf, visitor.language).await?;
            Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
        }
        Ok(_) => Ok(on(&query.go)),
        Err(answer) => Ok(answer),
    }
}

/// `POST /accept`.
pub async fn accept(State(app): State<App>, mut visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let go = posted.text("go");
    let way = match find_way(&app, &mut visitor, go).await? {
        Ok(way) if way.step == Step::Accept && posted.text("whom") == way.whom(&app)? => way,
        Ok(_) => return Ok(on(go)),
        Err(answer) => return Ok(answer),
    };
    if posted.text("choice") != "accept" {
        return refused(&app, &way, None, go).await;
    }
    let purposes = posted.list("purpose");
    let accepted = Accepted {
        service: &way.request.service,
        purposes: &purposes,
        is_of_age: posted.text("of_age") == "yes",
        language: visitor.language,
    };
    accept::accept(&app, way.behalf, accepted).await?;
    authorize::set(&app, go, |request| request.shows_terms = false).await?;
    Ok(on(go))
}

/// `GET /consent`.
pub async fn consent_form(
    State(app): State<App>,
    mut visitor: Visitor,
    Query(query): Query<GoQuery>,
) -> Result<Response, HttpError> {
    match find_way(&app, &mut visitor, &query.go).await? {
        Ok(way) => match way.step {
            Step::Consent(at) => show_consent(&app, &visitor, &way, (at, &query.go), None).await,
            _ => Ok(on(&query.go)),
        },
        Err(answer) => Ok(answer),
    }
}

async fn show_consent(
    app: &App,
    visitor: &Visitor,
    way: &Way,
    (at, go): (UseId, &str),
    sent: Option<&[String]>,
) -> Result<Response, HttpError> {
    let policy = app.policy()?;
    let purpose = policy.policy.use_at(at).map(|row| row.purpose.clone()).unwrap_or_default();
    let shown = Claims {
        at,
        ticked: sent.unwrap_or_default(),
        wanted: &way.request.wanted,
        is_later: false,
        lacks_needed: sent.is_some(),
        post_path: "/consent".to_owned(),
        carry: vec![
            ("go".to_owned(), go.to_owned()),
            ("purpose".to_owned(), purpose),
            ("whom".to_owned(), way.whom(app)?),
        ],
    };
    let page = show::consent(app, way.behalf, shown, visitor.language).await?;
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /consent`: without a claim that the third party cannot do without, the page is shown again.
pub async fn consent(State(app): State<App>, mut visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let go = posted.text("go");
    let way = match find_way(&app, &mut visitor, go).await? {
        Ok(way) => way,
        Err(answer) => return Ok(answer),
    };
    let Step::Consent(at) = way.step else { return Ok(on(go)) };
    let effective = app.policy()?;
    let policy = &effective.policy;
    let row = policy.use_at(at).ok_or(ActionError::Input("purpose"))?;
    let service = policy.service(row.service).ok_or(ActionError::Input("service"))?;
    if row.purpose != posted.text("purpose") || posted.text("whom") != way.whom(&app)? {
        return Ok(on(go));
    }
    if posted.text("choice") != "allow" {
        return refused(&app, &way, Some(row), go).await;
    }
    let claims = posted.list("claim");
    if !accept::has_required(policy, row, &claims) {
        return show_consent(&app, &visitor, &way, (at, go), Some(&claims)).await;
    }
    release(&app, &visitor, &way, (service, row), &claims).await?;
    authorize::set(&app, go, |request| request.shows_terms = false).await?;
    Ok(on(go))
}

async fn release(
    app: &App,
    visitor: &Visitor,
    way: &Way,
    (service, row): (&Service, &Use),
    claims: &[String],
) -> Result<(), HttpError> {
    let behalf = way.behalf;
    if authorize::is_by_claim_only(&app.policy()?.policy, service, behalf.kind) {
        // The page of claims was also that of the agreement.
        let (service, language) = (service.name.as_str(), visitor.language);
        accept::accept(app, behalf, Accepted { service, purposes: &[], is_of_age: false, language }).await?;
    }
    accept::release(app, behalf, Released { service: &service.name, purpose: &row.purpose, claims }).await?;
    Ok(())
}

/// A refusal: where the way goes on without what was asked, it does; else the client is told that access was denied.
async fn refused(app: &App, way: &Way, row: Option<&Use>, go: &str) -> Result<Response, HttpError> {
    let decline = |request: &mut AuthRequest| {
        request.keeps_edition = true;
        request.refused.extend(row.map(|row| row.purpose.clone()));
    };
    let mut without = way.request.clone();
    decline(&mut without);
    let next = authorize::next_step(app, &without, Some(&way.session)).await?;
    if way.request.shows_terms || next == way.step {
        return refuse(app, &way.request, Some(go), Fault::AccessDenied).await;
    }
    authorize::set(app, go, decline).await?;
    Ok(on(go))
}
