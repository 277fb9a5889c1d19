//! How many different people somebody asked about in a window of time, counted for all nodes together. Clause 3.4g.
//!
//! A node takes units from a shared row in blocks, before it uses them, and tells the others whom it counted in parts that
//! nobody changes: so a read asks the database only when a block is used up, no node grants what it has not taken, and what
//! a killed node had taken is lost, never doubled. People are in it as keyed hashes of one budget and one window; all of it
//! are tickets, which are sealed and end with the window. Start reading at [`Store::spend_budget`].
//! Does not know: whose budget it is, and what follows when it is used up.

use std::{collections::HashSet, time::Duration};

use kepil_domain::Entropy;
use zeroize::Zeroizing;

use crate::{NewTicket, OsEntropy, Store, StoreError, Ticket, TicketKind, batch::Batch};

/// One person, as one budget in one window knows them.
type Mark = [u8; 8];

/// How often a write is tried when other nodes come first.
const TRIES_MAX: u8 = 100;
/// A block is at least this part of the budget, so that little is lost with a node.
const BLOCKS: u32 = 64;
/// No block is larger. Unit: people.
const BLOCK_MAX: u32 = 1024;

/// A budget in one window of time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Window {
    /// Whose budget, for what; never about a person of the data.
    pub name: String,
    /// How many different people.
    pub people: u32,
    /// When the window begins. Unit: Unix seconds.
    pub since_s: i64,
    /// When it ends. Unit: Unix seconds.
    pub until_s: i64,
}

impl Window {
    /// The window of `length_s` in which `now_s` is.
    #[must_use]
    pub fn at(name: String, people: u32, length_s: i64, now_s: i64) -> Self {
        let length_s = length_s.max(1);
        let since_s = now_s.div_euclid(length_s) * length_s;
        Self { name, people, since_s, until_s: since_s + length_s }
    }

    fn typed(&self, part: &str) -> String {
        format!("budget {} {} {} {part}", self.name, self.since_s, self.until_s)
    }
}

/// What one node knows of one window.
#[derive(Default)]
pub struct Purse {
    /// Everybody who was counted, here or on another node.
    seen: HashSet<Mark>,
    /// Those who were counted here, and of whom the others do not know yet.
    fresh: Vec<Mark>,
    /// Units that are taken and not used.
    left: u32,
    /// How many parts were read.
    parts: u32,
}

impl Purse {
    /// Those of `marks` who were not counted yet.
    fn new_ones(&self, marks: &[Mark]) -> HashSet<Mark> {
        marks.iter().filter(|mark| !self.seen.contains(*mark)).copied().collect()
    }

    /// Counts `new`, all of them or nobody.
    fn count(&mut self, new: &HashSet<Mark>) -> bool {
        let Some(left) = u32::try_from(new.len()).ok().and_then(|wanted| self.left.checked_sub(wanted)) else {
            return false;
        };
        self.left = left;
        self.seen.extend(new);
        self.fresh.extend(new);
        true
    }

    /// Takes in whom another node counted. Whoever was counted here too costs once: the unit is free again.
    fn take_in(&mut self, part: &[u8]) {
        let (marks, _) = part.as_chunks::<8>();
        for mark in marks {
            if !self.seen.insert(*mark) && self.fresh.contains(mark) {
                self.fresh.retain(|each| each != mark);
                self.left = self.left.saturating_add(1);
            }
        }
    }

    /// Whether there is something to tell the others.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }
}

/// What all nodes share: how many units were taken, and how many parts there are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Head {
    taken: u32,
    parts: u32,
}

impl Head {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let ([taken, parts], []) = bytes.as_chunks::<4>() else { return None };
        Some(Self { taken: u32::from_be_bytes(*taken), parts: u32::from_be_bytes(*parts) })
    }

    fn bytes(self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.taken.to_be_bytes(), self.parts.to_be_bytes()].concat())
    }
}

impl Store {
    /// Counts `people`, all of them or nobody, in `window`; says whether the budget is enough. Whoever was counted before
    /// costs nothing. What names somebody must be the same each time, and says nothing to the database.
    ///
    /// # Errors
    /// [`StoreError`] when units could not be taken durably: then nothing may be granted.
    pub async fn spend_budget(
        &self,
        window: &Window,
        purse: &mut Purse,
        people: &[Vec<u8>],
    ) -> Result<bool, StoreError> {
        let marks: Vec<Mark> = people.iter().map(|person| self.mark(window, person)).collect();
        if purse.count(&purse.new_ones(&marks)) {
            return Ok(true);
        }
        self.settle(window, purse, &marks).await?;
        Ok(purse.count(&purse.new_ones(&marks)))
    }

    /// Tells the other nodes whom this one counted, so that a restart, too, counts nobody twice.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn settle_budget(&self, window: &Window, purse: &mut Purse) -> Result<(), StoreError> {
        if purse.is_fresh() { self.settle(window, purse, &[]).await } else { Ok(()) }
    }

    fn mark(&self, window: &Window, person: &[u8]) -> Mark {
        let hash = self.keys.hash_for(&window.typed("mark"), person);
        hash.first_chunk().copied().unwrap_or_default()
    }

    async fn settle(&self, window: &Window, purse: &mut Purse, marks: &[Mark]) -> Result<(), StoreError> {
        for tries in 1..=TRIES_MAX {
            match self.try_settle(window, purse, marks).await {
                Ok(()) => return Ok(()),
                // Another node was first: nodes that wait for different times meet less often.
                Err(StoreError::Conflict) => {
                    let mut random = [0];
                    OsEntropy.fill(&mut random)?;
                    let [random] = random;
                    let wait_ms = u64::from(random % tries);
                    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                }
                Err(error) => {
                    // Whether it was written is not known: what this node knew is forgotten, and costs once more.
                    *purse = Purse::default();
                    return Err(error);
                }
            }
        }
        Err(StoreError::Conflict)
    }

    async fn try_settle(&self, window: &Window, purse: &mut Purse, marks: &[Mark]) -> Result<(), StoreError> {
        let kind = TicketKind::Budget;
        let (begin, head_name) = (window.since_s, window.typed("head"));
        let found = self.find_ticket(kind, &self.typed_token(kind, &head_name), begin).await?;
        let known =
            found.as_ref().map(|ticket| Head::parse(&ticket.content).ok_or(StoreError::NotFound)).transpose()?;
        let head = known.unwrap_or_default();
        for number in purse.parts..head.parts {
            let name = window.typed(&format!("part {number}"));
            let part = self.find_ticket(kind, &self.typed_token(kind, &name), begin).await?;
            purse.take_in(&part.ok_or(StoreError::NotFound)?.content);
            purse.parts = number + 1;
        }
        let missing = u32::try_from(purse.new_ones(marks).len()).unwrap_or(u32::MAX).saturating_sub(purse.left);
        let block = (window.people / BLOCKS).clamp(1, BLOCK_MAX);
        let free = window.people.saturating_sub(head.taken);
        // Less than what is missing helps nobody, and would be kept from the other nodes.
        let taken = if missing == 0 || free < missing { 0 } else { missing.max(block).min(free) };
        if taken == 0 && purse.fresh.is_empty() {
            return Ok(());
        }
        let told = !purse.fresh.is_empty();
        let next = Head { taken: head.taken.saturating_add(taken), parts: head.parts + u32::from(told) };
        let mut batch = self.with_head(Batch::default(), window, found.as_ref(), next).await?;
        if told {
            let part = Zeroizing::new(purse.fresh.concat());
            batch = self.with_part(batch, window, &format!("part {}", head.parts), part).await?;
        }
        self.system.database.execute(batch).await?;
        purse.left = purse.left.saturating_add(taken);
        purse.parts = next.parts;
        purse.fresh.clear();
        Ok(())
    }

    /// Writes the shared row, if nobody else did meanwhile.
    async fn with_head(
        &self,
        batch: Batch,
        window: &Window,
        found: Option<&Ticket>,
        head: Head,
    ) -> Result<Batch, StoreError> {
        let Some(found) = found else { return self.with_part(batch, window, "head", head.bytes()).await };
        let token = self.typed(TicketKind::Budget, &window.typed("head"));
        let (epoch, sealed) =
            self.seal_ticket(TicketKind::Budget, &found.id, Some(&token), (window.until_s, &head.bytes())).await?;
        let mut version = [0; 8];
        OsEntropy.fill(&mut version)?;
        let sql = "UPDATE ticket SET version = $1, epoch = $2, sealed = $3 WHERE id = $4 AND version = $5";
        let params = vec![version.into(), epoch.into(), sealed.into(), found.id.into(), found.version.clone().into()];
        Ok(batch.one(sql, params))
    }

    async fn with_part(
        &self,
        batch: Batch,
        window: &Window,
        part: &str,
        content: Zeroizing<Vec<u8>>,
    ) -> Result<Batch, StoreError> {
        let (kind, name) = (TicketKind::Budget, window.typed(part));
        let ticket = NewTicket { kind, owner: None, family: None, until_s: window.until_s, content };
        self.with_ticket(batch, &self.typed(kind, &name), ticket).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_at_a_multiple_of_its_length() {
        let window = Window::at("a".to_owned(), 5, 3600, 7_300);
        assert_eq!((window.since_s, window.until_s), (7_200, 10_800));
        assert_eq!(Window::at("a".to_owned(), 5, 3600, 10_800).since_s, 10_800);
    }

    #[test]
    fn people_are_counted_all_or_none_and_each_once() {
        let mut purse = Purse { left: 2, ..Purse::default() };
        let marks = |all: &[u8]| -> Vec<Mark> { all.iter().map(|one| [*one; 8]).collect() };
        let mut spend = |all: &[u8]| {
            let new = purse.new_ones(&marks(all));
            purse.count(&new)
        };
        assert_eq!(
            [spend(&[1, 1]), spend(&[1]), spend(&[2, 3]), spend(&[2]), spend(&[3])],
            [true, true, false, true, false]
        );
        assert_eq!(purse.fresh, marks(&[1, 2]));
        purse.take_in(&marks(&[2, 4]).concat());
        assert_eq!((purse.left, purse.fresh.clone()), (1, marks(&[1])), "whom two nodes counted costs once");
        purse.take_in(&marks(&[4]).concat());
        assert_eq!(purse.left, 1, "whoever came from others twice was never paid here");
    }

    #[test]
    fn a_head_is_its_bytes_and_back() {
        let head = Head { taken: 300, parts: 7 };
        assert_eq!(Head::parse(&head.bytes()), Some(head));
        assert_eq!(Head::parse(&[0; 7]), None);
    }
}
