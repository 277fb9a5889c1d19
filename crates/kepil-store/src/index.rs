//! The blind index in the key store: pages guarded by a random version, so a unique value has one holder.

use kepil_domain::{
    Entropy, Locator,
    vault::{IndexPage, IndexTerm},
};

use crate::{OsEntropy, Store, StoreError, batch::Batch};

/// How often a page that others keep changing is tried.
const TRIES_MAX: usize = 64;

impl Store {
    /// Who has the value of `term`.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer or the page does not open.
    pub async fn find_holder(&self, term: &IndexTerm) -> Result<Option<Locator>, StoreError> {
        Ok(self.index_page(term).await?.and_then(|(page, _)| page.find(term)))
    }

    /// Gives the value of `term` to `locator`.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when someone else has it.
    pub async fn add_holder(&self, term: &IndexTerm, locator: Locator) -> Result<(), StoreError> {
        self.change_page(term, |page| if page.add(term, locator) { Ok(()) } else { Err(StoreError::Taken) }).await
    }

    /// Takes the value of `term` from `locator`, if it has it.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn remove_holder(&self, term: &IndexTerm, locator: Locator) -> Result<(), StoreError> {
        self.change_page(term, |page| {
            page.remove(term, locator);
            Ok(())
        })
        .await
    }

    async fn change_page(
        &self,
        term: &IndexTerm,
        change: impl Fn(&mut IndexPage) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let at = term.page(self.page_bits);
        for _ in 0..TRIES_MAX {
            let found = self.index_page(term).await?;
            let (mut page, version) =
                found.map_or((IndexPage::default(), None), |(page, version)| (page, Some(version)));
            change(&mut page)?;
            let sealed = page.seal(&self.keys, at, &mut OsEntropy)?;
            let mut next = [0; 8];
            OsEntropy.fill(&mut next)?;
            let batch = match version {
                None => Batch::default().one(
                    "INSERT INTO index_page (field, page, version, sealed) VALUES ($1, $2, $3, $4)",
                    vec![at.0.into(), at.1.into(), next.into(), sealed.into()],
                ),
                Some(version) => Batch::default().one(
                    "UPDATE index_page SET version = $1, sealed = $2 WHERE field = $3 AND page = $4 AND version = $5",
                    vec![next.into(), sealed.into(), at.0.into(), at.1.into(), version.into()],
                ),
            };
            match self.rings.execute(batch).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    async fn index_page(&self, term: &IndexTerm) -> Result<Option<(IndexPage, Vec<u8>)>, StoreError> {
        let at = term.page(self.page_bits);
        let sql = "SELECT version, sealed FROM index_page WHERE field = $1 AND page = $2";
        let Some(row) = self.rings.find(sql, vec![at.0.into(), at.1.into()]).await? else { return Ok(None) };
        Ok(Some((IndexPage::open(&self.keys, at, row.blob(1))?, row.blob(0).to_vec())))
    }
}
