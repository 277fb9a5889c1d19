//! How well the databases of this installation could be joined by somebody without keys. Clause 3.1.5.
//!
//! Every database is read as a logical dump has it (`dump.rs`); the rings say whose each row is (`truth.rs`), which decides only
//! whether a guess was right. Start reading at [`Store::joins`]. Does not know: how guesses are made (`kepil_domain::joins`).

mod dump;
mod truth;

use std::collections::HashMap;

use kepil_domain::joins::{Draw, Finding, Side, judge, measure};
use kepil_policy::{Policy, Tag};

use crate::{Store, StoreError};

/// Hears what is being done, how much of it is done, and of how much.
pub type JoinsProgress<'a> = dyn Fn(&str, u64, u64) + Send + Sync + 'a;

/// What is guessed.
#[derive(Clone, Copy, Debug)]
pub struct JoinsAsk {
    /// From what lots are drawn.
    pub seed: u64,
    /// For how many traces of a database at most.
    pub guesses_max: usize,
    /// Only among the entries of so many newest days of each log; `None` for all of it.
    pub days: Option<u32>,
}

/// A database, the compartment that it serves, and which trace is kept under which id.
struct Dumped {
    side: Side,
    compartment: Option<Tag>,
    known: HashMap<Vec<u8>, usize>,
    is_log: bool,
    /// The runs of the lanes of a log.
    runs: Vec<u64>,
}

impl Store {
    /// Guesses, for people of one database of each pair, who they are in the other, in every way that we
    /// know. Two databases of one compartment serve the same purposes and are not compared.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer.
    pub async fn joins(
        &self,
        policy: &Policy,
        ask: JoinsAsk,
        progress: &JoinsProgress<'_>,
    ) -> Result<Vec<Finding>, StoreError> {
        let mut all = self.dump_all(policy, ask.days, progress).await?;
        self.say_whose(policy, &mut all, progress).await?;
        let pairs: Vec<(&Dumped, &Dumped)> = all
            .iter()
            .enumerate()
            .flat_map(|(at, left)| all.iter().skip(at + 1).map(move |right| (left, right)))
            .filter(|(left, right)| left.compartment.is_none() || left.compartment != right.compartment)
            .collect();
        let (total, mut draw, mut measured) = (pairs.len() as u64, Draw::new(ask.seed), Vec::new());
        for (done, (left, right)) in (0..).zip(pairs) {
            progress("pairs", done, total);
            measured.extend(measure(&left.side, &right.side, ask.guesses_max, &mut draw));
        }
        progress("pairs", total, total);
        Ok(judge(measured))
    }
}
