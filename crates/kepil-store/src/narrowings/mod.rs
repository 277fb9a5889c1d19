//! The journal of narrowing acts: what must hold even after an older copy of the databases is restored. Clauses 2.3a, 3.7, 4.5.
//!
//! Start reading at [`Narrowings::write`]. Before a withdrawal, a block, a revocation, a corrected value or a destruction is
//! committed, the row as it is to be is appended here, durably, outside both stores; a restore writes it back
//! (`backup/mend.rs`). Entries are sealed: who has the file alone sees neither whose they are nor whether two are of one person.
//! It also holds the last checkpoint of each log.

mod entry;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{BufReader, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::mpsc,
};

use kepil_domain::{
    Locator,
    vault::{EpochNo, Keys},
};
use tokio::sync::oneshot;

pub(crate) use entry::Narrowing;

use crate::{OsEntropy, StoreError, sealer::file};

const FILE: &str = "narrowed.journal";
/// Begins each entry, so that the next one is found after one that was cut short.
const MAGIC: &[u8; 8] = b"kepil/n1";
const HEAD: usize = 12;
/// What names the seals.
const LABEL: &str = "narrowed";
/// Longer than any row: a length beyond it is no length.
const ENTRY_MAX: u32 = 64 << 20;

/// The folders of the journal; each has all of it.
pub(crate) struct Narrowings {
    folders: Vec<PathBuf>,
    writer: Option<mpsc::Sender<Job>>,
}

struct Job {
    bytes: Vec<u8>,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl Narrowings {
    /// Makes the folders: once, so that a disk that is not there later is noticed.
    pub fn create(folders: &[PathBuf]) -> Result<(), StoreError> {
        folders.iter().try_for_each(|folder| {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| file(folder, &error))
        })
    }

    /// Opens the journal in `folders`; without any, nothing is kept.
    pub fn open(folders: &[PathBuf]) -> Result<Self, StoreError> {
        if let Some(folder) = folders.iter().find(|folder| !folder.is_dir()) {
            let text = format!(
                "the folder `{}` of the journal is not there: is its disk? `kepil init` makes it on a new node",
                folder.display()
            );
            return Err(StoreError::Unusable(text));
        }
        let mut writer = None;
        if !folders.is_empty() {
            let (sender, jobs) = mpsc::channel();
            let own = folders.to_vec();
            let started =
                std::thread::Builder::new().name("kepil-journal".to_owned()).spawn(move || write_loop(&own, &jobs));
            started.map_err(|error| StoreError::Unusable(error.to_string()))?;
            writer = Some(sender);
        }
        Ok(Self { folders: folders.to_vec(), writer })
    }

    /// The folders.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Whether there is a journal.
    pub fn is_kept(&self) -> bool {
        self.writer.is_some()
    }

    /// Appends `entry` durably.
    ///
    /// # Errors
    /// [`StoreError`] when no folder takes it: then the act must not happen.
    pub async fn write(&self, keys: &Keys, entry: &Narrowing) -> Result<(), StoreError> {
        let Some(writer) = &self.writer else { return Ok(()) };
        let (answer, answered) = oneshot::channel();
        writer.send(Job { bytes: frame(keys, entry)?, answer }).map_err(|_| StoreError::Closing)?;
        answered.await.map_err(|_| StoreError::Closing)?
    }

    /// Keeps the last entry of each, and none of what is over. Takes a while: not for a thread that others wait for.
    pub fn compact(&self, keys: &Keys, over: &Over) -> Result<(), StoreError> {
        for folder in &self.folders {
            let path = folder.join(FILE);
            if path.exists() {
                compact(&path, keys, over).map_err(|error| file(&path, &error))?;
            }
        }
        Ok(())
    }

    /// Those who are gone, of whom the journal still speaks: whose, and the numbers of their certificates.
    pub fn list_gone(&self, keys: &Keys) -> Result<Vec<(Locator, [u8; 16])>, StoreError> {
        let mut gone = Vec::new();
        for folder in &self.folders {
            let Some(mut entries) = Entries::open(folder, keys)? else { continue };
            while let Some((_, entry)) = entries.next().map_err(|error| file(folder, &error))? {
                if let Narrowing::Gone { locator, id, .. } = entry {
                    gone.push((locator, id));
                }
            }
        }
        Ok(gone)
    }

    /// Holds the newest checkpoint of the log called `name`: a restored log must extend it.
    pub fn hold(&self, name: &str, checkpoint: &str) {
        for folder in &self.folders {
            let (path, draft) =
                (folder.join(format!("{name}.checkpoint")), folder.join(format!("{name}.checkpoint.new")));
            let written = fs::write(&draft, checkpoint).and_then(|()| fs::rename(&draft, &path));
            if let Err(error) = written {
                tracing::warn!(error = %error.kind(), "a checkpoint is not held in every folder of the journal");
            }
        }
    }
}

/// What no copy can bring back any more.
pub(crate) struct Over {
    /// The numbers of certificates that were given.
    pub gone: HashSet<[u8; 16]>,
    /// The last epoch whose key is destroyed.
    pub epoch: EpochNo,
}

/// Whether there is a journal in `folder`: an empty one may be that of a disk that is not there.
#[must_use]
pub fn is_journal(folder: &Path) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.into_iter().any(|file| {
        let name = file.file_name();
        name == FILE || Path::new(&name).extension().is_some_and(|end| end == "checkpoint" || end == "held")
    })
}

/// The checkpoints of the log called `name` that are held in `folders`.
pub(crate) fn list_held(folders: &[PathBuf], name: &str) -> Vec<String> {
    folders.iter().filter_map(|folder| fs::read_to_string(folder.join(format!("{name}.checkpoint"))).ok()).collect()
}

fn frame(keys: &Keys, entry: &Narrowing) -> Result<Vec<u8>, StoreError> {
    let sealed = keys.seal_lasting(LABEL, &entry.to_bytes(), &mut OsEntropy)?;
    let len = u32::try_from(sealed.len()).ok().filter(|len| *len <= ENTRY_MAX);
    let len = len.ok_or(kepil_domain::vault::VaultError::TooLong)?;
    Ok([MAGIC.as_slice(), &len.to_be_bytes(), &sealed].concat())
}

/// Appends what waits at once, with one flush a folder.
fn write_loop(folders: &[PathBuf], jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let group: Vec<Job> = std::iter::once(first).chain(jobs.try_iter()).collect();
        let bytes = group.iter().map(|job| job.bytes.as_slice()).collect::<Vec<_>>().concat();
        let mut done = None;
        for folder in folders {
            let path = folder.join(FILE);
            match append(&path, &bytes) {
                Ok(()) => done = Some(Ok(())),
                Err(error) => {
                    tracing::error!(error = %error.kind(), "a folder of the journal does not take what is narrowed");
                    done = done.or(Some(Err(error)));
                }
            }
        }
        for job in group {
            let said = match &done {
                Some(Err(error)) => Err(StoreError::File { path: FILE.to_owned(), message: error.kind().to_string() }),
                _ => Ok(()),
            };
            drop(job.answer.send(said));
        }
    }
}

fn append(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    loop {
        let is_new = !path.exists();
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        file.lock_shared()?;
        // Somebody else put a shorter one in its place meanwhile.
        if !is_in_place(path, &file)? {
            continue;
        }
        file.write_all(bytes)?;
        file.sync_data()?;
        return if is_new { sync_parent(path) } else { Ok(()) };
    }
}

fn is_in_place(path: &Path, file: &File) -> std::io::Result<bool> {
    Ok(fs::metadata(path).map(|it| it.ino()).ok() == Some(file.metadata()?.ino()))
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

/// The entries of a file, and where each begins. One that does not open is passed over.
pub(crate) struct Entries<'a> {
    reader: BufReader<File>,
    keys: &'a Keys,
    at: u64,
    /// How many bytes were passed over.
    pub skipped: u64,
}

impl<'a> Entries<'a> {
    /// Those in `folder`; `None` when there is no journal in it.
    pub fn open(folder: &Path, keys: &'a Keys) -> Result<Option<Self>, StoreError> {
        let path = folder.join(FILE);
        match File::open(&path) {
            Ok(file) => Ok(Some(Self { reader: BufReader::new(file), keys, at: 0, skipped: 0 })),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder.is_dir() => Ok(None),
            Err(error) => Err(file(&path, &error)),
        }
    }

    /// The next entry and where it begins.
    pub fn next(&mut self) -> std::io::Result<Option<(u64, Narrowing)>> {
        loop {
            let at = self.at;
            let sealed = match self.sealed_at(at)? {
                Found::Entry(sealed) => sealed,
                Found::Other => Vec::new(),
                Found::End => return Ok(None),
            };
            if let Some(entry) = self.open_sealed(&sealed) {
                self.at = at + (HEAD + sealed.len()) as u64;
                return Ok(Some((at, entry)));
            }
            self.skipped += 1;
            self.at = at + 1;
        }
    }

    /// The entry at `at`.
    pub fn at(&mut self, at: u64) -> std::io::Result<Option<Narrowing>> {
        match self.sealed_at(at)? {
            Found::Entry(sealed) => Ok(self.open_sealed(&sealed)),
            Found::Other | Found::End => Ok(None),
        }
    }

    fn open_sealed(&self, sealed: &[u8]) -> Option<Narrowing> {
        Narrowing::from_bytes(&self.keys.unseal_lasting(LABEL, sealed).ok()?)
    }

    fn sealed_at(&mut self, at: u64) -> std::io::Result<Found> {
        let now = self.reader.stream_position()?;
        self.reader.seek_relative(i64::try_from(at).unwrap_or(i64::MAX) - i64::try_from(now).unwrap_or(i64::MAX))?;
        let mut head = [0; HEAD];
        if !fill(&mut self.reader, &mut head)? {
            return Ok(Found::End);
        }
        let (magic, len) = head.split_at(MAGIC.len());
        let len = u32::from_be_bytes(len.try_into().unwrap_or_default());
        if magic != MAGIC || len > ENTRY_MAX {
            return Ok(Found::Other);
        }
        let mut sealed = vec![0; len as usize];
        Ok(if fill(&mut self.reader, &mut sealed)? { Found::Entry(sealed) } else { Found::Other })
    }
}

/// What begins at a place of the file.
enum Found {
    /// An entry: what is sealed in it.
    Entry(Vec<u8>),
    /// None.
    Other,
    /// The file ends there.
    End,
}

/// Whether there were enough bytes.
fn fill(reader: &mut impl Read, to: &mut [u8]) -> std::io::Result<bool> {
    match reader.read_exact(to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn compact(path: &Path, keys: &Keys, over: &Over) -> std::io::Result<()> {
    let locked = loop {
        let file = File::open(path)?;
        file.lock()?;
        if is_in_place(path, &file)? {
            break file;
        }
    };
    let mut last: BTreeMap<[u8; 16], (u64, Vec<u64>)> = BTreeMap::new();
    let mut entries = Entries { reader: BufReader::new(locked.try_clone()?), keys, at: 0, skipped: 0 };
    let mut left = HashSet::new();
    while let Some((at, entry)) = entries.next()? {
        let rank = match &entry {
            Narrowing::Row { rank, .. } => *rank,
            Narrowing::Gone { id, handles, .. } if over.gone.contains(id) => {
                left.extend(handles.iter().copied());
                continue;
            }
            Narrowing::Gone { .. } => 0,
            // No copy of the keys that opens has it any more.
            Narrowing::Removed { epoch, .. } | Narrowing::Piece { epoch, .. } if *epoch <= over.epoch => continue,
            Narrowing::Removed { .. } | Narrowing::Piece { .. } => at,
        };
        let kept = last.entry(entry.name()).or_default();
        match rank.cmp(&kept.0) {
            Ordering::Less => {}
            Ordering::Equal => kept.1.push(at),
            Ordering::Greater => *kept = (rank, vec![at]),
        }
    }
    if entries.skipped > 0 {
        tracing::warn!(bytes = entries.skipped, "something in the journal is not readable, and is left out");
    }
    let draft = path.with_extension("new");
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    // By name, so that what was done at once does not lie together.
    for (_, (_, places)) in last.iter().filter(|(name, _)| !left.contains(*name)) {
        for at in places {
            if let Some(entry) = entries.at(*at)? {
                // Sealed anew: the key may be another by now.
                let bytes = frame(keys, &entry).map_err(|error| std::io::Error::other(error.to_string()))?;
                out.write_all(&bytes)?;
            }
        }
    }
    out.sync_all()?;
    fs::rename(&draft, path)?;
    sync_parent(path)
}

#[cfg(test)]
mod tests {
    use kepil_domain::{
        Installation,
        vault::{EpochKey, Secrets},
    };
    use kepil_policy::Tag;

    use super::*;

    fn keys() -> Keys {
        Keys::new(
            Installation([1; 16]),
            Secrets::random(0, &mut OsEntropy).unwrap(),
            EpochKey::from_bytes(EpochNo(1), [3; 32]),
        )
    }

    fn row(handle: u8, rank: u8) -> Narrowing {
        let (standing, records) = (vec![rank; 300], vec![7; 40]);
        Narrowing::Row { compartment: Tag(5), handle: [handle; 16], rank: u64::from(rank), standing, records }
    }

    fn all(folder: &Path, keys: &Keys) -> Vec<Narrowing> {
        let mut entries = Entries::open(folder, keys).unwrap().unwrap();
        std::iter::from_fn(|| entries.next().unwrap()).map(|(_, entry)| entry).collect()
    }

    #[tokio::test]
    async fn what_was_written_is_found_again_and_shows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let folders = ["one", "two"].map(|name| folder.path().join(name));
        assert!(Narrowings::open(&folders).is_err(), "a disk that is not there");
        Narrowings::create(&folders).unwrap();
        let (journal, keys) = (Narrowings::open(&folders).unwrap(), keys());
        let gone = Narrowing::Gone { locator: Locator([9; 16]), id: [8; 16], handles: vec![[1; 16], [2; 16]] };
        let entries = [row(1, 1), row(2, 2), gone];
        for entry in &entries {
            journal.write(&keys, entry).await.unwrap();
        }
        for folder in &folders {
            assert!(all(folder, &keys) == entries);
            let bytes = fs::read(folder.join(FILE)).unwrap();
            assert!(!bytes.windows(8).any(|it| [[1; 8], [9; 8]].iter().any(|name| it == name)), "no name is readable");
        }
        // One folder is enough; with none left nothing is acknowledged.
        fs::remove_dir_all(&folders[0]).unwrap();
        journal.write(&keys, &row(3, 3)).await.unwrap();
        assert_eq!(all(&folders[1], &keys).len(), 4);
        fs::remove_dir_all(&folders[1]).unwrap();
        assert!(journal.write(&keys, &row(4, 4)).await.is_err());
    }

    #[tokio::test]
    async fn an_entry_that_was_cut_short_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, keys) = (Narrowings::open(&[folder.path().to_owned()]).unwrap(), keys());
        journal.write(&keys, &row(1, 1)).await.unwrap();
        let whole = frame(&keys, &row(2, 2)).unwrap();
        append(&folder.path().join(FILE), &whole[..whole.len() - 5]).unwrap();
        journal.write(&keys, &row(3, 3)).await.unwrap();
        assert!(all(folder.path(), &keys) == [row(1, 1), row(3, 3)]);
    }

    #[tokio::test]
    async fn the_last_of_each_row_stays_and_whoever_is_gone_for_good_goes() {
        let folder = tempfile::tempdir().unwrap();
        let (journal, keys) = (Narrowings::open(&[folder.path().to_owned()]).unwrap(), keys());
        let gone = |id| Narrowing::Gone { locator: Locator([id; 16]), id: [id + 100; 16], handles: vec![[id; 16]] };
        let removed = |name, epoch| Narrowing::Removed { name: [name; 16], epoch: EpochNo(epoch) };
        let piece = Narrowing::Piece {
            name: [52; 16],
            epoch: EpochNo(2),
            generation: 3,
            mark: vec![1, 2],
            parties: [Some([4; 16]), None],
        };
        let entries = [row(1, 2), row(2, 1), row(8, 1), row(9, 1), gone(9), row(1, 1), row(2, 1), gone(8)];
        let pieces = [removed(50, 1), removed(51, 2), piece.clone()];
        for entry in entries.into_iter().chain(pieces) {
            journal.write(&keys, &entry).await.unwrap();
        }
        let over = Over { gone: [[109; 16]].into(), epoch: EpochNo(1) };
        journal.compact(&keys, &over).unwrap();
        assert!(
            all(folder.path(), &keys) == [row(1, 2), row(2, 1), row(2, 1), row(8, 1), removed(51, 2), piece, gone(8)]
        );
        journal.write(&keys, &row(2, 2)).await.unwrap();
        assert!(all(folder.path(), &keys).last() == Some(&row(2, 2)), "and it goes on in the new file");
    }
}
