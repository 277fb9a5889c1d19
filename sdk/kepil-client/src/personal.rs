//! Values about a person and names for a person: neither can be printed or compared, and both are wiped when dropped.
//!
//! [`Personal::reveal`] is the one way to a value: look for it to see where a service uses what it was given. Does not
//! reach into the buffers of HTTP and TLS below.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

/// A value about a person. Has no `Debug`, `Display`, `PartialEq` or `Serialize`, on purpose.
///
/// ```compile_fail
/// println!("{:?}", kepil_client::Personal::new("Aigerim".to_owned()));
/// ```
pub struct Personal<T: Zeroize>(Zeroizing<T>);

impl<T: Zeroize> Personal<T> {
    /// Takes a value in.
    pub fn new(value: T) -> Self {
        Self(Zeroizing::new(value))
    }

    /// Lets the value be seen.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Personal<String> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

/// A service's id for a person: the claim `sub` of the ID token. No other service has the same for them.
///
/// Is written to requests only: there is no `Debug` and no `Display`, so that it does not get into logs by chance.
#[derive(Clone)]
pub struct Sub(Zeroizing<String>);

const SUB_LEN: usize = 32;

impl Sub {
    /// Takes the claim `sub`.
    ///
    /// # Errors
    /// [`SubError`] when it is not 32 letters, digits, `_` or `-`: it is not of Kepil then.
    pub fn parse(text: &str) -> Result<Self, SubError> {
        let is_one = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if text.len() == SUB_LEN && text.bytes().all(is_one) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(SubError)
        }
    }
}

impl<'de> Deserialize<'de> for Sub {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // What was sent is not repeated.
        Self::parse(&Zeroizing::new(String::deserialize(from)?))
            .map_err(|_| serde::de::Error::custom("no id of a person"))
    }
}

impl Serialize for Sub {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

/// A text that is no `sub` of Kepil. Does not repeat it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the `sub` is not 32 letters, digits, `_` or `-`")]
pub struct SubError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sub_is_32_letters_of_the_address_alphabet() {
        assert!(Sub::parse("Abcdefghijklmnopqrstuvwxyz01234_").is_ok());
        for wrong in ["", "short", "Abcdefghijklmnopqrstuvwxyz01234_5", "Abcdefghijklmnopqrstuvwxyz01234/"] {
            assert!(Sub::parse(wrong).is_err(), "{wrong}");
        }
    }
}
