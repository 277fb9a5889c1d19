//! About how many people a service and the staff may ask: on the running program. Clauses 3.4g, 5.2b; issue 4, item 6.

use std::time::Duration;

use kepil_testing::{Demo, On, Page, Visitor, visitor::PASSWORD};
use serde_json::{Value, json};

use crate::{editions::Draft, party::person, staff::Staffer};

const MAIL_BUDGET: &str = "budget  = { people = 50000, window = \"1 day\" }";
const MAIL_BATCH: &str = "batch   = { people = 20000, window = \"1 day\" }";

/// A demo whose service `mail` has small budgets.
async fn small(on: On, people: u32, batch: u32) -> (Demo, Draft) {
    let draft = Draft::new();
    draft.edit("services/mail.toml", MAIL_BUDGET, &format!("budget  = {{ people = {people}, window = \"1 day\" }}"));
    draft.edit("services/mail.toml", MAIL_BATCH, &format!("batch   = {{ people = {batch}, window = \"1 day\" }}"));
    let bundle = draft.folder.to_str().unwrap().to_owned();
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), on, &["--clock", "--bundle", &bundle]).await;
    (demo, draft)
}

/// What a service is answered, headers and all; of the headers only the date differs by design.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    retry_after: Option<u64>,
    headers: Vec<(String, String)>,
    body: String,
}

async fn post(address: &str, token: &str, path: &str, body: &Value) -> Told {
    let request = reqwest::Client::new().post(format!("{address}{path}")).bearer_auth(token).json(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
    let mut headers: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| !["date", "retry-after"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    Told { status, retry_after, headers, body: answer.text().await.unwrap() }
}

async fn read(demo: &Demo, address: &str, sub: &str) -> Told {
    let body = json!({ "sub": sub, "purpose": "delivery" });
    post(address, &demo.token("mail").await, "/v1/reads", &body).await
}

/// An id that nobody has.
fn nobody(number: u32) -> String {
    format!("{number:A>32}")
}

/// Somebody who uses `mail`.
struct Member {
    visitor: Visitor,
    email: String,
    sub: String,
}

impl Member {
    /// A page of theirs; a day later they sign in anew for it.
    async fn get(&self, demo: &Demo, path: &str) -> Page {
        let page = self.visitor.get(&format!("{}{path}", demo.issuer)).await;
        if !page.has_form("/sign-in") {
            return page;
        }
        let with = [("identifier", self.email.as_str()), ("password", PASSWORD)];
        self.visitor.submit(&page, "/sign-in", &with).await
    }
}

/// People who use `mail`, two a day so that their visits stay within a budget of three; and a day on which nobody was asked
/// about yet.
async fn people(demo: &Demo, count: usize) -> Vec<Member> {
    let mut all = Vec::new();
    for number in 0..count {
        let (visitor, email) = (Visitor::new(), format!("budget{number}@example.kz"));
        visitor.register(demo, &email).await;
        let sub = visitor.visit(demo, "mail", &email).await.sub();
        all.push(Member { visitor, email, sub });
        if number % 2 == 1 {
            demo.advance("1d");
        }
    }
    all
}

/// Known and unknown people cost the same, the same person costs once, and a restart gives nothing back.
async fn a_credential_yields_no_more_than_its_budget(on: On) {
    let (mut demo, _draft) = small(on, 3, 1).await;
    let all = people(&demo, 4).await;
    let issuer = demo.issuer.clone();
    let status = async |demo: &Demo, sub: &str| read(demo, &issuer, sub).await.status;
    assert_eq!(status(&demo, &all[0].sub).await, 200);
    assert_eq!(status(&demo, &all[1].sub).await, 200);
    assert_eq!(status(&demo, &nobody(1)).await, 403, "an unknown one costs the same");
    for _ in 0..5 {
        assert_eq!(status(&demo, &all[0].sub).await, 200, "the same person costs nothing more");
    }
    let refused = read(&demo, &issuer, &all[2].sub).await;
    assert_eq!(refused.status, 429);
    assert_eq!(serde_json::from_str::<Value>(&refused.body).unwrap()["code"], "over_budget");
    assert!(refused.retry_after.is_some_and(|wait_s| (1..=86_400).contains(&wait_s)), "{refused:?}");
    for sub in [&all[3].sub, &nobody(2)] {
        let other = read(&demo, &issuer, sub).await;
        assert_eq!((other.status, &other.headers, &other.body), (429, &refused.headers, &refused.body));
    }
    // The other ways to ask about people have the same budget.
    let token = demo.token("mail").await;
    for (path, body) in [
        ("/v1/inquiries", json!({ "sub": all[3].sub, "purpose": "tips", "fields": ["topics"], "agreement_id": "17" })),
        ("/v1/profiles/addresses", json!({ "subs": [all[2].sub] })),
    ] {
        let told = post(&issuer, &token, path, &body).await;
        assert!(told.status == 429 || told.body.contains("outside_purpose"), "{path}: {told:?}");
    }
    // The person reads that the service asked for more than it may; the administrator reads it in the log.
    let activity = all[2].get(&demo, "/me/activity").await.words();
    assert!(activity.contains("The limit of people that may be asked about is used up"), "{activity}");
    assert!(demo.log().contains("a budget of people is used up"), "{}", demo.log());

    // Nodes tell each other every five seconds whom they counted.
    tokio::time::sleep(Duration::from_secs(7)).await;
    demo.restart();
    assert_eq!(status(&demo, &all[2].sub).await, 429, "a restart refilled the budget");
    assert_eq!(status(&demo, &all[0].sub).await, 200, "whoever was counted before the restart costs nothing");
    demo.advance("1d");
    assert_eq!(status(&demo, &all[2].sub).await, 200, "the next window");
}

#[tokio::test]
async fn a_stolen_credential_yields_no_more_people_than_its_budget_on_the_embedded_engine() {
    a_credential_yields_no_more_than_its_budget(On::Sqlite).await;
}

#[tokio::test]
async fn a_stolen_credential_yields_no_more_people_than_its_budget_on_postgres() {
    a_credential_yields_no_more_than_its_budget(On::Postgres).await;
}

#[tokio::test]
async fn two_nodes_share_one_budget() {
    let (demo, _draft) = small(On::Postgres, 3, 1).await;
    // The second node knows nothing of a moved clock: both people visit today.
    let mut subs = Vec::new();
    for email in ["shared0@example.kz", "shared1@example.kz"] {
        let visitor = Visitor::new();
        visitor.register(&demo, email).await;
        subs.push(visitor.visit(&demo, "mail", email).await.sub());
    }
    tokio::time::sleep(Duration::from_secs(7)).await;
    let (first, second) = (demo.issuer.clone(), demo.second());
    assert_eq!(read(&demo, &second.address, &subs[0]).await.status, 200, "whom the other node counted costs nothing");
    assert_eq!(read(&demo, &second.address, &nobody(1)).await.status, 403, "the third");
    for (address, number) in [(&second.address, 2), (&first, 3)] {
        assert_eq!(read(&demo, address, &nobody(number)).await.status, 429, "each node has a budget of its own");
    }
    for (address, sub) in [(&second.address, &subs[1]), (&first, &subs[0])] {
        assert_eq!(read(&demo, address, sub).await.status, 200);
    }
}

#[tokio::test]
async fn a_batch_is_read_like_one_by_one_within_a_quota_of_its_own() {
    let (demo, _draft) = small(On::Sqlite, 3, 3).await;
    let all = people(&demo, 2).await;
    let token = demo.token("mail").await;
    let batch = async |purpose: &str, subs: &[&str]| {
        let body = json!({ "subs": subs, "purpose": purpose, "fields": ["email"] });
        post(&demo.issuer, &token, "/v1/reads/batch", &body).await
    };
    let page = all[1].get(&demo, "/me/block").await;
    all[1].visitor.submit(&page, "/me/block", &[("action", "block")]).await;
    let none = nobody(1);
    let told = batch("delivery", &[&all[0].sub, &all[1].sub, &none]).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let body: Value = serde_json::from_str(&told.body).unwrap();
    let people = body["people"].as_array().unwrap();
    assert_eq!(people[0]["fields"]["email"]["value"], "budget0@example.kz");
    let strip = |person: &Value| {
        let mut person = person.clone();
        person.as_object_mut().unwrap().remove("sub");
        person
    };
    assert_eq!(strip(&people[1]), strip(&people[2]), "blocked and unknown are one answer");
    let (_, single) = demo.read("mail", &all[1].sub, "delivery", &["email"]).await;
    assert_eq!(people[1]["withheld"], single["withheld"], "as one read says it");
    // Each has an entry of their own.
    let activity = all[0].get(&demo, "/me/activity").await.words();
    assert!(activity.contains("Mail read your data"), "{activity}");

    assert_eq!(batch("delivery", &[&all[0].sub, &nobody(2)]).await.status, 429, "beyond the quota nobody is read");
    assert_eq!(batch("delivery", &[&all[0].sub]).await.status, 200, "whoever was read before costs nothing more");
    let told = batch("tips", &[&all[0].sub]).await;
    assert_eq!((told.status, told.body.contains("not_in_bulk")), (403, true), "{}", told.body);
    assert!(batch("nothing", &[&all[0].sub]).await.body.contains("unknown_purpose"));
    for number in [10, 11] {
        assert_eq!(read(&demo, &demo.issuer, &nobody(number)).await.status, 403, "the other budget is untouched");
    }
    assert_eq!(batch("delivery", &[]).await.status, 400);
}

#[tokio::test]
async fn staff_look_at_no_more_people_than_their_duty_lets_them() {
    let draft = Draft::new();
    draft.edit(
        "staff.toml",
        "[duty.privacy_officer]\npurpose = \"account/account\"\n",
        "[duty.privacy_officer]\npurpose = \"account/account\"\nbudget = { people = 2, window = \"1 day\" }\n",
    );
    let bundle = draft.folder.to_str().unwrap();
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--clock", "--bundle", bundle]).await;
    let someone = person(&demo, "looked@example.kz").await;
    person(&demo, "spared@example.kz").await;
    let own = Staffer::first(&demo, "officer@example.kz").await;
    let look = async |email: &str| own.look(&demo, email, "privacy_officer", "request 18").await;
    let page = look("looked@example.kz").await;
    assert_eq!(page.status, 200, "{}", page.words());
    assert_eq!(own.show(&page, "given_name").await.status, 200, "the same person costs nothing more");
    assert_eq!(look("nobody@example.kz").await.status, 200, "an unknown one costs the same");
    for email in ["spared@example.kz", "nobody2@example.kz"] {
        let page = look(email).await;
        assert_eq!(page.status, 429, "{}", page.words());
        assert!(page.words().contains("used up"), "{}", page.words());
    }
    assert_eq!(look("looked@example.kz").await.status, 200);
    let log = own.get(&demo, "/me/activity").await.words();
    assert!(log.contains("The limit of people that may be asked about is used up"), "{log}");
    drop(someone);
}
