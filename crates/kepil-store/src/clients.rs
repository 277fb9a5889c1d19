//! Clients: how services reach the provider. Deployment facts, not policy.

use serde::{Deserialize, Serialize};

use crate::{
    StoreError, SystemStore,
    batch::{Batch, Row},
};

/// A client of a service.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ClientRow {
    /// Its id.
    pub client_id: String,
    /// Name of its service in the bundle.
    pub service: String,
    /// Hash of its secret.
    pub secret_hash: Vec<u8>,
    /// Redirect addresses and options, as JSON.
    pub settings: String,
}

impl SystemStore {
    /// Adds a client, or replaces the one with the same id.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn set_client(&self, client: &ClientRow) -> Result<(), StoreError> {
        let sql = "INSERT INTO client (client_id, service, secret_hash, settings) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (client_id) DO UPDATE SET service = excluded.service, secret_hash = excluded.secret_hash, settings = excluded.settings";
        let params = vec![
            client.client_id.as_str().into(),
            client.service.as_str().into(),
            client.secret_hash.clone().into(),
            client.settings.as_str().into(),
        ];
        self.database.execute(Batch::default().one(sql, params)).await
    }

    /// The client with `client_id`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_client(&self, client_id: &str) -> Result<Option<ClientRow>, StoreError> {
        let sql = "SELECT client_id, service, secret_hash, settings FROM client WHERE client_id = $1";
        Ok(self.database.find(sql, vec![client_id.into()]).await?.map(|row| client(&row)))
    }

    /// All clients.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_clients(&self) -> Result<Vec<ClientRow>, StoreError> {
        let sql = "SELECT client_id, service, secret_hash, settings FROM client ORDER BY client_id";
        Ok(self.database.query(sql, Vec::new()).await?.iter().map(client).collect())
    }

    /// Adds the right to register clients, under the hash of its token; those past their end go.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_enrolment(
        &self,
        token_hash: &[u8],
        settings: &str,
        now_s: i64,
        until_s: i64,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO enrolment (token_hash, settings, until_s) VALUES ($1, $2, $3)";
        let params = vec![token_hash.to_vec().into(), settings.into(), until_s.into()];
        let batch = Batch::default().any("DELETE FROM enrolment WHERE until_s <= $1", vec![now_s.into()]);
        self.database.execute(batch.one(sql, params)).await
    }

    /// The settings of the right to register clients whose token has this hash.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_enrolment(&self, token_hash: &[u8], now_s: i64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT settings FROM enrolment WHERE token_hash = $1 AND until_s > $2";
        let row = self.database.find(sql, vec![token_hash.to_vec().into(), now_s.into()]).await?;
        Ok(row.map(|row| row.text(0).to_owned()))
    }
}

fn client(row: &Row) -> ClientRow {
    ClientRow {
        client_id: row.text(0).to_owned(),
        service: row.text(1).to_owned(),
        secret_hash: row.blob(2).to_vec(),
        settings: row.text(3).to_owned(),
    }
}
