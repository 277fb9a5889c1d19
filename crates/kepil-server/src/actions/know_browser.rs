//! Browsers that signed in before. Issue 3, items 6 and 9; clauses 2.5b1, 6.1b.
//!
//! A sign-in at any other is told by letter (`sign_in.rs`): what a browser says of itself can be copied, this cannot.
//! A browser becomes known when its person proved all that is asked for, or held the letter of a reset, and is not any more
//! when they change the password or sign out everywhere. Nothing is kept of it but how often all were forgotten.

use kepil_domain::Locator;
use kepil_store::OsEntropy;

use super::{ActionError, admit::Whose, factors, sign_in::find_person};
use crate::{App, known::KnownBrowser};

/// What the browser keeps from now on in which the person at `locator` signed in.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn know(app: &App, locator: Locator) -> Result<String, ActionError> {
    let generation = factors::load(app, locator).await?.forgotten;
    Ok(KnownBrowser::random(app.store.keys(), locator, generation, &mut OsEntropy)?.to_text())
}

/// The person whose account is tried, when `known` is theirs. Looks no further than the name of an account that is
/// another's: how long that takes does not tell whether there is one.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(crate) async fn find_owner(
    app: &App,
    whose: Whose<'_>,
    known: &KnownBrowser,
) -> Result<Option<Locator>, ActionError> {
    let found = match whose {
        Whose::Name(typed) => find_person(app, &app.policy()?.policy, typed).await?,
        Whose::Person(locator) => Some(locator),
    };
    let Some(locator) = found.filter(|locator| known.is_of(app.store.keys(), *locator)) else { return Ok(None) };
    let is_good = factors::load(app, locator).await?.forgotten == known.generation;
    Ok(is_good.then_some(locator))
}

/// Forgets every browser of the person at `locator`.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn forget_all(app: &App, locator: Locator) -> Result<(), ActionError> {
    factors::change(app, locator, &[], |factors| factors.forgotten = factors.forgotten.saturating_add(1)).await
}
