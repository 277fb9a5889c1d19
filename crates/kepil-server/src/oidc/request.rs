//! What a client asks when it sends a person: parsed once, kept sealed while the person signs in and decides.
//!
//! RFC 6749 (4.1.1), 7636, 9207; OpenID Connect Core (3.1.2.1). Start reading at [`AuthRequest::parse`].

use kepil_policy::{Language, Policy, Service};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::{
    Client, Fault, GrantType,
    wanted::{WORDS, Wanted},
};

/// Unit: bytes. The longest parameter that is kept.
const PARAM_MAX: usize = 2048;

/// Names and values as a client sent them.
pub struct Params(pub Vec<(String, String)>);

impl Params {
    /// The value of `name`; an empty one counts as none.
    ///
    /// # Errors
    /// [`Fault::InvalidRequest`] when it was sent twice or is too long.
    pub fn find(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() {
            return Err(Fault::InvalidRequest("a parameter was sent twice"));
        }
        if first.is_some_and(|value| value.len() > PARAM_MAX) {
            return Err(Fault::InvalidRequest("a parameter is too long"));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// Whether `name` was sent at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

/// Where a request is answered.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Answer {
    /// At one of the client's addresses, with a code.
    Back {
        /// The address.
        redirect_uri: String,
        /// Sent back as it came.
        state: Option<String>,
    },
    /// At a device that waits (RFC 8628): its code.
    Device(String),
}

/// What a client thinks that a person types to sign in. Not printed.
#[derive(Clone, Default, Deserialize, Serialize)]
pub struct LoginHint(pub String);

impl std::fmt::Debug for LoginHint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("LoginHint")
    }
}

impl Drop for LoginHint {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What a client asks when it sends a person.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer to a question of its own")]
pub struct AuthRequest {
    /// The client.
    pub client_id: String,
    /// Its service.
    pub service: String,
    /// Where it is answered.
    pub answer: Answer,
    /// Repeated in the ID token.
    pub nonce: Option<String>,
    /// The proof key.
    pub challenge: Option<String>,
    /// Thumbprint of the key that the code is bound to (RFC 9449).
    pub jkt: Option<String>,
    /// The known words of the scope.
    pub scope: String,
    /// What the client asks to be told.
    pub wanted: Wanted,
    /// No page may be shown.
    pub is_silent: bool,
    /// When it came. Unit: Unix seconds.
    pub asked_s: i64,
    /// The person must have signed in since this moment. Unit: Unix seconds.
    pub signed_in_since_s: Option<i64>,
    /// The client is told when the person signed in.
    pub tells_auth_time: bool,
    /// Whom the client means, by its own id.
    pub sub: Option<String>,
    /// For whom the person goes, as they said on the way: the service's id for themselves or for a legal entity.
    #[serde(default)]
    pub whom: Option<String>,
    /// In which session they said so.
    #[serde(default)]
    pub whom_by: Option<[u8; 16]>,
    /// How well the person must have proved who they are: one of these, if there are any.
    pub acr: Vec<String>,
    /// The person was sent to sign in.
    pub was_sent: bool,
    /// What the client thinks that the person types to sign in.
    pub login_hint: LoginHint,
    /// The client wants to be told when the person signs out.
    pub tells_sign_out: bool,
    /// The languages that the client wishes for the person, the first one first.
    pub ui_locales: String,
    /// What the person accepts is to be shown, even if they accepted it before.
    pub shows_terms: bool,
    /// The person saw a later edition and keeps the one that they accepted.
    pub keeps_edition: bool,
    /// Optional purposes, asked claim by claim, that the person refused on the way.
    pub refused: Vec<String>,
}

impl AuthRequest {
    /// Reads what a client asks. Client and redirect address were checked before: faults may be sent there.
    ///
    /// # Errors
    /// [`Fault`] for the client.
    pub fn parse(
        params: &Params,
        client: &Client,
        redirect_uri: &str,
        policy: &Policy,
        now_s: i64,
    ) -> Result<Self, Fault> {
        for (name, fault) in [
            ("request", Fault::RequestNotSupported),
            ("request_uri", Fault::RequestUriNotSupported),
            ("registration", Fault::RegistrationNotSupported),
        ] {
            if params.has(name) {
                return Err(fault);
            }
        }
        match params.find("response_type")? {
            Some("code") => {}
            Some(_) => return Err(Fault::UnsupportedResponseType),
            None => return Err(Fault::InvalidRequest("response_type is missing")),
        }
        if params.find("response_mode")?.is_some_and(|mode| mode != "query") {
            return Err(Fault::InvalidRequest("response_mode is not served"));
        }
        if !client.may(GrantType::Code) {
            return Err(Fault::UnauthorizedClient);
        }
        let prompt: Vec<&str> =
            params.find("prompt")?.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
        let is_silent = prompt.contains(&"none");
        if is_silent && prompt.len() > 1 {
            return Err(Fault::InvalidRequest("prompt has more than none"));
        }
        let wants_login = prompt.iter().any(|word| ["login", "select_account"].contains(word));
        let state = params.find("state")?.map(str::to_owned);
        let back = Answer::Back { redirect_uri: redirect_uri.to_owned(), state };
        let request = Self::plain(params, client, back, policy, now_s)?;
        Ok(Self {
            nonce: params.find("nonce")?.map(str::to_owned),
            challenge: challenge(params, client)?,
            jkt: thumbprint(params)?,
            is_silent,
            signed_in_since_s: if wants_login { Some(now_s) } else { request.signed_in_since_s },
            shows_terms: prompt.contains(&"consent"),
            ..request
        })
    }

    /// Reads what all requests have: for a device there is no more.
    ///
    /// # Errors
    /// [`Fault`] for the client.
    pub fn plain(params: &Params, client: &Client, answer: Answer, policy: &Policy, now_s: i64) -> Result<Self, Fault> {
        let service = policy.find_service(&client.service).ok_or(Fault::UnauthorizedClient)?;
        let scope = scope(params, policy, service)?;
        let (wanted, in_id_token) = Wanted::parse(params, &scope)?;
        let age_s = max_age(params)?.or(client.metadata.default_max_age.map(i64::from));
        Ok(Self {
            client_id: client.id.clone(),
            service: client.service.clone(),
            answer,
            nonce: None,
            challenge: None,
            jkt: None,
            scope,
            wanted,
            is_silent: false,
            asked_s: now_s,
            signed_in_since_s: age_s.map(|age_s| now_s.saturating_sub(age_s)),
            tells_auth_time: age_s.is_some() || client.metadata.require_auth_time || in_id_token.auth_time,
            sub: in_id_token.sub,
            acr: in_id_token.acr,
            was_sent: false,
            login_hint: LoginHint(params.find("login_hint")?.unwrap_or_default().to_owned()),
            tells_sign_out: client.metadata.backchannel_logout_uri.is_some(),
            ui_locales: params.find("ui_locales")?.unwrap_or_default().to_owned(),
            whom: None,
            whom_by: None,
            shows_terms: false,
            keeps_edition: false,
            refused: Vec::new(),
        })
    }

    /// Whether a sign-in at `auth_time_s` is recent enough.
    #[must_use]
    pub fn is_fresh(&self, auth_time_s: i64) -> bool {
        self.signed_in_since_s.is_none_or(|since_s| auth_time_s >= since_s)
    }

    /// The first language of the client's wishes that the pages have.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        self.ui_locales.split(' ').find_map(|tag| Language::parse(tag.split('-').next()?))
    }

    /// Where the person is sent with `params`, the state and the issuer (RFC 9207); `None` when a device waits.
    #[must_use]
    pub fn back(&self, params: &[(&str, &str)], issuer: &str) -> Option<String> {
        let Answer::Back { redirect_uri, state } = &self.answer else { return None };
        let mut all = params.to_vec();
        all.extend(state.as_deref().map(|state| ("state", state)));
        all.push(("iss", issuer));
        Some(with_query(redirect_uri, &all))
    }
}

/// Whether `scope` asks for refresh tokens.
#[must_use]
pub fn is_offline(scope: &str) -> bool {
    scope.split(' ').any(|word| word == "offline_access")
}

fn max_age(params: &Params) -> Result<Option<i64>, Fault> {
    let sent = params.find("max_age")?;
    let age = sent.map(|text| text.parse::<u32>().map(i64::from)).transpose();
    age.map_err(|_| Fault::InvalidRequest("max_age is not a number of seconds"))
}

fn thumbprint(params: &Params) -> Result<Option<String>, Fault> {
    let sent = params.find("dpop_jkt")?;
    if sent.is_none_or(is_digest) {
        Ok(sent.map(str::to_owned))
    } else {
        Err(Fault::InvalidRequest("dpop_jkt is malformed"))
    }
}

/// Whether `text` is a SHA-256 in base64url.
fn is_digest(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn challenge(params: &Params, client: &Client) -> Result<Option<String>, Fault> {
    match (params.find("code_challenge")?, params.find("code_challenge_method")?) {
        (None, None) if !client.needs_challenge() => Ok(None),
        (None, _) => Err(Fault::InvalidRequest("code_challenge is missing")),
        (Some(challenge), Some("S256")) if is_digest(challenge) => Ok(Some(challenge.to_owned())),
        (Some(_), Some("S256")) => Err(Fault::InvalidRequest("code_challenge is malformed")),
        (Some(_), _) => Err(Fault::InvalidRequest("code_challenge_method must be S256")),
    }
}

/// The words of the scope that are known: those of the standard and the purposes of the service. Others are passed over.
fn scope(params: &Params, policy: &Policy, service: &Service) -> Result<String, Fault> {
    let sent: Vec<&str> = params.find("scope")?.unwrap_or_default().split(' ').collect();
    if !sent.contains(&"openid") {
        return Err(Fault::InvalidScope);
    }
    let is_known = |word: &&str| {
        ["openid", "offline_access"].contains(word) || WORDS.contains(word) || policy.find_use(service, word).is_some()
    };
    let mut known: Vec<&str> = sent.into_iter().filter(is_known).collect();
    known.sort_unstable();
    known.dedup();
    Ok(known.join(" "))
}

/// A sign-out that a client asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LogoutRequest {
    /// The service, if the client said who it is.
    pub service: Option<String>,
    /// The service's id for the person, from a hint that we signed.
    pub sub: Option<String>,
    /// Where to send the person back: one of the client's addresses, the state included.
    pub back: Option<String>,
}

/// `uri` with `params` added to its query.
#[must_use]
pub fn with_query(uri: &str, params: &[(&str, &str)]) -> String {
    let mut out = uri.to_owned();
    for (name, value) in params {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(char::from(byte));
            } else {
                out.push('%');
                out.extend(
                    [byte >> 4, byte & 15]
                        .into_iter()
                        .filter_map(|half| char::from_digit(half.into(), 16))
                        .map(|it| it.to_ascii_uppercase()),
                );
            }
        }
    }
    out
}
