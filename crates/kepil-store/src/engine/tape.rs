//! Where the entries of reads wait on the embedded engine: a tape, written one record after the other over space that is
//! there already, so that a flush is of these bytes and of nothing else.
//!
//! A tape has two sides. A lane writes on one while the sequencer takes what is on the other; once all of that is in the
//! tree, the sides change places. Start reading at [`Tape::append`] and [`Tape::waiting`].
//!
//! A record is round, length, hash and bytes; the hash is over the three others. The round is drawn when a side is begun: what
//! was not written whole, or is left of a round before, ends the side. What is left is sealed, like the same entries in the
//! tree, and goes when it is written over.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kepil_domain::{Entropy, ledger::hash_leaf};

use crate::OsEntropy;

/// Round, length, hash. Unit: bytes.
const HEAD: usize = 8 + 4 + 32;
/// By how much a side grows at least, and at most beyond what is asked; in between it doubles. Unit: bytes.
const GROWTH_MIN: u64 = 1 << 16;
const GROWTH_MAX: u64 = 1 << 22;

/// The reads of one lane in one compartment.
pub(crate) struct Tape {
    written: Mutex<Side>,
    taken: Mutex<Taken>,
}

struct Taken {
    side: Side,
    /// Up to where it was taken.
    at: u64,
}

/// One file.
struct Side {
    file: File,
    round: [u8; 8],
    /// Where its last record ends.
    end: u64,
    /// How long the file is.
    len: u64,
}

/// Records that were not taken yet.
pub(crate) struct Records {
    /// What each says.
    pub bytes: Vec<Vec<u8>>,
    /// Where the last one ends.
    pub at: u64,
    /// Whether there are more.
    pub is_full: bool,
}

impl Tape {
    /// Opens the tape called `name`, or begins one.
    pub fn open(folder: &Path, name: &str) -> io::Result<Self> {
        let written = Side::open(&folder.join(format!("{name}.a")))?;
        let side = Side::open(&folder.join(format!("{name}.b")))?;
        // Files that are new must be there after a crash.
        File::open(folder)?.sync_all()?;
        Ok(Self { written: Mutex::new(written), taken: Mutex::new(Taken { side, at: 0 }) })
    }

    /// How many tapes there are, each called `name` and a number.
    pub fn count(folder: &Path, name: &str) -> io::Result<u32> {
        let mut count = 0;
        for file in std::fs::read_dir(folder)? {
            let file = file?.file_name();
            let number = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('_')?.split_once('.'));
            count = count.max(number.and_then(|(number, _)| number.parse::<u32>().ok()).map_or(0, |number| number + 1));
        }
        Ok(count)
    }

    /// Writes a record durably. When that fails, it is as if it had not been asked: the next one takes its place.
    pub fn append(&self, bytes: &[u8]) -> io::Result<()> {
        lock(&self.written).append(bytes)
    }

    /// The next records, about `most` bytes of them; the same again until [`Self::took`] says otherwise.
    pub fn waiting(&self, most: usize) -> io::Result<Records> {
        let mut taken = lock(&self.taken);
        let Taken { side, at } = &mut *taken;
        let mut written = lock(&self.written);
        // What was written since the sides changed places waits for the next time; what was before does not.
        let (is_due, is_written) = (*at == side.end, written.end > 0);
        if is_due && is_written {
            side.begin()?;
            std::mem::swap(side, &mut *written);
            *at = 0;
        }
        drop(written);
        let (mut records, mut size, mut at) = (Vec::new(), 0, *at);
        while at < side.end && size < most {
            let Some((record, next)) = side.next(at)? else {
                tracing::error!(bytes = side.end - at, "the end of a tape of reads is damaged: entries are lost");
                at = side.end;
                break;
            };
            at = next;
            size += record.len();
            records.push(record);
        }
        Ok(Records { bytes: records, at, is_full: at < side.end || (is_written && !is_due) })
    }

    /// Everything up to `at` is in the tree.
    pub fn took(&self, at: u64) {
        lock(&self.taken).at = at;
    }
}

impl Side {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let len = file.metadata()?.len();
        let mut side = Self { file, round: [0; 8], end: 0, len };
        side.begin()?;
        if len >= as_u64(HEAD) {
            let drawn = side.round;
            side.file.read_exact_at(&mut side.round, 0)?;
            while let Some((_, next)) = side.next(side.end)? {
                side.end = next;
            }
            if side.end == 0 {
                side.round = drawn;
            }
        }
        Ok(side)
    }

    /// Begins a round: what is there does not count any more.
    fn begin(&mut self) -> io::Result<()> {
        OsEntropy.fill(&mut self.round).map_err(io::Error::other)?;
        self.end = 0;
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let len = u32::try_from(bytes.len()).map_err(io::Error::other)?.to_be_bytes();
        let record = [&self.round, len.as_slice(), &self.hash(len, bytes), bytes].concat();
        let end = self.end + as_u64(record.len());
        if end > self.len {
            let len = (end + self.len.min(GROWTH_MAX)).next_multiple_of(GROWTH_MIN);
            let blank = vec![0; usize::try_from(len - self.len).map_err(io::Error::other)?];
            self.file.write_all_at(&blank, self.len)?;
            self.file.sync_all()?;
            self.len = len;
        }
        self.file.write_all_at(&record, self.end)?;
        self.file.sync_data()?;
        self.end = end;
        Ok(())
    }

    /// The first record of this round from `at` on, and where it ends. What a broken disk left in between is passed over, loudly:
    /// one byte must not cost what comes after it.
    fn next(&self, at: u64) -> io::Result<Option<(Vec<u8>, u64)>> {
        let ended = |at: u64, record: Vec<u8>| {
            let next = at + as_u64(HEAD + record.len());
            Some((record, next))
        };
        if let Some(record) = self.record(at)? {
            return Ok(ended(at, record));
        }
        let mut rest = vec![0; usize::try_from(self.len.saturating_sub(at)).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut rest, at)?;
        for (skipped, _) in rest.windows(8).enumerate().filter(|(_, found)| *found == self.round) {
            let at = at + as_u64(skipped);
            if let Some(record) = self.record(at)? {
                tracing::error!(bytes = skipped, "a tape of reads is damaged: entries are lost");
                return Ok(ended(at, record));
            }
        }
        Ok(None)
    }

    /// The record of this round at `at`, if there is one.
    fn record(&self, at: u64) -> io::Result<Option<Vec<u8>>> {
        let mut head = [0; HEAD];
        if at + as_u64(HEAD) > self.len {
            return Ok(None);
        }
        self.file.read_exact_at(&mut head, at)?;
        let Some((round, rest)) = head.split_first_chunk::<8>() else { return Ok(None) };
        let Some((len, hash)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let size = u32::from_be_bytes(*len) as usize;
        if *round != self.round || at + as_u64(HEAD + size) > self.len {
            return Ok(None);
        }
        let mut bytes = vec![0; size];
        self.file.read_exact_at(&mut bytes, at + as_u64(HEAD))?;
        Ok((self.hash(*len, &bytes) == hash).then_some(bytes))
    }

    fn hash(&self, len: [u8; 4], bytes: &[u8]) -> [u8; 32] {
        hash_leaf(&[&self.round, len.as_slice(), bytes].concat())
    }
}

fn as_u64(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn open(folder: &tempfile::TempDir) -> Tape {
        Tape::open(folder.path(), "reads").unwrap()
    }

    /// Everything that waits, as texts.
    fn take(tape: &Tape) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let waiting = tape.waiting(1).unwrap();
            tape.took(waiting.at);
            all.extend(waiting.bytes.into_iter().map(|record| String::from_utf8(record).unwrap()));
            if !waiting.is_full {
                return all;
            }
        }
    }

    #[test]
    fn records_are_taken_once_in_their_order_and_wait_until_they_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let tape = open(&folder);
        assert_eq!(take(&tape), [""; 0]);
        for record in ["one", "", "three"] {
            tape.append(record.as_bytes()).unwrap();
        }
        for _ in 0..2 {
            assert_eq!(tape.waiting(4).unwrap().bytes, ["one".as_bytes(), b"", b"three"]);
        }
        tape.append(b"four").unwrap();
        assert_eq!(take(&tape), ["one", "", "three", "four"]);
        tape.append(b"five").unwrap();
        assert_eq!(take(&tape), ["five"]);
        assert_eq!(take(&tape), [""; 0]);
    }

    #[test]
    fn what_waits_on_either_side_waits_after_a_crash_too() {
        let folder = tempfile::tempdir().unwrap();
        let tape = open(&folder);
        tape.append(b"one").unwrap();
        assert_eq!(tape.waiting(9).unwrap().bytes.len(), 1);
        tape.append(b"two").unwrap();
        drop(tape);
        let tape = open(&folder);
        tape.append(b"three").unwrap();
        // What is there from before is said to be more: whoever takes it is careful until all of it was looked at.
        assert!(tape.waiting(9).unwrap().is_full);
        assert_eq!(take(&tape), ["two", "one", "three"]);
    }

    proptest! {
        #[test]
        fn of_a_damaged_side_nothing_is_lost_but_what_was_damaged(
            records in proptest::collection::vec("[a-z]{0,200}", 1..6),
            at in any::<proptest::sample::Index>(),
            flip in 1u8..,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let tape = open(&folder);
            for record in &records {
                tape.append(record.as_bytes()).unwrap();
            }
            drop(tape);
            let ends = records.iter().scan(0, |end, record| {
                *end += HEAD + record.len();
                Some(*end)
            });
            let ends: Vec<usize> = ends.collect();
            let at = at.index(ends[ends.len() - 1]);
            let file = OpenOptions::new().read(true).write(true).open(folder.path().join("reads.a")).unwrap();
            let mut byte = [0];
            file.read_exact_at(&mut byte, as_u64(at)).unwrap();
            file.write_all_at(&[byte[0] ^ flip], as_u64(at)).unwrap();
            let damaged = ends.iter().filter(|end| **end <= at).count();
            let mut left = records.clone();
            left.remove(damaged);
            // Without its first round nobody knows what is on a side.
            prop_assert_eq!(take(&open(&folder)), if at < 8 { Vec::new() } else { left });
            // Cut off there, it goes on from there.
            file.set_len(as_u64(at)).unwrap();
            let tape = open(&folder);
            tape.append(b"instead").unwrap();
            prop_assert_eq!(take(&tape).pop(), Some("instead".to_owned()));
        }
    }

    #[test]
    fn damage_while_it_is_written_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let tape = open(&folder);
        for record in ["one", "two", "six", "ten"] {
            tape.append(record.as_bytes()).unwrap();
        }
        let file = OpenOptions::new().write(true).open(folder.path().join("reads.a")).unwrap();
        for at in [HEAD + 3, 4 * (HEAD + 3) - 1] {
            file.write_all_at(b"!", as_u64(at)).unwrap();
        }
        assert_eq!(take(&tape), ["one", "six"]);
        tape.append(b"new").unwrap();
        assert_eq!(take(&tape), ["new"]);
    }

    #[test]
    fn tapes_are_counted_by_the_highest_number() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Tape::count(folder.path(), "reads_a").unwrap(), 0);
        for name in ["reads_a_0", "reads_a_3", "reads_a_b_7", "other_9"] {
            Tape::open(folder.path(), name).unwrap();
        }
        assert_eq!(Tape::count(folder.path(), "reads_a").unwrap(), 4);
    }

    #[test]
    fn what_is_left_of_a_round_before_does_not_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let tape = open(&folder);
        // The same lengths: what is left lies where a record could be.
        for record in ["one", "two", "six"] {
            tape.append(record.as_bytes()).unwrap();
        }
        assert_eq!(take(&tape).len(), 3);
        tape.append(b"ten").unwrap();
        assert_eq!(take(&tape), ["ten"]);
        tape.append(b"new").unwrap();
        drop(tape);
        let left = take(&open(&folder));
        assert_eq!(
            left,
            ["ten", "new"],
            "what was taken before the crash may come twice, but nothing of an earlier round"
        );
    }

    #[test]
    fn a_side_grows_by_blank_space_that_is_no_record() {
        let folder = tempfile::tempdir().unwrap();
        let tape = open(&folder);
        let record = "x".repeat(700_000);
        for _ in 0..4 {
            tape.append(record.as_bytes()).unwrap();
        }
        let len = std::fs::metadata(folder.path().join("reads.a")).unwrap().len();
        assert_eq!((len % GROWTH_MIN, len > 4 * 700_000), (0, true));
        drop(tape);
        assert_eq!(take(&open(&folder)).len(), 4);
    }
}
