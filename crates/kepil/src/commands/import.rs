//! `kepil import`: people from an earlier system, with their password hashes. Interrupted, it goes on where it was.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Seek, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use aws_lc_rs::digest::{Context, SHA256};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kepil_domain::{Personal, hex};
use kepil_server::{
    App,
    actions::import::{self, AT_ONCE, Brought, HASH, Progress, Unfit},
};
use serde_json::{Map, Value};

use super::{Failure, place::Place};
use crate::runtime::block_on;

/// Whom to bring along.
#[derive(Args)]
pub struct ImportArgs {
    /// A CSV file whose first line names fields of the policy and `password_hash`; or, ending with `.json`, one object a
    /// line. Hashes: argon2, scrypt and pbkdf2 in PHC form, bcrypt
    file: PathBuf,
    /// Where to report the rows that were refused: row, column, reason; never a value
    #[arg(long, default_value = "refused.csv")]
    report: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(args: &ImportArgs) -> Result<ExitCode, Failure> {
    let found = args.place.find()?;
    block_on(async {
        let app = found.app().await?;
        let name = name_of(&args.file)?;
        let mut progress = import::find(&app, &name).await?;
        let mut report = open_report(&args.report, &progress)?;
        let total = rows(&args.file, &app)?.count() as u64;
        if progress.rows > 0 {
            println!("going on after row {}", progress.rows);
        }
        let bar = ProgressBar::new(total).with_position(progress.rows);
        let style = ProgressStyle::with_template("bringing people along {bar:30} {pos}/{len} ({eta} left)");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let done = usize::try_from(progress.rows).unwrap_or(usize::MAX);
        let mut rest = rows(&args.file, &app)?.skip(done);
        loop {
            let batch = rest.by_ref().take(AT_ONCE).collect::<Result<Vec<_>, _>>()?;
            if batch.is_empty() {
                break;
            }
            let refused = import::bring(&app, &name, &mut progress, batch).await?;
            write_report(&mut report, &args.report, &refused, &mut progress)?;
            bar.set_position(progress.rows);
        }
        import::note(&app, &name, &progress).await?;
        bar.finish_and_clear();
        println!("{} rows: {} people brought along, {} refused", progress.rows, progress.added, progress.refused);
        if progress.refused > 0 {
            println!("the report is in {}", args.report.display());
        }
        println!("nothing of them opens to a service before each has signed in and accepted");
        Ok(ExitCode::SUCCESS)
    })
}

/// What names an import: the hash of its file.
fn name_of(path: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::file(path, error);
    let mut file = File::open(path).map_err(failed)?;
    let (mut context, mut part) = (Context::new(&SHA256), vec![0; 64 * 1024]);
    loop {
        let len = file.read(&mut part).map_err(failed)?;
        match part.get(..len) {
            Some(bytes) if len > 0 => context.update(bytes),
            _ => return Ok(hex(context.finish().as_ref())),
        }
    }
}

/// The report, cut to what was noted: a row whose batch is done again is reported again.
fn open_report(path: &Path, progress: &Progress) -> Result<File, Failure> {
    let failed = |error| Failure::file(path, error);
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed)?;
    file.set_len(progress.report_bytes).map_err(failed)?;
    file.seek(SeekFrom::End(0)).map_err(failed)?;
    Ok(file)
}

fn write_report(
    file: &mut File,
    path: &Path,
    refused: &[(u64, Unfit)],
    progress: &mut Progress,
) -> Result<(), Failure> {
    let mut lines = String::new();
    if progress.report_bytes == 0 && !refused.is_empty() {
        lines.push_str("row,column,reason\n");
    }
    for (row, unfit) in refused {
        let (column, reason) = unfit.words();
        // Writing to a string does not fail.
        let _ = writeln!(lines, "{row},{column},{reason}");
    }
    file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()).map_err(|error| Failure::file(path, error))?;
    progress.report_bytes += lines.len() as u64;
    Ok(())
}

type Rows = Box<dyn Iterator<Item = Result<Brought, Failure>>>;

/// The rows of a file, numbered from 1. A column that the policy does not have stops before anything is written.
fn rows(path: &Path, app: &App) -> Result<Rows, Failure> {
    let known = import::columns(app)?;
    let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    if is_json { json_rows(path, known) } else { csv_rows(path, &known) }
}

fn unknown(path: &Path, column: &str, known: &[String]) -> Failure {
    let (file, known) = (path.display(), known.join(", "));
    Failure::Plain(format!("`{file}` has the column `{column}`, which is not brought along; there are: {known}"))
}

fn csv_rows(path: &Path, known: &[String]) -> Result<Rows, Failure> {
    let fault = |path: &Path, error: csv::Error| Failure::Plain(format!("`{}`: {error}", path.display()));
    let mut reader = csv::Reader::from_path(path).map_err(|error| fault(path, error))?;
    let header: Vec<String> = reader.headers().map_err(|error| fault(path, error))?.iter().map(str::to_owned).collect();
    if let Some(column) = header.iter().find(|column| !known.contains(column)) {
        return Err(unknown(path, column, known));
    }
    let path = path.to_owned();
    Ok(Box::new(reader.into_records().zip(1..).map(move |(record, row)| {
        let record = record.map_err(|error| fault(&path, error))?;
        let values = header.iter().cloned().zip(record.iter().map(str::to_owned));
        Ok(brought(row, values.collect()))
    })))
}

fn json_rows(path: &Path, known: Vec<String>) -> Result<Rows, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    let path = path.to_owned();
    let lines = BufReader::new(file).lines().filter(|line| !line.as_ref().is_ok_and(|line| line.trim().is_empty()));
    Ok(Box::new(lines.zip(1..).map(move |(line, row)| {
        let line = line.map_err(|error| Failure::file(&path, error))?;
        let members: Map<String, Value> = serde_json::from_str(&line)
            .map_err(|_| Failure::Plain(format!("`{}`: row {row} is no JSON object", path.display())))?;
        if let Some(column) = members.keys().find(|column| !known.contains(column)) {
            return Err(unknown(&path, column, &known));
        }
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            other => other.to_string(),
        };
        Ok(brought(row, members.into_iter().map(|(name, value)| (name, text(value))).collect()))
    })))
}

fn brought(row: u64, mut values: BTreeMap<String, String>) -> Brought {
    let hash = Personal::new(values.remove(HASH).unwrap_or_default());
    let values = values.into_iter().filter(|(_, value)| !value.is_empty());
    Brought { row, hash, values: values.map(|(name, value)| (name, Personal::new(value))).collect() }
}
