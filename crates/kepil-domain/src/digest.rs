//! SHA-256 over bytes that come piece by piece.

use aws_lc_rs::digest::{Context, SHA256};

/// A sum that is not finished.
#[derive(Clone)]
pub struct Digest(Context);

impl Default for Digest {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Digest {
    /// Takes the next bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The sum of all of them.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        let mut sum = [0; 32];
        sum.iter_mut().zip(self.0.finish().as_ref()).for_each(|(to, from)| *to = *from);
        sum
    }
}
