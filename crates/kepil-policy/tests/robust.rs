//! Whatever stands in a bundle's files, the compiler answers: it never panics, and its answer does not depend on chance.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may stop at the first surprise")]
mod common;

use kepil_policy::{Bundle, Language, compile, diff, render_document};
use proptest::prelude::*;

/// Cut after every so many letters.
const STEP: usize = 61;

#[test]
fn a_bundle_cut_anywhere_is_answered() {
    let whole = common::base();
    for (path, text) in &whole.files {
        for (at, _) in text.char_indices().step_by(STEP) {
            let mut bundle = whole.clone();
            let cut = text.get(..at).unwrap().to_owned();
            bundle.files.insert(path.clone(), cut);
            let faults = compile(&bundle).err().unwrap_or_default();
            assert!(faults.iter().all(|fault| fault.place.line > 0), "{path} cut at {at}");
        }
    }
}

#[test]
fn no_bundle_at_all_is_one_fault() {
    assert_eq!(compile(&Bundle::default()).unwrap_err().len(), 1);
}

#[test]
fn a_kept_edition_comes_back_as_the_same_policy() {
    let bundle = common::base();
    let back = Bundle::from_text(&bundle.to_text()).unwrap();
    assert_eq!(back, bundle);
    let (old, new) = (compile(&bundle).unwrap(), compile(&back).unwrap());
    assert_eq!(old.hash(), new.hash());
    assert_eq!(diff(&old, &new), []);
    assert_eq!(format!("{old:?}").len(), format!("{new:?}").len());
}

/// One place of one file, and what is put there instead of the letters that follow.
fn splice() -> impl Strategy<Value = (usize, usize, usize, String)> {
    let odd = prop_oneof![
        Just("\u{0}".to_owned()),
        Just("[[".to_owned()),
        Just("]".to_owned()),
        Just("{{".to_owned()),
        Just("= 99999999999999999999".to_owned()),
        Just("-1".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("🦀ә".to_owned()),
        "\\PC{0,12}",
        "[a-z_]{1,8} = [0-9]{1,4}\n",
    ];
    (any::<usize>(), any::<usize>(), 0usize..40, odd)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_bundle_with_anything_in_it_is_answered_twice_alike(splices in prop::collection::vec(splice(), 1..4)) {
        let mut bundle = common::base();
        let paths: Vec<String> = bundle.files.keys().cloned().collect();
        for (file, at, len, odd) in splices {
            let path = paths.get(file % paths.len()).unwrap();
            let letters: Vec<char> = bundle.files.get(path).unwrap().chars().collect();
            let at = at % letters.len().max(1);
            let kept = letters.iter().take(at).chain(odd.chars().collect::<Vec<_>>().iter()).chain(letters.iter().skip(at + len)).collect();
            bundle.files.insert(path.clone(), kept);
        }
        match (compile(&bundle), compile(&bundle)) {
            (Err(one), Err(two)) => prop_assert_eq!(one, two),
            (Ok(one), Ok(two)) => {
                prop_assert_eq!(one.hash(), two.hash());
                prop_assert!(diff(&one, &two).is_empty());
                for document in one.documents() {
                    for language in Language::ALL {
                        let text = render_document(&one, document, *language);
                        prop_assert!(!text.contains("{{"));
                    }
                }
            }
            _ => panic!("one answer and the other"),
        }
    }
}
