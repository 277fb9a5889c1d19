//! Messages to services over HTTP: that somebody signed out, and later what changed.
//!
//! Default deny: the place of the recipient must be declared, and the policy must allow its territory (clauses 3.4a, 3.5a).
//! No redirect is followed, no answer is read beyond its status.

use std::time::Duration;

use axum::body::Body;
use hyper::{Request, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use kepil_policy::Policy;

use super::broken;
use crate::{actions::ActionError, oidc::with_query};

/// How long a recipient may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Carries messages to services.
pub struct Courier {
    client: Client<HttpsConnector<HttpConnector>, Body>,
}

impl Courier {
    /// A courier that trusts the certificates that the machine trusts.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the machine has none.
    pub fn new() -> Result<Self, ActionError> {
        let builder =
            HttpsConnectorBuilder::new().with_native_roots().map_err(|error| broken("certificates", &error))?;
        let connector = builder.https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Posts a form to `uri`, which lies in `territory`.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the policy does not allow the place, or the recipient did not take the message.
    pub async fn post_form(
        &self,
        uri: &str,
        territory: &str,
        policy: &Policy,
        form: &[(&str, &str)],
    ) -> Result<(), ActionError> {
        if !policy.territory().iter().any(|allowed| allowed == territory) {
            let allowed = policy.territory().join(", ");
            return Err(ActionError::Broken(format!(
                "the recipient is declared in `{territory}`, the policy allows {allowed} only (clause 3.5a)"
            )));
        }
        let form = with_query("", form);
        let body = form.trim_start_matches('?').to_owned();
        let request = Request::post(uri)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .map_err(|error| broken("recipient", &error))?;
        let answer = tokio::time::timeout(ANSWER_MAX, self.client.request(request)).await;
        let answer = answer.map_err(|_| ActionError::Broken("the recipient takes too long".to_owned()))?;
        let status = answer.map_err(|error| broken("recipient", &error))?.status();
        if status.is_success() { Ok(()) } else { Err(ActionError::Broken(format!("the recipient answered {status}"))) }
    }
}
