//! Rows do not lie in the order in which they came: otherwise the orders of two databases would tell
//! who is who. Clause 3.1.5. The embedded engine puts each at a random place (`engine/sqlite.rs`). PostgreSQL puts what is written wherever there
//! is room, so at night every row of such a table is written anew, in the order of keys, a few at a time.

use crate::{
    Store, StoreError,
    engine::Database,
    schema::{Place, TABLES},
};

/// Hears how many rows were mixed so far.
pub type Mixed<'a> = dyn Fn(u64) + Send + Sync + 'a;

impl Store {
    /// Mixes the rows of every database; returns how many there were. Others go on reading and writing meanwhile; broken off, it is
    /// simply done again.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer.
    pub async fn mix_rows(&self, progress: &Mixed<'_>) -> Result<u64, StoreError> {
        let mut all: Vec<(Database, Place)> = vec![
            (self.rings.clone(), Place::Keys),
            (self.contents.clone(), Place::Content),
            (self.system.database.clone(), Place::System),
        ];
        for tag in self.compartments() {
            let compartment = self.compartment(tag)?;
            all.push((compartment.people.clone(), Place::Compartment));
            all.push((compartment.log.database.clone(), Place::Ledger));
        }
        let mut mixed = 0;
        for (database, place) in all {
            for table in TABLES.iter().filter(|table| table.place == place && table.is_mixed()) {
                let Some(key) = table.primary.first() else { continue };
                let mut after = Vec::new();
                while let Some((rows, last)) = database.mix(table.name, key, after).await? {
                    mixed += rows;
                    progress(mixed);
                    after = last;
                }
            }
        }
        Ok(mixed)
    }
}
