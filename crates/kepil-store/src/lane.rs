//! Lanes: how many reads at once share their round trips and one durable append.
//!
//! Callers enqueue and wait; the lane of a runtime drains what is waiting, without a timer and with a cap, reads rings and
//! rows for all, decides each, makes one durable append, and answers all. Start reading at [`Lane::audited`].

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use kepil_domain::{
    Locator, Receipt, SessionMark, Tick,
    gate::{Actor, ActorFacts, Ask, Facts, Ground, Reach, Verdict, decide},
    hex,
    ledger::{Act, Entry, NewEntry, Nth, Payload, Reason},
    standing::{ChainHead, Standing},
    vault::{Ring, RingPart, Sealed},
};
use kepil_policy::{Effective, FieldSet, Tag};
use tokio::sync::{mpsc, oneshot};

use crate::{
    OsEntropy, Store, StoreError,
    batch::Row,
    engine::{Appender, Session},
    ledgers::{pack, receipt},
    people::FIND_PERSON,
    rings::FIND_RING,
    stand_in::StandIn,
    trails::Run,
};

/// How many asks share one append.
const BATCH_MAX: usize = 256;
/// How long a ring may be kept in memory. Facts decide, not rings. Unit: milliseconds.
const RING_MS: u64 = 1000;

/// An ask that was decided and recorded.
pub struct Audited {
    /// What the gate said.
    pub verdict: Verdict,
    /// Proof that it is in the ledger.
    pub receipt: Receipt,
    /// The sealed values; `None` when nothing was granted.
    pub sealed: Option<Sealed>,
    /// Whether nobody stands behind whoever was asked about: nobody has a reason to.
    pub is_decoy: bool,
}

/// What is known of whoever asks, where something must be: staff, somebody with a mandate, whoever looks at a profile.
#[derive(Clone, Default)]
pub struct Acting {
    /// What is known.
    pub facts: ActorFacts,
    /// When that was read; `None` when nothing was. It is a lease like the facts about the person.
    pub read_at: Option<Tick>,
    /// For what, in their own words.
    pub reason: Option<String>,
    /// In which session of theirs.
    pub session: Option<SessionMark>,
    /// Who looks at a profile: whether they are named there is read with the facts about the person.
    pub viewer: Option<Locator>,
    /// About how many people they may ask.
    pub reach: Reach,
}

impl Acting {
    /// What is known of whoever asks, once the person's own standing is known too.
    fn towards(&self, policy: &Effective, ask: &Ask, standing: &Standing) -> ActorFacts {
        match (self.facts, ask.ground) {
            (ActorFacts::Viewer { is_member, is_named: _ }, Ground::Profile(at)) => {
                let service = policy.policy.service(at);
                let is_named = self.viewer.zip(service).is_some_and(|(who, at)| standing.has_named(at.tag, who));
                ActorFacts::Viewer { is_member, is_named }
            }
            (facts, _) => facts,
        }
    }
}

/// One ask, and all that it is decided by.
pub struct Question {
    /// By which edition.
    pub policy: Arc<Effective>,
    /// What is asked.
    pub ask: Ask,
    /// What is known of whoever asks.
    pub acting: Acting,
    /// About whom; `None` when the caller named a person whom the vault does not know: that costs and leaves the same.
    pub locator: Option<Locator>,
    /// In which compartment.
    pub compartment: Tag,
}

impl Question {
    /// One by somebody of whom nothing more need be known.
    #[must_use]
    pub fn new(policy: &Arc<Effective>, ask: Ask, locator: Option<Locator>, compartment: Tag) -> Self {
        Self { policy: Arc::clone(policy), ask, acting: Acting::default(), locator, compartment }
    }
}

/// What came of a question; `None` where it was to be asked only of those who chose the use, and the person did not.
type Answer = Result<Option<Audited>, StoreError>;

struct Job {
    question: Question,
    where_chosen: bool,
    answer: oneshot::Sender<Answer>,
}

/// The lane of one runtime.
#[derive(Clone)]
pub struct Lane {
    queue: mpsc::UnboundedSender<Job>,
}

impl Lane {
    /// Starts a lane on the current runtime.
    #[must_use]
    pub fn start(store: Arc<Store>) -> Self {
        let (queue, jobs) = mpsc::unbounded_channel();
        let number = store.next_lane();
        tokio::spawn(
            Worker {
                store,
                number,
                keys: None,
                desks: HashMap::new(),
                rings: HashMap::new(),
                rings_since: Tick(0),
                stand_ins: HashMap::new(),
            }
            .run(jobs),
        );
        Self { queue }
    }

    /// Decides on facts of this moment, makes the entry durable, and only then answers.
    ///
    /// # Errors
    /// [`StoreError`] when facts could not be read or the entry not be made durable; then nothing may be opened.
    pub async fn audited(&self, question: Question) -> Result<Audited, StoreError> {
        self.answered(question, false).await?.ok_or(StoreError::Closing)
    }

    /// As [`Self::audited`], of a person who consented to the use; `None`, and no entry, for everybody else.
    ///
    /// # Errors
    /// As [`Self::audited`].
    pub async fn audited_where_chosen(&self, question: Question) -> Answer {
        self.answered(question, true).await
    }

    async fn answered(&self, question: Question, where_chosen: bool) -> Answer {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Job { question, where_chosen, answer }).map_err(|_| StoreError::Closing)?;
        answered.await.map_err(|_| StoreError::Closing)?
    }
}

/// The connections that a lane has for one compartment.
struct Desk {
    people: Session,
    reads: Appender,
    run: Run,
    /// For how many hours entries wait here.
    waits: Option<u16>,
}

struct Worker {
    store: Arc<Store>,
    number: u32,
    keys: Option<Session>,
    desks: HashMap<Tag, Desk>,
    /// `None` for a locator that the vault does not know.
    rings: HashMap<Locator, Option<Arc<Ring>>>,
    rings_since: Tick,
    stand_ins: HashMap<Tag, StandIn>,
}

impl Worker {
    async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) {
        let mut waiting = Vec::with_capacity(BATCH_MAX);
        while jobs.recv_many(&mut waiting, BATCH_MAX).await > 0 {
            // Let every task that is ready enqueue too: a larger batch at no wait.
            tokio::task::yield_now().await;
            while waiting.len() < BATCH_MAX {
                let Ok(job) = jobs.try_recv() else { break };
                waiting.push(job);
            }
            let mut by_compartment: HashMap<Tag, Vec<Job>> = HashMap::with_capacity(2);
            waiting.drain(..).for_each(|job| by_compartment.entry(job.question.compartment).or_default().push(job));
            for (compartment, jobs) in by_compartment {
                self.serve(compartment, jobs).await;
            }
        }
    }

    /// Serves the asks about one compartment: all of them or none.
    async fn serve(&mut self, compartment: Tag, jobs: Vec<Job>) {
        match self.decide_all(compartment, &jobs).await {
            Ok(answers) => jobs.into_iter().zip(answers).for_each(|(job, answer)| drop(job.answer.send(answer))),
            Err(error) => {
                tracing::error!(error = %error, "a batch of reads was refused");
                self.desks.remove(&compartment);
                self.keys = None;
                jobs.into_iter().for_each(|job| drop(job.answer.send(Err(StoreError::LedgerRefused))));
            }
        }
    }

    async fn decide_all(&mut self, compartment: Tag, jobs: &[Job]) -> Result<Vec<Answer>, StoreError> {
        let asked_at = self.store.clock.tick();
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        self.add_stand_in(compartment, &first.question.policy)?;
        self.fetch_rings(compartment, jobs, asked_at).await?;
        let rows = self.fetch_rows(compartment, jobs).await?;
        let stranger = Ring::stranger(&self.store.keys, compartment);
        // Taken out: after a failure nothing is numbered on, but a new run begun.
        let mut desk = self.desks.remove(&compartment).ok_or(StoreError::Closing)?;
        let mut entries = Vec::with_capacity(jobs.len());
        let mut answers = Vec::with_capacity(jobs.len());
        for Job { question, where_chosen, .. } in jobs {
            let ring = self.ring(question);
            let part = ring.and_then(|ring| ring.part(compartment));
            let row = part.and_then(|part| rows.get(&part.handle().0));
            let known = match (part, row) {
                (Some(part), Some(row)) => {
                    Some((part, part.open_standing(self.store.keys.installation(), row.blob(2))))
                }
                _ => None,
            };
            let (part, standing) = match known {
                None => {
                    // Whoever is not known costs what somebody known costs; what comes of it is thrown away.
                    let nobody = self.stand_in(compartment)?.open_standing(&self.store.keys)?;
                    std::hint::black_box(facts(question, Some(&nobody)));
                    (&stranger, None)
                }
                Some((part, Ok(standing))) => (part, Some(standing)),
                // A row that the program did not write refuses this ask; the others go on.
                Some((_, Err(error))) => {
                    answers.push(Err(StoreError::Vault(error)));
                    continue;
                }
            };
            let facts = facts(question, standing.as_ref());
            if *where_chosen && !facts.is_consented() {
                answers.push(Ok(None));
                continue;
            }
            let verdict = decide(&question.policy, &question.ask, &facts);
            let place = (desk.run.next(part), desk.waits);
            let entry = entry(question, part, place, standing.as_ref(), &verdict)?;
            let receipt = receipt(&entry);
            let is_decoy = standing.as_ref().is_some_and(|standing| standing.is_decoy);
            entries.push(entry);
            let sealed = ring.zip(row).filter(|_| verdict.permit.is_some()).map(|(ring, row)| Sealed {
                event: question.ask.event,
                ring: Arc::clone(ring),
                compartment,
                records: row.blob(3).to_vec(),
                asked_at: question.acting.read_at.map_or(asked_at, |read_at| read_at.min(asked_at)),
                installation: *self.store.keys.installation(),
            });
            answers.push(Ok(Some(Audited { verdict, receipt, sealed, is_decoy })));
        }
        if let Some(first) = entries.first() {
            desk.reads.append(&first.leaf.event, pack(&entries)).await?;
        }
        self.desks.insert(compartment, desk);
        Ok(answers)
    }

    /// The ring of the person who is asked about.
    fn ring(&self, question: &Question) -> Option<&Arc<Ring>> {
        self.rings.get(&whom(question))?.as_ref()
    }

    fn add_stand_in(&mut self, compartment: Tag, policy: &Effective) -> Result<(), StoreError> {
        if !self.stand_ins.contains_key(&compartment) {
            self.stand_ins.insert(compartment, StandIn::new(&self.store.keys, policy, compartment)?);
        }
        Ok(())
    }

    fn stand_in(&self, compartment: Tag) -> Result<&StandIn, StoreError> {
        self.stand_ins.get(&compartment).ok_or(StoreError::Closing)
    }

    async fn fetch_rings(&mut self, compartment: Tag, jobs: &[Job], now: Tick) -> Result<(), StoreError> {
        if now.0.saturating_sub(self.rings_since.0) > RING_MS {
            self.rings.clear();
            self.rings_since = now;
        }
        let wanted: HashSet<[u8; 16]> = jobs
            .iter()
            .map(|job| whom(&job.question))
            .filter(|it| !self.rings.contains_key(it))
            .map(|it| it.0)
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let keys = match &mut self.keys {
            Some(session) => session,
            empty => empty.insert(self.store.rings.session().await?),
        };
        let rows = keys.find_each(FIND_RING, &wanted.iter().copied().collect::<Vec<_>>()).await?;
        for row in rows {
            if let Some(ring) = self.store.open_ring(row).await? {
                self.rings.insert(ring.locator(), Some(ring));
            }
        }
        for locator in wanted.into_iter().map(Locator) {
            if !self.rings.contains_key(&locator) {
                self.stand_in(compartment)?.open_ring(&self.store.keys)?;
                self.rings.insert(locator, None);
            }
        }
        Ok(())
    }

    async fn fetch_rows(&mut self, compartment: Tag, jobs: &[Job]) -> Result<HashMap<[u8; 16], Row>, StoreError> {
        // About somebody who is not known a row is looked for that there is not.
        let handle = |job: &Job| {
            let part = self.ring(&job.question).and_then(|ring| ring.part(compartment));
            part.map_or(job.question.ask.event.0, |part| part.handle().0)
        };
        let handles: HashSet<[u8; 16]> = jobs.iter().map(handle).collect();
        if handles.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self
            .desk(compartment)
            .await?
            .people
            .find_each(FIND_PERSON, &handles.into_iter().collect::<Vec<_>>())
            .await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.blob(0).try_into().ok()?, row))).collect())
    }

    async fn desk(&mut self, compartment: Tag) -> Result<&mut Desk, StoreError> {
        let hour = self.store.clock.now().hour();
        if self.desks.get(&compartment).is_none_or(|desk| desk.run.is_over(hour)) {
            let store = self.store.compartment(compartment)?;
            let people = store.people.session().await?;
            let reads = store.log.reads.appender(self.number).await?;
            let (run, waits) = (Run::begin(&store.log.database, hour).await?, store.log.waits);
            self.desks.insert(compartment, Desk { people, reads, run, waits });
        }
        self.desks.get_mut(&compartment).ok_or(StoreError::Closing)
    }
}

/// Where the person is looked for; about somebody whom the vault does not know, where nobody is.
fn whom(question: &Question) -> Locator {
    question.locator.unwrap_or(Locator(question.ask.event.0))
}

fn facts(question: &Question, standing: Option<&Standing>) -> Facts {
    let Question { policy, ask, acting, .. } = question;
    let known = standing
        .map_or_else(Facts::default, |standing| standing.facts(policy, ask, acting.towards(policy, ask, standing)));
    Facts { reach: acting.reach, ..known }
}

fn entry(
    question: &Question,
    part: &RingPart,
    (nth, waits): (Nth, Option<u16>),
    standing: Option<&Standing>,
    verdict: &Verdict,
) -> Result<Entry, StoreError> {
    let head = standing.map_or_else(ChainHead::default, |standing| standing.chain);
    let payload = Payload { waits, ..payload(question, verdict, standing, &head) };
    let ask = &question.ask;
    let (act, hour) = (Act::Did(ask.verb), ask.moment.hour().after_waiting(waits));
    Ok(Entry::seal(part, NewEntry { event: ask.event, act, hour, nth }, &payload, &mut OsEntropy)?)
}

/// What the entry of a read says.
fn payload<'a>(
    question: &'a Question,
    verdict: &Verdict,
    standing: Option<&Standing>,
    head: &ChainHead,
) -> Payload<'a> {
    let policy = &question.policy.policy;
    let duty = match question.ask.ground {
        Ground::Duty(at) => policy.duty(at),
        _ => None,
    };
    let row = match question.ask.ground {
        Ground::Use(at) => policy.use_at(at),
        Ground::Duty(_) => duty.and_then(|duty| policy.use_at(duty.serves?)),
        Ground::Right(_) | Ground::Profile(_) | Ground::Mandate(_) => None,
    };
    let service = match (question.ask.actor, question.ask.ground) {
        (Actor::Service(id), _) | (_, Ground::Profile(id) | Ground::Mandate(id)) => policy.service(id),
        _ => row.and_then(|row| policy.service(row.service)),
    };
    let granted = verdict.permit.as_ref().map_or(FieldSet::EMPTY, |permit| *permit.fields());
    // What has no value is granted, but not opened.
    let opened = granted
        .iter()
        .filter_map(|id| policy.field(id))
        .filter(|field| standing.is_some_and(|standing| standing.stores(policy, field)));
    let without = if verdict.refused.whole().is_some() { FieldSet::EMPTY } else { question.ask.fields.minus(&granted) };
    Payload {
        v: 1,
        at_ms: question.ask.moment.unix_ms,
        act: question.ask.verb.word().into(),
        actor: question.ask.actor.word().into(),
        service: service.map(|service| service.name.as_str().into()),
        purpose: row.map(|row| row.purpose.as_str().into()),
        fields: opened.map(|field| field.name.as_str().into()).collect(),
        refused: verdict.refused.whole().map(|reason| reason.word().into()),
        without: without
            .iter()
            .filter_map(|id| {
                let why = verdict.refused.reason(id)?;
                Some(Reason { field: policy.field(id)?.name.as_str().into(), why: why.word().into() })
            })
            .collect(),
        duty: duty.map(|duty| duty.name.as_str().into()),
        reason: question.acting.reason.as_deref().map(Into::into),
        settings: settings(question, &granted, standing),
        edition: question.policy.no.0,
        policy: policy.hash_text().into(),
        documents: Vec::new(),
        whom: None,
        session: question.acting.session.map(|mark| mark.to_string().into()),
        device: None,
        proof: Vec::new(),
        waits: None,
        chain: head.number,
        previous: hex(&head.commitment),
    }
}

/// The settings by which fields are shown to whoever looks, as the entry keeps them (clause 6.1a).
fn settings<'a>(
    question: &Question,
    granted: &FieldSet,
    standing: Option<&Standing>,
) -> Vec<std::borrow::Cow<'a, str>> {
    let Ground::Profile(at) = question.ask.ground else { return Vec::new() };
    let policy = &question.policy.policy;
    let service = policy.service(at);
    let fields = granted.iter().filter_map(|id| policy.field(id));
    let shown = fields.filter_map(|field| {
        let row = standing?.setting(service?.tag, field.tag)?;
        let day = row.on.date().map(|day| day.to_string()).unwrap_or_default();
        let audience = standing?.audience(&question.policy, service?, field);
        Some(format!("{} {audience} {day} {}", field.name, row.edition.0).into())
    });
    shown.collect()
}
