//! Whether a try is admitted: a guess at a password, code or short code, a letter to an address, a stranger's look at a
//! profile. Issue 3, item 9; clauses 3.4g, 5.1, 6.1b.
//!
//! Nobody is locked out. Tries are counted by the account, by the address and by the network they come from; whoever is
//! near a limit proves work first (`challenge.rs`), the more the further beyond it. A browser that signed in to the very
//! account before (`known.rs`) has a budget of its own, so a stranger's guesses are not the owner's. All known browsers of an
//! account share a second one: whoever makes one after the other known, with a mailbox that they hold, gains no more by it;
//! beyond it a known browser is any browser. Only where guesses at one account go on for long, strangers are refused; the
//! owner still has known browsers, passkeys, and the letter of a reset, after which a browser is known.
//! Start reading at [`admit`].

use kepil_domain::{Locator, Personal, vault::Keys};
use kepil_store::OsEntropy;

use super::{ActionError, factors, know_browser, sign_in::counted_name};
use crate::{
    App,
    challenge::{Answered, BITS_MAX, BITS_MIN, Challenge, For},
    http::sender::Sender,
    known::KnownBrowser,
    throttle::{self, Counts, GUESSES, Limit},
};

/// What is tried.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tried {
    /// A password.
    SignIn,
    /// A code, after the password.
    Second,
    /// A letter with a reset link.
    Reset,
    /// A letter that confirms a registration.
    Registration,
    /// The short code of a device.
    DeviceCode,
}

/// How often something may be tried before work is asked for, and by strangers at all.
pub(super) struct Rule {
    /// What is counted together, for one account.
    pub(super) counted: &'static str,
    /// For one account, or one address of letters.
    name: Limit,
    /// The same, at all.
    pub(super) name_max: Limit,
    /// From one address.
    address: Limit,
    /// From one network.
    network: Limit,
}

/// A browser that is known for the account.
const KNOWN: Limit = Limit { tries: 10, window_s: 3600 };
/// All browsers together that are known for the account.
const KNOWN_ALL: Limit = Limit { tries: 60, window_s: 86_400 };
/// Answers by waiting, of one account and one address; more are not taken, or waiting many times at once were free.
const WAITS: Limit = Limit { tries: 10, window_s: 600 };
/// Answers by waiting, of one network.
const NETWORK_WAITS: Limit = Limit { tries: 40, window_s: 600 };

/// Looks at profiles from one address.
const LOOKS: Limit = Limit { tries: 60, window_s: 600 };
/// Looks at profiles from one network.
const NETWORK_LOOKS: Limit = Limit { tries: 240, window_s: 600 };

const GUESSING: Rule = Rule {
    counted: "guesses",
    name: GUESSES,
    name_max: Limit { tries: 100, window_s: 3600 },
    address: Limit { tries: 10, window_s: 600 },
    network: Limit { tries: 40, window_s: 600 },
};
pub(super) const WRITING: Rule = Rule {
    counted: "letters",
    name: Limit { tries: 5, window_s: 3600 },
    name_max: Limit { tries: 10, window_s: 3600 },
    address: Limit { tries: 10, window_s: 3600 },
    network: Limit { tries: 40, window_s: 3600 },
};

impl Tried {
    fn word(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Second => "second",
            Self::Reset => "reset",
            Self::Registration => "registration",
            Self::DeviceCode => "device code",
        }
    }

    /// Whether an account is guessed at; short codes are somebody else's, whoever guesses.
    fn is_at_account(self) -> bool {
        self != Self::DeviceCode
    }

    fn rule(self) -> Rule {
        match self {
            Self::SignIn => GUESSING,
            // Six digits: three codes of an app fit at a time, and one that was sent. With as many guesses of known
            // browsers a day's stay below one in two thousand.
            Self::Second => Rule { counted: "second", name_max: Limit { tries: 60, window_s: 86_400 }, ..GUESSING },
            Self::DeviceCode => Rule { counted: "user code", ..GUESSING },
            Self::Reset => WRITING,
            // Apart: whoever registers with somebody's address uses up no letter of a reset.
            Self::Registration => Rule { counted: "registrations", ..WRITING },
        }
    }
}

/// Whose account is tried.
#[derive(Clone, Copy)]
pub enum Whose<'a> {
    /// That of whoever is called so, if anybody is.
    Name(&'a Personal<String>),
    /// That of a person.
    Person(Locator),
}

/// From where a try comes.
#[derive(Clone)]
pub struct Whence {
    /// From which address, where that is known.
    pub sender: Option<Sender>,
    /// From which browser.
    pub browser: [u8; 16],
    /// What the browser keeps that signed in before.
    pub known: Option<KnownBrowser>,
    /// A challenge, as a form carried it.
    pub challenge: String,
    /// Its answer.
    pub answer: String,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Table {
    Names,
    Persons,
    Senders,
}

/// What a try is counted under.
type Row = (Table, [u8; 16], Limit);

/// A try that may be made.
#[must_use]
pub struct Admitted(Vec<Row>);

impl Admitted {
    /// It was no guess: it does not count against the account. It does against address and network: a list of right
    /// passwords is tried from somewhere too, and whoever comes back is known.
    pub fn was_right(self, app: &App) {
        let at_account = self.0.into_iter().filter(|(table, ..)| *table != Table::Senders);
        at_account.for_each(|(table, key, limit)| of(app, table).give_back(key, limit));
    }

    /// It was not made: it does not count at all.
    fn was_not_made(self, app: &App) {
        self.0.into_iter().for_each(|(table, key, limit)| of(app, table).give_back(key, limit));
    }
}

fn of(app: &App, table: Table) -> &Counts {
    match table {
        Table::Names => &app.throttle.names,
        Table::Persons => &app.throttle.persons,
        Table::Senders => &app.throttle.senders,
    }
}

/// Counts a try and says whether it may be made.
///
/// # Errors
/// [`ActionError::Toll`] when work must be proved first, [`ActionError::Busy`] when there were too many.
pub async fn admit(app: &App, tried: Tried, whose: Whose<'_>, whence: &Whence) -> Result<Admitted, ActionError> {
    let (rule, now_s, keys) = (tried.rule(), app.now().unix_s(), app.store.keys());
    if let Some(known) = whence.known.as_ref().filter(|_| tried.is_at_account())
        && let Some(locator) = know_browser::find_owner(app, whose, known).await?
    {
        let rows = known_rows(keys, &rule, locator, known);
        if app.throttle.persons.count_within(&rows, now_s) {
            return Ok(Admitted(rows.map(|(key, limit)| (Table::Persons, key, limit)).to_vec()));
        }
    }
    let (table, name) = name_key(app, &rule, whose)?;
    let (mut owed, mut admitted) = (0, Admitted(counted(app, tried, &rule, Some((table, name)), whence)));
    for (table, key, limit) in &admitted.0 {
        owed = owed.max(bits(of(app, *table).count(*key, *limit, now_s), *limit));
    }
    let long = (table, keys.hash_for("long", &name), rule.name_max);
    let in_all = of(app, long.0).count(long.1, long.2, now_s);
    admitted.0.push(long);
    let paid = if owed > 0 { pay(app, tried, (table, name), whence, owed).await } else { Ok(()) };
    let verdict = if in_all > rule.name_max.tries { Err(ActionError::Busy) } else { paid };
    if let Err(refused) = verdict {
        app.metrics.throttled();
        admitted.was_not_made(app);
        return Err(refused);
    }
    Ok(admitted)
}

/// Under what tries of a browser are counted that is `known` for the account of the person at `locator`.
fn known_rows(keys: &Keys, rule: &Rule, locator: Locator, known: &KnownBrowser) -> [([u8; 16], Limit); 2] {
    let all = keys.hash_for("known browsers of", &[&locator.0[..], rule.counted.as_bytes()].concat());
    [(known.counted(keys, rule.counted), KNOWN), (all, KNOWN_ALL)]
}

/// Counts a look at somebody's profile by whoever is not signed in: each look is an entry in that person's ledger.
///
/// # Errors
/// [`ActionError::Busy`] after too many from one address or network.
pub fn look(app: &App, sender: Option<Sender>) -> Result<(), ActionError> {
    let Some(sender) = sender else { return Ok(()) };
    let now_s = app.now().unix_s();
    let is_over = |place: &[u8], limit: Limit| {
        app.throttle.senders.count(app.store.keys().hash_for("looks", place), limit, now_s) > limit.tries
    };
    // Whoever is over at their own address does not use up their network's.
    if is_over(&sender.address, LOOKS) || is_over(&sender.network, NETWORK_LOOKS) {
        app.metrics.throttled();
        return Err(ActionError::Busy);
    }
    Ok(())
}

/// What `tried` would cost next, without counting: a form asks for it at once instead of after it was sent.
#[must_use]
pub fn due(app: &App, tried: Tried, whose: Option<Whose<'_>>, whence: &Whence) -> Option<u8> {
    if whence.known.is_some() && tried.is_at_account() {
        return None;
    }
    let (rule, now_s) = (tried.rule(), app.now().unix_s());
    let name = whose.and_then(|whose| name_key(app, &rule, whose).ok());
    let next = counted(app, tried, &rule, name, whence).into_iter();
    let cost = |(table, key, limit)| bits(of(app, table).tries(key, limit, now_s).saturating_add(1), limit);
    next.map(cost).max().filter(|bits| *bits > 0)
}

/// A challenge for the form of `tried`.
///
/// # Errors
/// [`ActionError`] when there is no randomness.
pub fn challenge(app: &App, tried: Tried, browser: [u8; 16], bits: u8) -> Result<Challenge, ActionError> {
    let of = For { form: tried.word(), browser };
    Ok(Challenge::random(app.store.keys(), of, bits, app.now().unix_s(), &mut OsEntropy)?)
}

/// Under what tries at one account are counted.
fn name_key(app: &App, rule: &Rule, whose: Whose<'_>) -> Result<(Table, [u8; 16]), ActionError> {
    let (table, name) = match whose {
        Whose::Name(typed) => (Table::Names, counted_name(app, &app.policy()?.policy, typed)),
        Whose::Person(locator) => (Table::Persons, Personal::new(factors::spelled(locator))),
    };
    Ok((table, throttle::key(app.store.keys(), rule.counted, &name)))
}

fn counted(app: &App, tried: Tried, rule: &Rule, name: Option<(Table, [u8; 16])>, whence: &Whence) -> Vec<Row> {
    let mut all: Vec<Row> = name.into_iter().map(|(table, key)| (table, key, rule.name)).collect();
    if let Some(sender) = whence.sender {
        let of = |place: &[u8]| app.store.keys().hash_for(tried.word(), place);
        all.push((Table::Senders, of(&sender.address), rule.address));
        all.push((Table::Senders, of(&sender.network), rule.network));
    }
    all
}

/// How much work the try costs that is the `tries`th within `limit`: nothing, then a bit more each time it doubles.
fn bits(tries: u32, limit: Limit) -> u8 {
    if tries <= limit.tries {
        return 0;
    }
    let over = tries.saturating_sub(1) / limit.tries.max(1);
    let more = u8::try_from(over.checked_ilog2().unwrap_or(0)).unwrap_or(u8::MAX);
    BITS_MIN.saturating_add(more).min(BITS_MAX)
}

/// Takes the answer that came with a try; each is good once.
async fn pay(app: &App, tried: Tried, name: (Table, [u8; 16]), whence: &Whence, owed: u8) -> Result<(), ActionError> {
    let (keys, now_s) = (app.store.keys(), app.now().unix_s());
    let of = For { form: tried.word(), browser: whence.browser };
    let Some(challenge) = Challenge::read(keys, of, &whence.challenge) else { return Err(ActionError::Toll(owed)) };
    // Others may have tried meanwhile: a little less than what is owed now is enough.
    let answered = challenge.answered(&whence.answer, now_s).filter(|_| challenge.bits().saturating_add(1) >= owed);
    let Some(answered) = answered else { return Err(ActionError::Toll(owed)) };
    let name_of_use = format!("challenge {}", challenge.seed());
    if !app.store.is_first_use(&name_of_use, challenge.until_s()).await? {
        return Err(ActionError::Toll(owed));
    }
    match answered {
        Answered::Work => Ok(()),
        Answered::Wait => wait(app, name, whence, now_s),
    }
}

/// Counts an answer by waiting.
fn wait(app: &App, name: (Table, [u8; 16]), whence: &Whence, now_s: i64) -> Result<(), ActionError> {
    let hash = |place: &[u8]| app.store.keys().hash_for("waits", place);
    let (names, senders) = (of(app, name.0), &app.throttle.senders);
    let mut is_over = names.count(hash(&name.1), WAITS, now_s) > WAITS.tries;
    if let Some(sender) = whence.sender {
        is_over |= senders.count(hash(&sender.address), WAITS, now_s) > WAITS.tries;
        is_over |= senders.count(hash(&sender.network), NETWORK_WAITS, now_s) > NETWORK_WAITS.tries;
    }
    if is_over { Err(ActionError::Busy) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use kepil_domain::{
        Installation,
        vault::{EpochKey, EpochNo, Secrets},
    };

    use super::*;

    #[test]
    fn known_browsers_made_one_after_the_other_have_sixty_tries_a_day_together() {
        let keys = Keys::new(
            Installation([1; 16]),
            Secrets::random(0, &mut OsEntropy).unwrap(),
            EpochKey::from_bytes(EpochNo(1), [1; 32]),
        );
        let (counts, rule, own) = (Counts::default(), Tried::Second.rule(), Locator([1; 16]));
        let tried = |locator, generation, now_s| {
            let known = KnownBrowser::random(&keys, locator, generation, &mut OsEntropy).unwrap();
            let rows = known_rows(&keys, &rule, locator, &known);
            (0..12).filter(|_| counts.count_within(&rows, now_s)).count()
        };
        // A letter, a reset, a browser that is known, ten guesses; all browsers forgotten; and again.
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7].map(|at| tried(own, at, 3600)), [10, 10, 10, 10, 10, 10, 0, 0]);
        assert_eq!(tried(Locator([2; 16]), 0, 3600), 10, "another account has its own");
        assert_eq!([86_000, 90_000].map(|now_s| tried(own, 9, now_s)), [0, 10]);
    }

    #[test]
    fn nothing_that_is_tried_uses_up_the_tries_of_something_else() {
        let all = [Tried::SignIn, Tried::Second, Tried::Reset, Tried::Registration, Tried::DeviceCode];
        let counted: std::collections::HashSet<_> = all.iter().map(|tried| tried.rule().counted).collect();
        assert_eq!(counted.len(), all.len());
    }

    #[test]
    fn work_begins_beyond_the_limit_and_doubles_with_the_tries() {
        let limit = Limit { tries: 10, window_s: 60 };
        let cost = [1, 10, 11, 20, 21, 40, 41, 81, 161, 10_000, u32::MAX].map(|tries| bits(tries, limit));
        assert_eq!(cost, [0, 0, 18, 18, 19, 19, 20, 21, 22, 22, 22]);
    }
}
