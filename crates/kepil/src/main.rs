//! The binary: commands, configuration, wiring. Start reading at [`cli`], then a file of `commands/`.

mod cli;
mod commands;
mod config;
mod demo;
mod folder;
mod runtime;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kepil: {error}");
            ExitCode::FAILURE
        }
    }
}
