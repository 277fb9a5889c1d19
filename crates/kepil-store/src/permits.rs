//! Permits to take many people's data at once, as tickets that are listed; and the roll of everybody whom the vault knows, in no
//! order that means anything. Clause 3.4g.
//!
//! Does not know: what a permit says, and whether it holds (`actions/staff/exports.rs` of the server).

use kepil_domain::Locator;
use zeroize::Zeroizing;

use crate::{NewTicket, Store, StoreError, Ticket, TicketKind, batch::Value};

impl Store {
    /// Keeps a permit until `until_s`. Unit: Unix seconds.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_permit(&self, content: Zeroizing<Vec<u8>>, until_s: i64) -> Result<(), StoreError> {
        let kind = TicketKind::Export;
        let ticket = NewTicket { kind, owner: None, family: Some(self.queue(kind)), until_s, content };
        self.add_ticket(ticket).await.map(drop)
    }

    /// Every permit that has not ended.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_permits(&self) -> Result<Vec<Ticket>, StoreError> {
        self.list_queue(TicketKind::Export, self.clock.now().unix_s()).await
    }

    /// Changes what a permit says.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed or ended it meanwhile.
    pub async fn set_permit(&self, ticket: &Ticket) -> Result<(), StoreError> {
        self.set_listed(TicketKind::Export, ticket).await.map(drop)
    }

    /// Up to `most` of those whom the vault knows, after `after` or from the beginning.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn list_people(&self, after: Option<Locator>, most: u32) -> Result<Vec<Locator>, StoreError> {
        let sql = "SELECT locator FROM ring WHERE locator > $1 ORDER BY locator LIMIT $2";
        let begin = after.map(|locator| locator.0.to_vec()).unwrap_or_default();
        let rows = self.rings.query(sql, vec![begin.into(), Value::from(most)]).await?;
        Ok(rows.iter().filter_map(|row| Locator::from_slice(row.blob(0))).collect())
    }
}
