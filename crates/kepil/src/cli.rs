//! The commands and their options.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    commands::{
        Failure, backup, decoy, destroy, doctor, import, init, keys, ledger, officer, policy, restore, sealer, serve,
        service, witness,
    },
    demo,
};

/// Runs a privacy policy: one account for all services, and the only door to people's data.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start the provider and sample services on loopback, with synthetic people
    Demo(demo::DemoArgs),
    /// Make a new installation: keys, databases, the first edition
    Init(ConfigArgs),
    /// Serve people and services
    Serve(ConfigArgs),
    /// Check, compare and publish policy bundles
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Register the services' clients
    #[command(subcommand)]
    Service(service::ServiceCommand),
    /// Add the first officers
    #[command(subcommand)]
    Officer(officer::OfficerCommand),
    /// Plant people who do not exist, so that whoever asks about them is noticed
    #[command(subcommand)]
    Decoy(decoy::DecoyCommand),
    /// Bring people along from an earlier system
    Import(import::ImportArgs),
    /// See what was destroyed and is still in copies, and end that
    Destroy(destroy::DestroyArgs),
    /// Copy the databases while the server runs
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Bring a copy back: what was withdrawn, blocked, revoked or destroyed since stays so
    Restore(restore::RestoreArgs),
    /// Look over an installation: whether its databases could be joined
    #[command(subcommand)]
    Doctor(doctor::DoctorCommand),
    /// Rotate the keys that sign tokens
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Add and list the folders that hold the keys
    #[command(subcommand)]
    Sealer(sealer::SealerCommand),
    /// Verify the ledger and receipts, offline
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Co-sign the checkpoints of somebody else's ledgers, and refuse where they do not only grow
    Witness(witness::WitnessArgs),
}

/// Which configuration to use.
#[derive(Args)]
pub struct ConfigArgs {
    /// The configuration file
    #[arg(long, default_value = "kepil.toml")]
    pub config: PathBuf,
}

impl Cli {
    /// Runs the command.
    ///
    /// # Errors
    /// [`Failure`] that says what went wrong and how to mend it.
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Demo(args) => demo::run(args),
            Command::Init(args) => init::run(&args),
            Command::Serve(args) => serve::run(&args),
            Command::Policy(command) => policy::run(command),
            Command::Service(command) => service::run(command),
            Command::Officer(command) => officer::run(command),
            Command::Decoy(command) => decoy::run(command),
            Command::Import(args) => import::run(&args),
            Command::Destroy(args) => destroy::run(&args),
            Command::Backup(command) => backup::run(command),
            Command::Restore(args) => restore::run(&args),
            Command::Doctor(command) => doctor::run(command),
            Command::Keys(command) => keys::run(command),
            Command::Sealer(command) => sealer::run(command),
            Command::Ledger(command) => ledger::run(command),
            Command::Witness(args) => witness::run(args),
        }
    }
}
