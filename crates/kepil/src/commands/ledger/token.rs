//! `kepil ledger token`: the right of an auditor to read entries over HTTP, with an end. Clause 5.1.
//!
//! Entries say nothing about anyone; they are kept from the public because their number and hours tell how busy a service is.

use std::process::ExitCode;

use clap::Args;
use kepil_server::actions::audit_logs;
use kepil_store::OsEntropy;

use crate::commands::{
    Failure,
    place::{Place, last_edition},
};

/// Unit: days.
const DAYS_MAX: u32 = 366;

/// For which logs, and until when.
#[derive(Args)]
pub struct TokenArgs {
    #[command(flatten)]
    place: Place,
    /// Names of compartments; all of them when absent
    #[arg(long)]
    compartment: Vec<String>,
    /// Days until it ends
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(DAYS_MAX)))]
    days: u32,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub async fn run(args: TokenArgs) -> Result<ExitCode, Failure> {
    let found = args.place.find()?;
    let system = found.system().await?;
    let policy = last_edition(&system).await?;
    let names: Vec<String> = policy.compartments().iter().map(|compartment| compartment.name.clone()).collect();
    if let Some(unknown) = args.compartment.iter().find(|name| !names.contains(name)) {
        return Err(Failure::Plain(format!("the policy has no compartment `{unknown}`; it has: {}", names.join(", "))));
    }
    let logs = if args.compartment.is_empty() { names } else { args.compartment };
    let (now_s, days) = (found.now_s(&policy)?, i64::from(args.days));
    let token = audit_logs::admit(&system, logs, (now_s, now_s + days * 86_400), &mut OsEntropy).await?;
    println!("{}", token.as_str());
    println!("the token is shown once and ends in {days} days");
    Ok(ExitCode::SUCCESS)
}
