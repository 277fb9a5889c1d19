//! `POST /v1/reads`: a service reads fields of a person.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    error::{Error, Withheld},
    personal::{Personal, Sub},
};

/// What a service asks for.
#[derive(Serialize)]
struct ReadQuery<'a> {
    sub: &'a Sub,
    purpose: &'a str,
    fields: &'a [&'a str],
}

/// What a service is told.
#[derive(Deserialize)]
#[non_exhaustive]
pub struct Reading {
    /// The values, by name of the field; a granted field that the person never gave is absent.
    pub fields: BTreeMap<String, Field>,
    /// What was asked for and not granted.
    pub withheld: Vec<Withheld>,
    /// The event's id in the ledger: the person sees the read under the same id.
    pub receipt: Option<String>,
}

/// What a service asks for, of many people.
#[derive(Serialize)]
struct BatchQuery<'a> {
    subs: &'a [Sub],
    purpose: &'a str,
    fields: &'a [&'a str],
}

#[derive(Deserialize)]
struct BatchReply {
    people: Vec<PersonReading>,
}

/// What a service is told of one person of many.
#[derive(Deserialize)]
#[non_exhaustive]
pub struct PersonReading {
    /// The service's id for the person.
    pub sub: Sub,
    /// Whether at least one field is granted; never why not.
    pub granted: bool,
    /// The same as one read would bring.
    #[serde(flatten)]
    pub reading: Reading,
}

/// One value.
#[derive(Deserialize)]
#[non_exhaustive]
pub struct Field {
    /// The value, in the canonical form of its kind: a date as `2001-12-31`, a telephone as `+77010000000`.
    pub value: Personal<String>,
    /// How it came to be known.
    pub source: Source,
    /// How well it is known.
    pub assurance: Assurance,
}

/// How a value came to be known.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum Source {
    /// The person entered it in the registration form.
    Form,
    /// The person changed it later.
    Edit,
    /// The operator came to know it itself.
    Own,
    /// The person gave it when a service asked.
    Request,
    /// It came along from an earlier system.
    Import,
    /// A word that this client does not know yet.
    Other(String),
}

/// How well a value is known. It is a statement about the value, never that it is true.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum Assurance {
    /// The person says so.
    SelfAsserted,
    /// The person answered there: an e-mail address or a telephone.
    ChannelConfirmed,
    /// Its check digit is right.
    ChecksumValid,
    /// A word that this client does not know yet.
    Other(String),
}

impl From<String> for Source {
    fn from(word: String) -> Self {
        match word.as_str() {
            "form" => Self::Form,
            "edit" => Self::Edit,
            "own" => Self::Own,
            "request" => Self::Request,
            "import" => Self::Import,
            _ => Self::Other(word),
        }
    }
}

impl From<String> for Assurance {
    fn from(word: String) -> Self {
        match word.as_str() {
            "self_asserted" => Self::SelfAsserted,
            "channel_confirmed" => Self::ChannelConfirmed,
            "checksum_valid" => Self::ChecksumValid,
            _ => Self::Other(word),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Form => "form",
            Self::Edit => "edit",
            Self::Own => "own",
            Self::Request => "request",
            Self::Import => "import",
            Self::Other(word) => word,
        })
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::SelfAsserted => "self_asserted",
            Self::ChannelConfirmed => "channel_confirmed",
            Self::ChecksumValid => "checksum_valid",
            Self::Other(word) => word,
        })
    }
}

impl Client {
    /// Reads `fields` of the person for a purpose of this service; all fields of the purpose when `fields` is empty.
    ///
    /// Each read is an entry in the ledger that the person sees, refused ones too: read when a value is needed, and do not
    /// keep a copy for later. A consent that is withdrawn refuses the next read.
    ///
    /// # Errors
    /// [`Error::Refused`] when nothing is granted; a part that is not granted stands in [`Reading::withheld`] instead.
    pub async fn read(&self, sub: &Sub, purpose: &str, fields: &[&str]) -> Result<Reading, Error> {
        self.post("/v1/reads", &ReadQuery { sub, purpose, fields }).await
    }

    /// Reads `fields` of many people, 256 at most, for a purpose that the policy lets this service follow in batches.
    ///
    /// Each person has an entry in the ledger, as after [`Self::read`]. The people of a day are limited by the policy.
    ///
    /// # Errors
    /// [`Error::Refused`] when the purpose is not followed in batches; [`Error::Later`] when its quota is not enough for all
    /// of them, and nobody was read.
    pub async fn read_batch(&self, subs: &[Sub], purpose: &str, fields: &[&str]) -> Result<Vec<PersonReading>, Error> {
        let reply: BatchReply = self.post("/v1/reads/batch", &BatchQuery { subs, purpose, fields }).await?;
        Ok(reply.people)
    }
}
