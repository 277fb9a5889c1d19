//! Budgets: how many different people somebody may ask about in which time. Clause 3.4g.
//!
//! A bundle says so in `[budget]`, and for one service, duty or purpose apart; what it does not say is in
//! `words/budgets.toml`. Start reading at [`Budget`]. Does not know: who counts, and where counts are kept.

use std::{fmt, sync::LazyLock};

use toml::de::DeTable;

use crate::{
    diagnostic::{Code, Report},
    reader::{Entry, Source},
};

/// How many different people may be asked about in a window of time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Budget {
    /// How many, 1 at least.
    pub people: u32,
    /// In which time. Unit: hours, 1 at least.
    pub window_h: u32,
}

impl Budget {
    /// In which time. Unit: seconds.
    #[must_use]
    pub fn window_s(self) -> i64 {
        i64::from(self.window_h) * 3600
    }

    /// What a service has where the bundle does not say it.
    #[must_use]
    pub fn service_default() -> Self {
        DEFAULTS.0
    }

    /// What a duty has where the bundle does not say it.
    #[must_use]
    pub fn staff_default() -> Self {
        DEFAULTS.1
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} people in {} hours", self.people, self.window_h)
    }
}

/// Those of a service and of a duty. The file comes with the program and is read by a test.
static DEFAULTS: LazyLock<(Budget, Budget)> = LazyLock::new(|| {
    let text = include_str!("../words/budgets.toml");
    let (source, report) = (Source::new("words/budgets.toml", text), Report::default());
    let (table, _) = DeTable::parse_recoverable(text);
    let root = Entry::new(&source, "words/budgets.toml".to_owned(), 0, table.get_ref(), &report);
    // Where the file says nothing, next to nothing is allowed.
    let least = Budget { people: 1, window_h: 24 };
    let (service, staff) = root.table("budget").map(|it| pair(&it, &report)).unwrap_or_default();
    (service.unwrap_or(least), staff.unwrap_or(least))
});

/// The budgets `service` and `staff` of a table.
pub(crate) fn pair(entry: &Entry<'_>, report: &Report) -> (Option<Budget>, Option<Budget>) {
    (read(entry, "service", report), read(entry, "staff", report))
}

/// The budget under `key`; `None` when there is none, or it is none.
pub(crate) fn read(entry: &Entry<'_>, key: &str, report: &Report) -> Option<Budget> {
    let table = entry.table(key)?;
    let (people, window) = (table.needed_number("people"), table.needed("window"));
    table.finish();
    let window_h = hours(&window);
    if window_h.is_none() && !window.trim().is_empty() {
        let message = format!("`{window}` is no window of `{}`", table.what);
        report.add(Code::MalformedTerm, &table.place_of("window"), message, "write `1 hour`, `12 hours` or `1 day`");
    }
    if people == 0 && table.has("people") {
        let message = format!("`{}` lets nobody be asked about", table.what);
        report.add(Code::BudgetOfNothing, &table.place_of("people"), message, "write at least `people = 1`");
    }
    window_h.filter(|_| people > 0).map(|window_h| Budget { people, window_h })
}

fn hours(text: &str) -> Option<u32> {
    let (count, unit) = text.split_once(' ')?;
    let count: u32 = count.parse().ok().filter(|count| *count > 0)?;
    match unit {
        "hour" | "hours" => Some(count),
        "day" | "days" => count.checked_mul(24),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_bundle_says_is_said_by_the_program() {
        assert_eq!(Budget::service_default(), Budget { people: 1000, window_h: 24 });
        assert_eq!(Budget::staff_default(), Budget { people: 30, window_h: 1 });
    }

    #[test]
    fn a_window_is_whole_hours() {
        assert_eq!(["1 hour", "36 hours", "2 days"].map(hours), [Some(1), Some(36), Some(48)]);
        assert_eq!(["0 hours", "1 week", "day", "-1 days", "4294967295 days"].map(hours), [None; 5]);
    }
}
