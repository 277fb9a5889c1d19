//! `POST /v1/agreements/end`: a service ends its agreement with a person.

use serde::{Deserialize, Serialize};

use crate::{client::Client, error::Error, personal::Sub};

#[derive(Serialize)]
struct EndQuery<'a> {
    sub: &'a Sub,
}

#[derive(Deserialize)]
struct Ended {
    ended: bool,
}

impl Client {
    /// Ends the agreement of this service with the person: after the answer nothing opens for the service, and what was
    /// kept for the agreement alone is destroyed. May be repeated: one that has ended, or never was, is ended.
    ///
    /// # Errors
    /// [`Error`]; whether it has ended is not known then, so repeat it.
    pub async fn end_agreement(&self, sub: &Sub) -> Result<(), Error> {
        let answer: Ended = self.post("/v1/agreements/end", &EndQuery { sub }).await?;
        if answer.ended { Ok(()) } else { Err(Error::Answer { status: 200, what: "the agreement has not ended" }) }
    }
}
