//! A policy bundle in a folder.

use std::{fs, path::Path};

use kepil_policy::Bundle;

use crate::commands::Failure;

/// Reads every `.toml` and `.md` file below `folder`.
///
/// # Errors
/// [`Failure::File`] when the folder or a file cannot be read as text.
pub fn read_bundle(folder: &Path) -> Result<Bundle, Failure> {
    let mut bundle = Bundle::default();
    read_into(folder, folder, &mut bundle)?;
    if bundle.files.is_empty() {
        return Err(Failure::Plain(format!(
            "`{}` has no `.toml` file: name the folder of a policy bundle",
            folder.display()
        )));
    }
    Ok(bundle)
}

fn read_into(root: &Path, folder: &Path, bundle: &mut Bundle) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file(folder, error))?;
    for entry in entries {
        let path = entry.map_err(|error| Failure::file(folder, error))?.path();
        if path.is_dir() {
            read_into(root, &path, bundle)?;
            continue;
        }
        let is_text = path.extension().is_some_and(|extension| extension == "toml" || extension == "md");
        let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str).filter(|_| is_text) else { continue };
        let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))?;
        bundle.files.insert(name.replace('\\', "/"), text);
    }
    Ok(())
}
