//! Stuffing: a list of names and passwords from elsewhere, tried from many addresses, while owners sign in. Issue 3, item 9
//! and must-show 7; clauses 3.4g, 5.1. Figures are printed, and stand in `docs/attacks.md`.

#![allow(clippy::disallowed_methods, reason = "how long an answer takes is what is measured")]

use std::time::{Duration, Instant};

use futures::StreamExt;
use kepil_testing::{Demo, On, Visitor};
use reqwest::{Client, redirect::Policy};

/// The password of planted people.
const PLANTED: &str = "demo-password";
/// How many tries are under way at once. Unit: requests.
const AT_ONCE: usize = 16;
/// Of the list, one in so many is right.
const RIGHT: usize = 50;

/// Whether the list is right about an account; the right ones are spread over all addresses.
fn is_right(number: usize) -> bool {
    (number * 7919 % 10_007).is_multiple_of(RIGHT)
}

/// What came of a try.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Came {
    /// The password was looked at, and wrong.
    Wrong,
    /// The account is open.
    In,
    /// Work is asked for: nothing was looked at.
    Toll,
    /// Too many sign-ins were waiting.
    Busy,
}

/// A program at one address: it keeps the cookie of its form and no other.
struct Attacker {
    client: Client,
    address: String,
    cookie: String,
    token: String,
}

impl Attacker {
    async fn at(demo: &Demo, address: &str) -> Self {
        let page = Visitor::at(address).get(&format!("{}/sign-in", demo.issuer)).await;
        let set = page.headers.get("set-cookie").and_then(|line| line.to_str().ok()).unwrap();
        Self {
            client: Client::builder().redirect(Policy::none()).no_proxy().build().unwrap(),
            address: address.to_owned(),
            cookie: set.split(';').next().unwrap().to_owned(),
            token: page.attributes("main input[name=form_token]", "value").remove(0),
        }
    }

    async fn attempt(&self, demo: &Demo, name: &str, password: &str) -> Came {
        let form = [("form_token", self.token.as_str()), ("identifier", name), ("password", password)];
        let request = self.client.post(format!("{}/sign-in", demo.issuer)).form(&form);
        let request = request.header("x-forwarded-for", &self.address).header("cookie", &self.cookie);
        let sent = request.send().await.unwrap();
        match sent.status().as_u16() {
            200 => Came::Wrong,
            303 => Came::In,
            429 if sent.text().await.unwrap().contains("data-seed") => Came::Toll,
            429 => Came::Busy,
            other => panic!("{other}"),
        }
    }
}

/// An owner's browser that signed in before, from one of the attacker's addresses if there is no other.
async fn owner(demo: &Demo, number: usize, address: &str) -> Visitor {
    let visitor = Visitor::at(address);
    assert!(enter(demo, &visitor, number).await, "before the attack");
    visitor
}

async fn enter(demo: &Demo, visitor: &Visitor, number: usize) -> bool {
    let page = visitor.get(&format!("{}/sign-in", demo.issuer)).await;
    let form = [("identifier", format!("person{number}@example.kz")), ("password", PLANTED.to_owned())];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    visitor.submit(&page, "/sign-in", &form).await.url.ends_with("/me")
}

/// Tries one password for each of `accounts` from `addresses`, twice over; owners sign in all the while.
async fn stuffing(accounts: usize, addresses: usize) {
    let people = (accounts + 8).to_string();
    let arguments = ["--clock", "--proxy", "127.0.0.1/32", "--people", &people];
    let demo = Demo::start(env!("CARGO_BIN_EXE_kepil"), On::Sqlite, &arguments).await;
    let address = |at: usize| format!("10.{}.{}.9", at / 200, at % 200);
    let mut owners = Vec::new();
    for at in 0..6 {
        // Half of them are at the attacker's addresses.
        let own = if at % 2 == 0 { address(at) } else { format!("192.0.2.{at}") };
        owners.push((accounts + 1 + at, owner(&demo, accounts + 1 + at, &own).await));
    }
    let mut attackers = Vec::new();
    for at in 0..addresses {
        attackers.push(Attacker::at(&demo, &address(at)).await);
    }
    let (begun, before_s) = (Instant::now(), demo.cpu_s());
    let tries = (1..=accounts).map(|number| {
        let (attacker, demo) = (&attackers[number % addresses], &demo);
        async move {
            let password = if is_right(number) { PLANTED } else { "a guess from elsewhere" };
            attacker.attempt(demo, &format!("person{number}@example.kz"), password).await
        }
    });
    let attack = async { futures::stream::iter(tries).buffer_unordered(AT_ONCE).collect::<Vec<Came>>().await };
    let entering = async {
        let (mut entered, mut longest) = (0, Duration::ZERO);
        for (number, visitor) in &owners {
            let begun = Instant::now();
            entered += usize::from(enter(&demo, visitor, *number).await);
            longest = longest.max(begun.elapsed());
        }
        (entered, longest)
    };
    let (came, (entered, longest)) = tokio::join!(attack, entering);
    let of = |what: Came| came.iter().filter(|one| **one == what).count();
    let (wrong, opened, tolled, busy) = (of(Came::Wrong), of(Came::In), of(Came::Toll), of(Came::Busy));
    println!(
        "stuffing: {accounts} accounts from {addresses} addresses in {:.0} s ({:.0} s of computing): {} looked at, {opened} of {} \
         right ones opened, {tolled} asked for work, {busy} turned away; {entered} of {} owners signed in meanwhile, the slowest \
         in {longest:.0?}",
        begun.elapsed().as_secs_f64(),
        demo.cpu_s() - before_s,
        wrong + opened,
        (1..=accounts).filter(|number| is_right(*number)).count(),
        owners.len(),
    );
    assert_eq!(entered, owners.len(), "an owner was kept out");
    assert!(wrong + opened <= addresses * 10, "{} were looked at", wrong + opened);
    assert!(opened <= wrong / 10, "{opened} were opened");
    assert_eq!(wrong + opened + tolled + busy, accounts);
    // After the attack an owner gets in with a browser that nobody knows, from elsewhere.
    assert!(enter(&demo, &Visitor::at("192.0.2.200"), accounts + 1).await);
}

#[tokio::test]
async fn a_list_of_passwords_tried_from_many_addresses_gets_ten_looks_from_each() {
    stuffing(400, 8).await;
}

#[tokio::test]
async fn long_ten_thousand_accounts_tried_from_a_hundred_addresses_get_ten_looks_from_each() {
    stuffing(10_000, 100).await;
}
