//! Asking logs and witnesses over HTTP. Nothing of a person travels here: sizes, hashes, signatures. Clause 5.1.
//!
//! An answer has a largest size and a longest time; no redirect is followed; plain http is for loopback only.

use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, Limited};
use hyper::{Request, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::{broken, check_territory};
use crate::actions::ActionError;

/// How long the other side may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// A full tile of entries has 14,336 bytes. Unit: bytes.
const BYTES_MAX: usize = 1 << 20;

/// Asks logs and witnesses.
pub struct LogClient {
    client: Client<HttpsConnector<HttpConnector>, Body>,
}

/// What was answered.
pub struct LogAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
}

impl LogClient {
    /// A client that trusts the certificates that the machine trusts.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the machine has none.
    pub fn new() -> Result<Self, ActionError> {
        let builder =
            HttpsConnectorBuilder::new().with_native_roots().map_err(|error| broken("certificates", &error))?;
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// What is at `uri`, with the right of `token` where one is needed.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when nobody answers, or more than a log has to say.
    pub async fn get(&self, uri: &str, token: Option<&str>) -> Result<LogAnswer, ActionError> {
        let request = Request::get(uri);
        let request = token
            .into_iter()
            .fold(request, |request, token| request.header(header::AUTHORIZATION, format!("Bearer {token}")));
        self.send(uri, request.body(Body::empty()).map_err(|error| broken("the log", &error))?).await
    }

    /// Asks the witness at `uri`, which is declared in `place`, to sign.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the policy's `territory` does not allow the place (clause 3.5a), or nobody answers.
    pub async fn ask_witness(
        &self,
        uri: &str,
        place: &String,
        territory: &[String],
        text: String,
    ) -> Result<LogAnswer, ActionError> {
        check_territory("witness", place, territory)?;
        let request = Request::post(uri).header(header::CONTENT_TYPE, "text/plain; charset=utf-8");
        self.send(uri, request.body(Body::from(text)).map_err(|error| broken("the witness", &error))?).await
    }

    async fn send(&self, uri: &str, request: Request<Body>) -> Result<LogAnswer, ActionError> {
        if !uri.starts_with("https://") && !is_loopback(uri) {
            return Err(ActionError::Broken("logs and witnesses are reached over https only".to_owned()));
        }
        let asked = async {
            let answer = self.client.request(request).await.map_err(|error| broken("no answer", &error))?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), BYTES_MAX).collect().await;
            let body = body.map_err(|_| ActionError::Broken("the answer is too long or broke off".to_owned()))?;
            Ok(LogAnswer { status, body: body.to_bytes().to_vec() })
        };
        let answer = tokio::time::timeout(ANSWER_MAX, asked).await;
        answer.map_err(|_| ActionError::Broken("the other side takes too long".to_owned()))?
    }
}

fn is_loopback(uri: &str) -> bool {
    let host = uri.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_asked_in_the_clear_abroad_or_of_a_place_that_is_not_allowed() {
        let client = LogClient::new().unwrap();
        for uri in [
            "http://log.example/",
            "http://127.0.0.1.example/",
            "http://127.0.0.1@log.example/",
            "http://127.0.0.1:1@log.example/",
        ] {
            let error = client.get(uri, None).await.err().unwrap().to_string();
            assert!(error.contains("https only"), "{uri}: {error}");
        }
        let territory = ["KZ".to_owned()];
        let asked = client.ask_witness("https://127.0.0.1:1/", &"US".to_owned(), &territory, String::new()).await;
        assert!(asked.err().unwrap().to_string().contains("3.5a"));
    }
}
