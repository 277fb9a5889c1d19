//! `kepil witness`: a witness, to be run by somebody else than the operator of the logs (C2SP tlog-witness). Clause 5.1.
//!
//! Start reading at [`Witness::add`]. It knows the public keys of logs, the sizes and roots that it signed, and nothing else.
//! What it signed is on disk before the answer, so that a restart makes it forget nothing.

use std::{
    fs::File,
    io::Write,
    net::TcpListener,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use clap::Args;
use kepil_domain::{
    Entropy, hex,
    ledger::{AddCheckpoint, Checkpoint, Unwitnessed, VerifyKey, WitnessKey, hash_leaf},
};
use kepil_store::{Clock, OsEntropy, SystemClock};
use tower_http::timeout::TimeoutLayer;

use super::Failure;
use crate::runtime::{block_on, start_log, told_to_stop};

/// A checkpoint with a proof is some 4 KB. Unit: bytes.
const BODY_MAX: usize = 64 * 1024;
const REQUEST_MAX: Duration = Duration::from_secs(10);

/// What to witness.
#[derive(Args)]
pub struct WitnessArgs {
    /// Where to listen, such as `127.0.0.1:8600`
    #[arg(long, required_unless_present = "make_key")]
    listen: Option<String>,
    /// Folder of what was signed: it must survive, or the witness would sign a fork
    #[arg(long, required_unless_present = "make_key")]
    state: Option<PathBuf>,
    /// The file of the witness's own key
    #[arg(long)]
    key: PathBuf,
    /// The name in its key, such as `witness.example/one`
    #[arg(long)]
    name: String,
    /// Make the key and end; prints the public one
    #[arg(long)]
    make_key: bool,
    /// Public keys of the logs, as text or files
    #[arg(long)]
    log: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] that says what to mend.
pub fn run(args: WitnessArgs) -> Result<ExitCode, Failure> {
    start_log();
    if args.make_key {
        let key = make_key(&args.key, args.name)?;
        println!("{}", key.verify_key());
        return Ok(ExitCode::SUCCESS);
    }
    let (Some(listen), Some(folder)) = (args.listen, args.state) else {
        return Err(Failure::Plain("give `--listen` and `--state`".to_owned()));
    };
    let logs = super::ledger::read_keys(&args.log)?;
    if logs.is_empty() {
        return Err(Failure::Plain("name the logs: `--log KEY`".to_owned()));
    }
    let witness = Witness { key: read_key(&args.key, args.name)?, logs, seen: Mutex::new(Seen::open(folder)?) };
    let public = witness.key.verify_key().to_string();
    let listener =
        TcpListener::bind(&listen).map_err(|error| Failure::Plain(format!("cannot listen on `{listen}`: {error}")))?;
    let clock = SystemClock::new("UTC")?;
    let router = router(Arc::new(Served { witness, public: format!("{public}\n"), clock }));
    block_on(async {
        let broken = |error: std::io::Error| Failure::Plain(format!("cannot serve: {error}"));
        listener.set_nonblocking(true).map_err(broken)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(broken)?;
        let address = listener.local_addr().map_err(broken)?;
        println!("ready: http://{address}/add-checkpoint\n{public}");
        axum::serve(listener, router).with_graceful_shutdown(told_to_stop()).await.map_err(broken)?;
        Ok(ExitCode::SUCCESS)
    })
}

fn make_key(path: &Path, name: String) -> Result<WitnessKey, Failure> {
    let mut seed = [0; 32];
    OsEntropy.fill(&mut seed).map_err(|_| Failure::Plain("no randomness".to_owned()))?;
    let key = WitnessKey::from_seed(name, &seed).map_err(|error| Failure::Plain(error.to_string()))?;
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let text = format!("{}\n", BASE64_STANDARD.encode(seed));
    file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|error| Failure::file(path, error))?;
    Ok(key)
}

fn read_key(path: &Path, name: String) -> Result<WitnessKey, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
    let seed = BASE64_STANDARD.decode(text.trim()).ok().and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    let seed =
        seed.ok_or_else(|| Failure::Plain(format!("`{}` is no key: make one with `--make-key`", path.display())))?;
    WitnessKey::from_seed(name, &seed).map_err(|error| Failure::Plain(error.to_string()))
}

/// A witness.
struct Witness {
    key: WitnessKey,
    logs: Vec<VerifyKey>,
    /// One request at a time: looking and writing down must not be parted.
    seen: Mutex<Seen>,
}

/// What was signed last of each log, in a folder.
struct Seen {
    folder: PathBuf,
    _lock: File,
}

/// Why a witness did not sign.
enum Unsigned {
    Refused(Unwitnessed),
    /// The disk failed; the text is for whoever runs it.
    Broken(String),
}

impl Witness {
    /// Checks that the log only grew, writes it down, signs.
    fn add(&self, text: &str, at_s: u64) -> Result<String, Unsigned> {
        let request = AddCheckpoint::parse(text).map_err(Unsigned::Refused)?;
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fault = None;
        let last = |origin: &str| match seen.find(origin) {
            Ok(last) => last,
            Err(text) => {
                fault = Some(text);
                None
            }
        };
        let judged = request.judge(&self.logs, last);
        // What cannot be read is not nothing.
        if let Some(text) = fault {
            return Err(Unsigned::Broken(text));
        }
        let checkpoint = judged.map_err(Unsigned::Refused)?;
        seen.set(&checkpoint.origin, &request.note).map_err(Unsigned::Broken)?;
        self.key.sign(&request.note, at_s).map_err(|error| Unsigned::Broken(error.to_string()))
    }
}

impl Seen {
    /// Opens the folder, for this process alone.
    fn open(folder: PathBuf) -> Result<Self, Failure> {
        std::fs::create_dir_all(&folder).map_err(|error| Failure::file(&folder, error))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|error| Failure::file(&path, error))?;
        let used = |_| Failure::Plain(format!("another witness uses `{}`", folder.display()));
        lock.try_lock().map_err(used)?;
        Ok(Self { folder, _lock: lock })
    }

    fn path(&self, origin: &str) -> PathBuf {
        self.folder.join(hex(&hash_leaf(origin.as_bytes())))
    }

    fn find(&self, origin: &str) -> Result<Option<Checkpoint>, String> {
        match std::fs::read_to_string(self.path(origin)) {
            Ok(note) => Checkpoint::unverified(&note).map(Some).map_err(|error| error.to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Writes it down wholly or not at all, durably.
    fn set(&self, origin: &str, note: &str) -> Result<(), String> {
        super::ledger::put(&self.path(origin), note.as_bytes()).map_err(|error| error.to_string())?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(|error| error.to_string())
    }
}

struct Served {
    witness: Witness,
    public: String,
    clock: SystemClock,
}

fn router(served: Arc<Served>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/key", get(async |State(served): State<Arc<Served>>| served.public.clone()))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_MAX))
        .with_state(served)
}

/// `POST /add-checkpoint`.
async fn add_checkpoint(State(served): State<Arc<Served>>, text: String) -> Response {
    let at_s = u64::try_from(served.clock.now().unix_s()).unwrap_or(0);
    match served.witness.add(&text, at_s) {
        Ok(line) => line.into_response(),
        Err(Unsigned::Broken(error)) => {
            tracing::error!(%error, "a checkpoint could not be written down");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
        Err(Unsigned::Refused(refused)) => refuse(&refused),
    }
}

fn refuse(refused: &Unwitnessed) -> Response {
    let status = match refused {
        Unwitnessed::Malformed => StatusCode::BAD_REQUEST,
        Unwitnessed::Forbidden => StatusCode::FORBIDDEN,
        Unwitnessed::UnknownLog => StatusCode::NOT_FOUND,
        Unwitnessed::Inconsistent => StatusCode::UNPROCESSABLE_ENTITY,
        Unwitnessed::Conflict(size) => {
            let kind = [(header::CONTENT_TYPE, "text/x.tlog.size")];
            return (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response();
        }
    };
    tracing::warn!(error = %refused, status = status.as_u16(), "a checkpoint was not signed");
    (status, format!("{refused}\n")).into_response()
}
