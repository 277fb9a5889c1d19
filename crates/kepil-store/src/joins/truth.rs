//! Whose each id is, by the rings: only the running vault can tell.

use kepil_domain::{
    ledger::{Nth, trail},
    vault::{Ring, RingPart},
};
use kepil_policy::{Policy, Tag};

use super::{Dumped, JoinsProgress};
use crate::{Side, Store, StoreError};

const ROWS: i64 = 512;
/// How many numbers without an entry end the search.
const GAP: u32 = 8;

impl Store {
    /// Goes through all rings, and notes whose each trace is.
    pub(super) async fn say_whose(
        &self,
        policy: &Policy,
        all: &mut [Dumped],
        progress: &JoinsProgress<'_>,
    ) -> Result<(), StoreError> {
        let total = self.rings.find("SELECT count(*) FROM ring", Vec::new()).await?.map_or(0, |row| row.int(0));
        let total = u64::try_from(total).unwrap_or(0);
        let services: Vec<Tag> = policy.services().iter().map(|service| service.tag).collect();
        let (mut after, mut whose) = (Vec::new(), 0);
        loop {
            progress("rings", u64::from(whose), total);
            let sql =
                "SELECT locator, bucket, generation, sealed FROM ring WHERE locator > $1 ORDER BY locator LIMIT $2";
            let rows = self.rings.query(sql, vec![after.clone().into(), ROWS.into()]).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.blob(0).to_vec();
            for row in rows {
                let Some(ring) = self.open_ring(row).await? else { continue };
                for dumped in all.iter_mut() {
                    for id in self.ids(&ring, &services, dumped) {
                        let at = dumped.known.get(&id);
                        if let Some(trace) = at.and_then(|at| dumped.side.traces.get_mut(*at)) {
                            trace.whose = Some(whose);
                        }
                    }
                }
                whose += 1;
            }
        }
    }

    /// What a database may call the person whose ring it is.
    fn ids(&self, ring: &Ring, services: &[Tag], dumped: &Dumped) -> Vec<Vec<u8>> {
        let locator = ring.locator();
        if let Some(compartment) = dumped.compartment {
            let Some(part) = ring.part(compartment) else { return Vec::new() };
            let mut ids = trails(part, dumped);
            ids.push(part.handle().0.to_vec());
            return ids;
        }
        let parties = services.iter().flat_map(|service| {
            [Side::Author, Side::About].map(|side| self.party_of(side, *service, locator).to_vec())
        });
        parties.chain([locator.0.to_vec(), self.owner(&locator).to_vec()]).collect()
    }
}

/// The tags of all entries of a person in a log.
fn trails(part: &RingPart, log: &Dumped) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    if !log.is_log {
        return all;
    }
    for run in std::iter::once(None).chain(log.runs.iter().copied().map(Some)) {
        let (mut number, mut missing) = (u32::from(run.is_none()), 0);
        while missing < GAP {
            let nth = run.map_or(Nth::Change(number), |run| Nth::Look { run, number });
            let trail = trail(part, nth).to_vec();
            missing = if log.known.contains_key(&trail) { 0 } else { missing + 1 };
            if missing == 0 {
                all.push(trail);
            }
            number += 1;
        }
    }
    all
}
