//! Tidy on the real tree: the test that every other rule of the house leans on.

use std::path::Path;

#[test]
fn the_tree_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match xtask::tidy::check(&root) {
        Ok(findings) if findings.is_empty() => {}
        Ok(findings) => {
            let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
            panic!("tidy found {}:\n{}", lines.len(), lines.join("\n"));
        }
        Err(error) => panic!("tidy could not look: {error}"),
    }
}
