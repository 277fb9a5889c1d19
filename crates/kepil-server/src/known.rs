//! What a browser keeps that signed in before: proof that it did, for one account.
//!
//! Issue 3, item 9; clauses 2.5b1, 6.1b; after OWASP's "device cookies". Wrong guesses of strangers do not count against
//! such a browser, and it proves nothing else. The text names nobody: whose it is shows only to who knows the account.
//! Does not know: how often its browser may guess (`actions/admit.rs`).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Entropy, Locator, NoEntropy, vault::Keys};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A browser that signed in before.
#[derive(Clone)]
pub struct KnownBrowser {
    /// How often its person forgot all browsers before.
    pub generation: u32,
    nonce: [u8; 16],
    tag: [u8; 16],
}

impl KnownBrowser {
    /// A new one, for the person at `locator`.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(
        keys: &Keys,
        locator: Locator,
        generation: u32,
        entropy: &mut dyn Entropy,
    ) -> Result<Self, NoEntropy> {
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce)?;
        Ok(Self { generation, nonce, tag: tag(keys, locator, generation, &nonce) })
    }

    /// What the browser keeps.
    #[must_use]
    pub fn to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([&self.generation.to_be_bytes()[..], &self.nonce, &self.tag].concat())
    }

    /// The way back from [`Self::to_text`]; whether it is ours shows in [`Self::is_of`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (generation, rest) = bytes.split_first_chunk::<4>()?;
        let (nonce, rest) = rest.split_first_chunk::<16>()?;
        Some(Self { generation: u32::from_be_bytes(*generation), nonce: *nonce, tag: rest.try_into().ok()? })
    }

    /// Whether the person at `locator` signed in with it.
    #[must_use]
    pub fn is_of(&self, keys: &Keys, locator: Locator) -> bool {
        tag(keys, locator, self.generation, &self.nonce).ct_eq(&self.tag).into()
    }

    /// Under what its tries of `what` are counted.
    #[must_use]
    pub fn counted(&self, keys: &Keys, what: &str) -> [u8; 16] {
        keys.hash_for("known browser tries", &[&self.nonce[..], what.as_bytes()].concat())
    }
}

fn tag(keys: &Keys, locator: Locator, generation: u32, nonce: &[u8; 16]) -> [u8; 16] {
    let bound = Zeroizing::new([&locator.0[..], &generation.to_be_bytes(), nonce].concat());
    keys.hash_for("known browser", &bound)
}

#[cfg(test)]
mod tests {
    use kepil_domain::{
        Installation,
        vault::{EpochKey, EpochNo, Secrets},
    };
    use kepil_store::OsEntropy;

    use super::*;

    #[test]
    fn a_known_browser_is_good_for_one_account_and_cannot_be_renumbered() {
        let keys = Keys::new(
            Installation([1; 16]),
            Secrets::random(0, &mut OsEntropy).unwrap(),
            EpochKey::from_bytes(EpochNo(1), [1; 32]),
        );
        let (own, other) = (Locator([1; 16]), Locator([2; 16]));
        let text = KnownBrowser::random(&keys, own, 3, &mut OsEntropy).unwrap().to_text();
        let read = KnownBrowser::parse(&text).unwrap();
        assert!(read.is_of(&keys, own) && !read.is_of(&keys, other) && read.generation == 3);
        assert!(!KnownBrowser { generation: 4, ..read.clone() }.is_of(&keys, own));
        assert_ne!(read.counted(&keys, "a"), read.counted(&keys, "b"));
        for wrong in ["", "AAAA", &text[1..], &format!("{text}AAAA")] {
            assert!(KnownBrowser::parse(wrong).is_none(), "{wrong}");
        }
    }
}
