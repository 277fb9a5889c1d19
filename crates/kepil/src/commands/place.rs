//! Which installation a command is about: that of a configuration file, or a running demo.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use kepil_policy::{Bundle, Policy, compile};
use kepil_server::{App, AppConfig, app::MailConfig, shelf::PublishError};
use kepil_store::{Clock, Store, StoreConfig, SystemClock, SystemStore};

use super::Failure;
use crate::{config::Config, demo};

/// Which installation.
#[derive(Args)]
pub struct Place {
    /// The configuration file of the installation
    #[arg(long, default_value = "kepil.toml", conflicts_with = "demo")]
    config: PathBuf,
    /// Folder of a running demo, instead of a configuration
    #[arg(long)]
    demo: Option<PathBuf>,
}

/// What a command needs of it. The system database alone needs no key and no lock: it works beside a running server.
pub struct Found {
    /// The configuration, unless it is a demo.
    pub config: Option<Config>,
    /// Where people reach it.
    pub issuer: String,
    /// Where data and keys are.
    pub store: StoreConfig,
    offset_s: i64,
}

impl Place {
    /// Finds it.
    ///
    /// # Errors
    /// [`Failure`] that says what to mend in the configuration.
    pub fn find(&self) -> Result<Found, Failure> {
        if let Some(folder) = &self.demo {
            let (issuer, offset_s) = (demo::issuer(folder)?, demo::offset_s(folder));
            return Ok(Found { config: None, issuer, store: demo::store(folder), offset_s });
        }
        let config = Config::read(&self.config)?;
        let store = config.store()?;
        let issuer = config.issuer.clone();
        Ok(Found { store, config: Some(config), issuer, offset_s: 0 })
    }
}

impl Found {
    /// Its system database.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be used.
    pub async fn system(&self) -> Result<SystemStore, Failure> {
        Ok(SystemStore::open(&self.store.engine).await?)
    }

    /// The whole program without a server. On the embedded engine no server may run meanwhile.
    ///
    /// # Errors
    /// [`Failure`] when data or keys cannot be used.
    pub async fn app(&self) -> Result<App, Failure> {
        let policy = last_edition(&self.system().await?).await?;
        if let Some(config) = &self.config {
            config.check_territory(policy.territory())?;
        }
        let store = Store::open(&self.store, Arc::new(self.clock(&policy)?)).await?;
        let app = match &self.config {
            Some(config) => config.app()?,
            None => AppConfig {
                issuer: self.issuer.clone(),
                mail: MailConfig::Folder(std::env::temp_dir()),
                texts: None,
                password_threads: 1,
                stolen_passwords: None,
                proxies: Vec::new(),
                witnesses: Vec::new(),
            },
        };
        Ok(App::start(Arc::new(store), app).await?)
    }

    /// Its clock, which shows the days of `policy`.
    ///
    /// # Errors
    /// [`Failure`] when there is no such zone.
    pub fn clock(&self, policy: &Policy) -> Result<SystemClock, Failure> {
        let clock = SystemClock::new(policy.time_zone())?;
        clock.set_offset_s(self.offset_s);
        Ok(clock)
    }

    /// What it shows. Unit: Unix seconds.
    ///
    /// # Errors
    /// As [`Self::clock`].
    pub fn now_s(&self, policy: &Policy) -> Result<i64, Failure> {
        Ok(self.clock(policy)?.now().unix_s())
    }
}

/// The edition that was published last.
///
/// # Errors
/// [`Failure`] when there is none yet.
pub async fn last_edition(system: &SystemStore) -> Result<Policy, Failure> {
    let last = system.list_editions(0).await?.pop();
    let last = last.ok_or_else(|| Failure::Plain("no edition is published: run `kepil init` first".to_owned()))?;
    let bundle = Bundle::from_text(&last.bundle).map_err(|error| PublishError::Faulty(vec![error]))?;
    Ok(compile(&bundle).map_err(PublishError::Faulty)?)
}
