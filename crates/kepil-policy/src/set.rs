//! A set of fields as bits: the gate works on these with AND, OR and NOT only.

use crate::FieldId;

const WORDS: usize = 8;

/// A set of fields of one compiled policy. At most [`FieldSet::CAPACITY`] fields; the compiler refuses more.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct FieldSet([u64; WORDS]);

impl FieldSet {
    /// How many fields (stored and derived) a policy may have.
    pub const CAPACITY: usize = WORDS * 64;
    /// No field.
    pub const EMPTY: Self = Self([0; WORDS]);
    /// Every field that can exist.
    pub const ALL: Self = Self([u64::MAX; WORDS]);

    /// Adds `field`; an id beyond the capacity is not added.
    pub fn insert(&mut self, field: FieldId) {
        if let Some(word) = self.0.get_mut(usize::from(field.0) / 64) {
            *word |= 1 << (field.0 % 64);
        }
    }

    /// Whether `field` is in the set.
    #[must_use]
    #[inline]
    pub fn contains(&self, field: FieldId) -> bool {
        self.0.get(usize::from(field.0) / 64).is_some_and(|word| word & (1 << (field.0 % 64)) != 0)
    }

    /// The fields in both sets.
    #[must_use]
    #[inline]
    pub fn and(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| word(self, at) & word(other, at)))
    }

    /// The fields in either set.
    #[must_use]
    #[inline]
    pub fn or(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| word(self, at) | word(other, at)))
    }

    /// The fields of this set that are not in `other`.
    #[must_use]
    #[inline]
    pub fn minus(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|at| word(self, at) & !word(other, at)))
    }

    /// Whether the set has no field.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many fields are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether every field of this set is in `other`.
    #[must_use]
    #[inline]
    pub fn is_within(&self, other: &Self) -> bool {
        self.minus(other).is_empty()
    }

    /// The fields in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = FieldId> + '_ {
        self.0.iter().zip(0u16..).flat_map(|(word, at)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                if left == 0 {
                    return None;
                }
                let bit = left.trailing_zeros();
                left &= left - 1;
                u16::try_from(bit).ok().map(|bit| FieldId(at * 64 + bit))
            })
        })
    }
}

impl FromIterator<FieldId> for FieldSet {
    fn from_iter<I: IntoIterator<Item = FieldId>>(fields: I) -> Self {
        let mut set = Self::EMPTY;
        fields.into_iter().for_each(|field| set.insert(field));
        set
    }
}

fn word(set: &FieldSet, at: usize) -> u64 {
    set.0.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_lists_what_was_put_in_ascending_order() {
        let set: FieldSet = [FieldId(65), FieldId(3), FieldId(511)].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [FieldId(3), FieldId(65), FieldId(511)]);
        assert_eq!(set.len(), 3);
    }

    #[test]
    fn a_field_beyond_the_capacity_is_in_no_set() {
        let set: FieldSet = [FieldId(512)].into_iter().collect();
        assert!(set.is_empty());
        assert!(!FieldSet::ALL.contains(FieldId(512)));
    }
}
