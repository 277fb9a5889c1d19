//! What the tests of this crate share: reading a bundle folder.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test file uses a part; tests may stop at the first surprise"
)]

use std::path::Path;

use kepil_policy::{Bundle, Diagnostic};

/// The bundle of `tests/bundle`.
pub fn base() -> Bundle {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bundle")).unwrap()
}

/// The bundle in `root`; `None` when there is no `policy.toml`.
pub fn read(root: &Path) -> Option<Bundle> {
    let mut bundle = Bundle::default();
    for folder in ["", "services", "texts"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else { continue };
        for file in files {
            let path = file.unwrap().path();
            let is_part = path.extension().is_some_and(|end| end == "toml" || end == "md");
            if path.is_file() && is_part {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                bundle.files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    bundle.files.contains_key("policy.toml").then_some(bundle)
}

/// Faults as a person reads them.
pub fn report(faults: &[Diagnostic]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}
