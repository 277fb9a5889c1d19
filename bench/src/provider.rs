//! Rows of the provider: `token` and `code` against npm `oidc-provider`, `login` against bare argon2, `introspect` against a
//! hello. Client and servers share the cores.

use std::{
    future::Future,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::join_all;
use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use reqwest::{Client, redirect::Policy};
use serde_json::Value;

use crate::{
    http::Floor,
    report::{Goal, Report, median},
};

const CALLERS: usize = 16;
const WINDOW: Duration = Duration::from_secs(2);
const VERIFIER: &str = "a-verifier-of-fortythree-characters-or-more";
const BACK: &str = "https://party.example/callback";

/// A row and what measures it.
pub struct Row {
    pub name: &'static str,
    pub measure: fn(&Report, usize, &str),
}

pub const ROWS: [Row; 4] = [
    Row { name: "token", measure: |report, rounds, program| run(token(report, rounds, program)) },
    Row { name: "code", measure: |report, rounds, program| run(code(report, rounds, program)) },
    Row { name: "login", measure: |report, rounds, program| run(login(report, rounds, program)) },
    Row { name: "introspect", measure: |report, rounds, program| run(introspect(report, rounds, program)) },
];

fn run(row: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(row);
}

/// How often a second `each` is done by so many at once.
async fn rate<F: Future<Output = ()>>(callers: usize, each: impl Fn(usize) -> F) -> (f64, u64) {
    let begun = Instant::now();
    let all = (0..callers).map(|caller| {
        let each = &each;
        async move {
            let mut count = 0u64;
            while begun.elapsed() < WINDOW {
                each(caller).await;
                count += 1;
            }
            count
        }
    });
    let count: u64 = join_all(all).await.iter().sum();
    (count as f64 / begun.elapsed().as_secs_f64(), count)
}

/// `oidc-provider`, a process of its own.
struct Peer {
    process: Child,
    issuer: String,
    /// Held open: it writes to it now and then.
    _said: BufReader<ChildStdout>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Peer {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peer/provider.mjs");
        let mut command = Command::new("node");
        command.env("NODE_ENV", "production").arg(script).arg(port.to_string());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        assert!(line.starts_with("ready"), "oidc-provider did not start: run `bench/run`, which installs it");
        Self { process, issuer: format!("http://127.0.0.1:{port}"), _said: said }
    }
}

fn client() -> Client {
    Client::builder().redirect(Policy::none()).no_proxy().build().unwrap()
}

async fn post(client: &Client, url: &str, (id, secret): (&str, &str), form: &[(&str, &str)]) -> Value {
    let answer = client.post(url).basic_auth(id, Some(secret)).form(form).send().await.unwrap();
    assert!(answer.status().is_success(), "{url}: {}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

/// How long one signature takes while every core signs, as every core answers. Unit: seconds.
fn signature_s() -> f64 {
    const COUNT: usize = 10_000;
    let sign = || {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (random, begun) = (SystemRandom::new(), Instant::now());
        for _ in 0..COUNT {
            pair.sign(&random, b"a message of the length of a token's header and claims").unwrap();
        }
        begun.elapsed().as_secs_f64() / COUNT as f64
    };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let threads: Vec<_> = (0..cores).map(|_| std::thread::spawn(sign)).collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).sum::<f64>() / cores as f64
}

async fn token(report: &Report, rounds: usize, program: &str) {
    let (demo, peer, http) = (Demo::start(program, On::Sqlite, &[]).await, Peer::start(), client());
    let (id, secret) = demo.client("mail");
    let form = [("grant_type", "client_credentials")];
    let (own, other) = (format!("{}/token", demo.issuer), format!("{}/token", peer.issuer));
    let (mut ratios, mut signs, mut rates, mut peers) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let before_s = demo.cpu_s();
        let (mine, count) = rate(CALLERS, async |_| drop(post(&http, &own, (&id, &secret), &form).await)).await;
        let cpu_s = (demo.cpu_s() - before_s) / count as f64;
        let (theirs, _) =
            rate(CALLERS, async |_| drop(post(&http, &other, ("peer", "peer-secret"), &form).await)).await;
        // The first round warms both up: the peer is compiled while it runs.
        if round == 0 {
            continue;
        }
        signs.push(cpu_s / signature_s());
        ratios.push(mine / theirs);
        rates.push(mine);
        peers.push(theirs);
    }
    let text = format!("{:.0}/s; oidc-provider {:.0}/s, {CALLERS} callers", median(rates), median(peers));
    report.row("token", ratios, Goal::AtLeast(5.0), &text);
    report.row("token/signs", signs, Goal::AtMost(2.5), "CPU per token, in raw ES256 signatures");
}

/// The address of a request for a code, and what it comes to.
fn request(endpoint: &str, id: &str) -> String {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, VERIFIER.as_bytes()));
    let pairs = [
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", BACK),
        ("scope", "openid"),
        ("state", "s"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    reqwest::Url::parse_with_params(endpoint, pairs).unwrap().into()
}

/// One code for a browser that is signed in, and its exchange.
async fn one_code(browser: &Client, request: &str, token: &str, (id, secret): (&str, &str)) -> Value {
    let answer = browser.get(request).send().await.unwrap();
    let to = answer.headers()["location"].to_str().unwrap().to_owned();
    let to = reqwest::Url::parse(&to).unwrap_or_else(|error| panic!("{to}: {error}"));
    let code = to.query_pairs().find(|(name, _)| name == "code").unwrap_or_else(|| panic!("{to}")).1.into_owned();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    post(browser, token, (id, secret), &form).await
}

/// A client of the demo that comes back to [`BACK`].
fn party(demo: &Demo) -> (String, String) {
    let folder = demo.folder.to_str().unwrap();
    let (ok, said) = demo.command(&["service", "add", "mail", "--demo", folder, "--redirect-uri", BACK]);
    assert!(ok, "{said}");
    let find =
        |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim_start_matches(" =").trim();
    (find("client_id    ").to_owned(), find("client_secret").to_owned())
}

/// Goes the way once, so that afterwards nothing is asked any more.
async fn go(browser: &Visitor, request: &str, steps: &[(&str, &[(&str, &str)])]) {
    let mut page = browser.get(request).await;
    for (action, form) in steps {
        if page.parameter("code").is_none() && page.has_form(action) {
            page = browser.submit(&page, action, form).await;
        }
    }
    assert!(page.parameter("code").is_some(), "{} {}", page.url, page.words());
}

async fn code(report: &Report, rounds: usize, program: &str) {
    let (demo, peer) = (Demo::start(program, On::Sqlite, &[]).await, Peer::start());
    let (id, secret) = party(&demo);
    let own = request(&format!("{}/authorize", demo.issuer), &id);
    // A person each: codes for one person come one after the other.
    let mut people = Vec::new();
    for number in 0..CALLERS {
        let visitor = Visitor::stopping_at(BACK);
        visitor.register(&demo, &format!("bench{number}@example.kz")).await;
        go(&visitor, &own, &[("/accept", &[("choice", "accept")])]).await;
        people.push(visitor);
    }
    let other = request(&format!("{}/auth", peer.issuer), "peer");
    let guest = Visitor::stopping_at(BACK);
    let interaction = format!("{}/interaction", peer.issuer);
    let steps: [(&str, &[(&str, &str)]); 2] =
        [(&interaction, &[("login", "bench"), ("password", "bench")]), (&interaction, &[])];
    go(&guest, &other, &steps).await;
    let (tokens, peers) = (format!("{}/token", demo.issuer), format!("{}/token", peer.issuer));
    let (mut ratios, mut rates, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let (mine, _) =
            rate(CALLERS, async |at| drop(one_code(people[at].client(), &own, &tokens, (&id, &secret)).await)).await;
        let (other, _) =
            rate(CALLERS, async |_| drop(one_code(guest.client(), &other, &peers, ("peer", "peer-secret")).await))
                .await;
        // As for tokens.
        if round == 0 {
            continue;
        }
        ratios.push(mine / other);
        rates.push(mine);
        theirs.push(other);
    }
    let text = format!("{:.0}/s; oidc-provider {:.0}/s, {CALLERS} callers", median(rates), median(theirs));
    report.row("code", ratios, Goal::AtLeast(4.0), &text);
}

/// Bare argon2 with the program's settings on every core. Unit: a second.
fn argon2_rate() -> f64 {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let begun = Instant::now();
    let counts: Vec<_> = (0..cores)
        .map(|_| {
            std::thread::spawn(move || {
                let params = Params::new(19 * 1024, 2, 1, Some(32)).unwrap();
                let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
                let (mut out, mut count) = ([0; 32], 0u64);
                while begun.elapsed() < WINDOW {
                    argon2.hash_password_into(b"password", b"salt of sixteen.", &mut out).unwrap();
                    count += 1;
                }
                count
            })
        })
        .collect();
    counts.into_iter().map(|thread| thread.join().unwrap()).sum::<u64>() as f64 / begun.elapsed().as_secs_f64()
}

/// One sign-in of a browser that comes for the first time: the page, then its form. No parser and no new connection, so that what
/// is measured is the server.
async fn sign_in(http: &Client, issuer: &str, email: &str) {
    let page = http.get(format!("{issuer}/sign-in")).send().await.unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    let (_, rest) = html.split_once("name=\"form_token\" value=\"").unwrap();
    let form = [("form_token", rest.split('"').next().unwrap()), ("identifier", email), ("password", PASSWORD)];
    let answer = http.post(format!("{issuer}/sign-in")).header("cookie", cookie).form(&form).send().await.unwrap();
    assert!(answer.status().is_redirection());
}

async fn login(report: &Report, rounds: usize, program: &str) {
    let demo = Demo::start(program, On::Sqlite, &[]).await;
    let email = "bench@example.kz";
    let visitor = Visitor::new();
    visitor.register(&demo, email).await;
    let sub = visitor.visit(&demo, "mail", email).await.sub();
    let (token, http) = (demo.token("mail").await, client());
    let body = serde_json::json!({ "sub": sub, "purpose": "delivery" });
    let read = async || {
        let begun = Instant::now();
        let answer =
            http.post(format!("{}/v1/reads", demo.issuer)).bearer_auth(&token).json(&body).send().await.unwrap();
        assert!(answer.status().is_success());
        begun.elapsed().as_secs_f64()
    };
    let p99 = |mut took: Vec<f64>| {
        took.sort_by(f64::total_cmp);
        took[took.len() * 99 / 100]
    };
    let sign_in = async || sign_in(&http, &demo.issuer, email).await;
    let (mut ratios, mut growth, mut rates, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut besides, mut alones) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let (mine, _) = rate(4, async |_| sign_in().await).await;
        let floor = argon2_rate();
        ratios.push(mine / floor);
        rates.push(mine);
        bare.push(floor);
        let alone = std::cell::RefCell::new(Vec::new());
        let seldom = async |took: &std::cell::RefCell<Vec<f64>>| {
            let one = read().await;
            took.borrow_mut().push(one);
            tokio::time::sleep(Duration::from_millis(2)).await;
        };
        rate(1, async |_| seldom(&alone).await).await;
        let meanwhile = std::cell::RefCell::new(Vec::new());
        rate(5, async |caller| if caller == 4 { seldom(&meanwhile).await } else { sign_in().await }).await;
        let (beside, alone) = (p99(meanwhile.into_inner()), p99(alone.into_inner()));
        growth.push(beside / alone);
        besides.push(beside);
        alones.push(alone);
    }
    let text = format!("{:.0}/s; bare argon2 {:.0}/s", median(rates), median(bare));
    report.row("login", ratios, Goal::AtLeast(0.95), &text);
    let text = format!(
        "p99 of a read: {:.2} ms while people sign in; {:.2} ms alone",
        1e3 * median(besides),
        1e3 * median(alones)
    );
    report.row("login/read-p99", growth, Goal::AtMost(2.0), &text);
}

async fn introspect(report: &Report, rounds: usize, program: &str) {
    let (demo, floor, http) = (Demo::start(program, On::Sqlite, &[]).await, Floor::start().await, client());
    let (id, secret) = party(&demo);
    let visitor = Visitor::stopping_at(BACK);
    visitor.register(&demo, "bench@example.kz").await;
    let own = request(&format!("{}/authorize", demo.issuer), &id);
    go(&visitor, &own, &[("/accept", &[("choice", "accept")])]).await;
    let tokens = one_code(visitor.client(), &own, &format!("{}/token", demo.issuer), (&id, &secret)).await;
    let token = tokens["access_token"].as_str().unwrap();
    let (form, url) = ([("token", token)], format!("{}/introspect", demo.issuer));
    let (mut asked, mut told, mut rates, mut tells, mut hellos) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        let (introspected, _) = rate(CALLERS, async |_| {
            assert_eq!(post(&http, &url, (&id, &secret), &form).await["active"], true);
        })
        .await;
        let (userinfo, _) = rate(CALLERS, async |_| {
            let answer = http.get(format!("{}/userinfo", demo.issuer)).bearer_auth(token).send().await.unwrap();
            assert!(answer.status().is_success());
            drop(answer.bytes().await.unwrap());
        })
        .await;
        let (hello, _) = rate(CALLERS, async |_| {
            let answer = http.post(format!("http://127.0.0.1:{}/", floor.port)).form(&form).send().await.unwrap();
            drop(answer.bytes().await.unwrap());
        })
        .await;
        asked.push(introspected / hello);
        told.push(userinfo / hello);
        rates.push(introspected);
        tells.push(userinfo);
        hellos.push(hello);
    }
    let hello = median(hellos);
    report.row("introspect", asked, Goal::AtLeast(0.30), &format!("{:.0}/s; hello {hello:.0}/s", median(rates)));
    report.row(
        "introspect/userinfo",
        told,
        Goal::AtLeast(0.30),
        &format!("{:.0}/s; hello {hello:.0}/s", median(tells)),
    );
}
