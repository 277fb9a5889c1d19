//! Keys that sign tokens: what is secret in them is sealed under the root key.

use zeroize::Zeroizing;

use crate::{
    OsEntropy, Store, StoreError, SystemStore,
    batch::{Batch, Row},
};

/// Names the seals.
const SEALED_AS: &str = "signing key";

/// One generation of the key of an algorithm.
pub struct SigningKeyRow {
    /// The algorithm's word.
    pub alg: String,
    /// Running number.
    pub number: u32,
    /// When it was made. Unit: Unix seconds.
    pub made_s: i64,
    /// When the next one is to be made. Unit: Unix seconds.
    pub ends_s: i64,
    /// The key as PKCS #8.
    pub pkcs8: Zeroizing<Vec<u8>>,
}

impl SigningKeyRow {
    fn context(alg: &str, number: u32) -> Vec<u8> {
        [&number.to_be_bytes(), alg.as_bytes()].concat()
    }
}

impl Store {
    /// Every key.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or a key does not open.
    pub async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRow>, StoreError> {
        let sql = "SELECT alg, number, made_s, ends_s, sealed FROM signing_key ORDER BY alg, number";
        let rows = self.system.database.query(sql, Vec::new()).await?;
        let mut keys = Vec::new();
        for row in rows {
            let (alg, number) = (row.text(0).to_owned(), u32::try_from(row.int(1)).unwrap_or_default());
            let context = SigningKeyRow::context(&alg, number);
            let pkcs8 = self.in_epoch(|| self.keys.unseal_for(SEALED_AS, &context, row.blob(4))).await?;
            keys.push(SigningKeyRow { alg, number, made_s: row.int(2), ends_s: row.int(3), pkcs8 });
        }
        Ok(keys)
    }

    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is one of that algorithm and number.
    pub async fn add_signing_key(&self, key: &SigningKeyRow) -> Result<(), StoreError> {
        let context = SigningKeyRow::context(&key.alg, key.number);
        let sealed = self.keys.seal_for(SEALED_AS, &context, &key.pkcs8, &mut OsEntropy)?;
        let sql = "INSERT INTO signing_key (alg, number, made_s, ends_s, sealed) VALUES ($1, $2, $3, $4, $5) \
                   ON CONFLICT (alg, number) DO NOTHING";
        let params =
            vec![key.alg.as_str().into(), key.number.into(), key.made_s.into(), key.ends_s.into(), sealed.into()];
        self.system.database.execute(Batch::default().one(sql, params)).await
    }

    /// Seals every key under the newest secret.
    pub(crate) async fn reseal_signing_keys(&self) -> Result<(), StoreError> {
        let sql = "SELECT alg, number, sealed FROM signing_key";
        let mut batch = Batch::default();
        for mut row in self.system.database.query(sql, Vec::new()).await? {
            let (alg, number) = (row.text(0).to_owned(), u32::try_from(row.int(1)).unwrap_or_default());
            let context = SigningKeyRow::context(&alg, number);
            let pkcs8 = self.in_epoch(|| self.keys.unseal_for(SEALED_AS, &context, row.blob(2))).await?;
            let sealed = self.keys.seal_for(SEALED_AS, &context, &pkcs8, &mut OsEntropy)?;
            // One that was removed meanwhile needs no other.
            let sql = "UPDATE signing_key SET sealed = $1 WHERE alg = $2 AND number = $3 AND sealed = $4";
            batch = batch.any(sql, vec![sealed.into(), alg.as_str().into(), number.into(), row.take_blob(2).into()]);
        }
        self.system.database.execute(batch).await
    }

    /// Removes a key.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_signing_key(&self, alg: &str, number: u32) -> Result<(), StoreError> {
        let sql = "DELETE FROM signing_key WHERE alg = $1 AND number = $2";
        self.system.database.execute(Batch::default().any(sql, vec![alg.into(), number.into()])).await
    }
}

/// When the keys of an algorithm were made and end; nothing secret.
pub struct KeyDates {
    /// The algorithm's word.
    pub alg: String,
    /// Running number.
    pub number: u32,
    /// When it was made. Unit: Unix seconds.
    pub made_s: i64,
    /// When the next one is due. Unit: Unix seconds.
    pub ends_s: i64,
}

impl SystemStore {
    /// When each key was made and ends.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_key_dates(&self) -> Result<Vec<KeyDates>, StoreError> {
        let sql = "SELECT alg, number, made_s, ends_s FROM signing_key ORDER BY alg, number";
        let dates = |row: &Row| KeyDates {
            alg: row.text(0).to_owned(),
            number: u32::try_from(row.int(1)).unwrap_or_default(),
            made_s: row.int(2),
            ends_s: row.int(3),
        };
        Ok(self.database.query(sql, Vec::new()).await?.iter().map(dates).collect())
    }

    /// Asks for the next key of each algorithm: running servers make it.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn end_signing_keys(&self, now_s: i64) -> Result<(), StoreError> {
        let sql = "UPDATE signing_key SET ends_s = $1 WHERE ends_s > $1";
        self.database.execute(Batch::default().any(sql, vec![now_s.into()])).await
    }
}
