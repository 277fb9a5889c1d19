//! A ward names a guardian, and what the guardian's consent comes to in each compartment. Clause 2.4c.
//!
//! The mandate stands where all mandates do, and from there it is told to the compartments of the services that ask for a
//! guardian: the gate reads one row. What gives comes last there and what takes comes first, so that after a crash nobody has
//! a mandate that the ward cannot see. Start reading at [`ask`].

use kepil_domain::{
    Locator, Personal,
    gate::{Actor, Agreement, Refusal},
    ledger::Act,
    standing::{MandateRow, Standing},
};
use kepil_policy::{Effective, Language, Service, Subject, Tag, Verb};

use super::{
    ActionError, OwnAct,
    age::{self, Stage},
    behalf::{self, Behalf, home, home_row},
    choices::{change, change_all},
    mandates::{self, Invitation},
    wards,
};
use crate::App;

/// How many guardians somebody has, at most.
pub const GUARDIANS_MAX: usize = 2;
/// How many wards somebody has, at most.
pub const WARDS_MAX: usize = 20;
/// How often guardians are told anew that changed while they were told.
const ROUNDS_MAX: usize = 5;

/// Why somebody cannot take on one ward more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unfit {
    /// Of age they are by their date of birth only.
    Age(age::Unfit),
    /// They have wards enough.
    Enough,
}

impl Unfit {
    /// As an error.
    #[must_use]
    pub fn refused(self) -> ActionError {
        match self {
            Self::Age(age::Unfit::Young(_)) => ActionError::Refused(Refusal::BelowAge),
            Self::Age(age::Unfit::Undated) => ActionError::Refused(Refusal::AgeUnconfirmed),
            Self::Enough => ActionError::Input("wards"),
        }
    }
}

/// Why `who` cannot take on one ward more, if so.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn unfit(app: &App, who: Locator) -> Result<Option<Unfit>, ActionError> {
    let years = age::of_majority(app)?;
    Ok(match age::unfit_for(app, who.into(), (years, true)).await? {
        Some(unfit) => Some(Unfit::Age(unfit)),
        None => (wards_of(app, who).await? >= WARDS_MAX).then_some(Unfit::Enough),
    })
}

/// How many wards `who` has now.
pub(super) async fn wards_of(app: &App, who: Locator) -> Result<usize, ActionError> {
    let (all, _) = behalf::list(app, who, None).await?;
    Ok(all.iter().filter(|(_, mandate)| mandate.kind.is_guardian()).count())
}

/// Whom a ward asks, and for what.
pub struct Asking {
    /// Where the letter goes.
    pub address: Personal<String>,
    /// For which services; what is not named here the guardian does not act for.
    pub services: Vec<String>,
    /// Whether they may act everywhere, and see and correct everything.
    pub is_whole: bool,
    /// The language of the letter.
    pub language: Language,
}

/// The services that ask for a guardian.
pub fn services(effective: &Effective) -> impl Iterator<Item = &Service> {
    effective.policy.services().iter().filter(|service| service.guardian.is_some())
}

/// Sends the letter to whoever is named. Whether there is an account with the address is not said.
///
/// # Errors
/// [`ActionError::Input`] when it is no address or nothing is named; [`ActionError::Refused`] for somebody who acts alone;
/// [`ActionError::Busy`] when there are guardians enough.
pub async fn ask(app: &App, ward: Locator, asking: Asking) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let find = |name: &String| services(&effective).find(|service| service.name == *name).map(|service| service.tag);
    let named: Option<Vec<Tag>> = asking.services.iter().map(find).collect();
    let named = named.filter(|all| asking.is_whole || !all.is_empty()).ok_or(ActionError::Input("service"))?;
    if stage(app, ward).await? == Some(Stage::Alone) {
        return Err(ActionError::Refused(Refusal::NotThePerson));
    }
    if all(app, ward).await?.len() >= GUARDIANS_MAX {
        return Err(ActionError::Busy);
    }
    let invitation = Invitation {
        address: asking.address,
        services: if asking.is_whole { Vec::new() } else { named },
        until: None,
        is_head: false,
        language: asking.language,
    };
    mandates::invite(app, ward.into(), invitation).await
}

/// How far somebody decides themselves where a guardian is asked for; `None` where none is asked for anywhere.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn stage(app: &App, who: impl Into<Behalf>) -> Result<Option<Stage>, ActionError> {
    let effective = app.policy()?;
    match services(&effective).next() {
        Some(service) => Ok(Some(age::seen(app, who.into(), service).await?.stage)),
        None => Ok(None),
    }
}

/// Whether a guardian closes the account of a ward, which is so while the law lets them act for the ward: from the age at which
/// wards act themselves it is the ward's own word, and so it is where no date of birth tells their age. A ward who cannot sign
/// in has nobody else. Anybody else who acts by a mandate closes what the mandate is for.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn may_close(app: &App, behalf: Behalf) -> Result<bool, ActionError> {
    if behalf.kind == Subject::Entity {
        return Ok(true);
    }
    let effective = app.policy()?;
    let Some(service) = services(&effective).next() else { return Ok(false) };
    let seen = age::seen(app, behalf, service).await?;
    let is_young = seen.is_dated && seen.stage == Stage::ByGuardian;
    Ok(is_young || !wards::has_way_in(app, behalf.whose).await?)
}

/// The mandates of a person's guardians that hold now.
pub(super) async fn all(app: &App, ward: Locator) -> Result<Vec<MandateRow>, ActionError> {
    let row = home_row(app, ward).await?;
    let today = app.now().day;
    let of = |standing: &Standing| {
        standing.live_mandates(today, None).filter(|row| row.kind.is_guardian()).cloned().collect::<Vec<_>>()
    };
    Ok(row.map(|row| of(&row.standing)).unwrap_or_default())
}

/// Whether a guardian agreed that the person uses `service`.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn has(app: &App, ward: Locator, service: &Service) -> Result<bool, ActionError> {
    let row = home_row(app, ward).await?;
    Ok(row.is_some_and(|row| row.standing.has_guardian(service.tag, app.now().day)))
}

/// The compartments other than that of mandates.
fn elsewhere(app: &App, effective: &Effective) -> Result<Vec<Tag>, ActionError> {
    let home = home(app)?;
    let tags = effective.policy.compartments().iter().map(|it| it.tag);
    Ok(tags.filter(|tag| *tag != home).collect())
}

/// Tells the compartments in which the ward uses a guarded service who their guardians are. What changed meanwhile is told
/// anew, so that the last word is that of the row where mandates stand.
///
/// # Errors
/// [`ActionError`] when a database does not answer: told again at the next change.
pub(super) async fn tell(app: &App, ward: Locator) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let uses_guarded = |standing: &Standing| {
        services(&effective).any(|it| matches!(standing.agreement(it.tag), Agreement::Live { .. }))
    };
    for _ in 0..ROUNDS_MAX {
        let guardians = all(app, ward).await?;
        for tag in elsewhere(app, &effective)? {
            if app.store.find_person(ward, tag).await?.is_none() {
                continue;
            }
            change(app, ward, tag, |row| {
                let told = if uses_guarded(&row.standing) { guardians.clone() } else { Vec::new() };
                if row.standing.mandates == told {
                    return Ok(None);
                }
                let act = if told.len() < row.standing.mandates.len() { Act::Revoke } else { Act::Mandate };
                let act = OwnAct::plain(act).recorded_by(Actor::Representative, &effective, app.now())?;
                Ok(Some((Standing { mandates: told, ..row.standing.clone() }, act)))
            })
            .await?;
        }
        if all(app, ward).await? == guardians {
            return Ok(());
        }
    }
    Err(ActionError::Busy)
}

/// Takes the mandate of `who` from every compartment but that of mandates, whose row is the next: until that is changed too,
/// the ward sees the mandate and can end it again.
///
/// # Errors
/// [`ActionError`] when a database does not answer.
pub(super) async fn take(app: &App, ward: Locator, who: Locator) -> Result<(), ActionError> {
    let effective = app.policy()?;
    for tag in elsewhere(app, &effective)? {
        if app.store.find_person(ward, tag).await?.is_none() {
            continue;
        }
        change(app, ward, tag, |row| {
            let mut standing = row.standing.clone();
            let had = standing.remove_mandate(who);
            let act = OwnAct::plain(Act::Revoke).recorded_by(Actor::Representative, &effective, app.now())?;
            Ok(had.then_some((standing, act)))
        })
        .await?;
    }
    Ok(())
}

/// The ward is old enough to act alone: every compartment knows it from now on, and the mandates are over. Says whether there
/// was one. The row where mandates stand is the last. Of somebody who has no way in yet everything is blocked instead: nobody is
/// left who could use their rights, and the guardian can do nothing more than send them the letter.
///
/// # Errors
/// [`ActionError`] when a database does not answer.
pub(super) async fn outgrow(app: &App, ward: Locator, alone: u8) -> Result<bool, ActionError> {
    let had =
        home_row(app, ward).await?.is_some_and(|row| row.standing.mandates.iter().any(|it| it.kind.is_guardian()));
    if !had {
        return Ok(false);
    }
    let (effective, has_way_in) = (app.policy()?, wards::has_way_in(app, ward).await?);
    for tag in elsewhere(app, &effective)?.into_iter().chain([home(app)?]) {
        if app.store.find_person(ward, tag).await?.is_none() {
            continue;
        }
        change_all(app, ward, tag, |row| {
            let mut standing = row.standing.clone();
            if !has_way_in {
                standing.is_blocked = true;
                let act = OwnAct::plain(Act::Did(Verb::Block)).recorded_by(Actor::System, &effective, app.now())?;
                return Ok((!row.standing.is_blocked).then_some((standing, vec![act])));
            }
            standing.age_at_least = standing.age_at_least.max(Some(alone));
            let over = standing.mandates.iter().filter(|row| row.kind.is_guardian()).count();
            standing.mandates.retain(|row| !row.kind.is_guardian());
            if over == 0 && standing.age_at_least == row.standing.age_at_least {
                return Ok(None);
            }
            let act = OwnAct::plain(Act::Revoke).recorded_by(Actor::System, &effective, app.now())?;
            Ok(Some((standing, vec![act])))
        })
        .await?;
    }
    app.store.wait_out_leases().await;
    Ok(true)
}

/// Looks whether somebody with guardians is old enough by now to act alone, and ends the mandates then. Says whether they are
/// over.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn look_again(app: &App, ward: impl Into<Behalf>) -> Result<bool, ActionError> {
    let (effective, ward) = (app.policy()?, ward.into());
    if ward.kind == Subject::Entity || all(app, ward.whose).await?.is_empty() {
        return Ok(false);
    }
    let Some(service) = services(&effective).next() else { return Ok(false) };
    let (seen, ages) = (age::seen(app, ward, service).await?, service.guardian);
    let alone = ages.and_then(|ages| u8::try_from(ages.alone).ok()).filter(|_| seen.stage == Stage::Alone);
    match alone {
        Some(alone) => outgrow(app, ward.whose, alone).await,
        None => Ok(false),
    }
}

/// For whom `who` goes to `service` when they say that it is for `whose`: an entity, or a ward who has not grown up since.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub(super) async fn find_behalf(
    app: &App,
    who: Locator,
    whose: Locator,
    service: &Service,
) -> Result<Option<Behalf>, ActionError> {
    let (all, _) = behalf::list(app, who, Some(service)).await?;
    match all.into_iter().find(|(behalf, _)| behalf.whose == whose) {
        Some((behalf, _)) if !look_again(app, behalf).await? => Ok(Some(behalf)),
        _ => Ok(None),
    }
}
