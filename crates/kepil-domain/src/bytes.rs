//! Reading and writing the small binary layouts of this crate.

/// Why bytes could not be read: they are not of the layout that was expected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Malformed;

/// Takes a layout apart from the front.
pub(crate) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = tail;
        Ok(head)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// A part with a 16-bit length before it.
    pub fn short(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u16()?;
        self.take(usize::from(len))
    }

    /// A part with a 32-bit length before it.
    pub fn long(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.u32()?;
        self.take(usize::try_from(len).map_err(|_| Malformed)?)
    }
}

/// Writes a part with a 16-bit length before it.
pub(crate) fn put_short(out: &mut Vec<u8>, part: &[u8]) -> Result<(), Malformed> {
    out.extend(u16::try_from(part.len()).map_err(|_| Malformed)?.to_be_bytes());
    out.extend_from_slice(part);
    Ok(())
}

/// Writes a part with a 32-bit length before it.
pub(crate) fn put_long(out: &mut Vec<u8>, part: &[u8]) -> Result<(), Malformed> {
    out.extend(u32::try_from(part.len()).map_err(|_| Malformed)?.to_be_bytes());
    out.extend_from_slice(part);
    Ok(())
}

/// The length to which what is `len` long is padded: there are few lengths, each four times the one before, so that those of one
/// person in two databases tell nothing. Unit: bytes.
pub(crate) fn class_len(len: usize) -> usize {
    let mut class = 512_usize;
    while class < len {
        class = class.saturating_mul(4);
    }
    class
}

/// Appends zeros until the length is a multiple of `step`.
pub(crate) fn pad(out: &mut Vec<u8>, step: usize) {
    out.resize(out.len().next_multiple_of(step), 0);
}
