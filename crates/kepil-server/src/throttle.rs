//! How often something may be tried: guesses at a password, letters to one address. Clauses 3.4g, 5.1; ASVS 5: V6.3, V2.4.
//!
//! Counts in memory, for each node apart, under keyed hashes: what was typed is not kept. Start reading at [`Throttle`].

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kepil_domain::{Personal, vault::Keys};
use zeroize::Zeroizing;

/// How many names are counted at once. When they are full, the finished ones go; when none is, tries are refused.
const NAMES_MAX: usize = 100_000;

/// How often, in which time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How often.
    pub tries: u32,
    /// In which time. Unit: seconds.
    pub window_s: i64,
}

/// Wrong passwords for one name.
pub const GUESSES: Limit = Limit { tries: 10, window_s: 300 };
/// Codes sent to one person, or to one phone.
pub const SENT_CODES: Limit = Limit { tries: 6, window_s: 3600 };
/// Letters to one address.
pub const LETTERS: Limit = Limit { tries: 10, window_s: 3600 };

/// Counts tries by name.
#[derive(Default)]
pub struct Throttle {
    counted: Mutex<HashMap<[u8; 16], Count>>,
}

#[derive(Clone, Copy)]
struct Count {
    tries: u32,
    until_s: i64,
}

impl Throttle {
    /// Whether `name` may try again.
    pub fn allows(&self, name: [u8; 16], limit: Limit, now_s: i64) -> bool {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        match counted.get(&name) {
            Some(count) => count.until_s <= now_s || count.tries < limit.tries,
            None => counted.len() < NAMES_MAX || counted.values().any(|count| count.until_s <= now_s),
        }
    }

    /// Counts a try of `name`.
    pub fn count(&self, name: [u8; 16], limit: Limit, now_s: i64) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.len() >= NAMES_MAX {
            counted.retain(|_, count| count.until_s > now_s);
        }
        if counted.len() >= NAMES_MAX && !counted.contains_key(&name) {
            return;
        }
        let fresh = Count { tries: 0, until_s: now_s + limit.window_s };
        let count = counted.entry(name).or_insert(fresh);
        if count.until_s <= now_s {
            *count = fresh;
        }
        count.tries = count.tries.saturating_add(1);
    }

    /// Forgets what was counted for `name`.
    pub fn forget(&self, name: [u8; 16]) {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }
}

/// Under what tries of `what` by the name that was `typed` are counted.
#[must_use]
pub fn key(keys: &Keys, what: &str, typed: &Personal<String>) -> [u8; 16] {
    keys.hash_for(what, Zeroizing::new(typed.reveal().trim().to_lowercase()).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_try_so_often_and_again_when_the_time_is_over() {
        let (throttle, limit) = (Throttle::default(), Limit { tries: 3, window_s: 60 });
        let (one, other) = ([1; 16], [2; 16]);
        for now_s in 0..3 {
            assert!(throttle.allows(one, limit, now_s));
            throttle.count(one, limit, now_s);
        }
        assert!(!throttle.allows(one, limit, 59));
        assert!(throttle.allows(other, limit, 59), "another name is counted apart");
        assert!(throttle.allows(one, limit, 60));
        throttle.count(one, limit, 60);
        assert!(throttle.allows(one, limit, 61));
    }
}
