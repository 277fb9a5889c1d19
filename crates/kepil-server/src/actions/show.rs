//! A person sets who sees a field of theirs at a service. Clauses 2.3a, 2.3b, 4.2; a publication is a consent of its own.
//!
//! Everything is private until an act of the person; a widening needs that they were warned of it, and its entry names
//! the text that they saw. A narrowing commits, waits out the leases, and only then answers: nothing is shown afterwards
//! on the old setting, on any node. Start reading at [`set_audiences`].

use aws_lc_rs::digest;
use kepil_domain::{
    Locator, Moment,
    gate::{Agreement, Refusal},
    hex,
    ledger::Act,
    standing::{SettingRow, Standing},
};
use kepil_policy::{Audience, Effective, Field, FieldId, FieldSet, Language, Service};
use kepil_store::NewAct;

use super::{ActionError, OwnAct, choices::change_all, profiles::compartment_of};
use crate::App;

/// A text that a person was shown, as an entry names it: `name version language sha256`.
#[must_use]
pub fn document(name: &str, version: &str, language: Language, text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    format!("{name} {version} {language} {}", hex(hash.as_ref()))
}

/// Who shall see one field.
#[derive(Clone, Copy)]
pub struct Wish {
    /// What.
    pub field: FieldId,
    /// Who.
    pub audience: Audience,
    /// Whether the person was warned that this lets more people see it.
    pub is_warned: bool,
}

/// Sets who sees which field at the service called `service`. `warning` is what the person was shown before a widening:
/// `name version language sha256`.
///
/// # Errors
/// [`ActionError::Input`] for a widening without a warning, or a field or audience that the service does not have;
/// [`ActionError::Refused`] for a widening while everything is blocked, without an agreement, or beyond the edition that
/// the person accepted.
pub async fn set_audiences(
    app: &App,
    locator: Locator,
    service: &str,
    wishes: &[Wish],
    warning: &str,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let service = effective.policy.find_service(service).ok_or(ActionError::Input("service"))?;
    let compartment = compartment_of(&effective.policy, service).ok_or(ActionError::Input("service"))?;
    let moment = app.now();
    let mut has_narrowed = false;
    let change = change_all(app, locator, compartment, |person| {
        let mut standing = person.standing.clone();
        let mut acts = Vec::new();
        for wish in wishes {
            let field = effective.policy.field(wish.field).ok_or(ActionError::Input("field"))?;
            let set = standing.setting(service.tag, field.tag).map_or(Audience::Private, |row| row.audience);
            let act = if wish.audience > standing.audience(&effective, service, field) {
                may_widen(&effective, service, &standing, *wish)?;
                Act::Show
            } else if wish.audience < set {
                has_narrowed = true;
                Act::Hide
            } else {
                continue;
            };
            let row = SettingRow {
                service: service.tag,
                field: field.tag,
                audience: wish.audience,
                edition: effective.no,
                on: moment.day,
            };
            standing.set_audience(row);
            acts.push(entry(&effective, service, field, (act, &row), warning, moment)?);
        }
        Ok((!acts.is_empty()).then_some((standing, acts)))
    });
    change.await?;
    if has_narrowed {
        app.store.wait_out_leases().await;
    }
    Ok(())
}

/// Whether the person may let more people see a field: warned, in a running agreement, no further than the edition that
/// they accepted.
fn may_widen(effective: &Effective, service: &Service, standing: &Standing, wish: Wish) -> Result<(), ActionError> {
    if !wish.is_warned {
        return Err(ActionError::Input("warning"));
    }
    if standing.is_blocked {
        return Err(ActionError::Refused(Refusal::Blocked));
    }
    let fits = |profile: &kepil_policy::Profile| profile.fields.contains(wish.field) && wish.audience <= profile.widest;
    if !fits(&service.profile) {
        return Err(ActionError::Input("audience"));
    }
    match standing.agreement(service.tag) {
        Agreement::Live { edition } if effective.profile(service.id, edition).is_some_and(fits) => Ok(()),
        Agreement::Live { .. } => Err(ActionError::Refused(Refusal::NewerEdition)),
        Agreement::Never => Err(ActionError::Refused(Refusal::NotAccepted)),
        Agreement::Ended { .. } => Err(ActionError::Refused(Refusal::AgreementEnded)),
    }
}

/// The entry of one setting: what, where, for whom, and what was shown before a widening.
fn entry(
    effective: &Effective,
    service: &Service,
    field: &Field,
    (act, row): (Act, &SettingRow),
    warning: &str,
    moment: Moment,
) -> Result<NewAct, ActionError> {
    let documents = if act == Act::Show { vec![warning.to_owned()] } else { Vec::new() };
    let fields = FieldSet::from_iter([field.id]);
    let own = OwnAct { service: Some(service), fields, documents, ..OwnAct::plain(act) };
    let mut recorded = own.recorded(effective, moment)?;
    recorded.payload.settings = vec![setting_line(&field.name, row).into()];
    Ok(recorded)
}

/// A setting as an entry keeps it: `field audience day edition`.
pub(super) fn setting_line(field: &str, row: &SettingRow) -> String {
    let day = row.on.date().map(|day| day.to_string()).unwrap_or_default();
    format!("{field} {} {day} {}", row.audience, row.edition.0)
}
