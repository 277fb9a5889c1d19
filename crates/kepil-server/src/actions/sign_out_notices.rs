//! Clients are told that somebody signed out (OpenID Connect Back-Channel Logout). Clauses 4.5, 6.1b, 3.1.5.
//!
//! Each client is told under its own names for person and session, at a moment of its own within a few seconds: of two
//! messages nothing is alike but the time, and what that gives away stands in `SECURITY.md`. A client that does not answer
//! is tried again, less and less often, for a day.

use kepil_domain::Entropy;
use kepil_store::{OsEntropy, StoreError, Ticket, TicketKind};
use serde::{Deserialize, Serialize};

use super::{ActionError, client_auth::find_client, exchange::random_id};
use crate::{
    App,
    oidc::{
        Typ,
        grant::{LogoutClaims, to_content},
    },
};

/// A client is told within so many seconds, none knows which.
const SHUFFLE_S: u8 = 4;
/// The first pause after a failure; each next one is twice as long. Unit: seconds.
const PAUSE_S: i64 = 10;
/// Unit: seconds.
const PAUSE_S_MAX: i64 = 3600;

/// What a client is still to be told.
#[derive(Deserialize, Serialize)]
pub struct SignOutNotice {
    /// The client.
    pub client_id: String,
    /// Its id for the person.
    pub sub: String,
    /// Its name for the session.
    pub sid: String,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next; 0 before the first look. Unit: Unix seconds.
    pub next_s: i64,
}

/// Tells every client what is due.
///
/// # Errors
/// [`ActionError`] when the store does not answer; tried again at the next call.
pub async fn tell_all(app: &App) -> Result<(), ActionError> {
    let now_s = app.now().unix_s();
    for mut ticket in app.store.list_sign_outs(now_s).await? {
        let Ok(mut notice) = serde_json::from_slice::<SignOutNotice>(&ticket.content) else {
            app.store.remove_ticket(&ticket.id, None).await?;
            continue;
        };
        if notice.next_s > now_s {
            continue;
        }
        let is_shuffled = notice.next_s > 0;
        notice.tries += u32::from(is_shuffled);
        notice.next_s = now_s + if is_shuffled { pause_s(notice.tries) } else { shuffle_s()? };
        ticket.content = to_content(&notice).map_err(|error| ActionError::Broken(error.to_string()))?;
        match app.store.set_listed(TicketKind::ClientSession, &ticket).await {
            Ok(_) if is_shuffled => {
                // Clients do not wait for each other.
                let app = app.clone();
                tokio::spawn(async move { told(&app, ticket, notice).await });
            }
            // Another node is at it.
            Ok(_) | Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn shuffle_s() -> Result<i64, ActionError> {
    let mut byte = [0];
    OsEntropy.fill(&mut byte)?;
    let [byte] = byte;
    Ok(i64::from(byte % SHUFFLE_S))
}

fn pause_s(tries: u32) -> i64 {
    PAUSE_S.saturating_mul(1 << tries.saturating_sub(1).min(20)).min(PAUSE_S_MAX)
}

async fn told(app: &App, ticket: Ticket, notice: SignOutNotice) {
    let client_id = notice.client_id.clone();
    match tell(app, notice).await {
        Ok(()) => {
            app.metrics.told_sign_out("delivered");
            if let Err(error) = app.store.remove_ticket(&ticket.id, None).await {
                tracing::error!(%error, "a sign-out that was told could not be removed");
            }
        }
        Err(error) => {
            app.metrics.told_sign_out("failed");
            tracing::warn!(%error, service = %client_id, "a client could not be told of a sign-out");
        }
    }
}

/// Tells one client. One that is gone, or does not want to know any more, is told by doing nothing.
async fn tell(app: &App, notice: SignOutNotice) -> Result<(), ActionError> {
    let Some(client) = find_client(app, &notice.client_id).await? else { return Ok(()) };
    let (Some(uri), Some(territory)) = (&client.metadata.backchannel_logout_uri, &client.metadata.territory) else {
        return Ok(());
    };
    let now_s = app.now().unix_s();
    let claims = LogoutClaims::of(&client.id, notice.sub, notice.sid, &app.config.issuer, now_s, random_id()?);
    let token = app.signing.sign(client.metadata.id_token_signed_response_alg, Typ::Logout, &claims, now_s)?;
    app.courier.post_form(uri, territory, &app.policy()?.policy, &[("logout_token", &token)]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_does_not_answer_is_tried_less_and_less_often() {
        assert_eq!([1, 2, 3, 4].map(pause_s), [10, 20, 40, 80]);
        assert_eq!(pause_s(50), PAUSE_S_MAX);
    }
}
