//! The small ids of a compiled policy, and the tags that outlive one compilation.
//!
//! An id is a position in one [`crate::Policy`]: fast, and meaningless in another edition. A [`Tag`] is made from the
//! name alone, so stored records and ledger entries use tags.

/// Position of a field (stored or derived) in [`crate::Policy::fields`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FieldId(pub u16);

/// Position of a service in [`crate::Policy::services`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ServiceId(pub u16);

/// Position of a use, that is one purpose of one service, in [`crate::Policy::uses`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UseId(pub u32);

/// Position of a duty in [`crate::Policy::duties`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct DutyId(pub u16);

/// Position of a compartment in [`crate::Policy::compartments`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CompartmentId(pub u8);

/// Position of a keep class in [`crate::Policy::classes`]: the fields of one compartment that are kept equally long.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClassId(pub u16);

/// Running number of an edition in its lineage; the first is 1.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct EditionNo(pub u32);

/// Stable 32-bit name of a field, service or purpose: the first four bytes of SHA-256 over kind and name.
///
/// The compiler refuses a bundle in which two names of a kind share a tag.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tag(pub u32);

impl Tag {
    /// The tag of `name` among names of `kind` (`field`, `service`, `purpose`, `class`).
    #[must_use]
    pub fn of(kind: &str, name: &str) -> Self {
        let mut hash = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        hash.update(kind.as_bytes());
        hash.update(&[0]);
        hash.update(name.as_bytes());
        let digest = hash.finish();
        let mut first = [0; 4];
        first.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        Self(u32::from_be_bytes(first))
    }
}

/// The tag of the compartment called `name`.
#[must_use]
pub fn compartment_tag(name: &str) -> Tag {
    Tag::of("compartment", name)
}

/// Tag of a service.
pub type ServiceTag = Tag;
/// Tag of a purpose as the service has it (`service/purpose`).
pub type PurposeTag = Tag;
