//! Who may read the entries of logs over HTTP: an auditor with a token that ends. Clause 5.1.
//!
//! The token is a right that the system database keeps the hash of, beside those to register clients and to join the staff;
//! what it is a right to stands in its settings, and no other reads it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::Entropy;
use kepil_store::SystemStore;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ActionError, factors::broken};
use crate::{App, oidc::client::secret_hash};

/// What a token is a right to.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Right {
    /// Compartments whose logs may be read.
    audits: Vec<String>,
}

/// Makes the token for `logs`, from now until an end, of which only the hash is kept. Units: Unix seconds.
///
/// # Errors
/// [`ActionError`] when the store does not answer or there is no randomness.
pub async fn admit(
    system: &SystemStore,
    logs: Vec<String>,
    (now_s, until_s): (i64, i64),
    entropy: &mut (dyn Entropy + Send),
) -> Result<Zeroizing<String>, ActionError> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut())?;
    let token = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()));
    let settings = serde_json::to_string(&Right { audits: logs }).map_err(broken)?;
    system.add_enrolment(&secret_hash(&token), &settings, now_s, until_s).await?;
    Ok(token)
}

/// Whether whoever has `token` may read the entries of the log of `compartment` now.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn may_read(app: &App, token: &str, compartment: &str) -> Result<bool, ActionError> {
    let settings = app.store.system().find_enrolment(&secret_hash(token), app.now().unix_s()).await?;
    let right = settings.and_then(|settings| serde_json::from_str::<Right>(&settings).ok());
    Ok(right.is_some_and(|right| right.audits.iter().any(|each| each == compartment)))
}
