//! Who is on the staff: a list of sealed locators, nothing else. What somebody of the staff may do is in their own standing.
//! And the links by which people join, of which only the hash is kept. Clauses 5.2c, 5.2d.

use kepil_domain::Locator;
use zeroize::Zeroizing;

use crate::{NewTicket, Store, StoreError, SystemStore, TicketKind, batch::Batch};

/// Being of the staff does not end by itself: a hundred years. Unit: seconds.
const STAFF_S: i64 = 100 * 365 * 86_400;

/// Somebody of the staff.
pub struct StaffEntry {
    /// Names them on pages.
    pub id: [u8; 32],
    /// Who it is.
    pub locator: Locator,
}

impl Store {
    /// Lists the person among the staff; does nothing when they are.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_staff(&self, locator: Locator) -> Result<(), StoreError> {
        let kind = TicketKind::Staff;
        let (family, content) = (Some(self.queue(kind)), Zeroizing::new(locator.0.to_vec()));
        let until_s = self.clock.now().unix_s().saturating_add(STAFF_S);
        // No owner: a new password ends what its person owns, and this stays.
        let ticket = NewTicket { kind, owner: None, family, until_s, content };
        match self.add_ticket_of(&self.keys.token_for("staff", &locator.0), ticket).await {
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Everybody of the staff, and those whose account is gone.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_staff(&self) -> Result<Vec<StaffEntry>, StoreError> {
        let tickets = self.list_queue(TicketKind::Staff, self.clock.now().unix_s()).await?;
        let entry =
            |ticket: crate::Ticket| Some(StaffEntry { id: ticket.id, locator: Locator::from_slice(&ticket.content)? });
        Ok(tickets.into_iter().filter_map(entry).collect())
    }

    /// Takes the person off the list.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_staff(&self, locator: Locator) -> Result<(), StoreError> {
        let id = self.keys.token_for("staff", &locator.0).id(TicketKind::Staff.code());
        self.remove_ticket(&id, None).await
    }
}

impl SystemStore {
    /// Uses up what stands under the hash of a token for enrolment; of any number of concurrent uses one is the first.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was used or ended.
    pub async fn take_enrolment(&self, token_hash: &[u8]) -> Result<(), StoreError> {
        let sql = "DELETE FROM enrolment WHERE token_hash = $1";
        self.database.execute(Batch::default().one(sql, vec![token_hash.to_vec().into()])).await
    }
}
