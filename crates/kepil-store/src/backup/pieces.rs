//! What goes into which backup.
//!
//! Data may lie in backups for years. What opens them, everything that is sealed in an epoch or leads to a person, goes with the
//! keys, of which only the newest copy exists: else a copy of the data would open what was destroyed since.

use super::Part;
use crate::{
    TicketKind,
    schema::{Place, TABLES, Table},
};

/// A database, and what of it goes into a backup.
pub(super) struct Pieces {
    pub database: String,
    pub place: Place,
    pub tables: Vec<Piece>,
}

/// A table, or some of its columns and rows.
pub(super) struct Piece {
    pub table: &'static Table,
    pub columns: Vec<&'static str>,
    rows: String,
}

impl Piece {
    fn whole(table: &'static Table) -> Self {
        Self::of(table, |_| true)
    }

    fn of(table: &'static Table, is_in: impl Fn(&str) -> bool) -> Self {
        let columns = table.columns.iter().map(|column| column.name).filter(|name| is_in(name)).collect();
        Self { table, columns, rows: String::new() }
    }

    /// Its rows in the order of the primary key, which says nothing about when they came.
    pub fn select(&self) -> String {
        let (columns, order) = (self.columns.join(", "), self.table.primary.join(", "));
        format!("SELECT {columns} FROM {}{} ORDER BY {order}", self.table.name, self.rows)
    }

    pub fn count(&self) -> String {
        format!("SELECT count(*) FROM {}{}", self.table.name, self.rows)
    }
}

/// The text of a piece of content; all else of it leads to people.
const BODY: &str = "body";

fn tables(place: Place) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(move |table| table.place == place)
}

/// What of the databases goes into `part`: first what entries wait in, logs last, so that no entry is missed on its way.
pub(super) fn pieces(part: Part, compartments: &[String]) -> Vec<Pieces> {
    let whole = |database: &str, place, without: &[&str]| Pieces {
        database: database.to_owned(),
        place,
        tables: tables(place).filter(|table| !without.contains(&table.name)).map(Piece::whole).collect(),
    };
    let content = |is_data: bool| {
        let piece = |table: &'static Table| match (table.name, is_data) {
            ("content", true) => Some(Piece::of(table, |name| name == BODY || table.primary.contains(&name))),
            ("content", false) => Some(Piece::of(table, |name| name != BODY)),
            ("refused_content", is_data) => is_data.then(|| Piece::whole(table)),
            (_, is_data) => (!is_data).then(|| Piece::whole(table)),
        };
        let tables = tables(Place::Content).filter_map(piece).collect();
        Pieces { database: "contents".to_owned(), place: Place::Content, tables }
    };
    match part {
        Part::Keys => {
            // Tickets that outlive a restore are sealed in an epoch.
            let kinds = [TicketKind::Staff, TicketKind::Destruction].map(|kind| kind.code().to_string()).join(", ");
            let mut tickets: Vec<Piece> =
                tables(Place::System).filter(|table| table.name == "ticket").map(Piece::whole).collect();
            tickets.iter_mut().for_each(|piece| piece.rows = format!(" WHERE kind IN ({kinds}) AND epoch IS NOT NULL"));
            let system = Pieces { database: "system".to_owned(), place: Place::System, tables: tickets };
            vec![whole("keys", Place::Keys, &[]), content(false), system]
        }
        Part::Data => {
            let mut all =
                vec![whole("system", Place::System, &["ticket", "signing_key", "job", "enrolment"]), content(true)];
            for name in compartments {
                all.push(whole(&format!("people_{name}"), Place::Compartment, &["worn"]));
            }
            for name in compartments {
                all.push(whole(&format!("ledger_{name}"), Place::Ledger, &[]));
            }
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::schema::{Holds, Shown};

    fn columns(part: Part) -> BTreeSet<(String, &'static str)> {
        let all = pieces(part, &["x".to_owned()]);
        let named = all.iter().flat_map(|pieces| {
            let column = |piece: &'_ Piece| {
                let name = format!("{}.{}", pieces.database, piece.table.name);
                piece.columns.iter().map(|column| (name.clone(), *column)).collect::<Vec<_>>()
            };
            pieces.tables.iter().flat_map(column).collect::<Vec<_>>()
        });
        named.collect()
    }

    #[test]
    fn every_table_is_in_a_backup_or_is_left_out_on_purpose() {
        let (data, keys) = (columns(Part::Data), columns(Part::Keys));
        let kept: BTreeSet<&str> = data.union(&keys).filter_map(|(table, _)| table.split('.').nth(1)).collect();
        let left: Vec<&str> = TABLES.iter().map(|table| table.name).filter(|name| !kept.contains(name)).collect();
        // What invites, what signs and what runs begins anew; who was rewritten is found again; reads on their way are in the log by then.
        assert_eq!(left, ["enrolment", "signing_key", "job", "worn", "read_batch"]);
        let both: Vec<_> = data
            .intersection(&keys)
            .filter(|(table, column)| !(table == "contents.content" && *column == "id"))
            .collect();
        assert!(both.is_empty(), "{both:?}");
    }

    #[test]
    fn nothing_that_leads_to_a_person_is_with_the_data_but_handles() {
        for (database, column) in columns(Part::Data) {
            let table = database.split('.').nth(1).unwrap();
            let of = TABLES.iter().find(|each| each.name == table && each.columns.iter().any(|it| it.name == column));
            let of = of.unwrap().columns.iter().find(|it| it.name == column).unwrap();
            if of.holds == Holds::Link {
                assert!(matches!(of.shown, Shown::Clear(_)), "{database}.{column}: a sealed link is a key");
                assert!(["handle", "trail"].contains(&column), "{database}.{column}");
            }
        }
    }
}
