//! Restoring: the rows of two backups, of data and of keys, come into empty databases.
//!
//! Start reading at [`StoreConfig::load_backups`]; `mend.rs` goes on from there. A restore that was broken off goes on where it was;
//! until it has ended nothing else opens the installation.

use std::{
    cmp::Ordering,
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

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
    narrowings::Narrowings,
    schema::Place,
    secrets::SecretRow,
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
    /// Folders of the journal, of every node.
    pub journals: &'a [PathBuf],
    /// Whether whoever came after one of the backups is let go.
    pub may_forget: bool,
}

/// The backups whose rows came in.
pub struct Loaded {
    /// Of the data.
    pub data: Manifest,
    /// Of the keys.
    pub keys: Manifest,
    /// Folders of the journal, those of earlier tries among them.
    pub journals: Vec<PathBuf>,
}

/// What is noted of a restore that has not ended: the next try goes on with the same.
struct Begun {
    is_loaded: bool,
    /// Whether the key store was there before.
    has_keys: bool,
    /// Whether the data were.
    has_data: bool,
    macs: [u8; 32],
    journals: Vec<PathBuf>,
}

impl Begun {
    fn to_bytes(&self) -> Vec<u8> {
        let flags = [self.is_loaded, self.has_keys, self.has_data].map(u8::from);
        let journals: Vec<&[u8]> = self.journals.iter().map(|folder| folder.as_os_str().as_bytes()).collect();
        [&flags, self.macs.as_slice(), &journals.join(&b'\n')].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (flags, rest) = bytes.split_first_chunk::<3>()?;
        let (macs, journals) = rest.split_first_chunk::<32>()?;
        let [is_loaded, has_keys, has_data] = flags.map(|flag| flag != 0);
        let journals = journals.split(|byte| *byte == b'\n').filter(|path| !path.is_empty());
        let journals = journals.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect();
        Some(Self { is_loaded, has_keys, has_data, macs: *macs, journals })
    }
}

impl StoreConfig {
    /// Checks both backups and brings their rows into databases that are empty. Does nothing where that was done.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when there are data, or a backup is of another installation, is not whole, of an epoch whose key
    /// is gone, or other than that of an earlier try.
    pub async fn load_backups(
        &self,
        plan: &RestorePlan<'_>,
        progress: &BackupProgress<'_>,
    ) -> Result<Loaded, StoreError> {
        let (home, _lock) = self.home()?;
        Narrowings::create(&self.journal)?;
        let rings = Database::open(&home, "keys", Place::Keys).await?;
        // Where there is no key store yet its secrets are in the backup, each sealed under the root key for its place.
        let mut secrets = SecretRow::list(&rings).await?;
        if secrets.is_empty() {
            secrets = secrets_in(plan.keys)?;
        }
        let vault = self.keys_with(&secrets)?;
        let data = expect(check(plan.data, &vault, progress)?, Part::Data, plan.data)?;
        let keys = expect(check(plan.keys, &vault, progress)?, Part::Keys, plan.keys)?;
        if !vault.holds(keys.epoch) {
            return Err(StoreError::Unusable(format!(
                "the backup of the keys was made in epoch {}, whose key is destroyed (it is epoch {}): take the newest one",
                keys.epoch.0,
                vault.epoch().0
            )));
        }
        let mut macs = [0; 32];
        macs.iter_mut().zip([data.mac(&vault), keys.mac(&vault)].as_flattened()).for_each(|(to, from)| *to = *from);
        let mut begun = match find_setting(&rings, RESTORING).await?.as_deref().and_then(Begun::read) {
            Some(begun) if begun.macs == macs => begun,
            Some(_) => return Err(unusable("a restore was begun with other copies: go on with those")),
            None => begin(&home, &rings, plan, (&data, &keys), macs).await?,
        };
        let more = plan.journals.iter().filter(|folder| !begun.journals.contains(folder)).cloned();
        begun.journals = more.collect::<Vec<_>>().into_iter().chain(begun.journals).collect();
        note(&rings, &begun).await?;
        if !begun.is_loaded {
            let load = Load { home: &home, progress };
            load.keys((plan, &keys, &data), &begun).await?;
            if !begun.has_data {
                for part in pieces(Part::Data, &data.compartments) {
                    if part.place != Place::Content {
                        load.database((plan.data, &data), part).await?;
                    }
                }
            }
            begun.is_loaded = true;
            note(&rings, &begun).await?;
        }
        Ok(Loaded { data, keys, journals: begun.journals })
    }

    /// What the manifest of a backup says, not looked at closer.
    #[must_use]
    pub fn peek_backup(folder: &Path) -> Option<Manifest> {
        Manifest::read(&fs::read_to_string(folder.join(MANIFEST)).ok()?)
    }
}

fn secrets_in(folder: &Path) -> Result<Vec<SecretRow>, StoreError> {
    let (mut rows, mut is_secret) = (Vec::new(), false);
    let mut reader = RowsReader::open(&folder.join("keys.rows"))?;
    while let Some(item) = reader.next()? {
        match item {
            Item::Table { name, .. } => is_secret = name == "secret",
            Item::Row(row) if is_secret => rows.push(SecretRow::from_row(row)?),
            Item::Row(_) => {}
        }
    }
    Ok(rows)
}

fn expect(manifest: Manifest, part: Part, folder: &Path) -> Result<Manifest, StoreError> {
    if manifest.part == part {
        return Ok(manifest);
    }
    let (is, not) = (manifest.part.word(), part.word());
    Err(StoreError::Unusable(format!("`{}` is a backup of {is}, not of {not}", folder.display())))
}

/// Looks at what is there before anything is written.
async fn begin(
    home: &Home,
    rings: &Database,
    plan: &RestorePlan<'_>,
    (data, keys): (&Manifest, &Manifest),
    macs: [u8; 32],
) -> Result<Begun, StoreError> {
    let has_keys = find_setting(rings, INSTALLATION).await?.is_some();
    let there = find_data(home, &data.compartments).await?;
    if let (true, Some(name)) = (has_keys, &there) {
        let text = format!(
            "there are data in `{name}`: restore into an empty place, and keep what is there until you have looked"
        );
        return Err(StoreError::Unusable(text));
    }
    let is_older = there.is_some() || keys.made_s < data.made_s;
    if !has_keys && is_older && !plan.may_forget {
        let text = "the copy of the keys is older than the data: whoever came between is lost. Take a newer one, or let them go";
        return Err(StoreError::Unusable(text.to_owned()));
    }
    Ok(Begun { is_loaded: false, has_keys, has_data: there.is_some(), macs, journals: Vec::new() })
}

async fn note(rings: &Database, begun: &Begun) -> Result<(), StoreError> {
    let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    rings.execute(Batch::default().one(sql, vec![RESTORING.into(), begun.to_bytes().into()])).await
}

/// A restore never writes over anything: a database that is not empty.
async fn find_data(home: &Home, compartments: &[String]) -> Result<Option<String>, StoreError> {
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
            return Ok(Some(name));
        }
    }
    Ok(None)
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
    /// Brings in what goes with the keys; a key store that is there is newer than any copy, and so are marks where there are data.
    async fn keys(
        &self,
        (plan, keys, data): (&RestorePlan<'_>, &Manifest, &Manifest),
        begun: &Begun,
    ) -> Result<(), StoreError> {
        for part in pieces(Part::Keys, &[]) {
            match part.place {
                Place::Keys if begun.has_keys => {}
                Place::Keys => self.database((plan.keys, keys), part).await?,
                _ if begun.has_data => {}
                Place::Content => self.contents((plan, keys, data), part).await?,
                _ => self.database((plan.keys, keys), part).await?,
            }
        }
        Ok(())
    }

    /// Brings a whole file in.
    async fn database(&self, (folder, manifest): (&Path, &Manifest), of: Pieces) -> Result<(), StoreError> {
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
        flush(&mut into).await?;
        same_sum(manifest, &of.database, reader)
    }

    /// Brings what people placed in: what leads to them is with the keys, the texts with the data. A text without the other is of a
    /// piece that was removed since, and stays out; so does what was placed after the data were copied.
    async fn contents(
        &self,
        (plan, keys, data): (&RestorePlan<'_>, &Manifest, &Manifest),
        of: Pieces,
    ) -> Result<(), StoreError> {
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
        let marks = self.rest(&database, &of, (mark, marks)).await?;
        same_sum(keys, &of.database, marks)?;
        let texts = pieces(Part::Data, &[]).into_iter().find(|it| it.place == Place::Content);
        let bodies = self.rest(&database, &texts.ok_or_else(other_version)?, (body, bodies)).await?;
        same_sum(data, &of.database, bodies)
    }

    /// The tables after that of the pieces.
    async fn rest(
        &self,
        database: &Database,
        of: &Pieces,
        (mut item, mut reader): (Option<Item>, RowsReader),
    ) -> Result<RowsReader, StoreError> {
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
        flush(&mut into).await?;
        Ok(reader)
    }
}

async fn flush(into: &mut Option<Into<'_>>) -> Result<(), StoreError> {
    match into {
        Some(into) => into.flush().await,
        None => Ok(()),
    }
}

/// What came in is what was checked before.
fn same_sum(manifest: &Manifest, database: &str, reader: RowsReader) -> Result<(), StoreError> {
    if manifest.sum_of(database) == Some(reader.sum()) {
        return Ok(());
    }
    Err(StoreError::Unusable(format!(
        "the file of `{database}` changed while it was read: restore anew, into an empty place"
    )))
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
    fn what_is_noted_of_a_restore_comes_back_as_it_was_written() {
        let journals = vec![PathBuf::from("/a b"), PathBuf::from("/c")];
        let begun = Begun { is_loaded: true, has_keys: false, has_data: true, macs: [7; 32], journals };
        let read = Begun::read(&begun.to_bytes()).unwrap();
        assert_eq!(read.to_bytes(), begun.to_bytes());
        assert_eq!((read.is_loaded, read.has_keys, read.has_data, read.journals), (true, false, true, begun.journals));
    }
}
