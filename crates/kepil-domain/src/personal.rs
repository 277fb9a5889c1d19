//! A value about a person: cannot be printed, compared or serialised, and is wiped when dropped.
//!
//! Law 2 of the house. [`Personal::reveal`] is the one way out; tidy lists the places that use it.

use zeroize::{Zeroize, Zeroizing};

/// A value about a person.
pub struct Personal<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Personal<T> {
    /// Takes a value in.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Lets the value be seen: for an answer to whoever was permitted, or for sealing.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + Clone> Personal<T> {
    /// A second copy, wiped like the first.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(self.0.clone())
    }
}
