//! What people show of themselves: the settings of the reader or of a ward, the profiles of others, and who is named. Clauses
//! 2.2d, 2.3a, 2.4c, 4.2, 6.1a.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderName, HeaderValue},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{
    gate::{ActorFacts, Agreement},
    standing::Standing,
    vault::OpenedField,
};
use kepil_policy::{Audience, Effective, Field, FieldSet, Language, Policy, Service};
use serde::Deserialize;

use super::{
    me::LetterQuery,
    standing::{ServicePath, newer},
    whom::{ForPerson, ForWhom},
};
use crate::{
    App,
    actions::{
        ActionError, admit, my_data, name_person,
        profiles::{self, address_of, compartment_of},
        show::{Wish, document, set_audiences},
    },
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{
        Choice, NamedInvitation, NamedRow, ProfileSettings, ProfileWarning, PublicProfile, SettingRow, View, When,
        Words, audience_in_words, placed_in_words, value_in_words,
    },
};

/// Search engines may find what is open to everybody, but shall keep no copy that outlives the setting.
pub(super) const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The fields of a profile, in the order of the policy.
fn fields<'a>(policy: &'a Policy, service: &Service) -> impl Iterator<Item = &'a Field> {
    service.profile.fields.iter().filter_map(|id| policy.field(id))
}

/// Label and value of what was opened.
fn rows(policy: &Policy, opened: &[OpenedField], among: &FieldSet, language: Language) -> Vec<(String, String)> {
    let shown = opened.iter().filter(|each| among.contains(each.field));
    let rows = shown.filter_map(|each| {
        let field = policy.field(each.field)?;
        Some((field.label.get(language).to_owned(), value_in_words(field, each.value.reveal(), language)))
    });
    rows.collect()
}

/// `GET /profiles/{service}/{address}`: 200 with what is shown to the reader; 404 for nothing shown, nobody and blocked alike;
/// 429 after too many looks from one place by nobody who is signed in. An address that we did not make has no entry:
/// whoever cannot make one learns nothing from that.
pub async fn public(
    State(app): State<App>,
    visitor: Visitor,
    Path((service, address)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let found = policy.find_service(&service).filter(|service| compartment_of(policy, service).is_some());
    let found = found.ok_or(HttpError::NotFound)?;
    let viewer = visitor.session.as_ref().map(|session| session.locator);
    let whom = profiles::find_by_address(&app, found, &address).ok_or(HttpError::NotFound)?;
    if viewer.is_none() {
        admit::look(&app, visitor.sender())?;
    }
    let looking = profiles::looking(&app, Arc::clone(&effective), found.id, viewer).await?;
    let opened = profiles::look(&app, &looking, Some(whom)).await?.ok_or(HttpError::NotFound)?;
    let page = PublicProfile {
        label: found.label.get(visitor.language).to_owned(),
        rows: rows(policy, &opened.fields, &FieldSet::ALL, visitor.language),
    };
    let mut answer = visitor.page(page.render(&visitor.chrome(&app)?));
    answer.headers_mut().insert(ROBOTS, HeaderValue::from_static("noarchive"));
    Ok(answer)
}

/// As whom the reader looks at their own profile.
#[derive(Deserialize)]
pub struct AsQuery {
    #[serde(default, rename = "as")]
    who: String,
}

/// The ways to look at one's own profile: word, what is known of such a viewer, the narrowest audience that needs it.
const VIEWS: [(&str, bool, bool); 3] = [("public", false, false), ("members", true, false), ("named", false, true)];

/// `GET /me/profile/{service}`. By a mandate for single services one sets who sees, and sees nothing of what is held.
pub async fn settings(
    State(app): State<App>,
    whom: ForPerson,
    Path(ServicePath { service: name }): Path<ServicePath>,
    Query(query): Query<AsQuery>,
) -> Result<Response, HttpError> {
    let (effective, whose, language) = (app.policy()?, whom.behalf.whose, whom.visitor.language);
    let (service, standing) = standing_of(&app, &effective, &whom, &name).await?;
    let standing = name_person::without_gone(&app, &effective, whose, service, standing).await?;
    let policy = &effective.policy;
    let tag = compartment_of(policy, service).ok_or(HttpError::NotFound)?;
    let values = service.profile.fields.minus(&service.profile.contents);
    let values =
        if whom.is_whole() { my_data::see(&app, &effective, whom.behalf, tag, values).await? } else { Vec::new() };
    let here = VIEWS.iter().find(|(word, ..)| *word == query.who).unwrap_or(&VIEWS[0]);
    let viewer = ActorFacts::Viewer { is_member: here.1, is_named: here.2 };
    let shown = profiles::shown_to(&app, &effective, service, &standing, viewer);
    let views = VIEWS.iter().map(|(word, ..)| View {
        path: format!("{}/profile/{name}?as={word}", whom.base),
        label: Words::of(language).say(&format!("profile-as-{word}"), &[]),
        here: *word == here.0,
    });
    let named = standing.named.iter().filter(|row| row.service == service.tag).map(|row| {
        let path = if row.by_address {
            Some(format!("/profiles/{name}/{}", address_of(&app, service, &row.who)?.as_str()))
        } else {
            None
        };
        Ok::<_, HttpError>(NamedRow { id: name_person::row_id(&app, row), since: When::day(row.on, language), path })
    });
    let page = ProfileSettings {
        service: service.name.clone(),
        label: service.label.get(language).to_owned(),
        rows: setting_rows(&effective, service, &standing, &values, language),
        address: address_of(&app, service, &whose)?.as_str().to_owned(),
        views: views.collect(),
        seen: rows(policy, &values, &shown, language),
        named: named.collect::<Result<_, _>>()?,
        blocked: standing.is_blocked,
        newer: is_behind(&effective, service, &standing).then(|| newer(&whom.base, &service.name, language)),
    };
    Ok(whom.page(page.render(&whom.chrome(&app).await?)))
}

/// The service called `name` and the person's standing where its profiles lie; they must use the service.
async fn standing_of<'a>(
    app: &App,
    effective: &'a Effective,
    whom: &ForWhom,
    name: &str,
) -> Result<(&'a Service, Standing), HttpError> {
    let service = effective.policy.find_service(name).ok_or(HttpError::NotFound)?;
    let tag = compartment_of(&effective.policy, service).ok_or(HttpError::NotFound)?;
    let row = app.store.find_person(whom.at(service)?.whose, tag).await.map_err(ActionError::from)?;
    let standing = row.ok_or(HttpError::NotFound)?.standing;
    match standing.agreement(service.tag) {
        Agreement::Live { .. } => Ok((service, standing)),
        Agreement::Never | Agreement::Ended { .. } => Err(HttpError::NotFound),
    }
}

/// Whether the edition in force can show more than the one that the reader accepted.
fn is_behind(effective: &Effective, service: &Service, standing: &Standing) -> bool {
    let Agreement::Live { edition } = standing.agreement(service.tag) else { return false };
    effective.profile(service.id, edition).is_none_or(|profile| *profile != service.profile)
}

fn setting_rows(
    effective: &Effective,
    service: &Service,
    standing: &Standing,
    values: &[OpenedField],
    language: Language,
) -> Vec<SettingRow> {
    let Agreement::Live { edition } = standing.agreement(service.tag) else { return Vec::new() };
    let limit = effective.profile(service.id, edition).copied().unwrap_or_default();
    let rows = fields(&effective.policy, service).map(|field| {
        let audience = standing.audience(effective, service, field);
        let is_open =
            |each: &Audience| *each == Audience::Private || (limit.fields.contains(field.id) && *each <= limit.widest);
        let choice = |each: &Audience| Choice {
            value: each.word().to_owned(),
            label: audience_in_words(Words::of(language), *each),
            chosen: *each == audience,
        };
        let value = values.iter().find(|opened| opened.field == field.id);
        let placed = || placed_in_words(Words::of(language));
        let is_placed = service.profile.contents.contains(field.id);
        SettingRow {
            name: field.name.clone(),
            label: field.label.get(language).to_owned(),
            value: value
                .map(|opened| value_in_words(field, opened.value.reveal(), language))
                .or_else(|| is_placed.then(placed)),
            choices: Audience::ALL.iter().filter(|each| is_open(each)).map(choice).collect(),
            since: standing.setting(service.tag, field.tag).map(|row| When::day(row.on, language)),
        }
    });
    rows.collect()
}

/// `POST /me/profile/{service}`: narrows at once, and asks before it widens. A warning is good for exactly the widenings
/// that it named; whatever else came in between is asked for anew.
pub async fn set(
    State(app): State<App>,
    whom: ForPerson,
    Path(ServicePath { service: name }): Path<ServicePath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    let back = format!("{}/profile/{name}", whom.base);
    if posted.text("choice") == "keep" {
        return Ok(Redirect::to(&back).into_response());
    }
    let effective = app.policy()?;
    let (service, standing) = standing_of(&app, &effective, &whom, &name).await?;
    let warned = posted.list("seen");
    let mut wishes = Vec::new();
    let mut widenings = Vec::new();
    for field in fields(&effective.policy, service) {
        let Some(word) = posted.find(&format!("audience-{}", field.name)) else { continue };
        let audience = Audience::parse(word).ok_or(ActionError::Input("audience"))?;
        let now = standing.audience(&effective, service, field);
        let is_warned = warned.contains(&format!("{}:{now}:{audience}", field.name));
        if audience > now {
            widenings.push((field, now, audience, is_warned));
        }
        wishes.push(Wish { field: field.id, audience, warned_from: is_warned.then_some(now) });
    }
    let language = whom.visitor.language;
    if widenings.iter().any(|(.., is_warned)| !is_warned) {
        let page = warning((&back, language), service, &widenings, &wishes, &effective.policy);
        return Ok(whom.page(page.render(&whom.chrome(&app).await?)));
    }
    let widest = widenings.iter().map(|(_, _, audience, _)| *audience).max();
    let shown = widest.map(|widest| documented(&effective, Words::of(language), language, widest)).unwrap_or_default();
    match set_audiences(&app, whom.behalf, &name, &wishes, &shown).await {
        Ok(()) => Ok(Redirect::to(&format!("{back}?done=saved")).into_response()),
        // Set otherwise in just this moment, so the warning named something else: the page shows what is set now.
        Err(ActionError::Input("warning")) => Ok(Redirect::to(&back).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// The step before a widening.
fn warning(
    (post_path, language): (&str, Language),
    service: &Service,
    widenings: &[(&Field, Audience, Audience, bool)],
    wishes: &[Wish],
    policy: &Policy,
) -> ProfileWarning {
    let words = Words::of(language);
    let chosen = wishes.iter().filter_map(|wish| {
        Some((format!("audience-{}", policy.field(wish.field)?.name), wish.audience.word().to_owned()))
    });
    let seen =
        widenings.iter().map(|(field, now, then, _)| ("seen".to_owned(), format!("{}:{now}:{then}", field.name)));
    let row = |(field, now, then, _): &(&Field, Audience, Audience, bool)| {
        let label = field.label.get(language).to_owned();
        (label, audience_in_words(words, *now), audience_in_words(words, *then))
    };
    let widest = widenings.iter().map(|(_, _, then, _)| *then).max().unwrap_or(Audience::Private);
    ProfileWarning {
        label: service.label.get(language).to_owned(),
        post_path: post_path.to_owned(),
        rows: widenings.iter().map(row).collect(),
        warnings: ProfileWarning::text(words, widest),
        carry: chosen.chain(seen).collect(),
    }
}

/// What was shown before a widening, as an entry names it: `name version language sha256`.
pub(super) fn documented(effective: &Effective, words: &Words, language: Language, widest: Audience) -> String {
    let text = ProfileWarning::text(words, widest).join("\n");
    document(&format!("show_{widest}"), effective.policy.edition(), language, &text)
}

/// `POST /me/profile/{service}/named`: the answer is the same whoever is meant, and whether they are anybody.
pub async fn ask(
    State(app): State<App>,
    whom: ForPerson,
    Path(ServicePath { service: name }): Path<ServicePath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    let effective = app.policy()?;
    standing_of(&app, &effective, &whom, &name).await?;
    name_person::ask(&app, whom.behalf, &name, posted.personal("who"), whom.visitor.language).await?;
    Ok(Redirect::to(&format!("{}/profile/{name}?done=invited", whom.base)).into_response())
}

/// `POST /me/profile/{service}/named/remove`.
pub async fn remove_named(
    State(app): State<App>,
    whom: ForPerson,
    Path(ServicePath { service: name }): Path<ServicePath>,
    posted: Posted,
) -> Result<Response, HttpError> {
    whom.visitor.check_form(posted.text("form_token"))?;
    name_person::remove(&app, whom.behalf, &name, posted.text("row")).await?;
    Ok(Redirect::to(&format!("{}/profile/{name}?done=saved", whom.base)).into_response())
}

/// `GET /named`: the link in the letter. Programs that look at letters open links too, so it is answered by a button.
pub async fn invitation(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<LetterQuery>,
) -> Result<Response, HttpError> {
    show_invitation(&app, &visitor, query.token, None).await
}

/// `POST /named`. Whoever holds the letter is who was asked.
pub async fn answer(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let is_accepted = match posted.text("choice") {
        "accept" => true,
        "refuse" => false,
        _ => return Err(ActionError::Input("choice").into()),
    };
    show_invitation(&app, &visitor, posted.text("token").to_owned(), Some(is_accepted)).await
}

async fn show_invitation(
    app: &App,
    visitor: &Visitor,
    token: String,
    answer: Option<bool>,
) -> Result<Response, HttpError> {
    let invitation = name_person::find(app, &token).await?;
    if let Some(is_accepted) = answer {
        name_person::answer(app, &token, is_accepted).await?;
    }
    let effective = app.policy()?;
    let service = effective.policy.find_service(&invitation.service).ok_or(HttpError::NotFound)?;
    let page = NamedInvitation {
        label: service.label.get(visitor.language).to_owned(),
        profile_path: format!("/profiles/{}/{}", invitation.service, invitation.address),
        accepted: answer,
        carry: vec![("token".to_owned(), token)],
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}
