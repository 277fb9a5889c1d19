//! All pages of the blind index anew, without those who are gone, and all pages of a field of the same length: which changed,
//! and which lost somebody, cannot be told.

use std::collections::HashSet;

use kepil_domain::vault::EpochNo;

use super::closing::{Progress, Step, TRIES_MAX};
use crate::{
    Store, StoreError,
    batch::{Batch, Row, Value},
    index::StoredPage,
};

/// How many pages are written in one transaction.
const PAGES: i64 = 128;

/// The fields, and the longest page of each.
const LONGEST: &str = "SELECT field, max(length(sealed)), count(*) FROM index_page GROUP BY field";
const SOME: &str = "SELECT version, epoch, sealed, secret, page FROM index_page WHERE field = $1 AND page > $2 AND epoch <= $3 ORDER BY page LIMIT $4";
const ONE: &str =
    "SELECT version, epoch, sealed, secret, page FROM index_page WHERE field = $1 AND page = $2 AND epoch <= $3";

/// What is done to pages: whom they lose, and how long they are.
struct Anew {
    closing: EpochNo,
    gone: HashSet<[u8; 16]>,
    len: usize,
}

impl Store {
    pub(super) async fn reseal_pages(&self, closing: EpochNo, progress: &Progress<'_>) -> Result<(), StoreError> {
        let gone = self.list_gone(closing).await?.into_iter().map(|it| it.0).collect();
        let mut anew = Anew { closing, gone, len: 0 };
        let fields = self.rings.query(LONGEST, Vec::new()).await?;
        let total = fields.iter().map(|row| u64::try_from(row.int(2)).unwrap_or(0)).sum();
        let mut done = 0;
        for field in fields {
            anew.len = usize::try_from(field.int(1)).unwrap_or(0);
            let (field, mut after) = (field.int(0), -1);
            loop {
                let params = vec![field.into(), Value::Int(after), closing.0.into(), PAGES.into()];
                let rows = self.rings.query(SOME, params).await?;
                let Some(last) = rows.last() else { break };
                (after, done) = (last.int(4), done + rows.len() as u64);
                self.reseal_some(field, rows, &anew).await?;
                progress(Step::Pages, done, total);
            }
        }
        Ok(())
    }

    /// Writes pages together; where somebody writes one of them meanwhile, each alone.
    async fn reseal_some(&self, field: i64, rows: Vec<Row>, anew: &Anew) -> Result<(), StoreError> {
        self.sure_of_epoch().await?;
        let numbers: Vec<i64> = rows.iter().map(|row| row.int(4)).collect();
        let mut batch = Batch::default();
        for row in rows {
            let (at, stored) = self.anew(field, row, anew).await?;
            batch = self.with_page(batch, at, stored)?;
        }
        match self.rings.execute(batch).await {
            Err(StoreError::Conflict) => {}
            done => return done,
        }
        for number in numbers {
            self.reseal_one(field, number, anew).await?;
        }
        Ok(())
    }

    async fn reseal_one(&self, field: i64, number: i64, anew: &Anew) -> Result<(), StoreError> {
        for _ in 0..TRIES_MAX {
            let params = vec![field.into(), number.into(), anew.closing.0.into()];
            let Some(row) = self.rings.find(ONE, params).await? else { return Ok(()) };
            let (at, stored) = self.anew(field, row, anew).await?;
            match self.set_page(at, stored).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    async fn anew(&self, field: i64, row: Row, anew: &Anew) -> Result<((u32, u32), StoredPage), StoreError> {
        let at = (u32::try_from(field).unwrap_or(0), u32::try_from(row.int(4)).unwrap_or(0));
        let mut stored = self.open_page(at, row).await?;
        stored.page.retain(anew.len, |locator| !anew.gone.contains(&locator.0));
        Ok((at, stored))
    }
}
