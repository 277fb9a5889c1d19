//! Documents, editions, style, script. Clauses 0, 1.2c, 8.1a.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use kepil_policy::{DocumentKind, EditionNo, Language, Policy, diff, render_document};

use crate::{
    App,
    http::{problem::HttpError, visitor::Visitor},
    pages::{Document, EditionDiff, EditionRow, EditionState, Editions, LineMark, Link, SCRIPT, STYLE, TextDiff, When},
};

/// `GET /documents/{name}`: a document of the edition in force.
pub async fn document(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, HttpError> {
    let policy = Arc::clone(&app.policy()?.policy);
    show_document(&app, &visitor, &policy, &name, "/documents")
}

/// `GET /editions/{no}/documents/{name}`: a document as an edition has it.
pub async fn past_document(
    State(app): State<App>,
    visitor: Visitor,
    Path((no, name)): Path<(u32, String)>,
) -> Result<Response, HttpError> {
    let edition = app.shelf.list().into_iter().find(|edition| edition.no.0 == no).ok_or(HttpError::NotFound)?;
    show_document(&app, &visitor, &edition.policy, &name, &format!("/editions/{no}/documents"))
}

fn show_document(
    app: &App,
    visitor: &Visitor,
    policy: &Policy,
    name: &str,
    folder: &str,
) -> Result<Response, HttpError> {
    let language = visitor.language;
    let document = public(policy).find(|document| document.name == name).ok_or(HttpError::NotFound)?;
    let at = Language::ALL.iter().position(|each| *each == language).unwrap_or(0);
    let hash = document.hashes.get(at).map(|hash| kepil_domain::hex(hash));
    let page = Document {
        title: document.title.get(language).to_owned(),
        version: document.version.clone(),
        edition: When::date(policy.edition(), language),
        hash: hash.unwrap_or_default(),
        body: render_document(policy, document, language),
        others: links(policy, language, folder).filter(|link| link.path != format!("{folder}/{name}")).collect(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// What is for people: the papers of the staff are read where they are signed.
fn public(policy: &Policy) -> impl Iterator<Item = &kepil_policy::Document> {
    let is_inside = |kind| matches!(kind, DocumentKind::Undertaking | DocumentKind::StaffRules);
    policy.documents().iter().filter(move |document| !is_inside(document.kind))
}

fn links<'a>(policy: &'a Policy, language: Language, folder: &'a str) -> impl Iterator<Item = Link> + 'a {
    public(policy).map(move |document| Link {
        path: format!("{folder}/{}", document.name),
        label: document.title.get(language).to_owned(),
    })
}

/// `GET /editions`.
pub async fn editions(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let in_force = app.policy()?.no;
    let language = visitor.language;
    let rows = app.shelf.list().into_iter().rev().map(|edition| {
        let state = match edition.no.cmp(&in_force) {
            std::cmp::Ordering::Greater => EditionState::Coming,
            std::cmp::Ordering::Equal => EditionState::InForce,
            std::cmp::Ordering::Less => EditionState::Past,
        };
        let moment = kepil_domain::Moment { unix_ms: edition.effective_s * 1000, day: kepil_domain::Day::default() };
        EditionRow {
            edition: When::date(edition.policy.edition(), language),
            state,
            since: When::moment(moment, edition.policy.time_zone(), language),
            hash: edition.policy.hash_text().to_owned(),
            documents: links(&edition.policy, language, &format!("/editions/{}/documents", edition.no.0)).collect(),
            diff_path: (edition.no.0 > 1).then(|| format!("/editions/{}/changes", edition.no.0)),
        }
    });
    let page = Editions { rows: rows.collect() };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `GET /editions/{no}/changes`: an edition compared with the one before it.
pub async fn changes(State(app): State<App>, visitor: Visitor, Path(no): Path<u32>) -> Result<Response, HttpError> {
    let editions = app.shelf.list();
    let find = |no: Option<u32>| {
        editions.iter().find(|edition| Some(edition.no) == no.map(EditionNo)).ok_or(HttpError::NotFound)
    };
    let (from, to) = (find(no.checked_sub(1))?, find(Some(no))?);
    let (widened, other): (Vec<_>, Vec<_>) =
        diff(&from.policy, &to.policy).into_iter().partition(kepil_policy::Change::is_widening);
    let page = EditionDiff {
        from: When::date(from.policy.edition(), visitor.language),
        to: When::date(to.policy.edition(), visitor.language),
        widened: widened.iter().map(ToString::to_string).collect(),
        other: other.iter().map(ToString::to_string).collect(),
        texts: changed_texts(&from.policy, &to.policy, visitor.language),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// The documents whose text changed, line by line.
fn changed_texts(from: &Policy, to: &Policy, language: Language) -> Vec<TextDiff> {
    let changed = public(to).filter_map(|document| {
        let before = from.documents().iter().find(|each| each.name == document.name);
        let before = before.map(|before| render_document(from, before, language)).unwrap_or_default();
        let after = render_document(to, document, language);
        (before != after).then(|| {
            let diff = similar::TextDiff::from_lines(&before, &after);
            let lines = diff.iter_all_changes().filter(|change| !change.value().trim().is_empty());
            let mark = |tag| match tag {
                similar::ChangeTag::Equal => LineMark::Same,
                similar::ChangeTag::Insert => LineMark::Added,
                similar::ChangeTag::Delete => LineMark::Gone,
            };
            TextDiff {
                title: document.title.get(language).to_owned(),
                lines: lines.map(|change| (mark(change.tag()), change.value().trim().to_owned())).collect(),
            }
        })
    });
    changed.collect()
}

/// `GET /assets/kepil.css`.
pub async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")], STYLE)
        .into_response()
}

/// `GET /assets/kepil.js`.
pub async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")], SCRIPT)
        .into_response()
}
