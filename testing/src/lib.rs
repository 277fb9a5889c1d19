//! Stores, servers and browsers for tests: each test owns a fresh folder, or a fresh database of a PostgreSQL cluster.
//!
//! `./check` starts one cluster and names it in `KEPIL_TEST_POSTGRES`; without it a cluster is started here.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests may stop at the first surprise")]

mod demo;
pub mod visitor;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use kepil_policy::{Bundle, Effective, Policy, compile};
use tempfile::TempDir;

use kepil_store::{Clock, Engine, OsEntropy, Store, StoreConfig, StoreError, SystemClock};

pub use demo::{Demo, Second, code_in};
pub use visitor::{Page, Visitor};

/// Which engine a test runs on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum On {
    /// The embedded engine.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A store of one test, with all that must live as long.
pub struct World {
    /// The store.
    pub store: Arc<Store>,
    /// The policy, as its first edition.
    pub policy: Arc<Effective>,
    /// How the store was opened: for opening it again.
    pub config: StoreConfig,
    /// The clock, to be moved.
    pub clock: Arc<SystemClock>,
    /// Folder of the test; goes with it.
    pub folder: Arc<TempDir>,
    cluster: Option<Arc<Cluster>>,
}

/// Reads the bundle called `name` of the project.
///
/// # Panics
/// When it cannot be read or does not compile.
#[must_use]
pub fn bundle(name: &str) -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies").join(name);
    let mut bundle = Bundle::default();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a bundle's folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = path.strip_prefix(&root).ok().and_then(Path::to_str) {
                let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
                bundle.files.insert(name.to_owned(), text);
            }
        }
    }
    bundle
}

/// The compiled bundle called `name`.
///
/// # Panics
/// When it does not compile.
#[must_use]
pub fn policy(name: &str) -> Policy {
    compile(&bundle(name)).unwrap_or_else(|faults| {
        let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", all.join("\n"))
    })
}

impl World {
    /// A fresh installation of the bundle called `name`.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn new(on: On, name: &str) -> Self {
        Self::waiting(on, name, 0).await
    }

    /// A fresh installation in which entries wait for so many hours where they do not belong to sign-in.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn waiting(on: On, name: &str, wait_hours: u16) -> Self {
        let folder = Arc::new(TempDir::new().expect("a folder"));
        let (engine, cluster) = match on {
            On::Sqlite => (Engine::Sqlite { folder: folder.path().join("store") }, None),
            On::Postgres => {
                let (url, cluster) = fresh_database(folder.path()).await;
                (Engine::Postgres { url }, cluster.map(Arc::new))
            }
        };
        let sealers = ["sealer", "sealer-2"].map(|name| folder.path().join(name)).to_vec();
        let journal = vec![folder.path().join("journal")];
        let config = StoreConfig { journal, wait_hours, ..StoreConfig::new(engine, sealers) };
        let policy = Arc::new(Effective::first(Arc::new(policy(name))));
        let clock = Arc::new(SystemClock::new(policy.policy.time_zone()).expect("a zone"));
        Store::install(&config).await.expect("an installation");
        let store = Store::open(&config, Arc::clone(&clock) as Arc<dyn Clock>).await.expect("a store");
        store.prepare(&policy.policy).await.expect("compartments");
        Self { store: Arc::new(store), policy, config, clock, folder, cluster }
    }

    /// The same installation, opened by another node.
    ///
    /// # Panics
    /// When it cannot be.
    pub async fn another_node(&self) -> Self {
        let store = self.open_again().await.expect("another node");
        let (policy, clock, folder) = (Arc::clone(&self.policy), Arc::clone(&self.clock), Arc::clone(&self.folder));
        Self { store, policy, config: self.config.clone(), clock, folder, cluster: self.cluster.clone() }
    }

    /// The same installation after a restart.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn restarted(self) -> Self {
        self.stopped().started().await
    }

    /// Lets the store go, for another process to have.
    #[must_use]
    pub fn stopped(self) -> Stopped {
        let Self { store, policy, config, clock, folder, cluster } = self;
        drop(store);
        Stopped { policy, config, clock, folder, cluster }
    }

    /// Opens the same installation once more, as another process would.
    ///
    /// # Errors
    /// [`StoreError`] as [`Store::open`].
    pub async fn open_again(&self) -> Result<Arc<Store>, StoreError> {
        let store = Store::open(&self.config, Arc::clone(&self.clock) as Arc<dyn Clock>).await?;
        store.prepare(&self.policy.policy).await?;
        Ok(Arc::new(store))
    }
}

/// A store of one test that is not open.
pub struct Stopped {
    /// The policy, as its first edition.
    pub policy: Arc<Effective>,
    /// How the store was opened.
    pub config: StoreConfig,
    /// The clock, to be moved.
    pub clock: Arc<SystemClock>,
    /// Folder of the test.
    pub folder: Arc<TempDir>,
    cluster: Option<Arc<Cluster>>,
}

impl Stopped {
    /// Loses everything but what the sealers hold, and what lies beside.
    ///
    /// # Panics
    /// When it cannot be removed.
    #[must_use]
    pub async fn without_data(self) -> Self {
        match &self.config.engine {
            Engine::Sqlite { folder } => {
                let_go(folder).await;
                std::fs::remove_dir_all(folder).expect("the folder");
            }
            Engine::Postgres { url } => drop_schemas(url, None).await,
        }
        self
    }

    /// Loses one database.
    ///
    /// # Panics
    /// When it cannot be removed.
    #[must_use]
    pub async fn without(self, database: &str) -> Self {
        match &self.config.engine {
            Engine::Sqlite { folder } => {
                let_go(folder).await;
                for end in ["", "-wal", "-shm"] {
                    drop(std::fs::remove_file(folder.join(format!("{database}.db{end}"))));
                }
            }
            Engine::Postgres { url } => drop_schemas(url, Some(database)).await,
        }
        self
    }

    /// Where the embedded engine has its files.
    ///
    /// # Panics
    /// On another engine.
    #[must_use]
    pub fn store_folder(&self) -> PathBuf {
        match &self.config.engine {
            Engine::Sqlite { folder } => folder.clone(),
            Engine::Postgres { .. } => panic!("PostgreSQL has no folder of ours"),
        }
    }

    /// Opens it.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub async fn started(self) -> World {
        let Self { policy, config, clock, folder, cluster } = self;
        let store = Store::open(&config, Arc::clone(&clock) as Arc<dyn Clock>).await.expect("a store");
        store.prepare(&policy.policy).await.expect("compartments");
        World { store: Arc::new(store), policy, config, clock, folder, cluster }
    }
}

/// A PostgreSQL server of one test, stopped with it.
pub struct Cluster {
    server: Child,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGTERM would wait for connections; the data go with their folder.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

#[expect(clippy::disallowed_methods, reason = "names what `./check` started")]
fn named(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

async fn fresh_database(folder: &Path) -> (String, Option<Cluster>) {
    let (base, cluster) = match named("KEPIL_TEST_POSTGRES") {
        Some(base) => (base, None),
        None => startcluster(folder).await,
    };
    let (client, connection) =
        tokio_postgres::connect(&format!("{base} dbname=postgres"), tokio_postgres::NoTls).await.expect("PostgreSQL");
    let driver = tokio::spawn(connection);
    let mut random = [0; 8];
    kepil_domain::Entropy::fill(&mut OsEntropy, &mut random).expect("randomness");
    let name = format!("t{:016x}", u64::from_be_bytes(random));
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database");
    drop(client);
    drop(driver.await);
    (format!("{base} dbname={name}"), cluster)
}

/// Waits until the last connection of a store that was dropped has closed: it would write into what comes in its place.
async fn let_go(folder: &Path) {
    for _ in 0..1000 {
        let files = std::fs::read_dir(folder).expect("the folder").flatten();
        if !files.into_iter().any(|file| file.file_name().to_string_lossy().ends_with("-wal")) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the store is still open");
}

/// Removes the schema called `only`, or all that the program made.
///
/// # Panics
/// When the server does not answer.
pub async fn drop_schemas(url: &str, only: Option<&str>) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
    let driver = tokio::spawn(connection);
    let all = "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$|^public$'";
    let names: Vec<String> = client.query(all, &[]).await.expect("schemas").iter().map(|row| row.get(0)).collect();
    for name in names.iter().filter(|name| only.is_none_or(|only| only == name.as_str())) {
        client.batch_execute(&format!("DROP SCHEMA {name} CASCADE")).await.expect("a schema");
    }
    drop(client);
    drop(driver.await);
}

/// Starts a server on a socket in `folder`. PostgreSQL refuses to run as root: then it runs as `postgres`.
async fn startcluster(folder: &Path) -> (String, Option<Cluster>) {
    let bin = named("KEPIL_PG_BIN").map(PathBuf::from).or_else(find_postgres);
    let bin = bin.unwrap_or_else(|| panic!("there is no PostgreSQL server: run `./check`, which installs it"));
    let home = folder.join("postgres");
    std::fs::create_dir_all(&home).expect("a folder");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0"));
    let command = |program: &str| {
        let path = bin.join(program);
        if is_root {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
            command
        } else {
            Command::new(path)
        }
    };
    if is_root {
        for path in [folder, &home] {
            let done = Command::new("chown").arg("postgres:postgres").arg(path).status();
            assert!(done.is_ok_and(|done| done.success()), "the folder cannot be given to postgres");
        }
    }
    let data = home.join("data");
    let made = command("initdb")
        .arg("-D")
        .arg(&data)
        .args(["-U", "kepil", "-A", "trust", "--no-sync"])
        .stdout(Stdio::null())
        .status();
    assert!(made.is_ok_and(|made| made.success()), "initdb failed");
    let cluster = Cluster {
        server: command("postgres")
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "max_connections=200", "-k"])
            .arg(&home)
            .stderr(Stdio::null())
            .spawn()
            .expect("a server"),
    };
    let base = format!("host={} user=kepil", home.display());
    for _ in 0..200 {
        if tokio_postgres::connect(&format!("{base} dbname=postgres"), tokio_postgres::NoTls).await.is_ok() {
            return (base, Some(cluster));
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the server did not start");
}

fn find_postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    versions.map(|entry| entry.path().join("bin")).find(|bin| bin.join("initdb").exists())
}
