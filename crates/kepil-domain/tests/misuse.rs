//! What must not compile: forged, copied or reused proofs, and values about people that print, compare or serialise.
//!
//! Law 2 of the house. `TRYBUILD=overwrite` writes what the compiler says anew. The same misuse at run time, with proofs
//! of different acts or facts that are too old, is in `vault.rs`.

#[test]
fn misuse_of_proofs_and_personal_values_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
