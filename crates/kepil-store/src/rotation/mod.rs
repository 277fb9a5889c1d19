//! Keys are replaced while nodes serve. Start reading at [`Store::rotate`].
//!
//! A secret goes in these steps, each repeatable, whoever crashed before: its next version is added, and every node learns it;
//! it is used; what is under the version before is written anew, in the background; the version before goes. Each step waits
//! until no node acts on what was before. The root key is in `root.rs`. Source: law 5 of the house; clauses 3.1.5, 5.1.
//! Does not know: who asks for it, and how often.

mod replace;
mod root;

use kepil_domain::vault::{NamedSecret, RootNo, SECTORS_MAX, SecretName, Stage};

use crate::{
    Engine, OsEntropy, Store, StoreError,
    batch::Batch,
    engine::{Database, Home},
    epochs::{EpochState, with_setting},
    schema::Place,
    secrets::{SECRETS, SecretRow, with_secret},
};

/// How often a change of the secrets is tried while others change them.
const TRIES_MAX: usize = 64;
/// How long two keys sign the checkpoints of a log. Unit: days.
pub const OVERLAP_DAYS: u32 = 30;
/// How long an older secret for tickets stays at least, for whoever is held up. Unit: seconds.
const HELD_UP_S: i64 = 60;

/// A key that can be replaced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rotated {
    /// The root key.
    Root,
    /// A secret.
    Secret(SecretName),
}

/// Hears how far a rotation is: how much is done, of how much.
pub type Turned<'a> = dyn Fn(u64, u64) + Send + Sync + 'a;

/// A secret as everybody may know it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SecretState {
    /// Which.
    pub name: SecretName,
    /// Its running number.
    pub version: u32,
    /// How far it is on its way in.
    pub stage: Stage,
    /// When it was made. Unit: Unix seconds.
    pub made_s: i64,
    /// Which root key seals it.
    pub root: RootNo,
}

impl Rotated {
    /// All of them, in the order in which they are replaced.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let secrets = SecretName::ALL.into_iter().filter(|name| *name != SecretName::Hashes).map(Self::Secret);
        secrets.chain([Self::Root]).collect()
    }

    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Secret(name) => name.word(),
        }
    }

    /// The one called `word`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::all().into_iter().find(|rotated| rotated.word() == word)
    }
}

impl Store {
    /// Replaces a key, or goes on where that was interrupted.
    ///
    /// # Errors
    /// [`StoreError`] when a database or a sealer does not answer: nothing is lost, and it may be repeated.
    pub async fn rotate(&self, what: Rotated, progress: &Turned<'_>) -> Result<(), StoreError> {
        let name = match what {
            Rotated::Root => return self.rotate_root(progress).await,
            Rotated::Secret(name) => name,
        };
        let version = self.begin(name).await?;
        self.all_learn().await?;
        // Nothing may be sealed under what no copy of the keys has.
        self.copy_keys().await?;
        self.set_stage(name, version, Stage::Made, Stage::Replacing).await?;
        self.all_learn().await?;
        match name {
            SecretName::Rings => self.replace_rings(version, progress).await?,
            SecretName::Marks => self.replace_marks(version, progress).await?,
            SecretName::Fields => self.replace_pages(version, progress).await?,
            SecretName::Seals => self.reseal_signing_keys().await?,
            SecretName::Ledgers => {
                for tag in self.compartments() {
                    self.compartment(tag)?.log.sign_anew().await?;
                }
            }
            SecretName::Sectors | SecretName::Journals | SecretName::Hashes => {}
        }
        self.all_learn().await?;
        self.settle_secret(name).await
    }

    /// Lets older versions go that nothing needs any more. Called now and then.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer.
    pub async fn settle_secrets(&self) -> Result<(), StoreError> {
        for name in [SecretName::Seals, SecretName::Ledgers] {
            self.settle_secret(name).await?;
        }
        Ok(())
    }

    /// The version that is being brought in: the one that somebody else began with, or a new one.
    async fn begin(&self, name: SecretName) -> Result<u32, StoreError> {
        for _ in 0..TRIES_MAX {
            let before = EpochState::find(&self.rings).await?.secrets;
            let rows = SecretRow::list(&self.rings).await?;
            let newest = rows.iter().filter(|row| row.name == name).max_by_key(|row| row.version);
            let newest = newest.ok_or(StoreError::NotFound)?;
            if newest.stage != Stage::Settled {
                return Ok(newest.version);
            }
            if name == SecretName::Hashes || (name == SecretName::Sectors && newest.version == SECTORS_MAX) {
                return Err(StoreError::Unusable(format!("the secret `{}` cannot be replaced", name.word())));
            }
            let made_s = self.clock.now().unix_s();
            let secret = NamedSecret::random(name, newest.version + 1, made_s, &mut OsEntropy)?;
            let root = self.root_for(&rows)?;
            let batch = with_secret(raised(before), self.keys.installation(), &root, &secret)?;
            match self.rings.execute(batch).await {
                Err(StoreError::Conflict) => {}
                done => return done.map(|()| secret.version),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Brings a version on, if it is no further.
    async fn set_stage(&self, name: SecretName, version: u32, before: Stage, after: Stage) -> Result<(), StoreError> {
        self.change_secrets(|batch| {
            let sql = "UPDATE secret SET stage = $1 WHERE name = $2 AND version = $3 AND stage = $4";
            let code = |stage: Stage| u32::from(stage.code()).into();
            batch.any(sql, vec![code(after), name.word().into(), version.into(), code(before)])
        })
        .await
    }

    /// Removes the versions before the newest when nothing needs them, and says that it is settled.
    async fn settle_secret(&self, name: SecretName) -> Result<(), StoreError> {
        let secrets = self.keys.secrets();
        let newest = secrets.newest(name)?;
        if newest.stage != Stage::Replacing || !self.is_replaced(newest).await? {
            return Ok(());
        }
        let version = newest.version;
        // Links of the index, keys of ids and of the journal stay: what is there is made with them.
        if !matches!(name, SecretName::Fields | SecretName::Sectors | SecretName::Journals) {
            self.change_secrets(|batch| {
                let sql = "DELETE FROM secret WHERE name = $1 AND version < $2";
                batch.any(sql, vec![name.word().into(), version.into()])
            })
            .await?;
        }
        self.set_stage(name, version, Stage::Replacing, Stage::Settled).await?;
        self.learn_epoch().await
    }

    /// Whether nothing is left under a version before `newest`.
    async fn is_replaced(&self, newest: &NamedSecret) -> Result<bool, StoreError> {
        let age_s = self.clock.now().unix_s().saturating_sub(newest.made_s);
        Ok(match newest.name {
            SecretName::Rings | SecretName::Marks | SecretName::Fields => {
                self.count_under_older(newest.name, newest.version).await? == 0
            }
            SecretName::Seals => age_s > HELD_UP_S && self.count_under_older(newest.name, newest.version).await? == 0,
            SecretName::Ledgers => age_s >= i64::from(OVERLAP_DAYS) * 86_400,
            SecretName::Sectors | SecretName::Journals | SecretName::Hashes => true,
        })
    }

    /// Changes the secrets; every node learns of it.
    async fn change_secrets(&self, change: impl Fn(Batch) -> Batch) -> Result<(), StoreError> {
        for _ in 0..TRIES_MAX {
            let before = EpochState::find(&self.rings).await?.secrets;
            match self.rings.execute(change(raised(before))).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    /// This node learns of a change at once; returns when no other acts on what was before.
    async fn all_learn(&self) -> Result<(), StoreError> {
        self.learn_epoch().await?;
        self.wait_out_leases().await;
        Ok(())
    }
}

impl SecretState {
    /// Every version of every secret in the installation of `engine`; a server may run meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn list(engine: &Engine) -> Result<Vec<Self>, StoreError> {
        let rings = Database::open(&Home::of(engine), "keys", Place::Keys).await?;
        let of = |SecretRow { name, version, root, stage, made_s, .. }| Self { name, version, stage, made_s, root };
        Ok(SecretRow::list(&rings).await?.into_iter().map(of).collect())
    }
}

/// A batch that every node learns of, and that is refused when the secrets were changed since `before` was read.
fn raised(before: u64) -> Batch {
    let after = before.saturating_add(1).to_be_bytes().to_vec();
    with_setting(Batch::default(), SECRETS, Some(before.to_be_bytes().to_vec()), after)
}
