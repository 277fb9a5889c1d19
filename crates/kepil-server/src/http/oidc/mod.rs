//! OpenID Connect over HTTP: discovery, authorization, the decisions on the way, tokens, userinfo, sign-out.
//!
//! Each handler parses, calls one action, answers. Start reading at [`endpoints`]. Does not know: keys, SQL, why the gate
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
pub(super) use {
    authorize::redirect,
    show::{age_bar, asker},
};

use crate::App;

/// Where people are sent on their way to a service.
pub fn pages() -> Router<App> {
    Router::new()
        .route("/authorize", get(authorize::authorize).post(authorize::authorize_posted))
        .route("/authorize/continue", get(authorize::go_on))
        .route("/whom", get(whom::form).post(whom::choose))
        .route("/accept", get(decide::accept_form).post(decide::accept))
        .route("/consent", get(decide::consent_form).post(decide::consent))
        .route("/device", get(device::form).post(device::answer))
        .route("/device/done", get(device::done))
        .route("/device/refused", get(device::refused))
        .route("/logout", get(logout::logout).post(logout::logout_posted))
}

/// What clients ask by themselves: nobody reads a page there, and no session counts.
pub fn endpoints() -> Router<App> {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery::document))
        .route("/jwks", get(discovery::jwks))
        .route("/token", post(token::token))
        .route("/introspect", post(inspect::introspect))
        .route("/revoke", post(inspect::revoke))
        .route("/par", post(push::push))
        .route("/connect/register", post(register::register))
        .route("/device_authorization", post(device::begin))
        .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo_posted))
}
