//! Backups: copies of the databases that a restore takes. Clauses 3.5a, 3.7, 5.1.
//!
//! Start reading at [`StoreConfig::back_up`], then `restore.rs`. Made while the server runs; what lies in them is sealed as it is in
//! the databases. Of the keys only the newest copy stays: without it no copy of the data opens, and it has nobody who is gone.

mod logs;
mod manifest;
mod mend;
mod pieces;
mod restore;
mod rows;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use kepil_domain::{Moment, vault::Keys};

pub use logs::RestoredLog;
pub use manifest::Manifest;
pub use mend::{MendPlan, Restored};
pub use restore::{Loaded, RestorePlan};

use crate::{
    Store, StoreConfig, StoreError,
    batch::Row,
    engine::{Database, Home},
    schema::Place,
    sealer::file,
    store::{BIRTH, RESTORING, find_setting},
};
use manifest::unusable;
use pieces::{Pieces, pieces};
use rows::{RowsWriter, Sum, sum_of};

const MANIFEST: &str = "manifest";
/// What is done of a backup that is being made.
const DONE: &str = "done";
/// How long a copy that was broken off may go on: what is older is copied anew. Unit: seconds.
const BEGUN_S: i64 = 86_400;
/// Longer than an entry waits for the log while a server runs.
const SETTLE: Duration = Duration::from_secs(2);

/// What a backup is of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Everything but the keys: sealed, and of no use without them.
    Data,
    /// The key store, and whatever else is sealed in an epoch.
    Keys,
}

impl Part {
    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Keys => "keys",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Data, Self::Keys].into_iter().find(|part| part.word() == word)
    }
}

/// What is said of a backup when it is made.
#[derive(Clone, Copy)]
pub struct BackupFacts<'a> {
    /// Where the target is: ISO 3166 code of the country.
    pub territory: &'a str,
    /// The compartments of the policy.
    pub compartments: &'a [String],
    /// When it is made.
    pub at: Moment,
}

/// Hears how far it is: which database, how many rows are done, of how many.
pub type BackupProgress<'a> = dyn Fn(&str, u64, u64) + Send + Sync + 'a;

impl StoreConfig {
    /// Makes a backup below the folder `target`, beside a running server, and reads it back. One that was broken off goes on. Of the
    /// keys, the copies that were there before are removed.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer or the target takes no more; what is done stays.
    pub async fn back_up(
        &self,
        part: Part,
        target: &Path,
        facts: BackupFacts<'_>,
        progress: &BackupProgress<'_>,
    ) -> Result<(PathBuf, Manifest), StoreError> {
        let keys = self.find_keys().await?;
        make(&Home::of(&self.engine), &keys, part, target, facts, progress).await
    }

    /// Reads a whole backup and compares it with what its manifest says.
    ///
    /// # Errors
    /// [`StoreError`] that says what is missing or was altered.
    pub async fn check_backup(&self, folder: &Path, progress: &BackupProgress<'_>) -> Result<Manifest, StoreError> {
        check(folder, &self.find_keys().await?, progress)
    }
}

impl Store {
    /// Makes the newest copy of the keys in every folder that is to have one.
    pub(crate) async fn copy_keys(&self) -> Result<(), StoreError> {
        let compartments: Vec<String> = self.compartment_names();
        for target in &self.key_copies {
            let facts = BackupFacts { territory: &target.territory, compartments: &compartments, at: self.clock.now() };
            make(&self.home, &self.keys, Part::Keys, &target.folder, facts, &|_, _, _| ()).await?;
        }
        Ok(())
    }
}

async fn make(
    home: &Home,
    keys: &Keys,
    part: Part,
    target: &Path,
    facts: BackupFacts<'_>,
    progress: &BackupProgress<'_>,
) -> Result<(PathBuf, Manifest), StoreError> {
    if !target.is_dir() {
        return Err(StoreError::File { path: target.display().to_string(), message: "is no folder".to_owned() });
    }
    let birth = find_birth(home).await?;
    let draft = draft(target, part, facts.at)?;
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(draft.join("lock"));
    let lock = lock.map_err(|error| file(&draft, &error))?;
    lock.try_lock().map_err(|_| unusable("another backup of the same is being made there"))?;
    let mut manifest = Manifest::new(part, (keys, &birth), facts);
    if let Some(begun) = Manifest::begun(&draft, keys, &manifest) {
        manifest.made_s = begun.made_s;
        manifest.files = begun.files.into_iter().filter(|(name, sum)| is_whole(&draft, name, sum)).collect();
    }
    let mut has_settled = false;
    for pieces in pieces(part, facts.compartments) {
        if manifest.sum_of(&pieces.database).is_some() {
            continue;
        }
        if pieces.place == Place::Ledger && !std::mem::replace(&mut has_settled, true) {
            tokio::time::sleep(SETTLE).await;
        }
        let path = draft.join(format!("{}.rows", pieces.database));
        let sum = dump(home, &pieces, &path, progress).await?;
        // Read back: what the disk has is what is certified.
        if !is_whole(&draft, &pieces.database, &sum) {
            return Err(StoreError::File { path: path.display().to_string(), message: "came back altered".to_owned() });
        }
        manifest.files.push((pieces.database, sum));
        write_whole(&draft.join(DONE), &manifest.to_text_so_far(keys))?;
    }
    write_whole(&draft.join(MANIFEST), &manifest.to_text(keys))?;
    sync_folder(&draft)?;
    let whole = draft.with_extension("");
    fs::rename(&draft, &whole).map_err(|error| file(&draft, &error))?;
    sync_folder(target)?;
    drop(fs::remove_file(whole.join(DONE)));
    drop(fs::remove_file(whole.join("lock")));
    if part == Part::Keys {
        remove_older(target, &whole, &manifest, keys)?;
    }
    Ok((whole, manifest))
}

/// Which key store it is; refuses one that is empty, or in the middle of a restore: a copy of it would take the place of a good one.
async fn find_birth(home: &Home) -> Result<Vec<u8>, StoreError> {
    let rings = Database::open(home, "keys", Place::Keys).await?;
    if find_setting(&rings, RESTORING).await?.is_some() {
        return Err(unusable("a restore has not ended: nothing is copied before"));
    }
    find_setting(&rings, BIRTH).await?.ok_or_else(|| unusable("there is no key store: nothing is copied"))
}

/// Whether the file of a database is there as its sum says.
fn is_whole(draft: &Path, name: &str, sum: &Sum) -> bool {
    sum_of(&draft.join(format!("{name}.rows"))).is_ok_and(|found| found == *sum)
}

impl Manifest {
    /// What is done of the backup that is being made in `draft`, if it is of the same store and not too old to go on with.
    fn begun(draft: &Path, keys: &Keys, next: &Self) -> Option<Self> {
        let begun = Self::parse_so_far(&fs::read_to_string(draft.join(DONE)).ok()?, keys)?;
        let is_same = begun.store == next.store && begun.epoch == next.epoch && begun.territory == next.territory;
        (is_same && next.made_s.saturating_sub(begun.made_s) < BEGUN_S).then_some(begun)
    }
}

/// The folder in which a backup is made: that of one that was broken off, if there is one.
fn draft(target: &Path, part: Part, at: Moment) -> Result<PathBuf, StoreError> {
    let files = fs::read_dir(target).map_err(|error| file(target, &error))?;
    let prefix = format!("{}-", part.word());
    let begun = files.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(&prefix) && path.extension().is_some_and(|end| end == "part")
    });
    if let Some(begun) = begun {
        return Ok(begun);
    }
    let stamp = jiff::Timestamp::from_millisecond(at.unix_ms).unwrap_or_default().strftime("%Y%m%dT%H%M%S");
    // Never in the place of another: two of one second are told apart.
    let names = (0..).map(|again| if again == 0 { String::new() } else { format!("-{again}") });
    let free = names.map(|again| target.join(format!("{prefix}{stamp}{again}"))).find(|path| !path.exists());
    let draft = free.ok_or_else(|| unusable("no name is free"))?.with_extension("part");
    DirBuilder::new().mode(0o700).create(&draft).map_err(|error| file(&draft, &error))?;
    Ok(draft)
}

async fn dump(home: &Home, from: &Pieces, path: &Path, progress: &BackupProgress<'_>) -> Result<Sum, StoreError> {
    let database = Database::open(home, &from.database, from.place).await?;
    let mut total = 0;
    let mut counts = database.dump(from.tables.iter().map(pieces::Piece::count).collect());
    while let Some(some) = counts.recv().await {
        total += some?.1.iter().map(|row| u64::try_from(row.int(0)).unwrap_or(0)).sum::<u64>();
    }
    let mut rows = database.dump(from.tables.iter().map(pieces::Piece::select).collect());
    let (mut out, mut at, mut done) = (RowsWriter::create(path)?, None, 0);
    while let Some(some) = rows.recv().await {
        let (table, some): (usize, Vec<Row>) = some?;
        if at.replace(table) != Some(table)
            && let Some(piece) = from.tables.get(table)
        {
            out.table(piece.table.name, &piece.columns)?;
        }
        some.iter().try_for_each(|row| out.row(row))?;
        done += some.len() as u64;
        progress(&from.database, done, total.max(done));
    }
    if at != from.tables.len().checked_sub(1) {
        return Err(unusable("a database stopped in the middle"));
    }
    out.finish()
}

fn check(folder: &Path, keys: &Keys, progress: &BackupProgress<'_>) -> Result<Manifest, StoreError> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| file(&path, &error))?;
    let manifest = Manifest::parse(&text, keys)?;
    let names: Vec<String> = pieces(manifest.part, &manifest.compartments).into_iter().map(|it| it.database).collect();
    if !names.iter().eq(manifest.files.iter().map(|(name, _)| name)) {
        return Err(unusable("the backup is not of all databases, or of another version of the program"));
    }
    let mut done = 0;
    for (name, sum) in &manifest.files {
        let path = folder.join(format!("{name}.rows"));
        if sum_of(&path)? != *sum {
            let message = "is not what the manifest says: it was altered, or is of another backup".to_owned();
            return Err(StoreError::File { path: path.display().to_string(), message });
        }
        done += sum.rows;
        progress(name, done, manifest.rows());
    }
    Ok(manifest)
}

/// Of the keys of one store only the newest copy stays; another's are not touched.
fn remove_older(target: &Path, newest: &Path, than: &Manifest, keys: &Keys) -> Result<(), StoreError> {
    for entry in fs::read_dir(target).map_err(|error| file(target, &error))?.flatten() {
        let path = entry.path();
        let manifest = fs::read_to_string(path.join(MANIFEST)).ok().and_then(|text| Manifest::parse(&text, keys).ok());
        let is_older = manifest.is_some_and(|it| it.part == Part::Keys && it.store == than.store) && path != newest;
        if is_older {
            fs::remove_dir_all(&path).map_err(|error| file(&path, &error))?;
        }
    }
    sync_folder(target)
}

fn write_whole(path: &Path, text: &str) -> Result<(), StoreError> {
    let draft = path.with_extension("new");
    let write = || {
        let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|error| file(path, &error))
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| file(folder, &error))
}
