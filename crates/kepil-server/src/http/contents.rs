//! The service API: what people place in a service, passed on, shown and taken away. Clauses 2.1.2d, 2.2a to 2.2d.
//!
//! The service says who places and who looks; who sees a piece is its author's own setting, read for this answer. A text that
//! speaks of what nobody may place is refused, and nothing of it is kept.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use kepil_domain::{ContentId, Personal, Sub, gate::Refusal};
use kepil_policy::{Banned, Language, Policy, Service};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{
    oidc::ServiceCaller,
    problem::{HttpError, ProblemReply, as_problem},
    read_body, unkept,
};
use crate::{
    App,
    actions::{
        ActionError,
        contents::{Meant, NewContent, Placing, Seen, look_at, place, remove_for},
        profiles::looking,
    },
};

/// Unit: bytes.
const BODY_MAX: usize = 256 * 1024;
/// Pieces in one request, at most.
const PIECES_MAX: usize = 50;

/// `POST /v1/contents`, `POST /v1/contents/reads` and `POST /v1/contents/remove`.
pub fn router() -> Router<App> {
    Router::new()
        // The longest text, however a client writes its letters.
        .route("/v1/contents", post(add).layer(DefaultBodyLimit::max(BODY_MAX)))
        .route("/v1/contents/reads", post(read))
        .route("/v1/contents/remove", post(remove))
}

/// This part of the service API, described; `reads` merges it.
#[derive(OpenApi)]
#[openapi(paths(add, read, remove))]
pub struct Description;

/// What a person places in the service.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContentQuery {
    /// The service's id for its author, as in the ID token.
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$")]
    author: String,
    /// The service's id for the person whom it is about; left out or null where it is about nobody or about its author.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$")]
    about: Option<String>,
    /// Name of a kind of content that the service takes, as in the policy.
    kind: String,
    /// Plain text.
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
    /// Whether its author keeps it from everybody; otherwise it is shown as they set for this kind of content.
    #[serde(default)]
    withheld: bool,
}

/// A piece that is kept.
#[derive(Serialize, ToSchema)]
struct ContentReply {
    /// Its address: random, 32 hexadecimal digits.
    content: String,
    /// Where people read it, as far as its author lets them.
    url: String,
    /// The event's id in the ledger of its author.
    receipt: String,
}

/// Why a text is not taken. Nothing of it is kept.
#[derive(Serialize, ToSchema)]
struct BannedReply {
    #[serde(flatten)]
    problem: ProblemReply,
    /// A stable word for what the text speaks of.
    banned: String,
    /// The same for people, by language: `ru`, `kk`, `en`.
    label: BTreeMap<&'static str, &'static str>,
}

/// Which pieces a service wants to show to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PiecesQuery {
    /// Addresses of pieces that were placed in the service.
    #[schema(max_items = 50)]
    contents: Vec<String>,
    /// The service's id for the person who looks; left out or null for somebody who is not signed in.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$")]
    viewer: Option<String>,
}

/// What is shown to whoever looks.
#[derive(Serialize, ToSchema)]
struct PiecesReply {
    /// In the order of the question; a piece that is not shown is left out, whatever the reason.
    contents: Vec<PieceReply>,
}

/// One piece.
#[derive(Serialize, ToSchema)]
struct PieceReply {
    /// Its address.
    content: String,
    /// Name of its kind.
    kind: String,
    /// Plain text: to be shown as text, never as HTML.
    text: String,
    /// The day on which it was placed.
    placed_on: String,
    /// The event's id in the ledger of whoever shows it.
    receipt: String,
}

/// Which piece.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RemoveQuery {
    /// Its address.
    #[schema(pattern = "^[0-9a-f]{32}$")]
    content: String,
}

/// That it is gone.
#[derive(Serialize, ToSchema)]
struct RemovedReply {
    removed: bool,
}

/// `POST /v1/contents`: keeps what a person places. It begins with the person's own setting, which is private until they
/// change it.
#[utoipa::path(
    post,
    path = "/v1/contents",
    request_body = ContentQuery,
    responses(
        (status = 201, description = "kept", body = ContentReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "the service does not take this kind, or not for these people, whatever the reason", body = ProblemReply, content_type = "application/problem+json"),
        (status = 413, description = "the body is too large", body = ProblemReply, content_type = "application/problem+json"),
        (status = 422, description = "the text speaks of what nobody may place; nothing of it is kept", body = BannedReply, content_type = "application/problem+json"),
        (status = 429, description = "try again in a moment", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn add(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match add_one(&app, &caller, &body).await {
        Ok(Placing::Kept { id, receipt }) => {
            let url = format!("{}/contents/{id}", app.config.issuer);
            unkept((
                StatusCode::CREATED,
                Json(ContentReply { content: id.to_string(), url, receipt: receipt.to_string() }),
            ))
        }
        Ok(Placing::Banned(banned)) => banned_reply(banned).into_response(),
        // Unknown, blocked, never accepted: a service does not learn which.
        Err(ActionError::Refused(_)) => HttpError::Withheld.into_json(),
        Err(error) => HttpError::from(error).into_json(),
    }
}

async fn add_one(app: &App, caller: &ServiceCaller, body: &[u8]) -> Result<Placing, ActionError> {
    let query: ContentQuery = read_body(body)?;
    let text = Personal::new(query.text);
    let service = own_service(caller)?;
    let sector = app.store.keys().sector(&service.name);
    let person =
        |text: &str, what| Sub::parse(text).map(|sub| Meant(sector.locator(&sub))).ok_or(ActionError::Input(what));
    let new = NewContent {
        author: person(&query.author, "author")?,
        about: query.about.as_deref().map(|about| person(about, "about")).transpose()?,
        kind: query.kind,
        text,
        is_withheld: query.withheld,
    };
    place(app, &caller.edition, caller.service, new).await
}

/// The calling service, where it takes content at all.
fn own_service(caller: &ServiceCaller) -> Result<&Service, ActionError> {
    let service = caller.edition.policy.service(caller.service).ok_or(ActionError::Input("service"))?;
    if service.profile.contents.is_empty() { Err(ActionError::Refused(Refusal::OutsidePurpose)) } else { Ok(service) }
}

fn banned_reply(banned: &'static Banned) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let problem = ProblemReply {
        code: "banned_content",
        title: "the text speaks of what nobody may place here, and nothing of it was kept".to_owned(),
        status: status.as_u16(),
        detail: Some("show `label` to the person: they can say it in other words, or leave it out".to_owned()),
        clause: Some("2.2c"),
    };
    let label = Language::ALL.iter().map(|language| (language.word(), banned.label.get(*language))).collect();
    let reply = BannedReply { problem, banned: banned.name.clone(), label };
    as_problem(status, Json(reply))
}

/// `POST /v1/contents/reads`: what pieces say to one viewer, never to be kept: ask again for the next answer.
#[utoipa::path(
    post,
    path = "/v1/contents/reads",
    request_body = PiecesQuery,
    responses(
        (status = 200, description = "what is shown", body = PiecesReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "the service takes no content", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn read(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match read_all(&app, &caller, &body).await {
        Ok(reply) => unkept(Json(reply)),
        Err(error) => HttpError::from(error).into_json(),
    }
}

async fn read_all(app: &App, caller: &ServiceCaller, body: &[u8]) -> Result<PiecesReply, ActionError> {
    let query: PiecesQuery = read_body(body)?;
    if query.contents.len() > PIECES_MAX {
        return Err(ActionError::Input("contents"));
    }
    // What is no address is the address of nothing, and left out.
    let ids: Vec<ContentId> = query.contents.iter().filter_map(|text| ContentId::parse(text)).collect();
    let service = own_service(caller)?;
    // An id of nobody looks as somebody who is not signed in.
    let viewer = match &query.viewer {
        Some(text) => {
            let sub = Sub::parse(text).ok_or(ActionError::Input("viewer"))?;
            app.store.keys().sector(&service.name).locator(&sub)
        }
        None => None,
    };
    let looking = Arc::new(looking(app, Arc::clone(&caller.edition), caller.service, viewer).await?);
    // All at once: they share the one durable append of the lane.
    let looks: Vec<_> = ids
        .into_iter()
        .map(|id| {
            let (app, looking) = (app.clone(), Arc::clone(&looking));
            tokio::spawn(async move { look_at(&app, &looking, id).await })
        })
        .collect();
    let mut contents = Vec::with_capacity(looks.len());
    for look in looks {
        let seen = look.await.map_err(|_| ActionError::Broken("a look ended early".to_owned()))??;
        contents.extend(seen.map(|seen| piece(&caller.edition.policy, &seen)));
    }
    Ok(PiecesReply { contents })
}

fn piece(policy: &Policy, seen: &Seen) -> PieceReply {
    PieceReply {
        content: seen.id.to_string(),
        kind: policy.field(seen.kind).map(|kind| kind.name.clone()).unwrap_or_default(),
        text: seen.text.reveal().clone(),
        placed_on: seen.on.date().map(|day| day.to_string()).unwrap_or_default(),
        receipt: seen.receipt.to_string(),
    }
}

/// `POST /v1/contents/remove`: takes a piece away that its author took away in the service. May be repeated.
#[utoipa::path(
    post,
    path = "/v1/contents/remove",
    request_body = RemoveQuery,
    responses(
        (status = 200, description = "the service has no such piece, or has it no more", body = RemovedReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "its author's data are blocked or held, or the service takes no content", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn remove(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    let removed = async {
        let query: RemoveQuery = read_body(&body)?;
        let id = ContentId::parse(&query.content).ok_or(ActionError::Input("content"))?;
        own_service(&caller)?;
        remove_for(&app, &caller.edition, caller.service, id).await
    };
    match removed.await {
        Ok(()) | Err(ActionError::Expired) => unkept(Json(RemovedReply { removed: true })),
        Err(ActionError::Refused(_)) => HttpError::Withheld.into_json(),
        Err(error) => HttpError::from(error).into_json(),
    }
}

#[cfg(test)]
mod tests {
    use kepil_domain::Day;
    use serde_json::{Value, json};

    use super::*;
    use crate::{actions::contents::TEXT_MAX, oidc::tests::way::effective};

    fn vector(name: &str) -> Value {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/vectors");
        serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap()
    }

    #[test]
    fn a_service_is_told_what_its_client_is_tested_by() {
        let (placed, read, removed) = (vector("content_placed"), vector("contents"), vector("content_removed"));
        assert!(serde_json::from_value::<RemoveQuery>(removed["request"]["body"].clone()).is_ok());
        assert_eq!(json!({ "status": 200, "body": RemovedReply { removed: true } }), removed["answer"]);
        assert!(serde_json::from_value::<ContentQuery>(placed["request"]["body"].clone()).is_ok());
        let content = "000102030405060708090a0b0c0d0e0f".to_owned();
        let reply = ContentReply {
            url: format!("https://id.example.kz/contents/{content}"),
            content,
            receipt: "101112131415161718191a1b1c1d1e1f".to_owned(),
        };
        assert_eq!(json!({ "status": 201, "body": reply }), placed["answer"]);
        let query: PiecesQuery = serde_json::from_value(read["request"]["body"].clone()).unwrap();
        let piece = PieceReply {
            content: query.contents[0].clone(),
            kind: "post".to_owned(),
            text: "Наурыз құтты болсын!".to_owned(),
            placed_on: Day(20_784).date().unwrap().to_string(),
            receipt: "202122232425262728292a2b2c2d2e2f".to_owned(),
        };
        assert_eq!(json!({ "status": 200, "body": PiecesReply { contents: vec![piece] } }), read["answer"]);
    }

    #[test]
    fn the_limits_that_are_described_are_those_that_hold() {
        let described = serde_json::to_value(Description::openapi()).unwrap();
        let schemas = &described["components"]["schemas"];
        assert_eq!(schemas["ContentQuery"]["properties"]["text"]["maxLength"], TEXT_MAX);
        assert_eq!(schemas["PiecesQuery"]["properties"]["contents"]["maxItems"], PIECES_MAX);
    }

    #[tokio::test]
    async fn who_wrote_what_nobody_may_place_is_told_what_it_was_in_their_language() {
        let answer = banned_reply(effective().policy.screen("у него диабет").unwrap());
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let body = axum::body::to_bytes(answer.into_body(), 4096).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), vector("content_banned")["answer"]["body"]);
    }
}
