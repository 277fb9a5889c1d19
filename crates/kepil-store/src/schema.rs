//! The schema registry: every table and column, with what it holds, whether it is sealed, and how long it stays.
//!
//! DDL for both engines is generated from here; a column without a label does not compile. Clauses 1.1c, 3.1.5.

use std::fmt::Write as _;

/// Which database a table is in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Rings, buckets and the blind index.
    Keys,
    /// System matters: editions, clients, tickets.
    System,
    /// What people placed in services.
    Content,
    /// People of one compartment.
    Compartment,
    /// The log of one compartment.
    Ledger,
    /// Entries of reads on their way to the log; the embedded engine has tapes for them.
    Reads,
}

/// Which engine the DDL is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Dialect {
    /// The embedded engine.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// What a column is made of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stuff {
    /// Whole numbers.
    Int,
    /// Text.
    Text,
    /// Bytes.
    Blob,
}

/// What a column tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Holds {
    /// Values about one person.
    Personal,
    /// What links rows of one person.
    Link,
    /// Nothing about a person.
    Nothing,
}

/// Whether a column is readable in a dump.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Shown {
    /// Sealed under a key outside the database.
    Sealed,
    /// Readable, for the reason given.
    Clear(&'static str),
}

/// How long a row stays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stays {
    /// As long as the person's data.
    WithPerson,
    /// Until a moment in the row.
    UntilMoment,
    /// As long as the installation.
    Forever,
}

/// A column and its labels.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it is made of.
    pub stuff: Stuff,
    /// Whether it may be NULL.
    pub is_optional: bool,
    /// What it tells.
    pub holds: Holds,
    /// Whether it is readable.
    pub shown: Shown,
    /// How long it stays.
    pub stays: Stays,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub place: Place,
    /// Its columns.
    pub columns: &'static [Column],
    /// Its primary key.
    pub primary: &'static [&'static str],
    /// Columns of which no two rows are alike: name of the index, columns.
    pub uniques: &'static [(&'static str, &'static [&'static str])],
    /// Columns that are looked up: name of the index, columns.
    pub indexes: &'static [(&'static str, &'static [&'static str])],
}

const fn column(name: &'static str, stuff: Stuff, holds: Holds, shown: Shown, stays: Stays) -> Column {
    Column { name, stuff, is_optional: false, holds, shown, stays }
}

const fn optional(column: Column) -> Column {
    Column { is_optional: true, ..column }
}

use Holds::{Link, Nothing, Personal};
use Shown::{Clear, Sealed};
use Stays::{Forever, UntilMoment, WithPerson};
use Stuff::{Blob, Int, Text};

/// Every table of every database.
pub const TABLES: &[Table] = &[
    Table {
        name: "meta",
        place: Place::Keys,
        columns: &[
            column("name", Text, Nothing, Clear("names a setting of the installation"), Forever),
            column("value", Blob, Nothing, Clear("settings are not about people"), Forever),
        ],
        primary: &["name"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "ring",
        place: Place::Keys,
        columns: &[
            column("locator", Blob, Link, Clear("random; found by it, known outside only wrapped"), WithPerson),
            column("bucket", Int, Nothing, Clear("prefix of the locator"), WithPerson),
            column("generation", Int, Nothing, Clear("tells which bucket key seals the ring"), WithPerson),
            column("sealed", Blob, Link, Sealed, WithPerson),
        ],
        primary: &["locator"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "bucket",
        place: Place::Keys,
        columns: &[
            column("bucket", Int, Nothing, Clear("prefix of locators"), Forever),
            column("generation", Int, Nothing, Clear("raised when the bucket is re-keyed"), Forever),
            column("sealed", Blob, Nothing, Sealed, Forever),
        ],
        primary: &["bucket"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "index_page",
        place: Place::Keys,
        columns: &[
            column("field", Int, Nothing, Clear("tag of a field of the bundle"), Forever),
            column("page", Int, Nothing, Clear("prefix of a keyed hash, shared by many people"), Forever),
            column("version", Blob, Nothing, Clear("random; guards the write"), Forever),
            column("sealed", Blob, Link, Sealed, Forever),
        ],
        primary: &["field", "page"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "edition",
        place: Place::System,
        columns: &[
            column("no", Int, Nothing, Clear("running number of an edition"), Forever),
            column("hash", Blob, Nothing, Clear("address of an edition"), Forever),
            column("bundle", Text, Nothing, Clear("the published bundle"), Forever),
            column("published_s", Int, Nothing, Clear("moment of publication"), Forever),
            column("effective_s", Int, Nothing, Clear("moment of entry into force"), Forever),
        ],
        primary: &["no"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "client",
        place: Place::System,
        columns: &[
            column("client_id", Text, Nothing, Clear("id of a service's client"), Forever),
            column("service", Text, Nothing, Clear("name of a service of the bundle"), Forever),
            column("secret_hash", Blob, Nothing, Clear("hash of 256 random bits"), Forever),
            column("settings", Text, Nothing, Clear("redirect addresses and options of a client"), Forever),
        ],
        primary: &["client_id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "enrolment",
        place: Place::System,
        columns: &[
            column("token_hash", Blob, Nothing, Clear("hash of 256 random bits"), UntilMoment),
            column(
                "settings",
                Text,
                Nothing,
                Clear(
                    "what may be registered with the token: clients of a service, or somebody of the staff under a keyed hash",
                ),
                UntilMoment,
            ),
            column("until_s", Int, Nothing, Clear("when it ends"), UntilMoment),
        ],
        primary: &["token_hash"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "signing_key",
        place: Place::System,
        columns: &[
            column("alg", Text, Nothing, Clear("an algorithm of tokens"), Forever),
            column("number", Int, Nothing, Clear("running number of a key"), Forever),
            column("made_s", Int, Nothing, Clear("when a key was made"), Forever),
            column("ends_s", Int, Nothing, Clear("when the next one is due"), Forever),
            column("sealed", Blob, Nothing, Sealed, Forever),
        ],
        primary: &["alg", "number"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "ticket",
        place: Place::System,
        columns: &[
            column("id", Blob, Nothing, Clear("hash of a random token"), UntilMoment),
            column("kind", Int, Nothing, Clear("session, code, letter and so on"), UntilMoment),
            optional(column(
                "owner",
                Blob,
                Link,
                Clear("keyed hash in this database only: ends a person's sessions"),
                UntilMoment,
            )),
            optional(column("family", Blob, Nothing, Clear("random: ends what came of one sign-in"), UntilMoment)),
            column("until_s", Int, Nothing, Clear("when it ends; swept by it"), UntilMoment),
            column("is_used", Int, Nothing, Clear("a second use is refused"), UntilMoment),
            column("version", Blob, Nothing, Clear("random; guards the write"), UntilMoment),
            column("sealed", Blob, Personal, Sealed, UntilMoment),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[("ticket_owner", &["owner"]), ("ticket_family", &["family"]), ("ticket_until", &["until_s"])],
    },
    Table {
        name: "lease",
        place: Place::System,
        columns: &[
            column("name", Text, Nothing, Clear("names a job"), Forever),
            column("holder", Blob, Nothing, Clear("random id of a node"), Forever),
            column("until_ms", Int, Nothing, Clear("when the lease ends"), Forever),
        ],
        primary: &["name"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "content",
        place: Place::Content,
        columns: &[
            column(
                "id",
                Blob,
                Nothing,
                Clear("keyed hash in this database only, of the address of a piece"),
                WithPerson,
            ),
            optional(column(
                "author",
                Blob,
                Link,
                Clear("keyed hash in this database only, of one service: lists what one placed there"),
                WithPerson,
            )),
            optional(column("about", Blob, Link, Clear("the same, of another kind, of whom it is about"), WithPerson)),
            column("version", Blob, Nothing, Clear("random; guards the write"), WithPerson),
            column("mark", Blob, Link, Sealed, WithPerson),
            optional(column("author_key", Blob, Link, Sealed, WithPerson)),
            optional(column("about_key", Blob, Link, Sealed, WithPerson)),
            column("body", Blob, Personal, Sealed, WithPerson),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[("content_author", &["author"]), ("content_about", &["about"])],
    },
    Table {
        name: "refused_content",
        place: Place::Content,
        columns: &[
            column("banned", Text, Nothing, Clear("names what nobody may place"), Forever),
            column("times", Int, Nothing, Clear("a count of refused texts"), Forever),
        ],
        primary: &["banned"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "person",
        place: Place::Compartment,
        columns: &[
            column("handle", Blob, Link, Clear("random; of this compartment only"), WithPerson),
            column("version", Blob, Nothing, Clear("random; guards the write"), WithPerson),
            column("standing", Blob, Personal, Sealed, WithPerson),
            column("records", Blob, Personal, Sealed, WithPerson),
        ],
        primary: &["handle"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "outbox",
        place: Place::Compartment,
        columns: &[
            column("id", Blob, Nothing, Clear("event id of its first entry"), UntilMoment),
            column("entries", Blob, Personal, Sealed, UntilMoment),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "read_batch",
        place: Place::Reads,
        columns: &[
            column("id", Blob, Nothing, Clear("event id of its first entry"), UntilMoment),
            column("entries", Blob, Personal, Sealed, UntilMoment),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "leaf",
        place: Place::Ledger,
        columns: &[
            column("position", Int, Nothing, Clear("position in the log"), Forever),
            column("event", Blob, Nothing, Clear("random; in the public leaf"), Forever),
            column("leaf", Blob, Nothing, Clear("the public leaf"), Forever),
            column(
                "trail",
                Blob,
                Link,
                Clear("keyed, of one month and this log only: lists a person's own entries"),
                Forever,
            ),
            column("payload", Blob, Personal, Sealed, Forever),
        ],
        primary: &["position"],
        uniques: &[("leaf_event", &["event"])],
        indexes: &[("leaf_trail", &["trail", "position"])],
    },
    Table {
        name: "tile",
        place: Place::Ledger,
        columns: &[
            column("level", Int, Nothing, Clear("public hashes"), Forever),
            column("n", Int, Nothing, Clear("public hashes"), Forever),
            column("hashes", Blob, Nothing, Clear("public hashes"), Forever),
        ],
        primary: &["level", "n"],
        uniques: &[],
        indexes: &[],
    },
    Table {
        name: "head",
        place: Place::Ledger,
        columns: &[
            column("id", Int, Nothing, Clear("there is one row"), Forever),
            column("size", Int, Nothing, Clear("public"), Forever),
            column("root", Blob, Nothing, Clear("public"), Forever),
            column("checkpoint", Text, Nothing, Clear("public"), Forever),
        ],
        primary: &["id"],
        uniques: &[],
        indexes: &[],
    },
];

impl Place {
    /// What makes the tables of this place, each only if it is absent.
    #[must_use]
    pub fn ddl(self, dialect: Dialect) -> String {
        // On PostgreSQL a log and the reads on their way to it share one schema.
        let also = (self == Self::Ledger && dialect == Dialect::Postgres).then_some(Self::Reads);
        TABLES
            .iter()
            .filter(|table| table.place == self || Some(table.place) == also)
            .map(|table| table.ddl(dialect))
            .collect()
    }
}

impl Table {
    fn ddl(&self, dialect: Dialect) -> String {
        let columns = self.columns.iter().map(|column| {
            let stuff = match (column.stuff, dialect) {
                (Int, Dialect::Sqlite) => "INTEGER",
                (Int, Dialect::Postgres) => "BIGINT",
                (Text, _) => "TEXT",
                (Blob, Dialect::Sqlite) => "BLOB",
                (Blob, Dialect::Postgres) => "BYTEA",
            };
            let null = if column.is_optional { "" } else { " NOT NULL" };
            format!("  {} {stuff}{null},\n", column.name)
        });
        let columns: String = columns.collect();
        let mut ddl = format!(
            "CREATE TABLE IF NOT EXISTS {} (\n{columns}  PRIMARY KEY ({})\n);\n",
            self.name,
            self.primary.join(", ")
        );
        let uniques = self.uniques.iter().map(|index| ("UNIQUE INDEX", index));
        for (what, (name, on)) in uniques.chain(self.indexes.iter().map(|index| ("INDEX", index))) {
            // Writing to a string does not fail.
            let _ = writeln!(ddl, "CREATE {what} IF NOT EXISTS {name} ON {} ({});", self.name, on.join(", "));
        }
        ddl
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_personal_column_is_sealed_and_every_clear_one_has_a_reason() {
        for table in TABLES {
            for column in table.columns {
                assert!(column.holds != Personal || column.shown == Sealed, "{}.{}", table.name, column.name);
                assert!(column.shown != Clear(""), "{}.{}", table.name, column.name);
            }
        }
    }
}
