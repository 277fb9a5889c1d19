//! The blind index: a value has one holder, and neither a page nor its length says who is on it.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

mod common;

use common::Counting;
use kepil_domain::{
    Installation, Locator, Personal,
    vault::{EpochKey, EpochNo, IndexPage, IndexTerm, Keys, PAGES_BITS_MAX, RootKey, VaultError},
};

const HOME: Installation = Installation([1; 16]);
const ELSEWHERE: Installation = Installation([2; 16]);

fn keys(installation: Installation, root: u8, epoch: u8) -> Keys {
    let epoch_key = EpochKey::from_bytes(EpochNo(u64::from(epoch)), [100 + epoch; 32]);
    Keys::new(installation, RootKey::from_bytes([root; 32]), epoch_key)
}

#[test]
fn a_page_of_the_index_shows_no_more_than_its_number_of_sixteens() {
    let keys = keys(HOME, 1, 1);
    let len = |entries: u8| {
        let mut page = IndexPage::default();
        for entry in 0..entries {
            page.set(&IndexTerm::of(&keys, "email", &Personal::new(entry.to_string())), Locator([entry; 16]));
        }
        page.seal(&keys, (0, 0), &mut Counting(0)).unwrap().1.len()
    };
    assert!((0..=16).all(|entries| len(entries) == len(0)));
    assert!((17..=32).all(|entries| len(entries) == len(0) + 16 * 32));
    // Who goes does not make it shorter, and one is as long as another at the end of an epoch.
    let (keys, mut page) = (self::keys(HOME, 1, 1), IndexPage::default());
    for entry in 0..40 {
        page.set(&IndexTerm::of(&keys, "email", &Personal::new(entry.to_string())), Locator([entry; 16]));
    }
    page.retain(0, |locator| locator.0[0] < 3);
    assert_eq!(page.seal(&keys, (0, 0), &mut Counting(0)).unwrap().1.len(), len(40));
    let mut other = IndexPage::default();
    other.retain(len(40), |_| true);
    let (epoch, sealed) = other.seal(&keys, (0, 0), &mut Counting(0)).unwrap();
    assert_eq!(sealed.len(), len(40));
    let again = IndexPage::open(&keys, (0, 0), (epoch, &sealed)).unwrap();
    assert_eq!(again.seal(&keys, (0, 0), &mut Counting(0)).unwrap().1.len(), len(40));
}

#[test]
fn a_value_belongs_to_one_person() {
    let keys = keys(HOME, 1, 1);
    let term = |name: &str, text: &str| IndexTerm::of(&keys, name, &Personal::new(text.to_owned()));
    let (email, one, other) = (term("email", "a@b.kz"), Locator([1; 16]), Locator([2; 16]));
    let mut page = IndexPage::default();
    page.set(&email, one);
    assert!(page.find(&email) == Some(one));
    assert!(page.find(&term("email", "a@b.kz ")).is_none() && page.find(&term("login", "a@b.kz")).is_none());
    assert!(!page.remove(&email, other), "nobody gives up what is another's");
    page.set(&email, other);
    assert!(page.find(&email) == Some(other) && !page.remove(&email, one), "there is one holder at a time");
    assert!(page.remove(&email, other) && page.find(&email).is_none());
}

#[test]
fn a_page_opens_in_its_place_and_epoch_only_and_shows_nobody() {
    let (today, mut entropy) = (keys(HOME, 1, 1), Counting(0));
    let (term, person) = (IndexTerm::of(&today, "email", &Personal::new("a@b.kz".to_owned())), Locator([0xAB; 16]));
    let mut page = IndexPage::default();
    page.set(&term, person);
    let place = term.page(8);
    let (epoch, sealed) = page.seal(&today, place, &mut entropy).unwrap();
    assert!(IndexPage::open(&today, place, (epoch, &sealed)).unwrap().find(&term) == Some(person));
    let not_here = Some(VaultError::DoesNotOpen);
    let refused = |keys: &Keys, place| IndexPage::open(keys, place, (keys.epoch(), &sealed)).err();
    assert_eq!(refused(&today, (place.0, place.1 ^ 1)), not_here, "another page");
    assert_eq!(refused(&today, (place.0 ^ 1, place.1)), not_here, "another field");
    assert_eq!(refused(&keys(HOME, 1, 2), place), not_here, "another epoch");
    assert_eq!(IndexPage::open(&keys(HOME, 1, 2), place, (epoch, &sealed)).err(), Some(VaultError::OtherEpoch));
    assert_eq!(refused(&keys(ELSEWHERE, 1, 1), place), not_here, "elsewhere");
    let same_number = Keys::new(HOME, RootKey::from_bytes([1; 32]), EpochKey::from_bytes(EpochNo(1), [7; 32]));
    assert_eq!(refused(&same_number, place), not_here, "the key of an epoch counts, not its number");
    assert!(!sealed.windows(16).any(|window| window == person.0), "no locator in the clear");
}

#[test]
fn the_page_of_a_value_needs_the_root_key_and_is_one_of_those_there_are() {
    let address = Personal::new("a@b.kz".to_owned());
    let pages = |root: u8, bits: u32| IndexTerm::of(&keys(HOME, root, 1), "email", &address).page(bits);
    assert_eq!(pages(1, 16), pages(1, 16));
    let roots: std::collections::HashSet<u32> = (0..40).map(|root| pages(root, 16).1).collect();
    assert!(roots.len() > 30, "a dictionary without the root key finds no page");
    for bits in 0..=PAGES_BITS_MAX {
        assert!((0..40).all(|root| pages(root, bits).1 < 1 << bits), "{bits} bits");
        assert_eq!(pages(1, bits).1, pages(1, PAGES_BITS_MAX).1 >> (PAGES_BITS_MAX - bits));
    }
    assert_eq!(pages(1, 99), pages(1, PAGES_BITS_MAX));
}
