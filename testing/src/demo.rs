//! A running `kepil demo` of one test, as a process of its own, on free ports of loopback.

mod second;

pub use second::Second;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufRead, BufReader},
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use futures::TryStreamExt;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Cluster, On, fresh_database};

/// The provider and as many services as a bundle may have here.
const PORTS: u16 = 12;
/// Unit: 100 ms.
const WAITS_MAX: u32 = 600;

/// A demo, killed at the end of its test.
pub struct Demo {
    /// Address of the provider.
    pub issuer: String,
    /// Its data folder: `store/`, `sealer/`, `letters/`.
    pub folder: PathBuf,
    /// Address of the sample services, by name.
    services: BTreeMap<String, String>,
    program: String,
    arguments: Vec<String>,
    level: String,
    process: Child,
    /// Connection text, when it runs on PostgreSQL.
    pub postgres: Option<String>,
    home: Arc<TempDir>,
    _cluster: Option<Cluster>,
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Demo {
    /// Starts `program demo --people 0` with `more` arguments and waits for its ready line.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(program: &str, on: On, more: &[&str]) -> Self {
        Self::start_logging(program, on, more, "warn").await
    }

    /// As [`Self::start`], with another level of the log.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_logging(program: &str, on: On, more: &[&str], level: &str) -> Self {
        let home = Arc::new(TempDir::new().expect("a folder"));
        let (postgres, cluster) = match on {
            On::Sqlite => (None, None),
            On::Postgres => {
                let (url, cluster) = fresh_database(home.path()).await;
                (Some(url), cluster)
            }
        };
        let folder = home.path().join("demo");
        let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/citicom");
        let port = free_ports();
        let text = |path: &Path| path.to_str().expect("a path of text").to_owned();
        let mut arguments: Vec<String> = ["demo", "--data-dir"].map(str::to_owned).into();
        arguments.extend([text(&folder), "--port".to_owned(), port.to_string()]);
        if !more.contains(&"--people") {
            arguments.extend(["--people", "0"].map(str::to_owned));
        }
        if !more.contains(&"--bundle") {
            arguments.extend(["--bundle".to_owned(), text(&bundle)]);
        }
        arguments.extend(postgres.iter().flat_map(|url| ["--postgres".to_owned(), url.clone()]));
        arguments.extend(more.iter().map(|&one| one.to_owned()));
        let host = more.iter().skip_while(|one| **one != "--host").nth(1).copied().unwrap_or("127.0.0.1");
        let (process, services) = run(program, &arguments, home.path(), level);
        Self {
            issuer: format!("http://{host}:{port}"),
            folder,
            services,
            program: program.to_owned(),
            arguments,
            level: level.to_owned(),
            process,
            postgres,
            home,
            _cluster: cluster,
        }
    }

    /// Address of a sample service.
    ///
    /// # Panics
    /// When there is no such service.
    #[must_use]
    pub fn service(&self, name: &str) -> String {
        self.services.get(name).unwrap_or_else(|| panic!("no service {name}")).clone()
    }

    /// Id and secret of the client of a sample service.
    ///
    /// # Panics
    /// When there is no such service.
    #[must_use]
    pub fn client(&self, name: &str) -> (String, String) {
        let text = fs::read_to_string(self.folder.join("clients.txt")).expect("clients.txt");
        let id = format!("{name}-demo");
        let line = text.lines().find_map(|line| line.strip_prefix(&id)).unwrap_or_else(|| panic!("no client {id}"));
        (id, line.trim().to_owned())
    }

    /// A token of the client's own, for the service API.
    ///
    /// # Panics
    /// When none is issued.
    pub async fn token(&self, service: &str) -> String {
        let (id, secret) = self.client(service);
        let form = [("grant_type", "client_credentials")];
        let request = reqwest::Client::new().post(format!("{}/token", self.issuer)).basic_auth(id, Some(secret));
        let answer = request.form(&form).send().await.expect("an answer");
        let answer: Value = answer.json().await.expect("JSON");
        answer.get("access_token").and_then(Value::as_str).unwrap_or_else(|| panic!("no token: {answer}")).to_owned()
    }

    /// `POST /v1/reads` by a service: status and body.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn read(&self, service: &str, sub: &str, purpose: &str, fields: &[&str]) -> (u16, Value) {
        let body = serde_json::json!({ "sub": sub, "purpose": purpose, "fields": fields });
        let request = reqwest::Client::new().post(format!("{}/v1/reads", self.issuer));
        let answer = request.bearer_auth(self.token(service).await).json(&body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Everything the demo wrote to its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.with_file_name("log")).unwrap_or_default()
    }

    /// The newest letter to `address`, waited for.
    ///
    /// # Panics
    /// When none comes.
    pub async fn letter_to(&self, address: &str) -> String {
        self.letter_with(address, "").await
    }

    /// The last letter to `address` that has `part` in its text; waits for it.
    ///
    /// # Panics
    /// When none comes.
    pub async fn letter_with(&self, address: &str, part: &str) -> String {
        let to = format!("To: {address}\n");
        for _ in 0..WAITS_MAX {
            let found = self.letters().into_iter().rfind(|letter| letter.starts_with(&to) && letter.contains(part));
            match found {
                Some(letter) => return letter,
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        panic!("no letter came; the log says:\n{}", self.log())
    }

    /// The code in the last text to the phone `number`; waits for it.
    ///
    /// # Panics
    /// When none comes.
    pub async fn code_to(&self, number: &str) -> String {
        let to = format!("To: {number}\n");
        for _ in 0..WAITS_MAX {
            let found = self.files("texts").into_iter().rfind(|text| text.starts_with(&to));
            match found.as_ref().and_then(|text| code_in(text.lines().last()?)) {
                Some(code) => return code,
                None => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        panic!("no text came; the log says:\n{}", self.log())
    }

    /// All texts to phones, oldest first.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.files("texts")
    }

    /// All letters, oldest first.
    #[must_use]
    pub fn letters(&self) -> Vec<String> {
        self.files("letters")
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join(folder)).into_iter().flatten().flatten();
        let mut letters: Vec<_> = entries
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .filter_map(|(at, path)| Some((at, path.clone(), fs::read_to_string(path).ok()?)))
            .collect();
        letters.sort();
        letters.into_iter().map(|(_, _, text)| text).collect()
    }

    /// Runs another command of the program; returns its output.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> (bool, String) {
        let out = Command::new(&self.program).args(arguments).output().expect("the program runs");
        let text = [out.stdout, out.stderr].map(|part| String::from_utf8_lossy(&part).into_owned());
        (out.status.success(), text.concat())
    }

    /// What the system lets the process do at most, as it says it.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn limits(&self) -> String {
        fs::read_to_string(format!("/proc/{}/limits", self.process.id())).expect("a process")
    }

    /// Starts another command of the program and does not wait for it.
    ///
    /// # Panics
    /// When it cannot be run.
    #[must_use]
    pub fn spawn(&self, arguments: &[&str]) -> Child {
        let quiet = || Stdio::null();
        Command::new(&self.program).args(arguments).stdout(quiet()).stderr(quiet()).spawn().expect("the program runs")
    }

    fn data_dir(&self) -> &str {
        self.folder.to_str().expect("a path of text")
    }

    /// Moves its clock; it must run with `--clock`.
    ///
    /// # Panics
    /// When it cannot.
    pub fn advance(&self, by: &str) {
        let (ok, said) = self.command(&["demo", "advance", by, "--data-dir", self.data_dir()]);
        assert!(ok, "{said}");
    }

    /// Publishes the bundle of `folder` as the next edition.
    ///
    /// # Panics
    /// When it cannot.
    pub fn publish(&self, folder: &Path) {
        let bundle = folder.to_str().expect("a path of text");
        let (ok, said) = self.command(&["policy", "publish", bundle, "--demo", self.data_dir()]);
        assert!(ok, "{said}");
    }

    /// Where `kepil ledger verify` finds its logs.
    #[must_use]
    pub fn logs(&self) -> Vec<String> {
        match &self.postgres {
            None => vec!["--data-dir".to_owned(), self.data_dir().to_owned()],
            Some(url) => {
                let of = |name: &str| ["--compartment".to_owned(), name.to_owned()];
                let logs = ["account", "habits", "telemetry"].into_iter().flat_map(of);
                ["--postgres".to_owned(), url.clone()].into_iter().chain(logs).collect()
            }
        }
    }

    /// What PostgreSQL holds of it: its files as they lie on disk, and every table as it is read out, which undoes the
    /// compression of large values. Empty on the embedded engine.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn database_files(&self) -> Vec<(String, Vec<u8>)> {
        let Some(url) = &self.postgres else { return Vec::new() };
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
        tokio::spawn(connection);
        client.batch_execute("CHECKPOINT").await.expect("a checkpoint");
        let find =
            "SELECT current_setting('data_directory'), oid::text FROM pg_database WHERE datname = current_database()";
        let row = client.query_one(find, &[]).await.expect("a row");
        let (data, oid): (String, String) = (row.get(0), row.get(1));
        let mut found = Vec::new();
        for folder in [Path::new(&data).join("base").join(oid), Path::new(&data).join("pg_wal")] {
            for path in fs::read_dir(folder).expect("the cluster's folder").flatten().map(|entry| entry.path()) {
                if path.is_file() {
                    found.push((path.display().to_string(), fs::read(&path).expect("a file")));
                }
            }
        }
        let list = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables \
                    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
        for row in client.query(list, &[]).await.expect("tables") {
            let table: String = row.get(0);
            let rows = client.copy_out(&format!("COPY {table} TO STDOUT (FORMAT binary)")).await.expect("rows");
            let parts: Vec<_> = rows.try_collect().await.expect("rows");
            found.push((table, parts.concat()));
        }
        found
    }

    /// Does something to the log of `compartment` behind the program's back: statements that both engines know.
    ///
    /// # Panics
    /// When the log cannot be changed.
    pub async fn tamper(&self, compartment: &str, statements: &str) {
        match &self.postgres {
            None => {
                let path = self.folder.join(format!("store/ledger_{compartment}.db"));
                let log = rusqlite::Connection::open(path).expect("the log");
                log.busy_timeout(Duration::from_secs(20)).expect("the log");
                log.execute_batch(&format!("BEGIN IMMEDIATE; {statements}; COMMIT")).expect("the log");
            }
            Some(url) => {
                let (client, connection) =
                    tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
                tokio::spawn(connection);
                let all = format!("SET search_path TO ledger_{compartment}; BEGIN; {statements}; COMMIT");
                client.batch_execute(&all).await.expect("the log");
            }
        }
    }

    /// The lengths of what is sealed of each person in `compartment`, on PostgreSQL.
    ///
    /// # Panics
    /// When the database cannot be read.
    pub async fn lengths_of_people(&self, compartment: &str) -> BTreeSet<(i32, i32)> {
        let url = self.postgres.as_ref().expect("a demo on PostgreSQL");
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
        tokio::spawn(connection);
        let sql = format!("SELECT length(standing), length(records) FROM people_{compartment}.person");
        let rows = client.query(&sql, &[]).await.expect("people");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// Flips one bit of the entry at `position` in the log of `compartment`, behind the program's back.
    ///
    /// # Panics
    /// When there is no such entry.
    pub async fn flip_a_bit(&self, compartment: &str, position: i64) {
        match &self.postgres {
            None => {
                let path = self.folder.join(format!("store/ledger_{compartment}.db"));
                let log = rusqlite::Connection::open(path).expect("the log");
                let find = "SELECT leaf FROM leaf WHERE position = ?1";
                let mut leaf: Vec<u8> = log.query_row(find, [position], |row| row.get(0)).expect("the entry");
                leaf.last_mut().into_iter().for_each(|byte| *byte ^= 1);
                let set = "UPDATE leaf SET leaf = ?1 WHERE position = ?2";
                assert_eq!(log.execute(set, (leaf, position)).expect("the log"), 1);
            }
            Some(url) => {
                let (client, connection) =
                    tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL");
                tokio::spawn(connection);
                let set = format!(
                    "UPDATE ledger_{compartment}.leaf SET leaf = set_byte(leaf, 5, get_byte(leaf, 5) # 1) WHERE position = $1"
                );
                assert_eq!(client.execute(&set, &[&position]).await.expect("the log"), 1);
            }
        }
    }

    /// How long its process has been computing. Unit: seconds.
    ///
    /// # Panics
    /// When the system does not say.
    #[must_use]
    pub fn cpu_s(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).expect("its state");
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        // utime and stime, in hundredths of a second.
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u32>().ok()).map_or(0.0, f64::from);
        (ticks(11) + ticks(12)) / 100.0
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }

    /// Loses every database, as when a disk burns; what lies beside them stays.
    ///
    /// # Panics
    /// When they cannot be removed.
    pub async fn lose(&mut self) {
        self.kill();
        match &self.postgres {
            None => fs::remove_dir_all(self.folder.join("store")).expect("the store"),
            Some(url) => crate::drop_schemas(url, None).await,
        }
    }

    /// Makes a backup of `part` below the folder of the test; returns its folder.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn back_up(&self, part: &str) -> String {
        let target = self.home.path().join("target");
        fs::create_dir_all(&target).expect("a folder");
        let to = target.to_str().expect("a path of text");
        let (ok, said) = self.command(&["backup", part, "--demo", self.data_dir(), "--to", to]);
        assert!(ok, "{said}");
        said.split(": ").next().expect("a folder").to_owned()
    }

    /// Brings back what was lost; returns what is said of it.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn restore(&self, data: &str, keys: &str) -> String {
        let (ok, said) = self.command(&["restore", "--demo", self.data_dir(), "--data", data, "--keys", keys]);
        assert!(ok, "{said}");
        said
    }

    /// Starts it again on the same data and ports.
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart(&mut self) {
        self.kill();
        (self.process, self.services) = run(&self.program, &self.arguments, self.home.path(), &self.level);
    }
}

/// The code of six digits in a letter or text.
#[must_use]
pub fn code_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6).map(str::to_owned)
}

/// Starts the process and reads its ready lines; standard error goes to the file `log`.
fn run(program: &str, arguments: &[String], home: &Path, level: &str) -> (Child, BTreeMap<String, String>) {
    let log = home.join("log");
    let file = File::options().create(true).append(true).open(&log).expect("a log");
    let mut process = Command::new(program)
        .args(arguments)
        .env("KEPIL_LOG", level)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(file)
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
    let mut services = BTreeMap::new();
    loop {
        let Some(Ok(line)) = lines.next() else {
            drop(process.kill());
            panic!("the demo did not become ready:\n{}", fs::read_to_string(&log).unwrap_or_default());
        };
        if let Some((name, address)) = line.trim().split_once(char::is_whitespace)
            && address.trim().starts_with("http://")
        {
            services.insert(name.to_owned(), address.trim().to_owned());
        }
        if line.contains("letters are in") {
            break;
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    (process, services)
}

/// The first of some neighbouring free ports, each asked for once.
fn free_ports() -> u16 {
    for _ in 0..200 {
        let probe = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("a port").port();
        // Below the range from which the system gives ports by itself, so that nobody takes one in between.
        let first = 10_000 + probe % 1_800 * PORTS;
        // Claimed for as long as this test lives: another process that looks at the same moment looks elsewhere.
        let Ok(claim) = UdpSocket::bind(("127.0.0.1", first)) else { continue };
        let free: Vec<_> =
            (first..first + PORTS).map_while(|port| TcpListener::bind(("127.0.0.1", port)).ok()).collect();
        if free.len() == usize::from(PORTS) {
            std::mem::forget(claim);
            return first;
        }
    }
    panic!("no free ports")
}
