//! `kepil officer`: the first people of the staff. The administrator gives a duty and sees no data.

use std::process::ExitCode;

use clap::Subcommand;
use kepil_domain::Personal;
use kepil_policy::{Policy, Power};
use kepil_server::actions::{ActionError, staff::link::invite};
use kepil_store::OsEntropy;

use super::{
    Failure,
    place::{Place, last_edition},
};
use crate::runtime::block_on;

/// What to do with officers.
#[derive(Subcommand)]
pub enum OfficerCommand {
    /// Print a link by which a person joins the staff with duties, once, within a day. It works while nobody can grant duties
    Add {
        /// The name by which the person signs in
        name: String,
        /// Name of a duty in the bundle; may be repeated
        #[arg(long, required = true)]
        duty: Vec<String>,
        /// Also when somebody can grant duties: the ledger says so
        #[arg(long)]
        recover: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: OfficerCommand) -> Result<ExitCode, Failure> {
    let OfficerCommand::Add { name, duty, recover, place } = command;
    let found = place.find()?;
    block_on(async {
        let system = found.system().await?;
        let policy = last_edition(&system).await?;
        check(&policy, &duty)?;
        let now_s = found.now_s(&policy)?;
        let token = invite(&system, &policy, &Personal::new(name), (duty, recover), now_s, &mut OsEntropy).await;
        let token = token.map_err(|error| match error {
            ActionError::Input(_) => Failure::Plain("nobody can sign in by this name: write an e-mail".to_owned()),
            other => other.into(),
        })?;
        println!("{}/staff/join?token={}", found.issuer, token.as_str());
        println!("the link is shown once, holds for a day and opens for this person alone");
        Ok(ExitCode::SUCCESS)
    })
}

fn check(policy: &Policy, duties: &[String]) -> Result<(), Failure> {
    if policy.staff().is_none() {
        return Err(Failure::Plain("the policy has no `[staff]`".to_owned()));
    }
    let names: Vec<&str> = policy.duties().iter().map(|duty| duty.name.as_str()).collect();
    if let Some(unknown) = duties.iter().find(|duty| !names.contains(&duty.as_str())) {
        let text = format!("the policy has no duty `{unknown}`; it has: {}", names.join(", "));
        return Err(Failure::Plain(text));
    }
    let grants =
        |name: &String| policy.duties().iter().any(|duty| duty.name == *name && duty.powers.contains(&Power::Staff));
    if duties.iter().any(grants) {
        Ok(())
    } else {
        let text = "the first officer needs a duty with the power `staff`; every other one is granted by an officer";
        Err(Failure::Plain(text.to_owned()))
    }
}
