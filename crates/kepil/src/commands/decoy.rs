//! `kepil decoy`: people who do not exist, so that whoever asks about them is noticed.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::ExitCode,
};

use clap::Subcommand;
use kepil_domain::Personal;
use kepil_server::{App, actions::plant};

use super::{Failure, place::Place};
use crate::runtime::block_on;

/// What to do with planted people.
#[derive(Subcommand)]
pub enum DecoyCommand {
    /// Plant people who do not exist: whoever asks about one raises an alarm. On the embedded engine, while no server runs
    Add {
        /// A file with one JSON object a line: values by the names of the policy's fields
        file: PathBuf,
        /// Name of a service that they use; may be repeated. It is printed how each service calls them
        #[arg(long)]
        service: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(command: DecoyCommand) -> Result<ExitCode, Failure> {
    let DecoyCommand::Add { file, service, place } = command;
    let found = place.find()?;
    block_on(async {
        let app = found.app().await?;
        check(&app, &service)?;
        let mut count = 0_usize;
        for line in lines(&file)? {
            let locator = plant::plant_decoy(&app, line?, &service).await?;
            for (name, sub) in plant::subs(&app, &locator, &service)? {
                println!("{name} {sub}");
            }
            count += 1;
        }
        println!("{count} planted; put them where a thief would find them, and where nobody else would ask");
        Ok(ExitCode::SUCCESS)
    })
}

fn check(app: &App, services: &[String]) -> Result<(), Failure> {
    let effective = app.policy()?;
    let unknown = services.iter().find(|name| effective.policy.find_service(name).is_none());
    unknown.map_or(Ok(()), |name| Err(Failure::Plain(format!("the policy has no service `{name}`"))))
}

type Values = BTreeMap<String, Personal<String>>;

fn lines(path: &PathBuf) -> Result<impl Iterator<Item = Result<Values, Failure>>, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    let path = path.clone();
    let lines = BufReader::new(file).lines().enumerate();
    let lines = lines.filter(|(_, line)| !line.as_ref().is_ok_and(|line| line.trim().is_empty()));
    Ok(lines.map(move |(at, line)| {
        let line = line.map_err(|error| Failure::file(&path, error))?;
        // What is in the line is not repeated.
        let fault = || Failure::Plain(format!("`{}`: line {} is no object of texts", path.display(), at + 1));
        let values: BTreeMap<String, String> = serde_json::from_str(&line).map_err(|_| fault())?;
        Ok(values.into_iter().map(|(name, value)| (name, Personal::new(value))).collect())
    }))
}
