//! The named secrets that the root key seals. All keys that are neither an epoch's nor a person's are made from them.
//!
//! So a root key is replaced by sealing this small table anew, and each secret has versions of its own: how a version is
//! replaced is said with its name. Start reading at [`SecretName`].

use super::{
    VaultError,
    seal::{Secret, expand, random_secret, seal, unseal},
};
use crate::{Entropy, Installation, NoEntropy};
use zeroize::Zeroizing;

/// Running number of a root key.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct RootNo(pub u64);

/// The key that seals the secrets, and nothing else. Held by sealers.
#[derive(Clone)]
pub struct RootKey {
    no: RootNo,
    key: Secret,
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum SecretName {
    /// Seals rings, together with the key of their bucket. Replaced by giving every bucket a new key.
    Rings,
    /// Seals marks of what people placed, together with the key of their bucket. Replaced likewise.
    Marks,
    /// Hides the values of the blind index. A version is a further link: it is put over what the links before it gave, so no
    /// value is needed to replace it, and all links stay.
    Fields,
    /// Wraps locators into ids for services. All versions stay; who comes later gets ids of a later one.
    Sectors,
    /// Signs checkpoints. Two versions sign for a while.
    Ledgers,
    /// Seals tickets, together with their token, and the keys that sign tokens. Goes when no ticket under it is left.
    Seals,
    /// Seals the journal of narrowing acts, which outlives every copy of the store. All versions stay.
    Journals,
    /// Hashes what is looked up by a hash, and binds backups. Not replaced.
    Hashes,
}

impl SecretName {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Rings,
        Self::Marks,
        Self::Fields,
        Self::Sectors,
        Self::Ledgers,
        Self::Seals,
        Self::Journals,
        Self::Hashes,
    ];

    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rings => "ring",
            Self::Marks => "mark",
            Self::Fields => "field",
            Self::Sectors => "sector",
            Self::Ledgers => "ledger",
            Self::Seals => "seal",
            Self::Journals => "journal",
            Self::Hashes => "hash",
        }
    }

    /// The one called `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }
}

/// How far a version is on its way in.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// Nodes learn it, and open with it. None seals with it yet.
    Made,
    /// It is used; what is under an older one is being replaced.
    Replacing,
    /// Nothing is left to replace.
    Settled,
}

impl Stage {
    /// The number in the key store.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Made => 0,
            Self::Replacing => 1,
            Self::Settled => 2,
        }
    }

    /// The way back from [`Self::code`].
    #[must_use]
    pub fn from_code(code: i64) -> Option<Self> {
        [Self::Made, Self::Replacing, Self::Settled].into_iter().find(|stage| i64::from(stage.code()) == code)
    }
}

/// One version of a secret.
#[derive(Clone)]
pub struct NamedSecret {
    /// What it is for.
    pub name: SecretName,
    /// Which of its name; the first is 1.
    pub version: u32,
    /// How far it is on its way in.
    pub stage: Stage,
    /// When it was made. Unit: Unix seconds.
    pub made_s: i64,
    pub(super) key: Secret,
}

/// The secrets that a node holds: of each name one at least.
pub struct Secrets {
    /// The oldest version of each name first.
    all: Vec<NamedSecret>,
    pub(super) hashing: NamedSecret,
}

impl NamedSecret {
    /// A fresh one, which no node knows yet.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(name: SecretName, version: u32, made_s: i64, entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self { name, version, stage: Stage::Made, made_s, key: random_secret(entropy)? })
    }

    /// The same further on its way in.
    #[must_use]
    pub fn at(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }
}

impl RootKey {
    /// A fresh one.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none.
    pub fn random(no: RootNo, entropy: &mut dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self { no, key: random_secret(entropy)? })
    }

    /// As a sealer kept it.
    #[must_use]
    pub fn from_bytes(no: RootNo, bytes: [u8; 32]) -> Self {
        Self { no, key: Zeroizing::new(bytes) }
    }

    /// Its number.
    #[must_use]
    pub fn no(&self) -> RootNo {
        self.no
    }

    /// The bytes for a sealer to keep.
    #[must_use]
    pub fn danger_bytes(&self) -> &[u8; 32] {
        &self.key
    }

    /// A secret for the key store.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal_secret(
        &self,
        at: &Installation,
        secret: &NamedSecret,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        seal(&self.wrap(), &place(at, secret.name, secret.version), secret.key.as_ref(), entropy)
    }

    /// Opens what [`Self::seal_secret`] made; `made_s` and `stage` are beside it.
    ///
    /// # Errors
    /// [`VaultError::DoesNotOpen`] when it was sealed under another root key, or as another secret.
    pub fn open_secret(
        &self,
        at: &Installation,
        (name, version): (SecretName, u32),
        (stage, made_s): (Stage, i64),
        sealed: &[u8],
    ) -> Result<NamedSecret, VaultError> {
        let plain = unseal(&self.wrap(), &place(at, name, version), sealed)?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| VaultError::UnknownLayout)?;
        Ok(NamedSecret { name, version, stage, made_s, key: Zeroizing::new(key) })
    }

    fn wrap(&self) -> Secret {
        expand(&self.key, "secret", b"")
    }
}

impl Secrets {
    /// The first version of every secret, for a new installation.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn random(made_s: i64, entropy: &mut dyn Entropy) -> Result<Self, VaultError> {
        let first = |name| Ok(NamedSecret::random(name, 1, made_s, entropy)?.at(Stage::Settled));
        Self::new(SecretName::ALL.into_iter().map(first).collect::<Result<_, NoEntropy>>()?)
    }

    /// Those given.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] when of some name there is none that is used.
    pub fn new(mut all: Vec<NamedSecret>) -> Result<Self, VaultError> {
        all.sort_by_key(|secret| (secret.name, secret.version));
        for name in SecretName::ALL {
            used(&all, name)?;
        }
        Ok(Self { hashing: used(&all, SecretName::Hashes)?.clone(), all })
    }

    /// Every version of every secret, the oldest of each name first.
    #[must_use]
    pub fn list(&self) -> &[NamedSecret] {
        &self.all
    }

    /// The versions of a name, the oldest first.
    #[must_use]
    pub fn all(&self, name: SecretName) -> impl DoubleEndedIterator<Item = &NamedSecret> {
        self.all.iter().filter(move |secret| secret.name == name)
    }

    /// The version that is used from now on: the newest that every node knows.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] when there is none.
    pub fn newest(&self, name: SecretName) -> Result<&NamedSecret, VaultError> {
        used(&self.all, name)
    }

    /// One version.
    ///
    /// # Errors
    /// [`VaultError::OtherSecret`] when it is not at hand.
    pub fn find(&self, name: SecretName, version: u32) -> Result<&NamedSecret, VaultError> {
        self.all(name).find(|secret| secret.version == version).ok_or(VaultError::OtherSecret)
    }
}

impl NamedSecret {
    /// A key made from it: `label` names what it is for, `context` whose it is.
    pub(super) fn derive(&self, label: &str, context: &[u8]) -> Secret {
        expand(&self.key, label, context)
    }
}

fn used(all: &[NamedSecret], name: SecretName) -> Result<&NamedSecret, VaultError> {
    let mut newest_first = all.iter().rev().filter(|secret| secret.name == name);
    newest_first.find(|secret| secret.stage != Stage::Made).ok_or(VaultError::OtherSecret)
}

fn place(at: &Installation, name: SecretName, version: u32) -> [Vec<u8>; 4] {
    [at.0.to_vec(), b"secret".to_vec(), name.word().as_bytes().to_vec(), version.to_be_bytes().to_vec()]
}
