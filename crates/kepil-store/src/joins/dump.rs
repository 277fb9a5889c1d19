//! A database as whoever has a dump of it sees it: every column, known or not, in the order of the rows.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use kepil_domain::{
    joins::{Side, Trace},
    ledger::Leaf,
    vault::versions,
};
use kepil_policy::Policy;

use super::{Dumped, JoinsProgress};
use crate::{
    Store, StoreError,
    batch::{Row, Value},
    engine::Database,
    schema::TABLES,
};

/// How much of the beginning and of the end of a value is compared. Unit: bytes.
const HEAD: usize = 64;
const TAIL: usize = 32;
/// Numbers up to this are counts and codes, not values that tell somebody.
const SMALL: i64 = 1 << 16;

/// A table, and the columns that name whose a row is.
type Units = (&'static str, &'static [&'static str]);

const PEOPLE: &[Units] = &[("person", &["handle"]), ("worn", &["handle"])];
const LEDGER: &[Units] = &[("leaf", &["trail"]), ("waiting", &["trail"])];
const KEYS: &[Units] = &[("ring", &["locator"])];
const CONTENTS: &[Units] = &[("content", &["author", "about"])];
const SYSTEM: &[Units] = &[("ticket", &["owner"])];

impl Store {
    /// Every database of the installation.
    pub(super) async fn dump_all(
        &self,
        policy: &Policy,
        days: Option<u32>,
        progress: &JoinsProgress<'_>,
    ) -> Result<Vec<Dumped>, StoreError> {
        let mut all = Vec::new();
        for compartment in policy.compartments() {
            let (tag, name) = (compartment.tag, &compartment.name);
            let store = self.compartment(tag)?;
            let parts = [
                (format!("people_{name}"), &store.people, PEOPLE, false),
                (format!("ledger_{name}"), &store.log.database, LEDGER, true),
            ];
            for (name, database, units, is_log) in parts {
                progress(&name, 0, 1);
                let mut dumped = dump(name, database, units).await?;
                if let Some(days) = days.filter(|_| is_log) {
                    dumped = newest(dumped, days);
                }
                let runs = if is_log { list_runs(database).await? } else { Vec::new() };
                all.push(Dumped { compartment: Some(tag), is_log, runs, ..dumped });
            }
        }
        let shared = [
            ("keys", &self.rings, KEYS),
            ("contents", &self.contents, CONTENTS),
            ("system", &self.system.database, SYSTEM),
        ];
        for (name, database, units) in shared {
            progress(name, 0, 1);
            let mut dumped = dump(name.to_owned(), database, units).await?;
            dumped.side.is_keys = name == "keys";
            all.push(dumped);
        }
        Ok(all)
    }
}

/// Only the traces of so many days at the end of a log.
fn newest(mut log: Dumped, days: u32) -> Dumped {
    let last = |trace: &Trace| trace.times.iter().max().copied().unwrap_or(0);
    let end = log.side.traces.iter().map(last).max().unwrap_or(0);
    let begin = end.saturating_sub(i64::from(days) * 86_400);
    let (mut kept, mut known) = (Vec::new(), HashMap::new());
    for (id, at) in std::mem::take(&mut log.known) {
        let Some(trace) = log.side.traces.get_mut(at).map(std::mem::take) else { continue };
        if last(&trace) > begin {
            known.insert(id, kept.len());
            kept.push(trace);
        }
    }
    log.side.traces = kept;
    Dumped { known, ..log }
}

async fn list_runs(log: &Database) -> Result<Vec<u64>, StoreError> {
    let rows = log.query("SELECT run FROM run", Vec::new()).await?;
    Ok(rows.iter().filter_map(|row| row.blob(0).try_into().ok()).map(u64::from_be_bytes).collect())
}

async fn dump(name: String, database: &Database, units: &[Units]) -> Result<Dumped, StoreError> {
    let (mut known, mut traces): (HashMap<Vec<u8>, usize>, Vec<Trace>) = (HashMap::new(), Vec::new());
    let mut order = 0_u32;
    for (table, ids) in units {
        let mut each = |columns: &[String], row: Row| {
            order = order.saturating_add(1);
            for id in columns.iter().zip(&row.0).filter(|(name, _)| ids.contains(&name.as_str())) {
                let (_, Value::Blob(id)) = id else { continue };
                let at = *known.entry(id.clone()).or_insert_with(|| {
                    traces.push(Trace { order, ..Trace::default() });
                    traces.len() - 1
                });
                if let Some(trace) = traces.get_mut(at) {
                    see(trace, table, columns, &row);
                }
            }
        };
        database.each_row(table, &mut each).await?;
    }
    let side = Side { name, traces, is_keys: false };
    Ok(Dumped { side, compartment: None, known, is_log: false, runs: Vec::new() })
}

/// Adds to a trace what one of its rows shows.
fn see(trace: &mut Trace, table: &str, columns: &[String], row: &Row) {
    trace.rows += 1;
    for (name, value) in columns.iter().zip(&row.0) {
        match value {
            Value::Null => {}
            Value::Int(number) => see_number(trace, (table, name), *number),
            Value::Text(text) => see_bytes(trace, text.as_bytes()),
            Value::Blob(bytes) => {
                see_bytes(trace, bytes);
                match name.as_str() {
                    "leaf" => see_leaf(trace, bytes),
                    // How often each record was written stands before it.
                    "records" => {
                        let written = versions(bytes).unwrap_or_default();
                        trace.edits += written.iter().map(|(_, version)| i64::from(*version)).sum::<i64>();
                    }
                    _ => {}
                }
            }
        }
    }
}

fn see_number(trace: &mut Trace, (table, name): (&str, &str), number: i64) {
    if number > SMALL {
        trace.values.push(fingerprint(&number));
    }
    if table == "ticket" && name == "kind" {
        trace.kind = u32::try_from(number).unwrap_or(0);
    }
    match (seconds(name, number), is_registered(table, name)) {
        (Some(time_s), _) => trace.times.push(time_s),
        // Of the registered numbers none counts anything of a person.
        (None, true) => {}
        (None, false) => trace.numbers = trace.numbers.saturating_add(number),
    }
}

/// The time that a number is, if it looks like one.
fn seconds(name: &str, number: i64) -> Option<i64> {
    let is_named = |end: &str| name.ends_with(end);
    match number {
        1_200_000_000..4_000_000_000 => Some(number),
        1_200_000_000_000..4_000_000_000_000 => Some(number / 1000),
        _ if is_named("_s") => Some(number),
        _ if is_named("_ms") => Some(number / 1000),
        _ if is_named("hour") => Some(number.saturating_mul(3600)),
        _ if is_named("day") => Some(number.saturating_mul(86_400)),
        _ => None,
    }
}

fn is_registered(table: &str, name: &str) -> bool {
    let mut named = TABLES.iter().filter(|each| each.name == table);
    named.any(|table| table.columns.iter().any(|column| column.name == name))
}

fn see_bytes(trace: &mut Trace, bytes: &[u8]) {
    trace.bytes += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    if bytes.len() < 3 {
        return;
    }
    trace.values.push(fingerprint(bytes));
    let tail = bytes.len().saturating_sub(TAIL).max(HEAD);
    let (head, tail) = (bytes.get(..HEAD).unwrap_or(bytes), bytes.get(tail..).unwrap_or_default());
    trace.texts.extend([head, tail].into_iter().filter(|part| part.len() >= 8).map(<[u8]>::to_vec));
}

/// The public part of an entry.
fn see_leaf(trace: &mut Trace, bytes: &[u8]) {
    let Some(leaf) = Leaf::from_bytes(bytes) else { return };
    trace.times.push(i64::from(leaf.hour.0) * 3600);
    trace.kind = u32::from(leaf.act);
    trace.values.extend([fingerprint(leaf.event.0.as_slice()), fingerprint(leaf.commitment.as_slice())]);
}

fn fingerprint(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
