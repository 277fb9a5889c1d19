//! A bundle as the caller read it: paths and texts; its canonical bytes and their hash.

use std::collections::BTreeMap;

use crate::{
    PolicyHash,
    diagnostic::{Code, Diagnostic, Place},
};

/// The files of a bundle: path inside the folder, with `/`, and text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bundle {
    /// Every file by its path.
    pub files: BTreeMap<String, String>,
}

impl Bundle {
    /// One text that holds the whole bundle, for keeping an edition.
    #[must_use]
    pub fn to_text(&self) -> String {
        // A map of strings always has a TOML form.
        toml::to_string(&self.files).unwrap_or_default()
    }

    /// The way back from [`Self::to_text`].
    ///
    /// # Errors
    /// A [`Diagnostic`] when the text is of another form.
    pub fn from_text(text: &str) -> Result<Self, Diagnostic> {
        let files = toml::from_str(text).map_err(|error| Diagnostic {
            code: Code::Syntax,
            place: Place { file: "kept edition".to_owned(), line: 0 },
            message: error.message().to_owned(),
            hint: "the kept edition was altered: restore the system database".to_owned(),
        })?;
        Ok(Self { files })
    }

    /// SHA-256 over the canonical bytes: tables without comments and white space, texts with plain line ends.
    #[must_use]
    pub fn hash(&self) -> PolicyHash {
        let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
        let mut part = |bytes: &[u8]| {
            context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(bytes);
        };
        for (path, text) in &self.files {
            part(path.as_bytes());
            let is_table = is_table(path);
            let table = is_table.then(|| text.parse::<toml::Table>().ok()).flatten();
            let canonical = match table {
                Some(table) => toml::to_string(&sorted(table)).unwrap_or_default(),
                None => text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"),
            };
            part(canonical.as_bytes());
        }
        let mut hash = [0; 32];
        hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        PolicyHash(hash)
    }
}

/// The table with its keys in order, plain values before tables, so that TOML can write it.
fn sorted(table: toml::Table) -> toml::Table {
    let mut pairs: Vec<(String, toml::Value)> = table.into_iter().collect();
    pairs.sort_by(|(a, x), (b, y)| (x.is_table(), a).cmp(&(y.is_table(), b)));
    let inner = |value| match value {
        toml::Value::Table(table) => toml::Value::Table(sorted(table)),
        other => other,
    };
    pairs.into_iter().map(|(key, value)| (key, inner(value))).collect()
}

/// Whether the file at `path` holds tables.
pub(crate) fn is_table(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending == "toml")
}
