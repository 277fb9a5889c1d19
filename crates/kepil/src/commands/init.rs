//! `kepil init`: keys, databases, the first edition. Safe to repeat.

use std::{process::ExitCode, sync::Arc};

use kepil_policy::compile;
use kepil_server::shelf::{PublishError, Shelf};
use kepil_store::{Installed, Store, SystemClock};

use super::Failure;
use crate::{cli::ConfigArgs, config::Config, folder::read_bundle, runtime::block_on};

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(args: &ConfigArgs) -> Result<ExitCode, Failure> {
    let config = Config::read(&args.config)?;
    let bundle = read_bundle(&config.bundle)?;
    let policy = compile(&bundle).map_err(PublishError::Faulty)?;
    config.check_territory(policy.territory())?;
    block_on(async {
        let store = config.store()?;
        let made = Store::install(&store).await?;
        let clock = Arc::new(SystemClock::new(policy.time_zone())?);
        let store = Store::open(&store, clock).await?;
        let shelf = Shelf::default();
        shelf.refresh(&store).await?;
        if shelf.list().is_empty() {
            shelf.publish(&store, &bundle).await?;
            println!("published edition {} as number 1", policy.edition());
        }
        match made {
            Installed::New => println!("a new installation: never copy a sealer folder, have two"),
            Installed::Already => println!("the installation was there already"),
        }
        println!("next: kepil service add … , then kepil serve --config {}", args.config.display());
        Ok(ExitCode::SUCCESS)
    })
}
