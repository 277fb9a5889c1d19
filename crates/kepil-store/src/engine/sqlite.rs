//! The embedded engine: WAL, `synchronous=FULL`, one writer thread a database, reader connections apart.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Params, TransactionBehavior, types::ValueRef};
use tokio::sync::oneshot;

use super::{DUMPED_ROWS, Dumped, EachRow, Fault};
use crate::{
    StoreError,
    batch::{Batch, Row, Value},
    schema::TABLES,
};

/// How many waiting batches share one transaction and one flush.
const GROUP_MAX: usize = 256;
const BUSY: Duration = Duration::from_secs(20);

/// The connections of one file.
#[derive(Clone)]
pub(crate) struct Pool {
    path: Arc<PathBuf>,
    readers: Arc<Mutex<Vec<Connection>>>,
    writer: mpsc::Sender<Job>,
}

struct Job {
    batch: Batch,
    answer: oneshot::Sender<Result<(), Fault>>,
}

impl Pool {
    /// Opens the file, runs `ddl`, and starts the writer.
    pub fn open(path: PathBuf, ddl: &str) -> Result<Self, StoreError> {
        let broken =
            |error: &rusqlite::Error| StoreError::File { path: path.display().to_string(), message: describe(error) };
        let mut connection = connect(&path).map_err(|error| broken(&error))?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(|error| broken(&error))?;
        connection.execute_batch(ddl).map_err(|error| broken(&error))?;
        let (writer, jobs) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("kepil-writer".to_owned())
            .spawn(move || write_loop(&mut connection, &jobs))
            .map_err(|error| StoreError::File { path: path.display().to_string(), message: error.to_string() })?;
        Ok(Self { path: Arc::new(path), readers: Arc::default(), writer })
    }

    /// Another connection to the file.
    pub fn connect(&self) -> Result<Connection, String> {
        connect(&self.path).map_err(|error| describe(&error))
    }

    pub fn query(&self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, String> {
        self.reading(|connection| {
            rows(connection, sql, rusqlite::params_from_iter(params)).map_err(|error| describe(&error))
        })
    }

    /// Point reads in one read transaction.
    pub fn find_each(&self, sql: &'static str, keys: &[[u8; 16]]) -> Result<Vec<Row>, String> {
        self.reading(|connection| find_each(connection, sql, keys))
    }

    fn reading<T>(&self, read: impl FnOnce(&mut Connection) -> Result<T, String>) -> Result<T, String> {
        let idle = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = idle.map_or_else(|| self.connect(), Ok)?;
        let found = read(&mut connection)?;
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(found)
    }

    /// The rows of a table as `.dump` has them.
    pub fn each_row(&self, table: &str, each: &mut EachRow<'_>) -> Result<(), String> {
        let connection = self.connect()?;
        let read = |each: &mut EachRow<'_>| -> rusqlite::Result<()> {
            let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                each(&columns, take(row, columns.len())?);
            }
            Ok(())
        };
        read(each).map_err(|error| describe(&error))
    }

    pub async fn execute(&self, batch: Batch) -> Result<(), Fault> {
        let (answer, answered) = oneshot::channel();
        self.writer.send(Job { batch, answer }).map_err(|_| Fault::Closing)?;
        answered.await.map_err(|_| Fault::Closing)?
    }
}

fn connect(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    // What a change would be undone by stays in memory: no file outside the folder, however short.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Drains what is waiting into one transaction; each batch stands or falls alone.
fn write_loop(connection: &mut Connection, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let group: Vec<Job> = std::iter::once(first).chain(jobs.try_iter()).take(GROUP_MAX).collect();
        let (batches, answers): (Vec<_>, Vec<_>) = group.into_iter().map(|job| (job.batch, job.answer)).unzip();
        match write_group(connection, &batches) {
            Ok(results) => answers.into_iter().zip(results).for_each(|(answer, result)| drop(answer.send(result))),
            Err(error) => {
                let message = describe(&error);
                answers.into_iter().for_each(|answer| drop(answer.send(Err(Fault::Broken(message.clone())))));
            }
        }
    }
}

fn write_group(connection: &mut Connection, batches: &[Batch]) -> rusqlite::Result<Vec<Result<(), Fault>>> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Alone it needs no savepoint, for which every page would be copied.
    if let [only] = batches {
        let result = run(&transaction, only);
        if result.is_ok() {
            transaction.commit()?;
        }
        return Ok(vec![result]);
    }
    let mut results = Vec::with_capacity(batches.len());
    for batch in batches {
        let savepoint = transaction.savepoint()?;
        let result = run(&savepoint, batch);
        if result.is_ok() {
            savepoint.commit()?;
        }
        results.push(result);
    }
    transaction.commit()?;
    Ok(results)
}

fn run(connection: &Connection, batch: &Batch) -> Result<(), Fault> {
    for statement in &batch.0 {
        let mut prepared = connection.prepare_cached(&numbered(statement.sql)).map_err(|error| fault(&error))?;
        let params = rusqlite::params_from_iter(&statement.params);
        let changed = prepared.execute(params).map_err(|error| fault(&error))?;
        if statement.rows.is_some_and(|rows| u64::try_from(changed) != Ok(rows)) {
            return Err(Fault::Guard);
        }
    }
    Ok(())
}

/// Point reads in one read transaction.
pub(crate) fn find_each(connection: &mut Connection, sql: &'static str, keys: &[[u8; 16]]) -> Result<Vec<Row>, String> {
    let read = |connection: &mut Connection| -> rusqlite::Result<Vec<Row>> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let mut found = Vec::with_capacity(keys.len());
        {
            let mut statement = transaction.prepare_cached(&numbered(sql))?;
            let columns = statement.column_count();
            for key in keys {
                let mut rows = statement.query([key.as_slice()])?;
                while let Some(row) = rows.next()? {
                    found.push(take(row, columns)?);
                }
            }
        }
        transaction.commit()?;
        Ok(found)
    };
    read(connection).map_err(|error| describe(&error))
}

/// The rows of `selects` in one snapshot, until `give` takes no more.
pub(crate) fn dump(pool: &Pool, selects: &[String], mut give: impl FnMut(Dumped) -> bool) -> Result<(), String> {
    let mut connection = pool.connect()?;
    let mut read = || -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        for (at, select) in selects.iter().enumerate() {
            let mut statement = transaction.prepare(select)?;
            let columns = statement.column_count();
            let mut rows = statement.query([])?;
            let mut some = Vec::with_capacity(DUMPED_ROWS);
            while let Some(row) = rows.next()? {
                some.push(take(row, columns)?);
                if some.len() == DUMPED_ROWS && !give((at, std::mem::take(&mut some))) {
                    return Ok(());
                }
            }
            if !give((at, some)) {
                return Ok(());
            }
        }
        Ok(())
    };
    read().map_err(|error| describe(&error))
}

/// One durable statement of one lane.
pub(crate) fn append(connection: &mut Connection, sql: &'static str, params: &[Value]) -> Result<(), String> {
    let mut statement = connection.prepare_cached(&numbered(sql)).map_err(|error| describe(&error))?;
    statement.execute(rusqlite::params_from_iter(params)).map_err(|error| describe(&error))?;
    Ok(())
}

fn rows(connection: &Connection, sql: &'static str, params: impl Params) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(&numbered(sql))?;
    let columns = statement.column_count();
    let mut rows = statement.query(params)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(take(row, columns)?);
    }
    Ok(all)
}

fn take(row: &rusqlite::Row<'_>, columns: usize) -> rusqlite::Result<Row> {
    let mut values = Vec::with_capacity(columns);
    for at in 0..columns {
        values.push(match row.get_ref(at)? {
            ValueRef::Integer(value) => Value::Int(value),
            ValueRef::Text(value) => Value::Text(String::from_utf8_lossy(value).into_owned()),
            ValueRef::Blob(value) => Value::Blob(value.to_vec()),
            ValueRef::Null | ValueRef::Real(_) => Value::Null,
        });
    }
    Ok(Row(values))
}

/// `$1` is a name to SQLite and `?1` a number; the shared text has `$1`. A row of a table that is mixed gets a random place, by
/// which a dump has it: in the order of its key the table itself would do that too, but reads of it take three times as long.
fn numbered(sql: &'static str) -> String {
    let numbered = sql.replace('$', "?");
    let Some(table) = sql.strip_prefix("INSERT INTO ").map(|rest| rest.split(' ').next()) else { return numbered };
    if TABLES.iter().any(|each| Some(each.name) == table && each.is_mixed()) {
        return numbered.replacen(" (", " (rowid, ", 1).replacen("VALUES (", "VALUES (random(), ", 1);
    }
    numbered
}

fn fault(error: &rusqlite::Error) -> Fault {
    if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) {
        return Fault::Guard;
    }
    Fault::Broken(describe(error))
}

/// What went wrong, by code only: SQLite's own messages can carry values.
fn describe(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => failure.to_string(),
        rusqlite::Error::SqlInputError { error, .. } => error.to_string(),
        other => other.to_string(),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn a_row_of_a_table_that_is_mixed_gets_a_random_place() {
        let person = numbered("INSERT INTO person (handle, version) VALUES ($1, $2) ON CONFLICT (handle) DO NOTHING");
        assert_eq!(
            person,
            "INSERT INTO person (rowid, handle, version) VALUES (random(), ?1, ?2) ON CONFLICT (handle) DO NOTHING"
        );
        assert_eq!(numbered("INSERT INTO head (id) VALUES ($1)"), "INSERT INTO head (id) VALUES (?1)");
        assert_eq!(numbered("DELETE FROM person WHERE handle = $1"), "DELETE FROM person WHERE handle = ?1");
    }
}
