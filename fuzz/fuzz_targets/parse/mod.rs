//! Arbitrary bytes for everything that parses: whatever comes in, the answer is a value or an error, never a panic.
//!
//! The targets of this folder and `never_panics.rs` of kepil-domain share these bodies. Start reading at
//! [`Feed`], which turns bytes into numbers, texts and edits. Does not know: where bytes come from.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "each fuzz target uses a part; tests may stop at the first surprise"
)]

use std::{collections::BTreeMap, sync::OnceLock};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use kepil_domain::{
    Day, Entropy, EventId, Handle, Hour, Installation, Locator, Moment, NoEntropy, Personal, Sub, form,
    gate::{Actor, ActorFacts, Ask, Ground},
    ledger::{
        Act, AddCheckpoint, Checkpoint, Hash, Leaf, LedgerKey, Payload, ProofFile, TilePlace, TlogProof, Tree,
        VerifyKey, WitnessKey, WitnessVerifyKey,
        audit::{Audit, Copied, Held, Stretch},
        check_certificate, check_consistency, check_inclusion, hash_leaf, join_entries, open_payload, split_entries,
    },
    standing::Standing,
    vault::{EpochKey, EpochNo, IndexPage, Keys, Pending, Ring, Secrets, Share, Token},
};
use kepil_policy::{Bundle, Effective, FieldId, FieldSet, Policy, Tag, Verb, compile};

const HOME: Installation = Installation([1; 16]);
const COMPARTMENT: Tag = Tag(10);
const CLASS: Tag = Tag(20);
const CLASS_CHAIN: [u8; 32] = [5; 32];
const STANDING_KEY: [u8; 32] = [3; 32];
const TODAY: Day = Day(20_781);

/// Takes bytes apart; when they end, everything is zero.
pub struct Feed<'a>(pub &'a [u8]);

impl<'a> Feed<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    fn number(&mut self) -> u64 {
        (0..8).fold(0, |all, _| all << 8 | u64::from(self.byte()))
    }

    fn bytes(&mut self, len_max: usize) -> &'a [u8] {
        let len = usize::from(self.byte()).min(len_max).min(self.0.len());
        let (head, tail) = self.0.split_at(len);
        self.0 = tail;
        head
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    /// `text` with up to four cuts, each filled with arbitrary letters.
    fn edited(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=self.byte() % 4 {
            let at = usize::try_from(self.number() % (letters.len() as u64 + 1)).unwrap();
            let end = (at + usize::from(self.byte() % 32)).min(letters.len());
            let filling = String::from_utf8_lossy(self.bytes(40)).into_owned();
            letters.splice(at..end, filling.chars());
        }
        letters.into_iter().collect()
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// The smallest bundle of the project.
const MINIMAL: [(&str, &str); 13] = [
    ("policy.toml", include_str!("../../../policies/minimal/policy.toml")),
    ("services/account.toml", include_str!("../../../policies/minimal/services/account.toml")),
    ("services/board.toml", include_str!("../../../policies/minimal/services/board.toml")),
    ("services/shop.toml", include_str!("../../../policies/minimal/services/shop.toml")),
    ("texts/general.ru.md", include_str!("../../../policies/minimal/texts/general.ru.md")),
    ("texts/general.kk.md", include_str!("../../../policies/minimal/texts/general.kk.md")),
    ("texts/general.en.md", include_str!("../../../policies/minimal/texts/general.en.md")),
    ("texts/staff_undertaking.ru.md", include_str!("../../../policies/minimal/texts/staff_undertaking.ru.md")),
    ("texts/staff_undertaking.kk.md", include_str!("../../../policies/minimal/texts/staff_undertaking.kk.md")),
    ("texts/staff_undertaking.en.md", include_str!("../../../policies/minimal/texts/staff_undertaking.en.md")),
    ("texts/staff_rules.ru.md", include_str!("../../../policies/minimal/texts/staff_rules.ru.md")),
    ("texts/staff_rules.kk.md", include_str!("../../../policies/minimal/texts/staff_rules.kk.md")),
    ("texts/staff_rules.en.md", include_str!("../../../policies/minimal/texts/staff_rules.en.md")),
];

fn minimal() -> Bundle {
    let files: BTreeMap<String, String> =
        MINIMAL.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Bundle { files }
}

fn minimal_policy() -> &'static Policy {
    static ONCE: OnceLock<Policy> = OnceLock::new();
    ONCE.get_or_init(|| compile(&minimal()).unwrap())
}

/// A bundle: as a kept text, as one arbitrary file, and the smallest bundle with some of its text changed.
pub fn bundle(data: &[u8]) {
    let text = String::from_utf8_lossy(data).into_owned();
    if let Ok(bundle) = Bundle::from_text(&text) {
        compiled(&bundle);
    }
    compiled(&Bundle { files: BTreeMap::from([("policy.toml".to_owned(), text)]) });
    let (mut feed, mut bundle) = (Feed(data), minimal());
    let (name, _) = MINIMAL[usize::from(feed.byte()) % MINIMAL.len()];
    let changed = feed.edited(&bundle.files[name]);
    bundle.files.insert(name.to_owned(), changed);
    compiled(&bundle);
}

/// Compiles; what compiles is an edition that can follow another, and its text comes back.
fn compiled(bundle: &Bundle) {
    match compile(bundle) {
        Ok(policy) => {
            assert_eq!(Bundle::from_text(&bundle.to_text()).unwrap().hash(), bundle.hash());
            let changes = kepil_policy::diff(minimal_policy(), &policy);
            changes.iter().for_each(|change| seen(change.to_string()));
            let first = Effective::first(std::sync::Arc::new(minimal_policy().clone()));
            seen(first.followed_by(std::sync::Arc::new(policy)));
        }
        Err(faults) => {
            assert!(!faults.is_empty(), "a refusal without a reason");
            faults.iter().for_each(|fault| seen(fault.to_string()));
        }
    }
}

/// Leaves, payloads, keys of logs, checkpoints and receipts.
pub fn ledger(data: &[u8]) {
    if let Some(leaf) = Leaf::from_bytes(data) {
        assert_eq!(leaf.to_bytes(), data);
    }
    let text = String::from_utf8_lossy(data);
    if let Ok(payload) = serde_json::from_str::<Payload<'_>>(&text) {
        seen((Act::parse(&payload.act), serde_json::to_string(&payload).unwrap()));
    }
    seen((VerifyKey::parse(&text), EventId::parse(&text), Act::parse(&text)));
    let key = LedgerKey::from_seed("kepil/00/account".to_owned(), &[1; 32]).unwrap();
    assert!(key.verify_key().verify(&text).is_err(), "nobody else signs");
    if let Ok(file) = serde_json::from_str::<ProofFile>(&text) {
        assert!(file.verify(&key.verify_key()).is_err());
    }
    let mut feed = Feed(data);
    let (index, size, root) = (feed.number(), feed.number(), feed.array());
    let path: Vec<Hash> = (0..feed.byte() % 70).map(|_| feed.array()).collect();
    seen(check_inclusion(&hash_leaf(data), index, size, &path, &root));
    seen(Tree::from_edge(size, |_, _| Some(path.clone())).map(|tree| tree.root()));
    // A checkpoint that the log itself signed, over a tree that cannot be.
    let leaf = Leaf { event: EventId([1; 16]), hour: Hour(1), act: feed.byte(), commitment: [0; 32] };
    let file = ProofFile::new(text.into_owned(), &[2; 32], &leaf, index, &path, &key.sign(size, &root));
    seen(file.verify(&key.verify_key()));
    let bent = ProofFile { proof: feed.edited(&file.proof), leaf: feed.edited(&file.leaf), ..file };
    seen(bent.verify(&key.verify_key()));
    let ring = ring();
    assert!(open_payload(&ring.parts()[0], &leaf, data).is_err());
    log(data, &key);
}

/// What verifiers and witnesses are given by whoever runs a log.
fn log(data: &[u8], key: &LedgerKey) {
    let text = String::from_utf8_lossy(data);
    seen((Checkpoint::unverified(&text), WitnessVerifyKey::parse(&text)));
    assert!(check_certificate(&key.verify_key(), &text).is_err(), "nobody else signs");
    if let Some(place) = TilePlace::parse(&text) {
        assert_eq!(place.path(), text);
    }
    if let Some(leaves) = split_entries(data) {
        assert_eq!(join_entries(leaves), data);
    }
    if let Ok(proof) = TlogProof::parse(&text) {
        assert!(proof.verify(data, &key.verify_key()).is_err());
    }
    let mut feed = Feed(data);
    let (old, new, root, other) = (feed.number(), feed.number(), feed.array(), feed.array());
    let path: Vec<Hash> = (0..feed.byte() % 70).map(|_| feed.array()).collect();
    assert!(old == new || !check_consistency((old, &root), (new, &other), &path) || old == 0);
    let note = key.sign(new, &other);
    let request = AddCheckpoint { old, path, note: note.clone() };
    let signed = WitnessKey::from_seed("witness.example".to_owned(), &[3; 32]).unwrap().sign(&note, old).unwrap();
    seen(AddCheckpoint::parse(&feed.edited(&format!("{}{signed}", request.to_text()))));
    seen(request.judge(&[key.verify_key()], |origin| Some(Checkpoint { origin: origin.to_owned(), size: old, root })));
    let held = vec![Held { size: old, root, hour: Some(Hour(u32::from(feed.byte()))) }];
    let copied: Vec<_> = data.chunks(54).take(256).map(|leaf| Copied { leaf: Some(leaf), text_bytes: None }).collect();
    let tile: Vec<Hash> = data.chunks_exact(32).take(256).map(|hash| hash.try_into().unwrap()).collect();
    let mut audit = Audit::new(held);
    audit.add(Stretch::check(0, &copied, Some(&tile), Some(other)));
    audit.add(Stretch::check(1, &copied, None, None));
    seen(audit.finish(new, &root).faults);
}

fn ring() -> Ring {
    let mut bytes = vec![2, 1];
    bytes.extend(COMPARTMENT.0.to_be_bytes());
    bytes.extend([8; 16]);
    bytes.extend([STANDING_KEY, [4; 32]].concat());
    bytes.extend(1u16.to_be_bytes());
    bytes.extend(CLASS.0.to_be_bytes());
    bytes.extend(0u32.to_be_bytes());
    bytes.extend(CLASS_CHAIN);
    Ring::from_bytes(Locator([9; 16]), &bytes).unwrap()
}

/// The first key of the class: one block of HKDF.
fn class_key() -> [u8; 32] {
    let chain = hmac::Key::new(hmac::HMAC_SHA256, &CLASS_CHAIN);
    hmac::sign(&chain, b"record\0\x01").as_ref().try_into().unwrap()
}

/// A blob sealed by hand, after the words of `vault/record.rs`: layout, key version, nonce, cipher text, tag; bound in are
/// installation, compartment, handle, keep class, layout and key version.
fn sealed_by_hand(key: &[u8; 32], class: Tag, plain: &[u8]) -> Vec<u8> {
    let header = [2, 0, 0, 0, 0];
    let place =
        [HOME.0.as_slice(), &COMPARTMENT.0.to_be_bytes(), &Handle([8; 16]).0, &class.0.to_be_bytes(), &header].concat();
    let bound = [u32::try_from(place.len()).unwrap().to_be_bytes().as_slice(), &place].concat();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap());
    let mut body = plain.to_vec();
    let nonce = [6; 12];
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut body).unwrap();
    [header.as_slice(), &nonce, &body].concat()
}

/// Sealed records, rows and pages: arbitrary bytes outside the seal, and inside it.
pub fn sealed(data: &[u8]) {
    let ring = ring();
    let part = &ring.parts()[0];
    assert!(part.danger_open_record(&HOME, CLASS, data).is_err(), "nobody else seals");
    seen(part.danger_open_row(&HOME, data));
    let blob = sealed_by_hand(&class_key(), CLASS, data);
    if let Ok(record) = part.danger_open_record(&HOME, CLASS, &blob) {
        record.tags().for_each(|tag| seen(record.find(tag).map(|value| value.written.date())));
        let again = part.seal_record(&HOME, (CLASS, 0), &record, &mut Zero).unwrap();
        assert!(part.danger_open_record(&HOME, CLASS, &again).is_ok());
    }
    let mut row = CLASS.0.to_be_bytes().to_vec();
    row.extend(u32::try_from(blob.len()).unwrap().to_be_bytes());
    row.extend(blob);
    row.extend(data);
    seen(part.danger_open_row(&HOME, &row));
    let keys = Keys::new(HOME, Secrets::random(0, &mut Zero).unwrap(), EpochKey::from_bytes(EpochNo(1), [1; 32]));
    assert!(IndexPage::open(&keys, (1, 1), 1, (EpochNo(1), data)).is_err());
    if let Ok(ring) = Ring::from_bytes(Locator([0; 16]), data) {
        let again = Ring::from_bytes(Locator([0; 16]), &ring.to_bytes()).unwrap();
        assert_eq!(*again.to_bytes(), *ring.to_bytes());
    }
    if let Ok(pending) = Pending::from_bytes(data) {
        seen(pending.to_bytes().unwrap());
    }
}

/// A standing: arbitrary bytes, and arbitrary bytes under its seal. What can be read decides.
pub fn standing(data: &[u8]) {
    let ring = ring();
    let part = &ring.parts()[0];
    assert!(part.open_standing(&HOME, data).is_err(), "nobody else seals");
    let read = Standing::from_bytes(data);
    let unsealed = part.open_standing(&HOME, &sealed_by_hand(&STANDING_KEY, Tag(0), data));
    assert!(unsealed.ok().as_ref() == read.as_ref().ok());
    let Ok(standing) = read else { return };
    assert!(Standing::from_bytes(&standing.to_bytes()).as_ref() == Ok(&standing));
    let days = standing.agreements.iter().flat_map(|row| [Some(row.since), row.ended]).flatten();
    days.chain(standing.consents.iter().map(|row| row.on)).for_each(|day| seen(day.date()));
    let policy = Effective::first(std::sync::Arc::new(minimal_policy().clone()));
    let uses = policy.policy.uses().iter().map(|row| row.id).chain([kepil_policy::UseId(u32::MAX)]);
    let services = policy.policy.services().iter().map(|service| service.id);
    let grounds = uses.map(Ground::Use).chain(services.map(Ground::Profile));
    for ground in grounds {
        let (event, actor, verb, moment) =
            (EventId([0; 16]), Actor::System, Verb::Extract, Moment { unix_ms: 0, day: Day(0) });
        let ask = Ask { event, actor, ground, verb, fields: FieldSet::ALL, moment };
        seen(standing.facts(&policy, &ask, ActorFacts::Viewer { is_member: true, is_named: false }));
    }
}

/// Tokens, ids for services, and what people type into forms.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(token) = Token::parse(&text) {
        assert_eq!(token.to_text(), text, "one text for one token");
    }
    if let Ok(share) = Share::parse(&text) {
        assert_eq!(share.to_text().trim(), text.trim(), "one text for one share");
    }
    if let Some(sub) = Sub::parse(&text) {
        let keys = Keys::new(HOME, Secrets::random(0, &mut Zero).unwrap(), EpochKey::from_bytes(EpochNo(1), [1; 32]));
        assert!(keys.sector("mail").locator(&sub).is_none(), "nobody else makes ids");
    }
    let entered = Personal::new(text.into_owned());
    for field in (0..).map_while(|id| minimal_policy().field(FieldId(id))) {
        if let Ok(Some(value)) = form::canonical(field, &entered, TODAY) {
            let again = form::canonical(field, &value, TODAY).unwrap().unwrap();
            assert_eq!(again.reveal(), value.reveal(), "a canonical form is its own canonical form");
            seen(form::age(&value, TODAY));
        }
    }
}

/// What came out does not matter, only that it did.
fn seen<T>(_: T) {}

struct Zero;

impl Entropy for Zero {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        bytes.fill(0);
        Ok(())
    }
}
