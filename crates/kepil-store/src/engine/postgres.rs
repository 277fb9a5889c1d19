//! PostgreSQL: a schema for each database, prepared statements, batches in one round of pipelined statements.

use std::pin::pin;

use bytes::BytesMut;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod};
use futures::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;
use tokio_postgres::{
    Client, Config, NoTls, Row as PgRow,
    error::SqlState,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

use super::{DUMPED_ROWS, Dumped, EachRow, Fault, roles};
use crate::{
    StoreError,
    batch::{Batch, Row, Value},
};

const CONNECTIONS_MAX: usize = 8;
const TRIES_MAX: usize = 8;
/// How many rows are mixed in one statement.
const MIXED: u32 = 512;

/// The connections of one schema.
#[derive(Clone)]
pub(crate) struct Pool {
    config: Config,
    pool: deadpool_postgres::Pool,
}

impl Pool {
    /// Connects, makes the schema called `name` with its role, and runs `ddl` in it.
    pub async fn open(url: &str, name: &str, ddl: &str) -> Result<Self, StoreError> {
        let broken = |message: String| StoreError::Database { database: name.to_owned(), message };
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| broken(describe(&error)))?;
        config.application_name("kepil");
        let role = roles::prepare(&config, name).await.map_err(broken)?;
        config.options(format!("-c role={role} -c search_path={name} -c synchronous_commit=on"));
        let manager =
            Manager::from_config(config.clone(), NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        let pool = deadpool_postgres::Pool::builder(manager)
            .max_size(CONNECTIONS_MAX)
            .build()
            .map_err(|error| broken(error.to_string()))?;
        let client = pool.get().await.map_err(|error| broken(reason(error)))?;
        for attempt in 1.. {
            // Two nodes that start together may both try to create: the second finds it done on its next try.
            match client.batch_execute(ddl).await {
                Ok(()) => break,
                Err(_) if attempt < TRIES_MAX => tokio::task::yield_now().await,
                Err(error) => return Err(broken(describe(&error))),
            }
        }
        Ok(Self { config, pool })
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Result<Connection, String> {
        Connection::open(self.config.clone()).await
    }

    pub async fn query(&self, sql: &'static str, params: &[Value]) -> Result<Vec<Row>, String> {
        let client = self.pool.get().await.map_err(reason)?;
        let statement = client.prepare_cached(sql).await.map_err(|error| describe(&error))?;
        let rows = client.query(&statement, &borrowed(params)).await.map_err(|error| describe(&error))?;
        Ok(rows.iter().map(take).collect())
    }

    /// Deletes some rows and inserts the same ones, in the order of their key. Whoever reads meanwhile sees them all the time; whoever
    /// writes waits for the table: a delete that waited for the row instead would find it gone, and leave the new one.
    pub async fn mix(&self, table: &str, key: &str, after: &[u8]) -> Result<Option<(u64, Vec<u8>)>, String> {
        let sql = format!(
            "WITH moved AS (DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {key} > $1 ORDER BY {key} LIMIT {MIXED}) RETURNING *), \
             placed AS (INSERT INTO {table} SELECT * FROM moved ORDER BY {key} RETURNING {key}) \
             SELECT {key} FROM placed ORDER BY {key} DESC"
        );
        let broken = |error: tokio_postgres::Error| describe(&error);
        let mut client = self.pool.get().await.map_err(reason)?;
        let transaction = client.transaction().await.map_err(broken)?;
        let lock = format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE");
        transaction.batch_execute(&lock).await.map_err(broken)?;
        let statement = transaction.prepare_cached(&sql).await.map_err(broken)?;
        let rows = transaction.query(&statement, &[&after]).await.map_err(broken)?;
        transaction.commit().await.map_err(broken)?;
        let last = rows.first().and_then(|row| row.try_get(0).ok());
        Ok(last.map(|last| (rows.len() as u64, last)))
    }

    pub async fn find_each(&self, sql: &'static str, keys: &[[u8; 16]]) -> Result<Vec<Row>, String> {
        let client = self.pool.get().await.map_err(reason)?;
        let statement = client.prepare_cached(&any_of(sql)).await.map_err(|error| describe(&error))?;
        let keys: Vec<&[u8]> = keys.iter().map(<[u8; 16]>::as_slice).collect();
        let rows = client.query(&statement, &[&keys]).await.map_err(|error| describe(&error))?;
        Ok(rows.iter().map(take).collect())
    }

    /// The rows of a table in the order of the heap, as `pg_dump` has them.
    pub async fn each_row(&self, table: &str, each: &mut EachRow<'_>) -> Result<(), String> {
        let Connection { client, .. } = self.connect().await?;
        let alone = "SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0";
        client.batch_execute(alone).await.map_err(|error| describe(&error))?;
        let sql = format!("SELECT * FROM {table}");
        let none: [&(dyn ToSql + Sync); 0] = [];
        let mut rows = pin!(client.query_raw(&sql, none).await.map_err(|error| describe(&error))?);
        let mut columns: Vec<String> = Vec::new();
        while let Some(row) = rows.try_next().await.map_err(|error| describe(&error))? {
            if columns.is_empty() {
                columns.extend(row.columns().iter().map(|column| column.name().to_owned()));
            }
            each(&columns, take(&row));
        }
        Ok(())
    }

    pub async fn execute(&self, batch: Batch) -> Result<(), Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_execute(&batch).await {
                Err(Tried::Again) if tries < TRIES_MAX => {}
                Err(Tried::Again) => return Err(Fault::Guard),
                Err(Tried::No(fault)) => return Err(fault),
                Ok(()) => return Ok(()),
            }
        }
    }

    /// The rows of `selects` in one snapshot, until nobody takes them any more.
    pub async fn dump(
        &self,
        selects: &[String],
        give: &mpsc::Sender<Result<Dumped, StoreError>>,
    ) -> Result<(), String> {
        let Connection { client, .. } = self.connect().await?;
        let broken = |error: tokio_postgres::Error| describe(&error);
        client.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await.map_err(broken)?;
        for (at, select) in selects.iter().enumerate() {
            let rows = client.query_raw(select, std::iter::empty::<&Value>()).await.map_err(broken)?;
            let mut some = pin!(rows.ready_chunks(DUMPED_ROWS));
            let mut is_empty = true;
            while let Some(rows) = some.next().await {
                is_empty = false;
                let rows = rows.iter().map(|row| row.as_ref().map(take)).collect::<Result<Vec<_>, _>>();
                if give.send(Ok((at, rows.map_err(describe)?))).await.is_err() {
                    return Ok(());
                }
            }
            // A table without rows is one too.
            if is_empty && give.send(Ok((at, Vec::new()))).await.is_err() {
                return Ok(());
            }
        }
        client.batch_execute("COMMIT").await.map_err(broken)
    }

    async fn try_execute(&self, batch: &Batch) -> Result<(), Tried> {
        let mut client = self.pool.get().await.map_err(|error| Tried::No(Fault::Broken(reason(error))))?;
        let transaction = client.transaction().await.map_err(|error| tried(&error))?;
        for statement in &batch.0 {
            let prepared = transaction.prepare_cached(statement.sql).await.map_err(|error| tried(&error))?;
            let changed =
                transaction.execute(&prepared, &borrowed(&statement.params)).await.map_err(|error| tried(&error))?;
            if statement.rows.is_some_and(|rows| rows != changed) {
                return Err(Tried::No(Fault::Guard));
            }
        }
        transaction.commit().await.map_err(|error| tried(&error))
    }
}

enum Tried {
    Again,
    No(Fault),
}

fn tried(error: &tokio_postgres::Error) -> Tried {
    match error.code() {
        Some(&(SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED)) => Tried::Again,
        Some(&SqlState::UNIQUE_VIOLATION) => Tried::No(Fault::Guard),
        _ => Tried::No(Fault::Broken(describe(error))),
    }
}

/// One connection of a lane; it comes back by itself after the database was restarted.
pub(crate) struct Connection {
    config: Config,
    client: Client,
    prepared: std::collections::HashMap<&'static str, tokio_postgres::Statement>,
}

impl Connection {
    async fn open(config: Config) -> Result<Self, String> {
        let (client, connection) = config.connect(NoTls).await.map_err(|error| describe(&error))?;
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { config, client, prepared: std::collections::HashMap::new() })
    }

    async fn statement(&mut self, sql: &'static str, text: &str) -> Result<tokio_postgres::Statement, String> {
        if self.client.is_closed() {
            *self = Self::open(self.config.clone()).await?;
        }
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await.map_err(|error| describe(&error))?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }

    pub async fn find_each(&mut self, sql: &'static str, keys: &[[u8; 16]]) -> Result<Vec<Row>, String> {
        let statement = self.statement(sql, &any_of(sql)).await?;
        let keys: Vec<&[u8]> = keys.iter().map(<[u8; 16]>::as_slice).collect();
        let rows = self.client.query(&statement, &[&keys]).await.map_err(|error| describe(&error))?;
        Ok(rows.iter().map(take).collect())
    }

    pub async fn append(&mut self, sql: &'static str, params: &[Value]) -> Result<(), String> {
        let statement = self.statement(sql, sql).await?;
        self.client.execute(&statement, &borrowed(params)).await.map_err(|error| describe(&error)).map(drop)
    }
}

/// One parameter for many keys.
fn any_of(sql: &str) -> String {
    sql.replace("= $1", "= ANY($1)")
}

fn borrowed(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

fn take(row: &PgRow) -> Row {
    let value = |(at, column): (usize, &tokio_postgres::Column)| match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at).ok().flatten().map_or(Value::Null, Value::Int),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at).ok().flatten().map_or(Value::Null, Value::Blob),
        Type::TEXT => row.try_get::<_, Option<String>>(at).ok().flatten().map_or(Value::Null, Value::Text),
        _ => Value::Null,
    };
    Row(row.columns().iter().enumerate().map(value).collect())
}

/// What went wrong, by code only: the server's own messages can carry values.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("PostgreSQL error {} ({:?})", db.code().code(), db.parsed_severity()),
        None => error.to_string(),
    }
}

fn reason(error: deadpool_postgres::PoolError) -> String {
    match error {
        deadpool_postgres::PoolError::Backend(error) => describe(&error),
        other => other.to_string(),
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Text(value) => value.to_sql(ty, out),
            Self::Blob(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
