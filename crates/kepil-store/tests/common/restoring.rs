//! Copies and restores of a store.

#![allow(clippy::unwrap_used, dead_code, reason = "tests may stop at the first surprise; each uses what it needs")]

use std::{fs, path::PathBuf, sync::Arc};

use kepil_store::{BackupFacts, Clock, Loaded, MendPlan, Part, RestorePlan, Restored, Store, StoreConfig, StoreError};
use kepil_testing::{Stopped, World};

/// The compartments of the bundle.
pub const NAMES: [&str; 2] = ["people", "tastes"];

pub const WITHOUT_JOURNAL: How = How { journals: Vec::new(), may_forget: false };

pub fn facts<'a>(world: &World, names: &'a [String]) -> BackupFacts<'a> {
    BackupFacts { territory: "KZ", compartments: names, at: world.clock.now() }
}

pub async fn copy(world: &World, part: Part) -> PathBuf {
    let target = world.folder.path().join("target");
    fs::create_dir_all(&target).unwrap();
    world.store.sequence_all().await.unwrap();
    let names = NAMES.map(str::to_owned);
    world.config.back_up(part, &target, facts(world, &names), &|_, _, _| ()).await.unwrap().0
}

pub async fn copies(world: &World) -> (PathBuf, PathBuf) {
    (copy(world, Part::Data).await, copy(world, Part::Keys).await)
}

/// How a restore is done.
pub struct How {
    pub journals: Vec<PathBuf>,
    pub may_forget: bool,
}

pub fn how(config: &StoreConfig) -> How {
    How { journals: config.journal.clone(), may_forget: false }
}

pub async fn try_restore(lost: &Stopped, (data, keys): &(PathBuf, PathBuf), how: &How) -> Result<Restored, StoreError> {
    let plan = RestorePlan { data, keys, journals: &how.journals, may_forget: how.may_forget };
    let Loaded { data, journals, .. } = lost.config.load_backups(&plan, &|_, _, _| ()).await?;
    let clock = Arc::clone(&lost.clock) as Arc<dyn Clock>;
    let store = Store::open_restored(&lost.config, clock).await?;
    store.mend_system(&journals, data.made_s).await?;
    let policy = &lost.policy.policy;
    store.prepare(policy).await?;
    let plan = MendPlan { policy, journals, held: Vec::new(), may_forget: how.may_forget };
    store.mend(&plan, &|_, _, _| ()).await
}

/// Everything is lost but the sealers, the copies and the journal, and comes back.
pub async fn restore(world: World, from: &(PathBuf, PathBuf)) -> (World, Restored) {
    let lost = world.stopped().without_data().await;
    let restored = try_restore(&lost, from, &how(&lost.config)).await.unwrap();
    (lost.started().await, restored)
}
