//! Why a call did not bring what was asked for. Holds no value of a person and no secret.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::Deserialize;

/// A problem document of the provider (RFC 9457).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// A stable word, such as `withheld`.
    pub code: String,
    /// What happened.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// How to mend it.
    pub detail: Option<String>,
    /// The clause of the policy, where the service may know it.
    pub clause: Option<String>,
    /// What a text spoke of that nobody may place, for people, by language: `ru`, `kk`, `en`.
    #[serde(default)]
    pub label: BTreeMap<String, String>,
}

/// A field that was asked for and not granted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
pub struct Withheld {
    /// Its name, as asked.
    pub field: String,
    /// `withheld`, or a word that says why where the policy alone does, such as `outside_purpose`.
    pub code: String,
    /// The clause of the policy, where the policy alone says why.
    pub clause: Option<String>,
}

/// Why a call did not bring what was asked for.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is granted (403). The person did not agree, withdrew, blocked, is not known to this service; or the service
    /// does not have the purpose, which `problem` says then.
    #[error("nothing is granted: {}", problem.code)]
    Refused {
        /// The whole.
        problem: Box<Problem>,
        /// Each field that was asked for.
        withheld: Vec<Withheld>,
    },
    /// The provider does not know this client or its secret, or the client may not have tokens of its own.
    #[error("the provider refuses this client: {code}")]
    Client {
        /// The error code of OAuth 2.0, such as `invalid_client`.
        code: String,
    },
    /// The request is not as the provider wants it (other 4xx): a mistake of the caller.
    #[error("the request was refused: {}: {}", _0.code, _0.title)]
    Problem(Box<Problem>),
    /// The provider cannot answer now (429, 503): ask again later.
    #[error("the provider asks to come back later")]
    Later {
        /// After how long, when it says so.
        retry_after: Option<Duration>,
        /// What it says, when it speaks for itself.
        problem: Option<Box<Problem>>,
    },
    /// There was no answer.
    #[error("the provider cannot be reached")]
    Unreachable(#[source] Arc<reqwest::Error>),
    /// The answer is not one of Kepil, or of a Kepil that this client does not know.
    #[error("the answer ({status}) is not as described: {what}")]
    Answer {
        /// Its HTTP status.
        status: u16,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl Error {
    /// Whether the same call may succeed later without anybody mending anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Later { .. } | Self::Unreachable(_))
    }
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(Arc::new(error.without_url()))
    }
}
