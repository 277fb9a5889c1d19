//! The service API: what people show of themselves at a service, beside what they wrote. Clauses 2.3a, 4.2, 6.1a.
//!
//! A service says who looks; what is shown is the setting of each person, read for this answer. No id of a person stands
//! in an address, and the address of a profile is no id that a service knows otherwise.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, Router, extract::State, response::Response, routing::post};
use kepil_domain::{Sub, gate::Refusal, vault::Opened};
use kepil_policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{
    oidc::ServiceCaller,
    problem::{HttpError, ProblemReply},
    read_body, unkept,
};
use crate::{
    App,
    actions::{
        ActionError,
        budget::{Person, check_service},
        profiles::{address_of, find_by_address, look, looking},
    },
};

/// Profiles in one request, at most.
const PROFILES_MAX: usize = 50;

/// `POST /v1/profiles` and `POST /v1/profiles/addresses`.
pub fn router() -> Router<App> {
    Router::new().route("/v1/profiles", post(read)).route("/v1/profiles/addresses", post(addresses))
}

/// This part of the service API, described; `reads` merges it.
#[derive(OpenApi)]
#[openapi(paths(read, addresses))]
pub struct Description;

/// Whose profiles a service wants to show to whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfilesQuery {
    /// Addresses of profiles at the service.
    #[schema(max_items = 50)]
    profiles: Vec<String>,
    /// The service's id for the person who looks; left out or null for somebody who is not signed in.
    #[serde(default)]
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$")]
    viewer: Option<String>,
}

/// What is shown to whoever looks.
#[derive(Serialize, ToSchema)]
struct ProfilesReply {
    /// In the order of the question; an address of which nothing is shown is left out, whatever the reason.
    profiles: Vec<ProfileReply>,
}

/// What one person shows.
#[derive(Serialize, ToSchema)]
struct ProfileReply {
    /// Address of the profile.
    profile: String,
    /// The values, by name of the field.
    fields: BTreeMap<String, String>,
    /// The event's id in the ledger.
    receipt: String,
}

/// Of whom a service wants to know the address of the profile.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AddressesQuery {
    /// The service's ids for people, as in the ID token.
    #[schema(max_items = 50)]
    subs: Vec<String>,
}

/// The addresses.
#[derive(Serialize, ToSchema)]
struct AddressesReply {
    /// By id of the service for the person; an id of nobody is left out.
    addresses: BTreeMap<String, String>,
}

/// `POST /v1/profiles`: what people show to one viewer, never to be kept: ask again for the next answer.
#[utoipa::path(
    post,
    path = "/v1/profiles",
    request_body = ProfilesQuery,
    responses(
        (status = 200, description = "what is shown", body = ProfilesReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "the service has no profiles", body = ProblemReply, content_type = "application/problem+json"),
        (status = 429, description = "the service asked about as many different people as it may", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn read(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match answer(&app, caller, &body).await {
        Ok(reply) => unkept(Json(reply)),
        Err(error) => HttpError::from(error).into_json(),
    }
}

async fn answer(app: &App, caller: ServiceCaller, body: &[u8]) -> Result<ProfilesReply, ActionError> {
    let query: ProfilesQuery = read_body(body)?;
    if query.profiles.len() > PROFILES_MAX {
        return Err(ActionError::Input("profiles"));
    }
    let ServiceCaller { edition, service } = caller;
    let found = edition.policy.service(service).ok_or(ActionError::Input("service"))?;
    if found.profile.fields.is_empty() {
        return Err(ActionError::Refused(Refusal::NotShown));
    }
    // An id of nobody looks as somebody who is not signed in.
    let viewer = match &query.viewer {
        Some(text) => {
            let sub = Sub::parse(text).ok_or(ActionError::Input("viewer"))?;
            app.store.keys().sector(&found.name).locator(&sub)
        }
        None => None,
    };
    let whom = |text: &String| Person { locator: find_by_address(app, found, text), called: text.clone() };
    let people: Vec<Person> = query.profiles.iter().map(whom).collect();
    check_service(app, &edition, (found, None), &people).await?;
    let looking = Arc::new(looking(app, Arc::clone(&edition), service, viewer).await?);
    // All at once: they share the round trips and the one durable append of the lane.
    let looks: Vec<_> = query
        .profiles
        .iter()
        .map(|text| {
            let (app, looking, whom) = (app.clone(), Arc::clone(&looking), find_by_address(app, found, text));
            tokio::spawn(async move { look(&app, &looking, whom).await })
        })
        .collect();
    let mut profiles = Vec::with_capacity(looks.len());
    for (address, look) in query.profiles.into_iter().zip(looks) {
        let opened = look.await.map_err(|_| ActionError::Broken("a look ended early".to_owned()))??;
        profiles.extend(opened.map(|opened| reply(&edition.policy, address, &opened)));
    }
    Ok(ProfilesReply { profiles })
}

fn reply(policy: &Policy, profile: String, opened: &Opened) -> ProfileReply {
    let fields = opened.fields.iter().filter_map(|each| {
        let field = policy.field(each.field)?;
        Some((field.name.clone(), each.value.reveal().clone()))
    });
    ProfileReply { profile, fields: fields.collect(), receipt: opened.receipt.event().to_string() }
}

/// `POST /v1/profiles/addresses`: where the profiles of people of this service are. Says nothing about what they show.
#[utoipa::path(
    post,
    path = "/v1/profiles/addresses",
    request_body = AddressesQuery,
    responses(
        (status = 200, description = "the addresses", body = AddressesReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 429, description = "the service asked about as many different people as it may", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn addresses(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match all_addresses(&app, &caller, &body).await {
        Ok(reply) => unkept(Json(reply)),
        Err(error) => HttpError::from(error).into_json(),
    }
}

async fn all_addresses(app: &App, caller: &ServiceCaller, body: &[u8]) -> Result<AddressesReply, ActionError> {
    let query: AddressesQuery = read_body(body)?;
    if query.subs.len() > PROFILES_MAX {
        return Err(ActionError::Input("subs"));
    }
    let service = caller.edition.policy.service(caller.service).ok_or(ActionError::Input("service"))?;
    let sector = app.store.keys().sector(&service.name);
    let whom =
        |text: &String| Person { locator: Sub::parse(text).and_then(|sub| sector.locator(&sub)), called: text.clone() };
    let people: Vec<Person> = query.subs.iter().map(whom).collect();
    check_service(app, &caller.edition, (service, None), &people).await?;
    let mut addresses = BTreeMap::new();
    for text in query.subs {
        let Some(locator) = Sub::parse(&text).and_then(|sub| sector.locator(&sub)) else { continue };
        addresses.insert(text, address_of(app, service, &locator)?.as_str().to_owned());
    }
    Ok(AddressesReply { addresses })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_service_is_told_what_its_client_is_tested_by() {
        let vector = |name: &str| -> Value {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/vectors");
            serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap()
        };
        let (profiles, addresses) = (vector("profiles"), vector("profile_addresses"));
        let query: ProfilesQuery = serde_json::from_value(profiles["request"]["body"].clone()).unwrap();
        let reply = ProfileReply {
            profile: query.profiles[0].clone(),
            fields: BTreeMap::from([("given_name".to_owned(), "Әйгерім".to_owned())]),
            receipt: "000102030405060708090a0b0c0d0e0f".to_owned(),
        };
        assert_eq!(json!({ "status": 200, "body": ProfilesReply { profiles: vec![reply] } }), profiles["answer"]);
        let subs: AddressesQuery = serde_json::from_value(addresses["request"]["body"].clone()).unwrap();
        let known = BTreeMap::from([(subs.subs[0].clone(), query.profiles[0].clone())]);
        assert_eq!(json!({ "status": 200, "body": AddressesReply { addresses: known } }), addresses["answer"]);
    }
}
