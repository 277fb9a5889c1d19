//! Actions: one file for each promise. The only place where store, gate and vault meet.
//!
//! An action takes types, does one thing, and says what became of it; parsing and answering are the business of `http/`.

use std::sync::Arc;

use kepil_domain::{
    Locator, Moment, NoEntropy, SessionMark,
    gate::{Actor, ActorFacts, Ask, Facts, Ground, Refusal, Right, decide},
    ledger::{Act, Payload},
    standing::DutyFault,
    vault::{Leave, Opened, VaultError, open},
};
use kepil_policy::{CompartmentId, Effective, FieldSet, Policy, Service, Tag, Use, Verb};
use kepil_store::{Acting, Audited, NewAct, PersonRow, Question, StoreError};

use crate::App;
use alarm::Asked;
use sign_in::sign_in_compartment;

pub mod accept;
pub mod activity;
pub mod admit;
pub mod age;
mod alarm;
pub mod answer;
pub mod ask_witnesses;
pub mod audit_logs;
pub mod authorize;
pub mod behalf;
pub(crate) mod born;
pub(crate) mod budget;
pub mod choices;
pub mod client_auth;
pub mod close_account;
pub mod close_epoch;
pub mod contents;
pub mod credentials;
pub mod device;
pub mod end_agreement;
pub mod end_session;
pub mod entities;
pub mod evidence;
pub mod exchange;
pub mod export;
pub mod factors;
pub mod guardians;
pub mod import;
pub mod inquire;
pub mod inspect;
pub mod know_browser;
pub mod mandates;
pub mod mix_rows;
pub mod my_data;
pub mod name_person;
pub(crate) mod new_password;
pub mod passkeys;
pub mod plant;
pub mod profiles;
pub mod push;
pub mod read_batch;
pub mod read_fields;
pub mod register;
pub mod register_client;
pub mod representatives;
pub mod rotate_keys;
pub mod sent_codes;
pub mod show;
pub mod sign_in;
pub mod sign_out_notices;
pub mod staff;
pub(crate) mod standings;
pub mod userinfo;
pub mod wards;

/// Why an action did not do what it was asked. Carries nothing about a person.
#[derive(Debug, thiserror::Error)]
pub enum ActionError {
    /// The gate said no.
    #[error("refused: {refusal} (clause {clause})", refusal = .0, clause = .0.clause())]
    Refused(Refusal),
    /// What was sent cannot be used; the word names the fault for a translation.
    #[error("bad input: {0}")]
    Input(&'static str),
    /// The link, code or session is unknown, used or past its end.
    #[error("the link or code is no longer valid")]
    Expired,
    /// Too many at once: try again in a moment.
    #[error("too many at once")]
    Busy,
    /// Whoever asks has asked about as many people as they may.
    #[error("the budget of people is used up (clause 3.4g)")]
    OverBudget {
        /// Until they may ask about others. Unit: seconds.
        wait_s: i64,
    },
    /// Work must be proved first: so many zero bits (`challenge.rs`).
    #[error("work must be proved first")]
    Toll(u8),
    /// A duty cannot be granted, confirmed or ended so.
    #[error("{0}")]
    Duty(#[from] DutyFault),
    /// No edition is in force.
    #[error("no policy is in force")]
    NoPolicy,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something sealed did not open.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Something of ours failed; the text is for the log.
    #[error("{0}")]
    Broken(String),
}

impl From<NoEntropy> for ActionError {
    fn from(error: NoEntropy) -> Self {
        Self::Store(error.into())
    }
}

tokio::task_local! {
    /// The session of the request that is being answered. Not an argument, because every act has it and none decides by it.
    static SESSION: Option<SessionMark>;
}

/// Does `work` in the session that `mark` names, or in none: its entries tell so (clause 6.1b).
pub(crate) async fn in_session<T>(mark: Option<SessionMark>, work: impl Future<Output = T>) -> T {
    SESSION.scope(mark, work).await
}

fn session_here() -> Option<SessionMark> {
    SESSION.try_with(|mark| *mark).ok().flatten()
}

/// The tag of the compartment at `id`.
pub(crate) fn tag_of(policy: &Policy, id: CompartmentId) -> Result<Tag, ActionError> {
    policy.compartment(id).map(|it| it.tag).ok_or(ActionError::Refused(Refusal::UnknownPurpose))
}

/// Asks the gate about a person, and opens what it grants: the whole way of a read.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed; a refusal is no error but stands in the verdict's place.
pub(crate) async fn ask_and_open(
    app: &App,
    policy: &Arc<Effective>,
    ask: Ask,
    locator: Option<Locator>,
    compartment: Tag,
) -> Result<Answered, ActionError> {
    let acting = Acting { session: session_here(), ..Acting::default() };
    let question = Question { policy: Arc::clone(policy), ask, acting, locator, compartment };
    let mut answered = ask_as_and_open(app, question).await?;
    representatives::fill(app, policy, &ask, locator, &mut answered).await?;
    Ok(answered)
}

/// As [`ask_and_open`], for somebody of whom the gate must know more; what is known of them is a lease of a second.
///
/// # Errors
/// As [`ask_and_open`].
pub(crate) async fn ask_as_and_open(app: &App, question: Question) -> Result<Answered, ActionError> {
    let (actor, policy) = (question.ask.actor, Arc::clone(&question.policy));
    opened(app, actor, &policy, audited(app, question).await?)
}

/// As [`ask_as_and_open`], about a person who consented to the use; `None`, and nothing is recorded, about everybody else.
///
/// # Errors
/// As [`ask_and_open`].
pub(crate) async fn ask_where_chosen(app: &App, question: Question) -> Result<Option<Answered>, ActionError> {
    let (actor, policy) = (question.ask.actor, Arc::clone(&question.policy));
    let asked = Asked::from(&question.ask);
    let audited = app.lane.audited_where_chosen(question).await?.map(|audited| counted(app, &policy, asked, audited));
    audited.map(|audited| opened(app, actor, &policy, audited)).transpose()
}

/// Opens what was granted.
fn opened(app: &App, actor: Actor, policy: &Effective, audited: Audited) -> Result<Answered, ActionError> {
    let refused = audited.verdict.refused;
    if audited.verdict.permit.is_some() {
        app.metrics.read_by(actor.word());
    }
    let opened = match (audited.verdict.permit, audited.sealed) {
        (Some(permit), Some(sealed)) => {
            Some(open(permit, audited.receipt, sealed, &policy.policy, app.store.clock().tick())?)
        }
        _ => None,
    };
    Ok(Answered { opened, refused })
}

/// Asks the gate, and records and counts what it said. Opens nothing.
async fn audited(app: &App, question: Question) -> Result<Audited, ActionError> {
    let (policy, asked) = (Arc::clone(&question.policy), Asked::from(&question.ask));
    Ok(counted(app, &policy, asked, app.lane.audited(question).await?))
}

/// Counts what the gate said; raises the alarm where nobody has a reason to ask.
fn counted(app: &App, policy: &Arc<Effective>, asked: Asked, audited: Audited) -> Audited {
    if audited.is_decoy {
        alarm::raise(app, policy, asked);
    }
    app.metrics.decided(match (&audited.verdict.permit, audited.verdict.refused.whole()) {
        (Some(_), _) => "granted",
        (None, reason) => reason.unwrap_or(Refusal::OutsidePurpose).word(),
    });
    audited
}

/// Leave to touch what a person placed, or what is about them: the way of [`ask_as_and_open`] up to the opening.
///
/// # Errors
/// As [`ask_as_and_open`].
async fn ask_leave(app: &App, question: Question) -> Result<Result<Leave, Refusal>, ActionError> {
    let audited = audited(app, question).await?;
    let refused = audited.verdict.refused.whole().unwrap_or(Refusal::OutsidePurpose);
    Ok(match (audited.verdict.permit, audited.sealed) {
        (Some(permit), Some(sealed)) => Ok(Leave { permit, receipt: audited.receipt, sealed }),
        _ => Err(refused),
    })
}

/// What came of an ask.
pub(crate) struct Answered {
    /// The values; `None` when nothing was granted.
    pub opened: Option<Opened>,
    /// What was refused.
    pub refused: kepil_domain::gate::Refused,
}

/// Asks the gate within a change: on the standing that the change will replace.
///
/// # Errors
/// [`ActionError::Refused`] with the gate's reason.
pub(crate) fn check_right(
    app: &App,
    policy: &Effective,
    row: &PersonRow,
    right: Right,
    verb: Verb,
) -> Result<(), ActionError> {
    check_right_as(app, policy, row, (Actor::Person, ActorFacts::Nothing), right, verb)
}

/// As [`check_right`], for somebody who acts for the person or legal entity.
///
/// # Errors
/// As [`check_right`].
pub(crate) fn check_right_as(
    app: &App,
    policy: &Effective,
    row: &PersonRow,
    (actor, facts): (Actor, ActorFacts),
    right: Right,
    verb: Verb,
) -> Result<(), ActionError> {
    let (event, ground) = (App::new_event()?, Ground::Right(right));
    let ask = Ask { event, actor, ground, verb, fields: FieldSet::EMPTY, moment: app.now() };
    check(policy, &ask, &row.standing.facts(policy, &ask, facts))
}

fn check(policy: &Effective, ask: &Ask, facts: &Facts) -> Result<(), ActionError> {
    let verdict = decide(policy, ask, facts);
    match (verdict.permit, verdict.refused.whole()) {
        (Some(_), _) => Ok(()),
        (None, reason) => Err(ActionError::Refused(reason.unwrap_or(Refusal::OutsidePurpose))),
    }
}

/// What the entry of a person's own act says.
pub(crate) struct OwnAct<'a> {
    /// What was done.
    pub act: Act,
    /// With which service.
    pub service: Option<&'a Service>,
    /// Under which use.
    pub row: Option<&'a Use>,
    /// With which fields.
    pub fields: FieldSet,
    /// What was shown or accepted: `name version language sha256`.
    pub documents: Vec<String>,
    /// For what, where that was said.
    pub reason: Option<String>,
}

impl<'a> OwnAct<'a> {
    /// An act without service, use, fields or documents.
    pub fn plain(act: Act) -> Self {
        Self { act, service: None, row: None, fields: FieldSet::EMPTY, documents: Vec::new(), reason: None }
    }

    /// An act about one use of a service.
    pub fn of_use(act: Act, service: &'a Service, row: &'a Use) -> Self {
        Self { service: Some(service), row: Some(row), fields: row.fields, ..Self::plain(act) }
    }

    /// The act as the store records it.
    ///
    /// # Errors
    /// [`ActionError`] when there is no randomness.
    pub fn recorded(self, policy: &Effective, moment: Moment) -> Result<NewAct, ActionError> {
        self.recorded_by(Actor::Person, policy, moment)
    }

    /// The act as the store records it, done by `actor`.
    ///
    /// # Errors
    /// [`ActionError`] when there is no randomness.
    pub fn recorded_by(self, actor: Actor, policy: &Effective, moment: Moment) -> Result<NewAct, ActionError> {
        let names = self.fields.iter().filter_map(|id| policy.policy.field(id)).map(|field| field.name.clone().into());
        let payload = Payload {
            v: 1,
            at_ms: moment.unix_ms,
            act: self.act.word().into(),
            actor: actor.word().into(),
            service: self.service.map(|service| service.name.clone().into()),
            purpose: self.row.map(|row| row.purpose.clone().into()),
            fields: names.collect(),
            edition: policy.no.0,
            policy: policy.policy.hash_text().to_owned().into(),
            documents: self.documents.into_iter().map(Into::into).collect(),
            reason: self.reason.map(Into::into),
            // The mark of somebody else's session does not belong into what this person reads.
            session: session_here().filter(|_| actor == Actor::Person).map(|mark| mark.to_string().into()),
            ..Payload::default()
        };
        Ok(NewAct { event: App::new_event()?, act: self.act, payload })
    }
}

/// What is accepted with `service`, as it was shown: `name version language sha256`, the general policy first.
pub(crate) fn documents_of(policy: &Policy, service: &Service, language: kepil_policy::Language) -> Vec<String> {
    let at = kepil_policy::Language::ALL.iter().position(|each| *each == language).unwrap_or(0);
    let shown = service.documents.iter().filter_map(|index| policy.documents().get(*index));
    shown
        .filter_map(|document| {
            let hash = kepil_domain::hex(document.hashes.get(at)?);
            Some(format!("{} {} {language} {hash}", document.name, document.version))
        })
        .collect()
}
