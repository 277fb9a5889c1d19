//! OpenID Connect over HTTP: discovery, authorization, the decisions on the way, tokens, userinfo, sign-out.
//!
//! Each handler parses, calls one action, answers. Start reading at [`router`]. Does not know: keys, SQL, why the gate
//! decides as it does.

mod authorize;
mod caller;
mod decide;
mod device;
mod discovery;
mod fault;
mod inspect;
mod logout;
mod push;
mod register;
pub(super) mod show;
mod token;
mod userinfo;
mod whom;

use axum::{
    Router,
    routing::{get, post},
};

pub use caller::ServiceCaller;
pub(super) use {authorize::redirect, show::asker};

use crate::App;

/// The addresses of the provider.
pub fn router() -> Router<App> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::document))
        .route("/jwks", get(discovery::jwks))
        .route("/authorize", get(authorize::authorize).post(authorize::authorize_posted))
        .route("/authorize/continue", get(authorize::go_on))
        .route("/whom", get(whom::form).post(whom::choose))
        .route("/accept", get(decide::accept_form).post(decide::accept))
        .route("/consent", get(decide::consent_form).post(decide::consent))
        .route("/token", post(token::token))
        .route("/introspect", post(inspect::introspect))
        .route("/revoke", post(inspect::revoke))
        .route("/par", post(push::push))
        .route("/connect/register", post(register::register))
        .route("/device_authorization", post(device::begin))
        .route("/device", get(device::form).post(device::answer))
        .route("/device/done", get(device::done))
        .route("/device/refused", get(device::refused))
        .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo_posted))
        .route("/logout", get(logout::logout).post(logout::logout_posted))
}
