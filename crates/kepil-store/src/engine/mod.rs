//! The seam: the one file that knows there are two engines.
//!
//! One SQL text with `$1 … $n` runs on both. A [`Database`] is one compartment, the key store, the system store or a
//! log; no transaction spans two.

pub(crate) mod postgres;
mod roles;
pub(crate) mod sqlite;
mod tape;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use kepil_domain::EventId;
use tokio::sync::mpsc;

use crate::{
    Engine, StoreError,
    batch::{Batch, Row, Value},
    schema::{Dialect, Place},
};
use tape::Tape;

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

/// Rows of a dump, and the number of the select that they are of.
pub(crate) type Dumped = (usize, Vec<Row>);
/// How many times some rows wait until they are taken.
const DUMPED_MAX: usize = 4;
/// How many rows of a dump are given at once.
const DUMPED_ROWS: usize = 512;
/// Takes the rows of a dump: names of columns, row.
pub(crate) type EachRow<'a> = dyn FnMut(&[String], Row) + Send + 'a;

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

    /// Writes some rows of a table anew, those that come after `after` in the order of `key`, in that order. Returns how many and
    /// the last key; `None` at the end, and where rows lie in that order anyway.
    pub async fn mix(&self, table: &str, key: &str, after: Vec<u8>) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        match &self.inner {
            Inner::Sqlite(_) => Ok(None),
            Inner::Postgres(pool) => pool.mix(table, key, &after).await.map_err(|error| self.broken(&error)),
        }
    }

    /// Every row of a table in the order in which a logical dump has them, with the names of the columns.
    pub async fn each_row(&self, table: &str, each: &mut EachRow<'_>) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(pool) => pool.each_row(table, each).map_err(|error| self.broken(&error)),
            Inner::Postgres(pool) => pool.each_row(table, each).await.map_err(|error| self.broken(&error)),
        }
    }

    /// The rows of all `keys`: `sql` has one parameter, compared with `= $1`. The order is not said.
    pub async fn find_each(&self, sql: &'static str, keys: &[[u8; 16]]) -> Result<Vec<Row>, StoreError> {
        let found = match &self.inner {
            Inner::Sqlite(pool) => pool.find_each(sql, keys),
            Inner::Postgres(pool) => pool.find_each(sql, keys).await,
        };
        found.map_err(|error| self.broken(&error))
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

    /// The rows of several selects in one snapshot, some at a time, each time with the number of the select.
    pub fn dump(&self, selects: Vec<String>) -> mpsc::Receiver<Result<Dumped, StoreError>> {
        let (give, given) = mpsc::channel(DUMPED_MAX);
        let own = self.clone();
        match self.inner.clone() {
            Inner::Sqlite(pool) => drop(tokio::task::spawn_blocking(move || {
                if let Err(message) = sqlite::dump(&pool, &selects, |some| give.blocking_send(Ok(some)).is_ok()) {
                    drop(give.blocking_send(Err(own.broken(&message))));
                }
            })),
            Inner::Postgres(pool) => drop(tokio::spawn(async move {
                if let Err(message) = pool.dump(&selects, &give).await {
                    drop(give.send(Err(own.broken(&message))).await);
                }
            })),
        }
        given
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
    async fn append(&mut self, sql: &'static str, params: &[Value]) -> Result<(), StoreError> {
        let done = match &mut self.inner {
            SessionInner::Sqlite(connection) => sqlite::append(connection, sql, params),
            SessionInner::Postgres(connection) => connection.append(sql, params).await,
        };
        done.map_err(|message| StoreError::Database { database: self.name.clone(), message })
    }
}

/// Where the entries of reads of one compartment wait for the sequencer: on a tape for each lane, or in a table.
pub(crate) enum Reads {
    Tapes { folder: PathBuf, name: String, tapes: Mutex<Vec<Arc<Tape>>> },
    Table(Database),
}

impl Reads {
    /// Those of the log called `name`, which is in `log`.
    pub fn open(home: &Home, name: &str, log: &Database) -> Result<Self, StoreError> {
        let Home::Sqlite(folder) = home else { return Ok(Self::Table(log.clone())) };
        let (folder, name) = (folder.clone(), format!("reads_{name}"));
        // What an earlier start left waits too, whatever the number of lanes is now.
        let count = Tape::count(&folder, &name).map_err(|error| off_tape(&error))?;
        let tapes =
            (0..count).map(|number| open_tape(&folder, &format!("{name}_{number}"))).collect::<Result<_, _>>()?;
        Ok(Self::Tapes { folder, name, tapes: Mutex::new(tapes) })
    }

    /// Where lane `number` appends.
    pub async fn appender(&self, number: u32) -> Result<Appender, StoreError> {
        match self {
            Self::Table(log) => Ok(Appender::Table(Box::new(log.session().await?))),
            Self::Tapes { folder, name, tapes } => {
                let mut tapes = tapes.lock().unwrap_or_else(PoisonError::into_inner);
                while tapes.len() <= number as usize {
                    let next = open_tape(folder, &format!("{name}_{}", tapes.len()))?;
                    tapes.push(next);
                }
                tapes.get(number as usize).cloned().map(Appender::Tape).ok_or(StoreError::Closing)
            }
        }
    }

    /// Everywhere where something may wait.
    pub fn sources(&self) -> Vec<Source> {
        match self {
            Self::Table(log) => vec![Source::Table(
                log.clone(),
                ("SELECT id, entries FROM read_batch LIMIT $1", "DELETE FROM read_batch WHERE id = $1"),
            )],
            Self::Tapes { tapes, .. } => {
                tapes.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().map(Source::Tape).collect()
            }
        }
    }
}

fn open_tape(folder: &std::path::Path, name: &str) -> Result<Arc<Tape>, StoreError> {
    let broken = |error: std::io::Error| StoreError::File { path: name.to_owned(), message: error.to_string() };
    Tape::open(folder, name).map(Arc::new).map_err(broken)
}

/// Where one lane appends.
pub(crate) enum Appender {
    Tape(Arc<Tape>),
    Table(Box<Session>),
}

impl Appender {
    /// Makes entries durable, of which the first is `first`.
    pub async fn append(&mut self, first: &EventId, entries: Vec<u8>) -> Result<(), StoreError> {
        match self {
            Self::Tape(tape) => tape.append(&entries).map_err(|error| off_tape(&error)),
            Self::Table(session) => {
                let sql = "INSERT INTO read_batch (id, entries) VALUES ($1, $2)";
                session.append(sql, &[first.0.into(), entries.into()]).await
            }
        }
    }
}

/// Where entries wait to be taken into a tree.
pub(crate) enum Source {
    Tape(Arc<Tape>),
    /// A table, how what waits in it is read, and how it goes.
    Table(Database, (&'static str, &'static str)),
}

/// What was found waiting.
pub(crate) struct Waiting {
    /// Packed entries, together in the tree or not at all.
    pub entries: Vec<Vec<u8>>,
    /// Whether more may wait.
    pub is_full: bool,
    mark: Mark,
}

enum Mark {
    Tape(u64),
    Table(Batch),
}

impl Source {
    /// How many rows of a table are taken at once.
    const ROWS_MAX: usize = 128;
    /// About how much of a tape is taken at once. Unit: bytes.
    const BYTES_MAX: usize = 2 << 20;

    /// What waits, and is to be taken now.
    pub async fn waiting(&self) -> Result<Waiting, StoreError> {
        match self {
            Self::Tape(tape) => {
                let found = tape.waiting(Self::BYTES_MAX).map_err(|error| off_tape(&error))?;
                Ok(Waiting { entries: found.bytes, is_full: found.is_full, mark: Mark::Tape(found.at) })
            }
            Self::Table(database, (find, remove)) => {
                let most = i64::try_from(Self::ROWS_MAX).unwrap_or(i64::MAX);
                let rows = database.query(find, vec![Value::Int(most)]).await?;
                let is_full = rows.len() == Self::ROWS_MAX;
                let (mut entries, mut gone) = (Vec::with_capacity(rows.len()), Batch::default());
                for mut row in rows {
                    gone = gone.any(remove, vec![row.take_blob(0).into()]);
                    entries.push(row.take_blob(1));
                }
                Ok(Waiting { entries, is_full, mark: Mark::Table(gone) })
            }
        }
    }

    /// What was found waiting is in the tree.
    pub async fn took(&self, waiting: Waiting) -> Result<(), StoreError> {
        match (self, waiting.mark) {
            (Self::Tape(tape), Mark::Tape(at)) => tape.took(at),
            (Self::Table(database, _), Mark::Table(gone)) if !gone.0.is_empty() => database.execute(gone).await?,
            _ => {}
        }
        Ok(())
    }
}

/// Why a tape does not work; its bytes are in no message.
fn off_tape(error: &std::io::Error) -> StoreError {
    StoreError::Database { database: "reads".to_owned(), message: error.kind().to_string() }
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
