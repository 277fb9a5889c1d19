//! The vault: what is sealed opens in its own place only, says nothing by its length, and is gone with its ring.
//!
//! Source: section 5 of the design; laws 2 and 5 of the house; clauses 3.1.5, 3.7, 4.4a, 5.1. Keys in these tests are
//! the same in every run; two places share a key wherever the place itself must make the difference.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may stop at the first surprise")]

mod common;

use common::{Counting, Dry, TODAY, citicom, home, secrets};
use kepil_domain::{
    Handle, Installation, Locator, Personal, Sub,
    ledger::compartment_tag,
    standing::Standing,
    vault::{
        Bucket, Bucketed, EpochKey, EpochNo, IndexPage, Keys, Pending, Provenance, Record, Ring, RingPart, Token,
        Value, VaultError,
    },
};
use kepil_policy::Tag;
use proptest::prelude::*;

const HOME: Installation = Installation([1; 16]);
const ELSEWHERE: Installation = Installation([2; 16]);
const ACCOUNT: Tag = Tag(10);
const CLASS: Tag = Tag(20);
const NAME: Tag = Tag(30);

/// A ring with one part, written byte by byte: its keys are `[3; 32]` for the standing, `[4; 32]` for the evidence and
/// `[5; 32]` for the one class.
fn ring(compartment: Tag, handle: Handle, class: Tag) -> Ring {
    let mut bytes = vec![2, 1];
    bytes.extend(compartment.0.to_be_bytes());
    bytes.extend(handle.0);
    bytes.extend([[3; 32], [4; 32]].concat());
    bytes.extend(1u16.to_be_bytes());
    bytes.extend(class.0.to_be_bytes());
    bytes.extend(0u32.to_be_bytes());
    bytes.extend([5; 32]);
    Ring::from_bytes(Locator([9; 16]), &bytes).unwrap()
}

fn part(ring: &Ring) -> &RingPart {
    &ring.parts()[0]
}

fn value(text: &str) -> Value {
    Value { text: Personal::new(text.to_owned()), provenance: Provenance::Form, written: TODAY }
}

fn record(text: &str) -> Record {
    let mut record = Record::default();
    record.set(NAME, value(text));
    record
}

fn keys(installation: Installation, root: u8, epoch: u8) -> Keys {
    let epoch_key = EpochKey::from_bytes(EpochNo(u64::from(epoch)), [100 + epoch; 32]);
    Keys::new(installation, secrets(root), epoch_key)
}

// ---- records and standings

#[test]
fn a_record_comes_back_as_it_was_written() {
    let ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    let blob = part(&ring).seal_record(&HOME, (CLASS, 0), &record("Әйгерім"), &mut Counting(0)).unwrap();
    let back = part(&ring).danger_open_record(&HOME, CLASS, &blob).unwrap();
    let found = back.find(NAME).unwrap();
    assert_eq!(found.text.reveal(), "Әйгерім");
    assert_eq!((found.provenance, found.written), (Provenance::Form, TODAY));
    assert_eq!(back.tags().collect::<Vec<_>>(), [NAME]);
    assert!(back.find(Tag(31)).is_none());
}

#[test]
fn a_record_opens_only_in_its_own_place() {
    let handle = Handle([8; 16]);
    let home = ring(ACCOUNT, handle, CLASS);
    let blob = part(&home).seal_record(&HOME, (CLASS, 0), &record("a"), &mut Counting(0)).unwrap();
    let refused =
        |ring: &Ring, at: &Installation, class: Tag, blob: &[u8]| part(ring).danger_open_record(at, class, blob).err();
    assert_eq!(refused(&home, &HOME, CLASS, &blob), None);
    let not_here = Some(VaultError::DoesNotOpen);
    assert_eq!(refused(&home, &ELSEWHERE, CLASS, &blob), not_here, "another installation");
    assert_eq!(refused(&ring(Tag(11), handle, CLASS), &HOME, CLASS, &blob), not_here, "another compartment");
    assert_eq!(refused(&ring(ACCOUNT, Handle([7; 16]), CLASS), &HOME, CLASS, &blob), not_here, "another handle");
    assert_eq!(refused(&ring(ACCOUNT, handle, Tag(21)), &HOME, Tag(21), &blob), not_here, "another set of fields");
    let with = |at: usize, byte: u8| {
        let mut bent = blob.clone();
        bent[at] = byte;
        bent
    };
    assert_eq!(refused(&home, &HOME, CLASS, &with(0, 1)), Some(VaultError::UnknownLayout), "another layout");
    assert_eq!(refused(&home, &HOME, CLASS, &with(4, 2)), not_here, "another version of the key");
    let out_of_reach = Some(VaultError::KeyDestroyed);
    assert_eq!(refused(&home, &HOME, CLASS, &with(1, 1)), out_of_reach, "a version that nobody gets to");
    assert_eq!(refused(&home, &HOME, Tag(21), &blob), Some(VaultError::KeyDestroyed), "a class without a key");
}

#[test]
fn a_standing_opens_only_in_its_own_place_and_is_no_record() {
    let handle = Handle([8; 16]);
    let home = ring(ACCOUNT, handle, CLASS);
    let standing = Standing { is_blocked: true, age_at_least: Some(18), ..Standing::default() };
    for each in [
        Standing { is_held: true, ..Standing::default() },
        Standing { is_destroying: true, blocked: vec![NAME], ..Standing::default() },
    ] {
        let blob = part(&home).seal_standing(&HOME, &each, &mut Counting(0)).unwrap();
        assert!(part(&home).open_standing(&HOME, &blob).unwrap() == each);
    }
    let blob = part(&home).seal_standing(&HOME, &standing, &mut Counting(0)).unwrap();
    assert!(part(&home).open_standing(&HOME, &blob).unwrap() == standing);
    let refused = |ring: Ring, at: Installation| part(&ring).open_standing(&at, &blob).err();
    let not_here = Some(VaultError::DoesNotOpen);
    assert_eq!(refused(ring(ACCOUNT, handle, CLASS), ELSEWHERE), not_here);
    assert_eq!(refused(ring(Tag(11), handle, CLASS), HOME), not_here);
    assert_eq!(refused(ring(ACCOUNT, Handle([7; 16]), CLASS), HOME), not_here);
    assert_eq!(part(&home).danger_open_record(&HOME, CLASS, &blob).err(), not_here);
    let row = part(&home).seal_record(&HOME, (CLASS, 0), &record("a"), &mut Counting(0)).unwrap();
    assert_eq!(
        part(&home).open_standing(&HOME, &row).err(),
        not_here,
        "a row that the program did not write as a standing"
    );
}

#[test]
fn any_flipped_bit_of_a_sealed_record_is_found() {
    let ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    let blob = part(&ring).seal_record(&HOME, (CLASS, 0), &record("a"), &mut Counting(0)).unwrap();
    for bit in 0..blob.len() * 8 {
        let mut bent = blob.clone();
        bent[bit / 8] ^= 1 << (bit % 8);
        assert!(part(&ring).danger_open_record(&HOME, CLASS, &bent).is_err(), "bit {bit}");
    }
    assert!(
        (0..blob.len()).all(|len| part(&ring).danger_open_record(&HOME, CLASS, &blob[..len]).is_err()),
        "cut short"
    );
}

#[test]
fn a_row_holds_a_record_for_each_class_and_nothing_is_mixed_up() {
    let policy = citicom();
    let mut entropy = Counting(0);
    let ring = Ring::random(&home(), &policy.policy, &mut entropy).unwrap();
    let part = ring.part(compartment_tag("account")).unwrap();
    let account = policy.policy.find_field("email").unwrap().compartment;
    let classes: Vec<Tag> =
        policy.policy.classes().iter().filter(|class| class.compartment == account).map(|class| class.tag).collect();
    assert!(classes.len() > 1, "the account keeps some fields longer than others");
    let records: Vec<(Tag, Record)> = classes.iter().map(|class| (*class, record(&class.0.to_string()))).collect();
    let row = part.seal_row(&HOME, &records, &[], &mut entropy).unwrap();
    let back = part.danger_open_row(&HOME, &row).unwrap();
    assert_eq!(back.iter().map(|(class, _)| *class).collect::<Vec<_>>(), classes);
    assert!(back.iter().all(|(class, record)| *record.find(NAME).unwrap().text.reveal() == class.0.to_string()));
    let mut swapped = row.clone();
    swapped[..4].copy_from_slice(&classes[1].0.to_be_bytes());
    assert!(is_strange(part.danger_open_row(&HOME, &swapped).err()));
}

/// Whether keys that are not those of a record open it: versions begin anywhere, so that of the record may be out of reach.
fn is_strange(error: Option<VaultError>) -> bool {
    matches!(error, Some(VaultError::DoesNotOpen | VaultError::KeyDestroyed))
}

#[test]
fn versions_begin_anywhere_and_count_on() {
    let mut entropy = Counting(0);
    let class = citicom().policy.classes()[0].tag;
    let rings = (0..40).map(|_| Ring::random(&home(), &citicom().policy, &mut entropy).unwrap()).collect::<Vec<_>>();
    let first = rings.iter().map(|ring| {
        let part = ring.part(compartment_tag("account")).unwrap();
        let row = part.seal_row(&HOME, &[(class, record("a"))], &[], &mut Counting(0)).unwrap();
        let next = part.seal_row(&HOME, &[(class, record("b"))], &row, &mut Counting(0)).unwrap();
        let version = |row: &[u8]| kepil_domain::vault::versions(row).unwrap()[0].1;
        assert_eq!(version(&next), version(&row) + 1);
        version(&row)
    });
    let first: std::collections::HashSet<u32> = first.collect();
    assert!(first.len() == rings.len() && first.iter().all(|version| *version < 1 << 24));
}

#[test]
fn the_same_record_never_seals_to_the_same_bytes() {
    let ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    let mut entropy = Counting(0);
    let mut seal = || part(&ring).seal_record(&HOME, (CLASS, 0), &record("a"), &mut entropy).unwrap();
    let all: std::collections::HashSet<Vec<u8>> = (0..100).map(|_| seal()).collect();
    assert_eq!(all.len(), 100);
}

#[test]
fn a_key_that_sealed_too_often_seals_no_more() {
    let ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    let worn = |seals| {
        let standing = Standing { seals, ..Standing::default() };
        part(&ring).seal_standing(&HOME, &standing, &mut Counting(0)).err()
    };
    assert_eq!((worn(1 << 30), worn((1 << 30) + 1)), (None, Some(VaultError::KeyWornOut)));
}

#[test]
fn without_randomness_nothing_is_sealed() {
    let ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    assert_eq!(part(&ring).seal_record(&HOME, (CLASS, 0), &record("a"), &mut Dry).err(), Some(VaultError::NoEntropy));
    assert_eq!(part(&ring).seal_standing(&HOME, &Standing::default(), &mut Dry).err(), Some(VaultError::NoEntropy));
    assert_eq!(Ring::random(&home(), &citicom().policy, &mut Dry).err(), Some(VaultError::NoEntropy));
    assert_eq!(
        IndexPage::empty(&keys(HOME, 1, 1), 0).unwrap().seal(&keys(HOME, 1, 1), 0, &mut Dry).err(),
        Some(VaultError::NoEntropy)
    );
    assert!(Token::random(&mut Dry).is_err());
}

// ---- lengths

#[test]
fn the_length_of_a_name_does_not_show() {
    let ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    let len = |text: &str| part(&ring).seal_record(&HOME, (CLASS, 0), &record(text), &mut Counting(0)).unwrap().len();
    assert!((0..100).all(|letters| len(&"a".repeat(letters)) == len("Ли")), "one block holds them all");
    assert_eq!(len("Ли"), 5 + 12 + 512 + 16);
    let empty = part(&ring).seal_record(&HOME, (CLASS, 0), &Record::default(), &mut Counting(0)).unwrap();
    assert_eq!(empty.len(), len("Ли"), "nor does it show whether there is one");
    let steps: std::collections::BTreeSet<usize> = (0..9000).map(|letters| len(&"a".repeat(letters)) - 33).collect();
    assert_eq!(steps.into_iter().collect::<Vec<_>>(), [512, 2048, 8192, 32_768], "each four times the one before");
}

#[test]
fn the_length_of_a_standing_does_not_count_a_few_agreements() {
    let ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    let len = |agreements: u32| {
        let mut standing = Standing::default();
        (0..agreements).for_each(|service| standing.accept(Tag(service), kepil_policy::EditionNo(1), TODAY));
        part(&ring).seal_standing(&HOME, &standing, &mut Counting(0)).unwrap().len()
    };
    assert!((0..5).all(|agreements| len(agreements) == len(0)));
    assert!((0..100).all(|agreements| (len(agreements) - len(0)) % 128 == 0));
}

// ---- rings

#[test]
fn a_ring_opens_for_its_person_bucket_generation_and_epoch_only() {
    let (keys, mut entropy) = (keys(HOME, 1, 1), Counting(0));
    let ring = Ring::random(&home(), &citicom().policy, &mut entropy).unwrap();
    let (bucket, locator) = (Bucket(5), ring.locator());
    let under = keys.new_bucket(Bucketed::Rings, 1, &mut entropy).unwrap();
    let (epoch, sealed_bucket) = keys.seal_bucket(bucket, &under, &mut entropy).unwrap();
    let at = (epoch, &sealed_bucket[..]);
    let sealed = ring.seal(&keys, bucket, &under, &mut entropy).unwrap();
    let under = keys.open_bucket(Bucketed::Rings, (bucket, 1, 1), at).unwrap();
    let back = Ring::open(&keys, locator, bucket, &under, &sealed).unwrap();
    assert_eq!(*back.to_bytes(), *ring.to_bytes());
    let not_here = Some(VaultError::DoesNotOpen);
    assert_eq!(Ring::open(&keys, Locator([0; 16]), bucket, &under, &sealed).err(), not_here, "another person");
    assert_eq!(Ring::open(&keys, locator, Bucket(6), &under, &sealed).err(), not_here, "another bucket");
    let next = keys.new_bucket(Bucketed::Rings, 2, &mut entropy).unwrap();
    assert_eq!(Ring::open(&keys, locator, bucket, &next, &sealed).err(), not_here, "a re-keyed bucket");
    assert_eq!(keys.open_bucket(Bucketed::Rings, (bucket, 2, 1), at).err(), not_here, "another generation");
    assert_eq!(keys.open_bucket(Bucketed::Rings, (Bucket(6), 1, 1), at).err(), not_here, "another bucket");
    assert_eq!(
        self::keys(ELSEWHERE, 1, 1).open_bucket(Bucketed::Rings, (bucket, 1, 1), at).err(),
        not_here,
        "elsewhere"
    );
    let same_number = Keys::new(HOME, secrets(1), EpochKey::from_bytes(EpochNo(1), [7; 32]));
    assert_eq!(
        same_number.open_bucket(Bucketed::Rings, (bucket, 1, 1), at).err(),
        not_here,
        "the key of an epoch counts"
    );
    // Two generations that happen to share a key: what was sealed under one is not taken for the other.
    let [first, second] = [1, 2].map(|number| keys.new_bucket(Bucketed::Rings, number, &mut Counting(50)).unwrap());
    let sealed = ring.seal(&keys, bucket, &first, &mut entropy).unwrap();
    assert!(Ring::open(&keys, locator, bucket, &first, &sealed).is_ok());
    assert_eq!(Ring::open(&keys, locator, bucket, &second, &sealed).err(), not_here, "another generation");
}

#[test]
fn nothing_opens_after_the_ring_was_shredded_and_its_epoch_closed() {
    let mut entropy = Counting(0);
    let today = keys(HOME, 1, 1);
    let ring = Ring::random(&home(), &citicom().policy, &mut entropy).unwrap();
    let account = ring.part(compartment_tag("account")).unwrap();
    let class = citicom().policy.classes()[0].tag;
    let row = account.seal_row(&HOME, &[(class, record("a"))], &[], &mut entropy).unwrap();
    let under = today.new_bucket(Bucketed::Rings, 1, &mut entropy).unwrap();
    let (epoch, old_bucket) = today.seal_bucket(Bucket(0), &under, &mut entropy).unwrap();
    let old_bucket = (epoch, &old_bucket[..]);
    let old_row = ring.seal(&today, Bucket(0), &under, &mut entropy).unwrap();
    let locator = ring.locator();
    drop(ring);
    // Whoever kept every file and the root key, and has the epoch of tomorrow, gets no further than the bucket.
    let tomorrow = keys(HOME, 1, 2);
    assert_eq!(
        tomorrow.open_bucket(Bucketed::Rings, (Bucket(0), 1, 1), old_bucket).err(),
        Some(VaultError::OtherEpoch)
    );
    let as_if = (tomorrow.epoch(), old_bucket.1);
    assert_eq!(tomorrow.open_bucket(Bucketed::Rings, (Bucket(0), 1, 1), as_if).err(), Some(VaultError::DoesNotOpen));
    let new_bucket = tomorrow.new_bucket(Bucketed::Rings, 2, &mut entropy).unwrap();
    assert_eq!(Ring::open(&tomorrow, locator, Bucket(0), &new_bucket, &old_row).err(), Some(VaultError::DoesNotOpen));
    for stranger in (0..50).map(|_| Ring::random(&home(), &citicom().policy, &mut entropy).unwrap()) {
        let part = stranger.part(compartment_tag("account")).unwrap();
        assert!(is_strange(part.danger_open_row(&HOME, &row).err()));
    }
    // The control run: with the key of the old epoch it does open, so the test above can fail.
    let under = today.open_bucket(Bucketed::Rings, (Bucket(0), 1, 1), old_bucket).unwrap();
    let ring = Ring::open(&today, locator, Bucket(0), &under, &old_row).unwrap();
    let part = ring.part(compartment_tag("account")).unwrap();
    assert_eq!(part.danger_open_row(&HOME, &row).unwrap()[0].1.find(NAME).unwrap().text.reveal(), "a");
}

#[test]
fn what_was_written_over_opens_until_the_ring_forgets_it_and_what_stands_opens_always() {
    let mut entropy = Counting(0);
    let mut ring = ring(ACCOUNT, Handle([8; 16]), CLASS);
    let row = |ring: &Ring, text: &str, before: &[u8], entropy: &mut Counting| {
        part(ring).seal_row(&HOME, &[(CLASS, record(text))], before, entropy).unwrap()
    };
    let first = row(&ring, "Айгүл", &[], &mut entropy);
    let second = row(&ring, "Айгерім", &first, &mut entropy);
    let third = row(&ring, "Әйгерім", &second, &mut entropy);
    assert_eq!(kepil_domain::vault::versions(&third).unwrap(), [(CLASS, 2)]);
    let text = |ring: &Ring, row: &[u8]| {
        let records = part(ring).danger_open_row(&HOME, row)?;
        Ok(records[0].1.find(NAME).unwrap().text.reveal().clone())
    };
    assert!([&first, &second, &third].iter().all(|row| text(&ring, row).is_ok()), "until then a copy opens");
    assert!(!ring.forget_before(Tag(11), &[(CLASS, 2)]), "elsewhere");
    assert!(ring.forget_before(ACCOUNT, &[(CLASS, 2)]));
    assert!(!ring.forget_before(ACCOUNT, &[(CLASS, 2)]) && !ring.forget_before(ACCOUNT, &[(CLASS, 1)]), "once");
    let gone = Err(VaultError::KeyDestroyed);
    assert_eq!([&first, &second].map(|row| text(&ring, row)), [gone.clone(), gone]);
    assert_eq!(text(&ring, &third).unwrap(), "Әйгерім");
    // Kept by the key store and opened again, it goes on from there.
    let ring = Ring::from_bytes(ring.locator(), &ring.to_bytes()).unwrap();
    let fourth = row(&ring, "Сәуле", &third, &mut entropy);
    assert_eq!(text(&ring, &fourth).unwrap(), "Сәуле");
    assert_eq!(text(&ring, &third).unwrap(), "Әйгерім", "until the next epoch");
}

#[test]
fn what_is_sealed_in_an_epoch_opens_while_its_key_is_held() {
    let mut entropy = Counting(0);
    let keys = keys(HOME, 1, 1);
    let (first, sealed) = keys.seal_in_epoch("ticket", b"a", b"text", &mut entropy).unwrap();
    assert_eq!(keys.turn_to(EpochNo(2)).err(), Some(VaultError::OtherEpoch), "a key that is not there");
    keys.hold(EpochKey::from_bytes(EpochNo(2), [9; 32]));
    keys.turn_to(EpochNo(2)).unwrap();
    let (second, next) = keys.seal_in_epoch("ticket", b"a", b"text", &mut entropy).unwrap();
    assert_eq!((first, second, keys.epoch()), (EpochNo(1), EpochNo(2), EpochNo(2)));
    let open = |at| keys.unseal_in_epoch("ticket", b"a", at).map(|plain| plain.to_vec());
    assert_eq!(open((first, &sealed)).unwrap(), b"text", "both open while both are held");
    assert_eq!(open((second, &next)).unwrap(), b"text");
    assert_eq!(open((second, &sealed)), Err(VaultError::DoesNotOpen));
    assert_eq!(keys.unseal_in_epoch("ticket", b"b", (second, &next)).err(), Some(VaultError::DoesNotOpen));
    assert_eq!(keys.unseal_in_epoch("worn", b"a", (second, &next)).err(), Some(VaultError::DoesNotOpen));
    assert!(keys.drop_others() && !keys.drop_others());
    assert_eq!(open((first, &sealed)), Err(VaultError::OtherEpoch));
    assert!(keys.holds(second) && !keys.holds(first));
}

#[test]
fn two_compartments_of_one_person_share_nothing() {
    let ring = Ring::random(&home(), &citicom().policy, &mut Counting(0)).unwrap();
    assert_eq!(ring.parts().len(), citicom().policy.compartments().len());
    let handles: std::collections::HashSet<Handle> = ring.parts().iter().map(RingPart::handle).collect();
    assert_eq!(handles.len(), ring.parts().len());
    let bytes = ring.to_bytes();
    let keys: Vec<&[u8]> = bytes.windows(32).filter(|window| window.iter().any(|byte| *byte != 0)).collect();
    let different: std::collections::HashSet<&&[u8]> = keys.iter().collect();
    assert_eq!(different.len(), keys.len(), "no key twice");
}

#[test]
fn a_later_edition_adds_to_a_ring_and_changes_nothing_in_it() {
    let first = common::compiled(&common::narrower());
    let mut entropy = Counting(0);
    let mut ring = Ring::random(&home(), &first, &mut entropy).unwrap();
    let part_before = ring.part(compartment_tag("account")).unwrap();
    let class = first.classes()[0].tag;
    let row = part_before.seal_row(&HOME, &[(class, record("a"))], &[], &mut entropy).unwrap();
    let second = &citicom().policy;
    let lacks = |tag: &Tag| !first.classes().iter().any(|class| class.tag == *tag);
    let grows = second.classes().iter().any(|class| lacks(&class.tag));
    assert_eq!(ring.extend(second, &mut entropy), Ok(grows));
    assert_eq!(ring.extend(second, &mut entropy), Ok(false), "once is enough");
    let part = ring.part(compartment_tag("account")).unwrap();
    assert!(part.danger_open_row(&HOME, &row).is_ok());
}

#[test]
fn a_registration_that_waits_comes_back_with_its_rows() {
    let mut entropy = Counting(0);
    let ring = Ring::random(&home(), &citicom().policy, &mut entropy).unwrap();
    let (bytes, locator) = (ring.to_bytes(), ring.locator());
    let pending = Pending { ring, rows: vec![(ACCOUNT, vec![1, 2]), (CLASS, Vec::new())] };
    let back = Pending::from_bytes(&pending.to_bytes().unwrap()).unwrap();
    assert!(back.ring.locator() == locator && *back.ring.to_bytes() == *bytes);
    assert_eq!(back.rows, [(ACCOUNT, vec![1, 2]), (CLASS, Vec::new())]);
}

// ---- ids for services

#[test]
fn an_id_for_a_service_is_stable_pairwise_and_reversible_by_the_vault_only() {
    let vault = keys(HOME, 1, 1);
    let (mail, market) = (vault.sector("mail"), vault.sector("market"));
    let person = Locator([6; 16]);
    let sub = mail.sub(&person).unwrap();
    assert!(sub == keys(HOME, 1, 2).sector("mail").sub(&person).unwrap(), "the same each time, in every epoch");
    assert!(mail.locator(&sub) == Some(person));
    assert!(sub != market.sub(&person).unwrap(), "another one for each service");
    assert!(market.locator(&sub).is_none(), "a service that was told another id gets nobody");
    assert!(keys(HOME, 2, 1).sector("mail").locator(&sub).is_none(), "another root key gets nobody");
    assert!(sub != mail.sub(&Locator([7; 16])).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_made_up_id_is_nobodys(text in "[A-Za-z0-9_-]{32}") {
        prop_assert!(keys(HOME, 1, 1).sector("mail").locator(&Sub::parse(&text).unwrap()).is_none());
    }

    #[test]
    fn a_changed_id_is_nobodys(person in any::<[u8; 16]>(), at in 0..32usize, letter in "[A-Za-z0-9_-]") {
        let sector = keys(HOME, 1, 1).sector("mail");
        let sub = sector.sub(&Locator(person)).unwrap();
        prop_assert_eq!(sector.locator(&sub).map(|it| it.0), Some(person));
        let mut text = sub.as_str().to_owned();
        text.replace_range(at..=at, &letter);
        let changed = Sub::parse(&text).unwrap();
        prop_assert!(changed == sub || sector.locator(&changed).is_none());
    }
}

// ---- tokens and what is sealed for other uses

#[test]
fn a_token_is_its_text_and_back_and_its_id_depends_on_its_kind() {
    let token = Token::random(&mut Counting(0)).unwrap();
    let back = Token::parse(&token.to_text()).unwrap();
    assert_eq!(back.danger_bytes(), token.danger_bytes());
    assert_eq!(back.id(1), token.id(1));
    assert_ne!(token.id(1), token.id(2));
    assert!(!token.id(1).windows(8).any(|window| token.danger_bytes().starts_with(window)));
    let text = token.to_text();
    let bad = [String::new(), "a".to_owned(), text.split_at(1).1.to_owned(), format!("{text}A"), format!("{text}=")];
    for bad in &bad {
        assert!(Token::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn what_is_sealed_for_one_use_opens_for_no_other() {
    let (keys, mut entropy) = (keys(HOME, 1, 1), Counting(0));
    let sealed = keys.seal_for("session", b"a", b"text", &mut entropy).unwrap();
    assert_eq!(keys.unseal_for("session", b"a", &sealed).unwrap().as_slice(), b"text");
    let not_here = Some(VaultError::DoesNotOpen);
    assert_eq!(keys.unseal_for("letter", b"a", &sealed).err(), not_here);
    assert_eq!(keys.unseal_for("session", b"b", &sealed).err(), not_here);
    assert_eq!(self::keys(ELSEWHERE, 1, 1).unseal_for("session", b"a", &sealed).err(), not_here);
    assert_eq!(self::keys(HOME, 2, 1).unseal_for("session", b"a", &sealed).err(), not_here);
}
