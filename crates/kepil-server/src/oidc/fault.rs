//! What the provider answers to a client instead of what it asked for: the closed words of OAuth and OpenID Connect.

use kepil_store::StoreError;

use crate::actions::ActionError;

/// A word of RFC 6749 (4.1.2.1, 5.2), 6750, 7009, 7591, 8628, 9449 or OpenID Connect Core (3.1.2.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Something is missing, doubled or malformed.
    InvalidRequest(&'static str),
    /// The client did not prove who it is.
    InvalidClient,
    /// The code, refresh token or what it stands for is not valid any more.
    InvalidGrant,
    /// No such grant.
    UnsupportedGrantType,
    /// The client may not use this grant.
    UnauthorizedClient,
    /// Only `code` is served.
    UnsupportedResponseType,
    /// The scope lacks `openid` or asks for what was not granted.
    InvalidScope,
    /// The person refused, or may not be asked.
    AccessDenied,
    /// `prompt=none`, but the person must sign in.
    LoginRequired,
    /// `prompt=none`, but the person must accept first.
    InteractionRequired,
    /// `prompt=none`, but the person must release claims first.
    ConsentRequired,
    /// Request objects are not served.
    RequestNotSupported,
    /// Request objects by reference are not served.
    RequestUriNotSupported,
    /// Registration within a request is not served.
    RegistrationNotSupported,
    /// The person proved who they are less well than the client needs.
    UnmetRequirements,
    /// The access token does not open anything.
    InvalidToken,
    /// A token of this kind cannot be revoked (RFC 7009).
    UnsupportedTokenType,
    /// The proof of a key is missing, stale, used or of another request (RFC 9449).
    InvalidDpopProof,
    /// The person has not answered yet (RFC 8628).
    AuthorizationPending,
    /// The device asks too often.
    SlowDown,
    /// The device's code is past its end.
    ExpiredToken,
    /// A client cannot be registered so (RFC 7591); what the hint says.
    InvalidClientMetadata,
    /// A client cannot be registered with such an address.
    InvalidRedirectUri,
}

impl Fault {
    /// The word of the standard.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::InteractionRequired => "interaction_required",
            Self::ConsentRequired => "consent_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::UnmetRequirements => "unmet_authentication_requirements",
            Self::InvalidToken => "invalid_token",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
        }
    }

    /// What a developer can mend; never about a person.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Self::InvalidRequest(hint) => Some(hint),
            _ => None,
        }
    }
}

/// Why a client was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum OauthError {
    /// The client or the person is why.
    #[error("{}", .0.word())]
    Fault(Fault),
    /// Something of ours failed.
    #[error(transparent)]
    Action(#[from] ActionError),
}

impl From<Fault> for OauthError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for OauthError {
    fn from(error: StoreError) -> Self {
        Self::Action(error.into())
    }
}
