//! The blind index in the key store: pages guarded by a random version, so a unique value has one holder.
//!
//! Whoever is gone stays in their pages until the epoch closes, when all pages are written anew without them: a page that
//! changed when they left would point at them. Until then they are nobody, for their ring is gone.

use std::collections::HashSet;

use kepil_domain::{
    Entropy, Locator,
    vault::{IndexPage, IndexTerm},
};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row, Value},
    epochs::epoch_in,
    secrets::version_in,
};

/// How often a page that others keep changing is tried.
const TRIES_MAX: usize = 64;

/// Makes all pages of a field in one statement: numbers, and pieces of two long values. (The empty side of the union gives the
/// types.)
const ADD_PAGES: &str = "WITH RECURSIVE number(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $1), \
     given(field, versions, epoch, pages, secret) AS (SELECT field, version, epoch, sealed, secret FROM index_page WHERE 1 = 0 UNION ALL SELECT $2, $3, $4, $5, $7) \
     INSERT INTO index_page (field, page, version, epoch, secret, sealed) \
     SELECT field, n, substr(versions, CAST(n * 8 + 1 AS INTEGER), 8), epoch, secret, substr(pages, CAST(n * $6 + 1 AS INTEGER), CAST($6 AS INTEGER)) \
     FROM number, given WHERE 1 = 1 ON CONFLICT (field, page) DO NOTHING";

/// A page and the version that guards it.
pub(crate) struct StoredPage {
    pub page: IndexPage,
    pub version: Vec<u8>,
}

impl Store {
    /// Who has the value of `term`.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer or the page does not open.
    pub async fn find_holder(&self, term: &IndexTerm) -> Result<Option<Locator>, StoreError> {
        let found = match self.find_page(term.page(self.page_bits)).await? {
            Some(stored) => stored.page.find(&self.keys, term)?,
            None => None,
        };
        self.if_there(found).await
    }

    /// Gives the value of `term` to `locator`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when someone else has it.
    pub async fn add_holder(&self, term: &IndexTerm, locator: Locator) -> Result<(), StoreError> {
        for _ in 0..TRIES_MAX {
            let mut stored = self.page(term).await?;
            let holder = stored.page.find(&self.keys, term)?;
            if holder == Some(locator) {
                return Ok(());
            }
            if self.if_there(holder).await?.is_some() {
                return Err(StoreError::Taken);
            }
            stored.page.set(&self.keys, term, locator)?;
            match self.set_page(term.page(self.page_bits), stored).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Takes the value of `term` from `locator`, if it has it.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn remove_holder(&self, term: &IndexTerm, locator: Locator) -> Result<(), StoreError> {
        for _ in 0..TRIES_MAX {
            let mut stored = self.page(term).await?;
            if !stored.page.remove(&self.keys, term, locator)? {
                return Ok(());
            }
            match self.set_page(term.page(self.page_bits), stored).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Whoever was found, if their ring is there. Nobody found costs the same.
    async fn if_there(&self, found: Option<Locator>) -> Result<Option<Locator>, StoreError> {
        let asked = found.unwrap_or(Locator([0; 16]));
        let row = self.rings.find("SELECT bucket FROM ring WHERE locator = $1", vec![asked.0.into()]).await?;
        Ok(found.filter(|_| row.is_some()))
    }

    /// The page of `term`; with the first value of a field all its pages are made, so that which there are says nothing.
    async fn page(&self, term: &IndexTerm) -> Result<StoredPage, StoreError> {
        let at = term.page(self.page_bits);
        if let Some(stored) = self.find_page(at).await? {
            return Ok(stored);
        }
        self.sure_of_epoch().await?;
        let count = 1usize << self.page_bits;
        let mut versions = vec![0; 8 * count];
        OsEntropy.fill(&mut versions)?;
        let (mut all, mut epoch, mut len) = (Vec::new(), self.keys.epoch(), 0);
        let empty = IndexPage::empty(&self.keys, at.0)?;
        for page in 0..count {
            let page = u32::try_from(page).map_err(|_| StoreError::NotFound)?;
            let (sealed_in, sealed) = empty.seal(&self.keys, page, &mut OsEntropy)?;
            if sealed_in != epoch && page > 0 {
                return Err(StoreError::Conflict);
            }
            (epoch, len) = (sealed_in, sealed.len());
            all.extend(sealed);
        }
        let number = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let params = vec![
            number(count),
            at.0.into(),
            versions.into(),
            epoch.0.into(),
            all.into(),
            number(len),
            empty.version().into(),
        ];
        self.rings.execute(Batch::default().any(ADD_PAGES, params)).await?;
        self.find_page(at).await?.ok_or(StoreError::NotFound)
    }

    async fn find_page(&self, at: (u32, u32)) -> Result<Option<StoredPage>, StoreError> {
        let sql = "SELECT version, epoch, sealed, secret FROM index_page WHERE field = $1 AND page = $2";
        match self.rings.find(sql, vec![at.0.into(), at.1.into()]).await? {
            Some(row) => self.open_page(at, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Opens a row of version, epoch, sealed page and version of the field key.
    pub(crate) async fn open_page(&self, at: (u32, u32), mut row: Row) -> Result<StoredPage, StoreError> {
        let sealed = (epoch_in(&row, 1), row.blob(2));
        let page = self.in_epoch(|| IndexPage::open(&self.keys, at, version_in(&row, 3), sealed)).await?;
        Ok(StoredPage { page, version: row.take_blob(0) })
    }

    /// Writes a page in place of the one that was read.
    ///
    /// While an epoch is being closed it is written without those who go with it: whoever may seal under the next key sees who
    /// they are.
    pub(crate) async fn set_page(&self, at: (u32, u32), stored: StoredPage) -> Result<(), StoreError> {
        self.set_pages(vec![(at, stored)]).await
    }

    /// As [`Self::set_page`], all of them or none.
    pub(crate) async fn set_pages(&self, mut pages: Vec<((u32, u32), StoredPage)>) -> Result<(), StoreError> {
        self.sure_of_epoch().await?;
        let epoch = self.keys.epoch();
        let going = self.rings.query("SELECT locator FROM gone WHERE closing IS NOT NULL", Vec::new()).await?;
        if !going.is_empty() {
            let going: HashSet<&[u8]> = going.iter().map(|row| row.blob(0)).collect();
            for (_, stored) in &mut pages {
                stored.page.retain(0, |locator| !going.contains(&locator.0[..]));
            }
        }
        let mut batch = Batch::default();
        for (at, stored) in pages {
            batch = self.with_page(batch, at, stored)?;
        }
        // Turned meanwhile: there may be more who go.
        if self.keys.epoch() == epoch { self.rings.execute(batch).await } else { Err(StoreError::Conflict) }
    }

    /// Every page that is written is under the newest version of the field key from then on.
    pub(crate) fn with_page(&self, batch: Batch, at: (u32, u32), mut stored: StoredPage) -> Result<Batch, StoreError> {
        stored.page.catch_up(&self.keys)?;
        let (epoch, sealed) = stored.page.seal(&self.keys, at.1, &mut OsEntropy)?;
        let mut next = [0; 8];
        OsEntropy.fill(&mut next)?;
        let sql = "UPDATE index_page SET version = $1, epoch = $2, sealed = $3, secret = $7 WHERE field = $4 AND page = $5 AND version = $6";
        let params = vec![
            next.into(),
            epoch.0.into(),
            sealed.into(),
            at.0.into(),
            at.1.into(),
            stored.version.into(),
            stored.page.version().into(),
        ];
        Ok(batch.one(sql, params))
    }
}
