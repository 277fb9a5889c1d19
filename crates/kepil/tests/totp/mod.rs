//! What an authenticator app does with the secret that a page shows (RFC 6238). Shared by the walks and the browser.

use aws_lc_rs::hmac;

/// An app with one secret.
#[derive(Eq, PartialEq)]
pub struct App(Vec<u8>);

impl App {
    /// With the secret as it is spelled: base32, in groups.
    pub fn with(spelled: &str) -> Self {
        let letters: String = spelled.split_whitespace().collect();
        let value = |letter: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
        let bits: Vec<usize> = letters.chars().flat_map(|c| (0..5).rev().map(move |at| value(c) >> at & 1)).collect();
        let byte = |eight: &[usize]| u8::try_from(eight.iter().fold(0, |all, bit| all << 1 | bit)).unwrap();
        Self(bits.chunks_exact(8).map(byte).collect())
    }

    /// The code at a moment of the demo's clock.
    pub fn code(&self, now_s: i64) -> String {
        let step = u64::try_from(now_s / 30).unwrap();
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0), &step.to_be_bytes());
        let mac = mac.as_ref();
        let at = usize::from(mac[19] & 15);
        let number = u32::from_be_bytes(mac[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}
