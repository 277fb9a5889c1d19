//! What every request has at hand: store, lane of its runtime, policy in force, keys, mail, password pool.

use std::{
    ops::Deref,
    path::{Path, PathBuf},
    sync::Arc,
};

use kepil_domain::{EventId, Moment, Personal, ledger::WitnessVerifyKey};
use kepil_policy::Effective;
use kepil_store::{Lane, OsEntropy, Store};
use webauthn_rs::Webauthn;

use crate::{
    actions::{ActionError, passkeys},
    budgets::Budgets,
    egress::{Courier, LogClient, Mailer, Sender, TextConfig},
    http::sender::Network,
    metrics::Metrics,
    oidc::{Clients, SigningKeys},
    password::{Hasher, StolenList},
    shelf::Shelf,
    throttle::{self, Counts, Limit, Throttle},
};

/// Settings of a running server; facts of a deployment, not policy.
#[derive(Clone, Debug)]
pub struct AppConfig {
    /// Address under which people and services reach it, without a slash at the end.
    pub issuer: String,
    /// Where letters go.
    pub mail: MailConfig,
    /// Where texts to phones go; without it a phone is no factor.
    pub texts: Option<TextConfig>,
    /// How many threads hash passwords.
    pub password_threads: usize,
    /// A file of the hashes of passwords that were stolen elsewhere, sorted; such are not taken.
    pub stolen_passwords: Option<PathBuf>,
    /// Proxies in front that write down from where a request was sent.
    pub proxies: Vec<Network>,
    /// Who co-signs the checkpoints of the ledgers.
    pub witnesses: Vec<WitnessConfig>,
}

/// Somebody else who co-signs the checkpoints of the ledgers.
#[derive(Clone, Debug)]
pub struct WitnessConfig {
    /// Address, without a slash at the end; `/add-checkpoint` is below it.
    pub url: String,
    /// Its public key.
    pub key: WitnessVerifyKey,
    /// ISO 3166 code of the country where it is (clause 3.5a).
    pub territory: String,
}

/// Where letters go.
#[derive(Clone, Debug)]
pub enum MailConfig {
    /// Files in a folder: for the demo and tests.
    Folder(PathBuf),
    /// A mail server.
    Smtp {
        /// `smtps://` or `smtp://` address.
        url: String,
        /// Sender.
        from: String,
        /// ISO 3166 code of the country where it is (clause 3.5a).
        territory: String,
    },
}

/// What every request has at hand; one a runtime, because of its lane. Cloned many times a request, so it is one pointer, and
/// not one that other runtimes count.
#[derive(Clone)]
pub struct App(Arc<Parts>);

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What an [`App`] is made of.
#[derive(Clone)]
pub struct Parts {
    /// Databases, keys, logs.
    pub store: Arc<Store>,
    /// The lane of this runtime.
    pub lane: Lane,
    /// Every edition.
    pub shelf: Arc<Shelf>,
    /// The way out for letters.
    pub mailer: Arc<Mailer>,
    /// The way out for texts to phones.
    pub sender: Arc<Sender>,
    /// The way out for messages to services.
    pub courier: Arc<Courier>,
    /// The way out to witnesses.
    pub logs: Arc<LogClient>,
    /// The pool that hashes passwords.
    pub hasher: Hasher,
    /// Passwords that were stolen elsewhere.
    pub stolen: Option<Arc<StolenList>>,
    /// Signs tokens.
    pub signing: Arc<SigningKeys>,
    /// Verifies passkeys; `None` when browsers have none for this address.
    pub webauthn: Option<Arc<Webauthn>>,
    /// How often something may be tried.
    pub throttle: Arc<Throttle>,
    /// Of how many people services and staff may still ask.
    pub budgets: Arc<Budgets>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The clients that were asked for lately.
    pub clients: Arc<Clients>,
    /// Settings.
    pub config: Arc<AppConfig>,
}

impl App {
    /// The same server on the current runtime: everything shared but the lane.
    #[must_use]
    pub fn on_this_runtime(&self) -> Self {
        Self(Arc::new(Parts { lane: Lane::start(Arc::clone(&self.store)), ..Parts::clone(&self.0) }))
    }

    /// Everything a server needs, on the current runtime.
    ///
    /// # Errors
    /// [`ActionError`] when the editions cannot be read or a pool not be started.
    pub async fn start(store: Arc<Store>, config: AppConfig) -> Result<Self, ActionError> {
        let shelf = Arc::new(Shelf::default());
        shelf.refresh(&store).await.map_err(|error| ActionError::Broken(error.to_string()))?;
        let territory = shelf.at(i64::MAX).map(|edition| edition.policy.territory().to_vec()).unwrap_or_default();
        let parts = Parts {
            lane: Lane::start(Arc::clone(&store)),
            shelf,
            mailer: Arc::new(Mailer::new(&config.mail, &territory)?),
            sender: Arc::new(Sender::new(config.texts.as_ref(), &config.issuer, &territory)?),
            courier: Arc::new(Courier::new(&config.issuer)?),
            logs: Arc::new(LogClient::new()?),
            hasher: Hasher::start(config.password_threads).map_err(|error| ActionError::Broken(error.to_string()))?,
            stolen: open_stolen(config.stolen_passwords.as_deref())?,
            signing: Arc::new(SigningKeys::open(&store).await?),
            webauthn: passkeys::verifier(&config.issuer).map(Arc::new),
            throttle: Arc::default(),
            budgets: Arc::default(),
            metrics: Arc::default(),
            clients: Arc::default(),
            config: Arc::new(config),
            store,
        };
        Ok(Self(Arc::new(parts)))
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.store.clock().now()
    }

    /// Counts a try of `what` by the person or about the person who is called `name`, unless there were too many.
    ///
    /// # Errors
    /// [`ActionError::Busy`] when there were.
    pub fn try_once(&self, what: &str, name: &Personal<String>, limit: Limit) -> Result<[u8; 16], ActionError> {
        self.try_in(&self.throttle.persons, what, name, limit)
    }

    /// [`Self::try_once`] of what is no person's: in another table of the throttle.
    ///
    /// # Errors
    /// [`ActionError::Busy`] when there were too many.
    pub fn try_in(
        &self,
        counts: &Counts,
        what: &str,
        name: &Personal<String>,
        limit: Limit,
    ) -> Result<[u8; 16], ActionError> {
        let key = throttle::key(self.store.keys(), what, name);
        if counts.count(key, limit, self.now().unix_s()) > limit.tries {
            self.metrics.throttled();
            return Err(ActionError::Busy);
        }
        Ok(key)
    }

    /// The edition in force.
    ///
    /// # Errors
    /// [`ActionError::NoPolicy`] before the first was published.
    pub fn policy(&self) -> Result<Arc<Effective>, ActionError> {
        self.shelf.at(self.now().unix_s()).ok_or(ActionError::NoPolicy)
    }

    /// A name for an act.
    ///
    /// # Errors
    /// [`ActionError`] when there is no randomness.
    pub fn new_event() -> Result<EventId, ActionError> {
        Ok(EventId::random(&mut OsEntropy)?)
    }
}

fn open_stolen(path: Option<&Path>) -> Result<Option<Arc<StolenList>>, ActionError> {
    let open = |path: &Path| {
        let list = StolenList::open(path).map_err(|error| {
            ActionError::Broken(format!("`{}` is no list of stolen passwords: {error}", path.display()))
        })?;
        Ok(Arc::new(list))
    };
    path.map(open).transpose()
}
