//! How often something may be tried: guesses at a password, letters to one address. Clauses 3.4g, 5.1; ASVS 5: V6.3, V2.4.
//!
//! Counts in memory, for each node apart, under keyed hashes: what was typed, and from where, is not kept. A table has a
//! fixed size; when it is full, whoever is not counted yet is taken for one who tried too often. Start reading at
//! [`Counts`]. What is counted under which name, and what follows, is in `actions/admit.rs`.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kepil_domain::{Personal, vault::Keys};
use zeroize::Zeroizing;

/// How many names are counted at once in each table.
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
/// Invitations by one person, and to one person.
pub const INVITATIONS: Limit = Limit { tries: 10, window_s: 3600 };

/// Counts tries.
#[derive(Default)]
pub struct Throttle {
    /// By what is tried: accounts, letters, devices.
    pub names: Counts,
    /// By where a try came from. Apart, so that many names do not crowd out addresses.
    pub senders: Counts,
}

/// A table of counted names.
#[derive(Default)]
pub struct Counts {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    counted: HashMap<[u8; 16], Count>,
    /// When finished counts were last looked for: a full table is not searched for each try.
    swept_s: i64,
}

#[derive(Clone, Copy)]
struct Count {
    tries: u32,
    until_s: i64,
}

/// The count of a name that a full table has no room for.
pub const UNCOUNTED: u32 = u32::MAX;

impl Counts {
    /// How often `name` tried so far.
    pub fn tries(&self, name: [u8; 16], now_s: i64) -> u32 {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        match table.counted.get(&name) {
            Some(count) if count.until_s > now_s => count.tries,
            None if table.is_full() => UNCOUNTED,
            Some(_) | None => 0,
        }
    }

    /// Counts a try of `name`; says how many it has with this one, or [`UNCOUNTED`]. Of tries at the same time each gets a
    /// number of its own.
    pub fn count(&self, name: [u8; 16], limit: Limit, now_s: i64) -> u32 {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.is_full() && table.swept_s != now_s {
            table.swept_s = now_s;
            table.counted.retain(|_, count| count.until_s > now_s);
        }
        if table.is_full() && !table.counted.contains_key(&name) {
            return UNCOUNTED;
        }
        let fresh = Count { tries: 0, until_s: now_s.saturating_add(limit.window_s) };
        let count = table.counted.entry(name).or_insert(fresh);
        if count.until_s <= now_s {
            *count = fresh;
        }
        count.tries = count.tries.saturating_add(1);
        count.tries
    }

    /// Takes one try of `name` back: it was none, or it was the owner's.
    pub fn give_back(&self, name: [u8; 16]) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = table.counted.get_mut(&name) {
            count.tries = count.tries.saturating_sub(1);
        }
    }

    /// Forgets what was counted for `name`.
    pub fn forget(&self, name: [u8; 16]) {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).counted.remove(&name);
    }
}

impl Table {
    fn is_full(&self) -> bool {
        self.counted.len() >= NAMES_MAX
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

    const LIMIT: Limit = Limit { tries: 3, window_s: 60 };

    #[test]
    fn a_name_is_counted_until_its_time_is_over() {
        let counts = Counts::default();
        let (one, other) = ([1; 16], [2; 16]);
        assert_eq!([0, 1, 59].map(|now_s| counts.count(one, LIMIT, now_s)), [1, 2, 3]);
        assert_eq!((counts.tries(one, 59), counts.tries(other, 59)), (3, 0), "another name is counted apart");
        counts.give_back(one);
        assert_eq!((counts.tries(one, 59), counts.tries(one, 60)), (2, 0));
        assert_eq!(counts.count(one, LIMIT, 60), 1);
    }

    #[test]
    fn a_full_table_grows_no_more_and_takes_strangers_for_many() {
        let counts = Counts::default();
        let name = |at: usize| {
            let mut name = [0; 16];
            name.iter_mut().zip(at.to_be_bytes()).for_each(|(to, from)| *to = from);
            name
        };
        for at in 0..NAMES_MAX {
            counts.count(name(at), LIMIT, 0);
        }
        assert_eq!((counts.tries(name(0), 1), counts.tries(name(NAMES_MAX), 1)), (1, UNCOUNTED));
        assert_eq!((counts.count(name(0), LIMIT, 1), counts.count(name(NAMES_MAX), LIMIT, 1)), (2, UNCOUNTED));
        assert_eq!(counts.count(name(NAMES_MAX), LIMIT, 60), 1, "what is finished makes room");
        assert_eq!(counts.table.lock().unwrap().counted.len(), 1);
    }
}
