//! The shelf: every published edition, compiled, and the one in force at a moment.
//!
//! Clauses 1.3b, 8.1a, 8.1b. Other nodes publish too, so a job looks for new editions every second.

use std::sync::{Arc, PoisonError, RwLock};

use kepil_policy::{Bundle, Effective, Lineage, Policy, compile};
use kepil_store::{EditionRow, Store, StoreError, SystemStore};

/// Why an edition could not be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The bundle has faults.
    #[error("the bundle has {} faults", .0.len())]
    Faulty(Vec<kepil_policy::Diagnostic>),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It does not follow the edition before it.
    #[error(transparent)]
    Lineage(#[from] kepil_policy::LineageError),
}

/// Every published edition.
#[derive(Default)]
pub struct Shelf {
    lineage: RwLock<Lineage>,
}

impl Shelf {
    /// The edition in force at `unix_s`; `None` before the first.
    #[must_use]
    pub fn at(&self, unix_s: i64) -> Option<Arc<Effective>> {
        self.lineage.read().unwrap_or_else(PoisonError::into_inner).at(unix_s)
    }

    /// All editions, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<kepil_policy::Edition> {
        self.lineage.read().unwrap_or_else(PoisonError::into_inner).list().cloned().collect()
    }

    /// Takes in what was published since the last call.
    ///
    /// # Errors
    /// [`PublishError`] when an edition does not compile any more or a compartment cannot be opened.
    pub async fn refresh(&self, store: &Store) -> Result<(), PublishError> {
        let known = self.list().last().map_or(0, |edition| edition.no.0);
        for row in store.system().list_editions(known).await? {
            let bundle = Bundle::from_text(&row.bundle).map_err(|error| PublishError::Faulty(vec![error]))?;
            let policy = Arc::new(compile(&bundle).map_err(PublishError::Faulty)?);
            store.prepare(&policy).await?;
            let mut lineage = self.lineage.write().unwrap_or_else(PoisonError::into_inner);
            if lineage.list().last().is_none_or(|last| last.no.0 < row.no) {
                lineage.add(policy, row.published_s, row.effective_s)?;
            }
        }
        Ok(())
    }

    /// Publishes `bundle` and takes it in.
    ///
    /// # Errors
    /// As [`publish`].
    pub async fn publish(&self, store: &Store, bundle: &Bundle) -> Result<Arc<Policy>, PublishError> {
        let policy = publish(store.system(), bundle, store.clock().now().unix_s()).await?;
        self.refresh(store).await?;
        Ok(Arc::new(policy))
    }
}

/// Publishes `bundle` as the next edition. It holds from the beginning of the next day of its zone (clause 8.1b);
/// the very first holds at once, since nobody is bound by one before it.
///
/// # Errors
/// [`PublishError`] when it has faults or another edition was published meanwhile.
pub async fn publish(system: &SystemStore, bundle: &Bundle, published_s: i64) -> Result<Policy, PublishError> {
    let policy = compile(bundle).map_err(PublishError::Faulty)?;
    let last = system.list_editions(0).await?.pop();
    let no = last.as_ref().map_or(1, |edition| edition.no + 1);
    let next_day_s = next_day_s(published_s, policy.time_zone());
    let effective_s = last.map_or(published_s, |last| next_day_s.max(last.effective_s));
    let row = EditionRow { no, hash: policy.hash().0.to_vec(), bundle: bundle.to_text(), published_s, effective_s };
    system.add_edition(&row).await?;
    Ok(policy)
}

/// The first moment of the day after `unix_s` in `zone`. Unit: Unix seconds.
fn next_day_s(unix_s: i64, zone: &str) -> i64 {
    let start = || {
        let zone = jiff::tz::TimeZone::get(zone).ok()?;
        let local = zone.to_datetime(jiff::Timestamp::from_second(unix_s).ok()?);
        let midnight = local.date().tomorrow().ok()?.at(0, 0, 0, 0);
        Some(zone.to_timestamp(midnight).ok()?.as_second())
    };
    start().unwrap_or(unix_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_holds_from_the_next_local_midnight() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
        assert_eq!(next_day_s(at("2026-11-24T18:59:00Z"), "Asia/Almaty"), at("2026-11-24T19:00:00Z"));
        assert_eq!(next_day_s(at("2026-11-24T19:01:00Z"), "Asia/Almaty"), at("2026-11-25T19:00:00Z"));
    }
}
