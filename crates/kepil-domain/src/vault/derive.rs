//! Derived fields: computed when opened, never stored (clause 2.1¶C4).

use kepil_policy::Derive;

use crate::{Day, Personal};

/// The derived value; `None` when the source does not have the form that the rule needs.
pub(super) fn derive(rule: &Derive, source: &Personal<String>, today: Day) -> Option<Personal<String>> {
    match rule {
        Derive::YearsAtLeast(years) => {
            let born: jiff::civil::Date = source.reveal().parse().ok()?;
            let since = years_between(born, today.date()?)?;
            Some(Personal::new((since >= *years).to_string()))
        }
        Derive::FirstPart => {
            let first = source.reveal().split(',').next()?.trim();
            Some(Personal::new(first.to_owned()))
        }
    }
}

/// Full years from `born` to `today`; `None` when `born` lies after it.
pub(crate) fn years_between(born: jiff::civil::Date, today: jiff::civil::Date) -> Option<u32> {
    let years = i32::from(today.year()) - i32::from(born.year());
    let is_before_birthday = (today.month(), today.day()) < (born.month(), born.day());
    u32::try_from(years - i32::from(is_before_birthday)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_least_18(born: &str, today: &str) -> String {
        let today = Day::of(today.parse().unwrap()).unwrap();
        derive(&Derive::YearsAtLeast(18), &Personal::new(born.to_owned()), today).unwrap().reveal().clone()
    }

    #[test]
    fn eighteen_begins_on_the_birthday() {
        assert_eq!(at_least_18("2008-11-24", "2026-11-23"), "false");
        assert_eq!(at_least_18("2008-11-24", "2026-11-24"), "true");
    }

    #[test]
    fn a_person_of_29_february_is_of_age_on_1_march() {
        assert_eq!(at_least_18("2008-02-29", "2026-02-28"), "false");
        assert_eq!(at_least_18("2008-02-29", "2026-03-01"), "true");
    }

    #[test]
    fn a_region_is_the_part_before_the_first_comma() {
        let place = Personal::new("Алматы, Абай даңғылы 1".to_owned());
        assert_eq!(derive(&Derive::FirstPart, &place, Day(0)).unwrap().reveal(), "Алматы");
    }
}
