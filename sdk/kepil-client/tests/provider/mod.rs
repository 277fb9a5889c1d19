//! A provider of one test: plays answers of `sdk/vectors/`, in order for each path, and keeps what it was asked.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use kepil_client::{Client, Config};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// One request as it came.
#[derive(Clone)]
pub struct Asked {
    pub path: String,
    pub head: String,
    pub body: String,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<BTreeMap<String, VecDeque<Value>>>,
    asked: Mutex<Vec<Asked>>,
}

/// A provider on a free port of loopback.
pub struct Provider {
    pub issuer: String,
    shared: Arc<Shared>,
}

/// A vector by its name.
pub fn vector(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../vectors/{name}.json"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

impl Provider {
    /// Answers by these vectors. The last one of a path is repeated.
    pub async fn playing(names: &[&str]) -> Self {
        Self::of(names.iter().map(|name| vector(name)).collect()).await
    }

    /// The same with vectors that were changed.
    pub async fn of(vectors: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        for vector in vectors {
            let path = vector["request"]["path"].as_str().unwrap().to_owned();
            let answer: Value =
                serde_json::from_str(&vector["answer"].to_string().replace("{issuer}", &issuer)).unwrap();
            shared.answers.lock().unwrap().entry(path).or_default().push_back(answer);
        }
        let playing = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&playing)));
            }
        });
        Self { issuer, shared }
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(self.config()).unwrap()
    }

    /// What a client of it is made of.
    pub fn config(&self) -> Config {
        Config::new(&self.issuer, "mail-1", "a secret".to_owned()).unwrap()
    }

    /// What was asked at `path` so far.
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().iter().filter(|one| one.path == path).cloned().collect()
    }
}

async fn answer(mut stream: TcpStream, shared: Arc<Shared>) {
    let Some(asked) = read(&mut stream).await else { return };
    let answer = {
        let mut answers = shared.answers.lock().unwrap();
        let of_path = answers.get_mut(&asked.path).unwrap_or_else(|| panic!("nobody asks {}", asked.path));
        if of_path.len() > 1 { of_path.pop_front().unwrap() } else { of_path[0].clone() }
    };
    shared.asked.lock().unwrap().push(asked);
    // Long enough that callers at the same time meet.
    tokio::time::sleep(Duration::from_millis(20)).await;
    let (status, body) = (answer["status"].as_u64().unwrap(), answer["body"].to_string());
    let retry_after = answer["retry_after"].as_str().map(|value| format!("Retry-After: {value}\r\n"));
    let location = answer["location"].as_str().map(|value| format!("Location: {value}\r\n"));
    let text = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{}{}\r\n{body}",
        body.len(),
        retry_after.unwrap_or_default(),
        location.unwrap_or_default(),
    );
    stream.write_all(text.as_bytes()).await.unwrap();
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
        if body.len() >= length {
            let path = text.split(' ').nth(1)?.to_owned();
            return Some(Asked { path, head, body: body.to_owned() });
        }
    }
}
