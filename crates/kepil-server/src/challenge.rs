//! A proof of work instead of a foreign captcha: a browser counts for about a second, or its person waits a little.
//!
//! Issue 3, item 9; clauses 3.4g, 5.1. A challenge is signed and kept nowhere; it is for one form in one browser, and
//! `actions/admit.rs` takes it once. Start reading at [`Challenge::read`]. Does not know: who must answer one, and when.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Entropy, NoEntropy, vault::Keys};
use subtle::ConstantTimeEq;

/// How many zero bits the easiest one asks for: 2^18 hashes are about a second for a phone's browser.
pub const BITS_MIN: u8 = 18;
/// The hardest one.
pub const BITS_MAX: u8 = 22;
/// How long somebody waits whose browser does not count. Unit: seconds.
pub const WAIT_S: i64 = 15;
/// How long a challenge can be answered. Unit: seconds.
pub const OPEN_S: i64 = 30 * 60;
/// Unit: letters.
const ANSWER_MAX: usize = 16;
const NONCE: usize = 12;

/// For which form, in which browser.
#[derive(Clone, Copy)]
pub struct For {
    /// A word for the form.
    pub form: &'static str,
    /// The browser.
    pub browser: [u8; 16],
}

/// A challenge.
pub struct Challenge {
    issued_s: i64,
    bits: u8,
    nonce: [u8; NONCE],
    mac: [u8; 16],
}

/// How it was answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answered {
    /// By counting.
    Work,
    /// By waiting.
    Wait,
}

impl Challenge {
    /// A new one that asks for `bits`.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(keys: &Keys, of: For, bits: u8, now_s: i64, entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        let mut nonce = [0; NONCE];
        entropy.fill(&mut nonce)?;
        Ok(Self { issued_s: now_s, bits, nonce, mac: mac(keys, of, now_s, bits, &nonce) })
    }

    /// What a form carries.
    #[must_use]
    pub fn to_text(&self) -> String {
        let bytes = [&self.issued_s.to_be_bytes()[..], &[self.bits], &self.nonce, &self.mac].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a browser counts with.
    #[must_use]
    pub fn seed(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.mac)
    }

    /// How many zero bits it asks for.
    #[must_use]
    pub fn bits(&self) -> u8 {
        self.bits
    }

    /// The challenge that `text` spells, if it was made here, for this form and browser.
    #[must_use]
    pub fn read(keys: &Keys, of: For, text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (issued, rest) = bytes.split_first_chunk::<8>()?;
        let (bits, rest) = rest.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let sent: [u8; 16] = rest.try_into().ok()?;
        let issued_s = i64::from_be_bytes(*issued);
        let own = mac(keys, of, issued_s, *bits, nonce);
        let fits: bool = own.ct_eq(&sent).into();
        fits.then_some(Self { issued_s, bits: *bits, nonce: *nonce, mac: own })
    }

    /// How `answer` answers it; `None` when it does not, or not any more.
    #[must_use]
    pub fn answered(&self, answer: &str, now_s: i64) -> Option<Answered> {
        if now_s >= self.until_s() || now_s < self.issued_s {
            return None;
        }
        if is_work(&self.seed(), answer, self.bits) {
            return Some(Answered::Work);
        }
        (now_s >= self.issued_s.saturating_add(WAIT_S)).then_some(Answered::Wait)
    }

    /// Until when it can be answered. Unit: Unix seconds.
    #[must_use]
    pub fn until_s(&self) -> i64 {
        self.issued_s.saturating_add(OPEN_S)
    }
}

fn mac(keys: &Keys, of: For, issued_s: i64, bits: u8, nonce: &[u8; NONCE]) -> [u8; 16] {
    let bound = [&of.browser[..], &issued_s.to_be_bytes(), &[bits], nonce, of.form.as_bytes()].concat();
    keys.hash_for("challenge", &bound)
}

/// Whether the SHA-256 hash of `seed:answer` begins with `bits` zero bits.
fn is_work(seed: &str, answer: &str, bits: u8) -> bool {
    if answer.is_empty() || answer.len() > ANSWER_MAX || !answer.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let hash = digest(&SHA256, format!("{seed}:{answer}").as_bytes());
    let first = hash.as_ref().first_chunk::<4>().map_or(u32::MAX, |first| u32::from_be_bytes(*first));
    first.leading_zeros() >= u32::from(bits)
}

/// The smallest answer to the challenge with this `seed`: what a browser's script finds.
#[must_use]
pub fn work(seed: &str, bits: u8) -> Option<u32> {
    (0..u32::MAX).find(|answer| is_work(seed, &answer.to_string(), bits))
}

#[cfg(test)]
mod tests {
    use kepil_domain::{
        Installation,
        vault::{EpochKey, EpochNo, Secrets},
    };
    use kepil_store::OsEntropy;

    use super::*;

    const HERE: For = For { form: "sign-in", browser: [1; 16] };

    fn keys() -> Keys {
        Keys::new(
            Installation([1; 16]),
            Secrets::random(0, &mut OsEntropy).unwrap(),
            EpochKey::from_bytes(EpochNo(1), [1; 32]),
        )
    }

    #[test]
    fn a_challenge_is_answered_by_work_at_once_or_by_waiting() {
        let keys = keys();
        let made = Challenge::random(&keys, HERE, 8, 1000, &mut OsEntropy).unwrap();
        let answer = work(&made.seed(), 8).unwrap().to_string();
        let read = Challenge::read(&keys, HERE, &made.to_text()).unwrap();
        assert_eq!(read.answered(&answer, 1000), Some(Answered::Work));
        for wrong in ["", "x", "-1", "99999999999999999"] {
            assert_eq!(read.answered(wrong, 1014), None, "{wrong}");
            assert_eq!(read.answered(wrong, 1015), Some(Answered::Wait), "{wrong}");
        }
        assert_eq!(read.answered(&answer, 999), None, "before it was made");
        assert_eq!(read.answered(&answer, 1000 + OPEN_S), None, "late");
    }

    #[test]
    fn a_challenge_is_for_its_form_and_browser_and_cannot_be_made_easier() {
        let keys = keys();
        let made = Challenge::random(&keys, HERE, BITS_MIN, 1000, &mut OsEntropy).unwrap();
        assert!(Challenge::read(&keys, For { form: "reset", ..HERE }, &made.to_text()).is_none());
        assert!(Challenge::read(&keys, For { browser: [2; 16], ..HERE }, &made.to_text()).is_none());
        for easier in [Challenge { bits: 1, ..made }, Challenge { issued_s: 0, ..made }] {
            assert!(Challenge::read(&keys, HERE, &easier.to_text()).is_none());
        }
        assert!(Challenge::read(&keys, HERE, "").is_none());
    }
}
