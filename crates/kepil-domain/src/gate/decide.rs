//! The decision: a few ANDs over bitsets, no string, no allocation.

use kepil_policy::{
    Basis, Category, DutyId, Effective, FieldId, FieldSet, Service, ServiceId, ServiceKind, Subject, Until, Use, UseId,
    Verb,
};

use super::{
    Actor, ActorFacts, Agreement, Ask, Consent, Facts, Ground, Life, Reach, Refusal, Right, StaffFacts, SubjectFacts,
};
use crate::{EventId, Moment};

/// Leave to do one act with some fields of one person. Made by [`decide`] only; used up by [`crate::vault::open`].
#[derive(Debug)]
pub struct Permit {
    event: EventId,
    verb: Verb,
    fields: FieldSet,
    moment: Moment,
}

impl Permit {
    /// The act.
    #[must_use]
    pub fn event(&self) -> EventId {
        self.event
    }

    /// What may be done.
    #[must_use]
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// With which fields.
    #[must_use]
    pub fn fields(&self) -> &FieldSet {
        &self.fields
    }

    /// When it was asked.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.moment
    }
}

/// What was refused.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a decision allocates nothing, and most of them sort nothing")]
pub enum Refused {
    /// Nothing: everything was granted.
    #[default]
    Nothing,
    /// Everything, for one reason.
    Whole(Refusal),
    /// Single fields, each for one reason.
    Fields(Sorted),
}

/// Refused fields by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sorted {
    /// [`Refusal::OutsidePurpose`].
    pub outside: FieldSet,
    /// [`Refusal::NewerEdition`].
    pub newer: FieldSet,
    /// [`Refusal::ClaimNotReleased`].
    pub unreleased: FieldSet,
    /// [`Refusal::FieldBlocked`].
    pub blocked: FieldSet,
}

impl Refused {
    /// The reason for which everything was refused, if it was.
    #[must_use]
    pub fn whole(&self) -> Option<Refusal> {
        match self {
            Self::Whole(reason) => Some(*reason),
            Self::Nothing | Self::Fields(_) => None,
        }
    }

    /// Why `field` was refused, if it was.
    #[must_use]
    pub fn reason(&self, field: FieldId) -> Option<Refusal> {
        let Self::Fields(sorted) = self else { return self.whole() };
        let by_reason = [
            (&sorted.outside, Refusal::OutsidePurpose),
            (&sorted.newer, Refusal::NewerEdition),
            (&sorted.unreleased, Refusal::ClaimNotReleased),
            (&sorted.blocked, Refusal::FieldBlocked),
        ];
        by_reason.into_iter().find(|(set, _)| set.contains(field)).map(|(_, reason)| reason)
    }
}

/// The answer of the gate.
#[derive(Debug)]
pub struct Verdict {
    /// Leave, when at least one field (or an act without fields) was granted.
    pub permit: Option<Permit>,
    /// What was refused.
    pub refused: Refused,
}

impl Verdict {
    fn no(reason: Refusal) -> Self {
        Self { permit: None, refused: Refused::Whole(reason) }
    }
}

/// Decides one ask on the facts. Everything that is not allowed is refused, with its reason.
#[must_use]
pub fn decide(policy: &Effective, ask: &Ask, facts: &Facts) -> Verdict {
    // Before anything about the person: whom they ask about makes no difference.
    match facts.reach {
        Reach::Within => {}
        Reach::Spent => return Verdict::no(Refusal::OverBudget),
        Reach::NotInBulk => return Verdict::no(Refusal::NotInBulk),
    }
    let Some(subject) = &facts.subject else { return Verdict::no(Refusal::UnknownSubject) };
    if subject.life == Life::Destroying {
        return Verdict::no(Refusal::Destroying);
    }
    match ask.ground {
        Ground::Right(right) => by_right(ask, right, subject, facts.actor),
        Ground::Use(at) => by_use(policy, ask, at, subject),
        Ground::Duty(at) => by_duty(policy, ask, at, subject, facts.actor),
        Ground::Profile(at) => by_profile(policy, ask, at, subject),
        Ground::Mandate(at) => by_mandate(policy, ask, at, subject, facts.actor),
    }
}

/// A right of the person: independent of agreement, acceptance and consent; a block stops changes but not sight. For a
/// legal entity, and for whoever has a guardian, somebody with a mandate has it.
fn by_right(ask: &Ask, right: Right, subject: &SubjectFacts, actor: ActorFacts) -> Verdict {
    let is_own = match ask.actor {
        Actor::Person => refuse_if(subject.kind == Subject::Entity, Refusal::NotThePerson),
        Actor::Representative => refuse_if(actor != ActorFacts::Mandate { is_live: true }, Refusal::NoMandate),
        Actor::Service(_) | Actor::Officer | Actor::Viewer | Actor::Recipient | Actor::System => {
            Err(Refusal::NotThePerson)
        }
    };
    let allowed = is_own.and_then(|()| match (right, ask.verb) {
        (Right::See, Verb::Extract) | (Right::Block, Verb::Block) => Ok(()),
        (Right::Correct, Verb::Clarify) => refuse_if(subject.is_blocked, Refusal::Blocked),
        (Right::Delete, Verb::Destroy) => {
            refuse_if(subject.is_blocked, Refusal::Blocked).and_then(|()| refuse_if(subject.is_held, Refusal::Held))
        }
        _ => Err(Refusal::VerbOutsidePurpose),
    });
    match allowed {
        Ok(()) => grant(ask, Refused::Nothing, &ask.fields),
        Err(reason) => Verdict::no(reason),
    }
}

/// A duty of staff: what the purpose that it serves may do for the account, and of that no more than the duty needs.
fn by_duty(policy: &Effective, ask: &Ask, at: DutyId, subject: &SubjectFacts, actor: ActorFacts) -> Verdict {
    let duty = policy.policy.duty(at);
    let served = duty.and_then(|duty| policy.policy.use_at(duty.serves?));
    let (Some(duty), Some(row)) = (duty, served) else { return Verdict::no(Refusal::NoDuty) };
    let Some(service) = policy.policy.service(row.service) else { return Verdict::no(Refusal::UnknownPurpose) };
    // A duty that grew sees no more of a person than the edition that they accepted let it see.
    let known = match subject.agreement {
        Agreement::Live { edition } => policy.duty_fields(at, edition).copied().unwrap_or_default(),
        Agreement::Never | Agreement::Ended { .. } => FieldSet::ALL,
    };
    let serving = match (ask.actor, actor) {
        (Actor::Officer, ActorFacts::Staff(staff)) => on_duty(at, staff),
        _ => Err(Refusal::NoDuty),
    };
    // A duty lets somebody see, whatever else its purpose allows.
    match serving.and_then(|()| refuse_if(ask.verb != Verb::Extract, Refusal::VerbOutsidePurpose)) {
        Ok(()) => within_use(policy, ask, (row, service), Limit { needed: &duty.fields, known }, subject),
        Err(reason) => Verdict::no(reason),
    }
}

/// Whether somebody of the staff may act under the duty `at` now, whatever about.
///
/// # Errors
/// [`Refusal`] with the first condition that does not hold.
pub fn on_duty(at: DutyId, staff: StaffFacts) -> Result<(), Refusal> {
    refuse_if(staff.duty != Some(at), Refusal::NoDuty)?;
    refuse_if(!staff.is_strong, Refusal::NotStrong)?;
    refuse_if(!staff.has_signed, Refusal::NotSigned)?;
    refuse_if(!staff.is_trained, Refusal::NotTrained)?;
    refuse_if(!staff.has_reason, Refusal::NoReason)
}

/// What a person shows of themselves: by their own setting, and only while they use the service. The service itself opens
/// nothing of it; it passes on what they place there, and takes it away (clauses 2.2a, 2.2b).
fn by_profile(policy: &Effective, ask: &Ask, at: ServiceId, subject: &SubjectFacts) -> Verdict {
    let may = match (ask.actor, ask.verb) {
        (Actor::Viewer, Verb::Disseminate) => Ok(()),
        (Actor::Service(caller), Verb::Record) => refuse_if(caller != at, Refusal::ForeignService),
        (Actor::Service(caller), Verb::Destroy) => {
            refuse_if(caller != at, Refusal::ForeignService).and_then(|()| refuse_if(subject.is_held, Refusal::Held))
        }
        (Actor::Viewer, _) => Err(Refusal::VerbOutsidePurpose),
        _ => Err(Refusal::NotShown),
    };
    let allowed = may
        .and_then(|()| policy.policy.service(at).ok_or(Refusal::UnknownPurpose))
        .and_then(|service| refuse_if(subject.is_blocked, Refusal::Blocked).map(|()| service))
        .and_then(|service| refuse_if(subject.is_frozen, Refusal::Frozen).map(|()| service))
        .and_then(|service| match subject.agreement {
            Agreement::Live { edition } => Ok((service, edition)),
            Agreement::Never => Err(Refusal::NotAccepted),
            Agreement::Ended { .. } => Err(Refusal::AgreementEnded),
        })
        .and_then(|both| guarded(both.0, subject).map(|()| both));
    let (service, edition) = match allowed {
        Ok(both) => both,
        Err(reason) => return Verdict::no(reason),
    };
    // What an edition has taken since is not placed for whoever has not accepted it.
    let is_viewer = ask.actor == Actor::Viewer;
    let accepted = policy.profile(at, edition).filter(|_| !is_viewer && subject.kind == Subject::Person);
    let has = if is_viewer { &service.profile.fields } else { accepted.map_or(&FieldSet::EMPTY, |it| &it.contents) };
    let inside = ask.fields.and(has);
    let shown = if is_viewer { inside.and(&subject.shown) } else { inside };
    let free = shown.minus(&subject.blocked);
    if free.is_empty() {
        return Verdict::no(Refusal::NotShown);
    }
    let refused = Sorted {
        outside: ask.fields.minus(&inside),
        newer: FieldSet::EMPTY,
        unreleased: inside.minus(&shown),
        blocked: shown.and(&subject.blocked),
    };
    let refused = if free == ask.fields { Refused::Nothing } else { Refused::Fields(refused) };
    grant(ask, refused, &free)
}

/// The name of somebody who acts for a legal entity: told to a service that may know who acts, and to others who act for the
/// same entity, while the mandate holds and its holder lets the name be known. Nothing but the name is.
fn by_mandate(policy: &Effective, ask: &Ask, at: ServiceId, subject: &SubjectFacts, actor: ActorFacts) -> Verdict {
    let lists = |service: &Service| {
        let mut fields = policy.policy.uses_for(service, Subject::Entity).flat_map(|each| each.fields.iter());
        fields.any(|id| policy.policy.field(id).is_some_and(|field| field.category == Category::Representative))
    };
    let allowed = match (ask.actor, policy.policy.service(at)) {
        (Actor::Representative, Some(_)) => Ok(()),
        (Actor::Service(caller), Some(service)) => refuse_if(caller != at || !lists(service), Refusal::ForeignService),
        (_, None) => Err(Refusal::UnknownPurpose),
        _ => Err(Refusal::NoMandate),
    };
    let allowed = allowed
        .and_then(|()| refuse_if(actor != ActorFacts::Mandate { is_live: true }, Refusal::NotShown))
        .and_then(|()| refuse_if(subject.kind == Subject::Entity, Refusal::OutsidePurpose))
        .and_then(|()| refuse_if(ask.verb != Verb::Extract, Refusal::VerbOutsidePurpose))
        .and_then(|()| refuse_if(subject.is_blocked, Refusal::Blocked));
    if let Err(reason) = allowed {
        return Verdict::no(reason);
    }
    let is_name = |id: &FieldId| policy.policy.field(*id).is_some_and(|field| field.category == Category::Name);
    let names: FieldSet = ask.fields.iter().filter(is_name).collect();
    let free = names.minus(&subject.blocked);
    let refused =
        Sorted { outside: ask.fields.minus(&names), blocked: names.and(&subject.blocked), ..Sorted::default() };
    let refused = if free == ask.fields { Refused::Nothing } else { Refused::Fields(refused) };
    grant(ask, refused, &free)
}

fn by_use(policy: &Effective, ask: &Ask, at: UseId, subject: &SubjectFacts) -> Verdict {
    let row = policy.policy.use_at(at);
    let Some((row, service)) = row.and_then(|row| Some((row, policy.policy.service(row.service)?))) else {
        return Verdict::no(Refusal::UnknownPurpose);
    };
    match may_act(ask, service) {
        Ok(()) => {
            let limit = Limit { needed: &row.fields, known: FieldSet::ALL };
            within_use(policy, ask, (row, service), limit, subject)
        }
        Err(reason) => Verdict::no(reason),
    }
}

/// How far whoever asks may go within a use.
struct Limit<'a> {
    /// What they need.
    needed: &'a FieldSet,
    /// What the person could know of when they accepted.
    known: FieldSet,
}

/// What one use allows now, no further than `limit`.
fn within_use(
    policy: &Effective,
    ask: &Ask,
    (row, service): (&Use, &Service),
    limit: Limit<'_>,
    subject: &SubjectFacts,
) -> Verdict {
    let ceiling = refuse_if(row.subject != subject.kind, Refusal::OutsidePurpose)
        .and_then(|()| refuse_if(subject.is_frozen, Refusal::Frozen))
        .and_then(|()| refuse_if(subject.is_blocked, Refusal::Blocked))
        .and_then(|()| refuse_if(!row.verbs.contains(ask.verb), Refusal::VerbOutsidePurpose))
        .and_then(|()| old_enough(service, subject))
        .and_then(|()| accepted(policy, row, subject))
        .and_then(|edition| policy.ceiling(row.id, edition).ok_or(Refusal::NewerEdition))
        .and_then(|ceiling| {
            refuse_if(!ceiling.verbs.contains(ask.verb), Refusal::NewerEdition).map(|()| &ceiling.fields)
        })
        .and_then(|ceiling| Ok((ceiling, consented(policy, row, ask, subject)?)));
    let (ceiling, consented) = match ceiling {
        Ok(both) => both,
        Err(reason) => return Verdict::no(reason),
    };
    // What most asks are: everything is granted, and there is nothing to sort by reason. A ceiling is within its use.
    let released = consented.ceiling.and(&consented.claims).and(limit.needed).and(&limit.known);
    if ask.fields.is_within(&ceiling.and(&released).minus(&subject.blocked)) {
        return grant(ask, Refused::Nothing, &ask.fields);
    }
    let inside = ask.fields.and(&row.fields).and(limit.needed);
    let bound = inside.and(ceiling).and(consented.ceiling).and(&limit.known);
    let free = bound.and(&consented.claims);
    let refused = Sorted {
        outside: ask.fields.minus(&inside),
        newer: inside.minus(&bound),
        unreleased: bound.minus(&consented.claims),
        blocked: free.and(&subject.blocked),
    };
    grant(ask, Refused::Fields(refused), &free.minus(&subject.blocked))
}

fn may_act(ask: &Ask, service: &Service) -> Result<(), Refusal> {
    match ask.actor {
        Actor::Service(caller) => refuse_if(caller != service.id, Refusal::ForeignService),
        Actor::System => refuse_if(service.kind != ServiceKind::Account, Refusal::ForeignService),
        Actor::Person => Err(Refusal::VerbOutsidePurpose),
        Actor::Representative => Err(Refusal::NoMandate),
        Actor::Officer => Err(Refusal::NoDuty),
        Actor::Viewer => Err(Refusal::NotShown),
        Actor::Recipient => Err(Refusal::NotARecipient),
    }
}

/// A legal entity has no age; whoever acts for it is of age when they get the mandate.
fn old_enough(service: &Service, subject: &SubjectFacts) -> Result<(), Refusal> {
    match subject.age_at_least {
        _ if service.min_age == 0 || subject.kind == Subject::Entity => Ok(()),
        None => Err(Refusal::AgeUnconfirmed),
        Some(age) => refuse_if(age < service.min_age, Refusal::BelowAge),
    }
    .and_then(|()| guarded(service, subject))
}

/// Whoever may not act alone yet has a guardian who agreed, where the service asks for one.
fn guarded(service: &Service, subject: &SubjectFacts) -> Result<(), Refusal> {
    match (service.guardian, subject.age_at_least) {
        (None, _) => Ok(()),
        _ if subject.kind == Subject::Entity => Ok(()),
        (Some(_), None) => Err(Refusal::AgeUnconfirmed),
        (Some(ages), Some(age)) => refuse_if(age < ages.alone && !subject.has_guardian, Refusal::NoGuardian),
    }
}

/// The edition that binds the person for this use.
fn accepted(policy: &Effective, row: &Use, subject: &SubjectFacts) -> Result<kepil_policy::EditionNo, Refusal> {
    match (subject.agreement, row.basis) {
        (Agreement::Never | Agreement::Live { .. }, Basis::Law) if !row.needs_agreement => Ok(policy.no),
        (Agreement::Live { edition }, _) => Ok(edition),
        (Agreement::Never, _) => Err(Refusal::NotAccepted),
        (Agreement::Ended { .. }, _) => Err(Refusal::AgreementEnded),
    }
}

/// What a consent covers: the fields in both sets.
struct Consented<'a> {
    /// Those of the edition that was read when it was given.
    ceiling: &'a FieldSet,
    /// Those that were given one by one, and those that are not asked so.
    claims: FieldSet,
}

fn consented<'a>(
    policy: &'a Effective,
    row: &Use,
    ask: &Ask,
    subject: &SubjectFacts,
) -> Result<Consented<'a>, Refusal> {
    if row.basis == Basis::Law {
        return Ok(Consented { ceiling: &FieldSet::ALL, claims: FieldSet::ALL });
    }
    match &subject.consent {
        Consent::Never => Err(Refusal::NoConsent),
        Consent::Withdrawn => Err(Refusal::Withdrawn),
        Consent::Given { edition, fields, on } => {
            let over = row.keep.until == Until::Fixed && ask.moment.day.0 > on.0.saturating_add(row.keep.term.days);
            refuse_if(over, Refusal::KeepOver)?;
            let ceiling = policy.ceiling(row.id, *edition).ok_or(Refusal::NoConsent)?;
            refuse_if(!ceiling.verbs.contains(ask.verb), Refusal::NewerEdition)?;
            Ok(Consented { ceiling: &ceiling.fields, claims: fields.or(&FieldSet::ALL.minus(&row.by_claim)) })
        }
    }
}

fn grant(ask: &Ask, refused: Refused, fields: &FieldSet) -> Verdict {
    let is_empty_handed = fields.is_empty() && !ask.fields.is_empty();
    let permit = Permit { event: ask.event, verb: ask.verb, fields: *fields, moment: ask.moment };
    Verdict { permit: (!is_empty_handed).then_some(permit), refused }
}

fn refuse_if(it: bool, reason: Refusal) -> Result<(), Refusal> {
    if it { Err(reason) } else { Ok(()) }
}
