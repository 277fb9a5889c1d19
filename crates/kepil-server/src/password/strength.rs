//! Whether a new password is hard enough to guess. Clause 6.1b; NIST SP 800-63B 3.1.1.2, ASVS 5: V6.2.
//!
//! There is no rule of composition: what counts is how many guesses it takes somebody who knows words, names, dates, keyboard
//! rows, stolen passwords and the person's own data. Most people here have two layouts on one keyboard, so a password in
//! Cyrillic is also measured as the same keys in Latin. Start reading at [`fault`].

use zxcvbn::{Score, feedback::Warning, zxcvbn};

/// Unit: letters.
pub const LETTERS_MIN: usize = 8;
/// Unit: letters. What is longer is no password but a load.
const LETTERS_MAX: usize = 200;
/// Unit: letters. What stands behind them does not make a password weaker, and measuring costs more than they tell.
const MEASURED_MAX: usize = 40;
/// What may stand for one letter each, such as `4` and `@` for an `a`: every combination is one more reading to measure.
const STAND_INS: [&str; 12] = ["4@", "8", "({[<", "3", "69", "1!|", "1|7", "0", "$5", "+7", "%", "2"];
const READINGS_MAX: usize = 64;
/// How many of the person's own words are compared, and how long each may be.
const WORDS_MAX: usize = 40;
const WORD_LETTERS_MIN: usize = 3;
const WORD_LETTERS_MAX: usize = 40;

/// Why a new password is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PasswordFault {
    /// Too few letters.
    Short,
    /// Too many.
    Long,
    /// One of those that everybody tries first.
    Common,
    /// It stands in a list of passwords that were stolen elsewhere.
    Stolen,
    /// Made of what is known about the person.
    Own,
    /// Guessed too soon for another reason.
    Guessable,
}

impl PasswordFault {
    /// Every reason.
    pub const ALL: [Self; 6] = [Self::Short, Self::Long, Self::Common, Self::Stolen, Self::Own, Self::Guessable];

    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
            Self::Common => "common",
            Self::Stolen => "stolen",
            Self::Own => "own",
            Self::Guessable => "guessable",
        }
    }
}

/// What is wrong with `password` of a person about whom `own` is known; `None` when it is good.
#[must_use]
pub fn fault(password: &str, own: &[&str]) -> Option<PasswordFault> {
    let letters = password.chars().count();
    if letters < LETTERS_MIN {
        return Some(PasswordFault::Short);
    }
    if letters > LETTERS_MAX {
        return Some(PasswordFault::Long);
    }
    let words = words(own);
    let known: Vec<&str> = words.iter().map(String::as_str).collect();
    let measured = measured(password);
    let keys = as_latin_keys(&measured);
    match (weakness(&measured, &known), keys.and_then(|keys| weakness(&keys, &known))) {
        // The keys know better why.
        (Some(PasswordFault::Guessable), Some(why)) => Some(why),
        (found, other) => found.or(other),
    }
}

/// The beginning that is measured: so long, and with so many readings.
fn measured(password: &str) -> String {
    let mut kept = String::new();
    for letter in password.chars().take(MEASURED_MAX) {
        kept.push(letter);
        if readings(&kept) > READINGS_MAX {
            kept.pop();
            break;
        }
    }
    kept
}

fn readings(text: &str) -> usize {
    let present = |letters: &&str| letters.chars().filter(|letter| text.contains(*letter)).count().max(1);
    STAND_INS.iter().map(present).product()
}

fn weakness(password: &str, own: &[&str]) -> Option<PasswordFault> {
    let estimate = zxcvbn(password, own);
    if estimate.score() >= Score::Three {
        return None;
    }
    if !own.is_empty() && zxcvbn(password, &[]).score() >= Score::Three {
        return Some(PasswordFault::Own);
    }
    let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
    let is_common = matches!(
        warning,
        Some(
            Warning::ThisIsATop10Password
                | Warning::ThisIsATop100Password
                | Warning::ThisIsACommonPassword
                | Warning::ThisIsSimilarToACommonlyUsedPassword
        )
    );
    Some(if is_common { PasswordFault::Common } else { PasswordFault::Guessable })
}

/// The words in what is known about a person: each value whole, and its parts.
fn words(own: &[&str]) -> Vec<String> {
    let parts = own.iter().flat_map(|text| {
        let parts = text.split(|letter: char| !letter.is_alphanumeric());
        std::iter::once(*text).chain(parts)
    });
    let fits = |text: &&str| (WORD_LETTERS_MIN..=WORD_LETTERS_MAX).contains(&text.chars().count());
    let mut words: Vec<String> = Vec::new();
    for word in parts.filter(fits).map(str::to_lowercase) {
        let keys = as_latin_keys(&word);
        for word in std::iter::once(word).chain(keys) {
            if words.len() < WORDS_MAX && !words.contains(&word) {
                words.push(word);
            }
        }
    }
    words
}

const CYRILLIC: &str = "йцукенгшщзхъфывапролджэячсмитьбюёәіңғүұқөһ";
const LATIN: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`234589 0-=";

/// The same keys in Latin, for what has Cyrillic letters: the Russian and the Kazakh layout.
fn as_latin_keys(text: &str) -> Option<String> {
    let key = |letter: char| {
        let lower = letter.to_lowercase().next().unwrap_or(letter);
        let at = CYRILLIC.chars().position(|each| each == lower)?;
        LATIN.chars().filter(|each| *each != ' ').nth(at)
    };
    let is_mixed = text.chars().any(|letter| key(letter).is_some());
    is_mixed.then(|| text.chars().map(|letter| key(letter).unwrap_or(letter)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_that_takes_many_guesses_is_good_whatever_it_is_made_of() {
        for good in ["correct horse battery staple", "үш бота тауға шықты", "осеннийтрамвайпахнетдождем", "kV9#tQ2!xw"]
        {
            assert_eq!(fault(good, &["Айгүл", "aigul@example.kz"]), None, "{good}");
        }
    }

    #[test]
    fn each_bad_password_is_told_what_is_wrong_with_it() {
        for (bad, why) in [
            ("7знаков", PasswordFault::Short),
            ("password", PasswordFault::Common),
            ("P@ssw0rd", PasswordFault::Common),
            ("пароль123", PasswordFault::Common),
            ("йцукенгш", PasswordFault::Common),
            ("qwertyuiop", PasswordFault::Common),
            ("aaaaaaaaaaaaaaaa", PasswordFault::Guessable),
            ("12.03.1990", PasswordFault::Guessable),
        ] {
            assert_eq!(fault(bad, &[]), Some(why), "{bad}");
        }
        assert_eq!(fault(&"ab1#".repeat(51), &[]), Some(PasswordFault::Long));
    }

    #[test]
    fn what_is_known_about_a_person_is_guessed_first() {
        let own = ["Сарсенбаева", "aigul.sarsenbayeva@example.kz", "1990-03-21"];
        assert_eq!(fault("sarsenbayeva90", &[]), None);
        assert_eq!(fault("sarsenbayeva90", &own), Some(PasswordFault::Own));
        assert_eq!(fault("Сарсенбаева1", &own), Some(PasswordFault::Own));
        assert_eq!(fault("aigul.sarsenbayeva@example.kz", &own), Some(PasswordFault::Own));
    }

    #[test]
    fn what_has_very_many_readings_is_measured_by_its_beginning() {
        assert_eq!(readings("pa55w0rd"), 1);
        assert_eq!(readings("4@({1!|"), 2 * 2 * 3 * 2);
        assert_eq!(measured("4@8({[<369!1|70$5+%2"), "4@8({[<369!1");
        assert_eq!(fault("4@8({[<369!1|70$5+%2", &[]), None);
    }

    #[test]
    fn cyrillic_letters_are_their_keys() {
        assert_eq!(as_latin_keys("Пароль").as_deref(), Some("gfhjkm"));
        assert_eq!(as_latin_keys("қөһ1").as_deref(), Some("0-=1"));
        assert_eq!(as_latin_keys("password"), None);
        assert_eq!(CYRILLIC.chars().count(), LATIN.chars().filter(|each| *each != ' ').count());
    }

    /// The worst that may be sent: what has most readings. Bounded, so that nobody keeps the pool busy with it.
    #[test]
    fn what_is_measured_is_short_and_has_few_readings_whatever_is_sent() {
        for hard in
            ["4@8({[<369!1|70$5+%2", "a", "ab", "qwerty1990", "0123456789", "қ", "pa55w0rd", "12.03.1990", "ßİǅ"]
        {
            let kept = measured(&hard.chars().cycle().take(200).collect::<String>());
            assert!(kept.chars().count() <= MEASURED_MAX && readings(&kept) <= READINGS_MAX, "{hard}");
        }
    }
}
