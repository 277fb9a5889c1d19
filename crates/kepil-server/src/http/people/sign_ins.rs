//! The reader's sign-ins, and what they can show about one: a file with all that was done in its session. Clause 6.1b.

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{EventId, Moment, ledger::ProofFile, moment::Day};
use serde::{Deserialize, Serialize};

use super::me::as_file;
use crate::{
    App,
    actions::{
        ActionError,
        evidence::{self, Pack, SignInRow},
        know_browser,
    },
    http::{cookies::Cookie, posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{SignInItem, SignIns, When, Words, device_in_words},
};

/// How many sign-ins a page shows.
const ON_PAGE: usize = 50;
/// Layout of the file.
const FORMAT: &str = "kepil-session-1";

/// From where a page goes on.
#[derive(Default, Deserialize)]
pub struct SignInsQuery {
    before: Option<u64>,
}

/// `GET /me/security/sign-ins`.
pub async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<SignInsQuery>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let (effective, words) = (app.policy()?, Words::of(visitor.language));
    let (rows, next) = evidence::list_sign_ins(&app, own.locator, query.before, ON_PAGE).await?;
    let item = |row: SignInRow| {
        let moment = Moment { unix_ms: row.at_ms, day: Day::default() };
        SignInItem {
            when: When::moment(moment, effective.policy.time_zone(), visitor.language),
            // One from before sessions were marked has no pack.
            pack_path: row.device.is_some().then(|| format!("/me/security/sign-ins/{}", row.event)),
            device: row.device.map(|device| device_in_words(words, &device)),
            proof: row.proof,
            is_open: row.is_open,
        }
    };
    let page = SignIns {
        rows: rows.into_iter().map(item).collect(),
        next_path: next.map(|before| format!("/me/security/sign-ins?before={before}")),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// The file about one session. Names, never values; no cookie, token or key of a session.
#[derive(Serialize)]
struct PackReply {
    format: &'static str,
    issuer: String,
    operator: String,
    /// Unit: Unix seconds.
    made_s: i64,
    session: SessionReply,
    services: Vec<ServiceReply>,
    entries: Vec<EntryReply>,
    is_whole: bool,
}

#[derive(Serialize)]
struct SessionReply {
    mark: String,
    /// Unit: milliseconds since the Unix epoch.
    begun_ms: i64,
    device: Option<String>,
    proof: Vec<String>,
    is_open: bool,
}

#[derive(Serialize)]
struct ServiceReply {
    service: String,
    /// Unit: milliseconds since the Unix epoch.
    at_ms: i64,
}

#[derive(Serialize)]
struct EntryReply {
    compartment: String,
    receipt: ProofFile,
}

/// `GET /me/security/sign-ins/{event}`: what was done in the session that began with this sign-in, as a file that
/// `kepil ledger prove` verifies offline.
pub async fn pack(State(app): State<App>, visitor: Visitor, Path(event): Path<String>) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let event = EventId::parse(&event).ok_or(HttpError::NotFound)?;
    let pack = evidence::find_pack(&app, own.locator, event).await?.ok_or(HttpError::NotFound)?;
    let operator = app.policy()?.policy.operator().name.get(visitor.language).to_owned();
    Ok(as_file(reply(&app, operator, pack), &format!("session-{event}.json")))
}

fn reply(app: &App, operator: String, pack: Pack) -> PackReply {
    let entry = |(compartment, receipt)| EntryReply { compartment, receipt };
    PackReply {
        format: FORMAT,
        issuer: app.config.issuer.clone(),
        operator,
        made_s: app.now().unix_s(),
        session: SessionReply {
            mark: pack.mark,
            begun_ms: pack.begun.at_ms,
            device: pack.begun.device,
            proof: pack.begun.proof,
            is_open: pack.begun.is_open,
        },
        services: pack.services.into_iter().map(|(service, at_ms)| ServiceReply { service, at_ms }).collect(),
        entries: pack.entries.into_iter().map(entry).collect(),
        is_whole: pack.is_whole,
    }
}

/// `POST /me/security/everywhere`: ends every session, this one too, and all that services were given; they are told.
/// No browser stays known.
pub async fn end_everywhere(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    app.store.remove_tickets_of(own.locator).await.map_err(ActionError::from)?;
    know_browser::forget_all(&app, own.locator).await?;
    let mut answer = Redirect::to("/?done=everywhere").into_response();
    visitor.end_cookie(&mut answer, Cookie::Session);
    Ok(answer)
}
