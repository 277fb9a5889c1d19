//! Clients: how services reach the provider. A client belongs to a service of the bundle; what it says about itself is in
//! [`Metadata`].

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Entropy, NoEntropy, Tick, vault::LEASE_MS};
use kepil_store::ClientRow;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{AuthMethod, GrantType, Metadata, metadata::MetadataError};

/// A client of a service.
#[derive(Clone)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Name of its service in the bundle.
    pub service: String,
    /// What it says about itself.
    pub metadata: Metadata,
    secret_hash: Vec<u8>,
}

/// A client that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It was not described well.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The row was not written by this program.
    #[error("the settings of client `{0}` are not readable")]
    Settings(String),
    /// There was no randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl Client {
    /// The client in `row`.
    ///
    /// # Errors
    /// [`ClientError::Settings`] when its settings are not readable.
    pub fn from_row(row: ClientRow) -> Result<Self, ClientError> {
        let metadata = serde_json::from_str(&row.settings).map_err(|_| ClientError::Settings(row.client_id.clone()))?;
        Ok(Self { id: row.client_id, service: row.service, secret_hash: row.secret_hash, metadata })
    }

    /// How it proves who it is.
    #[must_use]
    pub fn auth(&self) -> AuthMethod {
        self.metadata.token_endpoint_auth_method
    }

    /// Whether it can prove who it is.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.auth() != AuthMethod::None
    }

    /// Whether it gets tokens for this.
    #[must_use]
    pub fn may(&self, grant: GrantType) -> bool {
        self.metadata.grant_types.contains(&grant)
    }

    /// Whether it must use proof keys.
    #[must_use]
    pub fn needs_challenge(&self) -> bool {
        !self.metadata.allow_no_pkce || !self.is_confidential()
    }

    /// Whether people may be sent to `uri` with a code: the same text, letter by letter.
    #[must_use]
    pub fn returns_to(&self, uri: &str) -> bool {
        self.metadata.redirect_uris.iter().any(|own| own == uri)
    }

    /// Whether people may be sent to `uri` after signing out.
    #[must_use]
    pub fn leaves_to(&self, uri: &str) -> bool {
        self.metadata.post_logout_redirect_uris.iter().any(|own| own == uri)
    }

    /// Whether `secret` is the client's. Takes as long for a wrong one.
    #[must_use]
    pub fn has_secret(&self, secret: &str) -> bool {
        is_secret(secret, &self.secret_hash)
    }
}

/// How many clients are kept at hand.
const KEPT_MAX: usize = 4096;

/// The clients that were asked for lately. What is known of one is a lease, like facts about a person: nobody acts on it for
/// longer than [`LEASE_MS`].
#[derive(Default)]
pub struct Clients(Mutex<HashMap<String, (Tick, Arc<Client>)>>);

impl Clients {
    /// The client called `id`, if it was read lately enough.
    #[must_use]
    pub fn find(&self, id: &str, now: Tick) -> Option<Arc<Client>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(id)
            .filter(|(read_at, _)| now.0.saturating_sub(read_at.0) <= LEASE_MS)
            .map(|(_, client)| client.clone())
    }

    /// Keeps a client that was asked of the store at `read_at`.
    pub fn keep(&self, client: &Arc<Client>, read_at: Tick) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(client.id.clone(), (read_at, Arc::clone(client)));
    }
}

/// Whether `hash` was made from `secret`. An empty hash is that of no secret.
#[must_use]
pub fn is_secret(secret: &str, hash: &[u8]) -> bool {
    secret_hash(secret).as_slice().ct_eq(hash).into()
}

/// What is kept of a secret of 256 random bits.
#[must_use]
pub fn secret_hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// A client to be added.
#[derive(Clone)]
pub struct NewClient {
    /// Name of its service in the bundle.
    pub service: String,
    /// What it says about itself.
    pub metadata: Metadata,
}

impl NewClient {
    /// A client with a secret that uses proof keys: the usual one.
    #[must_use]
    pub fn of(service: &str, redirect_uris: Vec<String>) -> Self {
        Self { service: service.to_owned(), metadata: Metadata { redirect_uris, ..Metadata::default() } }
    }

    /// The row to be stored, and the secret, which is stored nowhere. A client without a secret gets an empty one.
    ///
    /// # Errors
    /// [`ClientError`] when it cannot be so.
    pub fn make(self, entropy: &mut dyn Entropy) -> Result<(ClientRow, Zeroizing<String>), ClientError> {
        self.metadata.check()?;
        let mut suffix = [0; 4];
        entropy.fill(&mut suffix)?;
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut())?;
        let (secret, secret_hash) = if self.metadata.token_endpoint_auth_method.has_secret() {
            let secret = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()));
            let hash = secret_hash(&secret);
            (secret, hash)
        } else {
            (Zeroizing::default(), Vec::new())
        };
        let client_id = format!("{}-{:08x}", self.service, u32::from_be_bytes(suffix));
        let settings = serde_json::to_string(&self.metadata).map_err(|_| ClientError::Settings(client_id.clone()))?;
        Ok((ClientRow { client_id, service: self.service, secret_hash, settings }, secret))
    }
}

#[cfg(test)]
mod tests {
    use kepil_store::OsEntropy;

    use super::*;

    #[test]
    fn a_client_is_at_hand_for_the_lease_and_no_longer() {
        let (row, _) =
            NewClient::of("shop", vec!["https://shop.example/back".to_owned()]).make(&mut OsEntropy).unwrap();
        let (clients, client) = (Clients::default(), Arc::new(Client::from_row(row).unwrap()));
        assert!(clients.find(&client.id, Tick(5)).is_none());
        clients.keep(&client, Tick(5));
        assert!(clients.find(&client.id, Tick(5 + LEASE_MS)).is_some());
        assert!(clients.find(&client.id, Tick(6 + LEASE_MS)).is_none());
        assert!(clients.find("other", Tick(5)).is_none());
    }
}
