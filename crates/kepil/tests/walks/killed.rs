//! `kill -9` at random points inside commits: what was acknowledged is there, what was not is there wholly or not at all,
//! and the logs are whole. Clause 5.1.

use std::{sync::Arc, time::Duration};

use kepil_testing::{Demo, On, Visitor};
use tokio::sync::Mutex;

use crate::demo;

const PEOPLE: usize = 4;
/// Rounds of one engine in `./check`, and in its long runs.
const ROUNDS: usize = 20;
const LONG_ROUNDS: usize = 200;

/// What one client was told, and what it had asked for when the server died.
struct Journal {
    acknowledged: String,
    asked: Option<String>,
}

/// One person who edits a value and turns a purpose on and off, and notes each acknowledgement.
struct Client {
    visitor: Visitor,
    value: Mutex<Journal>,
    consent: Mutex<Journal>,
}

/// Asks `act` for the state `next`; `false` when the server did not answer.
async fn ask(visitor: &Visitor, journal: &Mutex<Journal>, next: String, url: &str, form: &[(String, String)]) -> bool {
    journal.lock().await.asked = Some(next.clone());
    let request = visitor.client().post(url).header("origin", "null").form(form);
    let Ok(answer) = request.send().await else { return false };
    // Done is answered by a redirect; anything else, such as 503, leaves it open whether it was.
    if !answer.status().is_redirection() {
        return false;
    }
    let mut journal = journal.lock().await;
    (journal.acknowledged, journal.asked) = (next, None);
    true
}

impl Client {
    async fn new(demo: &Demo, number: usize) -> Arc<Self> {
        let (visitor, email) = (Visitor::new(), format!("killed{number}@example.kz"));
        visitor.register(demo, &email).await;
        visitor.visit(demo, "mail", &email).await;
        let journal = |acknowledged: &str| Mutex::new(Journal { acknowledged: acknowledged.to_owned(), asked: None });
        Arc::new(Self { visitor, value: journal(""), consent: journal("off") })
    }

    /// Changes without a pause until the server is gone.
    async fn change(self: Arc<Self>, issuer: String, round: usize) {
        let token = async |path: &str| -> Option<String> {
            let url = format!("{issuer}{path}");
            let answer = self.visitor.client().get(url).header("accept-language", "en").send().await.ok()?;
            let page = kepil_testing::Page {
                url: String::new(),
                status: 200,
                headers: answer.headers().clone(),
                text: answer.text().await.ok()?,
            };
            page.attributes("input[name=form_token]", "value").into_iter().next()
        };
        let Some(form_token) = token("/me/block").await else { return };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for step in 0.. {
            let next = format!("Алматы, {round}-{step}");
            let form = [pair("form_token", &form_token), pair("residence", &next)];
            if !ask(&self.visitor, &self.value, next, &format!("{issuer}/me/fields/residence/edit"), &form).await {
                return;
            }
            let is_on = self.consent.lock().await.acknowledged == "on";
            let (next, on) = if is_on { ("off", "no") } else { ("on", "yes") };
            let of = [pair("service", "mail"), pair("purpose", "tips"), pair("on", on)];
            let form = [&[pair("form_token", &form_token)], of.as_slice()].concat();
            if !ask(&self.visitor, &self.consent, next.to_owned(), &format!("{issuer}/me/consents/set"), &form).await {
                return;
            }
        }
    }

    /// Compares the journal with what is there, and goes on from that.
    async fn compare(&self, demo: &Demo) {
        let own = self.visitor.get(&format!("{}/me", demo.issuer)).await;
        assert_eq!(own.status, 200, "{}", own.words());
        let form = self.visitor.get(&format!("{}/me/fields/residence/edit", demo.issuer)).await;
        let there = form.fields("/me/fields/residence/edit").into_iter().find(|(name, _)| name == "residence");
        settle(&self.value, there.map(|(_, value)| value).unwrap_or_default()).await;
        let consents = self.visitor.get(&format!("{}/me/consents", demo.issuer)).await;
        let state = consents.attributes("[data-purpose='mail/tips'] .state", "class").into_iter().next();
        let there = state.as_deref().and_then(|state| state.strip_prefix("state ")).unwrap_or_default();
        settle(&self.consent, there.to_owned()).await;
    }
}

async fn settle(journal: &Mutex<Journal>, there: String) {
    let mut journal = journal.lock().await;
    let is_known = there == journal.acknowledged || journal.asked.as_ref() == Some(&there);
    assert!(is_known, "`{there}` is there, `{}` was acknowledged, {:?} was asked", journal.acknowledged, journal.asked);
    (journal.acknowledged, journal.asked) = (there, None);
}

/// Every log is whole, by the key that the server publishes.
async fn verify(demo: &Demo) -> (bool, String) {
    let mut arguments: Vec<String> = ["ledger".to_owned(), "verify".to_owned()].into();
    arguments.extend(demo.logs());
    for compartment in ["account", "habits", "telemetry"] {
        let key = Visitor::new().get(&format!("{}/ledger/{compartment}/key", demo.issuer)).await;
        arguments.extend(["--key".to_owned(), key.text.trim().to_owned()]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    demo.command(&arguments)
}

async fn killed_again_and_again(on: On, rounds: usize) {
    let mut demo = demo(on).await;
    let mut clients = Vec::new();
    for number in 0..PEOPLE {
        clients.push(Client::new(&demo, number).await);
    }
    for round in 0..rounds {
        let running: Vec<_> =
            clients.iter().map(|client| tokio::spawn(Arc::clone(client).change(demo.issuer.clone(), round))).collect();
        let mut random = [0; 2];
        kepil_domain::Entropy::fill(&mut kepil_store::OsEntropy, &mut random).unwrap();
        tokio::time::sleep(Duration::from_millis(20 + u64::from(u16::from_be_bytes(random)) % 1300)).await;
        demo.kill();
        for task in running {
            task.await.unwrap();
        }
        demo.restart();
        for client in &clients {
            client.compare(&demo).await;
        }
    }
    let (is_whole, said) = verify(&demo).await;
    assert!(is_whole && said.contains("checkpoint signed"), "{said}");
    println!("{said}");

    // An entry that someone changes behind the program's back is found and named.
    demo.flip_a_bit("account", 7).await;
    let (is_whole, said) = verify(&demo).await;
    assert!(!is_whole && said.contains("account: BROKEN: entry 7 was altered"), "{said}");
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_kill_on_sqlite() {
    killed_again_and_again(On::Sqlite, ROUNDS).await;
}

#[tokio::test]
async fn what_was_acknowledged_outlives_a_kill_on_postgres() {
    killed_again_and_again(On::Postgres, ROUNDS).await;
}

#[tokio::test]
async fn long_what_was_acknowledged_outlives_many_kills_on_sqlite() {
    killed_again_and_again(On::Sqlite, LONG_ROUNDS).await;
}

#[tokio::test]
async fn long_what_was_acknowledged_outlives_many_kills_on_postgres() {
    killed_again_and_again(On::Postgres, LONG_ROUNDS).await;
}
