//! Restoring: the rows of two backups, of data and of keys, come into empty databases.
//!
//! Start reading at [`StoreConfig::load_backups`]; `mend.rs` goes on from there. A restore that was broken off goes on where it was;
//! until it has ended nothing else opens the installation.

use std::{cmp::Ordering, fs, path::Path};

use super::{
    BackupProgress, MANIFEST, Manifest, Part, check,
    manifest::unusable,
    pieces::{Pieces, pieces},
    rows::{Item, RowsReader},
};
use crate::{
    StoreConfig, StoreError,
    batch::{Batch, Value},
    engine::{Database, Home},
    schema::Place,
    store::{INSTALLATION, RESTORING, find_setting},
};

/// How many rows are written at once.
const ROWS: usize = 512;

/// What is restored.
pub struct RestorePlan<'a> {
    /// A backup of the data.
    pub data: &'a Path,
    /// The newest backup of the keys; taken where there is no key store, and for what is sealed beside it.
    pub keys: &'a Path,
}

/// How far a restore is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RestoreStep {
    /// Rows come in.
    Loading,
    /// They are there, and are made to say what holds today.
    Mending,
}

impl RestoreStep {
    fn value(self) -> Vec<u8> {
        vec![u8::from(self == Self::Mending)]
    }

    pub(crate) fn read(value: &[u8]) -> Self {
        if value == [1] { Self::Mending } else { Self::Loading }
    }
}

impl StoreConfig {
    /// Checks both backups and brings their rows into databases that are empty. Does nothing where that was done.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when there are data, or a backup is of another installation, is not whole, or of an epoch whose key
    /// is gone.
    pub async fn load_backups(
        &self,
        plan: &RestorePlan<'_>,
        progress: &BackupProgress<'_>,
    ) -> Result<(Manifest, Manifest), StoreError> {
        let (home, _lock) = self.home()?;
        let rings = Database::open(&home, "keys", Place::Keys).await?;
        let begun = find_setting(&rings, RESTORING).await?;
        let vault = self.find_keys()?;
        let data = expect(check(plan.data, &vault, progress)?, Part::Data, plan.data)?;
        let keys = expect(check(plan.keys, &vault, progress)?, Part::Keys, plan.keys)?;
        let has_keys = begun.is_none() && find_setting(&rings, INSTALLATION).await?.is_some();
        if begun.is_none() {
            refuse_data(&home, &data.compartments).await?;
            if !has_keys && !vault.holds(keys.epoch) {
                let (epoch, newest) = (keys.epoch.0, vault.epoch().0);
                let text = format!(
                    "the backup of the keys was made in epoch {epoch}, whose key is destroyed (it is epoch {newest}): take the newest one"
                );
                return Err(StoreError::Unusable(text));
            }
            set(&rings, RestoreStep::Loading).await?;
        }
        if begun.as_deref().map(RestoreStep::read) == Some(RestoreStep::Mending) {
            return Ok((data, keys));
        }
        let load = Load { home: &home, progress };
        for part in pieces(Part::Keys, &[]) {
            match part.place {
                Place::Content => load.contents(plan, part).await?,
                // A key store that is there is newer than any copy.
                Place::Keys if has_keys => {}
                _ => load.database(plan.keys, part).await?,
            }
        }
        for part in pieces(Part::Data, &data.compartments) {
            if part.place != Place::Content {
                load.database(plan.data, part).await?;
            }
        }
        set(&rings, RestoreStep::Mending).await?;
        Ok((data, keys))
    }

    /// What the manifest of a backup says, not looked at closer.
    #[must_use]
    pub fn peek_backup(folder: &Path) -> Option<Manifest> {
        Manifest::read(&fs::read_to_string(folder.join(MANIFEST)).ok()?)
    }
}

fn expect(manifest: Manifest, part: Part, folder: &Path) -> Result<Manifest, StoreError> {
    if manifest.part == part {
        return Ok(manifest);
    }
    let (is, not) = (manifest.part.word(), part.word());
    Err(StoreError::Unusable(format!("`{}` is a backup of {is}, not of {not}", folder.display())))
}

pub(super) async fn set(rings: &Database, step: RestoreStep) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    rings.execute(Batch::default().one(sql, vec![RESTORING.into(), step.value().into()])).await
}

/// A restore never writes over anything.
async fn refuse_data(home: &Home, compartments: &[String]) -> Result<(), StoreError> {
    let mut all = vec![
        ("system".to_owned(), Place::System, "SELECT count(*) FROM edition"),
        ("contents".to_owned(), Place::Content, "SELECT count(*) FROM content"),
    ];
    for name in compartments {
        all.push((format!("people_{name}"), Place::Compartment, "SELECT count(*) FROM person"));
        all.push((format!("ledger_{name}"), Place::Ledger, "SELECT count(*) FROM leaf"));
    }
    for (name, place, sql) in all {
        let database = Database::open(home, &name, place).await?;
        if database.find(sql, Vec::new()).await?.is_some_and(|row| row.int(0) > 0) {
            let text = format!(
                "there are data in `{name}`: restore into an empty place, and keep what is there until you have looked"
            );
            return Err(StoreError::Unusable(text));
        }
    }
    Ok(())
}

struct Load<'a> {
    home: &'a Home,
    progress: &'a BackupProgress<'a>,
}

/// Rows on their way into a table.
struct Into<'a> {
    database: &'a Database,
    sql: &'static str,
    batch: Batch,
}

impl<'a> Into<'a> {
    fn new(database: &'a Database, table: &str, columns: &[&str]) -> Self {
        let places: Vec<String> = (1..=columns.len()).map(|at| format!("${at}")).collect();
        let (columns, places) = (columns.join(", "), places.join(", "));
        let sql = format!("INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING");
        // One for each table, for as long as the process lives, which is the restore.
        Self { database, sql: Box::leak(sql.into_boxed_str()), batch: Batch::default() }
    }

    async fn put(&mut self, row: Vec<Value>) -> Result<(), StoreError> {
        self.batch = std::mem::take(&mut self.batch).any(self.sql, row);
        if self.batch.0.len() >= ROWS { self.flush().await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let batch = std::mem::take(&mut self.batch);
        if batch.0.is_empty() { Ok(()) } else { self.database.execute(batch).await }
    }
}

impl Load<'_> {
    /// Brings a whole file in.
    async fn database(&self, folder: &Path, of: Pieces) -> Result<(), StoreError> {
        let database = Database::open(self.home, &of.database, of.place).await?;
        let mut reader = RowsReader::open(&folder.join(format!("{}.rows", of.database)))?;
        let (mut into, mut done) = (None, 0);
        while let Some(item) = reader.next()? {
            match item {
                Item::Table { name, columns } => {
                    flush(&mut into).await?;
                    into = Some(Into::new(&database, &name, &same_columns(&of, &name, &columns)?));
                }
                Item::Row(row) => {
                    into.as_mut().ok_or_else(other_version)?.put(row.0).await?;
                    done += 1;
                    if done % ROWS as u64 == 0 {
                        (self.progress)(&of.database, done, done);
                    }
                }
            }
        }
        flush(&mut into).await
    }

    /// Brings what people placed in: what leads to them is with the keys, the texts with the data. A text without the other is of a
    /// piece that was removed since, and stays out; so does what was placed after the data were copied.
    async fn contents(&self, plan: &RestorePlan<'_>, of: Pieces) -> Result<(), StoreError> {
        let database = Database::open(self.home, &of.database, of.place).await?;
        let name = format!("{}.rows", of.database);
        let (mut marks, mut bodies) =
            (RowsReader::open(&plan.keys.join(&name))?, RowsReader::open(&plan.data.join(&name))?);
        let mut mark_columns = Vec::new();
        // Tables of one file come in the order of the registry: pieces first.
        if let Some(Item::Table { name, columns }) = marks.next()? {
            mark_columns = same_columns(&of, &name, &columns)?.iter().map(|it| (*it).to_owned()).collect();
        }
        drop(bodies.next()?);
        let mut columns: Vec<&str> = mark_columns.iter().map(String::as_str).collect();
        columns.push("body");
        let mut into = Some(Into::new(&database, "content", &columns));
        let (mut mark, mut body) = (marks.next()?, bodies.next()?);
        while let (Some(Item::Row(one)), Some(Item::Row(other))) = (&mut mark, &mut body) {
            match one.blob(0).cmp(other.blob(0)) {
                Ordering::Less => mark = marks.next()?,
                Ordering::Greater => body = bodies.next()?,
                Ordering::Equal => {
                    let row = std::mem::take(&mut one.0).into_iter().chain([Value::Blob(other.take_blob(1))]);
                    into.as_mut().ok_or_else(other_version)?.put(row.collect()).await?;
                    (mark, body) = (marks.next()?, bodies.next()?);
                }
            }
        }
        flush(&mut into).await?;
        self.rest(&database, &of, (mark, marks)).await?;
        let data =
            pieces(Part::Data, &[]).into_iter().find(|it| it.place == Place::Content).ok_or_else(other_version)?;
        self.rest(&database, &data, (body, bodies)).await
    }

    /// The tables after that of the pieces.
    async fn rest(
        &self,
        database: &Database,
        of: &Pieces,
        (mut item, mut reader): (Option<Item>, RowsReader),
    ) -> Result<(), StoreError> {
        let mut into = None;
        while let Some(next) = item {
            match next {
                Item::Table { name, columns } => {
                    flush(&mut into).await?;
                    into = Some(Into::new(database, &name, &same_columns(of, &name, &columns)?));
                }
                Item::Row(row) => {
                    // Before the first table: pieces of which the other side has nothing.
                    if let Some(into) = &mut into {
                        into.put(row.0).await?;
                    }
                }
            }
            item = reader.next()?;
        }
        flush(&mut into).await
    }
}

async fn flush(into: &mut Option<Into<'_>>) -> Result<(), StoreError> {
    match into {
        Some(into) => into.flush().await,
        None => Ok(()),
    }
}

/// The columns of a table as the registry names them; refuses a backup that has others.
fn same_columns(of: &Pieces, table: &str, columns: &[String]) -> Result<Vec<&'static str>, StoreError> {
    let piece = of.tables.iter().find(|piece| piece.table.name == table);
    let same = piece.filter(|piece| piece.columns == columns);
    same.map(|piece| piece.columns.clone()).ok_or_else(other_version)
}

fn other_version() -> StoreError {
    unusable("the backup was made by a version of the program with other tables: restore with that one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_comes_back_as_it_was_written() {
        for step in [RestoreStep::Loading, RestoreStep::Mending] {
            assert_eq!(RestoreStep::read(&step.value()), step);
        }
    }
}
