//! What two databases have in common: a value, or a part of one.
//!
//! The rarest of what is shared decides. What many have says nothing, so it is passed over.

use std::collections::HashMap;

use super::{Draw, Side, Trace};

/// What more traces than this have in common says nothing.
const HOLDERS_MAX: usize = 64;
/// How much of a value is compared. Unit: bytes.
const PIECE: usize = 8;

/// For the traces at `guessed` a partner that has one of their values; any at all where nobody has.
pub(super) fn by_value(left: &Side, right: &Side, guessed: &[usize], draw: &mut Draw) -> Vec<Option<usize>> {
    let holders = holders(right, |trace| trace.values.clone());
    partners(left, right.traces.len(), guessed, &holders, |trace| trace.values.clone(), draw)
}

/// The same with eight bytes from anywhere. Whoever holds a hash of 16 bytes has eight of them at a round place, so on one
/// side only these are looked at.
pub(super) fn by_piece(left: &Side, right: &Side, guessed: &[usize], draw: &mut Draw) -> Vec<Option<usize>> {
    let holders = holders(right, |trace| pieces(trace, PIECE));
    partners(left, right.traces.len(), guessed, &holders, |trace| pieces(trace, 1), draw)
}

/// All pieces of a trace that begin at a multiple of `step`.
fn pieces(trace: &Trace, step: usize) -> Vec<u64> {
    let mut all = Vec::new();
    for text in &trace.texts {
        let windows = text.windows(PIECE).step_by(step);
        all.extend(windows.filter_map(|window| window.try_into().ok().map(u64::from_be_bytes)));
    }
    // Zeros and the like are padding.
    all.retain(|piece| *piece > u64::from(u32::MAX));
    all
}

fn holders(side: &Side, of: impl Fn(&Trace) -> Vec<u64>) -> HashMap<u64, Vec<usize>> {
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, trace) in side.traces.iter().enumerate() {
        for value in of(trace) {
            let held = holders.entry(value).or_default();
            // One more than the most marks what many have.
            if held.len() <= HOLDERS_MAX && held.last() != Some(&at) {
                held.push(at);
            }
        }
    }
    holders
}

fn partners(
    left: &Side,
    candidates: usize,
    guessed: &[usize],
    holders: &HashMap<u64, Vec<usize>>,
    of: impl Fn(&Trace) -> Vec<u64>,
    draw: &mut Draw,
) -> Vec<Option<usize>> {
    let mut partners = vec![None; left.traces.len()];
    for at in guessed {
        let Some(trace) = left.traces.get(*at) else { continue };
        let shared = of(trace).into_iter().filter_map(|value| holders.get(&value));
        let rarest = shared.filter(|held| held.len() <= HOLDERS_MAX).min_by_key(|held| held.len());
        let partner = rarest.and_then(|held| draw.one_of(held)).or_else(|| Some(draw.below(candidates)));
        if let Some(place) = partners.get_mut(*at) {
            *place = partner;
        }
    }
    partners
}
