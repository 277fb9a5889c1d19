//! A client registers itself (RFC 7591), with a token that whoever runs the server gave it. Clauses 1.1a, 3.4a.
//!
//! The token says for which service of the bundle: registration gives no service anything that the bundle does not.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::Entropy;
use kepil_store::{OsEntropy, SystemStore};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::ActionError;
use crate::{
    App,
    oidc::{
        Fault, Metadata, MetadataError, NewClient, OauthError,
        client::{ClientError, secret_hash},
    },
};

/// How long a token for registration holds. Unit: seconds.
pub const ENROLMENT_S: i64 = 24 * 3600;

/// What a token for registration allows.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Enrolment {
    /// The service whose clients may be registered.
    pub service: String,
    /// ISO 3166 code of the country where they are told things.
    pub territory: Option<String>,
    /// Whether they may do without proof keys.
    pub allow_no_pkce: bool,
}

/// Makes a token for registration, of which only the hash is kept. Needs no key: it works beside a running server.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn enrol(
    system: &SystemStore,
    enrolment: &Enrolment,
    now_s: i64,
    entropy: &mut dyn Entropy,
) -> Result<Zeroizing<String>, ActionError> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut())?;
    let token = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()));
    let settings = serde_json::to_string(enrolment).map_err(|error| ActionError::Broken(error.to_string()))?;
    system.add_enrolment(&secret_hash(&token), &settings, now_s, now_s + ENROLMENT_S).await?;
    Ok(token)
}

/// A client that was registered.
pub struct Registered {
    /// Its id.
    pub client_id: String,
    /// Its secret; empty for one that has none.
    pub secret: Zeroizing<String>,
    /// What it said about itself, with what it left out.
    pub metadata: Metadata,
    /// When it was registered. Unit: Unix seconds.
    pub at_s: i64,
}

/// What is wrong with a registration.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// What the client said about itself.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// The token, or something of ours.
    #[error(transparent)]
    Oauth(#[from] OauthError),
}

impl From<ActionError> for RegisterError {
    fn from(error: ActionError) -> Self {
        Self::Oauth(error.into())
    }
}

/// Registers a client as `sent` describes it.
///
/// # Errors
/// [`Fault::InvalidToken`] without a token that holds; [`MetadataError`] that says what to mend.
pub async fn register(app: &App, token: &str, sent: Map<String, Value>) -> Result<Registered, RegisterError> {
    let at_s = app.now().unix_s();
    let found = app.store.system().find_enrolment(&secret_hash(token), at_s).await.map_err(ActionError::from)?;
    let enrolment = found.and_then(|settings| serde_json::from_str::<Enrolment>(&settings).ok());
    let enrolment = enrolment.ok_or(OauthError::Fault(Fault::InvalidToken))?;
    let metadata = Metadata::parse(sent)?;
    let metadata = Metadata {
        territory: enrolment.territory,
        allow_no_pkce: enrolment.allow_no_pkce && metadata.token_endpoint_auth_method.has_secret(),
        ..metadata
    };
    let new = NewClient { service: enrolment.service, metadata: metadata.clone() };
    let (row, secret) = new.make(&mut OsEntropy).map_err(|error| match error {
        ClientError::Metadata(error) => RegisterError::Metadata(error),
        other => ActionError::Broken(other.to_string()).into(),
    })?;
    app.store.system().set_client(&row).await.map_err(ActionError::from)?;
    Ok(Registered { client_id: row.client_id, secret, metadata, at_s })
}
