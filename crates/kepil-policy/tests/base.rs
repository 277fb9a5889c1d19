//! The base bundle is whole, and so is every bundle that the project ships.
#![allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod common;

use std::path::Path;

#[test]
fn the_base_bundle_compiles() {
    let faults = kepil_policy::compile(&common::base()).err().unwrap_or_default();
    assert!(faults.is_empty(), "{}", common::report(&faults));
}

#[test]
fn every_shipped_bundle_compiles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut count = 0;
    for bundle in std::fs::read_dir(folder).unwrap() {
        let Some(bundle) = common::read(&bundle.unwrap().path()) else { continue };
        let faults = kepil_policy::compile(&bundle).err().unwrap_or_default();
        assert!(faults.is_empty(), "{}", common::report(&faults));
        count += 1;
    }
    assert!(count > 0, "there is no bundle in `policies`");
}
