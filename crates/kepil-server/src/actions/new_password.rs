//! Whether a password may be set: at registration, after a forgotten one, and when it is changed. Clauses 2.1¶C1, 6.1b.
//!
//! One place decides, for all three. Start reading at [`judge`]. Does not know: how strength is measured.

use kepil_domain::{Locator, Personal};

use super::{ActionError, my_data};
use crate::{
    App,
    password::{PasswordError, PasswordFault},
};

/// What is wrong with `password` for a person about whom `own` is known; `None` when it may be set.
///
/// # Errors
/// [`ActionError::Busy`] when too many are waiting, [`ActionError::Broken`] when the list of stolen ones cannot be read.
pub(crate) async fn judge(
    app: &App,
    password: &Personal<String>,
    mut own: Vec<Personal<String>>,
) -> Result<Option<PasswordFault>, ActionError> {
    // The first that somebody tries who knows where the password is for.
    let policy = app.policy()?;
    let names =
        kepil_policy::Language::ALL.iter().map(|language| policy.policy.operator().name.get(*language).to_owned());
    own.extend(names.chain([app.config.issuer.clone()]).map(Personal::new));
    app.hasher.judge(password.copy(), own, app.stolen.clone()).await.map_err(|error| match error {
        PasswordError::Busy => ActionError::Busy,
        PasswordError::Failed | PasswordError::NoList => ActionError::Broken(error.to_string()),
    })
}

/// As [`judge`], for the person at `locator`: their own data are opened for it, with an entry that they see.
///
/// # Errors
/// As [`judge`]; [`ActionError`] when facts or ledger failed.
pub(crate) async fn judge_for(
    app: &App,
    locator: Locator,
    password: &Personal<String>,
) -> Result<Option<PasswordFault>, ActionError> {
    judge(app, password, my_data::words(app, locator).await?).await
}
