//! Unknown, blocked, left, withdrawn and closed differ neither in what a service is told nor in how long it takes, nor in
//! what is written. Clause 3.4g; issue 4, must show 6. Figures are printed: `cargo nextest run --workspace -E 'test(alike)'
//! --no-capture`.

#![allow(clippy::disallowed_methods, reason = "how long an answer takes is what is measured")]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use kepil_testing::{Demo, On, Visitor, visitor::PASSWORD};
use serde_json::{Value, json};

use crate::{
    client::{VERIFIER, another_code, exchange},
    demo,
};

/// How many samples of each kind.
const SAMPLES: usize = 60;
/// How far medians may be apart: tests share the machine, so the bound is wide. What is measured is printed.
const RATIO_MAX: f64 = 2.0;
/// What drowns in whatever else the machine does. Unit: milliseconds.
const NOISE_MS: f64 = 10.0;

/// Somebody, and what a service holds of them.
struct Known {
    sub: String,
    access: String,
}

/// Somebody who uses the market and then does `act`.
async fn somebody(demo: &Demo, name: &str, act: impl AsyncFn(&Visitor)) -> Known {
    let email = format!("{name}@example.kz");
    let visitor = Visitor::stopping_at(&format!("{}/callback", demo.service("market")));
    visitor.register_with(demo, &email, &[("birth_date", "1990-05-17")]).await;
    let code = another_code(demo, &visitor, "market").await;
    let (status, tokens) = exchange(demo, "market", &code, VERIFIER).await;
    assert_eq!(status, 200, "{tokens}");
    let access = tokens["access_token"].as_str().unwrap().to_owned();
    let told = post_form(demo, "/introspect", &[("token", &access)]).await;
    let sub = serde_json::from_str::<Value>(&told.body).unwrap()["sub"].as_str().unwrap().to_owned();
    act(&visitor).await;
    Known { sub, access }
}

/// An answer, headers and all; the date differs by design.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Told {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

async fn told(request: reqwest::RequestBuilder) -> Told {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| name.as_str() != "date")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    Told { status, headers, body: answer.text().await.unwrap() }
}

async fn post_form(demo: &Demo, path: &str, form: &[(&str, &str)]) -> Told {
    let (id, secret) = demo.client("market");
    told(reqwest::Client::new().post(format!("{}{path}", demo.issuer)).basic_auth(id, Some(secret)).form(form)).await
}

/// The people whom a service cannot read, by what happened.
async fn unreadable(demo: &Demo) -> BTreeMap<&'static str, Known> {
    let form = async |visitor: &Visitor, page: &str, action: &str, with: &[(&str, &str)]| {
        let page = visitor.get(&format!("{}{page}", demo.issuer)).await;
        let done = visitor.submit(&page, action, with).await;
        assert_eq!(done.status, 200, "{action}: {}", done.words());
    };
    let block = async |visitor: &Visitor| form(visitor, "/me/block", "/me/block", &[("action", "block")]).await;
    let leave = async |visitor: &Visitor| form(visitor, "/me/services", "/me/services/market/leave", &[]).await;
    let close = async |visitor: &Visitor| {
        form(visitor, "/me/close", "/me/close", &[("word", "close"), ("now", PASSWORD)]).await;
    };
    let elsewhere = {
        let (visitor, email) = (Visitor::new(), "elsewhere@example.kz");
        visitor.register(demo, email).await;
        Known { sub: visitor.visit(demo, "forum", email).await.sub(), access: "x".to_owned() }
    };
    BTreeMap::from([
        ("unknown", Known { sub: "A".repeat(32), access: "x".to_owned() }),
        ("of another service", elsewhere),
        ("blocked", somebody(demo, "blocked", block).await),
        ("left", somebody(demo, "left", leave).await),
        ("closed", somebody(demo, "closed", close).await),
    ])
}

/// What differs by design in the answer to an inquiry: its own token and address.
fn without_tokens(mut told: Told) -> Told {
    if let Ok(Value::Object(mut body)) = serde_json::from_str::<Value>(&told.body) {
        for name in ["inquiry", "answer_url"] {
            if let Some(Value::String(text)) = body.get_mut(name) {
                *text = format!("{} letters", text.len());
            }
        }
        if let Some(Value::String(sub)) = body.get_mut("people").and_then(|all| all.get_mut(0)?.get_mut("sub")) {
            sub.clear();
        }
        told.body = Value::Object(body).to_string();
    }
    told
}

/// What is asked about an id, with a running number.
type Body<'a> = &'a dyn Fn(&str, usize) -> Value;

fn median_ms(mut all: Vec<Duration>) -> f64 {
    all.sort_unstable();
    all[all.len() / 2].as_secs_f64() * 1000.0
}

/// How many entries the log of the account has.
async fn log_size(demo: &Demo, reader: &Visitor) -> u64 {
    // Takes what waits into the log.
    reader.get(&format!("{}/me/activity", demo.issuer)).await;
    let checkpoint = reader.get(&format!("{}/ledger/account/checkpoint", demo.issuer)).await.text;
    checkpoint.lines().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_service_is_told_the_same_of_everybody_whom_it_cannot_read_in_the_same_time_with_the_same_entries() {
    let demo = demo(On::Sqlite).await;
    let people = unreadable(&demo).await;
    let reader = Visitor::new();
    reader.register(&demo, "reader@example.kz").await;
    let (token, http) = (demo.token("market").await, reqwest::Client::new());
    let post = async |path: &str, body: &Value| {
        without_tokens(told(http.post(format!("{}{path}", demo.issuer)).bearer_auth(&token).json(body)).await)
    };
    let asks: [(&str, u64, Body<'_>); 4] = [
        ("/v1/reads", 1, &|sub, _| json!({ "sub": sub, "purpose": "delivery" })),
        ("/v1/reads/batch", 1, &|sub, _| json!({ "subs": [sub], "purpose": "delivery", "fields": ["residence"] })),
        ("/v1/reads", 1, &|sub, _| json!({ "sub": sub, "purpose": "nothing" })),
        (
            "/v1/inquiries",
            0,
            &|sub, number| json!({ "sub": sub, "purpose": "call", "fields": ["phone"], "agreement_id": number.to_string() }),
        ),
    ];
    for (path, entries, body) in asks {
        // So many inquiries about one person are let through.
        let samples = if entries == 0 { 5 } else { SAMPLES };
        let (mut answers, mut times) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        for number in 0..samples {
            // In turn: what else the machine does meets all.
            for (kind, known) in &people {
                let (asked, begun) = (body(&known.sub, number), Instant::now());
                let answer = post(path, &asked).await;
                times.entry(*kind).or_default().push(begun.elapsed());
                answers.push((*kind, answer));
            }
        }
        let first = answers[0].1.clone();
        for (kind, answer) in &answers {
            assert_eq!(*answer, first, "{path}: {kind}");
        }
        let medians: BTreeMap<_, _> = times.into_iter().map(|(kind, all)| (kind, median_ms(all))).collect();
        println!("{path} {}: {medians:.2?} ms", body("", 0)["purpose"]);
        let (least, most) = medians.values().fold((f64::MAX, 0.0_f64), |(a, b), ms| (a.min(*ms), b.max(*ms)));
        // Of a few samples a median says nothing while other tests run.
        let is_near = samples < SAMPLES || most / least < RATIO_MAX || most - least < NOISE_MS;
        assert!(is_near, "{path}: {medians:?}");

        // The same durable work: each ask is so many entries, about whomever it is.
        for (kind, known) in people.iter().filter(|_| entries > 0) {
            let mut grown = Vec::new();
            // Whoever closed their account has entries of that some time later: one quiet look is enough.
            while grown.len() < 4 && grown.last() != Some(&(5 * entries)) {
                let before = log_size(&demo, &reader).await;
                for number in 0..5 {
                    post(path, &body(&known.sub, number)).await;
                }
                grown.push(log_size(&demo, &reader).await - before);
            }
            assert_eq!(grown.last(), Some(&(5 * entries)), "{path}: {kind}: {grown:?}");
        }
    }

    // What opens nothing is one answer as well, whatever the reason.
    let userinfo = async |access: &str| told(http.get(format!("{}/userinfo", demo.issuer)).bearer_auth(access)).await;
    let (unknown, inactive) = (userinfo("x").await, post_form(&demo, "/introspect", &[("token", "x")]).await);
    assert_eq!((unknown.status, inactive.body.as_str()), (401, "{\"active\":false}"));
    for (kind, known) in &people {
        assert_eq!(userinfo(&known.access).await, unknown, "{kind}");
        assert_eq!(post_form(&demo, "/introspect", &[("token", &known.access)]).await, inactive, "{kind}");
    }
}
