//! One file a command.

pub mod backup;
pub mod decoy;
pub mod destroy;
pub mod doctor;
pub mod import;
pub mod init;
pub mod keys;
pub mod ledger;
pub mod officer;
mod place;
pub mod policy;
pub mod restore;
pub mod sealer;
pub mod serve;
pub mod service;
mod wanted;
pub mod witness;

use kepil_server::{actions::ActionError, shelf::PublishError};
use kepil_store::StoreError;

/// What went wrong, for whoever typed the command.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Something that the person at the keyboard can mend.
    #[error("{0}")]
    Plain(String),
    /// A file could not be used.
    #[error("`{path}`: {error}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server did not do it.
    #[error(transparent)]
    Action(#[from] ActionError),
}

impl From<PublishError> for Failure {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Faulty(faults) => {
                let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
                Self::Plain(format!("the bundle cannot be published\n{}", all.join("\n")))
            }
            other => Self::Plain(other.to_string()),
        }
    }
}

impl Failure {
    /// A file could not be used.
    pub fn file(path: &std::path::Path, error: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), error }
    }
}
