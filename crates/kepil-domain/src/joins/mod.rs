//! Joins: how well somebody without keys could tell which rows of two databases are about the same person. Clause 3.1.5.
//!
//! A [`Side`] is one database as a dump shows it: a [`Trace`] for each id under which it keeps rows. A [`Linker`] guesses for
//! each trace of one side its partner on the other; whose a trace is decides only whether a guess was right. Start reading at
//! [`measure`], then [`judge`]. Does not know: where dumps come from. What is drawn by lot comes from a seed.

mod chance;
mod draw;
mod shared;
mod sorted;

use std::collections::HashMap;

pub use chance::bound;
pub use draw::Draw;

/// What a dump shows under one id.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Whose it is, as a number; `None` when nobody's. No linker looks at it.
    pub whose: Option<u32>,
    /// Where its first row lies in the dump.
    pub order: u32,
    /// What its rows are of, where that is readable: a verb, a kind.
    pub kind: u32,
    /// Fingerprints of its values, each as a whole.
    pub values: Vec<u64>,
    /// Beginnings and ends of its values: a hash may be a part of one.
    pub texts: Vec<Vec<u8>>,
    /// The times that are readable. Unit: seconds.
    pub times: Vec<i64>,
    /// How long its values are together. Unit: bytes.
    pub bytes: i64,
    /// How many rows it has.
    pub rows: i64,
    /// The sum of its readable numbers that count something.
    pub numbers: i64,
    /// How often its records were written, as far as that is readable.
    pub edits: i64,
}

/// One database as a dump shows it.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// What it has under each id.
    pub traces: Vec<Trace>,
    /// Whether it is the key store.
    pub is_keys: bool,
}

/// By what two traces are taken for one person's.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Linker {
    /// A value that both have.
    Equality,
    /// Eight bytes that both have somewhere.
    SharedHash,
    /// The same place in the order of rows.
    Rank,
    /// The same place in the order of the key store.
    KeyOrder,
    /// The nearest time, and the neighbourhood within it.
    NearestTime,
    /// The nearest length.
    Length,
    /// The nearest number of rows, events or changes.
    Count,
}

impl Linker {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Equality, Self::SharedHash, Self::Rank, Self::KeyOrder, Self::NearestTime, Self::Length, Self::Count];

    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Equality => "equality",
            Self::SharedHash => "shared hash",
            Self::Rank => "rank",
            Self::KeyOrder => "key-store order",
            Self::NearestTime => "nearest time",
            Self::Length => "length",
            Self::Count => "count",
        }
    }

    /// What to do where it finds too many.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Equality => "a value of one database is in the other: it must be made with a key of each",
            Self::SharedHash => "a part of a value of one database is in the other: it must be made with a key of each",
            Self::Rank | Self::KeyOrder => {
                "rows lie in the order in which they came: they must be mixed (`docs/joins.md`)"
            }
            Self::NearestTime => {
                "what happens at once is seen at once: with `--days 1` you see whether within a day, too (`docs/joins.md`)"
            }
            Self::Length => "lengths fall into too many classes: they must be padded further",
            Self::Count => "how much there is of somebody can be counted: rows must not tell whose they are",
        }
    }
}

/// What came of one way to guess.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Names of the two databases.
    pub pair: (String, String),
    /// By what was guessed.
    pub linker: Linker,
    /// In which way.
    pub way: &'static str,
    /// How many guesses there were.
    pub guesses: u32,
    /// Among how many traces each chose.
    pub candidates: u32,
    /// How many were right.
    pub matches: u32,
    /// How many would be by chance.
    pub chance: f64,
}

/// The best way of one linker for one pair, and whether it found more than chance does.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was measured.
    pub measured: Measured,
    /// How many matches chance does not pass, in 999 of 1,000 whole tables.
    pub bound: u32,
}

impl Finding {
    /// Whether more was found than chance explains.
    #[must_use]
    pub fn is_leak(&self) -> bool {
        self.measured.matches > self.bound
    }
}

/// Guesses in every way for at most `guesses_max` traces of `left` that are somebody's which of `right` is the same person's.
#[must_use]
pub fn measure(left: &Side, right: &Side, guesses_max: usize, draw: &mut Draw) -> Vec<Measured> {
    let mut own: HashMap<u32, u32> = HashMap::new();
    right.traces.iter().filter_map(|trace| trace.whose).for_each(|whose| *own.entry(whose).or_default() += 1);
    let mut guessed: Vec<usize> =
        (0..left.traces.len()).filter(|at| left.traces.get(*at).is_some_and(|trace| trace.whose.is_some())).collect();
    draw.shuffle(&mut guessed);
    guessed.truncate(guesses_max);
    let candidates = count(right.traces.len());
    if guessed.is_empty() || candidates == 0 {
        return Vec::new();
    }
    let owned = |at: &usize| left.traces.get(*at)?.whose.and_then(|whose| own.get(&whose)).copied();
    let chance = guessed.iter().filter_map(owned).map(f64::from).sum::<f64>() / f64::from(candidates);
    let mut all = Vec::new();
    let mut note = |linker: Linker, way: &'static str, partners: Vec<Option<usize>>| {
        let is_right = |at: &&usize| {
            let whose = left.traces.get(**at).and_then(|trace| trace.whose);
            let partner = partners.get(**at).copied().flatten().and_then(|partner| right.traces.get(partner));
            partner.is_some_and(|partner| partner.whose.is_some() && partner.whose == whose)
        };
        let linker = if linker == Linker::Rank && (left.is_keys || right.is_keys) { Linker::KeyOrder } else { linker };
        let pair = (left.name.clone(), right.name.clone());
        let matches = count(guessed.iter().filter(is_right).count());
        all.push(Measured { pair, linker, way, guesses: count(guessed.len()), candidates, matches, chance });
    };
    note(Linker::Equality, "a whole value", shared::by_value(left, right, &guessed, draw));
    note(Linker::SharedHash, "a part of a value", shared::by_piece(left, right, &guessed, draw));
    for way in sorted::WAYS {
        if let Some(partners) = way.partners(left, right, draw) {
            note(way.linker, way.name, partners);
        }
    }
    all
}

/// For each pair and linker the way that found most, with the bound of chance. The bound is that of the whole table: each row
/// is allowed the less the more of them there are, so that a sound installation is accused in one table of 1,000.
#[must_use]
pub fn judge(all: Vec<Measured>) -> Vec<Finding> {
    let family = count(all.len());
    let mut best: Vec<Finding> = Vec::new();
    for measured in all {
        let bound = bound(measured.guesses, measured.chance, family);
        let found = Finding { measured, bound };
        let of = |each: &&mut Finding| {
            (&each.measured.pair, each.measured.linker) == (&found.measured.pair, found.measured.linker)
        };
        match best.iter_mut().find(of) {
            Some(known) => {
                if known.measured.matches < found.measured.matches {
                    *known = found;
                }
            }
            None => best.push(found),
        }
    }
    best.sort_by(|one, other| {
        (&one.measured.pair, one.measured.linker).cmp(&(&other.measured.pair, other.measured.linker))
    });
    best
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
