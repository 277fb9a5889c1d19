//! What people may not place: a text that speaks of what the bundle forbids is refused at the door. Clauses 2.2b, 2.2c.
//!
//! The text is looked at in memory and nothing of it is kept. Start reading at [`Policy::screen`].
//! Does not know: the words; `words/screening.toml` has them. Nor what a text means: it errs on the side of refusing.

use std::sync::LazyLock;

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

static BANNED: LazyLock<Vec<Banned>> = LazyLock::new(|| {
    let table: toml::Table = include_str!("../words/screening.toml").parse().unwrap_or_default();
    table.get("group").and_then(toml::Value::as_array).into_iter().flatten().filter_map(banned).collect()
});

fn banned(group: &toml::Value) -> Option<Banned> {
    let text = |key: &str| group.get(key)?.as_str().map(str::to_owned);
    let list = |key: &str| {
        group.get(key).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_str)
    };
    let label = |language: &str| Some(group.get("label")?.get(language)?.as_str()?.to_owned());
    let beginning = |word: &str| {
        let (text, is_whole) = word.strip_prefix('=').map_or((word, false), |word| (word, true));
        Beginning { text: folded(text), is_whole }
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
        let words = words(text);
        BANNED.iter().filter(|group| self.forbidden.contains(&group.category)).find(|group| {
            group.says.iter().any(|entry| speaks(&words, entry)) || group.finds.iter().any(|find| find.is_in(text))
        })
    }

    /// All that nobody may place under this policy.
    pub fn banned(&self) -> impl Iterator<Item = &'static Banned> {
        BANNED.iter().filter(|group| self.forbidden.contains(&group.category))
    }
}

fn speaks(words: &[String], entry: &[Beginning]) -> bool {
    let fits = |(word, beginning): (&String, &Beginning)| {
        if beginning.is_whole { *word == beginning.text } else { word.starts_with(&beginning.text) }
    };
    !entry.is_empty() && words.windows(entry.len()).any(|window| window.iter().zip(entry).all(fits))
}

/// The words of a text, folded. Marks that nobody sees are left out, and letters that stand alone in a row are one word: they
/// hide nothing.
fn words(text: &str) -> Vec<String> {
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    let (mut words, mut hidden) = (Vec::new(), Vec::new());
    let mut alone = String::new();
    for word in seen.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(folded) {
        if word.chars().count() == 1 {
            alone.push_str(&word);
        } else {
            hidden.push(std::mem::take(&mut alone));
        }
        words.push(word);
    }
    hidden.push(alone);
    // A word that is cut by a dash or a dot is whole beside its parts.
    let is_cut = |whole: &&str| whole.contains(|c: char| !c.is_alphanumeric());
    let whole = |cut: &str| folded(&cut.chars().filter(|c| c.is_alphanumeric()).collect::<String>());
    hidden.extend(seen.split_whitespace().filter(is_cut).map(whole));
    words.extend(hidden.into_iter().filter(|word| word.chars().count() > 1));
    words
}

/// Soft hyphens, joiners, direction marks and other characters without a picture; accents that are put upon letters.
fn is_unseen(c: char) -> bool {
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
    let text: Vec<char> = text.chars().filter(|c| !is_unseen(*c)).collect();
    // Groups of digits, and whether each follows the one before it closely.
    let mut groups: Vec<(Vec<u32>, bool)> = Vec::new();
    let mut between = usize::MAX;
    for c in text {
        match (c.to_digit(10), between, groups.last_mut()) {
            (Some(digit), 0, Some((group, _))) => group.push(digit),
            (Some(digit), ..) => groups.push((vec![digit], between == 1)),
            (None, ..) if " -.\u{a0}".contains(c) => between = between.saturating_add(1),
            (None, ..) => between = usize::MAX,
        }
        if c.is_ascii_digit() {
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
    line.len() >= 30 && is_kind && line.contains("<<")
}

/// The longest row of letters and digits that a text may have; a link is shorter, or has other marks in it.
const ROW_MAX: usize = 200;

fn is_embedded(text: &str) -> bool {
    let is_coded = |c: char| c.is_ascii_alphanumeric() || "+/=_-".contains(c);
    let folded = text.to_ascii_lowercase();
    (folded.contains("data:") && folded.contains(";base64"))
        || text.split(|c: char| !is_coded(c)).any(|row| row.len() > ROW_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_banned(text: &str) -> bool {
        let words = words(text);
        BANNED.iter().any(|group| {
            group.says.iter().any(|entry| speaks(&words, entry)) || group.finds.iter().any(|find| find.is_in(text))
        })
    }

    #[test]
    fn every_group_has_a_label_and_something_to_find() {
        assert!(BANNED.len() >= 9);
        for group in BANNED.iter() {
            assert!(!group.says.is_empty() || !group.finds.is_empty(), "{}", group.name);
            assert!(
                group.says.iter().all(|entry| entry.iter().map(|it| it.text.chars().count()).sum::<usize>() > 2),
                "{}",
                group.name
            );
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
        assert!(is_banned("P<KAZNURLANKYZY<<AIGERIM<<<<<<<<<<<<<<<<<<<<"));
        assert!(!is_banned("https://forum.example/topics/2026/11/27/how-to-cook-beshbarmak?page=2&sort=new#answers"));
    }
}
