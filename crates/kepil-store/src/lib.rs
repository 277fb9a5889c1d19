//! The store: SQL text, schema registry, two engines behind one seam.
//!
//! Start reading at [`Lane::audited`] (a read with its receipt) and [`Store::amend`] (a change with its entry).
//! Source: laws 2 to 4 of the house; clauses 3.1.5, 5.1.
//! Does not know: HTTP, pages, tokens, what a purpose means.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "tests may stop at the first surprise"
    )
)]

mod backup;
mod batch;
mod buckets;
mod budgets;
mod client_sessions;
mod clients;
mod clock;
mod contents;
mod destructions;
mod editions;
mod engine;
mod epochs;
mod error;
mod held;
mod index;
mod jobs;
mod joins;
mod journal;
mod lane;
mod ledgers;
mod mixing;
mod narrowings;
mod people;
mod permits;
mod rings;
mod rotation;
pub mod schema;
mod sealer;
mod secrets;
mod signing_keys;
mod split;
mod staff;
mod stand_in;
mod store;
mod system;
mod ticket_seals;
mod tickets;
mod trails;
mod witnessed;

pub use backup::{BackupFacts, BackupProgress, Loaded, Manifest, MendPlan, Part, RestorePlan, Restored, RestoredLog};
pub use budgets::{Purse, Window};
pub use clients::ClientRow;
pub use clock::{Clock, OsEntropy, SystemClock};
pub use contents::{PIECES_MAX, Side, StoredContent};
pub use destructions::Destruction;
pub use editions::EditionRow;
pub use epochs::{Closed, Progress, Step, Waiting};
pub use error::StoreError;
pub use jobs::JobRow;
pub use joins::{JoinsAsk, JoinsProgress};
pub use journal::{LogReader, StoredEntry, StoredHead, StoredLeaf};
pub use lane::{Acting, Audited, Lane, Question};
pub use mixing::Mixed;
pub use narrowings::is_journal;
pub use people::{Amended, Amendment, NewAct, NewPerson, NewRow, PersonRow};
pub use rotation::{OVERLAP_DAYS, Rotated, SecretState, Turned};
pub use sealer::{FileSealer, SealerClass};
pub use signing_keys::{KeyDates, SigningKeyRow};
pub use staff::StaffEntry;
pub use store::{Engine, Installed, KeyCopy, SealerState, Store, StoreConfig, WAIT_HOURS};
pub use system::SystemStore;
pub use tickets::{NewTicket, Taken, Ticket, TicketKind};
pub use trails::{Places, Waiter};
pub use witnessed::CosignedRow;
