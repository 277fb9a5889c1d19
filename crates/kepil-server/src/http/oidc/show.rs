//! The views of the pages on which a person decides, from policy and standing.

use kepil_domain::standing::Standing;
use kepil_policy::{
    CompartmentId, EditionNo, Effective, Field, Language, Policy, Service, ServiceKind, Subject, Use, UseId,
};

use crate::{
    App,
    actions::{
        ActionError, accept,
        age::{self, Stage, Unfit},
        behalf::{self, Behalf},
        born, entities, guardians,
        standings::{self, standing_at},
    },
    http::{people::show::edit_path, problem::HttpError},
    oidc::Wanted,
    pages::{
        Acceptance, AgeBar, Asker, Carry, Claim, Consent, Guarded, Guarding, Link, OWN, Purpose, Refusing, When, Words,
        value_in_words,
    },
};

/// Whose terms a page of acceptance shows, and where it posts what.
pub struct Terms<'a> {
    /// Name of the service.
    pub service: &'a str,
    /// Where it posts.
    pub post_path: String,
    /// Posted back.
    pub carry: Carry,
}

/// A page of acceptance.
pub async fn acceptance(
    app: &App,
    terms: Terms<'_>,
    whose: impl Into<Behalf>,
    language: Language,
) -> Result<Acceptance, HttpError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let policy = &effective.policy;
    let service = policy.find_service(terms.service).ok_or(ActionError::Input("service"))?;
    let standings = standings::standings(app, policy, service, behalf).await?;
    let live = standings::live_edition(service, &standings).map(EditionNo);
    // What is in force was accepted as it is: nothing changed since.
    let before = live.filter(|live| live.0 < effective.no.0);
    let refusing = match (before, live) {
        (Some(_), _) => Refusing::Newer,
        (None, Some(_)) => Refusing::Same,
        (None, None) if service.kind == ServiceKind::Account => Refusing::Account,
        (None, None) => Refusing::Service,
    };
    let is_shown = |each: &&Use| !each.per_claim && !each.is_on_request();
    let on_page = policy.uses_for(service, behalf.kind).filter(is_shown);
    let (optional, necessary): (Vec<&Use>, Vec<&Use>) = on_page.partition(|each| each.optional);
    let is_on = |each: &Use| {
        let standing = standing_at(&standings, each.compartment);
        standing.and_then(|standing| standing.consent_row(each.tag)).is_some_and(|row| !row.is_withdrawn)
    };
    let purpose = |each: &Use| Purpose { chosen: each.optional && is_on(each), ..Purpose::of(policy, each, language) };
    let editions = app.shelf.list();
    let accepted = before.and_then(|before| editions.iter().find(|edition| edition.no == before));
    let diff = before.map(|_| Link {
        path: format!("/editions/{}/changes", effective.no.0),
        label: Words::of(language).say("diff-title", &[]),
    });
    let whom = match behalf.by {
        None => None,
        Some(_) => Some(entities::name(app, behalf).await?.map(|name| name.reveal().clone()).unwrap_or_default()),
    };
    let (bar, guarded) = by_age(app, behalf, service).await?;
    Ok(Acceptance {
        whom,
        asker: asker(service, language),
        necessary: necessary.into_iter().map(purpose).collect(),
        optional: optional.into_iter().map(purpose).collect(),
        least_age: if behalf.by.is_some() { 0 } else { service.min_age },
        bar,
        guarded,
        documents: documents(policy, service, language),
        changes: before
            .map(|before| changes(&effective, (service, behalf.kind), before, &standings, language))
            .unwrap_or_default(),
        refusing,
        accepted_before: accepted.map(|edition| When::date(edition.policy.edition(), language)),
        diff,
        post_path: terms.post_path,
        carry: terms.carry,
    })
}

/// What the date of birth of whoever accepts has against it, and what the page says about guardians to somebody who accepts for
/// themselves and does not act alone.
async fn by_age(app: &App, behalf: Behalf, service: &Service) -> Result<(Option<AgeBar>, Option<Guarded>), HttpError> {
    let effective = app.policy()?;
    let Some(ages) = service.guardian else {
        let unfit = age::unfit(app, behalf, (&effective.policy, service)).await?;
        return Ok((unfit.map(|unfit| age_bar(app, behalf, unfit)).transpose()?.flatten(), None));
    };
    if behalf.kind == Subject::Entity {
        return Ok((None, None));
    }
    let seen = age::seen(app, behalf, service).await?;
    if seen.is_below {
        return Ok((age_bar(app, behalf, Unfit::Young(service.min_age))?, None));
    }
    if behalf.by.is_some() {
        return Ok((None, None));
    }
    let has_guardian = guardians::has(app, behalf.whose, service).await?;
    let what = match seen.stage {
        Stage::Alone => return Ok((None, None)),
        Stage::ByGuardian if seen.is_dated => Guarding::Decides { can_ask: !has_guardian },
        _ if has_guardian && seen.stage == Stage::WithGuardian => Guarding::Agreed,
        _ if seen.may_say => Guarding::Say,
        // Where a word would do and is not asked for, there is a guardian, for something else.
        _ if seen.is_dated || !age::needs_date(&effective.policy, service) => Guarding::Ask,
        _ => Guarding::Date,
    };
    let ask_path = format!("/me/guardians/ask?service={}", service.name);
    Ok((None, Some(Guarded { what, alone: ages.alone, with_guardian: ages.with_guardian, ask_path })))
}

/// The same in words of the page, for whoever acts as `behalf`.
///
/// # Errors
/// [`HttpError`] when no policy is in force.
pub fn age_bar(app: &App, behalf: Behalf, unfit: Unfit) -> Result<Option<AgeBar>, HttpError> {
    let effective = app.policy()?;
    let base = match behalf.by {
        Some(by) => format!("{OWN}/representing/{}", behalf::id_for(app, by, behalf.whose)?),
        None => OWN.to_owned(),
    };
    Ok(match unfit {
        Unfit::Young(years) if behalf.by.is_some() => Some(AgeBar::YoungWard { years }),
        Unfit::Young(years) => Some(AgeBar::Young { years, contact: effective.policy.operator().contact.clone() }),
        Unfit::Undated => born::field(&effective).map(|date| AgeBar::Undated { path: edit_path(&base, date) }),
    })
}

/// What `service` would do more than under the edition that the person accepted: purpose and new fields.
fn changes(
    effective: &Effective,
    (service, kind): (&Service, Subject),
    before: EditionNo,
    standings: &[(CompartmentId, Standing)],
    language: Language,
) -> Vec<String> {
    let policy = &effective.policy;
    let grown = policy.uses_for(service, kind).filter_map(|each| {
        let standing = standing_at(standings, each.compartment);
        let consent = standing.and_then(|standing| standing.consent_row(each.tag)).map_or(before, |row| row.edition);
        let bound = effective.ceiling(each.id, consent).map(|ceiling| ceiling.fields).unwrap_or_default();
        let new = each.fields.minus(&bound);
        let labels: Vec<&str> =
            new.iter().filter_map(|id| policy.field(id)).map(|field| field.label.get(language)).collect();
        (!labels.is_empty()).then(|| format!("{}: {}", each.label.get(language), labels.join(", ")))
    });
    grown.collect()
}

/// What a page of claims is about, and where it posts what.
pub struct Claims<'a> {
    /// The use.
    pub at: UseId,
    /// Names of the fields whose boxes are ticked.
    pub ticked: &'a [String],
    /// What the client asks for; everything when the page is not on the way to one.
    pub wanted: &'a Wanted,
    /// Whether the consent was given before and is looked at again.
    pub is_later: bool,
    /// Whether it was sent without something that is needed.
    pub lacks_needed: bool,
    /// Where it posts.
    pub post_path: String,
    /// Posted back.
    pub carry: Carry,
}

/// A page of claims: those that the client asks for, and those that it cannot do without.
pub async fn consent(
    app: &App,
    whose: impl Into<Behalf>,
    shown: Claims<'_>,
    language: Language,
) -> Result<Consent, HttpError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let row = policy.use_at(shown.at).ok_or(ActionError::Input("purpose"))?;
    let service = policy.service(row.service).ok_or(ActionError::Input("service"))?;
    let behalf = whose.into();
    // What was allowed before is looked at as it is.
    let bar = if shown.is_later { None } else { by_age(app, behalf, service).await?.0 };
    let values = accept::own_values(app, &effective, behalf, row).await?;
    let is_shown = |field: &Field| row.required.contains(field.id) || shown.wanted.has(field);
    let fields = policy.fields().iter().filter(|field| row.fields.contains(field.id) && is_shown(field));
    let claims = fields.map(|field| {
        let held = values.iter().find(|opened| opened.field == field.id);
        Claim {
            name: field.name.clone(),
            label: field.label.get(language).to_owned(),
            value: held.map(|opened| value_in_words(field, opened.value.reveal(), language)),
            required: row.required.contains(field.id),
            chosen: shown.ticked.contains(&field.name),
        }
    });
    Ok(Consent {
        asker: asker(service, language),
        purpose: row.label.get(language).to_owned(),
        claims: claims.collect(),
        keep: row.keep.label.get(language).to_owned(),
        least_age: service.min_age,
        bar,
        documents: documents(policy, service, language),
        is_later: shown.is_later,
        lacks_needed: shown.lacks_needed,
        is_optional: row.optional,
        post_path: shown.post_path,
        carry: shown.carry,
    })
}

/// Who asks.
pub fn asker(service: &Service, language: Language) -> Asker {
    Asker {
        label: service.label.get(language).to_owned(),
        about: service.about.get(language).to_owned(),
        owner: service.owner.name.get(language).to_owned(),
        bin: service.owner.bin.clone(),
    }
}

fn documents(policy: &Policy, service: &Service, language: Language) -> Vec<Link> {
    let own = service.documents.iter().filter_map(|index| policy.documents().get(*index));
    own.map(|document| Link {
        path: format!("/documents/{}", document.name),
        label: document.title.get(language).to_owned(),
    })
    .collect()
}
