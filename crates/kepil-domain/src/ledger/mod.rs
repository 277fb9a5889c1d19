//! The ledger: what was done, so that an outsider can verify it and nobody can read it.
//!
//! Start reading at [`Entry::seal`]; then [`Tree`], [`Checkpoint`] and [`ProofFile`]. Formats: C2SP tlog-tiles,
//! tlog-checkpoint, signed-note and tlog-proof, with the hashing of RFC 6962. Clauses 5.1, 6.1, KZ-19, KZ-32.
//! Does not know: where entries and tiles are stored.

mod act;
pub mod audit;
mod certificate;
mod checkpoint;
mod consistency;
mod cosign;
mod entry;
mod notice;
mod place;
mod proof_file;
mod tree;

pub use act::Act;
pub use certificate::{Certificate, Destroyed, check_certificate, is_certificate};
pub use checkpoint::{Checkpoint, LedgerError, LedgerKey, VerifyKey, origin};
pub use consistency::{PROOF_MAX, check_consistency, consistency, root_at};
pub use cosign::{AddCheckpoint, Cosigned, Unwitnessed, WitnessKey, WitnessVerifyKey};
pub use entry::{Entry, LEAF_LEN, Leaf, NewEntry, Nth, Payload, Reason, Trail, open_payload, trail};
pub use kepil_policy::compartment_tag;
pub use notice::Notice;
pub use place::{TilePlace, join_entries, split_entries};
pub use proof_file::{ProofFile, TlogProof};
pub use tree::{Hash, TILE_WIDTH, Tile, TileSource, Tree, check_inclusion, hash_leaf, inclusion};
