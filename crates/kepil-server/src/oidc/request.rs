//! What a client asks when it sends a person: parsed once, kept sealed while the person signs in and decides.
//!
//! RFC 6749 (4.1.1), 7636, 9207; OpenID Connect Core (3.1.2.1). Start reading at [`AuthRequest::parse`].

use kepil_policy::{Policy, Service};
use serde::{Deserialize, Serialize};

use super::{Client, Fault};

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

/// What a client asks when it sends a person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AuthRequest {
    /// The client.
    pub client_id: String,
    /// Its service.
    pub service: String,
    /// Where to send the person back: one of the client's addresses.
    pub redirect_uri: String,
    /// Sent back as it came.
    pub state: Option<String>,
    /// Repeated in the ID token.
    pub nonce: Option<String>,
    /// The proof key.
    pub challenge: Option<String>,
    /// The known words of the scope.
    pub scope: String,
    /// No page may be shown.
    pub is_silent: bool,
    /// When it came. Unit: Unix seconds.
    pub asked_s: i64,
    /// The person must have signed in since this moment. Unit: Unix seconds.
    pub signed_in_since_s: Option<i64>,
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
        let service = policy.find_service(&client.service).ok_or(Fault::UnauthorizedClient)?;
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
        let prompt: Vec<&str> =
            params.find("prompt")?.unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
        let is_silent = prompt.contains(&"none");
        if is_silent && prompt.len() > 1 {
            return Err(Fault::InvalidRequest("prompt has more than none"));
        }
        let wants_login = prompt.iter().any(|word| ["login", "select_account"].contains(word));
        let signed_in_since_s = match max_age(params)? {
            _ if wants_login => Some(now_s),
            age => age.map(|age_s| now_s.saturating_sub(age_s)),
        };
        Ok(Self {
            client_id: client.id.clone(),
            service: client.service.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: params.find("state")?.map(str::to_owned),
            nonce: params.find("nonce")?.map(str::to_owned),
            challenge: challenge(params, client)?,
            scope: scope(params, policy, service)?,
            is_silent,
            asked_s: now_s,
            signed_in_since_s,
            shows_terms: prompt.contains(&"consent"),
            keeps_edition: false,
            refused: Vec::new(),
        })
    }

    /// Whether a sign-in at `auth_time_s` is recent enough.
    #[must_use]
    pub fn is_fresh(&self, auth_time_s: i64) -> bool {
        self.signed_in_since_s.is_none_or(|since_s| auth_time_s >= since_s)
    }

    /// Where the person is sent with `params`, the state and the issuer (RFC 9207).
    #[must_use]
    pub fn back(&self, params: &[(&str, &str)], issuer: &str) -> String {
        let mut all = params.to_vec();
        all.extend(self.state.as_deref().map(|state| ("state", state)));
        all.push(("iss", issuer));
        with_query(&self.redirect_uri, &all)
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

fn challenge(params: &Params, client: &Client) -> Result<Option<String>, Fault> {
    match (params.find("code_challenge")?, params.find("code_challenge_method")?) {
        (None, None) if !client.needs_challenge() => Ok(None),
        (None, _) => Err(Fault::InvalidRequest("code_challenge is missing")),
        (Some(challenge), Some("S256")) => {
            let fits = challenge.len() == 43
                && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            if fits {
                Ok(Some(challenge.to_owned()))
            } else {
                Err(Fault::InvalidRequest("code_challenge is malformed"))
            }
        }
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
        ["openid", "profile", "email", "offline_access"].contains(word) || policy.find_use(service, word).is_some()
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
