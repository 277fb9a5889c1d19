//! What the provider says about itself (OpenID Connect Discovery, RFC 8414).

use kepil_policy::{Language, Policy};
use serde_json::{Value, json};

use super::{Alg, claims};
use crate::actions::sign_in::Strength;

/// The document at `/.well-known/openid-configuration`.
#[must_use]
pub fn document(issuer: &str, policy: &Policy) -> Value {
    let at = |path: &str| format!("{issuer}/{path}");
    let algs: Vec<&str> = Alg::ALL.iter().map(|alg| alg.word()).collect();
    let secret = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
    let any = ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"];
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": super::grant::userinfo_uri(issuer),
        "introspection_endpoint": at("introspect"),
        "revocation_endpoint": at("revoke"),
        "pushed_authorization_request_endpoint": at("par"),
        "device_authorization_endpoint": at("device_authorization"),
        "registration_endpoint": at("connect/register"),
        "jwks_uri": at("jwks"),
        "end_session_endpoint": at("logout"),
        "scopes_supported": ["openid", "profile", "email", "address", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "urn:ietf:params:oauth:grant-type:device_code",
        ],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": algs,
        "userinfo_signing_alg_values_supported": algs,
        "dpop_signing_alg_values_supported": algs,
        "token_endpoint_auth_methods_supported": any,
        "token_endpoint_auth_signing_alg_values_supported": algs,
        "introspection_endpoint_auth_methods_supported": secret,
        "introspection_endpoint_auth_signing_alg_values_supported": algs,
        "revocation_endpoint_auth_methods_supported": any,
        "revocation_endpoint_auth_signing_alg_values_supported": algs,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": [Strength::One.acr(), Strength::Two.acr()],
        "claim_types_supported": ["normal"],
        "claims_supported": claims::list(policy),
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "ui_locales_supported": Language::ALL.iter().map(|language| language.word()).collect::<Vec<_>>(),
    })
}
