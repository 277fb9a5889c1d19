//! Moments as the caller knows them. Unit in each name.

/// A monotonic reading. Unit: milliseconds since the process began.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Tick(pub u64);

/// A day of the policy's time zone. Unit: days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Day(pub u32);

/// An hour of universal time. Unit: hours since 1970-01-01T00.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Hour(pub u32);

/// When an act happens: exact, and as the policy's day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Moment {
    /// Unit: milliseconds since the Unix epoch.
    pub unix_ms: i64,
    /// The day in the policy's zone.
    pub day: Day,
}

impl Moment {
    /// The hour that a leaf shows.
    #[must_use]
    pub fn hour(self) -> Hour {
        Hour(u32::try_from(self.unix_ms / 3_600_000).unwrap_or(0))
    }

    /// Unit: seconds since the Unix epoch.
    #[must_use]
    pub fn unix_s(self) -> i64 {
        self.unix_ms.div_euclid(1000)
    }
}

impl Day {
    /// The calendar date of this day; `None` beyond the year 9999.
    #[must_use]
    pub fn date(self) -> Option<jiff::civil::Date> {
        let since = jiff::Span::new().try_days(i64::from(self.0)).ok()?;
        jiff::civil::date(1970, 1, 1).checked_add(since).ok()
    }

    /// The day of `date`; `None` before 1970.
    #[must_use]
    pub fn of(date: jiff::civil::Date) -> Option<Self> {
        let days = date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days();
        u32::try_from(days).ok().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_date_and_back() {
        let date = jiff::civil::date(2026, 11, 24);
        assert_eq!(Day::of(date), Some(Day(20_781)));
        assert_eq!(Day(20_781).date(), Some(date));
    }

    #[test]
    fn a_day_after_the_year_9999_has_no_date() {
        assert_eq!(Day(2_932_896).date(), Some(jiff::civil::date(9999, 12, 31)));
        assert_eq!([Day(2_932_897), Day(7_304_485), Day(u32::MAX)].map(Day::date), [None; 3]);
    }
}
