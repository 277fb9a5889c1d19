//! People from an earlier system: their old passwords work, and nothing opens before each has accepted. Clauses 1.2c, 1.3a,
//! 3.2b.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use aws_lc_rs::pbkdf2;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use kepil_testing::{Demo, On, Visitor};
use serde_json::json;

use crate::{
    demo,
    party::{BACK, Party, answer},
};

/// `password` as an earlier system kept it: cheap, since what is looked at here is that it is read.
fn hash(number: usize) -> String {
    let mut out = [0; 32];
    let (salt, password) = (format!("salt-{number}"), format!("old password {number}"));
    let rounds = std::num::NonZeroU32::new(10).unwrap();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt.as_bytes(), password.as_bytes(), &mut out);
    let text = |bytes: &[u8]| BASE64_STANDARD_NO_PAD.encode(bytes);
    format!("$pbkdf2-sha256$i=10${}${}", text(salt.as_bytes()), text(&out))
}

fn email(number: usize) -> String {
    format!("moved{number}@example.kz")
}

/// A file with so many people; every hundredth has a date that cannot be, and the sixth of each hundred none.
pub fn file(demo: &Demo, people: usize) -> PathBuf {
    let mut text = "email,given_name,birth_date,password_hash\n".to_owned();
    for number in 0..people {
        let born = match number % 100 {
            5 => "",
            99 => "1990-02-31",
            _ => "1990-05-17",
        };
        writeln!(text, "{},Айгүл,{born},{}", email(number), hash(number)).unwrap();
    }
    let path = demo.folder.join("people.csv");
    std::fs::write(&path, text).unwrap();
    path
}

fn arguments(demo: &Demo, file: &Path) -> Vec<String> {
    let report = demo.folder.join("refused.csv");
    let words = [
        "import",
        file.to_str().unwrap(),
        "--demo",
        demo.folder.to_str().unwrap(),
        "--report",
        report.to_str().unwrap(),
    ];
    words.map(str::to_owned).to_vec()
}

pub fn import(demo: &Demo, file: &Path) -> (bool, String) {
    let words = arguments(demo, file);
    demo.command(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

pub async fn sign_in(demo: &Demo, number: usize) -> (Visitor, kepil_testing::Page) {
    let visitor = Visitor::stopping_at(BACK);
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let form = [("identifier", email(number)), ("password", format!("old password {number}"))];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let page = visitor.submit(&page, "/sign-in", &form).await;
    (visitor, page)
}

async fn whoever_was_brought_along(on: On) {
    let mut demo = demo(on).await;
    let path = file(&demo, 200);
    if on == On::Sqlite {
        let (ok, said) = import(&demo, &path);
        assert!(!ok && said.contains("stop it first"), "the embedded engine serves one process: {said}");
    }
    demo.kill();
    let (ok, said) = import(&demo, &path);
    assert!(ok && said.contains("200 rows: 198 people brought along, 2 refused"), "{said}");
    let report = std::fs::read_to_string(demo.folder.join("refused.csv")).unwrap();
    assert_eq!(report, "row,column,reason\n100,birth_date,not a possible date\n200,birth_date,not a possible date\n");
    let (ok, said) = import(&demo, &path);
    assert!(ok && said.contains("200 rows: 198 people"), "again changes nothing: {said}");
    demo.restart();

    // A service that knew the id of somebody gets nothing before they accept: no id leads to them at all.
    let party = Party::new(&demo, "mail", json!({}));
    let visitor = Visitor::stopping_at(BACK);
    let page = visitor.get(&party.request(&[])).await;
    let form = [("identifier", "moved7@example.kz"), ("password", "old password 7")];
    let page = visitor.submit(&page, "/sign-in", &form).await;
    assert!(page.has_form("/welcome"), "the account itself first: {} {}", page.url, page.words());
    // Whoever tries a list of old passwords is the first to sign in: the person learns of it.
    demo.letter_with("moved7@example.kz", "new browser").await;
    let silent = visitor.get(&party.request(&[("prompt", "none")])).await;
    assert_eq!(silent.parameter("error").as_deref(), Some("interaction_required"));
    let page = visitor.submit(&page, "/welcome", &[("choice", "accept")]).await;
    assert!(page.has_form("/accept"), "then the service: {}", page.words());
    let page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    let (_, tokens) = party.post("/token", &Party::exchanged(&page.parameter("code").expect("a code"))).await;
    let told = reqwest::Client::new().get(format!("{}/userinfo", demo.issuer));
    let (_, told) = answer(told.bearer_auth(tokens["access_token"].as_str().unwrap())).await;
    assert_eq!((&told["email"], &told["email_verified"]), (&json!("moved7@example.kz"), &json!(false)), "{told}");
    let page = visitor.get(&format!("{}/me", demo.issuer)).await;
    assert!(page.words().contains("earlier system"), "{}", page.words());

    // Whoever refuses is asked no more than that, and can have everything destroyed.
    let (other, page) = sign_in(&demo, 8).await;
    assert!(page.has_form("/welcome"), "{}", page.url);
    let page = other.submit(&page, "/welcome", &[("choice", "refuse")]).await;
    assert!(page.url.contains("/me/close"), "{}", page.url);
    let gone = other.submit(&page, "/me/close", &[("word", "close"), ("now", "old password 8")]).await;
    assert_eq!(gone.status, 200);
    let (_, page) = sign_in(&demo, 8).await;
    assert!(page.has_form("/sign-in"), "nobody any more: {}", page.url);
    // The hash was made anew at the first sign-in; the password stays the same.
    let (_, page) = sign_in(&demo, 7).await;
    assert!(page.url.ends_with("/me"), "{}", page.url);
    let (_, page) = sign_in(&demo, 99).await;
    assert!(page.has_form("/sign-in"), "whoever was refused is not there");
}

#[tokio::test]
async fn whoever_was_brought_along_signs_in_with_the_old_password_and_accepts_first() {
    whoever_was_brought_along(On::Sqlite).await;
}

#[tokio::test]
async fn whoever_was_brought_along_to_postgres_signs_in_and_accepts_first() {
    whoever_was_brought_along(On::Postgres).await;
}

/// Kills the import again and again, each time a little later, until it is through; returns how often.
fn import_with_kills(demo: &Demo, file: &Path, first: Duration) -> usize {
    let mut after = first;
    for kills in 0..200 {
        after = after.mul_f64(1.2);
        let mut process = Command::new(env!("CARGO_BIN_EXE_kepil"));
        process.args(arguments(demo, file)).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        for _ in 0..100 {
            std::thread::sleep(after / 100);
            if let Some(status) = process.try_wait().unwrap() {
                assert!(status.success());
                return kills;
            }
        }
        process.kill().unwrap();
        process.wait().unwrap();
    }
    panic!("the import is never through")
}

async fn killed(people: usize, after: Duration) {
    let mut demo = demo(On::Sqlite).await;
    let path = file(&demo, people);
    demo.kill();
    let kills = import_with_kills(&demo, &path, after);
    assert!(kills > 0, "it was never killed");
    let (ok, said) = import(&demo, &path);
    let refused = people / 100;
    assert!(
        ok && said.contains(&format!("{people} rows: {} people brought along, {refused} refused", people - refused)),
        "{said}"
    );
    let report = std::fs::read_to_string(demo.folder.join("refused.csv")).unwrap();
    assert_eq!(report.lines().count(), refused + 1, "each once: {report}");
    let count = |database: &str, table: &str| -> i64 {
        let path = demo.folder.join(format!("store/{database}.db"));
        let sql = format!("SELECT count(*) FROM {table}");
        rusqlite::Connection::open(path).unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let there = i64::try_from(people - refused + 1).unwrap();
    // The guest of the demo is there as well.
    assert_eq!(count("keys", "ring"), there, "nobody is doubled or lost");
    assert_eq!(count("people_account", "person"), there);
    demo.restart();
    for number in (0..people).step_by(people / 20) {
        let (_, page) = sign_in(&demo, number).await;
        assert!(page.has_form("/welcome") || number % 100 == 99, "{number}: {}", page.url);
    }
}

#[tokio::test]
async fn an_import_that_is_killed_goes_on_and_loses_and_doubles_nobody() {
    killed(1500, Duration::from_millis(80)).await;
}

#[tokio::test]
async fn long_a_hundred_thousand_people_are_brought_along_through_many_kills() {
    killed(100_000, Duration::from_secs(2)).await;
}
