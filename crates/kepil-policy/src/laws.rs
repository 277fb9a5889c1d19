//! The law profiles that come with the program, by the name that a bundle calls them.
//!
//! Source: law 7 of the house. Does not know: which law is in force here; the bundle says so.

use std::sync::LazyLock;

use crate::{Law, law::Ages};

static LAWS: LazyLock<Vec<Law>> = LazyLock::new(|| {
    let read = |text: &str| Law::parse("profile", text).ok();
    [include_str!("../../../profiles/kz.toml")].into_iter().filter_map(read).collect()
});

/// The law called `id`.
#[must_use]
pub fn find(id: &str) -> Option<&'static Law> {
    LAWS.iter().find(|law| law.id == id)
}

/// From what age people act under the law called `id`.
#[must_use]
pub fn ages(id: &str) -> Option<&'static Ages> {
    find(id).map(|law| &law.ages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_read() {
        assert_eq!(LAWS.len(), 1);
        assert!(LAWS.iter().all(|law| law.ages.with_guardian <= law.ages.alone));
        assert!(find("nowhere").is_none());
    }
}
