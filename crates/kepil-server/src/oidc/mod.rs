//! OpenID Connect: what is pure about the provider: keys, tokens, clients, requests, names of claims.
//!
//! RFC 6749, 7636, 7638, 9068, 9207; OpenID Connect Core, Discovery, RP-Initiated Logout. Start reading at
//! [`AuthRequest::parse`], then `actions/authorize.rs` and `actions/exchange.rs`. What a client is told follows from the
//! bundle and the gate, not from the scope. Does not know: HTTP, the store, any field or purpose by name.

pub mod claims;
pub mod client;
pub mod discovery;
mod fault;
pub mod grant;
mod jose;
mod key;
mod request;
#[cfg(test)]
mod tests;

pub use claims::assurance;
pub use client::{AuthMethod, Client, NewClient};
pub use fault::{Fault, OauthError};
pub use jose::{Audience, Typ};
pub use key::SigningKey;
pub use request::{AuthRequest, LogoutRequest, Params, is_offline, with_query};
