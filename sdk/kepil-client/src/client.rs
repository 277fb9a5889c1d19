//! The client: one post to the service API, with the service's token. The calls are in `reads.rs`, `agreements.rs` and
//! their like.

use std::sync::Arc;

use reqwest::header;
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    answer::Answer,
    config::Config,
    door::Door,
    error::Error,
    token::{Token, Tokens},
};

const UNAUTHORISED: u16 = 401;

/// A service at its provider. Cheap to clone: clones share connections and token.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    door: Door,
    tokens: Tokens,
}

impl Client {
    /// A client; connects to nothing yet.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when this machine has no certificates to check the provider's by.
    pub fn new(config: Config) -> Result<Self, Error> {
        let door = Door::new(&config)?;
        Ok(Self(Arc::new(Inner { door, tokens: Tokens::new(config) })))
    }

    /// The provider's address, as it is named in ID tokens and in answers (RFC 9207).
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.tokens.issuer()
    }

    /// Posts `query` to `path` of the service API. When the provider no longer takes the token, once more with another.
    pub(crate) async fn post<A: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> Result<A, Error> {
        let Inner { door, tokens } = &*self.0;
        let body =
            serde_json::to_vec(query).map_err(|_| Error::Answer { status: 0, what: "the request is no JSON" })?;
        let token = tokens.current(door).await?;
        let first = self.post_with(&token, path, &body).await?;
        if first.status != UNAUTHORISED {
            return first.read();
        }
        tokens.forget(&token).await;
        let token = tokens.current(door).await?;
        self.post_with(&token, path, &body).await?.read()
    }

    async fn post_with(&self, token: &Token, path: &str, body: &[u8]) -> Result<Answer, Error> {
        let Inner { door, tokens } = &*self.0;
        let address = tokens.address(path);
        let request = |http: &reqwest::Client| {
            let post = http.post(&address).bearer_auth(token.text());
            post.header(header::CONTENT_TYPE, "application/json").body(body.to_vec())
        };
        door.send(request).await
    }
}
