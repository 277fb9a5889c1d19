//! An answer of the provider, made a value or an error. Start reading at [`Answer::read`].
//!
//! What serde says of a wrong document is dropped: it may repeat a value of a person.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::error::{Error, Problem, Withheld};

/// An answer as it came.
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    pub body: Zeroizing<Vec<u8>>,
}

/// The problem document of a refusal.
#[derive(Deserialize)]
struct Refusal {
    #[serde(flatten)]
    problem: Problem,
    #[serde(default)]
    withheld: Vec<Withheld>,
}

/// A refusal of the token endpoint (RFC 6749, 5.2).
#[derive(Deserialize)]
struct Fault {
    error: String,
}

impl Answer {
    /// The document of an answer that says yes; otherwise the error that it is.
    pub fn read<A: DeserializeOwned>(self) -> Result<A, Error> {
        match self.status {
            200..=299 => self.document().ok_or(self.wrong("not the document of this call")),
            429 | 503 => Err(self.later()),
            403 => {
                let refusal: Refusal = self.document().ok_or(self.wrong("no problem document"))?;
                Err(Error::Refused { problem: Box::new(refusal.problem), withheld: refusal.withheld })
            }
            400..=499 => Err(self
                .document()
                .map_or(self.wrong("no problem document"), |problem| Error::Problem(Box::new(problem)))),
            _ => Err(self.wrong("not a status of the service API")),
        }
    }

    /// The answer of the token endpoint, which refuses in the form of OAuth 2.0.
    pub fn read_token<A: DeserializeOwned>(self) -> Result<A, Error> {
        match self.status {
            400..=403 => {
                let fault: Fault = self.document().ok_or(self.wrong("no error of OAuth 2.0"))?;
                Err(Error::Client { code: fault.error })
            }
            _ => self.read(),
        }
    }

    /// Whether the provider asks to come back later.
    pub fn is_later(&self) -> bool {
        matches!(self.status, 429 | 503)
    }

    fn later(&self) -> Error {
        Error::Later { retry_after: self.retry_after, problem: self.document().map(Box::new) }
    }

    fn document<A: DeserializeOwned>(&self) -> Option<A> {
        serde_json::from_slice(&self.body).ok()
    }

    fn wrong(&self, what: &'static str) -> Error {
        Error::Answer { status: self.status, what }
    }
}
