//! Destructions that were begun: each is noted until it is carried through, whatever happens.

use kepil_domain::{Locator, vault::Token};
use zeroize::Zeroizing;

use crate::{NewTicket, OsEntropy, Store, StoreError, Ticket, TicketKind};

/// How long an unfinished destruction is tried. Unit: seconds (a hundred years: it does not end by itself).
const DESTRUCTION_S: i64 = 100 * 365 * 86_400;

/// A destruction that was begun.
#[derive(Clone, Copy)]
pub struct Destruction {
    /// Whose.
    pub whose: Locator,
    /// Names the certificate of it.
    pub certificate: [u8; 16],
    /// Whether it was begun by a mandate.
    pub is_by_mandate: bool,
}

impl Ticket {
    /// Which destruction it notes.
    #[must_use]
    pub fn destruction(&self) -> Option<Destruction> {
        let (locator, rest) = self.content.split_first_chunk::<16>()?;
        let (certificate, rest) = rest.split_first_chunk::<16>()?;
        let is_by_mandate = rest.first().is_some_and(|is_by_mandate| *is_by_mandate != 0);
        Some(Destruction { whose: Locator(*locator), certificate: *certificate, is_by_mandate })
    }

    /// When the destruction that it stands for was begun. Unit: Unix seconds.
    #[must_use]
    pub fn begun_s(&self) -> i64 {
        self.until_s.saturating_sub(DESTRUCTION_S)
    }
}

impl Store {
    /// Notes that the destruction of a person was begun at `now_s`; returns the id under which that is kept.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_destruction(&self, begun: &Destruction, now_s: i64) -> Result<[u8; 32], StoreError> {
        let token = Token::random(&mut OsEntropy)?;
        let kind = TicketKind::Destruction;
        let parts = begun.whose.0.into_iter().chain(begun.certificate).chain([u8::from(begun.is_by_mandate)]);
        let content = Zeroizing::new(parts.collect());
        let until_s = now_s.saturating_add(DESTRUCTION_S);
        let family = Some(self.queue(kind));
        self.add_ticket_of(&token, NewTicket { kind, owner: None, family, until_s, content }).await?;
        Ok(token.id(kind.code()))
    }

    /// The destructions that were begun and not finished.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_destructions(&self) -> Result<Vec<Ticket>, StoreError> {
        self.list_queue(TicketKind::Destruction, 0).await
    }
}
