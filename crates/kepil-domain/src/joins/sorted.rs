//! Guessing by what can be put in order: places, times, lengths, counts.
//!
//! Start reading at [`Way::partners`].

use std::collections::BTreeMap;

use super::{Draw, Linker, Side, Trace};

/// One way to guess.
pub(super) struct Way {
    pub linker: Linker,
    pub name: &'static str,
    /// What must agree first.
    group: Group,
    /// What is compared.
    key: Key,
    fit: Fit,
    /// Whether those that are alike are told apart by their place in the dump; by lot otherwise.
    is_by_place: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Group {
    Nothing,
    Kind,
    Length,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Key {
    Nothing,
    FirstTime,
    LastTime,
    Length,
    Rows,
    Numbers,
    Edits,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Fit {
    /// The nearest value.
    Nearest,
    /// The same place in the order of values, after scaling.
    Aligned,
}

const fn way(linker: Linker, name: &'static str, group: Group, key: Key, fit: Fit) -> Way {
    Way { linker, name, group, key, fit, is_by_place: matches!(linker, Linker::Rank | Linker::NearestTime) }
}

pub(super) const WAYS: [Way; 18] = [
    way(Linker::Rank, "order of rows", Group::Nothing, Key::Nothing, Fit::Aligned),
    way(Linker::Rank, "order among those of a kind", Group::Kind, Key::Nothing, Fit::Aligned),
    way(Linker::Rank, "order among those as long", Group::Length, Key::Nothing, Fit::Aligned),
    way(Linker::NearestTime, "first time", Group::Nothing, Key::FirstTime, Fit::Nearest),
    way(Linker::NearestTime, "first time among those of a kind", Group::Kind, Key::FirstTime, Fit::Nearest),
    way(Linker::NearestTime, "order of first times", Group::Nothing, Key::FirstTime, Fit::Aligned),
    way(Linker::NearestTime, "order of first times of a kind", Group::Kind, Key::FirstTime, Fit::Aligned),
    way(Linker::NearestTime, "last time", Group::Nothing, Key::LastTime, Fit::Nearest),
    way(Linker::NearestTime, "order of last times", Group::Nothing, Key::LastTime, Fit::Aligned),
    way(Linker::Length, "nearest length", Group::Nothing, Key::Length, Fit::Nearest),
    way(Linker::Length, "order of lengths", Group::Nothing, Key::Length, Fit::Aligned),
    way(Linker::Length, "nearest length of a kind", Group::Kind, Key::Length, Fit::Nearest),
    way(Linker::Count, "rows", Group::Nothing, Key::Rows, Fit::Nearest),
    way(Linker::Count, "order of rows", Group::Nothing, Key::Rows, Fit::Aligned),
    way(Linker::Count, "numbers", Group::Nothing, Key::Numbers, Fit::Nearest),
    way(Linker::Count, "order of numbers", Group::Nothing, Key::Numbers, Fit::Aligned),
    way(Linker::Count, "edits", Group::Nothing, Key::Edits, Fit::Nearest),
    way(Linker::Count, "order of edits", Group::Nothing, Key::Edits, Fit::Aligned),
];

impl Way {
    /// For each trace of `left` its partner in `right`; `None` where there is nothing to compare.
    pub fn partners(&self, left: &Side, right: &Side, draw: &mut Draw) -> Option<Vec<Option<usize>>> {
        let is_flat = |side: &Side| {
            let mut keys = side.traces.iter().map(|trace| self.key.of(trace));
            let first = keys.next();
            first.is_none_or(|first| keys.all(|key| key == first))
        };
        let has_groups = |side: &Side| {
            let mut groups = side.traces.iter().map(|trace| self.group.of(trace));
            let first = groups.next();
            first.is_some_and(|first| groups.any(|group| group != first))
        };
        let is_flat = self.key != Key::Nothing && (is_flat(left) || is_flat(right));
        let is_whole = self.group != Group::Nothing && !has_groups(left) && !has_groups(right);
        if is_flat || is_whole {
            return None;
        }
        let mut partners = vec![None; left.traces.len()];
        let groups = (self.grouped(left, draw), self.grouped(right, draw));
        for (group, own) in &groups.0 {
            let Some(other) = pair(*group, own.len(), &groups.1) else { continue };
            match self.fit {
                Fit::Aligned => align(&ordered(own), &ordered(other), &mut partners),
                Fit::Nearest => near(&by_key(own), &by_key(other), &mut partners),
            }
        }
        Some(partners)
    }

    /// The traces of each group as (key, place among those alike, index).
    fn grouped(&self, side: &Side, draw: &mut Draw) -> BTreeMap<i64, Vec<(i64, u64, usize)>> {
        let mut groups: BTreeMap<i64, Vec<(i64, u64, usize)>> = BTreeMap::new();
        for (at, trace) in side.traces.iter().enumerate() {
            let Some(key) = self.key.of(trace) else { continue };
            let place = if self.is_by_place { u64::from(trace.order) } else { draw.next_lot() };
            groups.entry(self.group.of(trace)).or_default().push((key, place, at));
        }
        groups.values_mut().for_each(|all| all.sort_unstable());
        groups
    }
}

impl Group {
    fn of(self, trace: &Trace) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Kind => i64::from(trace.kind),
            Self::Length => trace.bytes,
        }
    }
}

impl Key {
    fn of(self, trace: &Trace) -> Option<i64> {
        match self {
            Self::Nothing => Some(0),
            Self::FirstTime => trace.times.iter().min().copied(),
            Self::LastTime => trace.times.iter().max().copied(),
            Self::Length => Some(trace.bytes),
            Self::Rows => Some(trace.rows),
            Self::Numbers => Some(trace.numbers),
            Self::Edits => Some(trace.edits),
        }
    }
}

type Placed = Vec<(i64, u64, usize)>;

/// The group of the other side that belongs to one of `len`: that of the same name, otherwise the one nearest in size.
fn pair(group: i64, len: usize, others: &BTreeMap<i64, Placed>) -> Option<&Placed> {
    others.get(&group).or_else(|| others.values().min_by_key(|other| other.len().abs_diff(len)))
}

fn ordered(all: &Placed) -> Vec<usize> {
    all.iter().map(|(_, _, at)| *at).collect()
}

fn by_key(all: &Placed) -> BTreeMap<i64, Vec<usize>> {
    let mut keys: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    all.iter().for_each(|(key, _, at)| keys.entry(*key).or_default().push(*at));
    keys
}

/// Each of `left` to the one at its place in `right`, after scaling.
fn align(left: &[usize], right: &[usize], partners: &mut [Option<usize>]) {
    for (place, at) in left.iter().enumerate() {
        let scaled = (2 * place + 1) * right.len() / (2 * left.len());
        if let Some(partner) = partners.get_mut(*at) {
            *partner = right.get(scaled).copied();
        }
    }
}

/// Those of each key to those of the nearest one, place by place.
fn near(left: &BTreeMap<i64, Vec<usize>>, right: &BTreeMap<i64, Vec<usize>>, partners: &mut [Option<usize>]) {
    for (key, own) in left {
        let (before, after) = (right.range(..=key).next_back(), right.range(key..).next());
        let nearest = before.into_iter().chain(after).min_by_key(|(other, _)| other.abs_diff(*key));
        if let Some((_, others)) = nearest {
            align(own, others, partners);
        }
    }
}
