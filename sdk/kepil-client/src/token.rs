//! The service's own access token: fetched once for all that wait for it, kept until shortly before its end.
//!
//! Start reading at [`Tokens::current`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::header;
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};
use url::{Url, form_urlencoded::byte_serialize};
use zeroize::Zeroizing;

use crate::{config::Config, door::Door, error::Error};

/// So long before its end a token is no longer used, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(30);

/// What the provider says of itself, as far as it matters here.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    token_endpoint: String,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    expires_in: u64,
}

/// An access token.
pub struct Token {
    text: Zeroizing<String>,
    until: Instant,
}

impl Token {
    fn new(answer: TokenAnswer, asked_at: Instant) -> Result<Self, Error> {
        let text = Zeroizing::new(answer.access_token);
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            return Err(Error::Answer { status: 200, what: "the token is bound to a key" });
        }
        let life = Duration::from_secs(answer.expires_in);
        // A short life is used for nine tenths.
        let until = asked_at.checked_add(life.saturating_sub(MARGIN.min(life / 10))).unwrap_or(asked_at);
        Ok(Self { text, until })
    }

    /// For `Authorization: Bearer`.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// The token in use.
pub struct Tokens {
    issuer: String,
    client_id: String,
    client_secret: Zeroizing<String>,
    kept: Mutex<Kept>,
    /// How often the provider was asked: whoever waited while another asked takes the same answer, a refusal too.
    asked: AtomicU64,
}

#[derive(Default)]
struct Kept {
    endpoint: Option<Url>,
    last: Option<Result<Arc<Token>, Error>>,
}

impl Tokens {
    pub fn new(config: Config) -> Self {
        let Config { issuer, client_id, client_secret, .. } = config;
        Self { issuer, client_id, client_secret, kept: Mutex::default(), asked: AtomicU64::new(0) }
    }

    /// The provider.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where the service API is.
    pub fn address(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// A token that holds.
    pub async fn current(&self, door: &Door) -> Result<Arc<Token>, Error> {
        let asked = self.asked.load(Ordering::Acquire);
        let mut kept = self.kept.lock().await;
        match &kept.last {
            Some(Ok(token)) if Instant::now() < token.until => return Ok(Arc::clone(token)),
            Some(Err(error)) if self.asked.load(Ordering::Acquire) != asked => return Err(error.clone()),
            _ => {}
        }
        let fetched = self.fetch(door, &mut kept).await.map(Arc::new);
        self.asked.fetch_add(1, Ordering::Release);
        kept.last = Some(fetched.clone());
        fetched
    }

    /// The provider did not take `token`: the next call fetches another, unless that has been done already.
    pub async fn forget(&self, token: &Arc<Token>) {
        let mut kept = self.kept.lock().await;
        if matches!(&kept.last, Some(Ok(last)) if Arc::ptr_eq(last, token)) {
            kept.last = None;
        }
    }

    async fn fetch(&self, door: &Door, kept: &mut Kept) -> Result<Token, Error> {
        let endpoint = match &kept.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => kept.endpoint.insert(self.discover(door).await?).clone(),
        };
        let asked_at = Instant::now();
        let (id, secret) = (encoded(&self.client_id), encoded(&self.client_secret));
        let request = |http: &reqwest::Client| {
            let post = http.post(endpoint.clone()).basic_auth(id.as_str(), Some(secret.as_str()));
            post.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body("grant_type=client_credentials")
        };
        Token::new(door.send(request).await?.read_token()?, asked_at)
    }

    /// The token endpoint (OpenID Connect Discovery). The secret goes to the issuer's own origin only.
    async fn discover(&self, door: &Door) -> Result<Url, Error> {
        let wrong = |what| Error::Answer { status: 200, what };
        let document = self.address("/.well-known/openid-configuration");
        let said: Discovery = door.send(|http| http.get(&document)).await?.read()?;
        if said.issuer.trim_end_matches('/') != self.issuer {
            return Err(wrong("the provider is another issuer"));
        }
        let endpoint = Url::parse(&said.token_endpoint).map_err(|_| wrong("the token endpoint is no address"))?;
        let issuer = Url::parse(&self.issuer).map_err(|_| wrong("the issuer is no address"))?;
        if endpoint.origin() != issuer.origin() {
            return Err(wrong("the token endpoint is of another origin"));
        }
        Ok(endpoint)
    }
}

/// Id and secret are form-encoded before they are put together (RFC 6749, 2.3.1).
fn encoded(text: &str) -> Zeroizing<String> {
    Zeroizing::new(byte_serialize(text.as_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(expires_in: u64, now: Instant) -> Token {
        let token_type = "Bearer".to_owned();
        Token::new(TokenAnswer { access_token: "t".to_owned(), token_type, expires_in }, now).unwrap()
    }

    #[test]
    fn a_token_is_left_shortly_before_its_end() {
        let now = Instant::now();
        assert_eq!(token(600, now).until, now + Duration::from_secs(570));
        assert_eq!(token(10, now).until, now + Duration::from_secs(9));
        assert_eq!(token(0, now).until, now);
    }

    #[test]
    fn id_and_secret_are_form_encoded() {
        assert_eq!(encoded("shop-1").as_str(), "shop-1");
        assert_eq!(encoded("a:b c").as_str(), "a%3Ab+c");
    }
}
