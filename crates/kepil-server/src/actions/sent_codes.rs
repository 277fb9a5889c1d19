//! Codes that are sent: to the address at which a person signs in, or to a phone that they confirmed. Clauses 5.1, 6.1b.
//!
//! A code is six digits, good once, for ten minutes and five tries, in the browser that asked for it. Each try is counted
//! before it is compared, so that tries at the same moment are no more than five either. Start reading at [`send`].

use kepil_domain::{Entropy, Locator, Personal, form};
use kepil_policy::Language;
use kepil_store::{NewTicket, OsEntropy, StoreError, Taken, TicketKind};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    ActionError,
    credentials::tell,
    factors::{self, Added, STEP_S, Typed, broken, spelled},
    sign_in::Means,
};
use crate::{
    App,
    factors::Factors,
    oidc::grant::to_content,
    pages::{Letter, Words},
    throttle::{GUESSES, Limit, SENT_CODES, TEXTS},
};

/// How often one code may be tried.
const TRIES: u8 = 5;
const DIGITS: usize = 6;
const STEP_MINUTES: u32 = 10;

/// By which way a code goes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Channel {
    /// To the address at which the person signs in.
    Mail,
    /// To their phone.
    Phone,
}

impl Channel {
    /// The way that a form calls `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [(Self::Mail, "letter"), (Self::Phone, "phone")].into_iter().find(|(_, own)| *own == word).map(|(way, _)| way)
    }

    /// What a code that goes this way is.
    #[must_use]
    pub fn means(self) -> Means {
        match self {
            Self::Mail => Means::MailCode,
            Self::Phone => Means::PhoneCode,
        }
    }
}

#[derive(Deserialize, Serialize)]
struct Sent {
    locator: [u8; 16],
    channel: Channel,
    code: String,
    /// The phone; empty for a letter.
    to: String,
    /// Whether it confirms a phone that is no factor yet.
    is_new: bool,
    tries: u8,
}

impl Sent {
    /// Whether it was sent where the person's factors still say.
    fn is_in_use(&self, factors: &Factors, now_s: i64) -> bool {
        match self.channel {
            Channel::Mail => factors.takes_mail(now_s),
            Channel::Phone => factors.phone.as_ref() == Some(&self.to),
        }
    }
}

/// Sends a code to the person, who asks for it in `browser`; returns the token that their form posts back.
///
/// # Errors
/// [`ActionError::Input`] when that way is no factor of theirs, [`ActionError::Busy`] after too many.
pub async fn send(
    app: &App,
    locator: Locator,
    channel: Channel,
    browser: [u8; 16],
    language: Language,
) -> Result<String, ActionError> {
    let factors = factors::load(app, locator).await?;
    let to = factors.phone.clone().filter(|_| channel == Channel::Phone).unwrap_or_default();
    let sent = Sent { locator: locator.0, channel, code: new_code()?, to, is_new: false, tries: 0 };
    if !sent.is_in_use(&factors, app.now().unix_s()) {
        return Err(ActionError::Input("channel"));
    }
    send_out(app, sent, browser, language).await
}

async fn send_out(app: &App, sent: Sent, browser: [u8; 16], language: Language) -> Result<String, ActionError> {
    let locator = Locator(sent.locator);
    app.try_once("sent code", &Personal::new(spelled(locator)), SENT_CODES)?;
    let content = to_content(&sent).map_err(broken)?;
    let until_s = app.now().unix_s() + STEP_S;
    let (kind, owner, family) = (TicketKind::Sent, Some(locator), Some(browser));
    let token = app.store.add_ticket(NewTicket { kind, owner, family, until_s, content }).await?;
    match sent.channel {
        Channel::Mail => {
            tell(app, locator, &Letter::Code { code: &sent.code, minutes: STEP_MINUTES }, language).await?;
        }
        Channel::Phone => {
            let to = Personal::new(sent.to);
            for (what, name, limit) in counted(&to, sent.is_new) {
                app.try_once(what, &name, limit)?;
            }
            let policy = app.policy()?;
            let operator = policy.policy.operator().name.get(language);
            let with =
                [("code", sent.code.as_str().into()), ("minutes", STEP_MINUTES.into()), ("operator", operator.into())];
            let text = Words::of(language).say("text-code", &with);
            app.sender.send(&app.courier, &policy.policy, &to, &text).await?;
        }
    }
    Ok(token)
}

/// Under what a text to a phone is counted. Nobody is rung up all night by many accounts; and whoever confirms phones, of
/// others or ever more of them, uses up no code with which somebody signs in.
fn counted(to: &Personal<String>, is_new: bool) -> [(&'static str, Personal<String>, Limit); 2] {
    let (one, all) = if is_new { ("new texts", "new texts in all") } else { ("texts", "texts in all") };
    [(one, to.copy(), SENT_CODES), (all, Personal::new(String::new()), TEXTS)]
}

fn new_code() -> Result<String, ActionError> {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes)?;
    // Of 2^64 numbers the last few, one in ten million million, make the first codes likelier: nobody can tell.
    Ok(format!("{:0width$}", u64::from_be_bytes(bytes) % 10u64.pow(6), width = DIGITS))
}

/// The way by which the person got what they `typed`; `None` when it is no code that was sent to them and is good.
///
/// # Errors
/// [`ActionError::Busy`] when it is tried too often at once.
pub(crate) async fn check(
    app: &App,
    locator: Locator,
    typed: &Typed<'_>,
    factors: &Factors,
) -> Result<Option<Channel>, ActionError> {
    let now_s = app.now().unix_s();
    let good = take(app, locator, typed, |sent| !sent.is_new && sent.is_in_use(factors, now_s)).await?;
    Ok(good.map(|sent| sent.channel))
}

async fn take(
    app: &App,
    locator: Locator,
    typed: &Typed<'_>,
    fits: impl Fn(&Sent) -> bool,
) -> Result<Option<Sent>, ActionError> {
    let digits = Personal::new(typed.digits());
    if typed.sent.is_empty() || digits.reveal().len() != DIGITS {
        return Ok(None);
    }
    let Some(sent) = count_try(app, locator, typed, fits).await? else { return Ok(None) };
    let is_same: bool = sent.code.as_bytes().ct_eq(digits.reveal().as_bytes()).into();
    if !is_same {
        return Ok(None);
    }
    match app.store.take_ticket(TicketKind::Sent, typed.sent, app.now().unix_s()).await? {
        Taken::First(_) => Ok(Some(sent)),
        Taken::Again(_) | Taken::Unknown => Ok(None),
    }
}

/// The code behind the form, if it may be tried once more; the try is counted before anything is compared.
async fn count_try(
    app: &App,
    locator: Locator,
    typed: &Typed<'_>,
    fits: impl Fn(&Sent) -> bool,
) -> Result<Option<Sent>, ActionError> {
    for _ in 0..=TRIES {
        let found = app.store.find_ticket(TicketKind::Sent, typed.sent, app.now().unix_s()).await?;
        let Some(mut ticket) = found.filter(|ticket| ticket.family == Some(typed.browser)) else { return Ok(None) };
        let mut sent: Sent = serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
        if sent.locator != locator.0 || sent.tries >= TRIES || !fits(&sent) {
            return Ok(None);
        }
        sent.tries += 1;
        ticket.content = to_content(&sent).map_err(broken)?;
        match app.store.set_ticket(TicketKind::Sent, typed.sent, &ticket).await {
            Ok(()) => return Ok(Some(sent)),
            // Another try came first: look again how many are left.
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ActionError::Busy)
}

/// Sends a code to a phone that shall become a factor; returns the token that the form posts back.
///
/// # Errors
/// [`ActionError::Input`] when there is no way to phones, or `entered` is no number.
pub async fn begin_phone(
    app: &App,
    locator: Locator,
    entered: &Personal<String>,
    browser: [u8; 16],
    language: Language,
) -> Result<String, ActionError> {
    if !app.sender.reaches_phones() {
        return Err(ActionError::Input("channel"));
    }
    let to = form::phone(entered.reveal()).map_err(|_| ActionError::Input("phone"))?;
    let channel = Channel::Phone;
    let sent = Sent { locator: locator.0, channel, code: new_code()?, to, is_new: true, tries: 0 };
    send_out(app, sent, browser, language).await
}

/// Takes the phone as a factor when the code that went there was `typed`; says whether it was. The person is told.
///
/// # Errors
/// [`ActionError::Busy`] after too many tries.
pub async fn add_phone(
    app: &App,
    locator: Locator,
    typed: &Typed<'_>,
    language: Language,
) -> Result<Option<Added>, ActionError> {
    let guess = app.try_once("new phone", &Personal::new(spelled(locator)), GUESSES)?;
    let Some(sent) = take(app, locator, typed, |sent| sent.is_new).await? else { return Ok(None) };
    app.throttle.persons.forget(guess);
    let phone = |factors: &mut Factors| factors.phone = Some(sent.to.clone());
    factors::add(app, locator, Means::PhoneCode, language, phone).await.map(Some)
}

/// Takes the address at which the person signs in as a factor. They answered a letter there before, and are told.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn add_mail(app: &App, locator: Locator, language: Language) -> Result<Added, ActionError> {
    factors::add(app, locator, Means::MailCode, language, |factors| factors.mail = true).await
}

/// Takes a way away. The person is told.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn remove(app: &App, locator: Locator, channel: Channel, language: Language) -> Result<(), ActionError> {
    factors::remove(app, locator, &[channel.means()], language, |factors| match channel {
        Channel::Mail => factors.mail = false,
        Channel::Phone => factors.phone = None,
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirming_a_phone_uses_up_no_code_of_a_sign_in() {
        let (one, other) = (Personal::new("+77011234567".to_owned()), Personal::new("+77017654321".to_owned()));
        let counted = |to, is_new| counted(to, is_new).map(|(what, to, _)| format!("{what} {}", to.reveal()));
        assert_eq!(counted(&one, false), ["texts +77011234567", "texts in all "]);
        assert_eq!(counted(&one, true), ["new texts +77011234567", "new texts in all "]);
        assert_eq!(counted(&other, true), ["new texts +77017654321", "new texts in all "]);
    }

    #[test]
    fn a_code_has_six_digits() {
        for _ in 0..100 {
            let code = new_code().unwrap();
            assert!(code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }
}
