//! A person sets who sees a field of theirs at a service. Clauses 2.3a, 2.3b, 4.2; a publication is a consent of its own.
//!
//! Everything is private until an act of the person; a widening needs that they were warned of it, and its entry names
//! the text that they saw. A narrowing commits, waits out the leases, and only then answers, and so does a wish that finds
//! itself fulfilled: nothing is shown afterwards on an older setting, on any node. Start reading at [`set_audiences`].

use aws_lc_rs::digest;
use kepil_domain::{
    Moment,
    gate::{Actor, Agreement, Refusal},
    hex,
    ledger::Act,
    standing::{SettingRow, Standing},
};
use kepil_policy::{Audience, Effective, Field, FieldId, FieldSet, Language, Service};
use kepil_store::NewAct;

use super::{
    ActionError, OwnAct,
    behalf::{Behalf, home},
    choices::change_all,
    profiles::compartment_of,
};
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
    /// Whom the person's warning named as those who see it so far; `None` when they were not warned. Good for a widening
    /// from there and from nowhere else.
    pub warned_from: Option<Audience>,
}

/// Sets who sees which field at the service called `service`. `warning` is what the person was shown before a widening:
/// `name version language sha256`.
///
/// # Errors
/// [`ActionError::Input`] for a widening of which no warning told, or a field or audience that the service does not have;
/// [`ActionError::Refused`] for a widening while everything is blocked, without an agreement, or beyond the edition that
/// the person accepted; and without a mandate.
pub async fn set_audiences(
    app: &App,
    whose: impl Into<Behalf>,
    service: &str,
    wishes: &[Wish],
    warning: &str,
) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let service = effective.policy.find_service(service).ok_or(ActionError::Input("service"))?;
    let compartment = compartment_of(&effective.policy, service).ok_or(ActionError::Input("service"))?;
    behalf.check_now(app, service).await?;
    let (mut is_promised, home) = (false, home(app)?);
    let change = change_all(app, behalf, compartment, |person| {
        behalf.check_at((compartment, home), &person.standing, app.now().day, service)?;
        let how = (behalf.actor(), warning, app.now());
        let made = apply(&effective, service, person.standing.clone(), wishes, how)?;
        is_promised |= made.is_promised;
        Ok((!made.acts.is_empty()).then_some((made.standing, made.acts)))
    });
    change.await?;
    if is_promised {
        app.store.wait_out_leases().await;
    }
    Ok(())
}

/// What comes of wishes.
struct Wished {
    standing: Standing,
    acts: Vec<NewAct>,
    /// Whether a field is to be seen by no more people than before. Also where nothing changes: it may have been narrowed
    /// a moment ago, in another tab, and the answer promises that it is.
    is_promised: bool,
}

/// Applies wishes to a standing as it is when the change is made.
fn apply(
    effective: &Effective,
    service: &Service,
    mut standing: Standing,
    wishes: &[Wish],
    (actor, warning, moment): (Actor, &str, Moment),
) -> Result<Wished, ActionError> {
    let (mut acts, mut is_promised) = (Vec::new(), false);
    for wish in wishes {
        let field = effective.policy.field(wish.field).ok_or(ActionError::Input("field"))?;
        let set = standing.setting(service.tag, field.tag).map_or(Audience::Private, |row| row.audience);
        let now = standing.audience(effective, service, field);
        is_promised |= wish.audience <= now;
        let act = if wish.audience > now {
            may_widen(effective, service, (&standing, now), *wish)?;
            Act::Show
        } else if wish.audience < set {
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
        acts.push(entry(effective, service, field, (act, &row), (actor, warning, moment))?);
    }
    Ok(Wished { standing, acts, is_promised })
}

/// Whether the person may let more people see a field than do `now`: warned of just this, in a running agreement, no
/// further than the edition that they accepted.
fn may_widen(
    effective: &Effective,
    service: &Service,
    (standing, now): (&Standing, Audience),
    wish: Wish,
) -> Result<(), ActionError> {
    if wish.warned_from != Some(now) {
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
    (actor, warning, moment): (Actor, &str, Moment),
) -> Result<NewAct, ActionError> {
    let documents = if act == Act::Show { vec![warning.to_owned()] } else { Vec::new() };
    let fields = FieldSet::from_iter([field.id]);
    let own = OwnAct { service: Some(service), fields, documents, ..OwnAct::plain(act) };
    let mut recorded = own.recorded_by(actor, effective, moment)?;
    recorded.payload.settings = vec![setting_line(&field.name, row).into()];
    Ok(recorded)
}

/// A setting as an entry keeps it: `field audience day edition`.
pub(super) fn setting_line(field: &str, row: &SettingRow) -> String {
    let day = row.on.date().map(|day| day.to_string()).unwrap_or_default();
    format!("{field} {} {day} {}", row.audience, row.edition.0)
}

#[cfg(test)]
mod tests {
    use kepil_domain::Day;
    use kepil_policy::EditionNo;

    use super::*;
    use crate::oidc::tests::way::effective;

    const MOMENT: Moment = Moment { unix_ms: 0, day: Day(20_000) };

    /// What comes of one wish for a field that is set to `set`.
    fn wished(set: Audience, wish: (Audience, Option<Audience>)) -> Result<(Audience, usize, bool), ActionError> {
        let effective = effective();
        let has_public = |service: &&Service| service.profile.widest == Audience::Public;
        let service = effective.policy.services().iter().find(has_public).unwrap();
        let field = effective.policy.field(service.profile.fields.iter().next().unwrap()).unwrap();
        let mut standing = Standing::default();
        standing.accept(service.tag, EditionNo(1), MOMENT.day);
        let edition = EditionNo(1);
        standing.set_audience(SettingRow {
            service: service.tag,
            field: field.tag,
            audience: set,
            edition,
            on: MOMENT.day,
        });
        let wishes = [Wish { field: field.id, audience: wish.0, warned_from: wish.1 }];
        let made = apply(&effective, service, standing, &wishes, (Actor::Person, "", MOMENT))?;
        Ok((made.standing.audience(&effective, service, field), made.acts.len(), made.is_promised))
    }

    #[test]
    fn a_warning_is_good_for_a_widening_from_where_it_said_and_from_nowhere_else() {
        use Audience::{Members, Private, Public};
        assert_eq!(wished(Members, (Public, Some(Members))).unwrap(), (Public, 1, false));
        // Narrowed in between, by the person's other tab.
        for from in [Some(Members), None] {
            assert!(matches!(wished(Private, (Public, from)), Err(ActionError::Input("warning"))), "{from:?}");
        }
    }

    #[test]
    fn whoever_wishes_what_is_so_already_waits_like_the_one_who_made_it_so() {
        use Audience::{Members, Private, Public};
        assert_eq!(wished(Public, (Members, None)).unwrap(), (Members, 1, true));
        assert_eq!(wished(Members, (Members, None)).unwrap(), (Members, 0, true), "narrowed a moment ago, perhaps");
        assert_eq!(wished(Private, (Private, None)).unwrap(), (Private, 0, true));
    }
}
