//! Logs after a restore: one goes on only when it extends what others have seen of it; else another begins, and says so.
//! Clause 5.1.

use kepil_domain::{
    EventId,
    ledger::{Checkpoint, Entry, LedgerKey, Notice, origin, root_at},
};
use kepil_policy::Tag;

use super::mend::MendPlan;
use crate::{
    Store, StoreError,
    batch::{Batch, Value},
    journal::Tiles,
    ledgers::pack,
    narrowings::list_held,
};

/// A log after a restore.
#[derive(Debug)]
pub struct RestoredLog {
    /// Of which compartment.
    pub name: String,
    /// How many leaves it has.
    pub size: u64,
    /// How many it had when it was last held, if it was.
    pub held: Option<u64>,
    /// The key of the new log, when another had to begin.
    pub begun: Option<String>,
}

impl Store {
    pub(super) async fn mend_logs(&self, plan: &MendPlan<'_>) -> Result<Vec<RestoredLog>, StoreError> {
        let mut logs = Vec::new();
        for compartment in self.compartments() {
            logs.push(self.mend_log(compartment, plan).await?);
        }
        logs.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(logs)
    }

    /// Lets a log go on when it extends what others have seen of it; begins another, that says so, when it does not.
    async fn mend_log(&self, compartment: Tag, plan: &MendPlan<'_>) -> Result<RestoredLog, StoreError> {
        let log = self.log(compartment)?;
        let head =
            log.database.find("SELECT size, root, generation FROM head WHERE id = $1", vec![Value::Int(1)]).await?;
        let head = head.ok_or(StoreError::NotFound)?;
        let (size, generation) = (crate::journal::unsigned(head.int(0)), u32::try_from(head.int(2)).unwrap_or(1));
        let notes = list_held(&plan.journals, &log.name).into_iter().chain(plan.held.iter().cloned());
        let newest = notes.filter_map(|note| self.read_held(&log.name, &note));
        let newest = newest.max_by_key(|(generation, held)| (*generation, held.size));
        let mut restored = RestoredLog { name: log.name.clone(), size, held: None, begun: None };
        if let Some((of, held)) = &newest {
            restored.held = Some(held.size);
            if *of == generation && held.size <= size {
                let mut tiles = Tiles::default();
                log.add_tiles(&mut tiles, held.size.saturating_sub(1), held.size).await?;
                if held.size == 0 || root_at(&tiles, held.size) == Some(held.root) {
                    return Ok(restored);
                }
            }
        }
        if newest.is_none() && size == 0 && !plan.journals.is_empty() {
            // There is nothing of it that anybody could have seen.
            return Ok(restored);
        }
        // A log that this restore has begun goes on; the world has not seen it yet.
        let begins = |generation: u32| {
            let name = [log.name.as_bytes(), &generation.to_be_bytes()].concat();
            EventId(self.keys.hash_for("restored log", &name))
        };
        let people = &self.compartment(compartment)?.people;
        let waits = people.find("SELECT id FROM outbox WHERE id = $1", vec![begins(generation).0.into()]).await?;
        let root = head.blob(1).try_into().map_err(|_| StoreError::NotFound)?;
        let next = if waits.is_some() {
            generation
        } else {
            // Nobody knows what was seen of it, or more was seen than is there.
            newest.as_ref().map_or(generation, |(of, _)| generation.max(*of)).saturating_add(1)
        };
        let key = self.log_key(&log.name, next)?;
        let seen = newest.map_or(0, |(_, held)| held.size);
        let leaf = Notice::Restored { generation: next, kept: size, held: seen };
        let entry =
            Entry { leaf: leaf.leaf(begins(next), self.clock.now().hour()), payload: Vec::new(), trail: [0; 16] };
        let params = vec![entry.leaf.event.0.into(), pack(std::slice::from_ref(&entry)).into()];
        let sql = "INSERT INTO outbox (id, entries) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        people.execute(Batch::default().any(sql, params)).await?;
        let checkpoint = key.sign(size, &root);
        let sql = "UPDATE head SET generation = $1, checkpoint = $2 WHERE id = 1";
        let batch = Batch::default()
            .one(sql, vec![next.into(), checkpoint.as_str().into()])
            .any("DELETE FROM cosigned", Vec::new());
        log.database.execute(batch).await?;
        restored.begun = Some(key.verify_key().to_string());
        Ok(restored)
    }

    /// A checkpoint of the log called `name`, and of which generation it is; `None` for any other note.
    fn read_held(&self, name: &str, note: &str) -> Option<(u32, Checkpoint)> {
        let first = origin(self.keys.installation(), name, 1);
        let generation = match note.lines().next()?.strip_prefix(&first)? {
            "" => 1,
            more => more.strip_prefix('/')?.parse().ok()?,
        };
        let key: LedgerKey = self.log_key(name, generation).ok()?;
        let keys = key.verify_keys();
        Some((generation, keys.iter().find_map(|key| key.verify(note).ok())?))
    }
}
