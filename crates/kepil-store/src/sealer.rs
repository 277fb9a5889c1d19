//! Sealers: where root and epoch keys are. The file sealer keeps them in a folder of its own, mode 0600.
//!
//! Class *logical*: overwriting a file cannot be proven on every disk; certificates say so.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use kepil_domain::{
    Installation,
    vault::{EpochKey, EpochNo, RootKey},
};
use zeroize::Zeroizing;

use crate::StoreError;

/// Keeps keys in a folder.
#[derive(Clone, Debug)]
pub struct FileSealer {
    folder: PathBuf,
}

impl FileSealer {
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
        self.folder.join("root.key").exists()
    }

    /// Keeps both keys for `installation`. Never overwrites.
    ///
    /// # Errors
    /// [`StoreError::File`] when the folder cannot be written or has keys.
    pub fn add(&self, installation: &Installation, root: &RootKey, epoch: &EpochKey) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder).map_err(|error| file(&self.folder, &error))?;
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))
            .map_err(|error| file(&self.folder, &error))?;
        write_new(&self.folder.join("root.key"), installation, 0, root.danger_bytes())?;
        write_new(&self.folder.join("epoch.key"), installation, epoch.no().0, epoch.danger_bytes())?;
        fs::File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|error| file(&self.folder, &error))
    }

    /// The keys and whose they are.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when a key is missing, readable by others, or not a key.
    pub fn find(&self) -> Result<(Installation, RootKey, EpochKey), StoreError> {
        let (installation, _, root) = read(&self.folder.join("root.key"))?;
        let (same, no, epoch) = read(&self.folder.join("epoch.key"))?;
        if installation != same {
            return Err(StoreError::Unusable("the sealer has keys of two installations".to_owned()));
        }
        Ok((installation, RootKey::from_bytes(*root), EpochKey::from_bytes(EpochNo(no), *epoch)))
    }
}

fn absolute(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // The folder may not exist yet: resolve the part that does.
    full.ancestors()
        .find_map(|known| Some(known.canonicalize().ok()?.join(full.strip_prefix(known).ok()?)))
        .unwrap_or(full)
}

fn write_new(path: &Path, installation: &Installation, no: u64, key: &[u8; 32]) -> Result<(), StoreError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(56));
    bytes.extend(installation.0);
    bytes.extend(no.to_be_bytes());
    bytes.extend_from_slice(key);
    let write = || {
        let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        out.write_all(&bytes)?;
        out.sync_all()
    };
    write().map_err(|error| file(path, &error))
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
