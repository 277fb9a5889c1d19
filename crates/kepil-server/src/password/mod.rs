//! Passwords: argon2id (19 MiB, two passes, one lane) on a bounded pool of its own, so that sign-ins never starve reads.
//! New ones are judged there too: by how hard they are to guess, and whether they were stolen elsewhere.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use kepil_domain::{Entropy, Personal};
use kepil_store::OsEntropy;
use tokio::sync::oneshot;

mod scheme;
mod stolen;
mod strength;

pub use scheme::Scheme;
pub use stolen::StolenList;
pub use strength::{LETTERS_MIN, PasswordFault};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT: usize = 16;
const HASH: usize = 32;
/// How many sign-ins may wait; more are told to try again.
const WAITING_MAX: usize = 64;

/// Why a password was not hashed or checked.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting: try again in a moment.
    #[error("too many sign-ins are waiting")]
    Busy,
    /// Memory or randomness failed.
    #[error("the password could not be hashed")]
    Failed,
    /// The list of stolen passwords cannot be read.
    #[error("the list of stolen passwords cannot be read")]
    NoList,
}

type Work = Box<dyn FnOnce() + Send>;

/// The pool that hashes.
#[derive(Clone)]
pub struct Hasher {
    queue: mpsc::SyncSender<Work>,
    decoy: Arc<String>,
}

impl Hasher {
    /// A pool of `threads` threads.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] when a thread cannot be started.
    pub fn start(threads: usize) -> Result<Self, PasswordError> {
        let (queue, work) = mpsc::sync_channel::<Work>(WAITING_MAX);
        let work = Arc::new(Mutex::new(work));
        for _ in 0..threads.max(1) {
            let work = Arc::clone(&work);
            let run = move || {
                yield_to_reads();
                loop {
                    let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    match next {
                        // A job that breaks must not take the thread with it: its caller is told that it failed.
                        Ok(job) => drop(catch_unwind(AssertUnwindSafe(job))),
                        Err(_) => return,
                    }
                }
            };
            std::thread::Builder::new()
                .name("kepil-argon2".to_owned())
                .spawn(run)
                .map_err(|_| PasswordError::Failed)?;
        }
        let decoy = Arc::new(hash_now("")?);
        Ok(Self { queue, decoy })
    }

    /// The hash of `password` in PHC form.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many are waiting.
    pub async fn hash(&self, password: Personal<String>) -> Result<Personal<String>, PasswordError> {
        self.run(move || hash_now(password.reveal()).map(Personal::new)).await?
    }

    /// Whether `password` gives `hash`. Without a hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many are waiting.
    pub async fn check(
        &self,
        password: Personal<String>,
        hash: Option<Personal<String>>,
    ) -> Result<bool, PasswordError> {
        let decoy = Arc::clone(&self.decoy);
        self.run(move || match hash {
            Some(hash) => check_now(password.reveal(), hash.reveal()),
            None => check_now(password.reveal(), &decoy).map(|_| false),
        })
        .await?
    }

    /// What is wrong with a new `password` of a person about whom `own` is known; `None` when it is good.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] when too many are waiting, [`PasswordError::NoList`] when the list cannot be read.
    pub async fn judge(
        &self,
        password: Personal<String>,
        own: Vec<Personal<String>>,
        stolen: Option<Arc<StolenList>>,
    ) -> Result<Option<PasswordFault>, PasswordError> {
        let judged = move || {
            let own: Vec<&str> = own.iter().map(|text| text.reveal().as_str()).collect();
            let fault = strength::fault(password.reveal(), &own);
            match (fault, stolen) {
                (None, Some(list)) => {
                    let is_stolen = list.has(password.reveal()).map_err(|_| PasswordError::NoList)?;
                    Ok(is_stolen.then_some(PasswordFault::Stolen))
                }
                (fault, _) => Ok(fault),
            }
        };
        self.run(judged).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let (answer, answered) = oneshot::channel();
        let job: Work = Box::new(move || drop(answer.send(work())));
        self.queue.try_send(job).map_err(|_| PasswordError::Busy)?;
        answered.await.map_err(|_| PasswordError::Failed)
    }
}

/// How much less a thread that hashes counts for the system than one that answers. A hash takes both cores for long: a read that
/// comes meanwhile is answered first.
const NICE: i32 = 10;

/// Lowers the priority of this thread, where a thread has one of its own.
fn yield_to_reads() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::warn!(%error, "passwords are hashed at the priority of everything else");
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH)).map_err(|_| PasswordError::Failed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

thread_local! {
    /// What this thread hashes in: to ask the system for it anew each time keeps whoever else touches new memory waiting.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Hashes `password` into `hash`.
fn fill(argon2: &Argon2<'_>, password: &str, salt: &[u8], hash: &mut [u8]) -> Result<(), PasswordError> {
    MEMORY.with_borrow_mut(|blocks| {
        // Hashes that were brought along may want more; what they took is given back.
        let kept = usize::try_from(MEMORY_KIB).unwrap_or_default().max(argon2.params().block_count());
        blocks.truncate(kept);
        blocks.shrink_to_fit();
        blocks.resize(kept, Block::default());
        let own = blocks.get_mut(..argon2.params().block_count()).ok_or(PasswordError::Failed)?;
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, hash, own).map_err(|_| PasswordError::Failed)
    })
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    let (mut salt, mut hash) = ([0; SALT], [0; HASH]);
    OsEntropy.fill(&mut salt).map_err(|_| PasswordError::Failed)?;
    fill(&argon2()?, password, &salt, &mut hash)?;
    let (salt, hash) = (BASE64_STANDARD_NO_PAD.encode(salt), BASE64_STANDARD_NO_PAD.encode(hash));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
}

fn check_now(password: &str, kept: &str) -> Result<bool, PasswordError> {
    Scheme::parse(kept).ok_or(PasswordError::Failed)?.check(password)
}

/// Whether `kept` is to be hashed anew: it was made by another system, or as we did once.
#[must_use]
pub fn is_outdated(kept: &Personal<String>) -> bool {
    Scheme::parse(kept.reveal()).is_none_or(|scheme| !scheme.is_own())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hasher = Hasher::start(1).unwrap();
        let hash = hasher.hash(Personal::new("сегіз әріп".to_owned())).await.unwrap();
        assert!(hasher.check(Personal::new("сегіз әріп".to_owned()), Some(hash.copy())).await.unwrap());
        assert!(!hasher.check(Personal::new("сегіз арип".to_owned()), Some(hash)).await.unwrap());
        assert!(!hasher.check(Personal::new(String::new()), None).await.unwrap());
    }
}
