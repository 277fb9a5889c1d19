//! The list of changes while it is written, and the few shapes that a change has.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
};

use super::{Change, Effect};
use crate::{FieldSet, Policy};

/// Changes in the order in which they were found.
#[derive(Default)]
pub(super) struct Changes(Vec<Change>);

impl Changes {
    pub fn add(&mut self, effect: Effect, about: &str, what: impl Into<String>) {
        self.0.push(Change { effect, about: about.to_owned(), what: what.into() });
    }

    /// A value is another now, and both can be shown.
    pub fn turned<T: PartialEq + Display>(&mut self, effect: Effect, about: &str, what: &str, old: &T, new: &T) {
        if old != new {
            self.add(effect, about, format!("{what} is `{new}` instead of `{old}`"));
        }
    }

    /// As [`Self::turned`], where more is wider.
    pub fn grown<T: PartialOrd + Display>(&mut self, about: &str, what: &str, old: &T, new: &T) {
        let effect = if new > old { Effect::Widened } else { Effect::Narrowed };
        self.turned(effect, about, what, old, new);
    }

    /// As [`Self::turned`], where less is wider.
    pub fn shrunk<T: PartialOrd + Display>(&mut self, about: &str, what: &str, old: &T, new: &T) {
        let effect = if new < old { Effect::Widened } else { Effect::Narrowed };
        self.turned(effect, about, what, old, new);
    }

    /// Something holds now that did not, or the other way round; `yes` and `no` say which.
    pub fn flipped(&mut self, wider: bool, about: &str, (old, new): (bool, bool), yes: &str, no: &str) {
        if old != new {
            let effect = if new == wider { Effect::Widened } else { Effect::Narrowed };
            self.add(effect, about, if new { yes } else { no });
        }
    }

    /// Words that people or officers read are others now.
    pub fn worded<T: PartialEq>(&mut self, about: &str, what: &str, old: &T, new: &T) {
        if old != new {
            self.add(Effect::Neutral, about, format!("{what} is worded anew"));
        }
    }

    /// What a list has now and had not is a widening, what it had and has not is a narrowing.
    pub fn listed<T: AsRef<str>>(&mut self, about: &str, old: &[T], new: &[T], more: &str, less: &str) {
        for name in beyond(new, old) {
            self.add(Effect::Widened, about, more.replace("{}", name));
        }
        for name in beyond(old, new) {
            self.add(Effect::Narrowed, about, less.replace("{}", name));
        }
    }

    pub fn sorted(mut self) -> Vec<Change> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

fn beyond<'a, T: AsRef<str>>(own: &'a [T], other: &'a [T]) -> impl Iterator<Item = &'a str> {
    let other: HashSet<&str> = other.iter().map(AsRef::as_ref).collect();
    own.iter().map(AsRef::as_ref).filter(move |name| !other.contains(name))
}

/// What became of a part.
pub(super) enum Pair<'a, T> {
    /// It is new.
    Came(&'a T),
    /// It is no more.
    Went(&'a T),
    /// It was and is.
    Stayed(&'a T, &'a T),
}

/// The parts of two editions by name.
pub(super) fn pairs<'a, T>(old: &'a [T], new: &'a [T], name: impl Fn(&T) -> &str) -> Vec<Pair<'a, T>> {
    let before: HashMap<&str, &T> = old.iter().map(|it| (name(it), it)).collect();
    let now: HashSet<&str> = new.iter().map(&name).collect();
    let came = new.iter().map(|it| before.get(name(it)).map_or(Pair::Came(it), |old| Pair::Stayed(old, it)));
    came.chain(old.iter().filter(|it| !now.contains(name(it))).map(Pair::Went)).collect()
}

/// The names of the fields in `set`.
pub(super) fn names<'a>(policy: &'a Policy, set: &FieldSet) -> Vec<&'a str> {
    set.iter().filter_map(|id| policy.field(id)).map(|field| field.name.as_str()).collect()
}
