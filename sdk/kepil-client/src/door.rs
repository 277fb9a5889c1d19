//! The one way out: every request to the provider, and its one repetition when the provider says "later".
//!
//! Does not follow redirects, which could carry a token elsewhere, and does not read endlessly.

use std::time::Duration;

use reqwest::{RequestBuilder, header};
use url::Url;
use zeroize::Zeroizing;

use crate::{
    answer::Answer,
    config::{Config, is_loopback},
    error::Error,
};

/// Longer answers are not of the service API.
const BODY_BYTES_MAX: usize = 1 << 20;
/// When the provider names no time.
const WAIT: Duration = Duration::from_secs(1);

/// Connections to the provider.
pub struct Door {
    http: reqwest::Client,
    wait_max: Duration,
}

impl Door {
    pub fn new(config: &Config) -> Result<Self, Error> {
        let mut http = reqwest::Client::builder()
            .timeout(config.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("kepil-client/", env!("CARGO_PKG_VERSION")));
        // What is plain stays on this machine: no proxy sees it.
        http = match Url::parse(&config.issuer) {
            Ok(issuer) if is_loopback(&issuer) => http.no_proxy(),
            _ => http.https_only(true),
        };
        Ok(Self { http: http.build()?, wait_max: config.wait_max })
    }

    /// Sends what `request` makes, and once more when the provider says "later" and names a time that is short enough.
    pub async fn send(&self, request: impl Fn(&reqwest::Client) -> RequestBuilder) -> Result<Answer, Error> {
        let first = received(request(&self.http)).await?;
        let wait = first.retry_after.unwrap_or(WAIT);
        if !first.is_later() || wait > self.wait_max {
            return Ok(first);
        }
        tokio::time::sleep(wait).await;
        received(request(&self.http)).await
    }
}

async fn received(request: RequestBuilder) -> Result<Answer, Error> {
    let mut answer = request.header(header::ACCEPT, "application/json, application/problem+json").send().await?;
    let status = answer.status().as_u16();
    // A date instead of seconds is allowed by HTTP, but not what Kepil sends.
    let seconds = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let length = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    // In one piece from the beginning: a buffer that grows leaves copies behind that are not wiped.
    let mut body = Zeroizing::new(Vec::with_capacity(length.min(BODY_BYTES_MAX)));
    while let Some(part) = answer.chunk().await? {
        if body.len() + part.len() > BODY_BYTES_MAX {
            return Err(Error::Answer { status, what: "longer than a megabyte" });
        }
        body.extend_from_slice(&part);
    }
    Ok(Answer { status, retry_after: seconds.map(Duration::from_secs), body })
}
