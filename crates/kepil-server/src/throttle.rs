//! How often something may be tried: guesses at a password, letters to one address. Clauses 3.4g, 5.1; ASVS 5: V6.3, V2.4.
//!
//! Counts in memory, for each node apart, under keyed hashes: what was typed, and from where, is not kept. A table has a
//! fixed size; when it is full, names that are not counted yet share a count with some others, so each has too many tries
//! rather than too few and no limit is lost. Start reading at [`Counts`]. What is counted under which name, and what
//! follows, is in `actions/admit.rs`.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
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
/// Texts in all, those that confirm phones and those with which somebody signs in apart: what a gateway takes costs.
pub const TEXTS: Limit = Limit { tries: 2000, window_s: 3600 };
/// Invitations by one person, and to one person.
pub const INVITATIONS: Limit = Limit { tries: 10, window_s: 3600 };

/// Counts tries. Tables are apart by who can write to them, so that one does not crowd out another.
#[derive(Default)]
pub struct Throttle {
    /// By the name that was typed: anybody writes here, there may be nobody who is called so.
    pub names: Counts,
    /// By the person who is signed in, gave the right password, or is named by somebody who did.
    pub persons: Counts,
    /// By what a service asks.
    pub services: Counts,
    /// By where a try came from.
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
    /// What those have together that the table has no room for: by the beginning of the name, and by window.
    shared: HashMap<([u8; 2], i64), Count>,
    /// When finished counts were last looked for: a full table is not searched for each try.
    swept_s: i64,
}

#[derive(Clone, Copy)]
struct Count {
    tries: u32,
    until_s: i64,
}

impl Counts {
    /// How often `name` tried so far.
    pub fn tries(&self, name: [u8; 16], limit: Limit, now_s: i64) -> u32 {
        let count = self.table().find(name, limit).copied();
        count.filter(|count| count.until_s > now_s).map_or(0, |count| count.tries)
    }

    /// Counts a try of `name`; says how many it has with this one. Of tries at the same time each gets a number of its own.
    pub fn count(&self, name: [u8; 16], limit: Limit, now_s: i64) -> u32 {
        self.table().count(name, limit, now_s)
    }

    /// Counts a try under all `names`, unless there were too many of one; says whether it did.
    pub fn count_within(&self, names: &[([u8; 16], Limit)], now_s: i64) -> bool {
        let mut table = self.table();
        for (at, (name, limit)) in names.iter().enumerate() {
            if table.count(*name, *limit, now_s) > limit.tries {
                names.iter().take(at + 1).for_each(|(name, limit)| table.give_back(*name, *limit));
                return false;
            }
        }
        true
    }

    /// Takes one try of `name` back: it was none, or it was the owner's. What has no try left takes no room.
    pub fn give_back(&self, name: [u8; 16], limit: Limit) {
        self.table().give_back(name, limit);
    }

    /// Forgets what was counted for `name` alone.
    pub fn forget(&self, name: [u8; 16]) {
        self.table().counted.remove(&name);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn is_full(&self) -> bool {
        self.counted.len() >= NAMES_MAX
    }

    fn find(&self, name: [u8; 16], limit: Limit) -> Option<&Count> {
        match self.counted.get(&name) {
            None if self.is_full() => self.shared.get(&share(name, limit)),
            own => own,
        }
    }

    fn count(&mut self, name: [u8; 16], limit: Limit, now_s: i64) -> u32 {
        if self.is_full() && self.swept_s != now_s {
            self.swept_s = now_s;
            self.counted.retain(|_, count| count.until_s > now_s);
            self.shared.retain(|_, count| count.until_s > now_s);
        }
        let fresh = Count { tries: 0, until_s: now_s.saturating_add(limit.window_s) };
        let count = if self.is_full() && !self.counted.contains_key(&name) {
            self.shared.entry(share(name, limit)).or_insert(fresh)
        } else {
            self.counted.entry(name).or_insert(fresh)
        };
        if count.until_s <= now_s {
            *count = fresh;
        }
        count.tries = count.tries.saturating_add(1);
        count.tries
    }

    fn give_back(&mut self, name: [u8; 16], limit: Limit) {
        if let Entry::Occupied(mut own) = self.counted.entry(name) {
            own.get_mut().tries = own.get().tries.saturating_sub(1);
            if own.get().tries == 0 {
                own.remove();
            }
        } else if let Some(shared) = self.shared.get_mut(&share(name, limit)) {
            shared.tries = shared.tries.saturating_sub(1);
        }
    }
}

/// With whom `name` shares a count in a full table.
fn share(name: [u8; 16], limit: Limit) -> ([u8; 2], i64) {
    let [first, second, ..] = name;
    ([first, second], limit.window_s)
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
        let tries = |name, now_s| counts.tries(name, LIMIT, now_s);
        assert_eq!((tries(one, 59), tries(other, 59)), (3, 0), "another name is counted apart");
        counts.give_back(one, LIMIT);
        assert_eq!((tries(one, 59), tries(one, 60)), (2, 0));
        assert_eq!(counts.count(one, LIMIT, 60), 1);
    }

    #[test]
    fn a_try_that_is_taken_back_leaves_no_row() {
        let counts = Counts::default();
        counts.count([1; 16], LIMIT, 0);
        counts.give_back([1; 16], LIMIT);
        assert!(counts.table().counted.is_empty());
    }

    #[test]
    fn a_try_counts_under_all_its_names_or_under_none() {
        let counts = Counts::default();
        let (own, all) = ([1; 16], [2; 16]);
        let wide = Limit { tries: 4, window_s: 600 };
        let tried = |name| counts.count_within(&[(name, LIMIT), (all, wide)], 0);
        assert_eq!([own; 5].map(tried), [true, true, true, false, false]);
        assert_eq!(counts.tries(all, wide, 0), 3, "what was refused is not counted");
        assert_eq!([[3; 16], [4; 16]].map(tried), [true, false]);
        assert_eq!(counts.tries([4; 16], LIMIT, 0), 0);
    }

    #[test]
    fn a_full_table_grows_no_more_and_loses_no_limit() {
        let counts = Counts::default();
        let name = |at: usize| {
            let mut name = [0; 16];
            name.iter_mut().zip(at.to_be_bytes().into_iter().rev()).for_each(|(to, from)| *to = from);
            name
        };
        for at in 0..NAMES_MAX {
            counts.count(name(at), LIMIT, 0);
        }
        let (new, near, far) = (name(1 << 20), name(1 << 21), name((1 << 20) + 1));
        assert_eq!([new, new, near].map(|name| counts.count(name, LIMIT, 1)), [1, 2, 3], "these two share a count");
        assert_eq!(counts.count(new, Limit { window_s: 600, ..LIMIT }, 1), 1, "another window is counted apart");
        assert_eq!((counts.tries(new, LIMIT, 1), counts.count(far, LIMIT, 1)), (3, 1), "that one is in another share");
        assert_eq!(counts.count(name(0), LIMIT, 1), 2, "whoever was counted before has their own");
        counts.forget(new);
        counts.give_back(near, LIMIT);
        assert_eq!(counts.tries(new, LIMIT, 1), 2, "one of them does not wipe what the other tried");
        assert_eq!(counts.table().counted.len(), NAMES_MAX);
        assert_eq!(counts.count(new, LIMIT, 61), 1, "what is finished makes room");
        let table = counts.table();
        assert_eq!((table.counted.len(), table.shared.len()), (1, 1));
    }
}
