//! What can go wrong in the store. Never carries a value about a person.

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A guard did not hold: someone else changed the row first.
    #[error("the row was changed by someone else")]
    Conflict,
    /// The database answered with an error.
    #[error("database `{database}`: {message}")]
    Database {
        /// Which database.
        database: String,
        /// What it said, without values.
        message: String,
    },
    /// A file or folder could not be used.
    #[error("`{path}`: {message}")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        message: String,
    },
    /// Something sealed did not open.
    #[error(transparent)]
    Vault(#[from] kepil_domain::vault::VaultError),
    /// No such person, ticket or row.
    #[error("no such row")]
    NotFound,
    /// The unique value belongs to someone.
    #[error("the value is taken")]
    Taken,
    /// The store is of another layout or installation, or was not set up.
    #[error("the store cannot be used: {0}")]
    Unusable(String),
    /// The source of randomness failed.
    #[error(transparent)]
    NoEntropy(#[from] kepil_domain::NoEntropy),
    /// The ledger could not take the entry: nothing was opened.
    #[error("the ledger did not take the entry")]
    LedgerRefused,
    /// The lane or writer is gone: the process is stopping.
    #[error("the store is closing")]
    Closing,
}
