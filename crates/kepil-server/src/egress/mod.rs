//! The egress door: the one way out for outbound connections: letters here, messages to services in `courier`,
//! texts to phones in `sender`, logs and witnesses in `logs`.
//!
//! Default deny: a mail server must say in which territory it is, and the policy must allow that territory (clauses 3.4a,
//! 3.5a). Letters of the demo and of tests are files.

mod courier;
mod logs;
mod sender;

pub use courier::Courier;
pub use logs::{LogAnswer, LogClient};
pub use sender::{Sender, TextConfig};

use std::{
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use kepil_domain::Personal;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::Mailbox};

use crate::{actions::ActionError, app::MailConfig, pages::Written};

/// Sends letters.
pub struct Mailer {
    way: Way,
}

/// Letters and texts as files: for the demo and tests.
struct Folder {
    path: PathBuf,
    what: &'static str,
    count: AtomicU64,
}

impl Folder {
    fn open(what: &'static str, path: &Path) -> Result<Self, ActionError> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(path).map_err(|error| broken(what, &error))?;
        Ok(Self { path: path.to_owned(), what, count: AtomicU64::new(0) })
    }

    fn put(&self, text: &str) -> Result<(), ActionError> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(format!("{}-{number:06}.txt", std::process::id()));
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| broken(self.what, &error))
    }
}

/// Refuses `what` in a `place` that the policy does not allow (clause 3.5a).
fn check_territory(what: &str, place: &String, territory: &[String]) -> Result<(), ActionError> {
    if territory.contains(place) {
        return Ok(());
    }
    let allowed = territory.join(", ");
    Err(ActionError::Broken(format!(
        "the {what} is declared in `{place}`, the policy allows {allowed} only (clause 3.5a)"
    )))
}

enum Way {
    Folder(Folder),
    Smtp { transport: Box<AsyncSmtpTransport<Tokio1Executor>>, from: Mailbox },
}

impl Mailer {
    /// The way out that `config` names, if the policy's `territory` allows it.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the address is none, or lies in a territory that the policy does not allow.
    pub fn new(config: &MailConfig, territory: &[String]) -> Result<Self, ActionError> {
        let way = match config {
            MailConfig::Folder(folder) => Way::Folder(Folder::open("mail folder", folder)?),
            MailConfig::Smtp { url, from, territory: place } => {
                check_territory("mail server", place, territory)?;
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    .map_err(|error| broken("mail.url", &error))?
                    .build();
                Way::Smtp {
                    transport: Box::new(transport),
                    from: from.parse().map_err(|error| broken("mail.from", &error))?,
                }
            }
        };
        Ok(Self { way })
    }

    /// Sends one letter.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when it could not be handed over; never says to whom.
    pub async fn send(&self, to: &Personal<String>, letter: &Written) -> Result<(), ActionError> {
        match &self.way {
            Way::Folder(folder) => {
                folder.put(&format!("To: {}\nSubject: {}\n\n{}\n", to.reveal(), letter.subject, letter.body))
            }
            Way::Smtp { transport, from } => {
                let to =
                    to.reveal().parse().map_err(|_| ActionError::Broken("a letter has no valid address".to_owned()))?;
                let message =
                    Message::builder().from(from.clone()).to(to).subject(&letter.subject).body(letter.body.clone());
                let message = message.map_err(|error| broken("letter", &error))?;
                transport
                    .send(message)
                    .await
                    .map(drop)
                    .map_err(|_| ActionError::Broken("the mail server did not take a letter".to_owned()))
            }
        }
    }
}

fn broken(what: &str, error: &dyn std::fmt::Display) -> ActionError {
    ActionError::Broken(format!("{what}: {error}"))
}
