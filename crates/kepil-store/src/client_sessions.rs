//! To which clients a session went. When the session ends, whatever ends it, the same rows are what the clients are still
//! to be told: no sign-out gets lost between two steps.

use kepil_domain::Locator;
use zeroize::Zeroizing;

use crate::{
    NewTicket, Store, StoreError, Ticket, TicketKind,
    batch::{Batch, Value},
    ticket_seals::shown_end,
};
const KIND: TicketKind = TicketKind::ClientSession;

/// How long a client is tried to be told. Unit: seconds.
const TELL_S: i64 = 24 * 3600;

impl Store {
    /// Notes that the session with this `family` went to a client; does nothing when it is noted. `name` tells sessions at
    /// clients apart.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_client_session(
        &self,
        name: &[u8],
        owner: Locator,
        family: [u8; 16],
        until_s: i64,
        content: Zeroizing<Vec<u8>>,
    ) -> Result<(), StoreError> {
        let token = self.keys.token_for("client session", name);
        let ticket = NewTicket { kind: KIND, owner: Some(owner), family: Some(family), until_s, content };
        match self.add_ticket_of(&token, ticket).await {
            Err(StoreError::Conflict) => Ok(()),
            done => done,
        }
    }

    /// The sign-outs that clients are still to be told.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_sign_outs(&self, now_s: i64) -> Result<Vec<Ticket>, StoreError> {
        self.list_queue(KIND, now_s).await
    }
}

impl Store {
    /// Ends what `column` names, twice: a statement that waited for a ticket which was just being replaced does not see its
    /// successor; the next statement does.
    pub(crate) async fn end_tickets(&self, column: Column, named: &[[u8; 16]]) -> Result<(), StoreError> {
        self.system.database.execute(self.with_ended(Batch::default(), column, named)).await
    }

    pub(crate) fn with_ended(&self, batch: Batch, column: Column, named: &[[u8; 16]]) -> Batch {
        let (tell, end) = column.statements();
        // What a service asked is no sign-in: it goes on, and the service does not learn that the sessions ended.
        let inquiry: Value = i64::from(TicketKind::Inquiry.code()).into();
        let (until_s, queue) = (shown_end(self.clock.now().unix_s() + TELL_S), self.queue(KIND));
        named.iter().chain(named).fold(batch, |batch, name| {
            let kind: Value = i64::from(KIND.code()).into();
            batch
                .any(tell, vec![(*name).into(), kind.clone(), until_s.into(), queue.into()])
                .any(end, vec![(*name).into(), kind, inquiry.clone()])
        })
    }
}

/// By what tickets are ended.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    Owner,
    Family,
}

impl Column {
    fn statements(self) -> (&'static str, &'static str) {
        match self {
            Self::Owner => (
                "UPDATE ticket SET is_used = 1, until_s = $3, owner = NULL, family = $4 WHERE owner = $1 AND kind = $2",
                "DELETE FROM ticket WHERE owner = $1 AND kind <> $2 AND kind <> $3",
            ),
            Self::Family => (
                "UPDATE ticket SET is_used = 1, until_s = $3, owner = NULL, family = $4 WHERE family = $1 AND kind = $2",
                "DELETE FROM ticket WHERE family = $1 AND kind <> $2 AND kind <> $3",
            ),
        }
    }
}
