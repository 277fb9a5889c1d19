//! The system database alone: editions and clients. Whoever publishes or registers a client needs no key and no lock, so
//! it works beside a running server.

use crate::{
    Engine, StoreError,
    engine::{Database, Home},
    schema::Place,
};

/// The system database.
#[derive(Clone)]
pub struct SystemStore {
    pub(crate) database: Database,
}

impl SystemStore {
    /// Opens the system database of `engine`.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be used.
    pub async fn open(engine: &Engine) -> Result<Self, StoreError> {
        Self::open_in(&Home::of(engine)).await
    }

    pub(crate) async fn open_in(home: &Home) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(home, "system", Place::System).await? })
    }
}
