//! The law profile that the project ships is read whole, and a profile with faults is refused with all of them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may stop at the first surprise")]
mod common;

use std::{collections::BTreeSet, path::Path};

use kepil_policy::{
    Date, Law,
    law::{End, FactValue, Start, Unit},
};

fn text() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/kz.toml")).unwrap()
}

fn kazakhstan() -> Law {
    Law::parse("kz.toml", &text()).unwrap_or_else(|faults| panic!("{}", common::report(&faults)))
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

#[test]
fn the_profile_is_read_whole() {
    let (law, text) = (kazakhstan(), text());
    let count = |table: &str| text.lines().filter(|line| *line == format!("[[{table}]]")).count();
    assert_eq!(law.rules.len(), count("rule"));
    assert_eq!(law.holidays.len(), count("holiday"));
    assert_eq!(law.floors.len(), count("floor"));
    assert_eq!(law.size_classes.len(), count("size_class"));
    assert_eq!(law.facts.len(), count("fact"));
    assert!(!law.rules.is_empty() && !law.holidays.is_empty() && !law.consent.contents.is_empty());
}

#[test]
fn every_row_has_an_id_of_its_own_a_source_and_a_confidence() {
    let law = kazakhstan();
    let ids: Vec<&str> = law.rules.iter().map(|it| &*it.id).chain(law.facts.iter().map(|it| &*it.id)).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for rule in &law.rules {
        assert!(!rule.trigger.is_empty() && !rule.proof.source.is_empty() && !rule.duty.is_empty(), "{}", rule.id);
    }
    let proofs = law.facts.iter().map(|it| &it.proof).chain(law.floors.iter().map(|it| &it.proof));
    assert!(proofs.into_iter().all(|proof| !proof.source.is_empty()));
}

#[test]
fn a_rule_holds_from_its_first_day() {
    let law = kazakhstan();
    let of = |date: &str| -> Vec<String> {
        law.rules_for("withdrawal_of_consent", day(date)).map(|rule| rule.id.clone()).collect()
    };
    assert_eq!(of("2025-12-31"), Vec::<String>::new());
    assert_eq!(of("2026-01-01"), ["KZ-07"]);
    let rule = law.rules_for("request_for_information", day("2026-05-05")).next().unwrap();
    assert_eq!((rule.amount, rule.unit, rule.start, rule.end), (3, Unit::WorkingDay, Start::NextDay, End::EndOfDay));
}

#[test]
fn every_number_of_people_is_in_one_size_class() {
    let law = kazakhstan();
    for (subjects, class) in
        [(0, "small"), (10_000, "small"), (10_001, "medium"), (499_999, "medium"), (500_000, "large")]
    {
        assert_eq!(law.size_class(subjects).unwrap().id, class);
    }
    assert_eq!(law.size_class(u32::MAX).unwrap().id, "large");
}

#[test]
fn a_fact_keeps_its_numbers() {
    let law = kazakhstan();
    let fact = law.facts.iter().find(|fact| fact.values.contains_key("full_age")).unwrap();
    assert_eq!(fact.values.get("full_age"), Some(&FactValue::Number(18)));
    let days = law.facts.iter().find_map(|fact| fact.values.get("days")).unwrap();
    assert_eq!(*days, FactValue::Texts(vec!["saturday".to_owned(), "sunday".to_owned()]));
}

const BROKEN: &str = r#"id = "xx"
name = { ru = "Страна", kk = "Ел" }
source = ""
time_zone = "Asia/Almaty"
colour = "blue"

[consent]
contents = ["operator_name"]
forms = "written"
source = "Act 1"
confidence = "3"

[age]
alone = "grown up"
with_guardian = 14
source = "Act 2"
confidence = "T"

[[rule]]
id = "XX-01"
trigger = "request"
duty = "answer"
amount = 0
unit = "week"
start = "next_day"
end = "end_of_day"
effective_from = "2026-02-30"
source = "Act 1"

[[rule]]
id = "XX-01"
trigger = "request"
duty = "answer"
amount = 3
unit = "wd"
start = "next_day"
end = "end_of_day"
effective_from = "2026-02-01"
effective_to = "2026-01-01"
source = "Act 1"
confidence = "T"

[[holiday]]
date = "2026-05-01"
kind = "off"
status = "confirmed"
name = { ru = "Праздник", kk = "Мереке", en = "Holiday" }
source = "Act 2"

[[holiday]]
date = "2026-05-01"
kind = "feast"
status = "confirmed"
name = { ru = "Праздник", kk = "Мереке", en = "Holiday" }
source = "Act 2"

[[size_class]]
id = "small"
subjects_min = 1
measures = []
effective_from = "2026-01-01"
source = "Act 3"
confidence = "1"

[[fact]]
id = "XX-01"
trigger = "always"
duty = "mind"
effective_from = "2026-01-01"
source = "Act 4"
confidence = "M"
share = 0.5
"#;

/// One change each in a profile of its own; the snapshot has every fault with its line.
#[test]
fn faults_of_a_profile_are_told_all_at_once() {
    insta::assert_snapshot!("law_faults", common::report(&Law::parse("xx.toml", BROKEN).unwrap_err()));
}
