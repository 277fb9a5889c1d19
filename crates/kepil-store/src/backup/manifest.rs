//! What a backup says of itself: of what it is, when and where it was made, and the sum of each file. Bound by a keyed hash, so
//! that a restore takes nothing that another wrote.

use kepil_domain::{
    hex,
    vault::{EpochNo, Keys},
};

use super::{BackupFacts, Part, rows::Sum};
use crate::StoreError;

const FORMAT: &str = "kepil-backup-1";
const WHOLE: &str = "backup";
/// Of what is done of a backup that is being made: nobody takes it for a whole one.
const SOME: &str = "backup so far";

/// The manifest of a backup.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Manifest {
    /// What it is a backup of.
    pub part: Part,
    /// Of which installation. Hexadecimal.
    pub installation: String,
    /// Of which key store. Hexadecimal.
    pub store: String,
    /// In which epoch it was made.
    pub epoch: EpochNo,
    /// When. Unit: Unix seconds.
    pub made_s: i64,
    /// ISO 3166 code of the country where it is.
    pub territory: String,
    /// The compartments of the policy then.
    pub compartments: Vec<String>,
    pub(super) files: Vec<(String, Sum)>,
}

impl Manifest {
    pub(super) fn new(part: Part, (keys, birth): (&Keys, &[u8]), facts: BackupFacts<'_>) -> Self {
        let BackupFacts { territory, compartments, at } = facts;
        Self {
            part,
            installation: hex(&keys.installation().0),
            store: hex(birth),
            epoch: keys.epoch(),
            made_s: at.unix_s(),
            territory: territory.to_owned(),
            compartments: compartments.to_vec(),
            files: Vec::new(),
        }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|(_, sum)| sum.rows).sum()
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|(_, sum)| sum.bytes).sum()
    }

    /// The text, with the keyed hash at its end.
    pub(super) fn to_text(&self, keys: &Keys) -> String {
        self.bound(keys, WHOLE)
    }

    /// As [`Self::to_text`], for what is done so far.
    pub(super) fn to_text_so_far(&self, keys: &Keys) -> String {
        self.bound(keys, SOME)
    }

    fn bound(&self, keys: &Keys, label: &str) -> String {
        let body = self.body();
        let mac = hex(&keys.hash_for(label, body.as_bytes()));
        format!("{body}mac {mac}\n")
    }

    /// What tells it from every other.
    pub(super) fn mac(&self, keys: &Keys) -> [u8; 16] {
        keys.hash_for(WHOLE, self.body().as_bytes())
    }

    /// The sum of the file of a database.
    pub(super) fn sum_of(&self, database: &str) -> Option<Sum> {
        self.files.iter().find(|(name, _)| name == database).map(|(_, sum)| *sum)
    }

    /// Reads what [`Self::to_text_so_far`] made.
    pub(super) fn parse_so_far(text: &str, keys: &Keys) -> Option<Self> {
        Self::read(text).filter(|manifest| manifest.to_text_so_far(keys) == text)
    }

    /// Reads what [`Self::to_text`] made.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when it is none, or of another installation, or was altered.
    pub(super) fn parse(text: &str, keys: &Keys) -> Result<Self, StoreError> {
        let manifest = Self::read(text).ok_or_else(|| unusable("the manifest of the backup is not readable"))?;
        if manifest.installation != hex(&keys.installation().0) {
            return Err(unusable("the backup is of another installation than the sealers"));
        }
        if manifest.to_text(keys) != text {
            return Err(unusable("the manifest of the backup was altered: it is not taken"));
        }
        Ok(manifest)
    }

    fn body(&self) -> String {
        let Self { part, installation, store, epoch, made_s, territory, compartments, files } = self;
        let files = files.iter().map(|(name, Sum { rows, bytes, sha256 })| {
            format!("file {name} rows {rows} bytes {bytes} sha256 {}\n", hex(sha256))
        });
        format!(
            "{FORMAT} {}\ninstallation {installation}\nstore {store}\nepoch {}\nmade {made_s}\nterritory {territory}\ncompartments {}\n{}",
            part.word(),
            epoch.0,
            compartments.join(","),
            files.collect::<String>()
        )
    }

    /// Without looking at the keyed hash.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut take = |label: &str| lines.next()?.strip_prefix(label)?.strip_prefix(' ').map(str::to_owned);
        let part = Part::parse(&take(FORMAT)?)?;
        let (installation, store, epoch) =
            (take("installation")?, take("store")?, EpochNo(take("epoch")?.parse().ok()?));
        let (made_s, territory) = (take("made")?.parse().ok()?, take("territory")?);
        let compartments = take("compartments")?;
        let compartments = compartments.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let files = lines.take_while(|line| !line.starts_with("mac ")).map(file).collect::<Option<_>>()?;
        Some(Self { part, installation, store, epoch, made_s, territory, compartments, files })
    }
}

fn file(line: &str) -> Option<(String, Sum)> {
    let words: Vec<&str> = line.split(' ').collect();
    let ["file", name, "rows", rows, "bytes", bytes, "sha256", sum] = words.as_slice() else { return None };
    let mut sha256 = [0; 32];
    for (to, at) in sha256.iter_mut().zip((0..).step_by(2)) {
        *to = u8::from_str_radix(sum.get(at..at + 2)?, 16).ok()?;
    }
    Some(((*name).to_owned(), Sum { rows: rows.parse().ok()?, bytes: bytes.parse().ok()?, sha256 }))
}

pub(super) fn unusable(why: &str) -> StoreError {
    StoreError::Unusable(why.to_owned())
}

#[cfg(test)]
mod tests {
    use kepil_domain::{
        Day, Entropy, Installation, Moment, NoEntropy,
        vault::{EpochKey, Secrets},
    };

    use super::*;

    /// Gives one byte again and again.
    struct Same(u8);

    impl Entropy for Same {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    fn keys(installation: u8, root: u8) -> Keys {
        let epoch = EpochKey::from_bytes(EpochNo(4), [3; 32]);
        Keys::new(Installation([installation; 16]), Secrets::random(0, &mut Same(root)).unwrap(), epoch)
    }

    #[test]
    fn only_what_this_installation_wrote_is_taken() {
        let at = Moment { unix_ms: 1_790_000_000_000, day: Day(20_717) };
        let compartments = ["account".to_owned(), "habits".to_owned()];
        let mut manifest = Manifest::new(
            Part::Data,
            (&keys(1, 1), &[9; 16]),
            BackupFacts { territory: "KZ", compartments: &compartments, at },
        );
        manifest.files.push(("system".to_owned(), Sum { rows: 3, bytes: 400, sha256: [0xAB; 32] }));
        let text = manifest.to_text(&keys(1, 1));
        assert_eq!(Manifest::parse(&text, &keys(1, 1)).unwrap(), manifest);
        let why = |text: &str, keys: &Keys| Manifest::parse(text, keys).err().map(|error| error.to_string()).unwrap();
        assert!(why(&text, &keys(2, 1)).contains("another installation"));
        assert!(why(&text, &keys(1, 2)).contains("altered"), "other keys");
        assert!(why(&text.replace("rows 3", "rows 4"), &keys(1, 1)).contains("altered"));
        assert!(why(&text.replace("territory KZ", "territory US"), &keys(1, 1)).contains("altered"));
        let some = manifest.to_text_so_far(&keys(1, 1));
        assert!(why(&some, &keys(1, 1)).contains("altered"), "what is done of one that is being made is no whole one");
        assert_eq!(Manifest::parse_so_far(&some, &keys(1, 1)), Some(manifest.clone()));
        assert_eq!(Manifest::parse_so_far(&text, &keys(1, 1)), None);
        assert!(why("", &keys(1, 1)).contains("not readable"));
        assert!(why(&text.replace("kepil-backup-1", "kepil-backup-2"), &keys(1, 1)).contains("not readable"));
    }
}
