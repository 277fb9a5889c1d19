//! Clients: how services reach the provider. A client belongs to a service of the bundle; its addresses are facts of a
//! deployment.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Entropy, NoEntropy};
use kepil_store::ClientRow;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How a client proves who it is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Id and secret in the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// Id and secret in the form.
    ClientSecretPost,
    /// Not at all: a client that cannot keep a secret.
    None,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    #[serde(default)]
    allow_no_pkce: bool,
    #[serde(default)]
    auth: AuthMethod,
}

/// A client of a service.
#[derive(Clone)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Name of its service in the bundle.
    pub service: String,
    secret_hash: Vec<u8>,
    settings: Settings,
}

/// A client that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// An address to which nobody may be sent.
    #[error("`{0}` is not an https address, or http on this machine, without a fragment")]
    Address(String),
    /// No address to come back to.
    #[error("a client needs an address to come back to")]
    NoAddress,
    /// A client without secret must use proof keys.
    #[error("a client without a secret needs proof keys")]
    Unproven,
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
        let settings = serde_json::from_str(&row.settings).map_err(|_| ClientError::Settings(row.client_id.clone()))?;
        Ok(Self { id: row.client_id, service: row.service, secret_hash: row.secret_hash, settings })
    }

    /// How it proves who it is.
    #[must_use]
    pub fn auth(&self) -> AuthMethod {
        self.settings.auth
    }

    /// Whether it must use proof keys.
    #[must_use]
    pub fn needs_challenge(&self) -> bool {
        !self.settings.allow_no_pkce || self.settings.auth == AuthMethod::None
    }

    /// Whether people may be sent to `uri` with a code: the same text, letter by letter.
    #[must_use]
    pub fn returns_to(&self, uri: &str) -> bool {
        self.settings.redirect_uris.iter().any(|own| own == uri)
    }

    /// Whether people may be sent to `uri` after signing out.
    #[must_use]
    pub fn leaves_to(&self, uri: &str) -> bool {
        self.settings.post_logout_redirect_uris.iter().any(|own| own == uri)
    }

    /// Whether `secret` is the client's. Takes as long for a wrong one.
    #[must_use]
    pub fn has_secret(&self, secret: &str) -> bool {
        is_secret(secret, &self.secret_hash)
    }
}

/// Whether `hash` was made from `secret`. An empty hash is that of no secret.
#[must_use]
pub fn is_secret(secret: &str, hash: &[u8]) -> bool {
    digest(&SHA256, secret.as_bytes()).as_ref().ct_eq(hash).into()
}

/// A client to be added.
pub struct NewClient {
    /// Name of its service in the bundle.
    pub service: String,
    /// Where people come back to.
    pub redirect_uris: Vec<String>,
    /// Where people come back to after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// How it proves who it is.
    pub auth: AuthMethod,
    /// Whether it may do without proof keys; only with a secret.
    pub allow_no_pkce: bool,
}

impl NewClient {
    /// A client with a secret that uses proof keys: the usual one.
    #[must_use]
    pub fn of(service: &str, redirect_uris: Vec<String>) -> Self {
        Self {
            service: service.to_owned(),
            redirect_uris,
            post_logout_redirect_uris: Vec::new(),
            auth: AuthMethod::default(),
            allow_no_pkce: false,
        }
    }

    /// The row to be stored, and the secret, which is stored nowhere. A client without a secret gets an empty one.
    ///
    /// # Errors
    /// [`ClientError`] when an address or the combination cannot be.
    pub fn make(self, entropy: &mut dyn Entropy) -> Result<(ClientRow, Zeroizing<String>), ClientError> {
        let unfit = self.redirect_uris.iter().chain(&self.post_logout_redirect_uris).find(|uri| !is_address(uri));
        if let Some(uri) = unfit {
            return Err(ClientError::Address(uri.clone()));
        }
        if self.redirect_uris.is_empty() {
            return Err(ClientError::NoAddress);
        }
        if self.allow_no_pkce && self.auth == AuthMethod::None {
            return Err(ClientError::Unproven);
        }
        let mut suffix = [0; 4];
        entropy.fill(&mut suffix)?;
        let mut bytes = Zeroizing::new([0; 32]);
        entropy.fill(bytes.as_mut())?;
        let (secret, secret_hash) = if self.auth == AuthMethod::None {
            (Zeroizing::default(), Vec::new())
        } else {
            let secret = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()));
            let hash = digest(&SHA256, secret.as_bytes()).as_ref().to_vec();
            (secret, hash)
        };
        let client_id = format!("{}-{:08x}", self.service, u32::from_be_bytes(suffix));
        let settings = Settings {
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            allow_no_pkce: self.allow_no_pkce,
            auth: self.auth,
        };
        let settings = serde_json::to_string(&settings).map_err(|_| ClientError::Settings(client_id.clone()))?;
        Ok((ClientRow { client_id, service: self.service, secret_hash, settings }, secret))
    }
}

/// An address to which people may be sent: https, or http on this very machine; no user, no fragment.
fn is_address(uri: &str) -> bool {
    let is_plain =
        uri.len() <= 1024 && uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(&byte));
    let host = |rest: &str| rest.split(['/', '?']).next().unwrap_or_default().to_owned();
    let fits = match (uri.strip_prefix("https://"), uri.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty() && !host(rest).contains('@'),
        (_, Some(rest)) => {
            let host = host(rest);
            let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
            ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| name == *own || host == *own)
        }
        _ => false,
    };
    is_plain && fits
}
