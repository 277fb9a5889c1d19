//! What a person proves who they are with besides the password: codes from an app (RFC 6238), passkeys, recovery codes.
//!
//! Clauses 5.1, 6.1b; 2.1¶C1: nothing biometric gets here, a passkey is a public key. Kept as one value of the person's
//! credentials, sealed like all. Start reading at [`Factors`].

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use kepil_domain::{Entropy, NoEntropy};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use webauthn_rs::prelude::{Passkey, Uuid};
use zeroize::Zeroizing;

/// How long a code of an app holds. Unit: seconds.
const STEP_S: i64 = 30;
/// How many steps a clock may be off to either side.
const STEPS_OFF: i64 = 1;
/// How many recovery codes a person gets.
const CODES: usize = 8;
/// Letters and digits that nobody takes for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567890";
/// RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A passkey, with what its person calls it.
#[derive(Clone, Deserialize, Serialize)]
pub struct NamedPasskey {
    /// What its person calls it.
    pub name: String,
    /// When it was added. Unit: Unix seconds.
    pub added_s: i64,
    /// The public key.
    pub key: Passkey,
}

/// Everything besides the password. Not printed.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Factors {
    /// What the app has.
    pub totp: Option<TotpKey>,
    /// Hashes of the recovery codes that were not used yet.
    pub codes: Vec<String>,
    /// Under which name authenticators know the person.
    pub handle: Option<Uuid>,
    /// Passkeys.
    pub passkeys: Vec<NamedPasskey>,
    /// Whether codes by letter are taken.
    pub mail: bool,
    /// From when: a mailbox that just set the password is no second proof. Unit: Unix seconds.
    pub mail_from_s: i64,
    /// The phone that takes codes, confirmed by one. Known to nobody else.
    pub phone: Option<String>,
    /// What earlier builds kept of browsers, read and dropped.
    #[serde(skip_serializing)]
    devices: IgnoredAny,
    /// How often the person forgot all browsers in which they had signed in (`known.rs`).
    pub forgotten: u32,
}

impl Factors {
    /// The factors that `text` spells; none for an empty one.
    ///
    /// # Errors
    /// [`serde_json::Error`] for what this program did not write.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        if text.is_empty() { Ok(Self::default()) } else { serde_json::from_str(text) }
    }

    /// The text that is kept.
    ///
    /// # Errors
    /// [`serde_json::Error`], which texts and numbers do not raise.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Whether the password alone is not enough.
    #[must_use]
    pub fn has_second(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty() || self.mail || self.phone.is_some()
    }

    /// Whether a code by letter proves something now.
    #[must_use]
    pub fn takes_mail(&self, now_s: i64) -> bool {
        self.mail && now_s >= self.mail_from_s
    }

    /// The phone as pages show it: its last two digits.
    #[must_use]
    pub fn phone_hint(&self) -> Option<String> {
        self.phone
            .as_ref()
            .map(|phone| format!("•••{}", phone.get(phone.len().saturating_sub(2)..).unwrap_or_default()))
    }

    /// Uses up the recovery code whose hash is `hash`; says whether there was one.
    pub fn use_code(&mut self, hash: &str) -> bool {
        let before = self.codes.len();
        self.codes.retain(|own| own != hash);
        self.codes.len() < before
    }
}

/// The secret that an app shares.
#[derive(Clone, Deserialize, Serialize)]
pub struct TotpKey(String);

impl Drop for TotpKey {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl TotpKey {
    /// A fresh one of 160 bits.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        let mut bytes = Zeroizing::new([0; 20]);
        entropy.fill(bytes.as_mut())?;
        Ok(Self(BASE64_STANDARD_NO_PAD.encode(bytes.as_ref())))
    }

    fn bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(BASE64_STANDARD_NO_PAD.decode(&self.0).unwrap_or_default())
    }

    /// The secret as people type it: base32 in groups of four.
    #[must_use]
    pub fn spelled(&self) -> String {
        let letters = base32(&self.bytes());
        letters
            .as_bytes()
            .chunks(4)
            .map(|four| String::from_utf8_lossy(four).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The address that an app reads from a picture.
    #[must_use]
    pub fn uri(&self, operator: &str) -> String {
        let encoded = crate::oidc::with_query("", &[("issuer", operator)]);
        let issuer = encoded.trim_start_matches("?issuer=");
        format!("otpauth://totp/{issuer}?secret={}&issuer={issuer}", base32(&self.bytes()))
    }

    /// The step for which `typed` is the code at `now_s`; `None` when it is none.
    #[must_use]
    pub fn step_of(&self, typed: &str, now_s: i64) -> Option<i64> {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let now = now_s.div_euclid(STEP_S);
        let secret = self.bytes();
        let fits = |step: &i64| u64::try_from(*step).is_ok_and(|step| code(&secret, step, 6) == digits);
        (digits.len() == 6).then(|| (now - STEPS_OFF..=now + STEPS_OFF).find(fits)).flatten()
    }
}

/// RFC 4226 (5.3) with SHA-1, which every app speaks.
fn code(secret: &[u8], step: u64, digits: u32) -> String {
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret), &step.to_be_bytes());
    let mac = mac.as_ref();
    let at = usize::from(mac.last().copied().unwrap_or_default() & 15);
    let four = mac.get(at..at + 4).and_then(|four| <[u8; 4]>::try_from(four).ok()).unwrap_or_default();
    let number = (u32::from_be_bytes(four) & 0x7fff_ffff) % 10u32.pow(digits);
    format!("{number:0width$}", width = digits as usize)
}

fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let letter = |five: &[u8]| five.iter().fold(0, |all, bit| all << 1 | bit);
    bits.chunks(5).filter_map(|five| BASE32.get(usize::from(letter(five)))).map(|byte| char::from(*byte)).collect()
}

/// Fresh recovery codes of 50 bits, as they are shown.
///
/// # Errors
/// [`NoEntropy`] when the source has none.
pub fn new_codes(entropy: &mut dyn Entropy) -> Result<Vec<String>, NoEntropy> {
    let mut codes = Vec::with_capacity(CODES);
    for _ in 0..CODES {
        let mut bytes = [0; 10];
        entropy.fill(&mut bytes)?;
        let letters = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        let code: String = letters.map(|byte| char::from(*byte)).collect();
        codes.push(code.split_at_checked(5).map_or_else(String::new, |(first, second)| format!("{first}-{second}")));
    }
    Ok(codes)
}

/// The letters of a recovery code, however it was typed; `None` when it is none.
#[must_use]
pub fn read_code(typed: &str) -> Option<String> {
    let letters: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    (letters.len() == 10 && letters.bytes().all(|byte| LETTERS.contains(&byte))).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, for SHA-1.
    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        let secret = b"12345678901234567890";
        for (at_s, expected) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(secret, at_s / 30, 8), expected, "{at_s}");
        }
        // RFC 4226, appendix D.
        let first: Vec<String> = (0..10).map(|step| code(secret, step, 6)).collect();
        assert_eq!(
            first,
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
        );
    }

    #[test]
    fn a_code_holds_for_its_step_and_one_to_either_side() {
        let key = TotpKey(BASE64_STANDARD_NO_PAD.encode("12345678901234567890"));
        assert_eq!(key.spelled(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(key.step_of("287082", 59), Some(1));
        assert_eq!(key.step_of(" 287 082 ", 89), Some(1));
        assert_eq!(key.step_of("287082", 90), None);
        assert_eq!(key.step_of("287082", 0), Some(1));
        assert_eq!(key.step_of("28708", 59), None);
        assert!(key.uri("ТОО A").starts_with("otpauth://totp/%D0%A2%D0%9E%D0%9E%20A?secret=GEZDGNBV"));
    }

    #[test]
    fn a_recovery_code_is_read_however_it_is_typed() {
        assert_eq!(read_code(" ABCDE-fghjk "), Some("abcdefghjk".to_owned()));
        assert_eq!(read_code("abcde"), None);
        assert_eq!(read_code("abcdo-fghjk"), None, "a letter that codes do not have");
    }
}
