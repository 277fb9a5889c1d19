//! Tickets: everything that a random token stands for and that ends by itself: sessions, codes, refresh tokens, letters.
//!
//! The table has the token's hash; what the ticket carries is sealed under a key that needs the token. Where it is listed, and so
//! opened without its token, or where the token is short enough to be guessed, it is sealed under the key of the epoch.
//! A used ticket stays until its end, so that a second use is seen.

use kepil_domain::{Entropy, Locator, vault::Token};
use zeroize::Zeroizing;

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Value},
    client_sessions::Column,
    ticket_seals::shown_end,
};

/// What a ticket is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TicketKind {
    /// A browser that is signed in.
    Session,
    /// A browser before sign-in: what it wanted, and its form token.
    Visit,
    /// An authorization code.
    Code,
    /// A refresh token.
    Refresh,
    /// A registration that waits for its letter.
    Registration,
    /// A password reset that waits for its letter.
    Reset,
    /// A new address that waits for its letter.
    Address,
    /// A destruction that was begun and is carried through, whatever happens.
    Destruction,
    /// An access token about a person.
    Access,
    /// A request that a client pushed ahead of the person.
    Pushed,
    /// A name that is good once: the id of a proof or assertion of a client.
    Seen,
    /// A device that waits until its person has answered elsewhere.
    Device,
    /// What that person types to find the device's request.
    UserCode,
    /// Somebody who proved the password and must prove more.
    Half,
    /// The secret of an app that is not taken yet.
    Totp,
    /// A passkey that is being made or shown.
    Passkey,
    /// Somebody who lost every factor and waits.
    Lost,
    /// The right to stop that.
    StopLost,
    /// How far an import is.
    Import,
    /// A client to which a session went; after the session's end, what the client is still to be told.
    ClientSession,
    /// What a service asks a person for.
    Inquiry,
    /// A code that was sent to a person, and how often it was tried.
    Sent,
    /// An invitation to see a part of somebody's profile.
    Naming,
    /// Somebody of the staff.
    Staff,
    /// A person whom somebody of the staff looks at, for a stated reason.
    Case,
    /// An invitation to act for a legal entity, or to be a guardian, that waits for its letter to be answered.
    Invitation,
    /// How many people somebody asked about in a window of time (`budgets.rs`).
    Budget,
    /// Leave to take many people's data at once, asked for or confirmed.
    Export,
}

impl TicketKind {
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// Whether it opens without its token: it is listed, or its token is typed.
    pub(crate) fn is_of_epoch(self) -> bool {
        let is_listed =
            matches!(self, Self::Session | Self::Destruction | Self::ClientSession | Self::Inquiry | Self::Staff);
        is_listed || self.is_typed() || self == Self::Export
    }

    /// Whether its token is typed, or made from something short.
    fn is_typed(self) -> bool {
        matches!(self, Self::UserCode | Self::Seen | Self::Lost | Self::Import | Self::Budget)
    }
}

/// A ticket to be added.
pub struct NewTicket {
    /// What for.
    pub kind: TicketKind,
    /// Whose; all of a person's tickets can be ended.
    pub owner: Option<Locator>,
    /// What it came of: all tickets of a family can be ended.
    pub family: Option<[u8; 16]>,
    /// When it ends. Unit: Unix seconds.
    pub until_s: i64,
    /// What it carries.
    pub content: Zeroizing<Vec<u8>>,
}

/// A ticket that is valid.
pub struct Ticket {
    /// The hash under which it is kept; names it on pages.
    pub id: [u8; 32],
    /// What it came of.
    pub family: Option<[u8; 16]>,
    /// When it ends. Unit: Unix seconds.
    pub until_s: i64,
    /// What it carries.
    pub content: Zeroizing<Vec<u8>>,
    pub(crate) version: Vec<u8>,
}

/// What became of the use of a single-use ticket.
pub enum Taken {
    /// The first use: the ticket.
    First(Ticket),
    /// A use after the first: the family to end.
    Again(Option<[u8; 16]>),
    /// No such ticket, or past its end.
    Unknown,
}

impl Ticket {
    /// The same ticket at another version, as [`Store::set_listed`] returns it.
    #[must_use]
    pub fn at(&self, version: Vec<u8>) -> Self {
        Self { version, ..self.with(self.content.clone()) }
    }

    /// The same ticket with another content, for [`Store::set_listed`].
    #[must_use]
    pub fn with(&self, content: Zeroizing<Vec<u8>>) -> Self {
        Self { id: self.id, family: self.family, until_s: self.until_s, content, version: self.version.clone() }
    }
}

pub(crate) const FIND: &str = "SELECT id, family, until_s, sealed, version, is_used, epoch FROM ticket WHERE id = $1 AND kind = $2 AND until_s > $3";

/// Uses a ticket up. It stays for a while even past its end, so that a late second use is seen.
const USE: &str = "UPDATE ticket SET is_used = 1, until_s = CASE WHEN until_s < $2 THEN $2 ELSE until_s END \
                   WHERE id = $1 AND is_used = 0";

/// How long a used ticket stays at least. Unit: seconds.
const USED_S: i64 = 3600;

impl Store {
    /// Adds a ticket and returns the token that stands for it: 43 characters of base64url.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn add_ticket(&self, ticket: NewTicket) -> Result<String, StoreError> {
        let token = Token::random(&mut OsEntropy)?;
        self.add_ticket_of(&token, ticket).await?;
        Ok(token.to_text())
    }

    /// Adds a ticket for as long as the one kept under `holder` is there: of the end of the one and the birth of the other
    /// one comes first, so nothing is born of a session that ended.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the holder is not there.
    pub async fn add_ticket_under(&self, holder: &[u8; 32], ticket: NewTicket) -> Result<String, StoreError> {
        let token = Token::random(&mut OsEntropy)?;
        let held =
            Batch::default().one("UPDATE ticket SET is_used = 0 WHERE id = $1 AND is_used = 0", vec![(*holder).into()]);
        self.system.database.execute(self.with_ticket(held, &token, ticket).await?).await?;
        Ok(token.to_text())
    }

    /// Uses `used` up and adds `next` in one step: whoever ends the family of all ends the next ones too. Returns the
    /// tokens in the order of `next`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the ticket was used or ended meanwhile.
    pub async fn replace_ticket(&self, used: &Ticket, next: Vec<NewTicket>) -> Result<Vec<String>, StoreError> {
        let mut batch = Batch::default().one(USE, vec![used.id.into(), self.used_until_s().into()]);
        let mut tokens = Vec::with_capacity(next.len());
        for ticket in next {
            let token = Token::random(&mut OsEntropy)?;
            batch = self.with_ticket(batch, &token, ticket).await?;
            tokens.push(token.to_text());
        }
        self.system.database.execute(batch).await?;
        Ok(tokens)
    }

    /// Adds a ticket for something that is typed: whoever types `typed` holds it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is one.
    pub async fn add_typed_ticket(&self, typed: &str, ticket: NewTicket) -> Result<(), StoreError> {
        let token = self.typed(ticket.kind, typed);
        self.remove_ended(ticket.kind, &token).await?;
        self.add_ticket_of(&token, ticket).await
    }

    /// The token of the ticket that stands for what was `typed`.
    #[must_use]
    pub fn typed_token(&self, kind: TicketKind, typed: &str) -> String {
        self.typed(kind, typed).to_text()
    }

    pub(crate) fn typed(&self, kind: TicketKind, typed: &str) -> Token {
        self.keys.token_for("typed", &[&[kind.code()], typed.as_bytes()].concat())
    }

    /// Notes `name` until its time is over; says whether this was the first time.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn is_first_use(&self, name: &str, until_s: i64) -> Result<bool, StoreError> {
        let (kind, content) = (TicketKind::Seen, Zeroizing::default());
        match self.add_typed_ticket(name, NewTicket { kind, owner: None, family: None, until_s, content }).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Ends the note of `name`: the next use is a first one again.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn forget_use(&self, name: &str) -> Result<(), StoreError> {
        let kind = TicketKind::Seen;
        self.remove_ticket(&self.typed(kind, name).id(kind.code()), None).await
    }

    pub(crate) async fn add_ticket_of(&self, token: &Token, ticket: NewTicket) -> Result<(), StoreError> {
        self.system.database.execute(self.with_ticket(Batch::default(), token, ticket).await?).await
    }

    pub(crate) async fn with_ticket(
        &self,
        batch: Batch,
        token: &Token,
        ticket: NewTicket,
    ) -> Result<Batch, StoreError> {
        let id = token.id(ticket.kind.code());
        let (epoch, sealed) =
            self.seal_ticket(ticket.kind, &id, Some(token), (ticket.until_s, &ticket.content)).await?;
        let mut version = [0; 8];
        OsEntropy.fill(&mut version)?;
        let sql = "INSERT INTO ticket (id, kind, owner, family, until_s, is_used, version, epoch, sealed) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
        let params = vec![
            id.into(),
            i64::from(ticket.kind.code()).into(),
            ticket.owner.map(|owner| self.owner(&owner)).into(),
            ticket.family.into(),
            shown_end(ticket.until_s).into(),
            version.into(),
            epoch.into(),
            sealed.into(),
        ];
        Ok(batch.one(sql, params))
    }

    /// The ticket that `token` stands for, if it is valid and unused.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_ticket(&self, kind: TicketKind, token: &str, now_s: i64) -> Result<Option<Ticket>, StoreError> {
        let Some(token) = Token::parse(token) else { return Ok(None) };
        let id = token.id(kind.code());
        let params = vec![id.into(), i64::from(kind.code()).into(), now_s.into()];
        match self.system.database.find(FIND, params).await? {
            Some(row) if row.int(5) == 0 => {
                let ticket = self.open_ticket(kind, &row, Some(&token)).await?;
                Ok(Some(ticket).filter(|ticket| ticket.until_s > now_s))
            }
            _ => Ok(None),
        }
    }

    /// Uses a single-use ticket up. Of any number of concurrent uses one is the first.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn take_ticket(&self, kind: TicketKind, token: &str, now_s: i64) -> Result<Taken, StoreError> {
        let Some(token) = Token::parse(token) else { return Ok(Taken::Unknown) };
        let id = token.id(kind.code());
        let params = vec![id.into(), i64::from(kind.code()).into(), now_s.into()];
        let Some(row) = self.system.database.find(FIND, params).await? else { return Ok(Taken::Unknown) };
        let ticket = self.open_ticket(kind, &row, Some(&token)).await?;
        if row.int(5) == 0 && ticket.until_s <= now_s {
            return Ok(Taken::Unknown);
        }
        match self.system.database.execute(Batch::default().one(USE, vec![id.into(), self.used_until_s().into()])).await
        {
            Ok(()) => Ok(Taken::First(ticket)),
            Err(StoreError::Conflict) => Ok(Taken::Again(ticket.family)),
            Err(error) => Err(error),
        }
    }

    fn used_until_s(&self) -> i64 {
        shown_end(self.clock.now().unix_s().saturating_add(USED_S))
    }

    /// Changes what a ticket carries and when it ends.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was changed or ended meanwhile.
    pub async fn set_ticket(&self, kind: TicketKind, token: &str, ticket: &Ticket) -> Result<(), StoreError> {
        let token = Token::parse(token).ok_or(StoreError::NotFound)?;
        let (epoch, sealed) =
            self.seal_ticket(kind, &ticket.id, Some(&token), (ticket.until_s, &ticket.content)).await?;
        let mut version = [0; 8];
        OsEntropy.fill(&mut version)?;
        let sql = "UPDATE ticket SET version = $1, epoch = $2, sealed = $3, until_s = $4 WHERE id = $5 AND version = $6 AND is_used = 0 AND (epoch IS NULL OR epoch <= $2)";
        let params = vec![
            version.into(),
            epoch.into(),
            sealed.into(),
            shown_end(ticket.until_s).into(),
            ticket.id.into(),
            ticket.version.clone().into(),
        ];
        self.system.database.execute(Batch::default().one(sql, params)).await
    }

    /// Changes what a ticket that is listed carries; returns its version from then on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else changed or ended it meanwhile.
    pub async fn set_listed(&self, kind: TicketKind, ticket: &Ticket) -> Result<Vec<u8>, StoreError> {
        let (epoch, sealed) = self.seal_ticket(kind, &ticket.id, None, (ticket.until_s, &ticket.content)).await?;
        let mut version = [0; 8];
        OsEntropy.fill(&mut version)?;
        let sql = "UPDATE ticket SET version = $1, epoch = $2, sealed = $3 WHERE id = $4 AND version = $5 AND (epoch IS NULL OR epoch <= $2)";
        let params = vec![version.into(), epoch.into(), sealed.into(), ticket.id.into(), ticket.version.clone().into()];
        self.system.database.execute(Batch::default().one(sql, params)).await?;
        Ok(version.to_vec())
    }

    /// The valid sessions of a person.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_sessions(&self, owner: Locator, now_s: i64) -> Result<Vec<Ticket>, StoreError> {
        self.list_owned(TicketKind::Session, owner, now_s).await
    }

    /// What services asked a person for, answered or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_inquiries(&self, owner: Locator, now_s: i64) -> Result<Vec<Ticket>, StoreError> {
        self.list_owned(TicketKind::Inquiry, owner, now_s).await
    }

    async fn list_owned(&self, kind: TicketKind, owner: Locator, now_s: i64) -> Result<Vec<Ticket>, StoreError> {
        let sql = "SELECT id, family, until_s, sealed, version, is_used, epoch FROM ticket WHERE owner = $1 AND kind = $2 AND until_s > $3 AND is_used = 0";
        let params = vec![self.owner(&owner).into(), i64::from(kind.code()).into(), now_s.into()];
        let rows = self.system.database.query(sql, params).await?;
        self.open_all(kind, &rows, now_s).await
    }

    /// The tickets of `kind` that wait for a job. They have a family of their own: a look into the queue does not go
    /// through all tickets.
    pub(crate) async fn list_queue(&self, kind: TicketKind, now_s: i64) -> Result<Vec<Ticket>, StoreError> {
        let sql = "SELECT id, family, until_s, sealed, version, is_used, epoch FROM ticket WHERE family = $1 AND until_s > $2";
        let rows = self.system.database.query(sql, vec![self.queue(kind).into(), now_s.into()]).await?;
        self.open_all(kind, &rows, now_s).await
    }

    /// What the tickets of `kind` that wait for a job have in common.
    pub(crate) fn queue(&self, kind: TicketKind) -> [u8; 16] {
        self.keys.hash_for("ticket queue", &[kind.code()])
    }

    /// Ends the ticket kept under `id`, if it is of `owner`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_ticket(&self, id: &[u8; 32], owner: Option<Locator>) -> Result<(), StoreError> {
        let batch = match owner {
            None => Batch::default().any("DELETE FROM ticket WHERE id = $1", vec![(*id).into()]),
            Some(owner) => Batch::default()
                .any("DELETE FROM ticket WHERE id = $1 AND owner = $2", vec![(*id).into(), self.owner(&owner).into()]),
        };
        self.system.database.execute(batch).await
    }

    /// Ends a person's tickets of one kind.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_kind_of(&self, kind: TicketKind, owner: Locator) -> Result<(), StoreError> {
        let params = vec![self.owner(&owner).into(), i64::from(kind.code()).into()];
        let sql = "DELETE FROM ticket WHERE owner = $1 AND kind = $2";
        self.system.database.execute(Batch::default().any(sql, params)).await
    }

    /// Ends all tickets of a person.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_tickets_of(&self, owner: Locator) -> Result<(), StoreError> {
        self.end_tickets(Column::Owner, &[self.owner(&owner)]).await
    }

    /// Ends all tickets of a person who is gone. What services asked them for is left to nobody: it is found as it would be of
    /// somebody who never answers.
    pub(crate) async fn leave_tickets(&self, owner: Locator) -> Result<(), StoreError> {
        let owner = self.owner(&owner);
        let sql = "UPDATE ticket SET owner = NULL WHERE owner = $1 AND kind = $2";
        let params = vec![owner.into(), i64::from(TicketKind::Inquiry.code()).into()];
        let batch = self.with_ended(Batch::default(), Column::Owner, &[owner]).any(sql, params);
        self.system.database.execute(batch).await
    }

    /// Ends all tickets of each family in one step, in this order.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn remove_families(&self, families: &[[u8; 16]]) -> Result<(), StoreError> {
        self.end_tickets(Column::Family, families).await
    }

    /// Removes the tickets whose end has come.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn sweep_tickets(&self, now_s: i64) -> Result<(), StoreError> {
        self.system
            .database
            .execute(Batch::default().any("DELETE FROM ticket WHERE until_s <= $1", vec![Value::Int(now_s)]))
            .await
    }

    /// The owner as this database knows them: a keyed hash that appears nowhere else.
    pub(crate) fn owner(&self, locator: &Locator) -> [u8; 16] {
        self.keys.hash_for("ticket owner", &locator.0)
    }
}
