//! What this node knows of the budgets of people: one purse for each budget and window. Clause 3.4g.
//!
//! The counts that hold are in the store; here is whom this node counted and what it may still grant. Start reading at
//! [`Budgets::find`]. Whose budgets there are, and what follows when one is used up, is in `actions/budget.rs`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use kepil_store::{Purse, Store, StoreError, Window};

/// The purses of this node.
#[derive(Default)]
pub struct Budgets {
    kept: Mutex<HashMap<String, Arc<Kept>>>,
}

/// One budget in one window.
pub struct Kept {
    window: Window,
    purse: tokio::sync::Mutex<Purse>,
    is_told: AtomicBool,
}

impl Kept {
    /// Counts `people`, all of them or nobody; says whether the budget is enough.
    ///
    /// # Errors
    /// [`StoreError`] when it could not be counted durably.
    pub async fn spend(&self, store: &Store, people: &[Vec<u8>]) -> Result<bool, StoreError> {
        store.spend_budget(&self.window, &mut *self.purse.lock().await, people).await
    }

    /// Whether this is the first time that somebody has to be told that it is used up.
    pub fn is_first_alarm(&self) -> bool {
        !self.is_told.swap(true, Ordering::Relaxed)
    }

    /// When the next window begins. Unit: Unix seconds.
    #[must_use]
    pub fn until_s(&self) -> i64 {
        self.window.until_s
    }
}

impl Budgets {
    /// The purse of `window`. What was known of an earlier window, or of another amount, goes.
    #[must_use]
    pub fn find(&self, window: Window) -> Arc<Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get(&window.name) {
            Some(found) if found.window == window => Arc::clone(found),
            _ => {
                let name = window.name.clone();
                let new =
                    Arc::new(Kept { window, purse: tokio::sync::Mutex::default(), is_told: AtomicBool::default() });
                kept.insert(name, Arc::clone(&new));
                new
            }
        }
    }

    /// Tells the other nodes, and this one after a restart, who was counted; forgets windows that ended before `now_s`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn settle(&self, store: &Store, now_s: i64) -> Result<(), StoreError> {
        let all: Vec<Arc<Kept>> = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|_, each| each.window.until_s > now_s);
            kept.values().cloned().collect()
        };
        for each in all {
            store.settle_budget(&each.window, &mut *each.purse.lock().await).await?;
        }
        Ok(())
    }
}
