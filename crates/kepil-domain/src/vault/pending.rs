//! A registration that waits for its letter: the new ring and the values already sealed under it.
//!
//! The bytes are kept sealed under the letter's token; whoever does not hold the letter opens nothing.

use kepil_policy::Tag;
use zeroize::Zeroizing;

use super::{Ring, VaultError};
use crate::{
    Locator,
    bytes::{Reader, put_long},
};

/// A registration that waits for its letter.
pub struct Pending {
    /// The person's future keys.
    pub ring: Ring,
    /// The sealed values of each compartment.
    pub rows: Vec<(Tag, Vec<u8>)>,
}

impl Pending {
    /// The bytes to keep.
    ///
    /// # Errors
    /// [`VaultError::TooLong`] for a row above 4 GiB.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let ring = self.ring.to_bytes();
        let len = 20 + ring.len() + self.rows.iter().map(|(_, row)| 8 + row.len()).sum::<usize>();
        let mut out = Zeroizing::new(Vec::with_capacity(len));
        out.extend(self.ring.locator().0);
        put_long(&mut out, &ring).map_err(|_| VaultError::TooLong)?;
        for (compartment, row) in &self.rows {
            out.extend(compartment.0.to_be_bytes());
            put_long(&mut out, row).map_err(|_| VaultError::TooLong)?;
        }
        Ok(out)
    }

    /// The way back from [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`VaultError::UnknownLayout`] when the bytes are of another layout.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, VaultError> {
        let mut reader = Reader(bytes);
        let locator = Locator(reader.array()?);
        let ring = Ring::from_bytes(locator, reader.long()?)?;
        let mut rows = Vec::new();
        while !reader.0.is_empty() {
            rows.push((Tag(reader.u32()?), reader.long()?.to_vec()));
        }
        Ok(Self { ring, rows })
    }
}
