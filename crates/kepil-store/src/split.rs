//! The root key in shares outside the sealers: a start needs so many of them. Epoch keys are never split.
//!
//! Start reading at [`StoreConfig::split_root`]. Source: clauses 3.1.5, 5.1.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use kepil_domain::{
    Installation,
    vault::{RootKey, RootNo, Share, SharesError},
};
use zeroize::Zeroizing;

use crate::{
    OsEntropy, StoreConfig, StoreError,
    sealer::{Sealers, file},
};

impl StoreConfig {
    /// Writes shares of the root key into the folders `to`, one into each or all into one, and takes the key out of every sealer.
    /// Servers that run have it in memory. Returns the files.
    ///
    /// # Errors
    /// [`StoreError`] when a sealer does not answer, a share cannot be written, or the numbers do not go together; then no key was
    /// taken out, or it may be repeated.
    pub fn split_root(&self, (needed, of): (u8, u8), to: &[PathBuf]) -> Result<Vec<PathBuf>, StoreError> {
        let sealers = Sealers(self.sealers()?);
        let found = sealers.find()?;
        let [root] = found.roots.as_slice() else {
            let text = "there is no root key to split, or it is being replaced";
            return Err(StoreError::Unusable(text.to_owned()));
        };
        let shares = root.split(&found.installation, (needed, of), &mut OsEntropy).map_err(unusable)?;
        let folders: Vec<&PathBuf> = match to {
            [one] => vec![one; shares.len()],
            each => each.iter().collect(),
        };
        if folders.len() != shares.len() {
            return Err(StoreError::Unusable("name one folder for all shares, or one for each".to_owned()));
        }
        let mut written = Vec::new();
        for (share, folder) in shares.iter().zip(folders) {
            let path = folder.join(format!("kepil-share-{}", share.number));
            write(&path, &share.to_text()).map_err(|error| file(&path, &error))?;
            written.push(path);
        }
        // What was written is what is read again, or nothing is taken out of the sealers.
        let read = written.iter().map(|path| read(path)).collect::<Result<Vec<_>, _>>()?;
        for first in 0..read.len() {
            let some: Vec<Share> = read.iter().cycle().skip(first).take(usize::from(needed)).cloned().collect();
            if RootKey::join(&some).map_err(unusable)?.print() != root.print() {
                return Err(StoreError::Unusable("the shares do not give the key back".to_owned()));
            }
        }
        sealers.split_root(root.no(), &root.print())?;
        Ok(written)
    }

    /// Puts the root key back into every sealer, out of the shares that are named.
    ///
    /// # Errors
    /// [`StoreError`] when a sealer does not answer, or the shares do not give the key.
    pub fn join_root(&self) -> Result<(), StoreError> {
        let sealers = Sealers(self.sealers()?);
        let found = sealers.find()?;
        let split = found.split.ok_or_else(|| StoreError::Unusable("the root key is not split".to_owned()))?;
        sealers.join_root(&self.root_in_shares(&found.installation, split)?)
    }

    /// The root key out of the shares that are named. One that cannot be read is passed over, while there are enough.
    pub(crate) fn root_in_shares(
        &self,
        at: &Installation,
        (no, print): (RootNo, [u8; 32]),
    ) -> Result<RootKey, StoreError> {
        let mut shares = Vec::new();
        for path in &self.shares {
            match read(path) {
                Ok(share) => shares.push(share),
                Err(error) => tracing::warn!(error = %error, "a share of the root key cannot be read"),
            }
        }
        let root = RootKey::join(&shares).map_err(|error| {
            StoreError::Unusable(format!(
                "the root key is split: {error}; name files with shares under `[keys] shares`"
            ))
        })?;
        let is_it = root.no() == no && root.print() == print && shares.iter().all(|share| share.installation == *at);
        let other = || StoreError::Unusable("the shares named under `[keys] shares` are of another key".to_owned());
        is_it.then_some(root).ok_or_else(other)
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut out = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()
}

fn read(path: &Path) -> Result<Share, StoreError> {
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| file(path, &error))?);
    Share::parse(&text).map_err(|error| StoreError::Unusable(format!("`{}`: {error}", path.display())))
}

fn unusable(error: SharesError) -> StoreError {
    StoreError::Unusable(error.to_string())
}
