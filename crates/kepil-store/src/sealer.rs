//! Sealers: where root and epoch keys are, and nowhere else. The file sealer keeps them in a folder of its own, mode 0600.
//!
//! Start reading at [`Sealers::install`] and [`Sealers::destroy_before`]: between the two an epoch is being closed or the root
//! key replaced, and a sealer that does not answer stops it. A key is written whole or not at all, and never over another.

use std::{
    fs,
    io::{Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use kepil_domain::{
    Entropy, Installation,
    vault::{EpochKey, EpochNo, RootKey, RootNo},
};
use zeroize::Zeroizing;

use crate::{OsEntropy, StoreError};

/// How a file ends that is being written, or being destroyed.
const DRAFT: &str = "new";
const GOING: &str = "gone";
/// Length of a key file. Unit: bytes.
const KEY_FILE: usize = 56;

/// How sure the end of a key in a sealer is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SealerClass {
    /// Written over and removed; that the disk keeps no copy cannot be proven.
    Logical,
}

impl SealerClass {
    /// A short stable word, for certificates.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Logical => "logical",
        }
    }
}

/// Keeps keys in a folder.
#[derive(Clone, Debug)]
pub struct FileSealer {
    folder: PathBuf,
}

/// What kind of key it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// Seals the secrets.
    Root,
    /// Stands in place of a root key that is split: a hash of it, by which it is known again.
    Split,
    /// Seals until the end of an epoch.
    Epoch,
}

impl Kind {
    /// Names the file of the key number `no`. The first root key has no number in its name.
    fn file(self, no: u64) -> String {
        match (self, no) {
            (Self::Root, 0) => "root.key".to_owned(),
            (Self::Root, no) => format!("root-{no}.key"),
            (Self::Split, no) => format!("root-{no}.split"),
            (Self::Epoch, no) => format!("epoch-{no}.key"),
        }
    }

    /// The number in the name of a file of this kind.
    fn number(self, name: &str) -> Option<u64> {
        let no = match self {
            Self::Root if name == "root.key" => 0,
            Self::Root => name.strip_prefix("root-")?.strip_suffix(".key")?.parse().ok()?,
            Self::Split => name.strip_prefix("root-")?.strip_suffix(".split")?.parse().ok()?,
            Self::Epoch => name.strip_prefix("epoch-")?.strip_suffix(".key")?.parse().ok()?,
        };
        Some(no).filter(|no| self.file(*no) == name)
    }
}

/// A key in a sealer.
struct Kept {
    kind: Kind,
    no: u64,
    bytes: Zeroizing<[u8; 32]>,
}

/// What a sealer has, or all of them together.
struct Held {
    installation: Installation,
    /// By kind and number, the newest of a kind last.
    keys: Vec<Kept>,
}

impl Held {
    fn find(&self, kind: Kind, no: u64) -> Option<&Kept> {
        self.keys.iter().find(|key| (key.kind, key.no) == (kind, no))
    }
}

/// The keys that the sealers have.
pub(crate) struct Found {
    pub installation: Installation,
    /// One; two while it is being replaced, none while it is split.
    pub roots: Vec<RootKey>,
    /// The number and the print of the root key that is split.
    pub split: Option<(RootNo, [u8; 32])>,
    pub epochs: Vec<EpochKey>,
}

impl FileSealer {
    /// How sure the end of a key in a folder is.
    pub const CLASS: SealerClass = SealerClass::Logical;

    /// The sealer in `folder`, which must not lie inside `data`.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when it does: a copy of the data would carry its keys.
    pub fn new(folder: PathBuf, data: Option<&Path>) -> Result<Self, StoreError> {
        let inside = data.is_some_and(|data| absolute(&folder).starts_with(absolute(data)));
        if inside {
            return Err(StoreError::Unusable(format!(
                "the sealer folder `{}` lies inside the data folder: a copy of the data would carry its keys",
                folder.display()
            )));
        }
        Ok(Self { folder })
    }

    /// Whether the folder has a root key, or stands for one that is split.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        [Kind::Root, Kind::Split].iter().any(|kind| self.list(*kind).is_ok_and(|numbers| !numbers.is_empty()))
    }

    /// Keeps the root key that was `found`, and these of epochs. Never overwrites a root key.
    ///
    /// # Errors
    /// [`StoreError::File`] when the folder cannot be written or has a root key.
    pub(crate) fn add(&self, found: &Found, epochs: &[EpochKey]) -> Result<(), StoreError> {
        let installation = &found.installation;
        fs::create_dir_all(&self.folder).map_err(|error| file(&self.folder, &error))?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))
            .map_err(|error| file(&self.folder, &error))?;
        if self.is_set_up() {
            return Err(StoreError::Unusable(format!("the sealer `{}` has keys already", self.name())));
        }
        for epoch in epochs {
            // Without a root key beside it, it is what a start left that was broken off.
            let left = self.folder.join(Kind::Epoch.file(epoch.no().0));
            if left.exists() {
                fs::remove_file(&left).map_err(|error| file(&left, &error))?;
            }
            self.write(Kind::Epoch, installation, epoch.no().0, epoch.danger_bytes())?;
        }
        for root in &found.roots {
            self.write(Kind::Root, installation, root.no().0, root.danger_bytes())?;
        }
        let split = found.split.filter(|_| found.roots.is_empty());
        split.map_or(Ok(()), |(no, print)| self.write(Kind::Split, installation, no.0, &print))
    }

    /// The numbers of the epochs whose keys are here, the newest last.
    pub(crate) fn numbers(&self) -> Result<Vec<EpochNo>, StoreError> {
        Ok(self.list(Kind::Epoch)?.into_iter().map(EpochNo).collect())
    }

    fn list(&self, kind: Kind) -> Result<Vec<u64>, StoreError> {
        let files = fs::read_dir(&self.folder).map_err(|error| file(&self.folder, &error))?;
        let mut numbers: Vec<u64> = files.filter_map(|file| kind.number(file.ok()?.file_name().to_str()?)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn find(&self) -> Result<Held, StoreError> {
        let mut held: Option<Held> = None;
        for kind in [Kind::Root, Kind::Split, Kind::Epoch] {
            for number in self.list(kind)? {
                let (installation, no, bytes) = read(&self.folder.join(kind.file(number)))?;
                let held = held.get_or_insert(Held { installation, keys: Vec::new() });
                if installation != held.installation || no != number {
                    return Err(StoreError::Unusable(format!("the sealer `{}` has a key of elsewhere", self.name())));
                }
                held.keys.push(Kept { kind, no, bytes });
            }
        }
        held.filter(|held| held.keys.iter().any(|key| key.kind != Kind::Epoch)).ok_or_else(|| StoreError::File {
            path: self.name().to_string(),
            message: "there is no root key in it".to_owned(),
        })
    }

    /// Writes a key that is not there yet: whole under another name, then given its own, which only one can.
    fn write(&self, kind: Kind, installation: &Installation, no: u64, key: &[u8; 32]) -> Result<(), StoreError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE));
        bytes.extend(installation.0);
        bytes.extend(no.to_be_bytes());
        bytes.extend_from_slice(key);
        let mut mark = [0; 8];
        OsEntropy.fill(&mut mark)?;
        let (draft, path) =
            (self.folder.join(format!("{}.{DRAFT}", kepil_domain::hex(&mark))), self.folder.join(kind.file(no)));
        let write = || {
            let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
            out.write_all(&bytes)?;
            out.sync_all()?;
            let linked = fs::hard_link(&draft, &path);
            fs::remove_file(&draft)?;
            linked?;
            fs::File::open(&self.folder)?.sync_all()
        };
        write().map_err(|error| file(&path, &error))
    }

    /// Writes over every key of a kind before `kept` and removes it.
    fn destroy_before(&self, kind: Kind, kept: u64) -> Result<(), StoreError> {
        let old: Vec<u64> = self.list(kind)?.into_iter().filter(|number| *number < kept).collect();
        let destroy = || {
            // Out of the way first: half written over, it must not be taken for a key.
            for number in &old {
                let path = self.folder.join(kind.file(*number));
                fs::rename(&path, path.with_extension(GOING))?;
            }
            fs::File::open(&self.folder)?.sync_all()?;
            for left in fs::read_dir(&self.folder)? {
                let path = left?.path();
                if path.extension().is_some_and(|end| end == GOING) {
                    wipe(&path)?;
                } else if path.extension().is_some_and(|end| end == DRAFT) {
                    // What a crash left of writing a key: the key itself under a second name, or a copy of it.
                    if fs::metadata(&path)?.nlink() == 1 { wipe(&path)? } else { fs::remove_file(&path)? }
                }
            }
            fs::File::open(&self.folder)?.sync_all()
        };
        destroy().map_err(|error| file(&self.folder, &error))
    }

    /// What to call it in messages.
    pub(crate) fn name(&self) -> std::path::Display<'_> {
        self.folder.display()
    }
}

/// All sealers of an installation; each has all keys.
#[derive(Clone, Debug)]
pub(crate) struct Sealers(pub Vec<FileSealer>);

impl Sealers {
    /// All keys that any sealer has. One that does not answer is passed over, with a warning: a node starts as long as one does.
    pub fn find(&self) -> Result<Found, StoreError> {
        let Held { installation, keys } = self.find_all()?;
        let (mut roots, mut epochs, mut split) = (Vec::new(), Vec::new(), None);
        for Kept { kind, no, bytes } in keys {
            match kind {
                Kind::Root => roots.push(RootKey::from_bytes(RootNo(no), *bytes)),
                Kind::Split => split = Some((RootNo(no), *bytes)),
                Kind::Epoch => epochs.push(EpochKey::from_bytes(EpochNo(no), *bytes)),
            }
        }
        Ok(Found { installation, roots, split, epochs })
    }

    fn find_all(&self) -> Result<Held, StoreError> {
        let mut found: Option<Held> = None;
        let mut last = StoreError::Unusable("no sealer is named".to_owned());
        for sealer in &self.0 {
            let held = match sealer.find() {
                Ok(held) => held,
                Err(error) => {
                    tracing::warn!(error = %error, "a sealer does not answer");
                    last = error;
                    continue;
                }
            };
            let Some(found) = &mut found else {
                found = Some(held);
                continue;
            };
            if found.installation != held.installation {
                return Err(StoreError::Unusable("the sealers have keys of two installations".to_owned()));
            }
            for key in held.keys {
                match found.find(key.kind, key.no) {
                    None => found.keys.push(key),
                    Some(same) if same.bytes == key.bytes => {}
                    Some(_) => {
                        return Err(StoreError::Unusable(format!(
                            "the sealers have two keys `{}`: one of them was put there by hand",
                            key.kind.file(key.no)
                        )));
                    }
                }
            }
        }
        found.ok_or(last)
    }

    /// The key of epoch `no`, which is in every sealer afterwards: the one that is there, or a new one.
    ///
    /// # Errors
    /// [`StoreError`] when a sealer does not answer; then none was given it.
    pub fn install(&self, no: EpochNo) -> Result<EpochKey, StoreError> {
        Ok(EpochKey::from_bytes(no, *self.make(Kind::Epoch, no.0)?))
    }

    /// The root key number `no`, likewise.
    ///
    /// # Errors
    /// As [`Self::install`].
    pub fn install_root(&self, no: RootNo) -> Result<RootKey, StoreError> {
        Ok(RootKey::from_bytes(no, *self.make(Kind::Root, no.0)?))
    }

    /// The key of epoch `no`, which some sealer has and every one afterwards.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when none has it, others when one does not answer; then none was given it.
    pub fn spread(&self, no: EpochNo) -> Result<EpochKey, StoreError> {
        Ok(EpochKey::from_bytes(no, *self.copy(Kind::Epoch, no.0)?))
    }

    /// Puts `print` in place of the root key number `no` in every sealer.
    ///
    /// # Errors
    /// [`StoreError`] when one does not answer; then none was changed, or it may be repeated.
    pub fn split_root(&self, no: RootNo, print: &[u8; 32]) -> Result<(), StoreError> {
        for sealer in &self.0 {
            let held = sealer.find()?;
            if held.find(Kind::Root, no.0).or(held.find(Kind::Split, no.0)).is_none() {
                return Err(StoreError::Unusable(format!("the sealer `{}` lacks the key in use", sealer.name())));
            }
        }
        self.give(Kind::Split, no.0, print)?;
        self.0.iter().try_for_each(|sealer| sealer.destroy_before(Kind::Root, no.0 + 1))
    }

    /// Puts `root` back in every sealer.
    ///
    /// # Errors
    /// [`StoreError`] when one does not answer; it may be repeated.
    pub fn join_root(&self, root: &RootKey) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|sealer| sealer.find().map(drop))?;
        self.give(Kind::Root, root.no().0, root.danger_bytes())?;
        self.0.iter().try_for_each(|sealer| sealer.destroy_before(Kind::Split, root.no().0 + 1))
    }

    fn make(&self, kind: Kind, no: u64) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        match self.copy(kind, no) {
            Err(StoreError::NotFound) => {
                let mut bytes = Zeroizing::new([0; 32]);
                OsEntropy.fill(bytes.as_mut())?;
                self.give(kind, no, &bytes)?;
            }
            done => return done,
        }
        // Of two that install at once one was first; what is there now counts, and is the same everywhere.
        self.copy(kind, no)
    }

    fn copy(&self, kind: Kind, no: u64) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        // A folder that is there but has no root key is the place of a disk that is not: nothing is written into it.
        self.0.iter().try_for_each(|sealer| sealer.find().map(drop))?;
        let all = self.find_all()?;
        let key = all.find(kind, no).ok_or(StoreError::NotFound)?;
        self.give(kind, no, &key.bytes)?;
        Ok(key.bytes.clone())
    }

    fn give(&self, kind: Kind, no: u64, bytes: &[u8; 32]) -> Result<(), StoreError> {
        for sealer in &self.0 {
            let held = sealer.find()?;
            if held.find(kind, no).is_none() {
                sealer.write(kind, &held.installation, no, bytes)?;
            }
        }
        Ok(())
    }

    /// Destroys the keys of a kind before `kept`, in every sealer.
    ///
    /// # Errors
    /// [`StoreError`] when a sealer does not answer: then a key may still be there, and nothing counts as destroyed.
    pub fn destroy_before(&self, kind: Kind, kept: u64) -> Result<Vec<SealerClass>, StoreError> {
        for sealer in &self.0 {
            if sealer.find()?.find(kind, kept).is_none() {
                return Err(StoreError::Unusable(format!("the sealer `{}` lacks the key in use", sealer.name())));
            }
        }
        self.0.iter().try_for_each(|sealer| sealer.destroy_before(kind, kept))?;
        Ok(self.0.iter().map(|_| FileSealer::CLASS).collect())
    }
}

fn wipe(path: &Path) -> std::io::Result<()> {
    let mut out = fs::OpenOptions::new().write(true).open(path)?;
    for byte in [0xFF, 0] {
        out.rewind()?;
        out.write_all(&[byte; KEY_FILE])?;
        out.sync_all()?;
    }
    fs::remove_file(path)
}

fn absolute(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // The folder may not exist yet: resolve the part that does.
    full.ancestors()
        .find_map(|known| Some(known.canonicalize().ok()?.join(full.strip_prefix(known).ok()?)))
        .unwrap_or(full)
}

fn read(path: &Path) -> Result<(Installation, u64, Zeroizing<[u8; 32]>), StoreError> {
    let mode = fs::metadata(path).map_err(|error| file(path, &error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(StoreError::Unusable(format!("`{}` can be read by others: set its mode to 0600", path.display())));
    }
    let bytes = Zeroizing::new(fs::read(path).map_err(|error| file(path, &error))?);
    let parsed = bytes.split_first_chunk::<16>().and_then(|(installation, rest)| {
        let (no, key) = rest.split_first_chunk::<8>()?;
        Some((Installation(*installation), u64::from_be_bytes(*no), Zeroizing::new(<[u8; 32]>::try_from(key).ok()?)))
    });
    parsed.ok_or_else(|| StoreError::Unusable(format!("`{}` is not a key file", path.display())))
}

pub(crate) fn file(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::File { path: path.display().to_string(), message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two sealers with the keys of epoch 1.
    fn two(folder: &Path) -> Sealers {
        let (installation, roots) = (Installation([1; 16]), vec![RootKey::from_bytes(RootNo(0), [2; 32])]);
        let found = Found { installation, roots, split: None, epochs: Vec::new() };
        let sealers = ["one", "two"].map(|name| FileSealer::new(folder.join(name), None).unwrap());
        let first = [EpochKey::from_bytes(EpochNo(1), [3; 32])];
        sealers.iter().for_each(|sealer| sealer.add(&found, &first).unwrap());
        Sealers(sealers.to_vec())
    }

    fn numbers(sealers: &Sealers) -> Vec<u64> {
        sealers.find().unwrap().epochs.iter().map(|key| key.no().0).collect()
    }

    #[test]
    fn a_key_that_is_half_destroyed_is_no_key_and_goes_at_the_next_try() {
        let home = tempfile::tempdir().unwrap();
        let sealers = two(home.path());
        let next = *sealers.install(EpochNo(2)).unwrap().danger_bytes();
        assert_eq!(sealers.install(EpochNo(2)).unwrap().danger_bytes(), &next, "once");
        // As a crash leaves it: out of the way, half written over; and a key that was being written.
        let one = home.path().join("one");
        fs::rename(one.join("epoch-1.key"), one.join("epoch-1.gone")).unwrap();
        fs::write(one.join("epoch-1.gone"), [0; 56]).unwrap();
        fs::hard_link(one.join("epoch-2.key"), one.join("aa.new")).unwrap();
        assert_eq!(numbers(&sealers), [2, 1], "the other has it still");
        sealers.destroy_before(Kind::Epoch, 2).unwrap();
        for sealer in ["one", "two"] {
            let files = fs::read_dir(home.path().join(sealer)).unwrap();
            let mut names: Vec<_> = files.map(|it| it.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, ["epoch-2.key", "root.key"]);
        }
        assert_eq!(sealers.find().unwrap().epochs[0].danger_bytes(), &next, "the key itself was not written over");
    }

    #[test]
    fn keys_that_do_not_belong_together_are_refused() {
        let home = tempfile::tempdir().unwrap();
        let sealers = two(home.path());
        let path = home.path().join("two/epoch-1.key");
        let mut bytes = fs::read(&path).unwrap();
        bytes[55] ^= 1;
        fs::write(&path, &bytes).unwrap();
        assert!(sealers.find().is_err(), "two keys of one epoch");
        fs::remove_file(&path).unwrap();
        assert_eq!(numbers(&sealers), [1]);
        assert!(
            sealers.destroy_before(Kind::Epoch, 2).is_err(),
            "nothing is destroyed while a sealer lacks the key in use"
        );
        fs::set_permissions(home.path().join("one/root.key"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(sealers.0[0].find().is_err(), "readable by others");
    }
}
