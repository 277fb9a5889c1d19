//! Where a tile of a log is, below its address or folder: the paths and files of C2SP tlog-tiles. Clause 5.1.

use super::{LEAF_LEN, TILE_WIDTH};

/// Levels of tiles that a path can name.
const LEVEL_MAX: u32 = 5;

/// A tile of hashes or of entries.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct TilePlace {
    /// Its level; `None` for a tile of entries.
    pub level: Option<u32>,
    /// Position in its level.
    pub n: u64,
    /// How many it has: 1 to 256.
    pub width: usize,
}

impl TilePlace {
    /// The tiles of `level` that a log of `size` entries has, from `from` on; the last one may be partial.
    pub fn of(size: u64, level: Option<u32>, from: u64) -> impl Iterator<Item = Self> {
        let count = size >> (8 * level.unwrap_or(0));
        let rest = usize::try_from(count % TILE_WIDTH as u64).unwrap_or(0);
        let full = (from..count / TILE_WIDTH as u64).map(move |n| Self { level, n, width: TILE_WIDTH });
        let last = Self { level, n: count / TILE_WIDTH as u64, width: rest };
        full.chain((rest > 0 && last.n >= from).then_some(last))
    }

    /// Every level that a log of `size` entries has.
    pub fn levels(size: u64) -> impl Iterator<Item = u32> {
        (0..=LEVEL_MAX).take_while(move |level| size >> (8 * level) > 0)
    }

    /// The path, such as `tile/0/x001/067.p/5`.
    #[must_use]
    pub fn path(self) -> String {
        let level = self.level.map_or_else(|| "entries".to_owned(), |level| level.to_string());
        let mut parts = vec![format!("{:03}", self.n % 1000)];
        let mut rest = self.n / 1000;
        while rest > 0 {
            parts.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        parts.reverse();
        let partial = if self.width == TILE_WIDTH { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{level}/{}{partial}", parts.join("/"))
    }

    /// The way back from [`Self::path`]; no other spelling is one.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let level =
            if level == "entries" { None } else { Some(level.parse().ok().filter(|level| *level <= LEVEL_MAX)?) };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok().filter(|width| (1..TILE_WIDTH).contains(width))?),
            None => (rest, TILE_WIDTH),
        };
        let n = number.split('/').try_fold(0u64, |n, part| {
            let digits = part.strip_prefix('x').unwrap_or(part);
            let is_digits = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
            n.checked_mul(1000)?.checked_add(digits.parse().ok().filter(|_| is_digits)?)
        })?;
        let found = Self { level, n, width };
        (found.path() == path).then_some(found)
    }
}

/// The file of a tile of entries: each leaf after its length in two bytes.
pub fn join_entries<'a>(leaves: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(TILE_WIDTH * (LEAF_LEN + 2));
    for leaf in leaves {
        // A leaf has 54 bytes.
        out.extend(u16::try_from(leaf.len()).unwrap_or(u16::MAX).to_be_bytes());
        out.extend_from_slice(leaf);
    }
    out
}

/// The way back from [`join_entries`]; `None` for what is no such file.
#[must_use]
pub fn split_entries(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::with_capacity(TILE_WIDTH);
    while !bytes.is_empty() {
        let (len, rest) = bytes.split_first_chunk::<2>()?;
        let (leaf, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
        leaves.push(leaf);
        bytes = rest;
    }
    Some(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_in_one_way_only() {
        for (level, n, width, path) in [
            (Some(0), 0, 256, "tile/0/000"),
            (Some(0), 67, 5, "tile/0/067.p/5"),
            (Some(1), 999, 256, "tile/1/999"),
            (Some(0), 1000, 256, "tile/0/x001/000"),
            (Some(0), 1_234_067, 256, "tile/0/x001/x234/067"),
            (None, 1_234_067, 255, "tile/entries/x001/x234/067.p/255"),
        ] {
            let place = TilePlace { level, n, width };
            assert_eq!(place.path(), path);
            assert_eq!(TilePlace::parse(path), Some(place));
        }
        for path in [
            "tile/0/0",
            "tile/0/0000",
            "tile/0/x000/001",
            "tile/0/x001",
            "tile/0/001/002",
            "tile/6/000",
            "tile/00/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/05",
            "tile/-1/000",
            "tile/0/+01",
            "tile/0/",
            "tile/data/000",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(TilePlace::parse(path), None, "{path}");
        }
    }

    #[test]
    fn a_log_has_full_tiles_and_at_most_one_partial_tile_a_level() {
        let of = |size, level, from| TilePlace::of(size, level, from).map(TilePlace::path).collect::<Vec<_>>();
        assert_eq!(of(0, Some(0), 0), Vec::<String>::new());
        assert_eq!(of(256, Some(0), 0), ["tile/0/000"]);
        assert_eq!(of(600, None, 1), ["tile/entries/001", "tile/entries/002.p/88"]);
        assert_eq!(of(600, Some(1), 0), ["tile/1/000.p/2"]);
        assert_eq!(TilePlace::levels(256).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn entries_are_joined_and_split() {
        let leaves = [[1u8; 54].as_slice(), &[2; 54]];
        let joined = join_entries(leaves);
        assert_eq!(joined.len(), 112);
        assert_eq!(split_entries(&joined), Some(leaves.to_vec()));
        assert_eq!(split_entries(&joined[..111]), None);
    }
}
