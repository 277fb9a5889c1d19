//! Hashes of passwords as they are kept: our own, and those that people bring along from an earlier system, which are
//! hashed anew at the first sign-in. Clauses 2.1¶C1, 5.1.
//!
//! A hash that would cost more than a sign-in may is refused when it is read, not when somebody waits for it.

use std::num::NonZeroU32;

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::pbkdf2;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use subtle::ConstantTimeEq;

use super::{HASH, LANES, MEMORY_KIB, PASSES, PasswordError, fill};

/// Unit: KiB. The most memory that checking a brought hash may take.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
/// The most iterations of PBKDF2.
const ITERATIONS_MAX: u32 = 2_000_000;
/// The most rounds of bcrypt, as a power of two.
const COST_MAX: u32 = 14;
/// Unit: bytes. A hash or salt is no longer.
const BYTES_MAX: usize = 128;

/// Base64 with or without its end, as different systems write it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A hash, read.
pub enum Scheme {
    /// RFC 9106.
    Argon2 { algorithm: Algorithm, version: Version, params: Params, salt: Vec<u8>, hash: Vec<u8> },
    /// bcrypt, whole.
    Bcrypt(String),
    /// RFC 7914.
    Scrypt { params: scrypt::Params, salt: Vec<u8>, hash: Vec<u8> },
    /// RFC 8018.
    Pbkdf2 { algorithm: pbkdf2::Algorithm, iterations: NonZeroU32, salt: Vec<u8>, hash: Vec<u8> },
}

impl Scheme {
    /// The hash that `text` spells in PHC form, or in that of bcrypt; `None` for another one, or one that costs too much.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('$')?;
        let (name, rest) = rest.split_once('$')?;
        match name {
            "argon2id" | "argon2i" | "argon2d" => argon2(name, rest),
            "2a" | "2b" | "2x" | "2y" => {
                let (cost, tail) = rest.split_once('$')?;
                let fits = cost.parse::<u32>().is_ok_and(|cost| (4..=COST_MAX).contains(&cost)) && tail.len() == 53;
                fits.then(|| Self::Bcrypt(text.to_owned()))
            }
            "scrypt" => {
                let (numbers, salt, hash) = parts(rest)?;
                let (log_n, r, p) = (number(numbers, "ln")?, number(numbers, "r")?, number(numbers, "p")?);
                let memory_kib = 1u64.checked_shl(log_n)?.checked_mul(u64::from(r))? / 8;
                let params = scrypt::Params::new(u8::try_from(log_n).ok()?, r, p).ok()?;
                let fits = memory_kib <= u64::from(MEMORY_KIB_MAX) && p <= 16;
                fits.then_some(Self::Scrypt { params, salt, hash })
            }
            "pbkdf2-sha256" | "pbkdf2-sha512" => {
                let (numbers, salt, hash) = parts(rest)?;
                let iterations = number(numbers, "i").or_else(|| numbers.parse().ok())?;
                let algorithm =
                    if name.ends_with("256") { pbkdf2::PBKDF2_HMAC_SHA256 } else { pbkdf2::PBKDF2_HMAC_SHA512 };
                let iterations = NonZeroU32::new(iterations).filter(|count| count.get() <= ITERATIONS_MAX)?;
                Some(Self::Pbkdf2 { algorithm, iterations, salt, hash })
            }
            _ => None,
        }
    }

    /// Whether it is as we would make it today.
    #[must_use]
    pub fn is_own(&self) -> bool {
        let Self::Argon2 { algorithm: Algorithm::Argon2id, version: Version::V0x13, params, hash, .. } = self else {
            return false;
        };
        (params.m_cost(), params.t_cost(), params.p_cost(), hash.len()) == (MEMORY_KIB, PASSES, LANES, HASH)
    }

    /// Whether `password` gives this hash.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] when it cannot be computed.
    pub fn check(&self, password: &str) -> Result<bool, PasswordError> {
        let failed = |_: &dyn std::fmt::Debug| PasswordError::Failed;
        match self {
            Self::Argon2 { algorithm, version, params, salt, hash } => {
                let mut own = vec![0; hash.len()];
                let argon2 = Argon2::new(*algorithm, *version, params.clone());
                fill(&argon2, password, salt, &mut own)?;
                Ok(own.ct_eq(hash).into())
            }
            Self::Bcrypt(text) => bcrypt::verify(password, text).map_err(|error| failed(&error)),
            Self::Scrypt { params, salt, hash } => {
                let mut own = vec![0; hash.len()];
                scrypt::scrypt(password.as_bytes(), salt, params, &mut own).map_err(|error| failed(&error))?;
                Ok(own.ct_eq(hash).into())
            }
            Self::Pbkdf2 { algorithm, iterations, salt, hash } => {
                Ok(pbkdf2::verify(*algorithm, *iterations, salt, password.as_bytes(), hash).is_ok())
            }
        }
    }
}

fn argon2(name: &str, rest: &str) -> Option<Scheme> {
    let algorithm = match name {
        "argon2id" => Algorithm::Argon2id,
        "argon2i" => Algorithm::Argon2i,
        _ => Algorithm::Argon2d,
    };
    let (version, rest) = match rest.split_once('$')? {
        ("v=19", rest) => (Version::V0x13, rest),
        ("v=16", rest) => (Version::V0x10, rest),
        _ => (Version::V0x10, rest),
    };
    let (numbers, salt, hash) = parts(rest)?;
    let (m, t, p) = (number(numbers, "m")?, number(numbers, "t")?, number(numbers, "p")?);
    let fits = m <= MEMORY_KIB_MAX && t <= 16 && p <= 16;
    let params = Params::new(m, t, p, Some(hash.len())).ok()?;
    fits.then_some(Scheme::Argon2 { algorithm, version, params, salt, hash })
}

/// Numbers, salt and hash.
fn parts(rest: &str) -> Option<(&str, Vec<u8>, Vec<u8>)> {
    let (numbers, rest) = rest.split_once('$')?;
    let (salt, hash) = rest.split_once('$')?;
    // Passlib writes `.` where base64 has `+`.
    let bytes = |text: &str| LENIENT.decode(text.replace('.', "+")).ok().filter(|bytes| bytes.len() <= BYTES_MAX);
    let (salt, hash) = (bytes(salt)?, bytes(hash)?);
    (!salt.is_empty() && hash.len() >= 16).then_some((numbers, salt, hash))
}

fn number(numbers: &str, name: &str) -> Option<u32> {
    let named = numbers.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    named?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(text: &str, password: &str) -> bool {
        Scheme::parse(text).unwrap_or_else(|| panic!("not read: {text}")).check(password).unwrap()
    }

    /// Made by other programs: the reference argon2, Python's `hashlib` and `bcrypt`.
    #[test]
    fn hashes_of_other_systems_are_checked() {
        for text in [
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$scrypt$ln=4,r=8,p=1$c29tZXNhbHQ$7xe5L3Roj67jYaBKf3ePT2Y6rVHHGUWO44Z8iz+O6PQ",
            "$pbkdf2-sha256$i=1000$c29tZXNhbHQ$j4Aa14inUtOh7Sg/D7hH54ohymuHNQD4+ccfhepGWAY",
            "$pbkdf2-sha512$1000$c29tZXNhbHQ$pArTsT8AahzxmI5OZcxKNw2o4l9qiKwc5zbWR8bo8900Q7MYRcodIEijxiztL4hDlWTfVLTSRiLheMi39WU5Yw",
            "$2b$04$lneQYGFp1v.2EtGhV7D9XOU4E2F3FGDmBPj07Z/A6qB5bDmuIyhwe",
        ] {
            assert!(fits(text, "password"), "{text}");
            assert!(!fits(text, "Password"), "{text}");
            assert!(!Scheme::parse(text).unwrap().is_own());
        }
    }

    #[test]
    fn what_is_no_hash_or_costs_too_much_is_refused() {
        for text in [
            "",
            "password",
            "$1$salt$hash",
            "$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$x",
            "$scrypt$ln=30,r=8,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$scrypt$ln=63,r=4294967295,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$pbkdf2-sha256$i=99999999$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$pbkdf2-sha256$i=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            "$2b$31$abcdefghijklmnopqrstuuVgKdVrEuCZEAPCZlXyQ5WwmXZWpHCoq",
        ] {
            assert!(Scheme::parse(text).is_none(), "{text}");
        }
    }
}
