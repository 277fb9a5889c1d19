//! What the journal holds besides: editions and clients as they are now. They are few and about nobody, so all of them are held
//! anew when something changed: after a restore an edition that was published since holds, and a client whose secret was changed
//! has that one. Clauses 5.1, 8.1.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use kepil_domain::Digest;
use serde::{Deserialize, Serialize};

use crate::{ClientRow, EditionRow, OsEntropy, Store, StoreError, batch::Batch, sealer::file};

const FILE: &str = "system.held";
const LABEL: &str = "held";

#[derive(Deserialize, Serialize)]
struct Held {
    at_ms: i64,
    editions: Vec<EditionRow>,
    clients: Vec<ClientRow>,
}

/// What this node held last: a sum of it.
#[derive(Default)]
pub(crate) struct LastHeld(Mutex<Option<[u8; 32]>>);

impl Store {
    /// Holds editions and clients in every folder of the journal, if they changed since this node last did.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or a folder takes nothing; tried again at the next call.
    pub async fn hold_system(&self) -> Result<(), StoreError> {
        let folders = self.narrowings.folders();
        if folders.is_empty() {
            return Ok(());
        }
        let (newest, clients) = (self.system.newest_edition().await?, self.system.list_clients().await?);
        let mut sum = Digest::default();
        sum.update(&newest.to_be_bytes());
        sum.update(&serde_json::to_vec(&clients).map_err(|_| StoreError::NotFound)?);
        let sum = sum.finish();
        if *self.held.0.lock().unwrap_or_else(PoisonError::into_inner) == Some(sum) {
            return Ok(());
        }
        let held = Held { at_ms: self.clock.now().unix_ms, editions: self.system.list_editions(0).await?, clients };
        let plain = serde_json::to_vec(&held).map_err(|_| StoreError::NotFound)?;
        let sealed = self.keys.seal_lasting(LABEL, &plain, &mut OsEntropy)?;
        for folder in folders {
            write(folder, &sealed)?;
        }
        *self.held.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(sum);
        Ok(())
    }

    /// Brings back what is held in `folders`, if it is newer than the copy of the data, which was made at `copied_s`. Before the
    /// compartments are prepared: a later edition may have more.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn mend_system(&self, folders: &[PathBuf], copied_s: i64) -> Result<(), StoreError> {
        let held = folders.iter().filter_map(|folder| {
            let sealed = fs::read(folder.join(FILE)).ok()?;
            serde_json::from_slice::<Held>(&self.keys.unseal_lasting(LABEL, &sealed).ok()?).ok()
        });
        let newest = held.max_by_key(|held| held.at_ms);
        let Some(held) = newest.filter(|held| held.at_ms / 1000 >= copied_s) else { return Ok(()) };
        for edition in &held.editions {
            match self.system.add_edition(edition).await {
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        self.system.database.execute(Batch::default().any("DELETE FROM client", Vec::new())).await?;
        for client in &held.clients {
            self.system.set_client(client).await?;
        }
        Ok(())
    }
}

fn write(folder: &Path, sealed: &[u8]) -> Result<(), StoreError> {
    let (path, draft) = (folder.join(FILE), folder.join("system.new"));
    let write = || {
        let mut out = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        out.write_all(sealed)?;
        out.sync_all()?;
        fs::rename(&draft, &path)
    };
    write().map_err(|error| file(&path, &error))
}
