//! The binary: commands, configuration, wiring. Start reading at [`cli`], then a file of `commands/`.

mod cli;
mod commands;
mod config;
mod demo;
mod folder;
mod memory;
mod runtime;
mod territory;

use std::process::ExitCode;

use clap::Parser;

/// A sixth of the work of a request is to allocate and free; the C library's allocator takes twice as long over it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Err(error) = memory::seal() {
        eprintln!("kepil: core dumps cannot be turned off: {error}");
        return ExitCode::FAILURE;
    }
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kepil: {error}");
            ExitCode::FAILURE
        }
    }
}
