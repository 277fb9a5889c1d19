//! How tickets are sealed. When one ends stands inside, to the second; everybody reads only by which day it is over: a time that
//! is finer would tell at which entry of a log it was made (clause 3.1.5).

use kepil_domain::vault::{Token, VaultError};
use zeroize::Zeroizing;

use crate::{
    OsEntropy, Store, StoreError, Ticket, TicketKind,
    batch::{Batch, Row},
    epochs::{TICKET, epoch_in, ticket_place},
    tickets::FIND,
};

const DAY_S: i64 = 86_400;

/// The end of a ticket as everybody reads it: that of a day of universal time. Unit: Unix seconds.
pub(crate) fn shown_end(until_s: i64) -> i64 {
    until_s.saturating_add(DAY_S - 1).div_euclid(DAY_S).saturating_mul(DAY_S)
}

fn with_end(until_s: i64, content: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(8 + content.len()));
    plain.extend(until_s.to_be_bytes());
    plain.extend_from_slice(content);
    plain
}

fn split_end(plain: &[u8]) -> Result<(i64, Zeroizing<Vec<u8>>), VaultError> {
    let (until_s, content) = plain.split_first_chunk::<8>().ok_or(VaultError::UnknownLayout)?;
    Ok((i64::from_be_bytes(*until_s), Zeroizing::new(content.to_vec())))
}

impl Store {
    /// Removes the ticket of `token` if its end has come: it lies there until the end of the day.
    pub(crate) async fn remove_ended(&self, kind: TicketKind, token: &Token) -> Result<(), StoreError> {
        let (id, now_s) = (token.id(kind.code()), self.clock.now().unix_s());
        let Some(row) =
            self.system.database.find(FIND, vec![id.into(), i64::from(kind.code()).into(), 0_i64.into()]).await?
        else {
            return Ok(());
        };
        if self.open_ticket(kind, &row, Some(token)).await?.until_s > now_s {
            return Ok(());
        }
        let sql = "DELETE FROM ticket WHERE id = $1 AND version = $2";
        let params = vec![id.into(), row.blob(4).to_vec().into()];
        self.system.database.execute(Batch::default().any(sql, params)).await
    }

    pub(crate) async fn seal_ticket(
        &self,
        kind: TicketKind,
        id: &[u8; 32],
        token: Option<&Token>,
        (until_s, content): (i64, &[u8]),
    ) -> Result<(Option<u64>, Vec<u8>), StoreError> {
        let content = &with_end(until_s, content);
        if let Some(token) = token.filter(|_| !kind.is_of_epoch()) {
            return Ok((None, self.keys.seal_for(TICKET, &bound(kind, id, token), content, &mut OsEntropy)?));
        }
        self.sure_of_epoch().await?;
        let place = ticket_place(kind.code().into(), id);
        let (epoch, sealed) = self.keys.seal_in_epoch(TICKET, &place, content, &mut OsEntropy)?;
        Ok((Some(epoch.0), sealed))
    }

    pub(crate) async fn open_ticket(
        &self,
        kind: TicketKind,
        row: &Row,
        token: Option<&Token>,
    ) -> Result<Ticket, StoreError> {
        let id: [u8; 32] = row.blob(0).try_into().map_err(|_| StoreError::NotFound)?;
        let plain = if let Some(token) = token.filter(|_| !kind.is_of_epoch()) {
            let bound = bound(kind, &id, token);
            self.in_epoch(|| self.keys.unseal_for(TICKET, &bound, row.blob(3))).await?
        } else {
            let (place, sealed) = (ticket_place(kind.code().into(), &id), (epoch_in(row, 6), row.blob(3)));
            self.in_epoch(|| self.keys.unseal_in_epoch(TICKET, &place, sealed)).await?
        };
        let (exact_s, content) = split_end(&plain)?;
        // What was used stays beyond its own end.
        let until_s = if row.int(5) == 0 { exact_s } else { row.int(2) };
        Ok(Ticket { id, family: row.blob(1).try_into().ok(), until_s, content, version: row.blob(4).to_vec() })
    }

    /// Those of `rows` that have not ended.
    pub(crate) async fn open_all(&self, kind: TicketKind, rows: &[Row], now_s: i64) -> Result<Vec<Ticket>, StoreError> {
        let mut tickets = Vec::with_capacity(rows.len());
        for row in rows {
            match self.open_ticket(kind, row, None).await {
                // Written too late, under a key that was gone by then: one keeps nobody from the others.
                Err(StoreError::Vault(VaultError::OtherEpoch)) => {
                    tracing::error!("a ticket is of an epoch that is gone");
                }
                ticket => tickets.push(ticket?),
            }
        }
        tickets.retain(|ticket| ticket.until_s > now_s);
        Ok(tickets)
    }
}

fn bound(kind: TicketKind, id: &[u8; 32], token: &Token) -> Zeroizing<Vec<u8>> {
    let mut bound = Zeroizing::new(Vec::with_capacity(65));
    bound.push(kind.code());
    bound.extend(id);
    bound.extend_from_slice(token.danger_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_that_everybody_reads_is_that_of_a_day() {
        assert_eq!([0, 1, DAY_S, DAY_S + 1].map(shown_end), [0, DAY_S, DAY_S, 2 * DAY_S]);
        let (until_s, content) = split_end(&with_end(77, b"text")).unwrap();
        assert_eq!((until_s, content.as_slice()), (77, b"text".as_slice()));
        assert!(split_end(&[0; 7]).is_err());
    }
}
