//! The egress door: the one way out for outbound connections: letters here, messages to services in `courier`.
//!
//! Default deny: a mail server must say in which territory it is, and the policy must allow that territory (clauses 3.4a,
//! 3.5a). Letters of the demo and of tests are files.

mod courier;

pub use courier::Courier;

use std::{
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use kepil_domain::Personal;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::Mailbox};

use crate::{actions::ActionError, app::MailConfig, pages::Written};

/// Sends letters.
pub struct Mailer {
    way: Way,
    count: AtomicU64,
}

enum Way {
    Folder(PathBuf),
    Smtp { transport: Box<AsyncSmtpTransport<Tokio1Executor>>, from: Mailbox },
}

impl Mailer {
    /// The way out that `config` names, if the policy's `territory` allows it.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when the address is none, or lies in a territory that the policy does not allow.
    pub fn new(config: &MailConfig, territory: &[String]) -> Result<Self, ActionError> {
        let way = match config {
            MailConfig::Folder(folder) => {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)
                    .map_err(|error| broken("mail folder", &error))?;
                Way::Folder(folder.clone())
            }
            MailConfig::Smtp { url, from, territory: place } => {
                if !territory.contains(place) {
                    let allowed = territory.join(", ");
                    return Err(ActionError::Broken(format!(
                        "the mail server is declared in `{place}`, the policy allows {allowed} only (clause 3.5a)"
                    )));
                }
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    .map_err(|error| broken("mail.url", &error))?
                    .build();
                Way::Smtp {
                    transport: Box::new(transport),
                    from: from.parse().map_err(|error| broken("mail.from", &error))?,
                }
            }
        };
        Ok(Self { way, count: AtomicU64::new(0) })
    }

    /// Sends one letter.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when it could not be handed over; never says to whom.
    pub async fn send(&self, to: &Personal<String>, letter: &Written) -> Result<(), ActionError> {
        match &self.way {
            Way::Folder(folder) => {
                let number = self.count.fetch_add(1, Ordering::Relaxed);
                let path = folder.join(format!("{}-{number:06}.txt", std::process::id()));
                let text = format!("To: {}\nSubject: {}\n\n{}\n", to.reveal(), letter.subject, letter.body);
                let write = || {
                    std::fs::OpenOptions::new()
                        .write(true)
                        .create_new(true)
                        .mode(0o600)
                        .open(path)?
                        .write_all(text.as_bytes())
                };
                write().map_err(|error| broken("mail folder", &error))
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
