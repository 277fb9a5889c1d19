//! Public keys as JSON (RFC 7517, 8037) and the algorithms that tokens are signed with (RFC 7518).
//!
//! Start reading at [`PublicKey::parse`]. A key that was parsed verifies; one that cannot is refused before it is kept.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How a token is signed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Alg {
    /// ECDSA with P-256: what is used when nothing else is said.
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// RSA with PKCS #1 1.5, which every client can verify.
    #[serde(rename = "RS256")]
    Rs256,
}

impl Alg {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// The word of the standard.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm called `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.word() == word)
    }
}

/// A key that verifies signatures of one algorithm.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct PublicKey {
    kid: Option<String>,
    numbers: Numbers,
}

/// What a key is made of.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Numbers {
    /// An uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("a key must be a public one of P-256, Ed25519 or RSA (2048 bits or more), for signatures")]
pub struct KeyError;

impl TryFrom<Value> for PublicKey {
    type Error = KeyError;

    fn try_from(jwk: Value) -> Result<Self, KeyError> {
        Self::parse(&jwk).ok_or(KeyError)
    }
}

impl From<PublicKey> for Value {
    fn from(key: PublicKey) -> Self {
        key.to_jwk()
    }
}

impl PublicKey {
    /// The key that `jwk` is; `None` for a private one, one for something else, or of another kind.
    #[must_use]
    pub fn parse(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let number = |name| BASE64_URL_SAFE_NO_PAD.decode(text(name)?).ok();
        let is_other_use = text("use").is_some_and(|word| word != "sig");
        if is_other_use || ["d", "p", "q", "k"].iter().any(|name| jwk.get(name).is_some()) {
            return None;
        }
        let sized = |bytes: Vec<u8>, len: usize| (bytes.len() == len).then_some(bytes);
        let numbers = match (text("kty")?, text("crv")) {
            ("EC", Some("P-256")) => {
                let (x, y) = (sized(number("x")?, 32)?, sized(number("y")?, 32)?);
                Numbers::P256([vec![4], x, y].concat())
            }
            ("OKP", Some("Ed25519")) => Numbers::Ed25519(sized(number("x")?, 32)?),
            ("RSA", None) => {
                let (n, e) = (number("n")?, number("e")?);
                let is_fit = (256..=1024).contains(&n.len()) && (1..=8).contains(&e.len());
                if !is_fit {
                    return None;
                }
                Numbers::Rsa { n, e }
            }
            _ => return None,
        };
        let key = Self { kid: text("kid").map(str::to_owned), numbers };
        (text("alg").is_none_or(|word| word == key.alg().word())).then_some(key)
    }

    pub(super) fn p256(point: &[u8]) -> Self {
        Self { kid: None, numbers: Numbers::P256(point.to_vec()) }
    }

    pub(super) fn ed25519(point: &[u8]) -> Self {
        Self { kid: None, numbers: Numbers::Ed25519(point.to_vec()) }
    }

    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self { kid: None, numbers: Numbers::Rsa { n: n.to_vec(), e: e.to_vec() } }
    }

    /// What its owner calls it.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm that it is for.
    #[must_use]
    pub fn alg(&self) -> Alg {
        match self.numbers {
            Numbers::P256(_) => Alg::Es256,
            Numbers::Ed25519(_) => Alg::EdDsa,
            Numbers::Rsa { .. } => Alg::Rs256,
        }
    }

    /// Whether `signature` is one of `message` by the key's owner.
    #[must_use]
    pub fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match &self.numbers {
            Numbers::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature),
            Numbers::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
            Numbers::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
        };
        verified.is_ok()
    }

    /// The required members in the order of their names, without blanks (RFC 7638).
    fn members(&self) -> String {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        match &self.numbers {
            Numbers::P256(point) => {
                let (x, y) = point.get(1..).and_then(|point| point.split_at_checked(32)).unwrap_or_default();
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text(x), text(y))
            }
            Numbers::Ed25519(point) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(point)),
            Numbers::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n)),
        }
    }

    /// The key's name that follows from itself (RFC 7638): SHA-256, base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, self.members().as_bytes()))
    }

    /// The key as JSON.
    #[must_use]
    pub fn to_jwk(&self) -> Value {
        let mut jwk: Value = serde_json::from_str(&self.members()).unwrap_or_default();
        if let Some(members) = jwk.as_object_mut() {
            members.insert("alg".to_owned(), json!(self.alg().word()));
            members.insert("use".to_owned(), json!("sig"));
            members.extend(self.kid.as_ref().map(|kid| ("kid".to_owned(), json!(kid))));
        }
        jwk
    }
}
