//! OpenID Connect: what is pure about the provider: keys, tokens, clients, requests, names of claims.
//!
//! RFC 6749, 7523, 7591, 7636, 7638, 8628, 9068, 9126, 9207, 9449; OpenID Connect Core, Discovery, Dynamic Registration,
//! RP-Initiated and Back-Channel Logout. Start reading at
//! [`AuthRequest::parse`], then `actions/authorize.rs` and `actions/exchange.rs`. What a client is told follows from the
//! bundle and the gate, not from the scope. Does not know: HTTP, the store, any field or purpose by name.

pub mod claims;
pub mod client;
pub mod discovery;
mod fault;
pub mod grant;
mod jose;
mod jwk;
mod keys;
mod metadata;
pub mod proof;
mod request;
#[cfg(test)]
pub(crate) mod tests;
mod wanted;

pub use claims::assurance;
pub use client::{Client, Clients, NewClient};
pub use fault::{Fault, OauthError};
pub use jose::{Audience, Typ};
pub use jwk::{Alg, PublicKey};
pub use keys::SigningKeys;
pub use metadata::{AuthMethod, GrantType, KeySet, Metadata, MetadataError};
pub use request::{Answer, AuthRequest, LogoutRequest, Params, is_offline, with_query};
pub use wanted::Wanted;
