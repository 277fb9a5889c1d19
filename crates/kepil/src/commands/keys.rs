//! `kepil keys`: the keys that sign tokens.

use std::process::ExitCode;

use clap::Subcommand;

use super::{
    Failure,
    place::{Place, last_edition},
};
use crate::runtime::block_on;

/// What to do with keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Ask for the next key of each algorithm; running servers make it within a minute and sign with it two hours later
    Rotate {
        #[command(flatten)]
        place: Place,
    },
    /// List the keys: algorithm, number, when made, when the next one is due
    Status {
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: KeysCommand) -> Result<ExitCode, Failure> {
    block_on(async {
        match command {
            KeysCommand::Rotate { place } => {
                let found = place.find()?;
                let system = found.system().await?;
                system.end_signing_keys(found.now_s(&last_edition(&system).await?)?).await?;
                println!("the next keys are asked for; `kepil keys status` shows them when a server has made them");
            }
            KeysCommand::Status { place } => {
                let at = |unix_s| jiff::Timestamp::from_second(unix_s).map(|at| at.to_string()).unwrap_or_default();
                for key in place.find()?.system().await?.list_key_dates().await? {
                    println!("{:<6} {:>3}  made {}  next {}", key.alg, key.number, at(key.made_s), at(key.ends_s));
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}
