//! Joining the staff by a link that is good once, for one day, for one person: the administrator's, which brings the first
//! duties, or an officer's, which brings none. Clauses 5.2c, 5.2d; KZ-22.
//!
//! Whoever makes a link knows the sign-in name; the system database keeps a hash of it under the token alone, so that it
//! tells nobody for whom a link is, and needs no key: the administrator's works beside a running server.

use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{
    Day, Entropy, Personal, form,
    gate::Refusal,
    ledger::Act,
    standing::{DutyRow, StaffRow},
};
use kepil_policy::{Duty, Effective, Field, Kind, Policy, Power};
use kepil_store::{NewTicket, StoreError, SystemStore, TicketKind};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Seat, StaffAct, amend, members, rules};
use crate::{
    App,
    actions::{ActionError, factors::broken, my_data, sign_in::Strength},
    oidc::client::secret_hash,
};

/// How long a link holds. Unit: seconds.
pub const LINK_S: i64 = 24 * 3600;
/// How long one joining with a duty keeps another from happening at the same time. Unit: seconds.
const FOUNDING_S: i64 = 60;
/// What an entry says where a rule of the policy stands in for a second officer.
pub const ONE_OFFICER: &str = "one_officer";
/// What an entry says of a duty that the administrator gave although somebody has it.
pub const RECOVERY: &str = "recovery";

/// What a link stands for.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Invitation {
    /// Hash of the sign-in name under the token.
    who: String,
    /// Names of the duties that it brings.
    duties: Vec<String>,
    /// Whether it brings them although somebody has them.
    recover: bool,
}

/// Makes a link's token, of which only the hash is kept.
///
/// # Errors
/// [`ActionError::Input`] for a name by which nobody can sign in, others when the store does not answer.
pub async fn invite(
    system: &SystemStore,
    policy: &Policy,
    name: &Personal<String>,
    (duties, recover): (Vec<String>, bool),
    now_s: i64,
    entropy: &mut (dyn Entropy + Send),
) -> Result<Zeroizing<String>, ActionError> {
    let mut bytes = Zeroizing::new([0; 32]);
    entropy.fill(bytes.as_mut())?;
    let token = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()));
    let name = canonical(policy, name).ok_or(ActionError::Input("name"))?;
    let invitation = Invitation { who: hash(&token, &name), duties, recover };
    let settings = serde_json::to_string(&invitation).map_err(broken)?;
    system.add_enrolment(&secret_hash(&token), &settings, now_s, now_s + LINK_S).await?;
    Ok(token)
}

fn canonical(policy: &Policy, name: &Personal<String>) -> Option<Personal<String>> {
    let field = policy.fields().iter().find(|field| field.sign_in)?;
    written(field, name)
}

fn written(field: &Field, name: &Personal<String>) -> Option<Personal<String>> {
    match field.kind {
        Kind::Email => form::email(name.reveal()).ok().map(Personal::new),
        _ => form::canonical(field, name, Day::default()).ok().flatten(),
    }
}

fn hash(token: &str, name: &Personal<String>) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, name.reveal().as_bytes()))
}

/// The person of the session joins by the link, with what it brings.
///
/// # Errors
/// [`ActionError::Expired`] for a link that is used, past its end or for somebody else; [`ActionError::Refused`] without a
/// second factor, or when it brings the power to grant and somebody has that already.
pub async fn join(app: &App, seat: Seat, token: &str) -> Result<(), ActionError> {
    if seat.strength < Strength::Two {
        return Err(ActionError::Refused(Refusal::NotStrong));
    }
    let effective = app.policy()?;
    let policy = &effective.policy;
    rules(policy)?;
    let now = app.now();
    let found = app.store.system().find_enrolment(&secret_hash(token), now.unix_s()).await?;
    let invitation =
        found.and_then(|text| serde_json::from_str::<Invitation>(&text).ok()).ok_or(ActionError::Expired)?;
    let field = policy.fields().iter().find(|field| field.sign_in).ok_or(ActionError::NoPolicy)?;
    let own = my_data::find(app, seat.locator, field).await?.ok_or(ActionError::Expired)?;
    let own = written(field, &own).ok_or(ActionError::Expired)?;
    if hash(token, &own) != invitation.who {
        return Err(ActionError::Expired);
    }
    let duties: Vec<_> = policy.duties().iter().filter(|duty| invitation.duties.contains(&duty.name)).collect();
    if !duties.iter().any(|duty| duty.powers.contains(&Power::Staff)) {
        return take_in(app, &effective, seat, token, &invitation, &duties).await;
    }
    // Two who join at the same moment would not see each other.
    let alone = hold(app).await?;
    let done = match members::is_somebody_granting(app, &effective).await {
        Ok(true) if !invitation.recover => Err(ActionError::Refused(Refusal::NoDuty)),
        Ok(_) => take_in(app, &effective, seat, token, &invitation, &duties).await,
        Err(error) => Err(error),
    };
    app.store.remove_ticket(&alone, None).await?;
    done
}

/// Keeps others from joining with the power to grant for a moment; what is kept goes by itself when this node dies.
async fn hold(app: &App) -> Result<[u8; 32], ActionError> {
    let (kind, name, now_s) = (TicketKind::Seen, "an officer joins", app.now().unix_s());
    let ticket =
        NewTicket { kind, owner: None, family: None, until_s: now_s + FOUNDING_S, content: Zeroizing::default() };
    match app.store.add_typed_ticket(name, ticket).await {
        Err(StoreError::Conflict) => return Err(ActionError::Busy),
        done => done?,
    }
    let held = app.store.find_ticket(kind, &app.store.typed_token(kind, name), now_s).await?;
    held.map(|ticket| ticket.id).ok_or(ActionError::Busy)
}

/// Uses the link up, and makes the person one of the staff with what it brings.
async fn take_in(
    app: &App,
    effective: &Effective,
    seat: Seat,
    token: &str,
    invitation: &Invitation,
    duties: &[&Duty],
) -> Result<(), ActionError> {
    let (rules, now) = (rules(&effective.policy)?, app.now());
    match app.store.system().take_enrolment(&secret_hash(token)).await {
        Err(StoreError::Conflict) => return Err(ActionError::Expired),
        done => done?,
    }
    app.store.add_staff(seat.locator).await?;
    let until = Some(Day(now.day.0.saturating_add(rules.longest.days)));
    let confirmed_by = rules.one_officer.then_some(seat.locator);
    let why = if invitation.recover { RECOVERY } else { "" };
    amend(app, effective, seat.locator, |row| {
        let mut acts = vec![StaffAct::plain(Act::Join).recorded(app, effective)?];
        let old = row.take().filter(|row| row.left.is_none());
        let mut new = old.unwrap_or_else(|| StaffRow { since: now.day, ..StaffRow::default() });
        for duty in duties {
            new.duties.retain(|each| each.duty != duty.tag || each.deputy_for.is_some());
            let (duty_tag, on) = (duty.tag, now.day);
            new.duties.push(DutyRow { duty: duty_tag, granted_by: None, on, confirmed_by, until, deputy_for: None });
            acts.push(StaffAct::about(Act::Grant, duty, why).recorded(app, effective)?);
            if confirmed_by.is_some() {
                acts.push(StaffAct::about(Act::Confirm, duty, ONE_OFFICER).recorded(app, effective)?);
            }
        }
        *row = Some(new);
        Ok(acts)
    })
    .await
}
