//! `kepil policy`: check, compare, print and publish bundles.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use kepil_policy::{Effect, Language, compile, diff, render_document};
use kepil_server::shelf::{PublishError, publish};

use super::{Failure, place::Place};
use crate::{folder::read_bundle, runtime::block_on};

/// What to do with bundles.
#[derive(Subcommand)]
pub enum PolicyCommand {
    /// Report every fault of a bundle: code, file, line, clause, hint
    Check {
        /// Folder of the bundle
        bundle: PathBuf,
    },
    /// Compare two bundles: what widens, narrows, stays
    Diff {
        /// Folder of the earlier bundle
        old: PathBuf,
        /// Folder of the later bundle
        new: PathBuf,
    },
    /// Print each row of the source policy: mechanism, test, kept or not kept
    Coverage {
        /// Folder of the bundle
        bundle: PathBuf,
    },
    /// Print a document of a bundle as Markdown, its tables generated
    Explain {
        /// Folder of the bundle
        bundle: PathBuf,
        /// Name of the document; the general policy when absent
        #[arg(long)]
        document: Option<String>,
        /// `ru`, `kk` or `en`
        #[arg(long, default_value = "ru")]
        language: String,
    },
    /// Publish a bundle as the next edition; it holds from the next day of its zone
    Publish {
        /// Folder of the bundle
        bundle: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: PolicyCommand) -> Result<ExitCode, Failure> {
    match command {
        PolicyCommand::Check { bundle } => check(&bundle),
        PolicyCommand::Diff { old, new } => compare(&old, &new),
        PolicyCommand::Coverage { bundle } => coverage(&bundle),
        PolicyCommand::Explain { bundle, document, language } => explain(&bundle, document.as_deref(), &language),
        PolicyCommand::Publish { bundle, place } => publish_bundle(&bundle, &place),
    }
}

fn check(folder: &std::path::Path) -> Result<ExitCode, Failure> {
    match compile(&read_bundle(folder)?) {
        Ok(policy) => {
            let (fields, services, purposes) = (policy.fields().len(), policy.services().len(), policy.uses().len());
            println!("ok: edition {}, {services} services, {purposes} purposes, {fields} fields", policy.edition());
            println!("hash: {}", policy.hash());
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            faults.iter().for_each(|fault| println!("{fault}"));
            println!("{} faults", faults.len());
            Ok(ExitCode::FAILURE)
        }
    }
}

fn compare(old: &std::path::Path, new: &std::path::Path) -> Result<ExitCode, Failure> {
    let (old, new) = (compiled(old)?, compiled(new)?);
    let changes = diff(&old, &new);
    changes.iter().for_each(|change| println!("{change}"));
    let widened = changes.iter().filter(|change| change.effect == Effect::Widened).count();
    println!("{} changes, {widened} of them need the person's acceptance", changes.len());
    Ok(ExitCode::SUCCESS)
}

fn coverage(folder: &std::path::Path) -> Result<ExitCode, Failure> {
    print!("{}", kepil_policy::coverage(&compiled(folder)?));
    Ok(ExitCode::SUCCESS)
}

fn explain(folder: &std::path::Path, document: Option<&str>, language: &str) -> Result<ExitCode, Failure> {
    let policy = compiled(folder)?;
    let language =
        Language::parse(language).ok_or_else(|| Failure::Plain(format!("`{language}` is not one of: ru, kk, en")))?;
    let found = match document {
        None => policy.general(),
        Some(name) => policy.documents().iter().find(|document| document.name == name),
    };
    let names: Vec<&str> = policy.documents().iter().map(|document| document.name.as_str()).collect();
    let found = found.ok_or_else(|| Failure::Plain(format!("no such document; there are: {}", names.join(", "))))?;
    println!("{}", render_document(&policy, found, language));
    Ok(ExitCode::SUCCESS)
}

fn publish_bundle(folder: &std::path::Path, place: &Place) -> Result<ExitCode, Failure> {
    let bundle = read_bundle(folder)?;
    let policy = compiled(folder)?;
    let found = place.find()?;
    if let Some(config) = &found.config {
        config.check_territory(policy.territory())?;
    }
    block_on(async {
        let system = found.system().await?;
        let policy = publish(&system, &bundle, found.now_s(&policy)?).await?;
        let edition = system.list_editions(0).await?.pop();
        let (no, effective_s) = edition.map_or((0, 0), |edition| (edition.no, edition.effective_s));
        let from = jiff::Timestamp::from_second(effective_s).map(|from| from.to_string()).unwrap_or_default();
        println!("published edition {} as number {no}; it holds from {from}", policy.edition());
        Ok(ExitCode::SUCCESS)
    })
}

fn compiled(folder: &std::path::Path) -> Result<kepil_policy::Policy, Failure> {
    Ok(compile(&read_bundle(folder)?).map_err(PublishError::Faulty)?)
}
