//! Asks and facts at random, about what a policy has and about what it has not.

use std::collections::HashMap;

use kepil_domain::gate::Right;
use kepil_policy::Verb;
use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    common::TODAY,
    plain::{Accepted, Names, Plain, PlainAsk, PlainFacts, Said, Who, Why},
};

/// Some names of the policy, now and then one that it does not have.
fn names(plain: &Plain) -> impl Strategy<Value = Names> + use<> {
    let some = proptest::sample::subsequence(plain.fields.clone(), 0..=plain.fields.len());
    (some, prop::bool::weighted(0.1)).prop_map(|(some, odd)| {
        let odd = odd.then(|| "no_such_field".to_owned());
        some.into_iter().chain(odd).collect()
    })
}

/// An edition of the lineage, now and then one that never was.
fn edition(plain: &Plain) -> impl Strategy<Value = u32> + use<> {
    let last = u32::try_from(plain.editions.len()).unwrap();
    prop_oneof![6 => Just(last), 5 => 1..=last, 1 => Just(0)]
}

fn day() -> impl Strategy<Value = u32> {
    prop_oneof![3 => Just(TODAY.0), 2 => TODAY.0 - 40..TODAY.0 + 40, 1 => 0..u32::MAX / 2]
}

fn ask(plain: &Plain) -> impl Strategy<Value = PlainAsk> + use<> {
    let rights = [Right::See, Right::Correct, Right::Block, Right::Delete];
    let mut paths = plain.paths();
    let mut services = plain.services();
    paths.push("no_such/purpose".to_owned());
    services.push("no_such_service".to_owned());
    let why = prop_oneof![6 => select(paths).prop_map(Why::Purpose), 1 => select(rights.to_vec()).prop_map(Why::Right)];
    let who = prop_oneof![
        8 => Just(Who::Service),
        2 => Just(Who::Person),
        1 => select(vec![Who::Representative, Who::Officer, Who::Recipient, Who::System]),
    ];
    let caller = (prop::bool::weighted(0.8), select(services));
    let verb = (prop::bool::weighted(0.7), select(Verb::ALL.to_vec()), 0..100usize);
    let parsed = |words: &std::collections::BTreeSet<&str>| words.iter().filter_map(|word| Verb::parse(word)).collect();
    let of_purpose: HashMap<String, Vec<Verb>> =
        plain.in_force().iter().map(|(path, it)| (path.clone(), parsed(&it.verbs))).collect();
    (who, caller, why, verb, names(plain), day()).prop_map(
        move |(who, (is_own, other), why, (fits, verb, at), fields, day)| {
            let verb = match &why {
                Why::Right(right) if fits => verb_of(*right),
                Why::Purpose(path) if fits => of_purpose.get(path).map_or(verb, |verbs| verbs[at % verbs.len()]),
                _ => verb,
            };
            let own = match &why {
                Why::Purpose(path) => path.split_once('/').map(|(service, _)| service.to_owned()),
                Why::Right(_) => None,
            };
            let caller = own.filter(|_| is_own).unwrap_or(other);
            PlainAsk { who, caller, why, verb, fields, day }
        },
    )
}

fn verb_of(right: Right) -> Verb {
    match right {
        Right::See => Verb::Extract,
        Right::Correct => Verb::Clarify,
        Right::Block => Verb::Block,
        Right::Delete => Verb::Destroy,
    }
}

fn facts(plain: &Plain) -> impl Strategy<Value = PlainFacts> + use<> {
    let accepted = prop_oneof![
        8 => edition(plain).prop_map(Accepted::Edition),
        1 => Just(Accepted::Never),
        1 => Just(Accepted::Ended),
    ];
    let yes =
        (edition(plain), names(plain), day()).prop_map(|(edition, claims, day)| Said::Yes { edition, claims, day });
    let said = prop_oneof![8 => yes, 1 => Just(Said::Nothing), 1 => Just(Said::No)];
    let rare = || prop::bool::weighted(0.07);
    let age = prop_oneof![1 => Just(None), 5 => select(vec![13, 14, 17, 18, 30, 90]).prop_map(Some)];
    let blocked = prop_oneof![2 => Just(Names::new()), 1 => names(plain)];
    ((rare(), rare(), rare(), any::<bool>()), blocked, accepted, said, age).prop_map(
        |((is_destroying, is_blocked, is_held, has_guardian), blocked, accepted, said, age)| PlainFacts {
            is_destroying,
            is_blocked,
            blocked,
            is_held,
            accepted,
            said,
            age,
            has_guardian,
        },
    )
}

/// A question and what is known.
pub fn ask_and_facts(plain: &Plain) -> impl Strategy<Value = (PlainAsk, Option<PlainFacts>)> + use<> {
    (ask(plain), prop::option::weighted(0.97, facts(plain)))
}

/// Something that takes.
#[derive(Clone, Debug)]
pub enum Narrowing {
    Block,
    BlockFields(Names),
    Withdraw,
    TakeClaimsBack(Names),
    EndAgreement,
    Destroy,
    Hold,
    ForgetAge,
    Younger,
    LoseGuardian,
}

/// Anything that takes.
pub fn narrowing(plain: &Plain) -> impl Strategy<Value = Narrowing> + use<> {
    prop_oneof![
        Just(Narrowing::Block),
        names(plain).prop_map(Narrowing::BlockFields),
        Just(Narrowing::Withdraw),
        names(plain).prop_map(Narrowing::TakeClaimsBack),
        Just(Narrowing::EndAgreement),
        Just(Narrowing::Destroy),
        Just(Narrowing::Hold),
        Just(Narrowing::ForgetAge),
        Just(Narrowing::Younger),
        Just(Narrowing::LoseGuardian),
    ]
}

impl Narrowing {
    /// The facts after it.
    pub fn add_to(&self, mut facts: PlainFacts) -> PlainFacts {
        match self {
            Self::Block => facts.is_blocked = true,
            Self::BlockFields(names) => facts.blocked.extend(names.iter().cloned()),
            Self::Withdraw => facts.said = Said::No,
            Self::TakeClaimsBack(names) => {
                if let Said::Yes { claims, .. } = &mut facts.said {
                    claims.retain(|name| !names.contains(name));
                }
            }
            Self::EndAgreement => facts.accepted = Accepted::Ended,
            Self::Destroy => facts.is_destroying = true,
            Self::Hold => facts.is_held = true,
            Self::ForgetAge => facts.age = None,
            Self::Younger => facts.age = facts.age.map(|age| age - 5),
            Self::LoseGuardian => facts.has_guardian = false,
        }
        facts
    }
}

/// One question, facts and narrowing about `plain`, made from `seed`.
pub fn case(plain: &Plain, seed: u64) -> (PlainAsk, Option<PlainFacts>, Narrowing) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let ((ask, facts), narrowing) =
        (ask_and_facts(plain), narrowing(plain)).new_tree(&mut runner).expect("a case").current();
    (ask, facts, narrowing)
}
