//! `xtask/tidy.toml`: what the rules let pass, each with its reason, and the lists that rules need.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::TidyError;

/// Where it stands.
pub const PATH: &str = "xtask/tidy.toml";
const REASON_LEN_MIN: usize = 12;

/// What `tidy.toml` says. An unknown key is an error.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Names of fields that a log line may have. None of them may hold personal data.
    #[serde(default)]
    pub log_fields: Vec<String>,
    /// The folder of the bundle whose names may not stand in Rust.
    #[serde(default)]
    pub bundle: String,
    /// Crates from the bottom up: a crate may use those before it.
    #[serde(default)]
    pub layers: Vec<String>,
    /// Packages that may not be in `Cargo.lock` at all.
    #[serde(default)]
    pub never_locked: Vec<String>,
    /// What each crate may depend on.
    #[serde(default)]
    pub crates: BTreeMap<String, DependencyRule>,
    /// What the rules let pass.
    #[serde(default)]
    pub allow: Vec<Allowance>,
}

/// What a crate may depend on (development dependencies apart).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DependencyRule {
    /// These and nothing else.
    pub only: Option<Vec<String>>,
    /// Anything but these.
    #[serde(default)]
    pub never: Vec<String>,
}

/// A finding that is let pass.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The rule.
    pub rule: String,
    /// A file, a folder (ends with `/`), or `*`.
    pub path: String,
    /// The function or word; any when absent.
    pub item: Option<String>,
    /// Why.
    pub reason: String,
}

impl Config {
    /// # Errors
    /// [`TidyError::Config`] for wrong TOML, an unknown key, or an allowance without a reason.
    pub fn parse(text: &str) -> Result<Self, TidyError> {
        let config: Self = toml::from_str(text).map_err(|error| TidyError::Config(error.to_string()))?;
        match config.allow.iter().find(|one| one.reason.trim().len() < REASON_LEN_MIN) {
            Some(one) => Err(TidyError::Config(format!("`{}` for `{}` has no reason", one.rule, one.path))),
            None => Ok(config),
        }
    }
}

impl Allowance {
    /// Whether it speaks of this file.
    #[must_use]
    pub fn covers(&self, file: &str) -> bool {
        self.path == "*" || self.path == file || (self.path.ends_with('/') && file.starts_with(&self.path))
    }
}
