//! A copy of a log, wherever it is: in a store, in a folder that somebody took away, or at its address. Without any key.

use std::path::{Path, PathBuf};

use clap::Args;
use kepil_domain::ledger::{
    Checkpoint, Hash, TILE_WIDTH, TilePlace,
    audit::{Copied, Stretch},
    split_entries,
};
use kepil_server::egress::LogClient;
use kepil_store::{Engine, LogReader, StoreConfig, StoredLeaf};

use crate::{commands::Failure, demo};

/// Where the logs are.
#[derive(Args)]
pub struct WhereArgs {
    /// Folder of the embedded store, or of a demo
    #[arg(long, conflicts_with_all = ["postgres", "url", "bundle"])]
    data_dir: Option<PathBuf>,
    /// Connection text of PostgreSQL
    #[arg(long, requires = "compartment", conflicts_with_all = ["url", "bundle"])]
    postgres: Option<String>,
    /// Address of the server
    #[arg(long, requires = "compartment", conflicts_with = "bundle")]
    url: Option<String>,
    /// What an auditor was given to read entries at the address: the text, or a file with it
    #[arg(long, requires = "url", allow_hyphen_values = true)]
    token: Option<String>,
    /// Folder that `kepil ledger bundle` wrote
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// Names of compartments; with a folder, all of them when absent
    #[arg(long)]
    compartment: Vec<String>,
}

impl WhereArgs {
    /// Every log that is named, by its compartment.
    ///
    /// # Errors
    /// [`Failure`] when there is none, or it cannot be opened.
    pub async fn open(&self) -> Result<Vec<(String, LogCopy)>, Failure> {
        let names = self.names()?;
        let mut logs = Vec::new();
        for name in names {
            let log = match (&self.engine(), &self.url, &self.bundle) {
                (Some(engine), ..) => LogCopy::Store(LogReader::open(engine, &name).await?),
                (None, Some(url), _) => LogCopy::Web(WebLog::new(url, &name, self.token.as_deref())?),
                (None, None, Some(folder)) => LogCopy::Folder(folder.join(&name)),
                (None, None, None) => return Err(unnamed()),
            };
            logs.push((name, log));
        }
        if logs.is_empty() {
            return Err(Failure::Plain("there is no log: name the folder that has `ledger_….db`".to_owned()));
        }
        Ok(logs)
    }

    fn engine(&self) -> Option<Engine> {
        match (&self.data_dir, &self.postgres) {
            (Some(folder), _) if folder.join("store").is_dir() => Some(demo::engine(folder)),
            (Some(folder), _) => Some(Engine::Sqlite { folder: folder.clone() }),
            (None, Some(url)) => Some(Engine::Postgres { url: url.clone() }),
            (None, None) => None,
        }
    }

    fn names(&self) -> Result<Vec<String>, Failure> {
        if !self.compartment.is_empty() {
            return Ok(self.compartment.clone());
        }
        if let Some(engine) = self.engine() {
            return Ok(StoreConfig::log_names(&engine).unwrap_or_default());
        }
        let folder = self.bundle.as_ref().ok_or_else(unnamed)?;
        let entries = std::fs::read_dir(folder).map_err(|error| Failure::file(folder, error))?;
        let logs = entries.filter_map(Result::ok).filter(|entry| entry.path().join("checkpoint").is_file());
        let mut names: Vec<String> = logs.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        Ok(names)
    }
}

fn unnamed() -> Failure {
    let ways =
        "`--data-dir DIR`, `--postgres URL --compartment NAME`, `--url URL --compartment NAME` or `--bundle DIR`";
    Failure::Plain(format!("name the logs: {ways}"))
}

/// A log at its address.
pub struct WebLog {
    client: LogClient,
    base: String,
    token: Option<String>,
}

impl WebLog {
    fn new(url: &str, name: &str, token: Option<&str>) -> Result<Self, Failure> {
        let token = token.map(super::text_or_file).transpose()?.map(|token| token.trim().to_owned());
        Ok(Self { client: LogClient::new()?, base: format!("{}/ledger/{name}", url.trim_end_matches('/')), token })
    }

    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, Failure> {
        let uri = format!("{}/{path}", self.base);
        let answer = self.client.get(&uri, self.token.as_deref()).await?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            401 => Err(Failure::Plain(format!("`{uri}` is for auditors: give `--token`, one that has not ended"))),
            status => Err(Failure::Plain(format!("`{uri}` answers {status}"))),
        }
    }
}

/// One log.
pub enum LogCopy {
    /// In a store.
    Store(LogReader),
    /// In a folder.
    Folder(PathBuf),
    /// At its address.
    Web(WebLog),
}

/// The end of a log, as the copy states it.
pub struct Head {
    /// What the note states.
    pub checkpoint: Checkpoint,
    /// The signed note.
    pub note: String,
    /// Size and root that the store keeps beside it.
    pub beside: Option<(u64, Vec<u8>)>,
}

/// What a stretch is checked on: read beforehand, or files to be read by whoever checks.
pub enum Material {
    /// Leaves and tile.
    Rows(Vec<StoredLeaf>, Option<Vec<Hash>>),
    /// A file of entries and a tile.
    Bytes(Option<Vec<u8>>, Option<Vec<Hash>>),
    /// Where they are.
    Files(PathBuf, PathBuf),
    /// The tile alone: entries are for auditors.
    Tile(Option<Vec<Hash>>),
}

impl LogCopy {
    /// The newest checkpoint.
    ///
    /// # Errors
    /// [`Failure`] when there is none.
    pub async fn head(&self) -> Result<Head, Failure> {
        let absent = || Failure::Plain("there is no checkpoint".to_owned());
        let (note, beside) = match self {
            Self::Store(log) => {
                let head = log.head().await?;
                (head.checkpoint, Some((head.size, head.root)))
            }
            Self::Folder(folder) => (read_text(&folder.join("checkpoint"))?, None),
            Self::Web(log) => {
                (String::from_utf8(log.get("checkpoint").await?.ok_or_else(absent)?).map_err(|_| absent())?, None)
            }
        };
        let checkpoint = Checkpoint::unverified(&note).map_err(|error| Failure::Plain(error.to_string()))?;
        Ok(Head { checkpoint, note, beside })
    }

    /// The hashes of a tile.
    ///
    /// # Errors
    /// [`Failure`] when the copy cannot be read.
    pub async fn tile(&self, place: TilePlace) -> Result<Option<Vec<Hash>>, Failure> {
        let bytes = match self {
            Self::Store(log) => return Ok(log.find_tile(place.level.unwrap_or(0), place.n).await?),
            Self::Folder(folder) => read_tile(folder, place),
            Self::Web(log) => log.get(&place.path()).await?,
        };
        Ok(bytes.map(|bytes| bytes.as_chunks::<32>().0.to_vec()))
    }

    /// The file of a tile of entries; `None` where there is none or this copy has none.
    ///
    /// # Errors
    /// [`Failure`] when the copy cannot be read.
    pub async fn entries(&self, place: TilePlace) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Store(log) => {
                let from = place.n * TILE_WIDTH as u64;
                let leaves = log.list_leaves(from, from + place.width as u64).await?;
                let whole = (leaves.len() == place.width).then_some(leaves);
                let join = |leaves: Vec<StoredLeaf>| {
                    kepil_domain::ledger::join_entries(leaves.iter().map(|leaf| leaf.leaf.as_slice()))
                };
                Ok(whole.map(join))
            }
            Self::Folder(folder) => Ok(read_tile(folder, place)),
            Self::Web(log) => log.get(&place.path()).await,
        }
    }

    /// Whether it has entries, or hashes alone.
    #[must_use]
    pub fn has_entries(&self) -> bool {
        match self {
            Self::Store(_) => true,
            Self::Folder(folder) => folder.join("tile/entries").is_dir(),
            Self::Web(log) => log.token.is_some(),
        }
    }

    /// What stretch `n` of `width` entries is checked on.
    ///
    /// # Errors
    /// [`Failure`] when the copy cannot be read.
    pub async fn material(&self, n: u64, width: usize) -> Result<Material, Failure> {
        let (tile, entries) = (TilePlace { level: Some(0), n, width }, TilePlace { level: None, n, width });
        Ok(match self {
            Self::Store(log) => {
                let from = n * TILE_WIDTH as u64;
                Material::Rows(log.list_leaves(from, from + width as u64).await?, self.tile(tile).await?)
            }
            Self::Folder(folder) if self.has_entries() => {
                Material::Files(folder.join(entries.path()), folder.join(tile.path()))
            }
            Self::Web(log) if log.token.is_some() => {
                Material::Bytes(self.entries(entries).await?, self.tile(tile).await?)
            }
            Self::Folder(_) | Self::Web(_) => Material::Tile(self.tile(tile).await?),
        })
    }

    /// The notes that witnesses signed, as far as the copy has them.
    ///
    /// # Errors
    /// [`Failure`] when the copy cannot be read.
    pub async fn cosigned(&self) -> Result<Vec<String>, Failure> {
        match self {
            Self::Store(log) => Ok(log.list_cosigned().await?),
            Self::Folder(folder) => {
                let Ok(entries) = std::fs::read_dir(folder.join("cosigned")) else { return Ok(Vec::new()) };
                entries.filter_map(Result::ok).map(|entry| read_text(&entry.path())).collect()
            }
            Self::Web(log) => {
                let note = log.get("cosigned").await?;
                Ok(note.and_then(|note| String::from_utf8(note).ok()).into_iter().collect())
            }
        }
    }

    /// How many entries stand behind `size`, where that can be told.
    ///
    /// # Errors
    /// [`Failure`] when the copy cannot be read.
    pub async fn beyond(&self, size: u64) -> Result<Option<u64>, Failure> {
        let Self::Store(log) = self else { return Ok(None) };
        let last = log.list_leaves(size, size.saturating_add(100_000)).await?.pop().map(|leaf| leaf.position);
        // A running server may have gone on meanwhile.
        Ok(if log.head().await?.size == size { last } else { None })
    }

    /// The folder, for a copy that is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        if let Self::Folder(folder) = self { Some(folder) } else { None }
    }
}

impl Material {
    /// Looks at stretch `n`, which should have `width` entries.
    #[must_use]
    pub fn check(self, n: u64, width: usize, above: Option<Hash>) -> Stretch {
        match self {
            Self::Tile(Some(tile)) if tile.len() >= width => {
                Stretch::of_tile(n, tile.get(..width).unwrap_or_default().to_vec())
            }
            Self::Tile(_) => Stretch::check(n, &vec![ABSENT; width], None, above),
            Self::Rows(rows, tile) => {
                let mut copied = vec![ABSENT; width];
                for row in &rows {
                    let at = usize::try_from(row.position % TILE_WIDTH as u64).unwrap_or(usize::MAX);
                    if let Some(place) = copied.get_mut(at) {
                        *place = Copied { leaf: Some(&row.leaf), text_bytes: Some(row.text_bytes) };
                    }
                }
                Stretch::check(n, &copied, tile.as_deref(), above)
            }
            Self::Bytes(entries, tile) => check_bytes(n, width, entries.as_deref(), tile.as_deref(), above),
            Self::Files(entries, tile) => {
                let tile = std::fs::read(tile).ok();
                let tile = tile.as_deref().map(|tile| tile.as_chunks::<32>().0);
                check_bytes(n, width, std::fs::read(entries).ok().as_deref(), tile, above)
            }
        }
    }
}

const ABSENT: Copied<'static> = Copied { leaf: None, text_bytes: None };

fn check_bytes(n: u64, width: usize, entries: Option<&[u8]>, tile: Option<&[Hash]>, above: Option<Hash>) -> Stretch {
    let leaves = entries.and_then(split_entries).unwrap_or_default();
    let copied = (0..width).map(|at| Copied { leaf: leaves.get(at).copied(), text_bytes: None });
    Stretch::check(n, &copied.collect::<Vec<_>>(), tile, above)
}

/// A tile of a folder: itself, or a fuller one that came later.
fn read_tile(folder: &Path, place: TilePlace) -> Option<Vec<u8>> {
    std::fs::read(folder.join(place.path()))
        .or_else(|_| std::fs::read(folder.join(TilePlace { width: TILE_WIDTH, ..place }.path())))
        .ok()
}

pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))
}
