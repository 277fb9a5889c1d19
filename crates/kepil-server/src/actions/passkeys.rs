//! Passkeys: a key that the person's device keeps, and that a look, a finger or a PIN on that device opens. Clauses 2.1¶C1,
//! 2.2c, 5.1: nothing biometric leaves the device.
//!
//! An authenticator knows the person by a random handle of its own; the blind index finds them by it.

use kepil_domain::{Locator, Personal, vault::IndexTerm};
use kepil_policy::Language;
use kepil_store::{Taken, TicketKind};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential,
    Url, Uuid, Webauthn, WebauthnBuilder,
};

use super::{
    ActionError,
    credentials::own_name,
    factors::{self, Added, broken, change, keep},
    sign_in::Means,
};
use crate::{App, factors::NamedPasskey, oidc::grant::to_content};

/// Unit: letters. The longest name of a passkey.
const NAME_MAX: usize = 40;

/// What verifies passkeys for the site at `issuer`; `None` when browsers have none for it, such as one without a name.
#[must_use]
pub fn verifier(issuer: &str) -> Option<Webauthn> {
    let url = Url::parse(issuer).ok()?;
    let name = url.domain()?.to_owned();
    WebauthnBuilder::new(&name, &url).ok()?.rp_name(&name).build().ok()
}

fn site(app: &App) -> Result<&Webauthn, ActionError> {
    app.webauthn.as_deref().ok_or(ActionError::Input("passkey"))
}

fn handle_term(app: &App, handle: Uuid) -> Result<IndexTerm, ActionError> {
    Ok(IndexTerm::of(app.store.keys(), "passkey handle", &Personal::new(handle.to_string()))?)
}

/// What a browser needs to make a passkey for the person, and the token for the next step. Their device keeps by which name
/// they sign in, and shows it: two accounts of one person do not look the same.
///
/// # Errors
/// [`ActionError::Input`] when the site has no name for passkeys.
pub async fn begin_adding(app: &App, locator: Locator) -> Result<Value, ActionError> {
    let own = own_name(app, locator).await?.ok_or(ActionError::Expired)?;
    let name = own.reveal();
    let fresh = Uuid::from_bytes(*App::new_event()?.0.first_chunk().unwrap_or(&[0; 16]));
    let factors = factors::load(app, locator).await?;
    let handle = factors.handle.unwrap_or(fresh);
    let known = factors.passkeys.iter().map(|own| own.key.cred_id().clone()).collect();
    let (options, state) = site(app)?.start_passkey_registration(handle, name, name, Some(known)).map_err(broken)?;
    let content = to_content(&(locator.0, handle, state)).map_err(broken)?;
    let token = keep(app, TicketKind::Passkey, Some(locator), content).await?;
    let mut options = serde_json::to_value(options).map_err(broken)?;
    // One that the device keeps under the person's handle: nothing is typed at sign-in.
    if let Some(selection) = options.pointer_mut("/publicKey/authenticatorSelection") {
        *selection = json!({ "residentKey": "required", "requireResidentKey": true, "userVerification": "required" });
    }
    Ok(json!({ "options": options, "state": token }))
}

/// Takes the passkey that the browser made. The person is told.
///
/// # Errors
/// [`ActionError::Input`] when it does not verify, [`ActionError::Expired`] when nothing was begun.
pub async fn add(
    app: &App,
    locator: Locator,
    (token, credential): (&str, &str),
    name: &str,
    language: Language,
) -> Result<Added, ActionError> {
    let Taken::First(ticket) = app.store.take_ticket(TicketKind::Passkey, token, app.now().unix_s()).await? else {
        return Err(ActionError::Expired);
    };
    let (own, handle, state): ([u8; 16], Uuid, PasskeyRegistration) =
        serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
    if own != locator.0 {
        return Err(ActionError::Expired);
    }
    let credential: RegisterPublicKeyCredential =
        serde_json::from_str(credential).map_err(|_| ActionError::Input("passkey"))?;
    let key = site(app)?.finish_passkey_registration(&credential, &state).map_err(|_| ActionError::Input("passkey"))?;
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let named = NamedPasskey { name, added_s: app.now().unix_s(), key };
    // Found by the handle first: a passkey that nobody finds would lock nobody in.
    app.store.add_holder(&handle_term(app, handle)?, locator).await?;
    factors::add(app, locator, Means::Passkey, language, |factors| {
        factors.handle = Some(handle);
        factors.passkeys.push(named.clone());
    })
    .await
}

/// Takes a passkey away, by its place in the list. The person is told.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn remove(app: &App, locator: Locator, at: usize, language: Language) -> Result<(), ActionError> {
    factors::remove(app, locator, &[Means::Passkey], language, |factors| {
        if at < factors.passkeys.len() {
            factors.passkeys.remove(at);
        }
    })
    .await
}

/// What `browser` needs to show a passkey of whoever sits there, and the token for the next step.
///
/// # Errors
/// [`ActionError::Input`] when the site has no name for passkeys.
pub async fn begin_showing(app: &App, browser: [u8; 16]) -> Result<Value, ActionError> {
    let (options, state) = site(app)?.start_discoverable_authentication().map_err(broken)?;
    let token = keep(app, TicketKind::Passkey, None, to_content(&(browser, state)).map_err(broken)?).await?;
    let mut options = serde_json::to_value(options).map_err(broken)?;
    if let Some(members) = options.as_object_mut() {
        // The person pressed a button: the browser asks in a window of its own.
        members.remove("mediation");
    }
    Ok(json!({ "options": options, "state": token }))
}

/// Whose passkey `browser` showed; `None` when it is nobody's, or does not verify. What another browser was asked for is
/// worth nothing here: an answer that somebody took away before it was used opens nothing elsewhere.
///
/// # Errors
/// [`ActionError::Expired`] when nothing was begun in this browser.
pub async fn shown(
    app: &App,
    token: &str,
    credential: &str,
    browser: [u8; 16],
) -> Result<Option<Locator>, ActionError> {
    let Taken::First(ticket) = app.store.take_ticket(TicketKind::Passkey, token, app.now().unix_s()).await? else {
        return Err(ActionError::Expired);
    };
    let (asked, state): ([u8; 16], DiscoverableAuthentication) =
        serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
    if asked != browser {
        return Err(ActionError::Expired);
    }
    let Ok(credential) = serde_json::from_str::<PublicKeyCredential>(credential) else { return Ok(None) };
    let site = site(app)?;
    let Ok((handle, id)) = site.identify_discoverable_authentication(&credential) else { return Ok(None) };
    let Some(locator) = app.store.find_holder(&handle_term(app, handle)?).await? else { return Ok(None) };
    let own = factors::load(app, locator).await?;
    let Some(named) = own.passkeys.iter().find(|named| named.key.cred_id().as_slice() == id) else { return Ok(None) };
    let key = DiscoverableKey::from(&named.key);
    let Ok(shown) = site.finish_discoverable_authentication_v2(&credential, state, &key) else { return Ok(None) };
    if shown.needs_update() {
        change(app, locator, &[], |factors| {
            for named in &mut factors.passkeys {
                named.key.update_credential(&shown);
            }
        })
        .await?;
    }
    factors::stop_lost(app, locator).await?;
    Ok(Some(locator))
}
