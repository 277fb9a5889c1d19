//! Policies, asks and facts as strings and sets, and the way from them to what the gate takes.
//!
//! Does not know: how the gate decides. Start reading at [`Plain`].

use std::collections::{BTreeMap, BTreeSet};

use kepil_domain::{
    Day, Moment,
    gate::{
        Actor, ActorFacts, Agreement, Ask, Consent, Facts, Ground, Life, Reach, Right, SubjectFacts, Verdict, decide,
    },
};
use kepil_policy::{
    Basis, EditionNo, Effective, FieldId, FieldSet, Policy, ServiceId, ServiceKind, Subject, Until, UseId, Verb,
};

use crate::common::EVENT;

/// Names of fields.
pub type Names = BTreeSet<String>;

/// What one edition says of `service/purpose`.
#[derive(Clone, Debug)]
pub struct PlainUse {
    pub service: String,
    pub is_account: bool,
    pub min_age: u32,
    /// From what age nobody needs a guardian, where the service asks for one.
    pub alone_from: Option<u32>,
    pub fields: Names,
    pub verbs: BTreeSet<&'static str>,
    pub is_law: bool,
    pub needs_agreement: bool,
    pub by_claim: Names,
    pub fixed_days: Option<u32>,
}

/// One edition: its purposes by `service/purpose`.
pub type Edition = BTreeMap<String, PlainUse>;

/// A lineage of editions; the last is in force.
#[derive(Clone, Debug)]
pub struct Plain {
    pub editions: Vec<Edition>,
    pub fields: Vec<String>,
    pub effective: Effective,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Who {
    Person,
    Representative,
    Officer,
    Recipient,
    System,
    Service,
}

/// On what ground, by name.
#[derive(Clone, Debug)]
pub enum Why {
    Purpose(String),
    Right(Right),
}

/// A question by names; a name that the policy does not have is one too.
#[derive(Clone, Debug)]
pub struct PlainAsk {
    pub who: Who,
    /// The service, when one asks.
    pub caller: String,
    pub why: Why,
    pub verb: Verb,
    pub fields: Names,
    pub day: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Accepted {
    Never,
    Edition(u32),
    Ended,
}

#[derive(Clone, Debug)]
pub enum Said {
    Nothing,
    Yes { edition: u32, claims: Names, day: u32 },
    No,
}

#[derive(Clone, Debug)]
pub struct PlainFacts {
    pub is_destroying: bool,
    pub is_blocked: bool,
    pub blocked: Names,
    pub is_held: bool,
    pub accepted: Accepted,
    pub said: Said,
    pub age: Option<u32>,
    pub has_guardian: bool,
}

impl Plain {
    /// The lineage of `policies`, oldest first.
    pub fn of(policies: &[std::sync::Arc<Policy>]) -> Self {
        let (first, rest) = policies.split_first().expect("an edition");
        let effective =
            rest.iter().fold(Effective::first(first.clone()), |before, next| before.followed_by(next.clone()));
        let fields = effective.policy.fields().iter().map(|field| field.name.clone()).collect();
        Self { editions: policies.iter().map(|policy| plain(policy)).collect(), fields, effective }
    }

    pub fn in_force(&self) -> &Edition {
        self.editions.last().expect("an edition")
    }

    pub fn paths(&self) -> Vec<String> {
        self.in_force().keys().cloned().collect()
    }

    pub fn services(&self) -> Vec<String> {
        self.effective.policy.services().iter().map(|service| service.name.clone()).collect()
    }

    /// What the gate says to `ask`, about someone of whom `facts` are known.
    pub fn decide(&self, ask: &PlainAsk, facts: Option<&PlainFacts>) -> Verdict {
        decide(&self.effective, &self.ask(ask), &self.facts(facts))
    }

    pub fn ask(&self, ask: &PlainAsk) -> Ask {
        let policy = &self.effective.policy;
        let actor = match ask.who {
            Who::Person => Actor::Person,
            Who::Representative => Actor::Representative,
            Who::Officer => Actor::Officer,
            Who::Recipient => Actor::Recipient,
            Who::System => Actor::System,
            Who::Service => {
                Actor::Service(policy.find_service(&ask.caller).map_or(ServiceId(u16::MAX), |service| service.id))
            }
        };
        let ground = match &ask.why {
            Why::Right(right) => Ground::Right(*right),
            Why::Purpose(path) => Ground::Use(self.use_id(path)),
        };
        let moment = Moment { unix_ms: i64::from(ask.day) * 86_400_000, day: Day(ask.day) };
        Ask { event: EVENT, actor, ground, verb: ask.verb, fields: self.set(&ask.fields), moment }
    }

    fn use_id(&self, path: &str) -> UseId {
        let policy = &self.effective.policy;
        let found =
            path.split_once('/').and_then(|(service, purpose)| policy.find_use(policy.find_service(service)?, purpose));
        found.map_or(UseId(u32::MAX), |row| row.id)
    }

    pub fn facts(&self, facts: Option<&PlainFacts>) -> Facts {
        let subject = facts.map(|it| SubjectFacts {
            kind: Subject::Person,
            is_frozen: false,
            shown: FieldSet::EMPTY,
            life: if it.is_destroying { Life::Destroying } else { Life::Live },
            is_blocked: it.is_blocked,
            blocked: self.set(&it.blocked),
            is_held: it.is_held,
            agreement: match it.accepted {
                Accepted::Never => Agreement::Never,
                Accepted::Edition(no) => Agreement::Live { edition: EditionNo(no) },
                Accepted::Ended => Agreement::Ended { on: Day(0) },
            },
            consent: match &it.said {
                Said::Nothing => Consent::Never,
                Said::No => Consent::Withdrawn,
                Said::Yes { edition, claims, day } => {
                    Consent::Given { edition: EditionNo(*edition), fields: self.set(claims), on: Day(*day) }
                }
            },
            age_at_least: it.age,
            has_guardian: it.has_guardian,
        });
        Facts { subject, actor: ActorFacts::Nothing, reach: Reach::Within }
    }

    /// A field that the policy does not have gets a number that it does not have.
    fn set(&self, names: &Names) -> FieldSet {
        let id = |name: &String| self.effective.policy.find_field(name).map_or(FieldId(500), |field| field.id);
        names.iter().map(id).collect()
    }

    pub fn names(&self, set: &FieldSet) -> Names {
        let name =
            |id| self.effective.policy.field(id).map_or_else(|| "no_such_field".to_owned(), |it| it.name.clone());
        set.iter().map(name).collect()
    }
}

fn plain(policy: &Policy) -> Edition {
    // Those about legal entities are in `mandates.rs` and in the matrix.
    let uses = policy.uses().iter().filter(|row| row.subject == Subject::Person).map(|row| {
        let service = policy.service(row.service).expect("a service");
        let names = |set: &FieldSet| -> Names {
            set.iter().filter_map(|id| policy.field(id)).map(|field| field.name.clone()).collect()
        };
        let it = PlainUse {
            service: service.name.clone(),
            is_account: service.kind == ServiceKind::Account,
            min_age: service.min_age,
            alone_from: service.guardian.map(|ages| ages.alone),
            fields: names(&row.fields),
            verbs: row.verbs.iter().map(Verb::word).collect(),
            is_law: row.basis == Basis::Law,
            needs_agreement: row.needs_agreement,
            by_claim: names(&row.by_claim),
            fixed_days: (row.keep.until == Until::Fixed).then_some(row.keep.term.days),
        };
        (format!("{}/{}", service.name, row.purpose), it)
    });
    uses.collect()
}
