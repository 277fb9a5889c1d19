//! A list of passwords that were stolen elsewhere: a file of sorted SHA-1 hashes, one a line, as Have I Been Pwned publishes
//! them (`HASH` or `HASH:COUNT`). Clause 6.1b; NIST SP 800-63B 3.1.1.2, ASVS 5: V6.2.12.
//!
//! The file may be tens of gigabytes: it is searched where it lies, with some forty short reads, and never loaded. Nothing is
//! asked of anybody. Start reading at [`StolenList::has`].

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

/// Unit: bytes. The hash in hexadecimal.
const HASH_LEN: usize = 40;
/// Unit: bytes. No line is longer.
const LINE_MAX: usize = 128;

/// A list on disk.
#[derive(Debug)]
pub struct StolenList {
    file: File,
    len: u64,
}

impl StolenList {
    /// The list in the file at `path`.
    ///
    /// # Errors
    /// [`io::Error`] when it cannot be read, or does not begin and end as such a list does.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let list = Self { len: file.metadata()?.len(), file };
        let (first, _) = list.line_at(0)?;
        let (end, _) = list.line_at(list.len.saturating_sub(1))?;
        if end < first { Err(bad("its lines are not sorted")) } else { Ok(list) }
    }

    /// Whether `password` stands in the list.
    ///
    /// # Errors
    /// [`io::Error`] when the file cannot be read any more, or is no sorted list.
    pub fn has(&self, password: &str) -> io::Result<bool> {
        let hash = kepil_domain::hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref());
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let (found, (begins, ends)) = self.line_at(low + (high - low) / 2)?;
            match hash.as_bytes().cmp(found.as_slice()) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => high = begins,
                std::cmp::Ordering::Greater => low = ends,
            }
        }
        Ok(false)
    }

    /// The hash in the line that has the byte at `at`, in lower case, and where the line begins and ends.
    fn line_at(&self, at: u64) -> io::Result<(Vec<u8>, (u64, u64))> {
        let reach = LINE_MAX as u64;
        let from = at.saturating_sub(reach);
        let mut around = [0; 2 * LINE_MAX];
        let read = self.read(&mut around, from)?;
        let around = around.get(..read).unwrap_or_default();
        let here = usize::try_from(at - from).unwrap_or(0).min(around.len());
        let (before, after) = around.split_at(here);
        let begins = match before.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => newline + 1,
            None if from == 0 => 0,
            None => return Err(bad("a line is too long")),
        };
        let ends = after.iter().position(|byte| *byte == b'\n').map_or(around.len(), |newline| here + newline + 1);
        let line = around.get(begins..ends).unwrap_or_default();
        let (hash, rest) = line.split_at_checked(HASH_LEN).ok_or_else(|| bad("a line has no SHA-1 hash"))?;
        if !hash.iter().all(u8::is_ascii_hexdigit) || !matches!(rest.first(), None | Some(b':' | b'\r' | b'\n')) {
            return Err(bad("a line has no SHA-1 hash"));
        }
        Ok((hash.to_ascii_lowercase(), (from + begins as u64, from + ends as u64)))
    }

    fn read(&self, into: &mut [u8], from: u64) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read_at(rest, from + filled as u64)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> io::Result<StolenList> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, text).unwrap();
        StolenList::open(&path)
    }

    fn hash(password: &str) -> String {
        kepil_domain::hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes()).as_ref()).to_uppercase()
    }

    /// The example of RFC 3174 (7.3), so that the hash is the one that lists have.
    #[test]
    fn the_hash_is_sha_1() {
        assert_eq!(hash("abc"), "A9993E364706816ABA3E25717850C26C9CD0D89D");
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        for ending in ["\r\n", "\n", ":1\r\n", ":37359195\n"] {
            let mut hashes: Vec<String> = (0..1000).map(|at| hash(&format!("stolen {at}"))).collect();
            hashes.sort();
            let text: String = hashes.iter().flat_map(|hash| [hash.as_str(), ending]).collect();
            for text in [text.trim_end(), text.as_str()] {
                let list = list(text).unwrap();
                for at in 0..1000 {
                    assert!(list.has(&format!("stolen {at}")).unwrap(), "{at}");
                    assert!(!list.has(&format!("kept {at}")).unwrap(), "{at}");
                }
            }
        }
        assert!(list(&hash("only")).unwrap().has("only").unwrap());
    }

    #[test]
    fn what_is_no_list_is_refused_at_once() {
        for text in
            ["", "\n", "password\n123456\n", &"f".repeat(4096), &format!("{}\n{}\n", "F".repeat(40), "0".repeat(40))]
        {
            assert!(list(text).is_err(), "{text}");
        }
        assert!(StolenList::open(Path::new("no/such/file")).is_err());
    }
}
