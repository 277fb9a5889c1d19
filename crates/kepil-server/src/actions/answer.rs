//! A person answers what a service asks for: gives it for that purpose alone, or refuses. Clauses 2.1.1c, 3.1.3, 4.7.
//!
//! Value and consent are written in one step; only then the inquiry is marked. After a crash between the two it is asked
//! again, and the answer is the same.

use kepil_domain::{
    Day, Personal,
    form::{self, FormFault},
    gate::{Agreement, Refusal},
    ledger::Act,
    standing::Standing,
    vault::{Provenance, Value},
};
use kepil_policy::{Effective, Field, FieldSet, Language, Service, Use, Verb};
use kepil_store::{Amendment, NewAct, PersonRow, StoreError, Ticket, TicketKind};

use super::{
    ActionError, OwnAct, age,
    authorize::may_act,
    behalf::{Behalf, home, home_row},
    born,
    choices::change,
    credentials::put_value,
    documents_of,
    inquire::{Answer, Inquiry},
    my_data, tag_of,
};
use crate::{App, oidc::grant::to_content};

/// What a person is asked for.
pub struct Asked {
    /// Names the inquiry on pages.
    pub id: [u8; 32],
    /// What it asks.
    pub inquiry: Inquiry,
    ticket: Ticket,
}

/// The parts of the policy that an inquiry is about.
pub struct About<'a> {
    /// Who asks.
    pub service: &'a Service,
    /// For what.
    pub row: &'a Use,
    /// Which fields.
    pub fields: Vec<&'a Field>,
}

impl Asked {
    /// Where the inquiry stands in the policy; `None` when a later edition took the purpose or a field away.
    #[must_use]
    pub fn about<'a>(&self, effective: &'a Effective) -> Option<About<'a>> {
        let policy = &effective.policy;
        let service = policy.find_service(&self.inquiry.service)?;
        let row = policy.find_use(service, &self.inquiry.purpose)?;
        let field = |name: &String| policy.find_field(name).filter(|field| row.by_claim.contains(field.id));
        let fields: Option<Vec<&Field>> = self.inquiry.fields.iter().map(field).collect();
        Some(About { service, row, fields: fields? })
    }
}

/// What the person is asked for and has not answered, by services that they use; for whoever acts for them, where they may.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn list(app: &App, whose: impl Into<Behalf>) -> Result<Vec<Asked>, ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let mut waiting = Vec::new();
    for ticket in app.store.list_inquiries(behalf.whose, app.now().unix_s()).await? {
        let Ok(inquiry) = serde_json::from_slice::<Inquiry>(&ticket.content) else { continue };
        let asked = Asked { id: ticket.id, inquiry, ticket };
        let Some(about) = asked.about(&effective).filter(|_| asked.inquiry.answer == Answer::Pending) else { continue };
        let tag = tag_of(&effective.policy, about.row.compartment)?;
        if !may_act(app, behalf, about.service).await? {
            continue;
        }
        let row = app.store.find_person(behalf.whose, tag).await?;
        if row.is_some_and(|row| check_open(&effective, &row.standing, &about).is_ok()) {
            waiting.push(asked);
        }
    }
    waiting.sort_by_key(|asked| asked.inquiry.asked_s);
    Ok(waiting)
}

/// The inquiry named `id`, while it waits for the person.
///
/// # Errors
/// [`ActionError::Expired`] when there is none.
pub async fn find(app: &App, whose: impl Into<Behalf>, id: &str) -> Result<Asked, ActionError> {
    let all = list(app, whose).await?;
    all.into_iter().find(|asked| kepil_domain::hex(&asked.id) == id).ok_or(ActionError::Expired)
}

/// Whether the person may be asked: they use the service, and accepted an edition in which it may ask for all of this.
fn check_open(effective: &Effective, standing: &Standing, about: &About<'_>) -> Result<(), ActionError> {
    let is_accepted = |edition| {
        let ceiling = effective.ceiling(about.row.id, edition).map(|ceiling| ceiling.fields).unwrap_or_default();
        about.fields.iter().all(|field| ceiling.contains(field.id))
    };
    match (standing.is_destroying, standing.is_blocked, standing.agreement(about.service.tag)) {
        (true, ..) => Err(ActionError::Refused(Refusal::Destroying)),
        (_, true, _) => Err(ActionError::Refused(Refusal::Blocked)),
        (.., Agreement::Live { edition }) if is_accepted(edition) => Ok(()),
        (.., Agreement::Live { .. }) => Err(ActionError::Refused(Refusal::NewerEdition)),
        (.., Agreement::Never | Agreement::Ended { .. }) => Err(ActionError::Refused(Refusal::NotAccepted)),
    }
}

/// What is wrong with a value that was entered.
pub struct Fault {
    /// Name of the field.
    pub field: String,
    /// What is wrong.
    pub fault: FormFault,
}

/// The values as they were entered, one for each field, or what is wrong with them.
fn read<'a>(
    about: &About<'a>,
    entered: &[Personal<String>],
    today: Day,
) -> Result<Vec<(&'a Field, Personal<String>)>, Vec<Fault>> {
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for (field, text) in about.fields.iter().copied().zip(entered) {
        match form::canonical(field, text, today) {
            Ok(Some(value)) => values.push((field, value)),
            Ok(None) => faults.push(Fault { field: field.name.clone(), fault: FormFault::Empty }),
            Err(fault) => faults.push(Fault { field: field.name.clone(), fault }),
        }
    }
    if faults.is_empty() && values.len() == about.fields.len() { Ok(values) } else { Err(faults) }
}

/// Gives what was asked for: the values in the order of the inquiry. What is wrong with them comes back, and nothing is
/// written.
///
/// # Errors
/// [`ActionError::Refused`] when the agreement ended or everything was blocked meanwhile.
pub async fn give(
    app: &App,
    whose: impl Into<Behalf>,
    asked: &Asked,
    entered: &[Personal<String>],
    language: Language,
) -> Result<Vec<Fault>, ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let about = asked.about(&effective).ok_or(ActionError::Expired)?;
    let moment = app.now();
    let values = match read(&about, entered, moment.day) {
        Ok(values) => values,
        Err(faults) => return Ok(faults),
    };
    age::check_decides(app, behalf, about.service).await?;
    behalf.check_now(app, about.service).await?;
    my_data::ensure_keys(app, &effective, behalf.whose).await?;
    let (tag, home) = (tag_of(&effective.policy, about.row.compartment)?, home(app)?);
    let born = values.iter().filter(|(field, _)| born::is_date(field)).map(|(_, text)| text);
    let age = born.filter_map(|text| form::age(text, moment.day)).min();
    // Mandates stand in one compartment, and the date of birth may be in another.
    let minded = if age.is_some() && tag != home { home_row(app, behalf.whose).await? } else { None };
    // Of an answer and a refusal at the same moment one is the first, before anything is written.
    let asked = &begin(app, asked).await?;
    let change = |person: &PersonRow| -> Result<Amendment, ActionError> {
        check_open(&effective, &person.standing, &about)?;
        behalf.check_at((tag, home), &person.standing, moment.day, about.service)?;
        let mut records = person.danger_open_records()?;
        for (field, text) in &values {
            if born::is_date(field) {
                let guarded = minded.as_ref().map_or(&person.standing, |row| &row.standing);
                born::check(&effective, behalf, guarded, &records, (field, Some(text)), moment.day)?;
            }
            let class = effective.policy.class(field.class).ok_or(ActionError::NoPolicy)?.tag;
            let value = Value { text: text.copy(), provenance: Provenance::Request, written: moment.day };
            put_value(&mut records, class, field.tag, value);
        }
        let mut standing = person.standing.clone();
        let before = standing.consent_row(about.row.tag).filter(|row| !row.is_withdrawn);
        let mut claims = before.map(|row| row.claims.clone()).unwrap_or_default();
        claims
            .extend(about.fields.iter().map(|field| field.tag).filter(|tag| !claims.contains(tag)).collect::<Vec<_>>());
        standing.consent(about.row.tag, effective.no, moment.day, claims);
        let documents = documents_of(&effective.policy, about.service, language);
        let acts = vec![
            recorded(&about, asked, (Act::Did(Verb::Record), behalf), Vec::new(), &effective, app)?,
            recorded(&about, asked, (Act::Consent, behalf), documents, &effective, app)?,
        ];
        Ok(Amendment { standing, records: Some(records), acts })
    };
    if let Err(error) = born::amend(app, behalf, (tag, moment, age), change).await {
        // It waits as before, unless it went with the agreement: what was written is written again.
        let _ = mark(app, asked, Answer::Pending).await;
        return Err(error);
    }
    mark(app, asked, Answer::Given).await?;
    Ok(Vec::new())
}

/// Refuses what was asked for. The service learns that, and the same is not asked again.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn decline(app: &App, whose: impl Into<Behalf>, asked: &Asked) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let about = asked.about(&effective).ok_or(ActionError::Expired)?;
    behalf.check_now(app, about.service).await?;
    let (tag, home) = (tag_of(&effective.policy, about.row.compartment)?, home(app)?);
    let asked = &begin(app, asked).await?;
    let declined = change(app, behalf, tag, |person| {
        behalf.check_at((tag, home), &person.standing, app.now().day, about.service)?;
        let act = recorded(&about, asked, (Act::Decline, behalf), Vec::new(), &effective, app)?;
        Ok(Some((person.standing.clone(), act)))
    });
    if let Err(error) = declined.await {
        // The mandate ended in just this moment: it waits as before.
        let _ = mark(app, asked, Answer::Pending).await;
        return Err(error);
    }
    mark(app, asked, Answer::Refused).await
}

fn recorded(
    about: &About<'_>,
    asked: &Asked,
    (act, behalf): (Act, Behalf),
    documents: Vec<String>,
    effective: &Effective,
    app: &App,
) -> Result<NewAct, ActionError> {
    let fields: FieldSet = about.fields.iter().map(|field| field.id).collect();
    let reason = Some(asked.inquiry.agreement.clone());
    let act = OwnAct { fields, documents, reason, ..OwnAct::of_use(act, about.service, about.row) };
    act.recorded_by(behalf.actor(), effective, app.now())
}

/// How long an answer that was begun keeps others from answering; a crash in between leaves the inquiry open after that.
/// Unit: seconds.
const BEGUN_S: i64 = 60;

/// Whether somebody is answering at this moment.
fn is_begun(inquiry: &Inquiry, now_s: i64) -> bool {
    inquiry.begun_s + BEGUN_S > now_s
}

/// Takes the inquiry for this answer: whoever found it before or finds it now, and answers later, learns that it was answered.
async fn begin(app: &App, asked: &Asked) -> Result<Asked, ActionError> {
    let now_s = app.now().unix_s();
    if is_begun(&asked.inquiry, now_s) {
        return Err(ActionError::Expired);
    }
    let inquiry = Inquiry { begun_s: now_s, ..asked.inquiry.clone() };
    let content = to_content(&inquiry).map_err(|error| ActionError::Broken(error.to_string()))?;
    let version = match app.store.set_listed(TicketKind::Inquiry, &asked.ticket.with(content)).await {
        Err(StoreError::Conflict) => return Err(ActionError::Expired),
        done => done?,
    };
    Ok(Asked { id: asked.id, inquiry, ticket: asked.ticket.at(version) })
}

async fn mark(app: &App, asked: &Asked, answer: Answer) -> Result<(), ActionError> {
    let inquiry = Inquiry { answer, begun_s: 0, ..asked.inquiry.clone() };
    let content = to_content(&inquiry).map_err(|error| ActionError::Broken(error.to_string()))?;
    app.store.set_listed(TicketKind::Inquiry, &asked.ticket.with(content)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_begun_keeps_others_out_for_a_minute_and_no_longer() {
        let now_s = 1_795_000_000;
        let fresh = Inquiry {
            service: String::new(),
            purpose: String::new(),
            fields: Vec::new(),
            agreement: String::new(),
            asked_s: now_s - 10,
            answer: Answer::Pending,
            begun_s: 0,
        };
        assert!(!is_begun(&fresh, now_s), "nobody answers yet");
        let begun = Inquiry { begun_s: now_s, ..fresh };
        assert!(is_begun(&begun, now_s) && is_begun(&begun, now_s + BEGUN_S - 1));
        assert!(!is_begun(&begun, now_s + BEGUN_S), "whoever began is gone");
    }
}
