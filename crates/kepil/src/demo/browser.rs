//! The HTTP client of the sample services: they talk to the provider as any service would, over the network only.

use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, StatusCode, body::Bytes, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use crate::commands::Failure;

/// Unit: bytes. Answers of the provider are small.
const BODY_MAX: usize = 1 << 20;

/// How a request proves who asks.
pub enum Proof<'a> {
    /// Nothing.
    None,
    /// A client with its secret.
    Basic(&'a str, &'a str),
    /// A token.
    Bearer(&'a str),
}

/// Asks and reads the answer as JSON; `body` is a form or JSON text with its type.
///
/// # Errors
/// [`Failure`] when there is no answer, or none in JSON.
pub async fn ask(
    address: &str,
    proof: Proof<'_>,
    body: Option<(&str, String)>,
) -> Result<(StatusCode, Value), Failure> {
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::builder().method(method).uri(address).header(header::ACCEPT, "application/json");
    request = match proof {
        Proof::None => request,
        Proof::Basic(id, secret) => {
            let pair = format!("{}:{}", encode(id), encode(secret));
            request.header(header::AUTHORIZATION, format!("Basic {}", BASE64_STANDARD.encode(pair)))
        }
        Proof::Bearer(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
    };
    let (kind, text) = body.unwrap_or(("text/plain", String::new()));
    let request = request.header(header::CONTENT_TYPE, kind).body(Full::new(Bytes::from(text)));
    let request = request.map_err(|error| Failure::Plain(error.to_string()))?;
    let answer = client.request(request).await.map_err(|error| Failure::Plain(error.to_string()))?;
    let status = answer.status();
    let body = http_body_util::Limited::new(answer.into_body(), BODY_MAX);
    let bytes = body.collect().await.map_err(|error| Failure::Plain(error.to_string()))?.to_bytes();
    Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
}

/// Percent-encodes a part of a form or query.
pub fn encode(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(letter).collect()
}

/// The pairs as a form.
pub fn form(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}
