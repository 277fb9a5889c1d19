//! What people may not place: a text that speaks of what the bundle forbids is refused at the door. Clauses 2.2b, 2.2c.
//!
//! The text is looked at in memory, its copies are wiped, and nothing of it is kept. Start reading at [`Policy::screen`].
//! Does not know: the words; `words/screening.toml` has them. Nor what a text means: a list of words refuses some that are
//! harmless and lets some pass that are not.

use std::{collections::HashMap, sync::LazyLock};

use zeroize::Zeroizing;

use crate::{Category, Policy, Texts, check::forbidden::folded};

/// Something that nobody may place.
#[derive(Debug)]
pub struct Banned {
    /// A stable word for it.
    pub name: String,
    /// The forbidden category.
    pub category: Category,
    /// What people read.
    pub label: Texts,
    says: Vec<Vec<Beginning>>,
    finds: Vec<Find>,
}

/// A beginning of a word, or a whole one.
#[derive(Debug)]
struct Beginning {
    text: String,
    is_whole: bool,
}

/// What is found by its shape.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Find {
    PersonNumber,
    MachineReadableZone,
    EmbeddedFile,
}

struct Screening {
    groups: Vec<Banned>,
    /// Where in `groups` an entry begins with these two letters: group and entry.
    by_letters: HashMap<[char; 2], Vec<(usize, usize)>>,
}

static SCREENING: LazyLock<Screening> = LazyLock::new(|| {
    let table: toml::Table = include_str!("../words/screening.toml").parse().unwrap_or_default();
    let groups = table.get("group").and_then(toml::Value::as_array).into_iter().flatten();
    let groups: Vec<Banned> = groups.filter_map(banned).collect();
    let mut by_letters: HashMap<[char; 2], Vec<(usize, usize)>> = HashMap::new();
    for (at, group) in groups.iter().enumerate() {
        for (entry, says) in group.says.iter().enumerate() {
            if let Some(letters) = says.first().and_then(|first| first_letters(&first.text)) {
                by_letters.entry(letters).or_default().push((at, entry));
            }
        }
    }
    Screening { groups, by_letters }
});

/// The first two letters of a word; in the place of a second letter that is not there, a blank.
fn first_letters(word: &str) -> Option<[char; 2]> {
    let mut letters = word.chars();
    Some([letters.next()?, letters.next().unwrap_or(' ')])
}

fn banned(group: &toml::Value) -> Option<Banned> {
    let text = |key: &str| group.get(key)?.as_str().map(str::to_owned);
    let list = |key: &str| {
        group.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str)
    };
    let label = |language: &str| Some(group.get("label")?.get(language)?.as_str()?.to_owned());
    let beginning = |word: &str| {
        let (text, is_whole) = word.strip_prefix('=').map_or((word, false), |word| (word, true));
        Beginning { text: alike(text), is_whole }
    };
    let find = |word: &str| match word {
        "person_number" => Some(Find::PersonNumber),
        "machine_readable_zone" => Some(Find::MachineReadableZone),
        "embedded_file" => Some(Find::EmbeddedFile),
        _ => None,
    };
    Some(Banned {
        name: text("name")?,
        category: Category::parse(&text("category")?)?,
        label: Texts { ru: label("ru")?, kk: label("kk")?, en: label("en")? },
        says: list("says").map(|entry| entry.split(' ').map(beginning).collect()).collect(),
        finds: list("finds").filter_map(find).collect(),
    })
}

impl Policy {
    /// What of `text` nobody may place; `None` when it may be placed.
    #[must_use]
    pub fn screen(&self, text: &str) -> Option<&'static Banned> {
        found(text).find(|group| self.forbidden.contains(&group.category))
    }
}

/// All groups of which a text speaks.
fn found(text: &str) -> impl Iterator<Item = &'static Banned> {
    let seen: Zeroizing<String> = Zeroizing::new(text.chars().filter(|c| !is_unseen(*c)).collect());
    let clauses = clauses(&seen);
    let mut spoken = vec![false; SCREENING.groups.len()];
    for words in &clauses {
        for at in 0..words.len() {
            let Some(rest) = words.get(at..) else { continue };
            let entries =
                rest.first().and_then(|word| first_letters(word)).and_then(|it| SCREENING.by_letters.get(&it));
            for (group, entry) in entries.into_iter().flatten() {
                let says = SCREENING.groups.get(*group).and_then(|group| group.says.get(*entry));
                if let (Some(spoken), Some(says)) = (spoken.get_mut(*group), says) {
                    *spoken |= speaks(rest, says);
                }
            }
        }
    }
    for (spoken, group) in spoken.iter_mut().zip(&SCREENING.groups) {
        *spoken |= group.finds.iter().any(|find| find.is_in(&seen));
    }
    SCREENING.groups.iter().zip(spoken).filter_map(|(group, spoken)| spoken.then_some(group))
}

fn speaks(words: &[Zeroizing<String>], entry: &[Beginning]) -> bool {
    let fits = |(word, beginning): (&Zeroizing<String>, &Beginning)| {
        if beginning.is_whole { **word == beginning.text } else { word.starts_with(&beginning.text) }
    };
    words.len() >= entry.len() && words.iter().zip(entry).all(fits)
}

/// The words of a text, folded, clause by clause: words on two sides of a mark do not belong together. What is cut by dashes or
/// dots, and letters that stand alone in a row, are whole words too: they hide nothing.
fn clauses(seen: &str) -> Vec<Vec<Zeroizing<String>>> {
    let mut clauses: Vec<Vec<Zeroizing<String>>> = Vec::new();
    for clause in seen.split(|c: char| ",.:;!?()[]«»\"\n\r…—–/|".contains(c)) {
        let words = clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        clauses.push(words.map(|word| Zeroizing::new(alike(word))).collect());
    }
    let mut hidden: Vec<Zeroizing<String>> = Vec::new();
    let mut alone = Zeroizing::new(String::new());
    for word in seen.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.chars().count() == 1 {
            alone.push_str(&alike(word));
        } else if !alone.is_empty() {
            hidden.push(std::mem::take(&mut alone));
        }
    }
    hidden.push(alone);
    for cut in seen.split_whitespace().filter(|cut| cut.contains(|c: char| !c.is_alphanumeric())) {
        let letters: Zeroizing<String> = Zeroizing::new(cut.chars().filter(|c| c.is_alphanumeric()).collect());
        hidden.push(Zeroizing::new(alike(&letters)));
    }
    clauses.extend(hidden.into_iter().map(|word| vec![word]));
    clauses
}

/// As names in a bundle are folded, and further: signs that stand for a letter within a word.
fn alike(word: &str) -> String {
    let has_letters = word.contains(char::is_alphabetic);
    let further = |c: char| match c {
        'u' | 'й' => 'и',
        'n' => 'п',
        '3' if has_letters => 'з',
        '0' if has_letters => 'o',
        other => other,
    };
    folded(word).chars().map(further).collect()
}

/// Soft hyphens, joiners, direction marks and other characters without a picture; accents that are put upon letters.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}')
}

impl Find {
    fn is_in(self, text: &str) -> bool {
        match self {
            Self::PersonNumber => has_person_number(text),
            Self::MachineReadableZone => text.lines().any(is_zone),
            Self::EmbeddedFile => is_embedded(text),
        }
    }
}

/// Twelve digits, in one row or in groups with one mark between them, that begin with a date of birth and check themselves.
fn has_person_number(text: &str) -> bool {
    // Groups of digits, and whether each follows the one before it closely.
    let mut groups: Vec<(Vec<u32>, bool)> = Vec::new();
    let mut between = usize::MAX;
    for c in text.chars() {
        match (digit(c), between, groups.last_mut()) {
            (Some(digit), 0, Some((group, _))) => group.push(digit),
            (Some(digit), ..) => groups.push((vec![digit], between == 1)),
            (None, ..) if !c.is_alphanumeric() => between = between.saturating_add(1),
            (None, ..) => between = usize::MAX,
        }
        if digit(c).is_some() {
            between = 0;
        }
    }
    (0..groups.len()).any(|first| {
        let mut number = Vec::with_capacity(12);
        let mut at = first;
        while let Some((group, follows)) = groups.get(at).filter(|_| number.len() < 12) {
            if at > first && !follows {
                break;
            }
            number.extend(group);
            at += 1;
        }
        is_person_number(&number)
    })
}

/// A digit, also one of full width.
fn digit(c: char) -> Option<u32> {
    let full_width = u32::from(c).checked_sub(0xff10).filter(|digit| *digit < 10);
    c.to_digit(10).or(full_width)
}

fn is_person_number(digits: &[u32]) -> bool {
    let [_, _, m1, m2, d1, d2, century, ..] = digits else { return false };
    let (month, day) = (m1 * 10 + m2, d1 * 10 + d2);
    (1..=12).contains(&month) && (1..=31).contains(&day) && *century <= 6 && checks_itself(digits)
}

/// Whether the last of twelve digits checks the others: their sum with the weights 1 to 11, and where that leaves 10, with the
/// weights 3 to 11, 1, 2. A number that leaves 10 twice was never given out.
#[must_use]
pub fn checks_itself(digits: &[u32]) -> bool {
    let (Some((check, body)), 12) = (digits.split_last(), digits.len()) else { return false };
    let left = |shift: u32| -> u32 {
        body.iter().zip(0..).map(|(digit, at): (&u32, u32)| digit * ((at + shift) % 11 + 1)).sum::<u32>() % 11
    };
    let expected = if left(0) == 10 { left(2) } else { left(0) };
    expected == *check
}

/// A line that machines read from a passport or an identity card: capitals, digits and `<`, with a filler of two at least.
fn is_zone(line: &str) -> bool {
    let line: String = line.chars().filter(|c| !c.is_whitespace() && !is_unseen(*c)).collect();
    let is_kind = line.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '<');
    let letters = line.chars().filter(char::is_ascii_uppercase).count();
    line.len() >= 30 && is_kind && letters >= 5 && line.contains("<<")
}

/// How many letters and digits in a row, over any number of lines, are a file and no text.
const CODED_MIN: usize = 200;
/// A line of a coded file is at least so long, but for the last one.
const LINE_MIN: usize = 40;

/// A picture in a `data:` address, or the letters of a coded file.
fn is_embedded(text: &str) -> bool {
    let folded = Zeroizing::new(text.to_ascii_lowercase());
    if folded.contains("data:") && folded.contains(";base64") {
        return true;
    }
    let is_coded = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    let mut run = Zeroizing::new(String::new());
    for row in text.split_whitespace() {
        if row.chars().all(is_coded) && row.len() >= LINE_MIN {
            run.push_str(row);
        } else {
            run.clear();
        }
        // Words of a language, and rulers of one sign, do not have all three kinds.
        let has = |kind: fn(&char) -> bool| run.chars().any(|c| kind(&c));
        let is_mixed = has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
        if run.len() >= CODED_MIN && is_mixed {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_banned(text: &str) -> bool {
        found(text).next().is_some()
    }

    #[test]
    fn every_group_is_read_and_has_something_to_find() {
        let names: Vec<&str> = SCREENING.groups.iter().map(|group| group.name.as_str()).collect();
        let all = [
            "health",
            "religion",
            "politics",
            "origin",
            "intimacy",
            "convictions",
            "biometrics",
            "documents",
            "pictures",
        ];
        assert_eq!(names, all);
        for group in &SCREENING.groups {
            assert!(!group.says.is_empty() || !group.finds.is_empty(), "{}", group.name);
            let letters = |entry: &Vec<Beginning>| entry.iter().map(|it| it.text.chars().count()).sum::<usize>();
            assert!(group.says.iter().all(|entry| letters(entry) > 2), "{}", group.name);
            assert!(group.says.iter().all(|entry| first_letters(&entry[0].text).is_some()), "{}", group.name);
        }
    }

    #[test]
    fn a_number_of_a_person_is_found_however_it_is_written() {
        for text in [
            "мой ИИН 900101300017",
            "9001 0130 0017",
            "900101-300017",
            "тел. 87011234567 900101300017.",
            "90\u{200b}0101300017",
        ] {
            assert!(has_person_number(text), "{text}");
        }
    }

    #[test]
    fn numbers_of_other_things_are_none() {
        for text in [
            "170240014901",
            "+7 701 123 45 67",
            "заказ 90010130001712",
            "900101300018",
            "2026-11-27 10:15:00 12",
            "991301300012",
        ] {
            assert!(!has_person_number(text), "{text}");
        }
    }

    #[test]
    fn what_is_hidden_in_a_word_is_seen() {
        for text in [
            "диаг\u{ad}ноз",
            "д и а г н о з",
            "диаг-ноз",
            "ДИАГНО3 нет, диагноз",
            "diаgnоsis",
            "диа\u{301}гноз",
            "д.и.а.г.н.о.з",
        ] {
            assert!(is_banned(text), "{text}");
        }
    }

    #[test]
    fn a_file_within_a_text_is_no_text() {
        assert!(is_banned("<img src=\"data:image/png;base64,iVBORw0KGgo=\">"));
        assert!(is_banned(&"iVBORw0KGgoAAAANSUhEUg".repeat(10)));
        assert!(is_banned(&format!("{}\n", "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4").repeat(5)));
        assert!(!is_banned(&"-".repeat(300)) && !is_banned(&"<".repeat(60)));
        assert!(is_banned("P<KAZNURLANKYZY<<AIGERIM<<<<<<<<<<<<<<<<<<<<"));
        assert!(!is_banned("https://forum.example/topics/2026/11/27/how-to-cook-beshbarmak?page=2&sort=new#answers"));
    }
}
