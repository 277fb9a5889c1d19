//! `kepil service`: the clients by which services reach the provider.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use kepil_policy::Policy;
use kepil_server::{
    actions::register_client::{Enrolment, enrol},
    oidc::{Metadata, NewClient},
};
use kepil_store::OsEntropy;

use super::{
    Failure,
    place::{Place, last_edition},
};
use crate::runtime::block_on;

/// What to do with clients.
#[derive(Subcommand)]
pub enum ServiceCommand {
    /// Register a client of a service; prints its id and secret once
    Add {
        /// Name of the service in the bundle
        service: String,
        /// Where people come back to after signing in; may be repeated
        #[arg(long)]
        redirect_uri: Vec<String>,
        /// Where people come back to after signing out; may be repeated
        #[arg(long)]
        post_logout_redirect_uri: Vec<String>,
        /// A JSON file with what else there is to say of the client, in the names of RFC 7591
        #[arg(long)]
        metadata: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Print a token with which a service registers its clients itself (RFC 7591), for one day
    Enrol {
        /// Name of the service in the bundle
        service: String,
        /// ISO 3166 code of the country where its clients are told of sign-outs
        #[arg(long)]
        territory: Option<String>,
        /// Clients with a secret may do without proof keys
        #[arg(long)]
        allow_no_pkce: bool,
        #[command(flatten)]
        place: Place,
    },
    /// List the clients
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: ServiceCommand) -> Result<ExitCode, Failure> {
    match command {
        ServiceCommand::Add { service, redirect_uri, post_logout_redirect_uri, metadata, place } => {
            let mut said = metadata.map(read_metadata).transpose()?.unwrap_or_default();
            said.redirect_uris.extend(redirect_uri);
            said.post_logout_redirect_uris.extend(post_logout_redirect_uri);
            add(NewClient { service, metadata: said }, &place)
        }
        ServiceCommand::Enrol { service, territory, allow_no_pkce, place } => {
            print_token(&Enrolment { service, territory, allow_no_pkce }, &place)
        }
        ServiceCommand::List { place } => list(&place),
    }
}

fn read_metadata(path: PathBuf) -> Result<Metadata, Failure> {
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))?;
    serde_json::from_str(&text).map_err(|error| Failure::Plain(format!("`{}`: {error}", path.display())))
}

/// A client can only be one of a service that the policy has, and be told things only where the policy allows.
fn check(policy: &Policy, service: &str, territory: Option<&String>) -> Result<(), Failure> {
    if policy.find_service(service).is_none() {
        let names: Vec<&str> = policy.services().iter().map(|service| service.name.as_str()).collect();
        let text = format!("the policy has no service `{service}`; it has: {}", names.join(", "));
        return Err(Failure::Plain(text));
    }
    match territory.filter(|place| !policy.territory().contains(place)) {
        None => Ok(()),
        Some(place) => {
            let allowed = policy.territory().join(", ");
            Err(Failure::Plain(format!("`{place}` is not allowed, the policy allows {allowed} only (clause 3.5a)")))
        }
    }
}

fn add(client: NewClient, place: &Place) -> Result<ExitCode, Failure> {
    let found = place.find()?;
    block_on(async {
        let system = found.system().await?;
        check(&last_edition(&system).await?, &client.service, client.metadata.territory.as_ref())?;
        let (row, secret) = client.make(&mut OsEntropy).map_err(|error| Failure::Plain(error.to_string()))?;
        system.set_client(&row).await?;
        println!("client_id     = {}", row.client_id);
        if !secret.is_empty() {
            println!("client_secret = {}", secret.as_str());
        }
        println!("issuer        = {}", found.issuer);
        if !secret.is_empty() {
            println!("the secret is shown once: keep it where the service keeps its secrets");
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn print_token(enrolment: &Enrolment, place: &Place) -> Result<ExitCode, Failure> {
    let found = place.find()?;
    block_on(async {
        let system = found.system().await?;
        let policy = last_edition(&system).await?;
        check(&policy, &enrolment.service, enrolment.territory.as_ref())?;
        let token = enrol(&system, enrolment, found.now_s(&policy)?, &mut OsEntropy).await?;
        println!("{}", token.as_str());
        Ok(ExitCode::SUCCESS)
    })
}

fn list(place: &Place) -> Result<ExitCode, Failure> {
    block_on(async {
        for client in place.find()?.system().await?.list_clients().await? {
            println!("{}  {}", client.client_id, client.service);
        }
        Ok(ExitCode::SUCCESS)
    })
}
