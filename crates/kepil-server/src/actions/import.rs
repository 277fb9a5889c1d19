//! People whom the operator brings along from an earlier system. Clauses 1.2c, 1.3a, 3.2b.
//!
//! They accepted nothing here: their values are kept, and nothing opens to a service before each of them has signed in
//! with the old password and accepted. What is for an optional purpose is not brought along. A batch is noted before it is
//! written, so an import that was interrupted goes on without losing or doubling anybody.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use kepil_domain::{
    Locator, Personal,
    form::{self, FormFault},
    vault::{Pending, Provenance},
};
use kepil_policy::{Field, FormPlace, Subject};
use kepil_store::{NewTicket, StoreError, TicketKind};
use serde::{Deserialize, Serialize};

use super::{ActionError, register};
use crate::{App, oidc::grant::to_content, password::Scheme};

/// How many are written at once: they share the flushes.
pub const AT_ONCE: usize = 64;
/// How long an interrupted import can be gone on with. Unit: seconds.
const KEPT_S: i64 = 30 * 86_400;

/// One person to be brought along.
pub struct Brought {
    /// Number of the row, for the report.
    pub row: u64,
    /// Values by name of the field.
    pub values: BTreeMap<String, Personal<String>>,
    /// The hash of the password, as the earlier system kept it.
    pub hash: Personal<String>,
}

/// Why somebody was not brought along. Says nothing about them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Unfit {
    /// A value does not fit its field.
    Value {
        /// The field's name.
        field: String,
        /// What is wrong.
        fault: FormFault,
    },
    /// The hash of the password is of no known form, or would cost too much to check.
    Hash,
    /// Somebody has the same name for signing in.
    Taken,
    /// Younger than the account allows.
    TooYoung,
}

impl Unfit {
    /// Column and reason.
    #[must_use]
    pub fn words(&self) -> (&str, String) {
        match self {
            Self::Value { field, fault } => (field, fault.to_string()),
            Self::Hash => (HASH, "not a hash that can be checked".to_owned()),
            Self::Taken => ("", "somebody has the same name for signing in".to_owned()),
            Self::TooYoung => ("", "younger than the account allows".to_owned()),
        }
    }
}

/// The column of the hash.
pub const HASH: &str = "password_hash";

/// How far an import is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Progress {
    /// How many rows are done.
    pub rows: u64,
    /// How many people were brought along.
    pub added: u64,
    /// How many were not.
    pub refused: u64,
    /// Length of the report of those. Unit: bytes.
    pub report_bytes: u64,
    /// Those of the batch under way, by row: their rings are chosen, so that writing them again changes nothing.
    pending: BTreeMap<u64, String>,
}

/// Names of the columns that are brought along.
///
/// # Errors
/// [`ActionError::NoPolicy`] before the first edition.
pub fn columns(app: &App) -> Result<Vec<String>, ActionError> {
    let effective = app.policy()?;
    let fields = effective.policy.fields().iter().filter(|field| is_brought(field));
    Ok(fields.map(|field| field.name.clone()).chain([HASH.to_owned()]).collect())
}

fn is_brought(field: &Field) -> bool {
    field.is_entered() && field.subject == Subject::Person && field.form != FormPlace::Request
}

/// How far the import called `name` is; from the beginning when it is new.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn find(app: &App, name: &str) -> Result<Progress, ActionError> {
    let token = app.store.typed_token(TicketKind::Import, name);
    let found = app.store.find_ticket(TicketKind::Import, &token, app.now().unix_s()).await?;
    Ok(found.and_then(|ticket| serde_json::from_slice(&ticket.content).ok()).unwrap_or_default())
}

/// Notes how far the import is.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn note(app: &App, name: &str, progress: &Progress) -> Result<(), ActionError> {
    let (kind, now_s) = (TicketKind::Import, app.now().unix_s());
    let content = to_content(progress).map_err(|error| ActionError::Broken(error.to_string()))?;
    let token = app.store.typed_token(kind, name);
    if let Some(mut ticket) = app.store.find_ticket(kind, &token, now_s).await? {
        ticket.content = content;
        return Ok(app.store.set_ticket(kind, &token, &ticket).await?);
    }
    let ticket = NewTicket { kind, owner: None, family: None, until_s: now_s + KEPT_S, content };
    Ok(app.store.add_typed_ticket(name, ticket).await?)
}

/// Brings a batch along; says of each row that was refused why. `progress` says which batch of which import it is.
///
/// # Errors
/// [`ActionError`] when the store does not answer; the batch may be given again.
pub async fn bring(
    app: &App,
    name: &str,
    progress: &mut Progress,
    batch: Vec<Brought>,
) -> Result<Vec<(u64, Unfit)>, ActionError> {
    let (mut refused, mut ready, rows) = (Vec::new(), Vec::new(), batch.len() as u64);
    let known = std::mem::take(&mut progress.pending);
    for one in batch {
        let row = one.row;
        let noted = known.get(&row).and_then(|text| BASE64_STANDARD_NO_PAD.decode(text).ok());
        let pending = match noted {
            Some(bytes) => Ok(Pending::from_bytes(&bytes)?),
            None => prepare(app, one)?,
        };
        match pending {
            Ok(pending) => ready.push((row, pending)),
            Err(unfit) => refused.push((row, unfit)),
        }
    }
    for (row, pending) in &ready {
        progress.pending.insert(*row, BASE64_STANDARD_NO_PAD.encode(pending.to_bytes()?));
    }
    note(app, name, progress).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for (row, pending) in ready {
        let app = app.clone();
        tasks.spawn(async move { (row, add(&app, pending).await) });
    }
    while let Some(done) = tasks.join_next().await {
        let (row, added) = done.map_err(|error| ActionError::Broken(error.to_string()))?;
        match added? {
            Ok(_) => progress.added += 1,
            Err(unfit) => refused.push((row, unfit)),
        }
    }
    refused.sort_by_key(|(row, _)| *row);
    progress.refused += refused.len() as u64;
    progress.rows += rows;
    progress.pending.clear();
    Ok(refused)
}

fn prepare(app: &App, brought: Brought) -> Result<Result<Pending, Unfit>, ActionError> {
    let effective = app.policy()?;
    if Scheme::parse(brought.hash.reveal()).is_none() {
        return Ok(Err(Unfit::Hash));
    }
    let mut values = Vec::new();
    let empty = Personal::new(String::new());
    for field in effective.policy.fields().iter().filter(|field| is_brought(field)) {
        let entered = brought.values.get(&field.name);
        if entered.is_none() && !(field.required && field.sign_in) {
            continue;
        }
        match form::canonical(field, entered.unwrap_or(&empty), app.now().day) {
            Ok(Some(value)) => values.push((field, value)),
            Ok(None) => {}
            // What is missing can be asked for at acceptance; what is wrong is refused.
            Err(FormFault::Empty) if !field.sign_in => {}
            Err(fault) => return Ok(Err(Unfit::Value { field: field.name.clone(), fault })),
        }
    }
    register::seal_pending(app, &effective.policy, values, brought.hash, Provenance::Import).map(Ok)
}

async fn add(app: &App, pending: Pending) -> Result<Result<Locator, Unfit>, ActionError> {
    let effective = app.policy()?;
    let locator = pending.ring.locator();
    let person = match register::new_person(app, &effective, pending, None) {
        Err(ActionError::Refused(_)) => return Ok(Err(Unfit::TooYoung)),
        made => made?,
    };
    match app.store.add_person(person, app.now()).await {
        Ok(()) => Ok(Ok(locator)),
        Err(StoreError::Taken) => Ok(Err(Unfit::Taken)),
        Err(error) => Err(error.into()),
    }
}
