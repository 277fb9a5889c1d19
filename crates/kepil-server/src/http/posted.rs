//! What a form posted: names and values, in order, wiped when dropped.

use std::collections::BTreeSet;

use axum::{
    Form,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use kepil_domain::Personal;
use zeroize::Zeroize;

use super::problem::HttpError;
use crate::{App, actions::ActionError, oidc::Params};

/// What a form posted.
pub struct Posted(Vec<(String, String)>);

impl Drop for Posted {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.zeroize());
    }
}

impl FromRequest<App> for Posted {
    type Rejection = HttpError;

    async fn from_request(request: Request, app: &App) -> Result<Self, HttpError> {
        let form = Form::<Vec<(String, String)>>::from_request(request, app).await;
        form.map(|Form(pairs)| Self(pairs)).map_err(|refused| match refused.status() {
            StatusCode::PAYLOAD_TOO_LARGE => HttpError::TooLarge,
            _ => ActionError::Input("form").into(),
        })
    }
}

impl Posted {
    /// The value of `name`; empty when there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The value of `name`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether any name was sent twice, which no standard of the provider allows.
    #[must_use]
    pub fn has_twice(&self) -> bool {
        let mut seen = BTreeSet::new();
        !self.0.iter().all(|(name, _)| seen.insert(name))
    }

    /// Every value of `name`.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    /// Names and values as the provider reads them.
    #[must_use]
    pub fn params(&self) -> Params {
        Params(self.0.clone())
    }

    /// The value of `name` as one about a person.
    #[must_use]
    pub fn personal(&self, name: &str) -> Personal<String> {
        Personal::new(self.text(name).to_owned())
    }
}
