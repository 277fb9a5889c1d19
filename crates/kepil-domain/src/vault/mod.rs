//! The vault: how values about people are sealed, and the one way to open them.
//!
//! Start reading at [`open()`]; then [`Ring`], which holds everything that links or opens one person's data, and
//! [`Keys`], from which rings are opened. Source: law 2 and 5 of the house; clauses 3.1.5, 3.7, 4.4a, 5.1.
//! Does not know: where rings and records are stored, who may open them.

mod content;
mod derive;
mod index;
mod keys;
mod open;
mod pending;
mod record;
mod ring;
mod seal;
mod secrets;
mod sector;
mod shares;
mod token;

pub use content::{Content, Leave, Mark, OpenedContent, Placed, SealedContent, open_content, seal_content};
pub(crate) use derive::years_between;
pub use index::{IndexPage, IndexTerm, PAGES_BITS_MAX};
pub use keys::{Bucket, BucketKey, Bucketed, EpochKey, EpochNo, Keys};
pub use open::{LEASE_MS, Opened, OpenedField, Sealed, open};
pub use pending::Pending;
pub use record::{Openable, Provenance, Record, Value, versions};
pub use ring::{Credentials, Ring, RingPart};
pub use seal::VaultError;
pub(crate) use seal::{expand, mac, seal as danger_seal, unseal as danger_unseal};
pub use secrets::{NamedSecret, RootKey, RootNo, SecretName, Secrets, Stage};
pub use sector::{SECTORS_MAX, SectorKey};
pub use shares::{Share, SharesError};
pub use token::Token;
