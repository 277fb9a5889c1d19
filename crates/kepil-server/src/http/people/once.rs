//! A form that makes something is good once: sent twice, or four times at once, it makes one. Clauses 1.1b, 2.4c.

use kepil_domain::hex;

use crate::{
    App,
    actions::ActionError,
    http::{posted::Posted, problem::HttpError, visitor::Session},
    pages::Carry,
};

/// Name of what such a form posts back.
const ONCE: &str = "once";
/// How long a form is remembered. Unit: seconds.
const KEPT_S: i64 = 86_400;
/// Unit: bytes.
const LONGEST: usize = 64;

/// What a fresh form carries.
pub(super) fn fresh() -> Result<Carry, HttpError> {
    Ok(vec![(ONCE.to_owned(), App::new_event()?.to_string())])
}

/// Whether the form is sent for the first time. Of any number of concurrent ones one is the first.
pub(super) async fn is_first(app: &App, own: &Session, posted: &Posted) -> Result<bool, HttpError> {
    let once = posted.text(ONCE);
    if once.is_empty() || once.len() > LONGEST {
        return Err(HttpError::Forged);
    }
    let (name, until_s) = (format!("form {} {once}", hex(&own.locator.0)), app.now().unix_s() + KEPT_S);
    Ok(app.store.is_first_use(&name, until_s).await.map_err(ActionError::from)?)
}
