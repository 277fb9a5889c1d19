//! Days and moments as people read them, with the exact form for `<time>`.
//!
//! Does not know: the clock. Days are those of the policy's time zone.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use kepil_domain::{Day, Moment};
use kepil_policy::Language;

use super::words::Words;

/// A day or a moment, ready to be shown.
#[derive(Clone, Default)]
pub struct When {
    /// For machines and on hover: ISO 8601, a moment with its offset.
    pub exact: String,
    /// In the reader's language.
    pub shown: String,
}

impl When {
    /// A day of the policy's time zone.
    #[must_use]
    pub fn day(day: Day, language: Language) -> Self {
        let date = Date::constant(1970, 1, 1).checked_add(i64::from(day.0).days());
        date.map_or_else(|_| Self::default(), |date| Self::of_date(date, language))
    }

    /// The date of an edition, `YYYY-MM-DD`; anything else is shown as it is.
    #[must_use]
    pub fn date(text: &str, language: Language) -> Self {
        let plain = || Self { exact: text.to_owned(), shown: text.to_owned() };
        text.parse::<Date>().map_or_else(|_| plain(), |date| Self::of_date(date, language))
    }

    /// A moment, in the policy's time `zone` (its IANA name).
    #[must_use]
    pub fn moment(moment: Moment, zone: &str, language: Language) -> Self {
        let Ok(stamp) = Timestamp::from_millisecond(moment.unix_ms) else {
            return Self::default();
        };
        let local = stamp.to_zoned_datetime(TimeZone::get(zone).unwrap_or(TimeZone::UTC));
        let day = Self::of_date(local.date(), language).shown;
        let time = local.strftime("%H:%M").to_string();
        let shown =
            Words::of(language).say("when-moment", &[("day", day.as_str().into()), ("time", time.as_str().into())]);
        Self { exact: local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), shown }
    }

    fn of_date(date: Date, language: Language) -> Self {
        let words = Words::of(language);
        let month = words.say(&format!("month-{}", date.month()), &[]);
        let (day, year) = (date.day().to_string(), date.year().to_string());
        let parts = [("day", day.as_str().into()), ("month", month.as_str().into()), ("year", year.as_str().into())];
        Self { exact: date.to_string(), shown: words.say("when-day", &parts) }
    }
}
