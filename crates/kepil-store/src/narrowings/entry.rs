//! One entry of the journal, and its bytes: parts, each with its length before it.

use kepil_domain::{Locator, vault::EpochNo};
use kepil_policy::Tag;

/// Lengths say little.
const PAD: usize = 1024;

/// One narrowing act.
#[derive(Clone, Eq, PartialEq)]
pub(crate) enum Narrowing {
    /// The row of somebody in one compartment, as the act leaves it. Of two the one with the higher rank came later.
    Row { compartment: Tag, handle: [u8; 16], rank: u64, standing: Vec<u8>, records: Vec<u8> },
    /// Somebody's ring is destroyed; `id` names the certificate to come, `handles` the rows.
    Gone { locator: Locator, id: [u8; 16], handles: Vec<[u8; 16]> },
    /// A piece that somebody placed is removed, in an epoch.
    Removed { name: [u8; 16], epoch: EpochNo },
    /// A piece is withheld, or of fewer, in an epoch: what leads to it, as the act leaves it.
    Piece { name: [u8; 16], epoch: EpochNo, generation: u32, mark: Vec<u8>, parties: [Option<[u8; 16]>; 2] },
}

impl Narrowing {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |part: &[u8]| {
            out.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend_from_slice(part);
        };
        match self {
            Self::Row { compartment, handle, rank, standing, records } => {
                let (compartment, rank) = (compartment.0.to_be_bytes(), rank.to_be_bytes());
                [&b"row"[..], &compartment, handle, &rank, standing, records].into_iter().for_each(&mut put);
            }
            Self::Gone { locator, id, handles } => {
                [&b"gone"[..], &locator.0, id, &handles.concat()].into_iter().for_each(&mut put);
            }
            Self::Removed { name, epoch } => {
                [&b"removed"[..], name, &epoch.0.to_be_bytes()].into_iter().for_each(&mut put);
            }
            Self::Piece { name, epoch, generation, mark, parties } => {
                let (epoch, generation) = (epoch.0.to_be_bytes(), generation.to_be_bytes());
                [&b"piece"[..], name, &epoch, &generation, mark].into_iter().for_each(&mut put);
                parties.iter().for_each(|party| put(party.as_ref().map_or(&[], |party| party.as_slice())));
            }
        }
        out.resize(out.len().next_multiple_of(PAD), 0);
        out
    }

    pub(super) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut take = || {
            let (len, rest) = bytes.split_first_chunk::<4>()?;
            let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
            bytes = rest;
            Some(part)
        };
        match take()? {
            b"row" => Some(Self::Row {
                compartment: Tag(u32::from_be_bytes(take()?.try_into().ok()?)),
                handle: take()?.try_into().ok()?,
                rank: u64::from_be_bytes(take()?.try_into().ok()?),
                standing: take()?.to_vec(),
                records: take()?.to_vec(),
            }),
            b"gone" => Some(Self::Gone {
                locator: Locator::from_slice(take()?)?,
                id: take()?.try_into().ok()?,
                handles: take()?.as_chunks::<16>().0.to_vec(),
            }),
            b"removed" => {
                let name = take()?.try_into().ok()?;
                Some(Self::Removed { name, epoch: EpochNo(u64::from_be_bytes(take()?.try_into().ok()?)) })
            }
            b"piece" => {
                let name = take()?.try_into().ok()?;
                let epoch = EpochNo(u64::from_be_bytes(take()?.try_into().ok()?));
                let generation = u32::from_be_bytes(take()?.try_into().ok()?);
                let mark = take()?.to_vec();
                let mut party = || Some(<[u8; 16]>::try_from(take()?).ok());
                Some(Self::Piece { name, epoch, generation, mark, parties: [party()?, party()?] })
            }
            _ => None,
        }
    }

    /// Of what it is: of each the last entry stays.
    pub(super) fn name(&self) -> [u8; 16] {
        match self {
            Self::Row { handle: name, .. }
            | Self::Gone { id: name, .. }
            | Self::Removed { name, .. }
            | Self::Piece { name, .. } => *name,
        }
    }
}
