//! Sealers: where root and epoch keys are, and nowhere else. The file sealer keeps them in a folder of its own, mode 0600.
//!
//! Start reading at [`Sealers::install`] and [`Sealers::destroy_before`]: between the two an epoch is being closed, and a
//! sealer that does not answer stops it. A key is written whole or not at all, and never over another.

use std::{
    fs,
    io::{Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use kepil_domain::{
    Installation,
    vault::{EpochKey, EpochNo, RootKey},
};
use zeroize::Zeroizing;

use crate::{OsEntropy, StoreError};

const ROOT: &str = "root.key";
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

/// What a sealer has.
struct Held {
    installation: Installation,
    root: RootKey,
    /// By number, the newest last.
    epochs: Vec<EpochKey>,
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

    /// Whether the folder has a root key.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.folder.join(ROOT).exists()
    }

    /// Keeps the keys for `installation`. Never overwrites a root key.
    ///
    /// # Errors
    /// [`StoreError::File`] when the folder cannot be written or has a root key.
    pub fn add(&self, installation: &Installation, root: &RootKey, epochs: &[EpochKey]) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder).map_err(|error| file(&self.folder, &error))?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))
            .map_err(|error| file(&self.folder, &error))?;
        if self.is_set_up() {
            return Err(StoreError::Unusable(format!("the sealer `{}` has keys already", self.name())));
        }
        for epoch in epochs {
            let name = epoch_name(epoch.no());
            // Without a root key beside it, it is what a start left that was broken off.
            let left = self.folder.join(&name);
            if left.exists() {
                fs::remove_file(&left).map_err(|error| file(&left, &error))?;
            }
            self.write(&name, installation, epoch.no().0, epoch.danger_bytes())?;
        }
        self.write(ROOT, installation, 0, root.danger_bytes())
    }

    /// The numbers of the epochs whose keys are here, the newest last.
    pub(crate) fn numbers(&self) -> Result<Vec<EpochNo>, StoreError> {
        let files = fs::read_dir(&self.folder).map_err(|error| file(&self.folder, &error))?;
        let mut numbers: Vec<EpochNo> = files
            .filter_map(|file| {
                let name = file.ok()?.file_name();
                name.to_str()?.strip_prefix("epoch-")?.strip_suffix(".key")?.parse().ok().map(EpochNo)
            })
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn find(&self) -> Result<Held, StoreError> {
        let (installation, _, root) = read(&self.folder.join(ROOT))?;
        let mut epochs = Vec::new();
        for number in self.numbers()? {
            let (same, no, key) = read(&self.folder.join(epoch_name(number)))?;
            if installation != same || no != number.0 {
                return Err(StoreError::Unusable(format!("the sealer `{}` has a key of elsewhere", self.name())));
            }
            epochs.push(EpochKey::from_bytes(number, *key));
        }
        Ok(Held { installation, root: RootKey::from_bytes(*root), epochs })
    }

    /// Writes a key that is not there yet: whole under another name, then given its own, which only one can.
    fn write(&self, name: &str, installation: &Installation, no: u64, key: &[u8; 32]) -> Result<(), StoreError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE));
        bytes.extend(installation.0);
        bytes.extend(no.to_be_bytes());
        bytes.extend_from_slice(key);
        let mut mark = [0; 8];
        kepil_domain::Entropy::fill(&mut OsEntropy, &mut mark)?;
        let (draft, path) = (self.folder.join(format!("{}.{DRAFT}", kepil_domain::hex(&mark))), self.folder.join(name));
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

    /// Writes over every key of an epoch before `kept` and removes it.
    fn destroy_before(&self, kept: EpochNo) -> Result<(), StoreError> {
        let old: Vec<EpochNo> = self.numbers()?.into_iter().filter(|number| *number < kept).collect();
        let destroy = || {
            // Out of the way first: half written over, it must not be taken for a key.
            for number in &old {
                let path = self.folder.join(epoch_name(*number));
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
    /// Root key and the keys of all epochs that any sealer has. One that does not answer is passed over, with a warning: a node
    /// starts as long as one does.
    pub fn find(&self) -> Result<(Installation, RootKey, Vec<EpochKey>), StoreError> {
        let mut found: Option<(Installation, RootKey, Vec<EpochKey>)> = None;
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
            let Some((installation, root, epochs)) = &mut found else {
                found = Some((held.installation, held.root, held.epochs));
                continue;
            };
            if *installation != held.installation || root.danger_bytes() != held.root.danger_bytes() {
                return Err(StoreError::Unusable("the sealers have keys of two installations".to_owned()));
            }
            for key in held.epochs {
                match epochs.iter().find(|other| other.no() == key.no()) {
                    None => epochs.push(key),
                    Some(same) if same.danger_bytes() == key.danger_bytes() => {}
                    Some(_) => {
                        return Err(StoreError::Unusable(format!(
                            "the sealers have two keys of epoch {}: one of them was put there by hand",
                            key.no().0
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
        match self.spread(no) {
            Err(StoreError::NotFound) => self.give(&EpochKey::random(no, &mut OsEntropy)?)?,
            done => return done,
        }
        // Of two that install at once one was first; what is there now counts, and is the same everywhere.
        self.spread(no)
    }

    /// The key of epoch `no`, which some sealer has and every one afterwards.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when none has it, others when one does not answer; then none was given it.
    pub fn spread(&self, no: EpochNo) -> Result<EpochKey, StoreError> {
        // A folder that is there but has no root key is the place of a disk that is not: nothing is written into it.
        self.0.iter().try_for_each(|sealer| sealer.find().map(drop))?;
        let (_, _, epochs) = self.find()?;
        let key = epochs.into_iter().find(|key| key.no() == no).ok_or(StoreError::NotFound)?;
        self.give(&key)?;
        Ok(key)
    }

    fn give(&self, key: &EpochKey) -> Result<(), StoreError> {
        for sealer in &self.0 {
            let held = sealer.find()?;
            if held.epochs.iter().all(|other| other.no() != key.no()) {
                sealer.write(&epoch_name(key.no()), &held.installation, key.no().0, key.danger_bytes())?;
            }
        }
        Ok(())
    }

    /// Destroys the keys of every epoch before `kept`, in every sealer.
    ///
    /// # Errors
    /// [`StoreError`] when a sealer does not answer: then a key may still be there, and nothing counts as destroyed.
    pub fn destroy_before(&self, kept: EpochNo) -> Result<Vec<SealerClass>, StoreError> {
        for sealer in &self.0 {
            if !sealer.find()?.epochs.iter().any(|key| key.no() == kept) {
                return Err(StoreError::Unusable(format!("the sealer `{}` lacks the key in use", sealer.name())));
            }
        }
        self.0.iter().try_for_each(|sealer| sealer.destroy_before(kept))?;
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

fn epoch_name(no: EpochNo) -> String {
    format!("epoch-{}.key", no.0)
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
        let (installation, root) = (Installation([1; 16]), RootKey::from_bytes([2; 32]));
        let sealers = ["one", "two"].map(|name| FileSealer::new(folder.join(name), None).unwrap());
        let first = [EpochKey::from_bytes(EpochNo(1), [3; 32])];
        sealers.iter().for_each(|sealer| sealer.add(&installation, &root, &first).unwrap());
        Sealers(sealers.to_vec())
    }

    fn numbers(sealers: &Sealers) -> Vec<u64> {
        sealers.find().unwrap().2.iter().map(|key| key.no().0).collect()
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
        sealers.destroy_before(EpochNo(2)).unwrap();
        for sealer in ["one", "two"] {
            let files = fs::read_dir(home.path().join(sealer)).unwrap();
            let mut names: Vec<_> = files.map(|it| it.unwrap().file_name()).collect();
            names.sort();
            assert_eq!(names, ["epoch-2.key", "root.key"]);
        }
        assert_eq!(sealers.find().unwrap().2[0].danger_bytes(), &next, "the key itself was not written over");
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
            sealers.destroy_before(EpochNo(2)).is_err(),
            "nothing is destroyed while a sealer lacks the key in use"
        );
        fs::set_permissions(home.path().join("one/root.key"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(sealers.0[0].find().is_err(), "readable by others");
    }
}
