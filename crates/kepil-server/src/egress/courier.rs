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
    /// Whether recipients on this very machine are reached: only by a server that is on loopback itself.
    is_local: bool,
}

impl Courier {
    /// A courier of the server at `issuer`; trusts the certificates that the machine trusts.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the machine has none.
    pub fn new(issuer: &str) -> Result<Self, ActionError> {
        let builder =
            HttpsConnectorBuilder::new().with_native_roots().map_err(|error| broken("certificates", &error))?;
        let connector = builder.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, is_local: issuer.starts_with("http://") })
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
        self.post_form_as(None, uri, territory, policy, form).await
    }

    /// As [`Self::post_form`], with the header `Authorization`.
    ///
    /// # Errors
    /// As [`Self::post_form`].
    pub async fn post_form_as(
        &self,
        authorization: Option<&str>,
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
        if !self.is_local && !uri.starts_with("https://") {
            return Err(ActionError::Broken("a recipient is reached over https only".to_owned()));
        }
        let form = with_query("", form);
        let body = form.trim_start_matches('?').to_owned();
        let request = Request::post(uri).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request =
            authorization.into_iter().fold(request, |request, value| request.header(header::AUTHORIZATION, value));
        let request = request.body(Body::from(body)).map_err(|error| broken("recipient", &error))?;
        let answer = tokio::time::timeout(ANSWER_MAX, self.client.request(request)).await;
        let answer = answer.map_err(|_| ActionError::Broken("the recipient takes too long".to_owned()))?;
        let status = answer.map_err(|error| broken("recipient", &error))?.status();
        if status.is_success() { Ok(()) } else { Err(ActionError::Broken(format!("the recipient answered {status}"))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_public_server_posts_nothing_to_its_own_machine_and_nothing_abroad() {
        let policy = crate::oidc::tests::way::effective();
        let policy = &policy.policy;
        let why = async |issuer: &str, uri: &str, place: &str| {
            let courier = Courier::new(issuer).unwrap();
            courier.post_form(uri, place, policy, &[("a", "b")]).await.unwrap_err().to_string()
        };
        assert!(why("https://id.example.kz", "http://127.0.0.1:1/", "KZ").await.contains("https only"));
        assert!(why("https://id.example.kz", "https://127.0.0.1:1/", "US").await.contains("3.5a"));
        assert!(why("http://127.0.0.1:8400", "http://127.0.0.1:1/", "KZ").await.contains("recipient"));
    }
}
