//! Everything that two services receive about the same people, compared. Clause 3.1.5: no value is common to both but what
//! the people released to both, what is the same for everybody, and times to the day.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use kepil_testing::{Demo, On, Visitor};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{
    party::{BACK, Party, answer, part, unique},
    told::{Ear, ear, listening, sign_out},
};

const PASSWORD: &str = "demo-password";

/// What one service received about one person: each value, with where it stood.
#[derive(Clone, Default)]
struct Received {
    values: BTreeMap<String, String>,
    released: BTreeSet<String>,
    sub: String,
}

impl Received {
    /// Takes in every value of `json`. When a token was made is left out: the service knows when it asked.
    fn take(&mut self, at: &str, json: &Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members.iter().filter(|(name, _)| !["iat", "exp", "nbf"].contains(&name.as_str()))
                {
                    self.take(&format!("{at}.{name}"), value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.take(at, item)),
            Value::String(text) => self.take_text(at, text),
            Value::Number(number) => drop(self.values.insert(number.to_string(), at.to_owned())),
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Takes in a text, and what is inside when it is a token.
    fn take_text(&mut self, at: &str, text: &str) {
        self.values.insert(text.to_owned(), at.to_owned());
        if text.starts_with("eyJ") && text.matches('.').count() == 2 {
            for (name, inside) in [("header", part(text, 0)), ("claims", part(text, 1))] {
                self.take(&format!("{at}.{name}"), &inside);
            }
            self.values.insert(text.rsplit_once('.').unwrap().1.to_owned(), format!("{at}.signature"));
        }
    }
}

/// Everything that `party` receives while `visitor` uses its service.
async fn receive(demo: &Demo, party: &Party, visitor: &Visitor, email: &str) -> Received {
    let mut received = Received::default();
    let (state, nonce) = (unique(), unique());
    let asked = [("state", state.as_str()), ("nonce", nonce.as_str()), ("max_age", "864000")];
    let mut page = visitor.get(&party.request(&asked)).await;
    if page.has_form("/sign-in") {
        page = visitor.submit(&page, "/sign-in", &[("identifier", email), ("password", PASSWORD)]).await;
    }
    if page.has_form("/accept") {
        page = visitor.submit(&page, "/accept", &[("choice", "accept")]).await;
    }
    for name in ["code", "state", "iss"] {
        received.take_text(name, &page.parameter(name).unwrap_or_else(|| panic!("no {name}: {}", page.words())));
    }
    let (_, tokens) = party.post("/token", &Party::exchanged(&page.parameter("code").unwrap())).await;
    received.take("tokens", &tokens);
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    let (_, renewed) = party.post("/token", &refresh).await;
    received.take("renewed", &renewed);
    let token = renewed["access_token"].as_str().unwrap();
    received.take("worth", &party.post("/introspect", &[("token", token)]).await.1);
    let told = reqwest::Client::new().get(format!("{}/userinfo", demo.issuer)).bearer_auth(token);
    let (_, told) = answer(told).await;
    told["sub"].as_str().unwrap().clone_into(&mut received.sub);
    received.take("told", &told);
    let claims = told.as_object().unwrap().iter().filter(|(name, _)| *name != "sub");
    received.released = claims.filter_map(|(_, value)| value.as_str().map(str::to_owned)).collect();
    received
}

/// The messages that a service heard, by its id for the person.
async fn hear(ear: &mut Ear, people: &mut [Received]) {
    for _ in 0..people.len() {
        let token = ear.next_token().await;
        let sub = part(&token, 1)["sub"].as_str().unwrap().to_owned();
        people.iter_mut().find(|one| one.sub == sub).expect("somebody who was there").take_text("logout", &token);
    }
}

async fn compare(people: usize) {
    let count = (people + 1).to_string();
    let demo = Arc::new(Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &["--people", &count]).await);
    let (mut first, mut second) = (ear(0).await, ear(0).await);
    let parties =
        Arc::new((Party::new(&demo, "mail", listening(&first)), Party::new(&demo, "news", listening(&second))));
    let slots = Arc::new(Semaphore::new(8));
    let walks = (1..=people).map(|number| {
        let (demo, parties, slots) = (Arc::clone(&demo), Arc::clone(&parties), Arc::clone(&slots));
        tokio::spawn(async move {
            let _slot = slots.acquire().await.unwrap();
            let (visitor, email) = (Visitor::stopping_at(BACK), format!("person{number}@example.kz"));
            let one = receive(&demo, &parties.0, &visitor, &email).await;
            let other = receive(&demo, &parties.1, &visitor, &email).await;
            sign_out(&demo, &visitor).await;
            (one, other)
        })
    });
    let both = futures::future::join_all(walks).await.into_iter().map(Result::unwrap);
    let (mut one, mut other): (Vec<_>, Vec<_>) = both.unzip();
    hear(&mut first, &mut one).await;
    hear(&mut second, &mut other).await;

    // What two people have in common at one service is the same for everybody, or chance: it names nobody.
    let mut often: BTreeMap<&str, usize> = BTreeMap::new();
    one.iter().flat_map(|each| each.values.keys()).for_each(|value| *often.entry(value).or_default() += 1);
    for (at, (one, other)) in one.iter().zip(&other).enumerate() {
        assert!(
            one.values.len() > 30 && one.values.values().any(|place| place.starts_with("logout")),
            "{at}: {}",
            one.values.len()
        );
        for (value, place) in &one.values {
            let Some(there) = other.values.get(value) else { continue };
            let is_released = one.released.contains(value) && other.released.contains(value);
            assert!(is_released || often[value.as_str()] > 1, "`{place}` here and `{there}` there are the same");
        }
        let sub = |received: &Received| received.sub.clone();
        assert_ne!(sub(one), sub(other));
    }
    // The control: a service that knew the other's id would be found out.
    let mut told = other[0].clone();
    told.values.insert(one[0].sub.clone(), "leak".to_owned());
    let leaks = one[0].values.keys().filter(|value| told.values.contains_key(*value) && often[value.as_str()] == 1);
    assert!(leaks.count() > 0);
}

#[tokio::test]
async fn two_services_find_no_value_in_common_but_what_was_released_to_both() {
    compare(24).await;
}

#[tokio::test]
async fn long_two_services_find_no_value_in_common_about_a_thousand_people() {
    compare(1000).await;
}
