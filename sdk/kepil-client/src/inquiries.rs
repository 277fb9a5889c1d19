//! `POST /v1/inquiries`: a service asks a person for what they give on request only, and how far that is.

use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    error::Error,
    personal::{Personal, Sub},
};

#[derive(Serialize)]
struct InquiryQuery<'a> {
    sub: &'a Sub,
    purpose: &'a str,
    fields: &'a [&'a str],
    agreement_id: &'a str,
}

/// An inquiry that is kept.
#[derive(Deserialize)]
#[non_exhaustive]
pub struct Inquiry {
    /// For [`Client::inquiry_answer`]; it tells how far the inquiry is to whoever has it and the service's token.
    pub inquiry: Personal<String>,
    /// Where the person answers: show it to them as a link.
    pub answer_url: String,
    /// How far it is.
    pub answer: Answer,
}

/// How far an inquiry is.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum Answer {
    /// The person has not answered, or the service does not know such a person: it never learns which.
    Pending,
    /// The person gave what was asked for: read it for its purpose.
    Given,
    /// The person refused. Asking the same again does not ask them again.
    Refused,
    /// Unknown, or its time is over.
    Ended,
    /// A word that this client does not know yet.
    Other(String),
}

impl From<String> for Answer {
    fn from(word: String) -> Self {
        match word.as_str() {
            "pending" => Self::Pending,
            "given" => Self::Given,
            "refused" => Self::Refused,
            "ended" => Self::Ended,
            _ => Self::Other(word),
        }
    }
}

#[derive(Serialize)]
struct StateQuery<'a> {
    inquiry: &'a str,
}

#[derive(Deserialize)]
struct StateReply {
    answer: Answer,
}

impl Client {
    /// Asks the person for `fields` that the policy gives on request only, for `purpose` and for the agreement that the
    /// service calls `agreement_id`, such as the number of an order: the person reads it. The same asked twice is one inquiry.
    ///
    /// # Errors
    /// [`Error`]: refused where the purpose has no such field to be given on request.
    pub async fn inquire(
        &self,
        sub: &Sub,
        purpose: &str,
        fields: &[&str],
        agreement_id: &str,
    ) -> Result<Inquiry, Error> {
        self.post("/v1/inquiries", &InquiryQuery { sub, purpose, fields, agreement_id }).await
    }

    /// How far an inquiry of this service is.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn inquiry_answer(&self, inquiry: &Personal<String>) -> Result<Answer, Error> {
        let reply: StateReply = self.post("/v1/inquiries/state", &StateQuery { inquiry: inquiry.reveal() }).await?;
        Ok(reply.answer)
    }
}
