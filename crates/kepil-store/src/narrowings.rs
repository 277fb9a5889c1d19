//! The journal of narrowing acts: what must hold even after an older copy of the databases is restored. Clauses 2.3a, 3.7, 4.5.
//!
//! Start reading at [`Narrowings::write`]. Before a withdrawal, a block, a revocation, a corrected value or a destruction is
//! committed, the row as it is to be is appended here, durably, outside both stores; a restore writes it back
//! (`backup/mend.rs`). Entries are sealed: who has the file alone sees neither whose they are nor whether two are of one person.
//! It also holds the last checkpoint of each log.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{BufReader, Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::mpsc,
};

use kepil_domain::{Locator, vault::Keys};
use kepil_policy::Tag;
use tokio::sync::oneshot;

use crate::{OsEntropy, StoreError, sealer::file};

const FILE: &str = "narrowed.journal";
/// Begins each entry, so that the next one is found after one that was cut short.
const MAGIC: &[u8; 8] = b"kepil/n1";
const HEAD: usize = 12;
/// What names the seals.
const LABEL: &str = "narrowed";
/// Lengths say little.
const PAD: usize = 256;
/// Longer than any row: a length beyond it is no length.
const ENTRY_MAX: u32 = 64 << 20;

/// One narrowing act.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Narrowing {
    /// The row of somebody in one compartment, as the act leaves it.
    Row { compartment: Tag, handle: [u8; 16], standing: Vec<u8>, records: Vec<u8> },
    /// Somebody's ring is destroyed; `id` names the certificate to come, `handles` the rows.
    Gone { locator: Locator, id: [u8; 16], handles: Vec<[u8; 16]> },
}

impl Narrowing {
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |part: &[u8]| {
            out.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(part);
        };
        match self {
            Self::Row { compartment, handle, standing, records } => {
                [&b"row"[..], &compartment.0.to_be_bytes(), handle, standing, records].into_iter().for_each(&mut put);
            }
            Self::Gone { locator, id, handles } => {
                [&b"gone"[..], &locator.0, id, &handles.concat()].into_iter().for_each(&mut put);
            }
        }
        out.resize(out.len().next_multiple_of(PAD), 0);
        out
    }

    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut take = || {
            let (len, rest) = bytes.split_first_chunk::<4>()?;
            let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
            bytes = rest;
            Some(part)
        };
        match take()? {
            b"row" => Some(Self::Row {
                compartment: Tag(u32::from_be_bytes(take()?.try_into().ok()?)),
                handle: take()?.try_into().ok()?,
                standing: take()?.to_vec(),
                records: take()?.to_vec(),
            }),
            b"gone" => Some(Self::Gone {
                locator: Locator::from_slice(take()?)?,
                id: take()?.try_into().ok()?,
                handles: take()?.as_chunks::<16>().0.to_vec(),
            }),
            _ => None,
        }
    }
}

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
    /// Opens the journal in `folders`; without any, nothing is kept.
    pub fn open(folders: &[PathBuf]) -> Result<Self, StoreError> {
        for folder in folders {
            let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|error| file(folder, &error))?;
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

    /// Keeps one entry for each row, and none for those who are gone for good: those whose certificates are `certified`.
    pub fn compact(&self, keys: &Keys, certified: &[[u8; 16]]) -> Result<(), StoreError> {
        for folder in &self.folders {
            let path = folder.join(FILE);
            if path.exists() {
                compact(&path, keys, certified).map_err(|error| file(&path, &error))?;
            }
        }
        Ok(())
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

/// The checkpoints of the log called `name` that are held in `folders`.
pub(crate) fn list_held(folders: &[PathBuf], name: &str) -> Vec<String> {
    folders.iter().filter_map(|folder| fs::read_to_string(folder.join(format!("{name}.checkpoint"))).ok()).collect()
}

fn frame(keys: &Keys, entry: &Narrowing) -> Result<Vec<u8>, StoreError> {
    let sealed = keys.seal_for(LABEL, b"", &entry.to_bytes(), &mut OsEntropy)?;
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
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        file.lock_shared()?;
        // Somebody else put a shorter one in its place meanwhile.
        if fs::metadata(path).map(|it| it.ino()).ok() != Some(file.metadata()?.ino()) {
            continue;
        }
        file.write_all(bytes)?;
        return file.sync_data();
    }
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
        Narrowing::from_bytes(&self.keys.unseal_for(LABEL, b"", sealed).ok()?)
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

fn compact(path: &Path, keys: &Keys, certified: &[[u8; 16]]) -> std::io::Result<()> {
    let locked = File::open(path)?;
    locked.lock()?;
    let certified: HashSet<_> = certified.iter().collect();
    let (mut last, mut gone) = (HashMap::new(), HashSet::new());
    let mut entries = Entries { reader: BufReader::new(File::open(path)?), keys, at: 0, skipped: 0 };
    while let Some((at, entry)) = entries.next()? {
        match entry {
            Narrowing::Row { handle, .. } => drop(last.insert(handle, at)),
            Narrowing::Gone { id, handles, .. } if certified.contains(&id) => gone.extend(handles),
            Narrowing::Gone { id, .. } => drop(last.insert(id, at)),
        }
    }
    if entries.skipped > 0 {
        tracing::warn!(bytes = entries.skipped, "something in the journal is not readable, and is left out");
    }
    let mut kept: Vec<u64> = last.into_iter().filter(|(name, _)| !gone.contains(name)).map(|(_, at)| at).collect();
    kept.sort_unstable();
    let draft = path.with_extension("new");
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    for at in kept {
        if let Some(entry) = entries.at(at)? {
            // Sealed anew: the key may be another by now.
            let bytes = frame(keys, &entry).map_err(|error| std::io::Error::other(error.to_string()))?;
            out.write_all(&bytes)?;
        }
    }
    out.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(path.parent().unwrap_or(path))?.sync_all()
}

#[cfg(test)]
mod tests {
    use kepil_domain::{
        Installation,
        vault::{EpochKey, EpochNo, RootKey},
    };

    use super::*;

    fn keys() -> Keys {
        Keys::new(Installation([1; 16]), RootKey::from_bytes([2; 32]), EpochKey::from_bytes(EpochNo(1), [3; 32]))
    }

    fn row(handle: u8, standing: u8) -> Narrowing {
        let (standing, records) = (vec![standing; 300], vec![7; 40]);
        Narrowing::Row { compartment: Tag(5), handle: [handle; 16], standing, records }
    }

    fn all(folder: &Path, keys: &Keys) -> Vec<Narrowing> {
        let mut entries = Entries::open(folder, keys).unwrap().unwrap();
        std::iter::from_fn(|| entries.next().unwrap()).map(|(_, entry)| entry).collect()
    }

    #[tokio::test]
    async fn what_was_written_is_found_again_and_shows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let folders = ["one", "two"].map(|name| folder.path().join(name));
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
        for entry in [row(1, 1), row(2, 1), row(8, 1), row(9, 1), gone(9), row(1, 2), gone(8)] {
            journal.write(&keys, &entry).await.unwrap();
        }
        journal.compact(&keys, &[[109; 16]]).unwrap();
        assert!(all(folder.path(), &keys) == [row(2, 1), row(8, 1), row(1, 2), gone(8)]);
        journal.write(&keys, &row(2, 2)).await.unwrap();
        assert!(all(folder.path(), &keys).last() == Some(&row(2, 2)), "and it goes on in the new file");
    }
}
