//! The blind index: a value has one holder, and neither a page nor its length says who is on it.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]

mod common;

use common::{Counting, Same, secrets};
use kepil_domain::{
    Installation, Locator, Personal,
    vault::{
        EpochKey, EpochNo, IndexPage, IndexTerm, Keys, NamedSecret, PAGES_BITS_MAX, SecretName, Secrets, Stage,
        VaultError,
    },
};

const HOME: Installation = Installation([1; 16]);
const ELSEWHERE: Installation = Installation([2; 16]);

fn keys(installation: Installation, root: u8, epoch: u8) -> Keys {
    let epoch_key = EpochKey::from_bytes(EpochNo(u64::from(epoch)), [100 + epoch; 32]);
    Keys::new(installation, secrets(root), epoch_key)
}

fn term(keys: &Keys, text: &str) -> IndexTerm {
    IndexTerm::of(keys, "email", &Personal::new(text.to_owned())).unwrap()
}

#[test]
fn a_page_of_the_index_shows_no_more_than_its_number_of_sixteens() {
    let keys = keys(HOME, 1, 1);
    let len = |entries: u8| {
        let mut page = IndexPage::empty(&keys, 0).unwrap();
        for entry in 0..entries {
            page.set(&keys, &term(&keys, &entry.to_string()), Locator([entry; 16])).unwrap();
        }
        page.seal(&keys, 0, &mut Counting(0)).unwrap().1.len()
    };
    assert!((0..=16).all(|entries| len(entries) == len(0)));
    assert!((17..=32).all(|entries| len(entries) == len(0) + 16 * 32));
    // Who goes does not make it shorter, and one is as long as another at the end of an epoch.
    let (keys, mut page) = (self::keys(HOME, 1, 1), IndexPage::empty(&keys, 0).unwrap());
    for entry in 0..40 {
        page.set(&keys, &term(&keys, &entry.to_string()), Locator([entry; 16])).unwrap();
    }
    page.retain(0, |locator| locator.0[0] < 3);
    assert_eq!(page.seal(&keys, 0, &mut Counting(0)).unwrap().1.len(), len(40));
    let mut other = IndexPage::empty(&keys, 0).unwrap();
    other.retain(len(40), |_| true);
    let (epoch, sealed) = other.seal(&keys, 0, &mut Counting(0)).unwrap();
    assert_eq!(sealed.len(), len(40));
    let again = IndexPage::open(&keys, (0, 0), 1, (epoch, &sealed)).unwrap();
    assert_eq!(again.seal(&keys, 0, &mut Counting(0)).unwrap().1.len(), len(40));
}

#[test]
fn a_value_belongs_to_one_person() {
    let keys = keys(HOME, 1, 1);
    let term = |name: &str, text: &str| IndexTerm::of(&keys, name, &Personal::new(text.to_owned())).unwrap();
    let (email, one, other) = (term("email", "a@b.kz"), Locator([1; 16]), Locator([2; 16]));
    let mut page = IndexPage::empty(&keys, 0).unwrap();
    page.set(&keys, &email, one).unwrap();
    let holder = |page: &IndexPage, term: &IndexTerm| page.find(&keys, term).unwrap();
    assert!(holder(&page, &email) == Some(one));
    assert!(holder(&page, &term("email", "a@b.kz ")).is_none() && holder(&page, &term("login", "a@b.kz")).is_none());
    assert!(!page.remove(&keys, &email, other).unwrap(), "nobody gives up what is another's");
    page.set(&keys, &email, other).unwrap();
    assert!(holder(&page, &email) == Some(other));
    assert!(!page.remove(&keys, &email, one).unwrap(), "there is one holder at a time");
    assert!(page.remove(&keys, &email, other).unwrap() && holder(&page, &email).is_none());
}

#[test]
fn a_page_opens_in_its_place_and_epoch_only_and_shows_nobody() {
    let (today, mut entropy) = (keys(HOME, 1, 1), Counting(0));
    let (term, person) = (term(&today, "a@b.kz"), Locator([0xAB; 16]));
    let place = term.page(8);
    let mut page = IndexPage::empty(&today, place.0).unwrap();
    page.set(&today, &term, person).unwrap();
    let (epoch, sealed) = page.seal(&today, place.1, &mut entropy).unwrap();
    let back = IndexPage::open(&today, place, 1, (epoch, &sealed)).unwrap();
    assert!(back.find(&today, &term).unwrap() == Some(person));
    let not_here = Some(VaultError::DoesNotOpen);
    let refused = |keys: &Keys, place| IndexPage::open(keys, place, 1, (keys.epoch(), &sealed)).err();
    assert_eq!(refused(&today, (place.0, place.1 ^ 1)), not_here, "another page");
    assert_eq!(refused(&today, (place.0 ^ 1, place.1)), not_here, "another field");
    assert_eq!(refused(&keys(HOME, 1, 2), place), not_here, "another epoch");
    assert_eq!(IndexPage::open(&keys(HOME, 1, 2), place, 1, (epoch, &sealed)).err(), Some(VaultError::OtherEpoch));
    assert_eq!(IndexPage::open(&today, place, 2, (epoch, &sealed)).err(), Some(VaultError::OtherSecret));
    assert_eq!(refused(&keys(ELSEWHERE, 1, 1), place), not_here, "elsewhere");
    let same_number = Keys::new(HOME, secrets(1), EpochKey::from_bytes(EpochNo(1), [7; 32]));
    assert_eq!(refused(&same_number, place), not_here, "the key of an epoch counts, not its number");
    assert!(!sealed.windows(16).any(|window| window == person.0), "no locator in the clear");
}

#[test]
fn a_later_field_key_goes_over_a_page_and_everybody_on_it_is_found() {
    let keys = keys(HOME, 1, 1);
    let (field, _) = term(&keys, "").page(0);
    let person = |number: u8| Locator([number; 16]);
    let mut page = IndexPage::empty(&keys, field).unwrap();
    for number in 0..40 {
        page.set(&keys, &term(&keys, &number.to_string()), person(number)).unwrap();
    }
    let next = |version, byte, stage| {
        let secret = NamedSecret::random(SecretName::Fields, version, 0, &mut Same(byte)).unwrap();
        let secrets = keys.secrets();
        let all = secrets.list().iter().filter(|it| it.version != version).cloned();
        keys.hold_secrets(0, Secrets::new(all.chain([secret.at(stage)]).collect()).unwrap());
    };
    next(2, 9, Stage::Made);
    page.catch_up(&keys).unwrap();
    assert_eq!(page.version(), 1, "not before every node knows it");
    next(2, 9, Stage::Replacing);
    next(3, 8, Stage::Replacing);
    page.catch_up(&keys).unwrap();
    let sealed = page.seal(&keys, 0, &mut Counting(0)).unwrap();
    let back = IndexPage::open(&keys, (field, 0), page.version(), (sealed.0, &sealed.1)).unwrap();
    assert_eq!(back.version(), 3);
    for number in 0..40 {
        assert!(back.find(&keys, &term(&keys, &number.to_string())).unwrap() == Some(person(number)));
    }
    // Whoever has the first version only, and the page, finds nobody on it.
    let stolen = self::keys(HOME, 1, 1);
    let refused = IndexPage::open(&stolen, (field, 0), 3, (sealed.0, &sealed.1)).err();
    assert_eq!(refused, Some(VaultError::OtherSecret));
    next(2, 7, Stage::Settled);
    assert!(back.find(&keys, &term(&keys, "7")).unwrap().is_none(), "nor does another key");
}

#[test]
fn the_page_of_a_value_needs_the_root_key_and_is_one_of_those_there_are() {
    let address = Personal::new("a@b.kz".to_owned());
    let pages = |root: u8, bits: u32| IndexTerm::of(&keys(HOME, root, 1), "email", &address).unwrap().page(bits);
    assert_eq!(pages(1, 16), pages(1, 16));
    let roots: std::collections::HashSet<u32> = (0..40).map(|root| pages(root, 16).1).collect();
    assert!(roots.len() > 30, "a dictionary without the root key finds no page");
    for bits in 0..=PAGES_BITS_MAX {
        assert!((0..40).all(|root| pages(root, bits).1 < 1 << bits), "{bits} bits");
        assert_eq!(pages(1, bits).1, pages(1, PAGES_BITS_MAX).1 >> (PAGES_BITS_MAX - bits));
    }
    assert_eq!(pages(1, 99), pages(1, PAGES_BITS_MAX));
}
