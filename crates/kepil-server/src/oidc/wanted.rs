//! What a client asks to be told: the words of the scope and the `claims` parameter (OpenID Connect Core 5.4, 5.5).
//!
//! Asking only narrows: what may be told at all follows from the bundle, the agreement and the person's consent. A client
//! that asks for nothing in particular is told what its agreement gives.

use std::collections::BTreeSet;

use kepil_policy::{Category, Field};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Fault, Params, claims::claim_name};

/// Unit: claims. More than any bundle has for one service.
const NAMES_MAX: usize = 200;

/// What a client asks to be told.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Wanted {
    /// Names of claims; `None` when the client did not send the parameter.
    names: Option<BTreeSet<String>>,
    /// Words of the scope that stand for several claims.
    words: BTreeSet<String>,
}

/// What the `claims` parameter asks of the ID token.
#[derive(Debug, Default)]
pub struct InIdToken {
    /// Whom the client means, by its own id.
    pub sub: Option<String>,
    /// When the person signed in is to be told.
    pub auth_time: bool,
    /// How well the person must have proved who they are: one of these, if there are any.
    pub acr: Vec<String>,
}

/// The words of the scope that stand for several claims.
pub const WORDS: [&str; 4] = ["address", "email", "phone", "profile"];

/// The word that asks for `field`.
fn word_of(field: &Field) -> Option<&'static str> {
    match field.category {
        Category::Name | Category::BirthDate | Category::Login => Some("profile"),
        Category::Email => Some("email"),
        Category::Residence => Some("address"),
        // A telephone number is never told because of a word of the scope (clause 2.1¶C2).
        _ => None,
    }
}

impl Wanted {
    /// Reads what is asked for.
    ///
    /// # Errors
    /// [`Fault::InvalidRequest`] when the `claims` parameter is none.
    pub fn parse(params: &Params, scope: &str) -> Result<(Self, InIdToken), Fault> {
        let words = scope.split(' ').filter(|word| WORDS.contains(word)).map(str::to_owned).collect();
        let Some(sent) = params.find("claims")? else {
            return Ok((Self { names: None, words }, InIdToken::default()));
        };
        let malformed = Fault::InvalidRequest("claims is not the object that OpenID Connect Core 5.5 describes");
        let sent: Map<String, Value> = serde_json::from_str(sent).map_err(|_| malformed)?;
        let part = |name: &str| match sent.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(part)) => Ok(Some(part)),
            Some(_) => Err(malformed),
        };
        let (userinfo, id_token) = (part("userinfo")?, part("id_token")?);
        let is_form = |part: &Map<String, Value>| {
            part.len() <= NAMES_MAX && part.values().all(|asked| asked.is_null() || asked.is_object())
        };
        if !userinfo.into_iter().chain(id_token).all(is_form) {
            return Err(malformed);
        }
        let sub = id_token.and_then(|part| part.get("sub")).and_then(|asked| asked.get("value"));
        let acr = id_token.and_then(|part| part.get("acr"));
        let is_needed = acr.and_then(|asked| asked.get("essential")).is_some_and(|word| word == &Value::Bool(true));
        let values = |asked: &Value| match (asked.get("value"), asked.get("values")) {
            (Some(Value::String(one)), _) => vec![one.clone()],
            (_, Some(Value::Array(all))) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let in_id_token = InIdToken {
            acr: acr.filter(|_| is_needed).map(values).unwrap_or_default(),
            sub: sub.and_then(Value::as_str).map(str::to_owned),
            auth_time: id_token.is_some_and(|part| part.contains_key("auth_time")),
        };
        Ok((Self { names: userinfo.map(|part| part.keys().cloned().collect()), words }, in_id_token))
    }

    /// Whether the client asks for `field`.
    #[must_use]
    pub fn has(&self, field: &Field) -> bool {
        if self.names.is_none() && self.words.is_empty() {
            return true;
        }
        let is_named = |names: &BTreeSet<String>| {
            names.contains(&field.name) || claim_name(field).is_some_and(|name| names.contains(name))
        };
        self.names.as_ref().is_some_and(is_named) || word_of(field).is_some_and(|word| self.words.contains(word))
    }
}
