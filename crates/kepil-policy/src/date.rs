//! A day of the calendar, as bundles and law profiles write it. Does not know: zones, weeks, how to count days.

use std::fmt;

/// A date that exists in the Gregorian calendar, written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The date written in `text`; `None` when there is no such day.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |len: usize| {
            let part =
                parts.next().filter(|part| part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit()))?;
            part.parse::<u16>().ok()
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u16::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        let is_whole = parts.next().is_none() && (1..=days).contains(&day);
        is_whole.then_some(Self { year, month: u8::try_from(month).ok()?, day: u8::try_from(day).ok()? })
    }

    /// Year, month from 1, day from 1.
    #[must_use]
    pub fn parts(self) -> (u16, u8, u8) {
        (self.year, self.month, self.day)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for text in ["2026-01-31", "2028-02-29", "2000-02-29", "2026-04-30"] {
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
        for text in ["2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-1"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        for text in ["", "2026-01", "2026-01-01-01", "+026-01-01", "２０２６-01-01", "26-01-2026"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn dates_stand_in_the_order_of_time() {
        assert!(Date::parse("2026-09-30") < Date::parse("2026-10-01"));
        assert!(Date::parse("2026-12-31") < Date::parse("2027-01-01"));
    }
}
