//! `POST /v1/contents` and its like: what people place in a service, passed on, shown to one viewer, taken away.

use serde::{Deserialize, Serialize};

use crate::{
    client::Client,
    error::Error,
    personal::{Personal, Sub},
};

/// What a person places.
#[derive(Serialize)]
pub struct NewContent<'a> {
    /// Who.
    pub author: &'a Sub,
    /// Whom it is about, where that is one person other than its author.
    pub about: Option<&'a Sub>,
    /// Name of a kind of content that the service takes, as in the policy.
    pub kind: &'a str,
    /// Plain text.
    pub text: &'a str,
    /// Whether its author keeps it to themselves; otherwise it is shown as they set for this kind of content.
    pub withheld: bool,
}

/// A piece that is kept.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[non_exhaustive]
pub struct Kept {
    /// Its address.
    pub content: String,
    /// Where people read it, as far as its author lets them.
    pub url: String,
    /// The event's id in the ledger of its author.
    pub receipt: String,
}

#[derive(Serialize)]
struct PiecesQuery<'a> {
    contents: &'a [&'a str],
    viewer: Option<&'a Sub>,
}

#[derive(Deserialize)]
struct PiecesReply {
    contents: Vec<Piece>,
}

/// What one piece says.
#[derive(Deserialize)]
#[non_exhaustive]
pub struct Piece {
    /// Its address.
    pub content: String,
    /// Name of its kind.
    pub kind: String,
    /// Plain text: show it as text, never as HTML.
    pub text: Personal<String>,
    /// The day on which it was placed, `YYYY-MM-DD`.
    pub placed_on: String,
    /// The event's id in the ledger.
    pub receipt: String,
}

#[derive(Serialize)]
struct RemoveQuery<'a> {
    content: &'a str,
}

#[derive(Deserialize)]
struct Removed {
    removed: bool,
}

impl Client {
    /// Keeps what a person places. Keep the address that comes back, and no copy of the text: others may see it only as far
    /// as its author lets them when they look.
    ///
    /// # Errors
    /// [`Error::Problem`] with the code `banned_content` when the text speaks of what nobody may place; the problem's
    /// `label` says of what, in the language of the reader.
    pub async fn place(&self, content: &NewContent<'_>) -> Result<Kept, Error> {
        self.post("/v1/contents", content).await
    }

    /// What pieces (50 at most) say to `viewer`, or to somebody who is not signed in. What is not shown to them is left out.
    /// Never keep it: ask again for the next answer.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn contents(&self, contents: &[&str], viewer: Option<&Sub>) -> Result<Vec<Piece>, Error> {
        let reply: PiecesReply = self.post("/v1/contents/reads", &PiecesQuery { contents, viewer }).await?;
        Ok(reply.contents)
    }

    /// Takes a piece away that its author took away. May be repeated.
    ///
    /// # Errors
    /// [`Error`]; whether it is gone is not known then, so repeat it.
    pub async fn remove_content(&self, content: &str) -> Result<(), Error> {
        let answer: Removed = self.post("/v1/contents/remove", &RemoveQuery { content }).await?;
        if answer.removed { Ok(()) } else { Err(Error::Answer { status: 200, what: "the piece is still there" }) }
    }
}
