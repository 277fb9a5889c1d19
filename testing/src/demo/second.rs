//! A second server of the installation of a demo, on the same PostgreSQL.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use super::{Demo, PORTS};

/// A second server of the same installation, killed at the end of its test.
pub struct Second {
    /// Its own address; the issuer is the demo's.
    pub address: String,
    declared: String,
    process: Child,
}

impl Second {
    /// What it said at its start of where it keeps data.
    #[must_use]
    pub fn said_at_start(&self) -> &str {
        self.declared.trim_end()
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Demo {
    /// Starts `kepil serve` beside the demo, on the same PostgreSQL.
    ///
    /// # Panics
    /// When the demo is not on PostgreSQL, or the server does not start.
    #[must_use]
    pub fn second(&self) -> Second {
        let postgres = self.postgres.as_ref().expect("a demo on PostgreSQL");
        let first = self.issuer.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).expect("a port");
        let listen = format!("127.0.0.1:{}", first + PORTS - 1);
        let folder = self.folder.display();
        let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/citicom");
        let text = format!(
            "issuer = \"{}\"\nlisten = \"{listen}\"\nbundle = \"{}\"\nsealers = [\"{folder}/sealer\"]\n\
             [store]\npostgres = \"{postgres}\"\nterritory = \"KZ\"\n[mail]\nfolder = \"{folder}/letters\"\n",
            self.issuer,
            bundle.display()
        );
        let config = self.home.path().join("second.toml");
        fs::write(&config, text).expect("a configuration");
        let log = File::options().create(true).append(true).open(self.home.path().join("log")).expect("a log");
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--config").arg(config).stdout(Stdio::piped()).stderr(log);
        let mut process = command.spawn().expect("the program starts");
        let mut line = String::new();
        let mut lines = BufReader::new(process.stdout.take().expect("its output"));
        lines.read_line(&mut line).expect("a line");
        assert!(line.starts_with("ready"), "the second server did not start:\n{}", self.log());
        let mut declared = String::new();
        lines.read_line(&mut declared).expect("a line");
        Second { address: format!("http://{listen}"), declared, process }
    }
}
