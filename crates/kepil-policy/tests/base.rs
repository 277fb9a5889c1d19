//! The base bundle is whole.
mod common;

#[test]
fn the_base_bundle_compiles() {
    let faults = kepil_policy::compile(&common::base()).err().unwrap_or_default();
    assert!(faults.is_empty(), "{}", common::report(&faults));
}
