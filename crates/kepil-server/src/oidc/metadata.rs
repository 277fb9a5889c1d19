//! What a client says about itself when it is registered (RFC 7591, OpenID Connect Dynamic Registration): addresses,
//! algorithms, how it proves who it is. Facts of a deployment, not policy: whose service it is decides what it is told.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Alg, PublicKey};

/// How a client proves who it is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Id and secret in the `Authorization` header.
    #[default]
    ClientSecretBasic,
    /// Id and secret in the form.
    ClientSecretPost,
    /// A token that it signed (RFC 7523).
    PrivateKeyJwt,
    /// Not at all: a client that cannot keep a secret.
    None,
}

impl AuthMethod {
    /// Whether the client has a secret of ours.
    #[must_use]
    pub fn has_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }
}

/// For what a client gets tokens.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum GrantType {
    /// A code.
    #[serde(rename = "authorization_code")]
    Code,
    /// A refresh token.
    #[serde(rename = "refresh_token")]
    Refresh,
    /// Its own name.
    #[serde(rename = "client_credentials")]
    Service,
    /// A device without a browser (RFC 8628).
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    Device,
}

impl GrantType {
    /// The grant called `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::deserialize(Value::from(word)).ok()
    }
}

/// Keys of a client.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeySet {
    /// The keys.
    pub keys: Vec<PublicKey>,
}

/// What a client says about itself. The names are those of the standards, but for the last two.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the standards name each of them")]
pub struct Metadata {
    /// Where people come back to.
    pub redirect_uris: Vec<String>,
    /// Where people come back to after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// How it proves who it is.
    pub token_endpoint_auth_method: AuthMethod,
    /// For what it gets tokens.
    pub grant_types: Vec<GrantType>,
    /// The keys of [`AuthMethod::PrivateKeyJwt`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<KeySet>,
    /// How its ID tokens are signed.
    pub id_token_signed_response_alg: Alg,
    /// How answers about a person are signed; not at all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<Alg>,
    /// Where it wants to be told that somebody signed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// Whether it needs to be told which session ended. It is told in any case.
    pub backchannel_logout_session_required: bool,
    /// Whether it always wants to know when somebody signed in.
    pub require_auth_time: bool,
    /// How old a sign-in may be when a request does not say. Unit: seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u32>,
    /// Whether its requests must be pushed (RFC 9126).
    pub require_pushed_authorization_requests: bool,
    /// Whether its access tokens must be bound to a key (RFC 9449).
    pub dpop_bound_access_tokens: bool,
    /// Whether it may do without proof keys; only with a secret.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allow_no_pkce: bool,
    /// ISO 3166 code of the country where it is told things; needed to be told any (clause 3.5a).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territory: Option<String>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
            token_endpoint_auth_method: AuthMethod::default(),
            grant_types: vec![GrantType::Code, GrantType::Refresh, GrantType::Service],
            jwks: None,
            id_token_signed_response_alg: Alg::default(),
            userinfo_signed_response_alg: None,
            backchannel_logout_uri: None,
            backchannel_logout_session_required: false,
            require_auth_time: false,
            default_max_age: None,
            require_pushed_authorization_requests: false,
            dpop_bound_access_tokens: false,
            allow_no_pkce: false,
            territory: None,
        }
    }
}

/// A client that cannot be registered as asked.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// An address to which nobody may be sent.
    #[error("`{0}` is not an https address, or http on this machine, without a fragment")]
    Address(String),
    /// No address to come back to.
    #[error("a client for codes needs an address to come back to: `redirect_uris`")]
    NoAddress,
    /// A client without secret must use proof keys.
    #[error("a client without a secret needs proof keys")]
    Unproven,
    /// Signed proof of who it is, without a key to check it.
    #[error("`private_key_jwt` needs at least one public key in `jwks`")]
    NoKey,
    /// Messages to a client whose place is not known.
    #[error("a client that is told of sign-outs needs `territory`: the country where it is told (clause 3.5a)")]
    NoTerritory,
    /// Something that is not served.
    #[error("{0}")]
    NotServed(&'static str),
    /// Not the form of metadata.
    #[error("{0}")]
    Malformed(String),
}

/// What a client may ask for in words that have one meaning here; anything else is refused rather than passed over.
const FIXED: [(&str, &[&str], &str); 4] = [
    ("subject_type", &["pairwise"], "only pairwise subjects are served"),
    ("application_type", &["web", "native"], "`application_type` is web or native"),
    ("id_token_encrypted_response_alg", &[], "encrypted tokens are not served"),
    ("userinfo_encrypted_response_alg", &[], "encrypted answers are not served"),
];
/// Where a key or a list would have to be fetched, at an address that the policy does not know.
const FETCHED: [(&str, &str); 2] = [
    ("jwks_uri", "keys are not fetched: send them in `jwks`"),
    ("sector_identifier_uri", "the sector is the service of the policy: leave `sector_identifier_uri` out"),
];
/// What only whoever runs the server may say.
const OWN: [&str; 2] = ["allow_no_pkce", "territory"];

impl Metadata {
    /// Reads what a client sent about itself. What it says beyond this, such as a logo, is passed over: what a person is
    /// shown comes from the policy.
    ///
    /// # Errors
    /// [`MetadataError`] that says what to mend.
    pub fn parse(sent: Map<String, Value>) -> Result<Self, MetadataError> {
        for (name, why) in FETCHED {
            if sent.contains_key(name) {
                return Err(MetadataError::NotServed(why));
            }
        }
        for (name, words, why) in FIXED {
            if sent.get(name).is_some_and(|word| !word.as_str().is_some_and(|word| words.contains(&word))) {
                return Err(MetadataError::NotServed(why));
            }
        }
        let only_code = |types: &Value| types.as_array().is_some_and(|types| types.iter().all(|each| each == "code"));
        if sent.get("response_types").is_some_and(|types| !only_code(types)) {
            return Err(MetadataError::NotServed("only the response type `code` is served"));
        }
        let known = serde_json::to_value(Self::full()).ok().and_then(|value| value.as_object().cloned());
        let known = known.unwrap_or_default();
        let own: Map<String, Value> =
            sent.into_iter().filter(|(name, _)| known.contains_key(name) && !OWN.contains(&name.as_str())).collect();
        serde_json::from_value(Value::Object(own)).map_err(|error| MetadataError::Malformed(error.to_string()))
    }

    /// Everything said, so that every name is there.
    fn full() -> Self {
        Self {
            jwks: Some(KeySet::default()),
            userinfo_signed_response_alg: Some(Alg::default()),
            backchannel_logout_uri: Some(String::new()),
            default_max_age: Some(0),
            ..Self::default()
        }
    }

    /// Whether a client can be so.
    ///
    /// # Errors
    /// [`MetadataError`] that says what to mend.
    pub fn check(&self) -> Result<(), MetadataError> {
        let addresses = self.redirect_uris.iter().chain(&self.post_logout_redirect_uris);
        if let Some(uri) = addresses.chain(&self.backchannel_logout_uri).find(|uri| !is_address(uri)) {
            return Err(MetadataError::Address(uri.clone()));
        }
        if self.redirect_uris.is_empty() && self.grant_types.contains(&GrantType::Code) {
            return Err(MetadataError::NoAddress);
        }
        let method = self.token_endpoint_auth_method;
        if self.allow_no_pkce && method == AuthMethod::None {
            return Err(MetadataError::Unproven);
        }
        let has_key = self.jwks.as_ref().is_some_and(|set| !set.keys.is_empty());
        if method == AuthMethod::PrivateKeyJwt && !has_key {
            return Err(MetadataError::NoKey);
        }
        if self.backchannel_logout_uri.is_some() && self.territory.is_none() {
            return Err(MetadataError::NoTerritory);
        }
        Ok(())
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
