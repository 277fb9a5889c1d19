//! Signed tokens in compact form (RFC 7515, 7519): those that we sign, and those that a client signs for us.
//!
//! The algorithm is that of the key, never that of the token; the type of a token is checked, so that none can stand for
//! another. Start reading at [`Compact::parse`].

use std::{any::Any, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Alg, PublicKey, SigningKeys};
use crate::actions::ActionError;

/// Unit: bytes. Tokens of ours are far smaller, and so are a client's.
const TOKEN_MAX: usize = 8 * 1024;

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Typ {
    /// An access token (RFC 9068).
    Access,
    /// An ID token, or an answer of `/userinfo`.
    Id,
    /// A message that somebody signed out (OpenID Connect Back-Channel Logout).
    Logout,
    /// A statement of age without an account (clause 2.4c).
    Age,
}

impl Typ {
    fn word(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Id => "JWT",
            Self::Logout => "logout+jwt",
            Self::Age => "age+jwt",
        }
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// The header of a token as it came; any other member, `crit` above all, is one that we do not know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentHeader {
    alg: String,
    /// What the token says it is.
    pub typ: Option<String>,
    /// Which key it says it was signed with.
    pub kid: Option<String>,
    /// The key itself, where the standard has it there.
    pub jwk: Option<Value>,
}

/// A token in parts, not verified yet.
pub struct Compact<'a> {
    /// What it says about itself.
    pub header: SentHeader,
    message: &'a str,
    claims: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// The parts of `token`; `None` when it is none.
    #[must_use]
    pub fn parse(token: &'a str) -> Option<Self> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let bytes = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
        let header = serde_json::from_slice(&bytes(header)?).ok()?;
        Some(Self { header, message, claims: bytes(claims)?, signature: bytes(signature)? })
    }

    /// The claims, whoever signed them: to find the key with which to verify them, and for nothing else.
    #[must_use]
    pub fn danger_unverified<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.claims).ok()
    }

    /// The claims, when `key` signed them with its own algorithm.
    #[must_use]
    pub fn verify<T: DeserializeOwned>(&self, key: &PublicKey) -> Option<T> {
        if self.is_signed(key) { self.danger_unverified() } else { None }
    }

    fn is_signed(&self, key: &PublicKey) -> bool {
        self.header.alg == key.alg().word() && key.is_signed(self.message.as_bytes(), &self.signature)
    }
}

/// What every token of ours says about itself.
#[derive(Deserialize)]
struct Common {
    iss: String,
    aud: String,
    exp: i64,
}

/// A token of ours that was read: its signature held. Whatever else it must be is looked at each time.
#[derive(Clone)]
pub(super) struct Verified {
    typ: Typ,
    kid: String,
    common: Arc<Common>,
    claims: Arc<dyn Any + Send + Sync>,
}

impl Verified {
    /// When it ends. Unit: Unix seconds.
    pub fn until_s(&self) -> i64 {
        self.common.exp
    }
}

/// For whom a token must be, and when.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// Who must have issued it.
    pub issuer: &'a str,
    /// For whom; `None` when the caller looks at that.
    pub aud: Option<&'a str>,
    /// The moment at which it must hold; `None` when its end does not matter. Unit: Unix seconds.
    pub now_s: Option<i64>,
}

impl SigningKeys {
    /// Signs `claims` as a token of type `typ` with the key of `alg` at `now_s`.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when it cannot be signed.
    pub fn sign(&self, alg: Alg, typ: Typ, claims: &impl Serialize, now_s: i64) -> Result<String, ActionError> {
        let encode = |bytes: Result<Vec<u8>, serde_json::Error>| match bytes {
            Ok(bytes) => Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes)),
            Err(error) => Err(ActionError::Broken(error.to_string())),
        };
        let key = self.signer(alg, now_s)?;
        let header = encode(serde_json::to_vec(&Header { alg: alg.word(), typ: typ.word(), kid: key.kid() }))?;
        let mut token = format!("{header}.{}", encode(serde_json::to_vec(claims))?);
        let signature = key.sign_bytes(token.as_bytes())?;
        token.push('.');
        token.push_str(&BASE64_URL_SAFE_NO_PAD.encode(signature));
        Ok(token)
    }

    /// The claims of `token`, when a key of ours signed it as `typ` for `audience`; `None` for everything else. A token in use
    /// is read once.
    #[must_use]
    pub fn verify<T>(&self, typ: Typ, token: &str, audience: Audience<'_>) -> Option<Arc<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let hash: [u8; 32] = digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()?;
        let remembered = self.remembered(&hash);
        let is_new = remembered.is_none();
        let read = match remembered {
            Some(read) => read,
            None => self.read::<T>(typ, token)?,
        };
        // A key that is not there any more verifies nothing, remembered or not.
        let holds = read.typ == typ
            && self.find(&read.kid).is_some()
            && read.common.iss == audience.issuer
            && audience.aud.is_none_or(|aud| read.common.aud == aud)
            && audience.now_s.is_none_or(|now_s| read.common.exp > now_s);
        if !holds {
            return None;
        }
        if let Some(now_s) = audience.now_s.filter(|_| is_new) {
            self.remember(hash, read.clone(), now_s);
        }
        read.claims.downcast().ok()
    }

    /// Reads a token that a key of ours signed as `typ`.
    fn read<T>(&self, typ: Typ, token: &str) -> Option<Verified>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let compact = Compact::parse(token)?;
        let header = &compact.header;
        if header.typ.as_deref() != Some(typ.word()) || header.jwk.is_some() {
            return None;
        }
        let key = self.find(header.kid.as_deref()?)?;
        let claims: T = compact.verify(key.public())?;
        let common = compact.danger_unverified()?;
        Some(Verified { typ, kid: key.kid().to_owned(), common: Arc::new(common), claims: Arc::new(claims) })
    }
}
