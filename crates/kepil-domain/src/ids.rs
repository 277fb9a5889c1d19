//! The ids of a running installation. All are random; none says anything about a person.
//!
//! `Locator` is the vault's inner id and never leaves it; `Handle` is a compartment's id; `Sub` is a service's id.

use zeroize::Zeroize;

/// A source of random bytes, given by the caller.
pub trait Entropy {
    /// Fills `bytes` with random bytes.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none; nothing may then be made.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The source of randomness failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no randomness")]
pub struct NoEntropy;

/// Declares a newtype over random bytes.
macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            /// [`NoEntropy`] when the source has none.
            pub fn random(entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
                let mut bytes = [0; $len];
                entropy.fill(&mut bytes)?;
                Ok(Self(bytes))
            }

            /// From stored bytes; `None` when the length is not right.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }
    };
}

random_id! {
    /// Names one act; also the id of its ledger entry.
    EventId, 16
}
random_id! {
    /// Names a piece of content that somebody placed; its address.
    ContentId, 16
}
random_id! {
    /// The vault's inner id of a person. Known to the running vault only.
    Locator, 16
}
random_id! {
    /// A compartment's id for a person. Two compartments share none.
    Handle, 16
}
random_id! {
    /// Names an installation; bound into every seal.
    Installation, 16
}

random_id! {
    /// What the entries of one session have in common, inside their sealed payloads.
    SessionMark, 8
}

impl std::fmt::Display for SessionMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// Hexadecimal text of an id or hash that says nothing about a person.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Declares the text of an id that is shown: 32 hexadecimal digits.
macro_rules! id_text {
    ($name:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl $name {
            /// The way back from [`std::fmt::Display`].
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let mut bytes = [0; 16];
                if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return None;
                }
                for (to, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
                    *to = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
                }
                Some(Self(bytes))
            }
        }
    };
}
id_text!(EventId);
id_text!(ContentId);

impl Zeroize for Locator {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// A service's id for a person: pairwise, stable, opaque. 32 characters of base64url.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Sub(pub(crate) String);

impl Sub {
    /// The text as a service sent it; the vault decides whether it means anyone.
    ///
    /// Returns `None` for a text that no vault makes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits =
            text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        fits.then(|| Self(text.to_owned()))
    }

    /// The text for a token or an answer to the service whose it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
