//! `kepil sealer`: the folders that hold the keys. Clauses 3.7, 5.1.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;

use super::{Failure, place::Place};

/// What to do with sealers.
#[derive(Subcommand)]
pub enum SealerCommand {
    /// Prepare a new folder; it gets the keys when it is named under `sealers` and a node starts
    Add {
        /// The folder, on a disk of its own
        folder: PathBuf,
        #[command(flatten)]
        place: Place,
    },
    /// List the folders and of which epochs each has the key
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: SealerCommand) -> Result<ExitCode, Failure> {
    match command {
        SealerCommand::Add { folder, place } => {
            place.find()?.store.add_sealer(&folder)?;
            println!("name `{}` under `sealers` on every node and start anew: then it has the keys", folder.display());
        }
        SealerCommand::List { place } => {
            let mut is_whole = true;
            for (folder, epochs) in place.find()?.store.list_sealers()? {
                match epochs {
                    Ok(epochs) => {
                        let epochs: Vec<String> = epochs.iter().map(|epoch| epoch.0.to_string()).collect();
                        println!("{}  epochs: {}", folder.display(), epochs.join(", "));
                    }
                    Err(error) => {
                        is_whole = false;
                        println!("{}  does not answer: {error}", folder.display());
                    }
                }
            }
            if !is_whole {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
