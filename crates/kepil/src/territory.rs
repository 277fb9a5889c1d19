//! Where everything is that a deployment keeps data in or sends them to, and whether the policy allows it. Clause 3.5a.
//!
//! Software cannot look at the map: each place is declared in `kepil.toml`, a missing declaration is as bad as a foreign one,
//! and every fault is told at once. Start reading at [`check`]. Clients declare theirs when they are registered, and are
//! looked at again before each message (`egress/courier.rs`).

use std::fmt::Write as _;

use crate::{commands::Failure, config::Config};

/// A place, as it is declared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// What is there; never an address, which may hold a password.
    pub what: String,
    /// The kind of place, for a label.
    pub kind: &'static str,
    /// Under which head of `kepil.toml` it is declared.
    pub head: &'static str,
    /// ISO 3166 code of the country; empty where it is not said.
    pub territory: String,
}

impl Config {
    /// Every place that the file names.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let place = |what: String, kind, head, territory: &String| {
            let territory = territory.clone();
            Place { what, kind, head, territory }
        };
        let mut all = vec![place("the store".to_owned(), "store", "[store]", &self.store.territory)];
        let copies = self.replica.iter().map(|it| ("replica", "[[replica]]", &it.name, &it.territory));
        let targets = self.backup_target.iter().map(|it| ("backup", "[[backup_target]]", &it.name, &it.territory));
        all.extend(
            copies
                .chain(targets)
                .map(|(kind, head, name, territory)| place(format!("the {kind} `{name}`"), kind, head, territory)),
        );
        all.extend(self.witness.iter().map(|it| {
            let named = it.key.split('+').next().unwrap_or_default();
            place(format!("the witness `{named}`"), "witness", "[[witness]]", &it.territory)
        }));
        // A folder lies on the machine that runs the program, as the store's does.
        if self.mail.url.is_some() {
            all.push(place("the mail server".to_owned(), "letters", "[mail]", &self.mail.territory));
        }
        if let Some(texts) = self.texts.as_ref().filter(|texts| texts.url.is_some()) {
            all.push(place("the text gateway".to_owned(), "texts", "[texts]", &texts.territory));
        }
        all
    }
}

/// Refuses every place in a territory that the policy does not allow, or in none.
///
/// # Errors
/// [`Failure`] that names each place, the clause, and what to mend.
pub fn check(places: &[Place], allowed: &[String]) -> Result<(), Failure> {
    let faults: Vec<&Place> = places.iter().filter(|place| !allowed.contains(&place.territory)).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let (mut text, only) = (String::new(), allowed.join(", "));
    for Place { what, head, territory, .. } in faults {
        // Writing to a string does not fail.
        let _ = if territory.is_empty() {
            writeln!(text, "{what} does not say where it is: write `territory = \"…\"` under `{head}`")
        } else {
            writeln!(text, "{what} is declared in `{territory}` under `{head}`: move it, or mend what is declared")
        };
    }
    let _ = write!(text, "the policy allows {only} only (clause 3.5a)");
    Err(Failure::Plain(text))
}

/// What a node says at its start of where it keeps data and sends them.
#[must_use]
pub fn said(places: &[Place]) -> String {
    let each = places.iter().map(|place| format!("{} in {}", place.what, place.territory));
    format!("declared: {}", each.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "issuer = \"https://id.example.kz\"\nlisten = \"127.0.0.1:1\"\nbundle = \"b\"\nsealers = [\"s\"]\n";

    fn config(rest: &str) -> Config {
        toml::from_str(&format!("{HEAD}{rest}")).unwrap()
    }

    fn why(rest: &str) -> Option<String> {
        check(&config(rest).places(), &["KZ".to_owned()]).err().map(|error| error.to_string())
    }

    /// Each kind of place: at home it starts, abroad and undeclared it does not, and the message names it, the clause and
    /// what to mend.
    #[test]
    fn a_foreign_or_undeclared_place_of_any_kind_stops_the_start() {
        let store = "[store]\npostgres = \"host=db\"\nterritory = \"KZ\"\n";
        let folder = "[mail]\nfolder = \"m\"\n";
        let server = "[mail]\nurl = \"smtps://u:secret@mail.example\"\nfrom = \"a@example.kz\"\n";
        let texts = "[texts]\nurl = \"https://sms.example/?key=secret\"\n";
        let kinds = [
            ("[store]", "the store", format!("{folder}[store]\nfolder = \"d\"\n")),
            ("[[replica]]", "the replica `two`", format!("{store}{folder}[[replica]]\nname = \"two\"\n")),
            (
                "[[backup_target]]",
                "the backup `night`",
                format!("{store}{folder}[[backup_target]]\nname = \"night\"\n"),
            ),
            (
                "[[witness]]",
                "the witness `w`",
                format!("{store}{folder}[[witness]]\nurl = \"https://w\"\nkey = \"w+1+k\"\n"),
            ),
            ("[mail]", "the mail server", format!("{store}{server}")),
            ("[texts]", "the text gateway", format!("{store}{folder}{texts}")),
        ];
        for (head, what, rest) in kinds {
            // The last table of each is the one that is looked at.
            assert_eq!(why(&format!("{rest}territory = \"KZ\"\n")), None, "{head}");
            for (declared, says) in
                [("territory = \"US\"\n", "`US`"), ("territory = \"\"\n", "does not say where it is")]
            {
                let said = why(&format!("{rest}{declared}")).unwrap();
                assert!(said.contains(what) && said.contains(head) && said.contains(says), "{said}");
                assert!(said.contains("KZ only (clause 3.5a)") && !said.contains("secret"), "{said}");
            }
        }
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let said = why(
            "[store]\nfolder = \"d\"\nterritory = \"US\"\n[mail]\nurl = \"smtp://m\"\n[[replica]]\nname = \"two\"\n",
        );
        let said = said.unwrap();
        assert!(["the store", "the mail server", "the replica `two`"].iter().all(|what| said.contains(what)), "{said}");
    }
}
