//! Where the provider is and who the client is. Start reading at [`Config::new`].

use std::time::Duration;

use url::{Host, Url};
use zeroize::Zeroizing;

const TIMEOUT: Duration = Duration::from_secs(10);
const WAIT_MAX: Duration = Duration::from_secs(5);

/// What a [`Client`](crate::Client) needs to know. Cannot be printed: it holds the secret.
pub struct Config {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Zeroizing<String>,
    pub(crate) timeout: Duration,
    pub(crate) wait_max: Duration,
}

/// What cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The issuer is not an address without user, query and fragment.
    #[error("the issuer `{0}` is not an address like `https://id.example.kz`")]
    Issuer(String),
    /// The issuer is not reached over https.
    #[error("the issuer `{0}` is not https; plain http is for loopback, in tests, only")]
    Plain(String),
    /// There is no id or no secret.
    #[error("the client has no id or no secret: `kepil service add` prints both")]
    Empty,
}

impl Config {
    /// A client of the provider at `issuer`, as `kepil service add` printed it.
    ///
    /// # Errors
    /// [`ConfigError`]; plain http is taken for `localhost` and loopback addresses only, which is for tests.
    pub fn new(issuer: &str, client_id: &str, client_secret: String) -> Result<Self, ConfigError> {
        let client_secret = Zeroizing::new(client_secret);
        let issuer = issuer.trim_end_matches('/');
        // What stands before an `@` may be a password: it is not repeated.
        let wrong = || ConfigError::Issuer(issuer.rsplit('@').next().unwrap_or_default().to_owned());
        let url = Url::parse(issuer).map_err(|_| wrong())?;
        let is_bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !is_bare || url.password().is_some() || !url.has_host() {
            return Err(wrong());
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            return Err(ConfigError::Plain(issuer.to_owned()));
        }
        if client_id.is_empty() || client_secret.is_empty() {
            return Err(ConfigError::Empty);
        }
        let (issuer, client_id) = (issuer.to_owned(), client_id.to_owned());
        Ok(Self { issuer, client_id, client_secret, timeout: TIMEOUT, wait_max: WAIT_MAX })
    }

    /// How long one request may take, 10 s by default.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How long a call may wait before it is repeated when the provider says "later", 5 s by default. When the provider
    /// names a longer time the call returns [`Error::Later`](crate::Error::Later) at once.
    #[must_use]
    pub fn with_wait_max(self, wait_max: Duration) -> Self {
        Self { wait_max, ..self }
    }
}

/// Whether an address leads back to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(issuer: &str) -> Result<(), ConfigError> {
        Config::new(issuer, "id", "secret".to_owned()).map(|_| ())
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for fine in ["https://id.example.kz", "https://id.example.kz/", "http://127.0.0.1:8400", "http://[::1]:1"] {
            assert_eq!(made(fine), Ok(()), "{fine}");
        }
        for plain in ["http://id.example.kz", "http://127.0.0.1.example.kz", "http://192.168.0.1", "ftp://localhost"] {
            assert_eq!(made(plain), Err(ConfigError::Plain(plain.to_owned())));
        }
    }

    #[test]
    fn an_issuer_is_a_bare_address_and_a_client_has_id_and_secret() {
        for wrong in ["", "id.example.kz", "https://id.example.kz?a=b", "https://id.example.kz#a"] {
            assert!(matches!(made(wrong), Err(ConfigError::Issuer(_))), "{wrong}");
        }
        for address in ["https://user:hidden@id.example.kz", "https://:hidden@id.example.kz", "https://user:hidden@"] {
            let error = made(address).unwrap_err();
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
        assert_eq!(Config::new("https://id.example.kz", "", "s".to_owned()).err(), Some(ConfigError::Empty));
        assert_eq!(Config::new("https://id.example.kz", "id", String::new()).err(), Some(ConfigError::Empty));
    }
}
