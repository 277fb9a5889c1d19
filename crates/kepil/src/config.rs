//! The configuration of a deployment: `kepil.toml`. A key that means nothing stops the start and is named.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use kepil_domain::ledger::WitnessVerifyKey;
use kepil_server::{
    AppConfig,
    app::{MailConfig, WitnessConfig},
    egress::TextConfig,
    http::sender::Network,
};
use kepil_store::{Engine, KeyCopy, StoreConfig, WAIT_HOURS};
use serde::Deserialize;

use crate::{commands::Failure, territory};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address under which people and services reach the server.
    pub issuer: String,
    /// Where to listen, such as `127.0.0.1:8080`.
    pub listen: String,
    /// Where to serve health and metrics, for whoever runs the server; nowhere when left out.
    pub metrics: Option<String>,
    /// Folder of the policy bundle that `init` publishes first.
    pub bundle: PathBuf,
    /// Where data are.
    pub store: StoreTable,
    /// Folders of the sealers.
    pub sealers: Vec<PathBuf>,
    /// Where shares of the root key are, when it is split.
    #[serde(default)]
    pub keys: KeysTable,
    /// Where letters go.
    pub mail: MailTable,
    /// Where texts to phones go; without it a phone is no second factor.
    pub texts: Option<TextsTable>,
    /// What is asked of passwords.
    #[serde(default)]
    pub passwords: PasswordsTable,
    /// What stands in front.
    #[serde(default)]
    pub proxy: ProxyTable,
    /// Who co-signs the checkpoints of the ledgers.
    #[serde(default)]
    pub witness: Vec<WitnessTable>,
    /// Copies of the databases that go on beside them, whoever makes them.
    #[serde(default)]
    pub replica: Vec<CopyTable>,
    /// Where backups of the databases go, whoever makes them.
    #[serde(default)]
    pub backup_target: Vec<TargetTable>,
    /// Folders of the journal of narrowing acts, outside the store and the sealers: without it a restore would bring back what
    /// was withdrawn, blocked or revoked since the backup.
    #[serde(default)]
    pub journal: Vec<PathBuf>,
}

/// `[[backup_target]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetTable {
    /// What the administrator calls it.
    pub name: String,
    /// ISO 3166 code of the country where it is.
    #[serde(default)]
    pub territory: String,
    /// Its folder, for `kepil backup`; left out where something else makes the backups.
    pub folder: Option<PathBuf>,
    /// What `kepil backup` puts there.
    pub keeps: Option<Keeps>,
}

/// What a target keeps: copies of the data may stay for years, of the keys only the newest stays.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Keeps {
    /// The data.
    Data,
    /// The keys.
    Keys,
}

/// `[[replica]]`: where else the data are (clause 3.5a).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyTable {
    /// What the administrator calls it.
    pub name: String,
    /// ISO 3166 code of the country where it is.
    #[serde(default)]
    pub territory: String,
}

/// `[keys]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysTable {
    /// Files with shares of the root key (`kepil keys split`): as many as are needed, or more.
    #[serde(default)]
    pub shares: Vec<PathBuf>,
}

/// `[[witness]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessTable {
    /// Address, below which `/add-checkpoint` is.
    pub url: String,
    /// Its public key, `name+hash+key`.
    pub key: String,
    /// ISO 3166 code of the country where it is (clause 3.5a).
    #[serde(default)]
    pub territory: String,
}

/// `[store]`: exactly one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreTable {
    /// Folder of the embedded engine.
    pub folder: Option<PathBuf>,
    /// Connection text of PostgreSQL.
    pub postgres: Option<String>,
    /// ISO 3166 code of the country where the data are (clause 3.5a).
    #[serde(default)]
    pub territory: String,
    /// For how many hours entries wait before they are in the log, where they are not of sign-in (`docs/joins.md`).
    pub wait_hours: Option<u16>,
}

/// `[mail]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailTable {
    /// A folder for letters, instead of a mail server.
    pub folder: Option<PathBuf>,
    /// `smtps://user:password@host` of a mail server.
    pub url: Option<String>,
    /// Sender.
    #[serde(default)]
    pub from: String,
    /// ISO 3166 code of the country where the mail server is.
    #[serde(default)]
    pub territory: String,
}

/// `[texts]`: a gateway that takes a form over HTTP.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextsTable {
    /// A folder for texts, instead of a gateway.
    pub folder: Option<PathBuf>,
    /// Address of the gateway.
    pub url: Option<String>,
    /// ISO 3166 code of the country where the gateway is.
    #[serde(default)]
    pub territory: String,
    /// The header `Authorization`, if the gateway wants one.
    pub authorization: Option<String>,
    /// The form: in the values, `{to}` stands for the number and `{text}` for the text.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
}

impl TextsTable {
    fn way(&self) -> Result<TextConfig, Failure> {
        match (&self.folder, &self.url) {
            (Some(folder), None) => Ok(TextConfig::Folder(folder.clone())),
            (None, Some(url)) => Ok(TextConfig::Gateway {
                url: url.clone(),
                territory: self.territory.clone(),
                authorization: self.authorization.clone(),
                form: self.form.clone().into_iter().collect(),
            }),
            _ => Err(Failure::Plain("`[texts]` needs either `folder` or `url`".to_owned())),
        }
    }
}

/// `[passwords]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordsTable {
    /// A file of sorted SHA-1 hashes, one a line, as Have I Been Pwned publishes them: such passwords are not taken.
    pub stolen: Option<PathBuf>,
}

/// `[proxy]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxyTable {
    /// Networks of the proxies whose `X-Forwarded-For` is believed, such as `127.0.0.1/32`.
    #[serde(default)]
    pub trusted: Vec<String>,
}

impl Config {
    /// Reads and checks the file at `path`.
    ///
    /// # Errors
    /// [`Failure`] that names the key and the line.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, error))?;
        let config: Self =
            toml::from_str(&text).map_err(|error| Failure::Plain(format!("`{}`: {error}", path.display())))?;
        config.check_issuer()?;
        Ok(config)
    }

    /// People's passwords travel over https; plain http is for loopback only.
    fn check_issuer(&self) -> Result<(), Failure> {
        let host = self.issuer.strip_prefix("http://").map(|rest| rest.split([':', '/']).next().unwrap_or_default());
        let is_loopback =
            host.is_none_or(|host| host == "localhost" || host.starts_with("127.") || host.starts_with('['));
        if self.issuer.ends_with('/')
            || !(self.issuer.starts_with("https://") || self.issuer.starts_with("http://"))
            || !is_loopback
        {
            let text = "`issuer` must be `https://…` without a slash at the end (plain http on loopback only)";
            return Err(Failure::Plain(text.to_owned()));
        }
        Ok(())
    }

    /// What the store needs.
    ///
    /// # Errors
    /// [`Failure`] when not exactly one engine is named.
    pub fn store(&self) -> Result<StoreConfig, Failure> {
        let engine = match (&self.store.folder, &self.store.postgres) {
            (Some(folder), None) => Engine::Sqlite { folder: folder.clone() },
            (None, Some(url)) => Engine::Postgres { url: url.clone() },
            _ => return Err(Failure::Plain("`[store]` needs either `folder` or `postgres`".to_owned())),
        };
        let key_copies = self.targets(Keeps::Keys)?.into_iter();
        let key_copies = key_copies.map(|(folder, it)| KeyCopy { folder, territory: it.territory.clone() }).collect();
        let (sealers, journal) = (self.sealers.clone(), self.journal.clone());
        self.check_journal(&engine)?;
        let (shares, wait_hours) = (self.keys.shares.clone(), self.store.wait_hours.unwrap_or(WAIT_HOURS));
        Ok(StoreConfig { engine, sealers, journal, key_copies, shares, wait_hours })
    }

    /// The targets of `kepil backup` that keep the one or the other.
    ///
    /// # Errors
    /// [`Failure`] when a target with a folder does not say what it keeps.
    pub fn targets(&self, kept: Keeps) -> Result<Vec<(PathBuf, &TargetTable)>, Failure> {
        let mut targets = Vec::new();
        for target in &self.backup_target {
            match (&target.folder, target.keeps) {
                (Some(folder), Some(keeps)) if keeps == kept => targets.push((folder.clone(), target)),
                (Some(_), None) | (None, Some(_)) => {
                    let text = "needs both `folder` and `keeps = \"data\"` or `\"keys\"`, or neither";
                    return Err(Failure::Plain(format!("`[[backup_target]]` `{}` {text}", target.name)));
                }
                _ => {}
            }
        }
        Ok(targets)
    }

    /// What is lost with the data or the keys cannot bring them back.
    fn check_journal(&self, engine: &Engine) -> Result<(), Failure> {
        let data = match engine {
            Engine::Sqlite { folder } => Some(folder),
            Engine::Postgres { .. } => None,
        };
        let inside = |folder: &PathBuf| self.sealers.iter().chain(data).any(|it| folder.starts_with(it));
        match self.journal.iter().find(|folder| inside(folder)) {
            None => Ok(()),
            Some(folder) => Err(Failure::Plain(format!(
                "the folder `{}` of `journal` lies inside the store or a sealer: it must outlive them",
                folder.display()
            ))),
        }
    }

    /// Refuses every place in a territory that the policy does not allow, or in none (clause 3.5a).
    ///
    /// # Errors
    /// [`Failure`] that names each place, the clause, and what to mend.
    pub fn check_territory(&self, allowed: &[String]) -> Result<(), Failure> {
        territory::check(&self.places(), allowed)
    }

    /// What the server needs.
    ///
    /// # Errors
    /// [`Failure`] when not exactly one way for letters is named, or a proxy's network is none.
    pub fn app(&self) -> Result<AppConfig, Failure> {
        let mail = match (&self.mail.folder, &self.mail.url) {
            (Some(folder), None) => MailConfig::Folder(folder.clone()),
            (None, Some(url)) => MailConfig::Smtp {
                url: url.clone(),
                from: self.mail.from.clone(),
                territory: self.mail.territory.clone(),
            },
            _ => return Err(Failure::Plain("`[mail]` needs either `folder` or `url`".to_owned())),
        };
        Ok(AppConfig {
            issuer: self.issuer.clone(),
            mail,
            texts: self.texts.as_ref().map(TextsTable::way).transpose()?,
            password_threads: crate::runtime::cores(),
            stolen_passwords: self.passwords.stolen.clone(),
            proxies: self.proxies()?,
            witnesses: self.witnesses()?,
        })
    }

    fn witnesses(&self) -> Result<Vec<WitnessConfig>, Failure> {
        let read = |table: &WitnessTable| {
            let wrong = |error| Failure::Plain(format!("`key` of the witness `{}`: {error}", table.url));
            let key = WitnessVerifyKey::parse(&table.key).map_err(wrong)?;
            let url = table.url.trim_end_matches('/').to_owned();
            Ok(WitnessConfig { url, key, territory: table.territory.clone() })
        };
        self.witness.iter().map(read).collect()
    }

    fn proxies(&self) -> Result<Vec<Network>, Failure> {
        let read = |text: &String| {
            let wrong = |error| Failure::Plain(format!("`{text}` in `[proxy] trusted`: {error}"));
            text.parse::<Network>().map_err(wrong)
        };
        self.proxy.trusted.iter().map(read).collect()
    }
}
