//! `docs/what-we-store.md` is made from the schema registry, so it cannot say anything else. Clauses 1.1c, 3.1.5, 3.7.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test that writes a document when asked to")]

use std::{fmt::Write as _, path::Path};

use kepil_store::schema::{Holds, Place, Shown, Stays, TABLES};

const PLACES: [(Place, &str); 6] = [
    (Place::Keys, "`keys`: rings, the keys of buckets, the blind index"),
    (Place::Compartment, "`people_NAME`, one a compartment: people's rows"),
    (Place::Ledger, "`ledger_NAME`, one a compartment: the log"),
    (Place::Reads, "Entries of reads on their way to the log: on PostgreSQL in `ledger_NAME`, else on tapes beside it"),
    (Place::Content, "`contents`: what people placed in services"),
    (Place::System, "`system`: editions, clients, tickets, certificates"),
];

fn document() -> String {
    let mut out = String::from(
        "# What is stored, and what of it can be read without keys\n\n\
         Made from the schema registry by `KEPIL_UPDATE=1 cargo test --workspace --test what_we_store`; do not edit it by hand.\n\
         *Link* is what leads from one row about a person to another. What is sealed opens only with keys that are not in any\n\
         database: `vault.md`. Every certificate of destruction lists the clear columns of the tables that have rows about people.\n",
    );
    for (place, title) in PLACES {
        writeln!(out, "\n## {title}\n\n| column | about a person | readable | stays |\n|---|---|---|---|").unwrap();
        for table in TABLES.iter().filter(|table| table.place == place) {
            for column in table.columns {
                let holds = match column.holds {
                    Holds::Personal => "values",
                    Holds::Link => "link",
                    Holds::Nothing => "nothing",
                };
                let shown = match column.shown {
                    Shown::Sealed => "no: sealed".to_owned(),
                    Shown::Clear(why) => format!("yes: {why}"),
                };
                let stays = match column.stays {
                    Stays::WithPerson => "as long as the person",
                    Stays::UntilMoment => "until its time is over",
                    Stays::Forever => "as long as the installation",
                };
                writeln!(out, "| `{}.{}` | {holds} | {shown} | {stays} |", table.name, column.name).unwrap();
            }
        }
    }
    out
}

#[test]
fn the_document_says_what_the_registry_has() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/what-we-store.md");
    if std::env::var_os("KEPIL_UPDATE").is_some() {
        std::fs::write(&path, document()).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == document(), "the registry changed: run it again with KEPIL_UPDATE=1");
    assert!(PLACES.len() == 6 && TABLES.iter().all(|table| PLACES.iter().any(|(place, _)| *place == table.place)));
}
