//! What people place in a service: apart from every record, each piece under a key of its own, which the ring of its author
//! opens and, where it is about somebody, theirs too. Clauses 2.1.2d, 2.2a, 2.2b.
//!
//! A piece ends for whoever closes their account; for the one whom it is about it does not end with its author.
//! Start reading at [`seal_content`]; [`open_content`] is the one way to open it.

use kepil_policy::{FieldId, Policy, ServiceTag, Tag};
use zeroize::Zeroizing;

use super::{
    BucketKey, RingPart, Sealed, VaultError,
    seal::{Secret, random_secret, seal, unseal},
};
use crate::{
    ContentId, Day, Entropy, Installation, Locator, Moment, Personal, Receipt, Tick,
    bytes::{Malformed, Reader, pad, put_long},
    gate::Permit,
};

const LAYOUT: u8 = 2;
/// A mark is as long whoever it is of. Unit: bytes.
const MARK: usize = 256;
/// The length of a piece says little about it.
const PAD: usize = 256;

/// Whose a piece is: what finds the rings that open it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Placed {
    /// The address of the piece.
    pub id: ContentId,
    /// Who placed it; `None` when they are gone.
    pub author: Option<Locator>,
    /// Whom it is about, when it is about one person.
    pub about: Option<Locator>,
    /// Where.
    pub service: ServiceTag,
    /// What kind of content it is.
    pub kind: Tag,
    /// When.
    pub at: Moment,
    /// Whether its author keeps it to themselves, whatever they show of the rest.
    pub is_withheld: bool,
}

/// A piece that was sealed.
pub struct Content {
    /// The text, under the key of the piece.
    pub body: Vec<u8>,
    /// That key, under one of the author's.
    pub author_key: Vec<u8>,
    /// The same under one of whom it is about; empty when it is about nobody.
    pub about_key: Vec<u8>,
}

/// What leads to a piece: whose it is, and its key for each of them. Sealed under the key of a bucket, so that it is in no copy
/// any more once the piece was removed or somebody let go of, and the epoch closed.
#[derive(Clone)]
pub struct Mark {
    /// Whose it is.
    pub placed: Placed,
    /// The key of the piece, under one of the author's; empty when they are gone.
    pub author_key: Vec<u8>,
    /// The same under one of whom it is about; empty when it is about nobody.
    pub about_key: Vec<u8>,
}

impl Mark {
    /// The bytes for the store, which calls the piece `name`.
    ///
    /// # Errors
    /// [`VaultError::NoEntropy`] when the source has none.
    pub fn seal(
        &self,
        at: &Installation,
        name: [u8; 16],
        under: &BucketKey,
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, VaultError> {
        let placed = &self.placed;
        let mut plain = Zeroizing::new(Vec::with_capacity(MARK));
        plain.extend([LAYOUT, u8::from(placed.is_withheld)]);
        plain.extend(placed.id.0);
        plain.extend(placed.service.0.to_be_bytes());
        plain.extend(placed.kind.0.to_be_bytes());
        plain.extend(placed.at.unix_ms.to_be_bytes());
        plain.extend(placed.at.day.0.to_be_bytes());
        for (who, key) in [(placed.author, &self.author_key), (placed.about, &self.about_key)] {
            plain.push(u8::from(who.is_some()));
            plain.extend(who.map_or([0; 16], |who| who.0));
            put_long(&mut plain, who.map_or(&[], |_| key)).map_err(|_| VaultError::TooLong)?;
        }
        pad(&mut plain, MARK);
        seal(under.key(), &mark_place(at, &name, under), &plain, entropy)
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`VaultError`] when it was made for another piece, or under another key.
    pub fn open(at: &Installation, name: [u8; 16], under: &BucketKey, sealed: &[u8]) -> Result<Self, VaultError> {
        let plain = unseal(under.key(), &mark_place(at, &name, under), sealed)?;
        let mut reader = Reader(&plain);
        if reader.u8()? != LAYOUT {
            return Err(VaultError::UnknownLayout);
        }
        let is_withheld = reader.u8()? == 1;
        let (id, service, kind) = (ContentId(reader.array()?), Tag(reader.u32()?), Tag(reader.u32()?));
        let at = Moment { unix_ms: i64::from_be_bytes(reader.array()?), day: Day(reader.u32()?) };
        let mut side = || {
            let (is_there, who): (u8, [u8; 16]) = (reader.u8()?, reader.array()?);
            Ok::<_, Malformed>(((is_there == 1).then_some(Locator(who)), reader.long()?.to_vec()))
        };
        let ((author, author_key), (about, about_key)) = (side()?, side()?);
        Ok(Self { placed: Placed { id, author, about, service, kind, at, is_withheld }, author_key, about_key })
    }
}

fn mark_place(at: &Installation, name: &[u8; 16], under: &BucketKey) -> [Vec<u8>; 4] {
    [at.0.to_vec(), b"mark".to_vec(), name.to_vec(), under.generation.to_be_bytes().to_vec()]
}

/// Leave to touch the pieces of one person: what the gate granted, the proof of its entry, and their keys.
pub struct Leave {
    /// What was granted.
    pub permit: Permit,
    /// That it is in the ledger.
    pub receipt: Receipt,
    /// The person's keys.
    pub sealed: Sealed,
}

impl Leave {
    fn part(&self, now: Tick) -> Result<&RingPart, VaultError> {
        self.sealed.checked(&self.permit, &self.receipt, now)
    }
}

/// Seals a text of kind `class` for its author and for whom it is about.
///
/// # Errors
/// [`VaultError::KeyDestroyed`] when a ring has no key for it; [`VaultError::StaleFacts`] when a leave is too old.
pub fn seal_content(
    (id, class): (ContentId, Tag),
    text: &Personal<String>,
    author: &Leave,
    about: Option<&Leave>,
    now: Tick,
    entropy: &mut dyn Entropy,
) -> Result<Content, VaultError> {
    let at = &author.sealed.installation;
    let (author, about) = (author.part(now)?, about.map(|leave| leave.part(now)).transpose()?);
    let key = random_secret(entropy)?;
    let text = text.reveal().as_bytes();
    let mut plain = Zeroizing::new(Vec::with_capacity((text.len() + 4).next_multiple_of(PAD)));
    plain.extend(u32::try_from(text.len()).map_err(|_| VaultError::TooLong)?.to_be_bytes());
    plain.extend_from_slice(text);
    pad(&mut plain, PAD);
    let mut wrapped = |part: &RingPart| {
        let own = part.content_key(class).ok_or(VaultError::KeyDestroyed)?;
        seal(&own, &bound(at, id, b"key"), key.as_ref(), entropy)
    };
    let (author_key, about_key) = (wrapped(author)?, about.map(&mut wrapped).transpose()?);
    let body = seal(&key, &bound(at, id, b"body"), &plain, entropy)?;
    Ok(Content { body, author_key, about_key: about_key.unwrap_or_default() })
}

/// A piece on its way to be opened by one ring.
pub struct SealedContent {
    /// Which.
    pub id: ContentId,
    /// What kind of content it is.
    pub kind: FieldId,
    /// Its key, as that ring has it.
    pub key: Vec<u8>,
    /// Its text.
    pub body: Vec<u8>,
}

/// Opened pieces.
pub struct OpenedContent {
    /// The act, for the answer.
    pub receipt: Receipt,
    /// The texts of what was granted and opens, in the order of the question.
    pub texts: Vec<(ContentId, Personal<String>)>,
    /// How many were granted, but do not open: this program did not write them, or not there.
    pub unopened: usize,
}

/// Opens those of `pieces` whose kind is granted, with the ring of the person who was asked about. Uses up the leave.
///
/// # Errors
/// As [`super::open()`].
pub fn open_content(
    leave: Leave,
    pieces: Vec<SealedContent>,
    (policy, now): (&Policy, Tick),
) -> Result<OpenedContent, VaultError> {
    let part = leave.part(now)?;
    let at = &leave.sealed.installation;
    let open_one = |piece: &SealedContent| -> Result<Personal<String>, VaultError> {
        let class = policy.field(piece.kind).and_then(|kind| policy.class(kind.class));
        let own = class.and_then(|class| part.content_key(class.tag)).ok_or(VaultError::KeyDestroyed)?;
        let key = unseal(&own, &bound(at, piece.id, b"key"), &piece.key)?;
        let key: Secret = Zeroizing::new(key.as_slice().try_into().map_err(|_| VaultError::UnknownLayout)?);
        let plain = unseal(&key, &bound(at, piece.id, b"body"), &piece.body)?;
        let text = std::str::from_utf8(Reader(&plain).long()?).map_err(|_| VaultError::UnknownLayout)?;
        Ok(Personal::new(text.to_owned()))
    };
    let granted = pieces.iter().filter(|piece| leave.permit.fields().contains(piece.kind));
    // One that does not open keeps nobody from the others.
    let (mut texts, mut unopened) = (Vec::with_capacity(pieces.len()), 0);
    for piece in granted {
        match open_one(piece) {
            Ok(text) => texts.push((piece.id, text)),
            Err(_) => unopened += 1,
        }
    }
    Ok(OpenedContent { receipt: leave.receipt, texts, unopened })
}

fn bound(at: &Installation, id: ContentId, part: &[u8]) -> [Vec<u8>; 4] {
    [at.0.to_vec(), b"content".to_vec(), id.0.to_vec(), part.to_vec()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::{Bucketed, EpochKey, EpochNo, Keys, Secrets, seal::tests::Counting};

    fn keys(entropy: &mut Counting) -> Keys {
        let installation = Installation::random(entropy).unwrap();
        let epoch = EpochKey::random(EpochNo(1), entropy).unwrap();
        Keys::new(installation, Secrets::random(0, entropy).unwrap(), epoch)
    }

    #[test]
    fn whose_a_piece_is_opens_for_that_piece_under_that_key_only() {
        let entropy = &mut Counting(0);
        let keys = keys(entropy);
        let at = *keys.installation();
        let [under, next] = [1, 2].map(|generation| keys.new_bucket(Bucketed::Marks, generation, entropy).unwrap());
        let (id, author) = (ContentId([7; 16]), Some(Locator([1; 16])));
        let when = Moment { unix_ms: 1_795_000_000_123, day: Day(20_784) };
        for about in [None, Some(Locator([2; 16]))] {
            let placed =
                Placed { id, author, about, service: Tag(3), kind: Tag(4), at: when, is_withheld: about.is_some() };
            let about_key = about.map_or(Vec::new(), |_| vec![6; 60]);
            let mark = Mark { placed, author_key: vec![5; 60], about_key };
            let sealed = mark.seal(&at, [8; 16], &under, entropy).unwrap();
            assert_eq!(sealed.len(), 12 + MARK + 16, "about whoever it is");
            let back = Mark::open(&at, [8; 16], &under, &sealed).unwrap();
            assert!(back.placed == placed && back.author_key == mark.author_key && back.about_key == mark.about_key);
            assert!(Mark::open(&at, [9; 16], &under, &sealed).is_err(), "another piece");
            assert!(Mark::open(&at, [8; 16], &next, &sealed).is_err(), "another key");
        }
    }
}
