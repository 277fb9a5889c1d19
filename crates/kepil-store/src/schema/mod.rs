//! The schema registry: every table and column, with what it holds, whether it is sealed, and how long it stays.
//!
//! DDL for both engines is generated from here; a column without a label does not compile. Clauses 1.1c, 3.1.5.

mod tables;

use std::fmt::Write as _;

pub use tables::TABLES;

use Holds::Nothing;
use Shown::{Clear, Sealed};
use Stuff::{Blob, Int, Text};

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

/// Tables whose rows are there for an instant and are taken in the order in which they came.
const PASSING: [&str; 2] = ["outbox", "read_batch"];

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
    /// Whether its rows do not lie in the order in which they came (clause 3.1.5): the embedded engine puts each at a random place,
    /// on PostgreSQL they are mixed at night.
    #[must_use]
    pub fn is_mixed(&self) -> bool {
        let is_key = |column: &Column| self.primary == [column.name] && column.stuff == Blob;
        !PASSING.contains(&self.name) && self.columns.iter().any(is_key)
    }

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

/// What is readable in a dump of the tables that have rows about people, and why: `table.column`, reason.
#[must_use]
pub fn clear_columns() -> Vec<(String, &'static str)> {
    let about_people = TABLES.iter().filter(|table| table.columns.iter().any(|column| column.holds != Nothing));
    let columns = about_people.flat_map(|table| table.columns.iter().map(|column| (table.name, column)));
    let clear = columns.filter_map(|(table, column)| match column.shown {
        Clear(why) => Some((format!("{table}.{}", column.name), why)),
        Sealed => None,
    });
    clear.collect()
}

#[cfg(test)]
mod tests {
    use super::{Holds::Personal, *};

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
