//! The pages of people.

pub(in crate::http) mod before;
mod contents;
mod documents;
mod enter;
mod factors;
mod gone;
mod guardians;
mod inquiries;
mod invited;
mod join;
mod me;
mod once;
mod profile;
mod representing;
mod second;
mod sent;
pub(in crate::http) mod show;
mod sign_ins;
mod standing;
mod told;
mod wards;
mod whom;

use axum::{
    Router,
    routing::{get, post},
};

use crate::{App, pages::OWN};

/// Pages that are about the reader.
pub fn router() -> Router<App> {
    for_others()
        .merge(rights(OWN))
        .merge(rights("/me/representing/{id}"))
        .route("/", get(join::front))
        .route("/register", get(join::form).post(join::register))
        .route("/confirm", get(join::letter).post(join::confirm))
        .route("/sign-in", get(enter::form).post(enter::sign_in))
        .route("/sign-in/second", get(second::form).post(second::second))
        .route("/sign-in/send", post(sent::send_second))
        .route("/sign-in/lost", post(second::lost))
        .route("/sign-in/lost/stop", get(second::stop_form).post(second::stop))
        .route("/sign-in/passkey", post(second::passkey))
        .route("/sign-in/passkey/begin", post(second::begin_passkey))
        .route("/welcome", get(standing::welcome_form).post(standing::welcome))
        .route("/prove", get(second::prove_form).post(second::prove))
        .route("/me/security/send", post(sent::send_prove))
        .route("/destroyed/{number}", get(gone::gone))
        .route("/destroyed/{number}/certificate", get(gone::certificate))
        .route("/sign-out", get(enter::leave_form).post(enter::leave))
        .route("/reset", get(enter::reset_request).post(enter::send_reset))
        .route("/reset/form", get(enter::reset_form).post(enter::reset))
        .route("/language", post(enter::language))
        .route("/me", get(me::data))
        .route("/me/email", get(me::email_form).post(me::email))
        .route("/me/email/confirm", get(me::email_letter).post(me::email_confirm))
        .route("/named", get(profile::invitation).post(profile::answer))
        .route("/profiles/{service}/{address}", get(profile::public))
        .route("/contents/{content}", get(contents::public))
        .route("/me/security", get(enter::security))
        .route("/me/security/end", post(enter::end_session))
        .route("/me/security/password", post(enter::password))
        .route("/me/security/app", get(factors::app_form).post(factors::add_app))
        .route("/me/security/app/remove", post(factors::remove_app))
        .route("/me/security/everywhere", post(sign_ins::end_everywhere))
        .route("/me/security/sign-ins", get(sign_ins::list))
        .route("/me/security/sign-ins/{event}", get(sign_ins::pack))
        .route("/me/security/mail", post(sent::mail))
        .route("/me/security/phone", get(sent::phone_form).post(sent::phone))
        .route("/me/security/phone/confirm", post(sent::confirm_phone))
        .route("/me/security/sent/remove", post(sent::remove))
        .route("/me/security/codes", post(factors::codes))
        .route("/me/security/passkeys", post(factors::add_passkey))
        .route("/me/security/passkeys/begin", post(factors::begin_passkey))
        .route("/me/security/passkeys/remove", post(factors::remove_passkey))
        .route("/age/{service}", get(super::ages::form).post(super::ages::answer))
        .route("/documents/{name}", get(documents::document))
        .route("/editions", get(documents::editions))
        .route("/verify", get(super::ledgers::verify))
        .route("/editions/{no}/documents/{name}", get(documents::past_document))
        .route("/editions/{no}/changes", get(documents::changes))
}

/// What people do about what is theirs, and those who act for them: below `/me`, and below the page of whoever is acted for.
fn rights(base: &str) -> Router<App> {
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        .route(&at("/fields/{name}/edit"), get(me::edit_form).post(me::edit))
        .route(&at("/fields/{name}/remove"), post(me::remove))
        .route(&at("/kept/{compartment}/remove"), post(me::remove_all))
        .route(&at("/profile/{service}"), get(profile::settings).post(profile::set))
        .route(&at("/profile/{service}/named"), post(profile::ask))
        .route(&at("/profile/{service}/named/remove"), post(profile::remove_named))
        .route(&at("/activity"), get(me::activity))
        .route(&at("/activity/{compartment}/{event}"), get(me::receipt))
        .route(&at("/inquiries/{inquiry}"), get(inquiries::form).post(inquiries::answer))
        .route(&at("/told"), get(told::told))
        .route(&at("/contents"), get(contents::own))
        .route(&at("/contents/about"), get(contents::about))
        .route(&at("/contents/{content}"), post(contents::set))
        .route(&at("/services"), get(standing::services))
        .route(&at("/services/{service}/accept"), get(standing::accept_form).post(standing::accept))
        .route(&at("/services/{service}/leave"), post(standing::leave))
        .route(&at("/consents"), get(standing::consents))
        .route(&at("/consents/set"), post(standing::set_consent))
        .route(&at("/consents/{service}/{purpose}"), get(standing::claims_form).post(standing::claims))
        .route(&at("/block"), get(standing::block_form).post(standing::block))
        .route(&at("/close"), get(standing::close_form).post(standing::close))
}

/// Pages of whoever acts for a legal entity or a ward, and of whoever has a guardian.
fn for_others() -> Router<App> {
    Router::new()
        .route("/invited", get(invited::form).post(invited::answer))
        .route("/me/guardians", get(guardians::list))
        .route("/me/guardians/ask", get(guardians::ask_form).post(guardians::ask))
        .route("/me/guardians/end", post(guardians::end))
        .route("/me/representing", get(representing::list))
        .route("/me/representing/make", get(representing::make_form).post(representing::make))
        .route(wards::MAKE, get(wards::make_form).post(wards::make))
        .route("/me/representing/{id}/in", get(wards::way_in_form).post(wards::way_in))
        .route("/me/representing/{id}", get(representing::entity))
        .route("/me/representing/{id}/invite", get(representing::invite_form).post(representing::invite))
        .route("/me/representing/{id}/revoke", post(representing::revoke))
        .route("/me/representing/{id}/head", post(representing::head))
        .route("/me/representing/{id}/name", post(representing::name))
        .route("/me/representing/{id}/leave", post(representing::leave))
}

/// What is the same for every reader.
pub fn public() -> Router<App> {
    Router::new().route("/assets/kepil.css", get(documents::style)).route("/assets/kepil.js", get(documents::script))
}
