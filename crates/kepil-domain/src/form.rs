//! How a value of each kind is read and brought into its one canonical form.
//!
//! Start reading at [`canonical`]. Clauses 2.1.1a, 2.1.1b, 2.4c, 3.2b.
//! Does not know: fields, pages, languages. A fault names what is wrong, never the value.

use std::cmp::Ordering;

use kepil_policy::{Field, Kind, checks_itself};

use crate::{Day, Personal, vault::years_between};

/// What is wrong with an entered value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FormFault {
    /// Nothing was entered where something must be.
    #[error("empty")]
    Empty,
    /// Longer than the kind allows.
    #[error("too long")]
    TooLong,
    /// Has characters that the kind does not allow.
    #[error("has characters that do not belong here")]
    WrongCharacters,
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    NotAnEmail,
    /// Not a telephone number with its country code.
    #[error("not a telephone number")]
    NotAPhone,
    /// Not a calendar date, or one that cannot be.
    #[error("not a possible date")]
    NotADate,
    /// Not a BIN: digits are missing or the last one does not check the others.
    #[error("not a BIN")]
    NotABin,
    /// Not one of the options.
    #[error("not one of the options")]
    NotAnOption,
}

const LINE_MAX: usize = 200;
const EMAIL_MAX: usize = 254;

/// The canonical form of what was `entered` for `field`. An empty optional value is `None`.
///
/// # Errors
/// [`FormFault`] that says what is wrong.
pub fn canonical(field: &Field, entered: &Personal<String>, today: Day) -> Result<Option<Personal<String>>, FormFault> {
    let text = entered.reveal().trim();
    if text.is_empty() {
        return if field.required { Err(FormFault::Empty) } else { Ok(None) };
    }
    if text.len() > LINE_MAX * 4 {
        return Err(FormFault::TooLong);
    }
    let read = match field.kind {
        Kind::Name => line(text, |c| c.is_alphabetic() || " -'\u{2019}.".contains(c)),
        Kind::Text | Kind::Place => line(text, |c| !c.is_control()),
        Kind::Login => line(text, |c| c.is_ascii_alphanumeric() || "._-".contains(c)).map(|login| login.to_lowercase()),
        Kind::Email => email(text),
        Kind::Phone => phone(text),
        Kind::Date => date(text, today),
        Kind::Bin => bin(text),
        Kind::Choice => {
            let known = field.options.iter().any(|(code, _)| code == text);
            known.then(|| text.to_owned()).ok_or(FormFault::NotAnOption)
        }
    };
    read.map(|text| Some(Personal::new(text)))
}

/// An e-mail address in its canonical form: lower case, no blanks.
///
/// # Errors
/// [`FormFault::NotAnEmail`].
pub fn email(text: &str) -> Result<String, FormFault> {
    let text = text.trim().to_lowercase();
    let is_plain = text.len() <= EMAIL_MAX
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"".contains(c));
    let parts = text.rsplit_once('@').filter(|(name, host)| {
        !name.is_empty()
            && name.len() <= 64
            && !name.contains('@')
            && host.contains('.')
            && host.split('.').all(is_label)
    });
    if is_plain && parts.is_some() { Ok(text) } else { Err(FormFault::NotAnEmail) }
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// E.164: `+` and 8 to 15 digits; blanks, brackets and dashes are left out.
/// A phone number with its country code, without spaces and brackets.
///
/// # Errors
/// [`FormFault::NotAPhone`] when it is none.
pub fn phone(text: &str) -> Result<String, FormFault> {
    let kept: String = text.chars().filter(|c| !" -()\u{a0}".contains(*c)).collect();
    let digits = kept.strip_prefix('+').ok_or(FormFault::NotAPhone)?;
    let fits =
        (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if fits { Ok(kept) } else { Err(FormFault::NotAPhone) }
}

/// `2001-02-03` or `03.02.2001`, not after today and not more than 130 years before.
fn date(text: &str, today: Day) -> Result<String, FormFault> {
    let turned: Vec<&str> = text.split('.').collect();
    let iso = match turned.as_slice() {
        [day, month, year] => format!("{year:0>4}-{month:0>2}-{day:0>2}"),
        _ => text.to_owned(),
    };
    let date: jiff::civil::Date = iso.parse().map_err(|_| FormFault::NotADate)?;
    let today = today.date().ok_or(FormFault::NotADate)?;
    let age = years_between(date, today).ok_or(FormFault::NotADate)?;
    if age <= 130 { Ok(date.to_string()) } else { Err(FormFault::NotADate) }
}

/// Twelve digits, the last of which checks the others.
fn bin(text: &str) -> Result<String, FormFault> {
    let kept: String = text.chars().filter(|c| !" -\u{a0}".contains(*c)).collect();
    let digits: Vec<u32> = kept.chars().filter_map(|c| c.to_digit(10)).collect();
    if kept.chars().count() == 12 && checks_itself(&digits) { Ok(kept) } else { Err(FormFault::NotABin) }
}

/// The age that a canonical date of birth gives on `today`. Unit: full years.
#[must_use]
pub fn age(born: &Personal<String>, today: Day) -> Option<u32> {
    years_between(born.reveal().parse().ok()?, today.date()?)
}

/// How the date of birth `next` lies to `before`: `Greater` is later, of somebody younger. `None` where one of them is no date.
#[must_use]
pub fn compare_born(before: &Personal<String>, next: &Personal<String>) -> Option<Ordering> {
    let date = |born: &Personal<String>| born.reveal().parse::<jiff::civil::Date>().ok();
    Some(date(next)?.cmp(&date(before)?))
}

fn line(text: &str, allowed: impl Fn(char) -> bool) -> Result<String, FormFault> {
    if text.chars().count() > LINE_MAX {
        return Err(FormFault::TooLong);
    }
    if !text.chars().all(allowed) {
        return Err(FormFault::WrongCharacters);
    }
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Day = Day(20_781);

    #[test]
    fn addresses_come_out_in_one_form_or_not_at_all() {
        assert_eq!(email(" Aigerim@Example.KZ ").unwrap(), "aigerim@example.kz");
        for bad in ["", "a", "a@b", "a b@c.kz", "@c.kz", "a@c..kz", "a@-c.kz", "a@b@c.kz", "a\n@c.kz"] {
            assert_eq!(email(bad), Err(FormFault::NotAnEmail), "{bad:?}");
        }
    }

    #[test]
    fn dates_are_read_both_ways_and_must_be_possible() {
        assert_eq!(date("3.2.2001", TODAY).unwrap(), "2001-02-03");
        assert_eq!(date("2001-02-03", TODAY).unwrap(), "2001-02-03");
        for bad in ["31.02.2001", "2027-01-01", "1890-01-01", "yesterday", "1.2"] {
            assert_eq!(date(bad, TODAY), Err(FormFault::NotADate), "{bad:?}");
        }
    }

    #[test]
    fn a_later_date_of_birth_is_that_of_somebody_younger() {
        let compared =
            |before: &str, next: &str| compare_born(&Personal::new(before.to_owned()), &Personal::new(next.to_owned()));
        assert_eq!(compared("2010-12-31", "2011-01-01"), Some(Ordering::Greater));
        assert_eq!(compared("2011-01-01", "1990-05-17"), Some(Ordering::Less));
        assert_eq!(compared("2011-01-01", "2011-01-01"), Some(Ordering::Equal));
        assert_eq!(compared("long ago", "2011-01-01"), None);
    }

    #[test]
    fn phones_need_their_country_code() {
        assert_eq!(phone("+7 (701) 123-45-67").unwrap(), "+77011234567");
        assert_eq!(phone("87011234567"), Err(FormFault::NotAPhone));
    }

    #[test]
    fn a_bin_is_checked_by_its_last_digit() {
        for good in ["170240014901", "1702 4001 4901", "900101300017", "000229500909"] {
            assert!(bin(good).is_ok(), "{good}");
        }
        for bad in ["170240014902", "17024001490", "1702400149010", "00022950096x", "000229500960", ""] {
            assert_eq!(bin(bad), Err(FormFault::NotABin), "{bad:?}");
        }
    }

    #[test]
    fn kazakh_names_are_names() {
        assert_eq!(line("Әйгерім  Нұрланқызы", |c| c.is_alphabetic() || c == ' ').unwrap(), "Әйгерім Нұрланқызы");
    }
}
