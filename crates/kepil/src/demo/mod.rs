//! `kepil demo`: the provider and sample services on loopback, with synthetic people. Nothing else to set up.
//!
//! Start reading at [`run`]. Names of fields and services that stand here are those of the demo's bundle.

mod browser;
mod people;
mod sample;

use std::{
    io::Write,
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{Args, Subcommand};
use kepil_domain::ledger::WitnessVerifyKey;
use kepil_policy::compile;
use kepil_server::{
    App, AppConfig,
    app::{MailConfig, WitnessConfig},
    egress::TextConfig,
    http::sender::Network,
    oidc::NewClient,
    shelf::PublishError,
};
use kepil_store::{Engine, Installed, OsEntropy, Store, StoreConfig, SystemClock};
use tokio::sync::watch;

use crate::{
    commands::Failure,
    folder::read_bundle,
    runtime::{self, SharedStore},
};

const FOLDER: &str = "kepil-demo";
const MARK: &str = "this folder was made by kepil demo\n";

/// What the demo shall do.
#[derive(Args)]
pub struct DemoArgs {
    #[command(subcommand)]
    command: Option<DemoCommand>,
    /// Folder for data, keys and letters; kept, and used again
    #[arg(long, global = true)]
    data_dir: Option<PathBuf>,
    /// Folder of the policy bundle
    #[arg(long, default_value = "policies/citicom")]
    bundle: PathBuf,
    /// How many synthetic people
    #[arg(long, default_value_t = 1000)]
    people: u32,
    /// First of the ports: the provider's; the services take the next ones
    #[arg(long, default_value_t = 8400)]
    port: u16,
    /// Under which name of this machine people reach the provider; passkeys need one that is no number: `localhost`
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Network of a proxy in front whose `X-Forwarded-For` is believed, such as `127.0.0.1/32`
    #[arg(long)]
    proxy: Vec<Network>,
    /// Let `kepil demo advance` move the clock
    #[arg(long)]
    clock: bool,
    /// A file of sorted SHA-1 hashes of stolen passwords, which are not taken
    #[arg(long)]
    stolen: Option<PathBuf>,
    /// A PostgreSQL connection text, instead of the embedded engine
    #[arg(long)]
    postgres: Option<String>,
    /// A witness of the ledgers: its address, a comma, its public key
    #[arg(long)]
    witness: Vec<String>,
}

/// What to do with a running demo.
#[derive(Subcommand)]
pub enum DemoCommand {
    /// Move the clock of a demo that runs with `--clock`: `1d`, `12h`, `30m`
    Advance {
        /// By how much
        by: String,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(args: DemoArgs) -> Result<ExitCode, Failure> {
    let folder = args.data_dir.clone().unwrap_or_else(|| PathBuf::from(FOLDER));
    match &args.command {
        Some(DemoCommand::Advance { by }) => advance(&folder, by),
        None => start(&args, &folder),
    }
}

/// Where a demo that is not on the embedded engine writes its connection text.
const POSTGRES: &str = "postgres";

/// Where data and keys of the demo in `folder` are.
pub fn store(folder: &Path) -> StoreConfig {
    let sealers = ["sealer", "sealer-2"].map(|name| folder.join(name)).to_vec();
    StoreConfig { journal: vec![folder.join("journal")], ..StoreConfig::new(engine(folder), sealers) }
}

/// The engine of the demo in `folder`.
pub fn engine(folder: &Path) -> Engine {
    match std::fs::read_to_string(folder.join(POSTGRES)) {
        Ok(url) => Engine::Postgres { url },
        Err(_) => Engine::Sqlite { folder: folder.join("store") },
    }
}

/// Where a demo writes its own address.
const ISSUER: &str = "issuer";

/// Where people reach the demo in `folder`.
///
/// # Errors
/// [`Failure`] when none ran there.
pub fn issuer(folder: &Path) -> Result<String, Failure> {
    let path = folder.join(ISSUER);
    std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, error))
}

/// How far the clock of the demo in `folder` was moved. Unit: seconds.
pub fn offset_s(folder: &Path) -> i64 {
    std::fs::read_to_string(folder.join("clock")).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

fn advance(folder: &Path, by: &str) -> Result<ExitCode, Failure> {
    let path = folder.join("clock");
    if !path.exists() {
        let text = format!("no demo with a clock runs in `{}`: start it with `kepil demo --clock`", folder.display());
        return Err(Failure::Plain(text));
    }
    let unit = |unit: char| match unit {
        'd' => Some(86_400),
        'h' => Some(3_600),
        'm' => Some(60),
        _ => None,
    };
    let mut chars = by.chars();
    let step = chars.next_back().and_then(unit).and_then(|unit| chars.as_str().parse::<i64>().ok()?.checked_mul(unit));
    let step = step
        .filter(|step| *step > 0)
        .ok_or_else(|| Failure::Plain(format!("`{by}` is no span: write `1d`, `12h` or `30m`")))?;
    let offset = offset_s(folder) + step;
    std::fs::write(&path, format!("{offset}\n")).map_err(|error| Failure::file(&path, error))?;
    // The running demo looks every 200 ms and reads editions every second.
    std::thread::sleep(Duration::from_millis(1500));
    println!("the demo's clock is now {offset} s ahead");
    Ok(ExitCode::SUCCESS)
}

/// A fresh folder of ours is emptied; a foreign one never.
fn prepare(folder: &Path, is_named: bool) -> Result<(), Failure> {
    let mark = folder.join("kepil-demo.txt");
    if folder.exists() && !is_named {
        if !mark.exists() {
            return Err(Failure::Plain(format!(
                "`{}` is not a demo's folder: name another with `--data-dir`",
                folder.display()
            )));
        }
        std::fs::remove_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    }
    std::fs::create_dir_all(folder).map_err(|error| Failure::file(folder, error))?;
    std::fs::write(&mark, MARK).map_err(|error| Failure::file(&mark, error))
}

fn start(args: &DemoArgs, folder: &Path) -> Result<ExitCode, Failure> {
    runtime::start_log();
    let bundle = read_bundle(&args.bundle)?;
    let policy = compile(&bundle).map_err(PublishError::Faulty)?;
    let services: Vec<String> = policy.services().iter().map(|service| service.name.clone()).collect();
    let mut listeners = listen(args.port, services.len() + 1)?;
    let metrics = listeners.pop();
    prepare(folder, args.data_dir.is_some())?;
    runtime::block_on(async {
        let clock = Arc::new(SystemClock::new(policy.time_zone())?);
        if args.clock {
            follow_clock(folder, &clock)?;
        }
        if let Some(url) = &args.postgres {
            write_secret(&folder.join(POSTGRES), url)?;
        }
        let config = store(folder);
        let is_new = Store::install(&config).await? == Installed::New;
        let store: SharedStore = Arc::new(Store::open(&config, clock).await?);
        let issuer = format!("http://{}:{}", args.host, args.port);
        write_secret(&folder.join(ISSUER), &issuer)?;
        let mail = MailConfig::Folder(folder.join("letters"));
        let app_config = AppConfig {
            issuer: issuer.clone(),
            mail,
            texts: Some(TextConfig::Folder(folder.join("texts"))),
            password_threads: runtime::cores(),
            stolen_passwords: args.stolen.clone(),
            proxies: args.proxy.clone(),
            witnesses: witnesses(&args.witness, policy.territory())?,
        };
        let app = App::start(Arc::clone(&store), app_config).await?;
        if app.shelf.list().is_empty() {
            app.shelf.publish(&store, &bundle).await?;
        }
        if is_new {
            people::plant_all(&app, args.people).await?;
        }
        let (stopper, stop) = watch::channel(false);
        tokio::spawn(async move {
            runtime::told_to_stop().await;
            stopper.send_replace(true);
        });
        let mut own = listeners.into_iter();
        let provider = own.next().ok_or_else(|| Failure::Plain("no port".to_owned()))?;
        let (mut lines, mut clients) = (Vec::new(), Vec::new());
        for (service, listener) in
            policy.services().iter().filter(|it| it.kind != kepil_policy::ServiceKind::Account).zip(own)
        {
            let sample = add_sample(&app, service, listener, &issuer, stop.clone()).await?;
            lines.push(format!("{:<10} {}", service.name, sample.own));
            clients.push(format!("{} {}\n", sample.client_id, sample.client_secret));
        }
        write_secret(&folder.join("clients.txt"), &clients.concat())?;
        if let Some(metrics) = metrics {
            let address = metrics.local_addr().map_err(|error| Failure::Plain(error.to_string()))?;
            lines.push(format!("metrics    http://{address}/metrics"));
            runtime::serve_health(&app, metrics, stop.clone())?;
        }
        println!("ready: {issuer}");
        lines.iter().for_each(|line| println!("  {line}"));
        println!("  sign in as {} with the password {}", people::GUEST, people::PASSWORD);
        println!("  clients and their secrets are in {}", folder.join("clients.txt").display());
        println!("  texts to phones are in {}", folder.join("texts").display());
        println!("  letters are in {}", folder.join("letters").display());
        runtime::serve(app, provider, stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The witnesses as they are typed; where they are, the demo takes to be allowed.
fn witnesses(typed: &[String], territory: &[String]) -> Result<Vec<WitnessConfig>, Failure> {
    let territory = territory.first().cloned().unwrap_or_default();
    let witness = |text: &String| {
        let wrong = || Failure::Plain(format!("`{text}` is no witness: write its address, a comma, its public key"));
        let (url, key) = text.split_once(',').ok_or_else(wrong)?;
        let key = WitnessVerifyKey::parse(key).map_err(|_| wrong())?;
        Ok(WitnessConfig { url: url.to_owned(), key, territory: territory.clone() })
    };
    typed.iter().map(witness).collect()
}

fn listen(first: u16, count: usize) -> Result<Vec<TcpListener>, Failure> {
    let ports = (0..count).filter_map(|at| first.checked_add(u16::try_from(at).ok()?));
    let bind = |port| {
        let free = |error| Failure::Plain(format!("port {port} cannot be used ({error}): choose others with `--port`"));
        TcpListener::bind(("127.0.0.1", port)).map_err(free)
    };
    ports.map(bind).collect()
}

/// Such as ids and secrets of the samples' clients: for a developer who wants to try the service API.
fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| Failure::file(path, error))
}

/// Registers the sample's client and starts it.
async fn add_sample(
    app: &App,
    service: &kepil_policy::Service,
    listener: TcpListener,
    issuer: &str,
    stop: watch::Receiver<bool>,
) -> Result<sample::Sample, Failure> {
    let port = listener.local_addr().map_err(|error| Failure::Plain(error.to_string()))?.port();
    let own = format!("http://127.0.0.1:{port}");
    let mut client = NewClient::of(&service.name, vec![format!("{own}/callback")]);
    client.metadata.post_logout_redirect_uris = vec![format!("{own}/")];
    let (mut row, secret) = client.make(&mut OsEntropy).map_err(|error| Failure::Plain(error.to_string()))?;
    // The same id at each start, so that a kept folder does not collect clients.
    row.client_id = format!("{}-demo", service.name);
    app.store.system().set_client(&row).await?;
    let policy = app.policy()?;
    let purpose = policy.policy.uses_of(service).next().map(|each| each.purpose.clone()).unwrap_or_default();
    let sample = sample::Sample {
        issuer: issuer.to_owned(),
        own,
        client_id: row.client_id,
        client_secret: secret.to_string(),
        label: service.label.clone(),
        about: service.about.clone(),
        purpose,
    };
    sample::start(sample.clone(), listener, stop)?;
    Ok(sample)
}

fn follow_clock(folder: &Path, clock: &Arc<SystemClock>) -> Result<(), Failure> {
    let path = folder.join("clock");
    let offset = offset_s(folder);
    std::fs::write(&path, format!("{offset}\n")).map_err(|error| Failure::file(&path, error))?;
    clock.set_offset_s(offset);
    let (clock, folder) = (Arc::clone(clock), folder.to_owned());
    tokio::spawn(async move {
        loop {
            clock.set_offset_s(offset_s(&folder));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    Ok(())
}
