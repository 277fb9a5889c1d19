//! `kepil service`: the clients by which services reach the provider.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use kepil_policy::compile;
use kepil_server::{oidc::NewClient, shelf::PublishError};
use kepil_store::{OsEntropy, SystemStore};

use super::Failure;
use crate::{config::Config, folder::read_bundle, runtime::block_on};

/// What to do with clients.
#[derive(Subcommand)]
pub enum ServiceCommand {
    /// Register a client of a service; prints its id and secret once
    Add {
        /// Name of the service in the bundle
        service: String,
        /// Where people come back to after signing in; may be repeated
        #[arg(long, required = true)]
        redirect_uri: Vec<String>,
        /// Where people come back to after signing out; may be repeated
        #[arg(long)]
        post_logout_redirect_uri: Vec<String>,
        /// The configuration file
        #[arg(long, default_value = "kepil.toml")]
        config: PathBuf,
    },
    /// List the clients
    List {
        /// The configuration file
        #[arg(long, default_value = "kepil.toml")]
        config: PathBuf,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: ServiceCommand) -> Result<ExitCode, Failure> {
    match command {
        ServiceCommand::Add { service, redirect_uri, post_logout_redirect_uri, config } => {
            let client = NewClient {
                post_logout_redirect_uris: post_logout_redirect_uri,
                ..NewClient::of(&service, redirect_uri)
            };
            add(client, &Config::read(&config)?)
        }
        ServiceCommand::List { config } => list(&Config::read(&config)?),
    }
}

fn add(client: NewClient, config: &Config) -> Result<ExitCode, Failure> {
    let policy = compile(&read_bundle(&config.bundle)?).map_err(PublishError::Faulty)?;
    if policy.find_service(&client.service).is_none() {
        let names: Vec<&str> = policy.services().iter().map(|service| service.name.as_str()).collect();
        return Err(Failure::Plain(format!(
            "the bundle has no service `{}`; it has: {}",
            client.service,
            names.join(", ")
        )));
    }
    let (row, secret) = client.make(&mut OsEntropy).map_err(|error| Failure::Plain(error.to_string()))?;
    block_on(async {
        SystemStore::open(&config.store()?.engine).await?.set_client(&row).await?;
        println!("client_id     = {}", row.client_id);
        println!("client_secret = {}", secret.as_str());
        println!("issuer        = {}", config.issuer);
        println!("the secret is shown once: keep it where the service keeps its secrets");
        Ok(ExitCode::SUCCESS)
    })
}

fn list(config: &Config) -> Result<ExitCode, Failure> {
    block_on(async {
        for client in SystemStore::open(&config.store()?.engine).await?.list_clients().await? {
            println!("{}  {}", client.client_id, client.service);
        }
        Ok(ExitCode::SUCCESS)
    })
}
