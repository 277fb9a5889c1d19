//! Whether somebody has an account: neither what is answered tells, nor how long it takes. Issue 3, item 9; clauses 3.4g,
//! 5.1. Figures are printed: `cargo nextest run -p kepil --test walks enumerated --no-capture`.

#![allow(clippy::disallowed_methods, reason = "how long an answer takes is what is measured")]

use std::time::{Duration, Instant};

use kepil_testing::{Demo, On, Page, Visitor};

/// How many samples of each kind.
const SAMPLES: usize = 24;
/// How far the medians may be apart. Tests share the machine with others, so the bound is wide; a password that is not
/// hashed for an unknown name, or a letter that is waited for, makes a factor of ten and more.
const RATIO_MAX: f64 = 2.0;
/// What drowns in whatever else the machine does. Unit: milliseconds.
const NOISE_MS: f64 = 10.0;

/// What an answer says, without what is random by design.
fn said(page: &Page) -> String {
    let is_token =
        |word: &str| word.len() >= 22 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let words = page.text.split_inclusive(['"', '\'', ' ', '=', ';', '\n']);
    let text: String = words
        .map(|word| if is_token(word.trim_end_matches(['"', '\'', ' ', '=', ';', '\n'])) { "…" } else { word })
        .collect();
    let mut names: Vec<&str> = page.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    format!("{} {names:?} {text}", page.status)
}

/// The answers to `known` and `unknown` are the same, and take as long.
async fn assert_alike(
    what: &str,
    known: impl AsyncFn(usize) -> (Page, Duration),
    unknown: impl AsyncFn(usize) -> (Page, Duration),
) {
    let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
    for at in 0..SAMPLES {
        // In turn, and in either order: what else the machine does meets both.
        let (one, other) = if at % 2 == 0 {
            let one = known(at).await;
            (one, unknown(at).await)
        } else {
            let other = unknown(at).await;
            (known(at).await, other)
        };
        assert_eq!(said(&one.0), said(&other.0), "{what}");
        of_known.push(one.1);
        of_unknown.push(other.1);
    }
    let median = |mut all: Vec<Duration>| {
        all.sort_unstable();
        all[all.len() / 2].as_secs_f64() * 1000.0
    };
    let (known, unknown) = (median(of_known), median(of_unknown));
    println!("{what}: known {known:.2} ms, unknown {unknown:.2} ms, ratio {:.2}", known / unknown);
    let is_near = (known / unknown).max(unknown / known) < RATIO_MAX || (known - unknown).abs() < NOISE_MS;
    assert!(is_near, "{what}: {known} ms against {unknown} ms");
}

/// One form, sent once: the answer and how long it took. The name does not stand in the answer.
async fn send(demo: &Demo, path: &str, form: &[(&str, &str)]) -> (Page, Duration) {
    let visitor = Visitor::new();
    let page = visitor.get(&format!("{}{path}", demo.issuer)).await;
    let begun = Instant::now();
    let mut page = visitor.submit(&page, path, form).await;
    let took = begun.elapsed();
    let name = form.iter().find(|(name, _)| ["identifier", "email"].contains(name)).map_or("", |(_, value)| value);
    page.text = page.text.replace(name, "…");
    (page, took)
}

#[tokio::test]
async fn neither_answer_nor_time_tells_whether_somebody_has_an_account() {
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--people", "40"]).await;
    // Few tries at each name, so that no limit is met.
    let known = |from: usize, at: usize| format!("person{}@example.kz", from + at / 4);
    let unknown = |from: usize, at: usize| format!("nobody{}@example.kz", from + at / 4);
    let sign_in = async |name: String| send(&demo, "/sign-in", &[("identifier", &name), ("password", "a guess")]).await;
    assert_alike("sign-in", async |at| sign_in(known(1, at)).await, async |at| sign_in(unknown(1, at)).await).await;
    let reset = async |name: String| send(&demo, "/reset", &[("identifier", &name)]).await;
    assert_alike("reset", async |at| reset(known(10, at)).await, async |at| reset(unknown(10, at)).await).await;
    let register = async |name: String| {
        let with = [
            ("email", name.as_str()),
            ("given_name", "Айгүл"),
            ("birth_date", "1990-05-17"),
            ("password", "a password"),
        ];
        send(&demo, "/register", &with).await
    };
    assert_alike("register", async |at| register(known(20, at)).await, async |at| register(unknown(20, at)).await)
        .await;
}

#[tokio::test]
async fn neither_answer_nor_time_tells_of_a_device_or_of_the_person_behind_a_known_browser() {
    let demo = crate::demo(On::Sqlite).await;
    let own = Visitor::new();
    own.register(&demo, "own@example.kz").await;
    Visitor::new().register(&demo, "victim@example.kz").await;
    // The letter of the registration is not counted any more.
    demo.advance("2h");
    let ask = async |name: String| {
        let page = own.get(&format!("{}/reset", demo.issuer)).await;
        let begun = Instant::now();
        let mut page = own.submit(&page, "/reset", &[("identifier", &name)]).await;
        let took = begun.elapsed();
        page.text = page.text.replace(&name, "…");
        (page, took)
    };
    // Whoever has an account holds a known browser, and looks whether it is another's: the sixth is refused for both.
    assert_alike(
        "reset from a known browser",
        async |_| ask("victim@example.kz".to_owned()).await,
        async |_| ask("nobody@example.kz".to_owned()).await,
    )
    .await;

    // A short code that was used and one that never was are wrong alike.
    let party = crate::party::Party::new(
        &demo,
        "mail",
        serde_json::json!({ "token_endpoint_auth_method": "none",
        "redirect_uris": [], "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"] }),
    );
    let mut used = Vec::new();
    for _ in 0..4 {
        let begun = party.post("/device_authorization", &[("scope", "openid")]).await.1;
        let page = own.get(begun["verification_uri_complete"].as_str().unwrap()).await;
        own.submit(&page, "/device", &[("choice", "foreign")]).await;
        used.push(begun["user_code"].as_str().unwrap().to_owned());
    }
    // Few tries of each person, so that no limit is met.
    let mut people = Vec::new();
    for number in 0..SAMPLES / 4 {
        let visitor = Visitor::new();
        visitor.register(&demo, &format!("looks{number}@example.kz")).await;
        people.push(visitor);
    }
    let look = async |visitor: &Visitor, code: &str| {
        let begun = Instant::now();
        let page = visitor.get(&format!("{}/device?user_code={code}", demo.issuer)).await;
        (page, begun.elapsed())
    };
    assert_alike(
        "short code, used and unknown",
        async |at: usize| look(&people[at / 4], &used[at % used.len()]).await,
        async |at: usize| look(&people[at / 4], "BBBB-BBBB").await,
    )
    .await;
}
