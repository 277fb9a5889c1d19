//! The store of a running node: its databases, keys and logs.
//!
//! Start reading at [`Store::open`]. Databases: `keys`, `system`, `contents`, and for each compartment `people_x` and `ledger_x`.

use std::{
    collections::HashMap,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use kepil_domain::{
    EventId, Installation,
    ledger::{LedgerKey, origin},
    vault::{Bucketed, EpochKey, EpochNo, Keys, LEASE_MS, RootKey, RootNo, Secrets},
};
use kepil_policy::{Policy, Tag};

use crate::{
    Clock, FileSealer, OsEntropy, StoreError, SystemClock, SystemStore,
    batch::{Batch, Value},
    buckets::{Buckets, with_all},
    engine::{Database, Home},
    epochs::{EPOCH, EpochState, Learned},
    held::LastHeld,
    ledgers::Log,
    narrowings::Narrowings,
    schema::Place,
    sealer::{Found, Sealers, file},
    secrets::{SECRETS, SecretRow, open_all, pick_root, root_of, with_secret},
};

/// Which engine keeps the data.
#[derive(Clone, Debug)]
pub enum Engine {
    /// Files in a folder; one process.
    Sqlite {
        /// The folder.
        folder: PathBuf,
    },
    /// A PostgreSQL server; any number of processes.
    Postgres {
        /// Connection text, as libpq reads it.
        url: String,
    },
}

/// Where data and keys are.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Where data are.
    pub engine: Engine,
    /// Folders of the sealers; each has all keys.
    pub sealers: Vec<PathBuf>,
    /// Folders of the journal of narrowing acts; each has all of it. Without any, a restore would undo them.
    pub journal: Vec<PathBuf>,
    /// Where the newest copy of the keys lies; made anew before an epoch's key is destroyed.
    pub key_copies: Vec<KeyCopy>,
    /// Files with shares of the root key, when it is split.
    pub shares: Vec<PathBuf>,
    /// For how long entries wait before they are in the log, all together, in each compartment but that of sign-in: what happens
    /// in two at once is not seen at once. 0: they do not. Unit: hours.
    pub wait_hours: u16,
}

/// A folder for the newest copy of the keys.
#[derive(Clone, Debug)]
pub struct KeyCopy {
    /// The folder.
    pub folder: PathBuf,
    /// ISO 3166 code of the country where it is (clause 3.5a).
    pub territory: String,
}

/// How long entries wait when nothing else is said. Unit: hours.
pub const WAIT_HOURS: u16 = 24;

/// A sealer's folder, and the epochs whose keys it has, if it answers.
pub type SealerState = (PathBuf, Result<Vec<EpochNo>, StoreError>);

/// What [`Store::install`] made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Installed {
    /// A new installation.
    New,
    /// Nothing: there was one.
    Already,
}

/// The databases of one compartment.
pub(crate) struct CompartmentStore {
    pub people: Database,
    pub log: Arc<Log>,
}

/// The store of a running node.
pub struct Store {
    pub(crate) home: Home,
    pub(crate) keys: Keys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rings: Database,
    pub(crate) system: SystemStore,
    pub(crate) contents: Database,
    pub(crate) ring_buckets: Buckets,
    pub(crate) mark_buckets: Buckets,
    pub(crate) page_bits: u32,
    pub(crate) sealers: Sealers,
    pub(crate) learned: Learned,
    pub(crate) narrowings: Arc<Narrowings>,
    pub(crate) key_copies: Vec<KeyCopy>,
    pub(crate) held: LastHeld,
    /// The epoch in which the journal was made shorter last.
    pub(crate) compacted: AtomicU64,
    pub(crate) root: RwLock<RootKey>,
    wait_hours: u16,
    compartments: RwLock<HashMap<Tag, Arc<CompartmentStore>>>,
    lanes: AtomicU32,
    _lock: Option<std::fs::File>,
}

const BUCKET_BITS: &str = "bucket_bits";
const PAGE_BITS: &str = "page_bits";
pub(crate) const INSTALLATION: &str = "installation";
/// How far a restore is that was begun and not ended.
pub(crate) const RESTORING: &str = "restoring";
/// Random, of this key store: a copy of another one does not stand in its place.
pub(crate) const BIRTH: &str = "birth";
/// People for whom a new installation is laid out, when nothing else is said.
const PEOPLE_DEFAULT: u64 = 1_000_000;

impl Store {
    /// Makes a new installation: keys in the sealers, settings in the key store. Does nothing where there is one.
    ///
    /// # Errors
    /// [`StoreError`] when a folder or database cannot be used, or data and sealers do not belong together.
    pub async fn install(config: &StoreConfig) -> Result<Installed, StoreError> {
        let sealers = config.sealers()?;
        if sealers.is_empty() {
            return Err(StoreError::Unusable("no sealer is named".to_owned()));
        }
        let (home, _lock) = config.home()?;
        Narrowings::create(&config.journal)?;
        let rings = Database::open(&home, "keys", Place::Keys).await?;
        let (with_keys, without): (Vec<_>, Vec<_>) = sealers.into_iter().partition(FileSealer::is_set_up);
        if find_setting(&rings, INSTALLATION).await?.is_some() {
            return match without.first() {
                None => Ok(Installed::Already),
                Some(sealer) => Err(StoreError::Unusable(format!(
                    "there are data, but the sealer `{}` has no keys to them",
                    sealer.name()
                ))),
            };
        }
        // A start that was broken off leaves sealers with keys of an installation that is not there yet.
        let entropy = &mut OsEntropy;
        let found = if with_keys.is_empty() {
            let roots = vec![RootKey::random(RootNo(0), entropy)?];
            Found { installation: Installation::random(entropy)?, roots, split: None, epochs: Vec::new() }
        } else {
            Sealers(with_keys).find()?
        };
        let installation = found.installation;
        let epoch = match found.epochs.last() {
            Some(epoch) => EpochKey::from_bytes(epoch.no(), *epoch.danger_bytes()),
            None => EpochKey::random(EpochNo(1), entropy)?,
        };
        for sealer in &without {
            sealer.add(&found, std::slice::from_ref(&epoch))?;
        }
        let root = pick_root(found.roots, RootNo(0))?;
        // At most 256 rings a bucket and a few hundred entries a page, at the number of people expected.
        let buckets = (PEOPLE_DEFAULT / 256).next_power_of_two().ilog2();
        let pages = (PEOPLE_DEFAULT / 1024).next_power_of_two().ilog2();
        let settings = [
            (INSTALLATION, installation.0.to_vec()),
            (BUCKET_BITS, vec![low_byte(buckets)]),
            (PAGE_BITS, vec![low_byte(pages)]),
            (EPOCH, epoch.no().0.to_be_bytes().to_vec()),
            (BIRTH, EventId::random(entropy)?.0.to_vec()),
            (SECRETS, 1u64.to_be_bytes().to_vec()),
        ];
        let mut batch = settings.into_iter().fold(Batch::default(), |batch, (name, value)| {
            batch.one("INSERT INTO meta (name, value) VALUES ($1, $2)", vec![name.into(), value.into()])
        });
        let secrets = Secrets::random(SystemClock::new("UTC")?.now().unix_s(), entropy)?;
        for secret in secrets.list() {
            batch = with_secret(batch, &installation, &root, secret)?;
        }
        let keys = Keys::new(installation, secrets, epoch);
        let contents = Database::open(&home, "contents", Place::Content).await?;
        contents.execute(with_all(Batch::default(), Bucketed::Marks, &keys, buckets)?).await?;
        rings.execute(with_all(batch, Bucketed::Rings, &keys, buckets)?).await?;
        Ok(Installed::New)
    }

    /// Opens an installation.
    ///
    /// # Errors
    /// [`StoreError`] when a folder or database cannot be used, data and sealers do not belong together, or a restore has not ended.
    pub async fn open(config: &StoreConfig, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let store = Self::open_restored(config, clock).await?;
        if find_setting(&store.rings, RESTORING).await?.is_some() {
            let text = "a restore was begun and has not ended: run `kepil restore` again";
            return Err(StoreError::Unusable(text.to_owned()));
        }
        Ok(store)
    }

    /// As [`Self::open`], also in the middle of a restore.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_restored(config: &StoreConfig, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let sealers = config.sealers()?;
        let sealers = Sealers(sealers);
        let found = sealers.find()?;
        let installation = found.installation;
        let (home, lock) = config.home()?;
        let rings = Database::open(&home, "keys", Place::Keys).await?;
        let system = SystemStore::open_in(&home).await?;
        let contents = Database::open(&home, "contents", Place::Content).await?;
        if find_setting(&rings, INSTALLATION).await?.as_deref() != Some(installation.0.as_slice()) {
            return Err(StoreError::Unusable("data and sealer are of different installations".to_owned()));
        }
        let bits = async |name| {
            Ok::<_, StoreError>(
                find_setting(&rings, name).await?.and_then(|value| value.first().copied()).map_or(0, u32::from),
            )
        };
        let (bucket_bits, page_bits) = (bits(BUCKET_BITS).await?, bits(PAGE_BITS).await?);
        let state = EpochState::find(&rings).await?;
        let (current, others): (Vec<_>, Vec<_>) = found.epochs.into_iter().partition(|key| key.no() == state.current);
        let current = current.into_iter().next().ok_or_else(|| {
            StoreError::Unusable(format!("no sealer that answers has the key of epoch {}", state.current.0))
        })?;
        if let Err(error) = sealers.spread(state.current) {
            tracing::warn!(error = %error, "not every sealer has the key of the epoch: none is closed before that");
        }
        let rows = SecretRow::list(&rings).await?;
        let root = config.root_for(found.installation, found.roots, found.split, &rows)?;
        let keys = Keys::new(installation, open_all(&installation, &root, &rows)?, current);
        others.into_iter().for_each(|key| keys.hold(key));
        let ring_buckets = Buckets::new(Bucketed::Rings, bucket_bits, rings.clone());
        let mark_buckets = Buckets::new(Bucketed::Marks, bucket_bits, contents.clone());
        Ok(Self {
            home,
            keys,
            clock,
            rings,
            system,
            contents,
            ring_buckets,
            mark_buckets,
            page_bits,
            sealers,
            learned: Learned::default(),
            narrowings: Arc::new(Narrowings::open(&config.journal)?),
            key_copies: config.key_copies.clone(),
            held: LastHeld::default(),
            compacted: AtomicU64::new(0),
            root: RwLock::new(root),
            wait_hours: config.wait_hours,
            compartments: RwLock::default(),
            lanes: AtomicU32::new(0),
            _lock: lock,
        })
    }

    /// Opens the databases of every compartment of `policy` that are not open yet.
    ///
    /// # Errors
    /// [`StoreError`] when a database cannot be used.
    pub async fn prepare(&self, policy: &Policy) -> Result<(), StoreError> {
        for compartment in policy.compartments() {
            let tag = compartment.tag;
            if self.compartment(tag).is_ok() {
                continue;
            }
            let name = compartment.name.clone();
            let people = Database::open(&self.home, &format!("people_{name}"), Place::Compartment).await?;
            let key = |generation| self.log_key(&name, generation);
            let is_home = policy.fields().iter().any(|field| field.sign_in && field.compartment == compartment.id);
            let waits = Some(self.wait_hours).filter(|hours| *hours > 0 && !is_home);
            let log = Arc::new(Log::open(&self.home, &name, key, Arc::clone(&self.narrowings), waits).await?);
            let opened = Arc::new(CompartmentStore { people, log });
            self.compartments.write().unwrap_or_else(PoisonError::into_inner).insert(tag, opened);
        }
        Ok(())
    }

    /// The key of one generation of the log of the compartment called `name`.
    pub(crate) fn log_key(&self, name: &str, generation: u32) -> Result<LedgerKey, StoreError> {
        let (origin, seeds) = (origin(self.keys.installation(), name, generation), self.keys.ledger_seeds(name));
        let key = LedgerKey::from_seeds(origin, seeds.iter().map(|seed| &**seed));
        key.map_err(|error| StoreError::Unusable(error.to_string()))
    }

    /// Names of the compartments that are open.
    pub(crate) fn compartment_names(&self) -> Vec<String> {
        let all = self.compartments.read().unwrap_or_else(PoisonError::into_inner);
        let mut names: Vec<String> = all.values().map(|compartment| compartment.log.name.clone()).collect();
        names.sort();
        names
    }

    /// Editions and clients.
    #[must_use]
    pub fn system(&self) -> &SystemStore {
        &self.system
    }

    /// The keys of this node.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The clock of this node.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Tags of the compartments that are open.
    #[must_use]
    pub fn compartments(&self) -> Vec<Tag> {
        self.compartments.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    pub(crate) fn compartment(&self, tag: Tag) -> Result<Arc<CompartmentStore>, StoreError> {
        let all = self.compartments.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&tag)
            .cloned()
            .ok_or_else(|| StoreError::Unusable("a compartment that the policy does not have".to_owned()))
    }

    pub(crate) fn next_lane(&self) -> u32 {
        self.lanes.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until no facts read before now can be acted on, on any node. Called after a narrowing act was committed and
    /// before it is answered.
    pub async fn wait_out_leases(&self) {
        tokio::time::sleep(Duration::from_millis(LEASE_MS + 10)).await;
    }
}

impl StoreConfig {
    /// Where data and keys are, and nothing else.
    #[must_use]
    pub fn new(engine: Engine, sealers: Vec<PathBuf>) -> Self {
        let (journal, key_copies, shares) = (Vec::new(), Vec::new(), Vec::new());
        Self { engine, sealers, journal, key_copies, shares, wait_hours: WAIT_HOURS }
    }

    /// The keys that the sealers hold; the newest epoch's is the one under which is sealed.
    pub(crate) async fn find_keys(&self) -> Result<Keys, StoreError> {
        let rings = Database::open(&Home::of(&self.engine), "keys", Place::Keys).await?;
        self.keys_with(&SecretRow::list(&rings).await?)
    }

    /// The keys that the sealers hold, and these secrets.
    pub(crate) fn keys_with(&self, rows: &[SecretRow]) -> Result<Keys, StoreError> {
        let Found { installation, roots, split, mut epochs } = Sealers(self.sealers()?).find()?;
        epochs.sort_by_key(EpochKey::no);
        let newest =
            epochs.pop().ok_or_else(|| StoreError::Unusable("no sealer has the key of an epoch".to_owned()))?;
        let root = self.root_for(installation, roots, split, rows)?;
        let keys = Keys::new(installation, open_all(&installation, &root, rows)?, newest);
        epochs.into_iter().for_each(|key| keys.hold(key));
        Ok(keys)
    }

    /// The root key that seals `rows`: from a sealer, or from shares when it is split.
    fn root_for(
        &self,
        at: Installation,
        roots: Vec<RootKey>,
        split: Option<(RootNo, [u8; 32])>,
        rows: &[SecretRow],
    ) -> Result<RootKey, StoreError> {
        match split {
            Some(split) if roots.is_empty() => self.root_in_shares(&at, split),
            _ => pick_root(roots, root_of(rows)?),
        }
    }

    /// Makes a new folder one of the sealers.
    ///
    /// # Errors
    /// [`StoreError`] when no sealer answers, or the folder has keys or cannot be used.
    pub fn add_sealer(&self, folder: &Path) -> Result<(), StoreError> {
        let found = Sealers(self.sealers()?).find()?;
        // The key of the epoch comes when a node starts with it: from then on it is destroyed there too.
        FileSealer::new(folder.to_owned(), self.data())?.add(&found, &[])
    }

    /// The folders, and of which epochs each has the key.
    ///
    /// # Errors
    /// [`StoreError`] when a folder lies where none may.
    pub fn list_sealers(&self) -> Result<Vec<SealerState>, StoreError> {
        let sealers = self.sealers()?;
        Ok(self.sealers.iter().cloned().zip(sealers.iter().map(FileSealer::numbers)).collect())
    }

    fn data(&self) -> Option<&Path> {
        match &self.engine {
            Engine::Sqlite { folder } => Some(folder.as_path()),
            Engine::Postgres { .. } => None,
        }
    }

    pub(crate) fn sealers(&self) -> Result<Vec<FileSealer>, StoreError> {
        let data = self.data();
        self.sealers.iter().map(|folder| FileSealer::new(folder.clone(), data)).collect()
    }

    /// The embedded engine serves one process: the folder is locked for as long as the file lives.
    pub(crate) fn home(&self) -> Result<(Home, Option<std::fs::File>), StoreError> {
        match &self.engine {
            Engine::Postgres { .. } => Ok((Home::of(&self.engine), None)),
            Engine::Sqlite { folder } => {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)
                    .map_err(|error| file(folder, &error))?;
                let path = folder.join("lock");
                let lock = std::fs::File::create(&path).map_err(|error| file(&path, &error))?;
                lock.try_lock().map_err(|_| {
                    StoreError::Unusable(format!("another process uses `{}`: stop it first", folder.display()))
                })?;
                Ok((Home::of(&self.engine), Some(lock)))
            }
        }
    }
}

pub(crate) async fn find_setting(rings: &Database, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row = rings.find("SELECT value FROM meta WHERE name = $1", vec![Value::from(name)]).await?;
    Ok(row.map(|row| row.blob(0).to_vec()))
}

fn low_byte(bits: u32) -> u8 {
    u8::try_from(bits).unwrap_or(u8::MAX)
}
