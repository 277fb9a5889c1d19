//! Signed tokens in compact form (RFC 7515, 7519). One algorithm, pinned; the type of a token is checked, so that none
//! can stand for another.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::SigningKey;
use crate::actions::ActionError;

/// Unit: bytes. Tokens of ours are far smaller.
const TOKEN_MAX: usize = 8 * 1024;

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Typ {
    /// An access token (RFC 9068).
    Access,
    /// An ID token.
    Id,
}

impl Typ {
    fn word(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Id => "JWT",
        }
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// The header of a token as it came; any other member, `crit` above all, is one that we do not write.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// What every token says about itself.
#[derive(Deserialize)]
struct Common {
    iss: String,
    aud: String,
    exp: i64,
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

impl SigningKey {
    /// Signs `claims` as a token of type `typ`.
    ///
    /// # Errors
    /// [`ActionError::Broken`] when it cannot be signed.
    pub fn sign(&self, typ: Typ, claims: &impl Serialize) -> Result<String, ActionError> {
        let encode = |bytes: Result<Vec<u8>, serde_json::Error>| match bytes {
            Ok(bytes) => Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes)),
            Err(error) => Err(ActionError::Broken(error.to_string())),
        };
        let header = encode(serde_json::to_vec(&Header { alg: "ES256", typ: typ.word(), kid: self.kid() }))?;
        let mut token = format!("{header}.{}", encode(serde_json::to_vec(claims))?);
        let signature = self.sign_bytes(token.as_bytes())?;
        token.push('.');
        token.push_str(&BASE64_URL_SAFE_NO_PAD.encode(signature));
        Ok(token)
    }

    /// The claims of `token`, when this key signed it as `typ` for `audience`; `None` for everything else.
    #[must_use]
    pub fn verify<T: DeserializeOwned>(&self, typ: Typ, token: &str, audience: Audience<'_>) -> Option<T> {
        if token.len() > TOKEN_MAX {
            return None;
        }
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: SentHeader = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        if header.alg != "ES256" || header.typ != typ.word() || header.kid != self.kid() {
            return None;
        }
        if !self.is_signed(message.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?) {
            return None;
        }
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
        let common: Common = serde_json::from_slice(&claims).ok()?;
        let holds = common.iss == audience.issuer
            && audience.aud.is_none_or(|aud| common.aud == aud)
            && audience.now_s.is_none_or(|now_s| common.exp > now_s);
        if holds { serde_json::from_slice(&claims).ok() } else { None }
    }
}
