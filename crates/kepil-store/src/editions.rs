//! Published editions: their bundles as text, with both moments. Never changed, never removed (clause 8.1a).

use serde::{Deserialize, Serialize};

use crate::{StoreError, SystemStore, batch::Batch};

/// A published edition.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EditionRow {
    /// Running number, from 1.
    pub no: u32,
    /// Hash of the bundle.
    pub hash: Vec<u8>,
    /// The bundle, as JSON of path to text.
    pub bundle: String,
    /// When it was published. Unit: Unix seconds.
    pub published_s: i64,
    /// From when it holds. Unit: Unix seconds.
    pub effective_s: i64,
}

impl SystemStore {
    /// Publishes the next edition.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its number was published meanwhile.
    pub async fn add_edition(&self, edition: &EditionRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO edition (no, hash, bundle, published_s, effective_s) VALUES ($1, $2, $3, $4, $5)";
        let params = vec![
            edition.no.into(),
            edition.hash.clone().into(),
            edition.bundle.as_str().into(),
            edition.published_s.into(),
            edition.effective_s.into(),
        ];
        self.database.execute(Batch::default().one(sql, params)).await
    }

    /// The number of the edition that was published last; 0 when there is none.
    pub(crate) async fn newest_edition(&self) -> Result<u32, StoreError> {
        let row = self.database.find("SELECT count(*) FROM edition", Vec::new()).await?;
        Ok(row.map_or(0, |row| u32::try_from(row.int(0)).unwrap_or(0)))
    }

    /// The editions after number `after`, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_editions(&self, after: u32) -> Result<Vec<EditionRow>, StoreError> {
        let sql = "SELECT no, hash, bundle, published_s, effective_s FROM edition WHERE no > $1 ORDER BY no";
        let rows = self.database.query(sql, vec![after.into()]).await?;
        let edition = |row: &crate::batch::Row| EditionRow {
            no: u32::try_from(row.int(0)).unwrap_or(0),
            hash: row.blob(1).to_vec(),
            bundle: row.text(2).to_owned(),
            published_s: row.int(3),
            effective_s: row.int(4),
        };
        Ok(rows.iter().map(edition).collect())
    }
}
