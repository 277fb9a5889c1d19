//! The seam: the one file that knows there are two engines.
//!
//! One SQL text with `$1 … $n` runs on both. A [`Database`] is one compartment, the key store, the system store or a
//! log; no transaction spans two.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use crate::{
    Engine, StoreError,
    batch::{Batch, Row, Value},
    schema::{Dialect, Place},
};

/// Where databases are.
#[derive(Clone)]
pub(crate) enum Home {
    /// A folder of files.
    Sqlite(std::path::PathBuf),
    /// A server; a schema for each database.
    Postgres(String),
}

impl Home {
    /// Where `engine` keeps its databases.
    pub fn of(engine: &Engine) -> Self {
        match engine {
            Engine::Sqlite { folder } => Self::Sqlite(folder.clone()),
            Engine::Postgres { url } => Self::Postgres(url.clone()),
        }
    }
}

/// One database.
#[derive(Clone)]
pub(crate) struct Database {
    name: String,
    inner: Inner,
}

#[derive(Clone)]
enum Inner {
    Sqlite(sqlite::Pool),
    Postgres(Box<postgres::Pool>),
}

impl Database {
    /// Opens the database called `name`, making what the schema registry has for its `place`.
    pub async fn open(home: &Home, name: &str, place: Place) -> Result<Self, StoreError> {
        let inner = match home {
            Home::Sqlite(folder) => {
                Inner::Sqlite(sqlite::Pool::open(folder.join(format!("{name}.db")), &place.ddl(Dialect::Sqlite))?)
            }
            Home::Postgres(url) => {
                Inner::Postgres(Box::new(postgres::Pool::open(url, name, &place.ddl(Dialect::Postgres)).await?))
            }
        };
        Ok(Self { name: name.to_owned(), inner })
    }

    /// Rows of a snapshot read.
    pub async fn query(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match &self.inner {
            Inner::Sqlite(pool) => pool.query(sql, &params).map_err(|error| self.broken(&error)),
            Inner::Postgres(pool) => pool.query(sql, &params).await.map_err(|error| self.broken(&error)),
        }
    }

    /// The one row, if there is one.
    pub async fn find(&self, sql: &'static str, params: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// Executes a batch atomically and durably.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a guard did not hold; then nothing of the batch happened.
    pub async fn execute(&self, batch: Batch) -> Result<(), StoreError> {
        let done = match &self.inner {
            Inner::Sqlite(pool) => pool.execute(batch).await,
            Inner::Postgres(pool) => pool.execute(batch).await,
        };
        done.map_err(|fault| match fault {
            Fault::Guard => StoreError::Conflict,
            Fault::Closing => StoreError::Closing,
            Fault::Broken(message) => self.broken(&message),
        })
    }

    /// A connection of its own, for a lane.
    pub async fn session(&self) -> Result<Session, StoreError> {
        let inner = match &self.inner {
            Inner::Sqlite(pool) => SessionInner::Sqlite(pool.connect().map_err(|error| self.broken(&error))?),
            Inner::Postgres(pool) => {
                SessionInner::Postgres(Box::new(pool.connect().await.map_err(|error| self.broken(&error))?))
            }
        };
        Ok(Session { name: self.name.clone(), inner })
    }

    fn broken(&self, message: &str) -> StoreError {
        StoreError::Database { database: self.name.clone(), message: message.to_owned() }
    }
}

/// One connection, used by one lane at a time.
pub(crate) struct Session {
    name: String,
    inner: SessionInner,
}

enum SessionInner {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Connection>),
}

impl Session {
    /// The rows of all `keys`, in one snapshot: `sql` has one parameter, compared with `= $1`. The order is not said.
    pub async fn find_each(&mut self, sql: &'static str, keys: &[[u8; 16]]) -> Result<Vec<Row>, StoreError> {
        let found = match &mut self.inner {
            SessionInner::Sqlite(connection) => sqlite::find_each(connection, sql, keys),
            SessionInner::Postgres(connection) => connection.find_each(sql, keys).await,
        };
        found.map_err(|message| StoreError::Database { database: self.name.clone(), message })
    }

    /// Executes one statement durably.
    pub async fn append(&mut self, sql: &'static str, params: &[Value]) -> Result<(), StoreError> {
        let done = match &mut self.inner {
            SessionInner::Sqlite(connection) => sqlite::append(connection, sql, params),
            SessionInner::Postgres(connection) => connection.append(sql, params).await,
        };
        done.map_err(|message| StoreError::Database { database: self.name.clone(), message })
    }
}

/// Why a batch did not happen.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A guard did not hold.
    Guard,
    /// The writer is gone.
    Closing,
    /// The database said no.
    Broken(String),
}
