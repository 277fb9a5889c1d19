//! Guesses and floods: strangers are slowed down, nobody is locked out. Issue 3, item 9; clauses 2.5b1, 3.4g, 5.1, 6.1b.

use kepil_server::challenge::work;
use kepil_testing::{Demo, On, Page, Visitor, visitor::PASSWORD};

/// Behind a proxy on loopback that writes down from where a request came.
pub async fn behind_a_proxy(on: On) -> Demo {
    Demo::start(env!("CARGO_BIN_EXE_kepil"), on, &["--clock", "--proxy", "127.0.0.1/32"]).await
}

/// Whether a page asks for work.
pub fn owes(page: &Page) -> bool {
    !page.attributes("main [data-seed]", "data-seed").is_empty()
}

/// What a browser's script finds for the page.
pub fn answer(page: &Page) -> String {
    let attribute = |name| page.attributes("main [data-seed]", name).into_iter().next().unwrap_or_default();
    work(&attribute("data-seed"), attribute("data-bits").parse().unwrap()).unwrap().to_string()
}

async fn form(demo: &Demo, visitor: &Visitor) -> Page {
    visitor.get(&format!("{}/sign-in", demo.issuer)).await
}

async fn try_with(visitor: &Visitor, page: &Page, email: &str, password: &str, answer: &str) -> Page {
    let with = [("identifier", email), ("password", password), ("answer", answer)];
    visitor.submit(page, "/sign-in", &with).await
}

/// One try at the password, with the work when it is asked for in vain: `false`.
async fn sign_in(demo: &Demo, visitor: &Visitor, email: &str, password: &str) -> Page {
    let page = form(demo, visitor).await;
    try_with(visitor, &page, email, password, "").await
}

async fn sign_out(demo: &Demo, visitor: &Visitor) {
    let page = visitor.get(&format!("{}/sign-out", demo.issuer)).await;
    visitor.submit(&page, "/sign-out", &[]).await;
}

/// A stranger guesses until work is asked for.
async fn guess_on(demo: &Demo, email: &str) -> (Visitor, Page) {
    let stranger = Visitor::new();
    for at in 0..10 {
        let page = sign_in(demo, &stranger, email, "a guess").await;
        assert_eq!(page.status, 200, "guess {at}");
    }
    let page = sign_in(demo, &stranger, email, PASSWORD).await;
    assert!(page.status == 429 && owes(&page), "{}: {}", page.status, page.words());
    (stranger, page)
}

fn is_in(page: &Page) -> bool {
    page.url.ends_with("/me")
}

#[tokio::test]
async fn ten_guesses_of_a_stranger_do_not_keep_the_owner_out() {
    let demo = crate::demo(On::Sqlite).await;
    let (owner, email) = (Visitor::new(), "owner@example.kz");
    owner.register(&demo, email).await;
    let other = Visitor::new();
    other.register(&demo, "other@example.kz").await;
    for visitor in [&owner, &other] {
        sign_out(&demo, visitor).await;
    }
    let (stranger, page) = guess_on(&demo, email).await;

    // The owner's browser, at once. A browser that somebody else signed in with is a stranger's.
    assert!(is_in(&sign_in(&demo, &owner, email, PASSWORD).await));
    let foreign = sign_in(&demo, &other, email, PASSWORD).await;
    assert!(foreign.status == 429 && owes(&foreign));

    // A browser that the owner never used: after the work, which also costs the stranger.
    let new = Visitor::new();
    let asked = sign_in(&demo, &new, email, PASSWORD).await;
    assert!(asked.status == 429 && owes(&asked) && asked.text.contains(&format!("value=\"{email}\"")));
    assert!(!asked.text.contains(PASSWORD), "a password is not shown back");
    assert!(is_in(&try_with(&new, &asked, email, PASSWORD, &answer(&asked)).await));
    let wrong = try_with(&stranger, &page, email, "a guess", &answer(&page)).await;
    assert!(wrong.status == 200 && owes(&wrong), "the next one is asked for at once");
}

#[tokio::test]
async fn a_known_browser_is_forgotten_with_the_password_and_by_signing_out_everywhere() {
    let demo = crate::demo(On::Postgres).await;
    let email = "forgotten@example.kz";
    let (first, second) = (Visitor::new(), Visitor::new());
    first.register(&demo, email).await;
    sign_in(&demo, &second, email, PASSWORD).await;
    let (stranger, mut page) = guess_on(&demo, email).await;

    let security = first.get(&format!("{}/me/security", demo.issuer)).await;
    first.submit(&security, "/me/security/end", &[("id", "others")]).await;
    let refused = sign_in(&demo, &second, email, PASSWORD).await;
    assert!(refused.status == 429 && owes(&refused), "a browser is known after signing out everywhere");
    sign_out(&demo, &first).await;
    assert!(is_in(&sign_in(&demo, &first, email, PASSWORD).await), "the one that did it stays known");

    let security = first.get(&format!("{}/me/security", demo.issuer)).await;
    let next = "a wholly different password";
    first.submit(&security, "/me/security/password", &[("now", PASSWORD), ("password", next)]).await;
    page = try_with(&stranger, &page, email, "a guess", &answer(&page)).await;
    assert!(owes(&page));
    sign_out(&demo, &first).await;
    assert!(is_in(&sign_in(&demo, &first, email, next).await));

    // Whoever holds the letter of a reset is known with it.
    let reset = second.get(&format!("{}/reset", demo.issuer)).await;
    second.submit(&reset, "/reset", &[("identifier", email)]).await;
    let reset = second.get(&kepil_testing::visitor::link(&demo.letter_with(email, "/reset/form").await)).await;
    second.submit(&reset, "/reset/form", &[("password", PASSWORD)]).await;
    assert!(is_in(&sign_in(&demo, &second, email, PASSWORD).await));
    sign_out(&demo, &first).await;
    assert_eq!(sign_in(&demo, &first, email, PASSWORD).await.status, 429, "known before the reset");
}

#[tokio::test]
async fn work_is_good_once_for_its_form_and_its_browser() {
    let demo = crate::demo(On::Sqlite).await;
    let email = "work@example.kz";
    Visitor::new().register(&demo, email).await;
    let (stranger, page) = guess_on(&demo, email).await;
    let found = answer(&page);
    let other = Visitor::new();
    let elsewhere = form(&demo, &other).await;
    let challenge = page.attributes("input[name=challenge]", "value").remove(0);
    let mut stolen = elsewhere.fields("/sign-in");
    stolen
        .extend([("challenge", &challenge), ("answer", &found)].map(|(name, value)| (name.to_owned(), value.clone())));
    for (name, value) in [("identifier", email), ("password", PASSWORD)] {
        stolen.retain(|(other, _)| other != name);
        stolen.push((name.to_owned(), value.to_owned()));
    }
    let sent = other.client().post(format!("{}/sign-in", demo.issuer)).form(&stolen).send().await.unwrap();
    assert_eq!(sent.status().as_u16(), 429, "another browser's work");
    for wrong in ["", "0", "x", "18446744073709551615"] {
        assert_eq!(try_with(&stranger, &page, email, "a guess", wrong).await.status, 429, "{wrong}");
    }
    let tries = (0..8).map(|_| try_with(&stranger, &page, email, "a guess", &found));
    let came: Vec<u16> = futures::future::join_all(tries).await.iter().map(|page| page.status).collect();
    assert_eq!(
        came.iter().filter(|status| **status == 200).count(),
        1,
        "of many uses at once one is the first: {came:?}"
    );
    let fresh = sign_in(&demo, &stranger, email, "a guess").await;
    let found = answer(&fresh);
    demo.advance("31m");
    guess_on(&demo, email).await;
    assert_eq!(try_with(&stranger, &fresh, email, "a guess", &found).await.status, 429, "late work");
}

#[tokio::test]
async fn whoever_has_no_script_waits_and_waiting_many_times_at_once_gains_little() {
    let demo = crate::demo(On::Sqlite).await;
    let email = "waits@example.kz";
    Visitor::new().register(&demo, email).await;
    let (stranger, page) = guess_on(&demo, email).await;
    let owner = Visitor::new();
    let own = sign_in(&demo, &owner, email, PASSWORD).await;
    assert!(own.words().contains("wait 15 seconds"), "{}", own.words());
    let mut held = vec![page];
    for _ in 0..14 {
        held.push(sign_in(&demo, &stranger, email, "a guess").await);
    }
    demo.advance("1m");
    assert!(is_in(&try_with(&owner, &own, email, PASSWORD, "").await), "waiting is enough");
    let mut tried = 0;
    for page in &held {
        tried += u32::from(try_with(&stranger, page, email, "a guess", "").await.status == 200);
    }
    assert_eq!(tried, 9, "ten waits for a name in ten minutes, the owner's among them");
}

#[tokio::test]
async fn an_address_and_its_network_are_limited_and_known_browsers_are_not() {
    let demo = behind_a_proxy(On::Sqlite).await;
    let (owner, email) = (Visitor::at("203.0.113.7"), "attacked@example.kz");
    owner.register(&demo, email).await;
    sign_out(&demo, &owner).await;
    let at = async |address: &str, number: usize| {
        let name = format!("nobody{number}@example.kz");
        sign_in(&demo, &Visitor::at(address), &name, "a guess").await
    };
    for number in 0..10 {
        assert_eq!(at("203.0.113.7", number).await.status, 200);
    }
    let page = at("203.0.113.7", 10).await;
    assert!(page.status == 429 && owes(&page), "an eleventh name from one address");
    assert!(owes(&form(&demo, &Visitor::at("203.0.113.7")).await), "a form asks before it is sent");
    assert!(is_in(&sign_in(&demo, &owner, email, PASSWORD).await), "the owner, from the very address");
    // Who writes a header themselves changes nothing: the proxy's own entry is the last.
    assert_eq!(at("8.8.8.8, 203.0.113.7", 11).await.status, 429);
    for number in 0..30 {
        assert_eq!(at(&format!("203.0.113.{}", 100 + number / 10), 20 + number).await.status, 200);
    }
    assert_eq!(at("203.0.113.200", 60).await.status, 429, "a neighbour in the network");
    assert_eq!(at("203.0.114.200", 61).await.status, 200, "another network");
    demo.advance("11m");
    assert_eq!(at("203.0.113.7", 62).await.status, 200);

    // Addresses are nowhere: not in a file, not in the log.
    let mut folders = vec![demo.folder.clone()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(10).any(|part| part == b"203.0.113."), "{}", path.display());
        }
    }
    assert!(!demo.log().contains("203.0.113."));
}

#[tokio::test]
async fn letters_and_short_codes_are_limited_by_address_too() {
    let demo = behind_a_proxy(On::Sqlite).await;
    let flood = "198.51.100.9";
    for number in 0..12 {
        let visitor = Visitor::at(flood);
        let page = visitor.get(&format!("{}/reset", demo.issuer)).await;
        let sent = visitor.submit(&page, "/reset", &[("identifier", &format!("nobody{number}@example.kz"))]).await;
        assert_eq!(sent.status, if number < 10 { 200 } else { 429 }, "reset {number}");
        if number == 11 {
            let sent = visitor.submit(&sent, "/reset", &[("answer", &answer(&sent))]).await;
            assert_eq!(sent.status, 200, "after the work: {}", sent.words());
        }
    }
    for number in 0..10 {
        Visitor::at(flood).fill_in(&demo, &format!("many{number}@example.kz"), &[]).await;
    }
    let page = Visitor::at(flood).get(&format!("{}/register", demo.issuer)).await;
    assert!(owes(&page), "an eleventh registration from one address");

    // One address is not flooded with letters, from wherever it is asked.
    for number in 0..6 {
        let visitor = Visitor::at(&format!("192.0.2.{number}"));
        let page = visitor.get(&format!("{}/reset", demo.issuer)).await;
        let sent = visitor.submit(&page, "/reset", &[("identifier", "flooded@example.kz")]).await;
        assert_eq!(sent.status, if number < 5 { 200 } else { 429 }, "letter {number}");
    }

    // Short codes of devices are somebody else's: many people at one address guess together.
    let mut tried = Vec::new();
    for number in 0..2 {
        let visitor = Visitor::at("198.51.100.77");
        visitor.register(&demo, &format!("guesser{number}@example.kz")).await;
        for _ in 0..6 {
            tried.push(visitor.get(&format!("{}/device?user_code=BBBB-BBBB", demo.issuer)).await.status);
        }
    }
    assert_eq!(tried, [[200; 10].as_slice(), &[429; 2]].concat());
}

#[tokio::test]
async fn guesses_at_one_name_that_go_on_are_refused_but_not_to_its_owner() {
    let demo = crate::demo(On::Sqlite).await;
    let (owner, email) = (Visitor::new(), "siege@example.kz");
    owner.register(&demo, email).await;
    sign_out(&demo, &owner).await;
    let stranger = Visitor::new();
    for at in 0..100 {
        // Ten at a time cost nothing.
        if at > 0 && at % 10 == 0 {
            demo.advance("5m");
        }
        assert_eq!(sign_in(&demo, &stranger, email, "a guess").await.status, 200, "guess {at}");
    }
    let page = sign_in(&demo, &Visitor::new(), email, PASSWORD).await;
    assert!(page.status == 429 && !owes(&page), "a hundred guesses in an hour are enough, with work or without");
    assert!(is_in(&sign_in(&demo, &owner, email, PASSWORD).await));
    // A browser that the owner never used has the way of the letter.
    let new = Visitor::new();
    let reset = new.get(&format!("{}/reset", demo.issuer)).await;
    new.submit(&reset, "/reset", &[("identifier", email)]).await;
    let reset = new.get(&kepil_testing::visitor::link(&demo.letter_with(email, "/reset/form").await)).await;
    let next = "a wholly different password";
    new.submit(&reset, "/reset/form", &[("password", next)]).await;
    assert!(is_in(&sign_in(&demo, &new, email, next).await));
}

#[tokio::test]
async fn a_found_session_is_no_place_to_guess_the_password() {
    let demo = crate::demo(On::Sqlite).await;
    let (found, email) = (Visitor::new(), "found@example.kz");
    found.register(&demo, email).await;
    let page = found.get(&format!("{}/prove?back=/me/security", demo.issuer)).await;
    for _ in 0..10 {
        assert_eq!(found.submit(&page, "/prove", &[("now", "a guess")]).await.status, 200);
    }
    assert_eq!(found.submit(&page, "/prove", &[("now", PASSWORD)]).await.status, 429);
    demo.advance("6m");
    assert!(found.submit(&page, "/prove", &[("now", PASSWORD)]).await.url.ends_with("/me/security"));
}

#[tokio::test]
async fn whoever_holds_the_mailbox_gains_no_guesses_by_one_reset_after_the_other() {
    let demo = crate::demo(On::Sqlite).await;
    let email = "mailbox@example.kz";
    let owner = crate::party::person(&demo, email).await;
    crate::factors::with_app(&demo, &owner).await;
    let (mut tried, mut old) = (Vec::new(), String::new());
    for round in 0..7 {
        demo.advance("1h");
        let thief = Visitor::new();
        let page = thief.get(&format!("{}/reset", demo.issuer)).await;
        thief.submit(&page, "/reset", &[("identifier", email)]).await;
        // The letter of this round, which the answer does not wait for.
        let mut letter = demo.letter_with(email, "/reset/form").await;
        for _ in 0..100 {
            if letter != old {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            letter = demo.letter_with(email, "/reset/form").await;
        }
        old.clone_from(&letter);
        let page = thief.get(&kepil_testing::visitor::link(&letter)).await;
        let next = format!("a wholly different password {round}");
        thief.submit(&page, "/reset/form", &[("password", &next)]).await;
        let page = sign_in(&demo, &thief, email, &next).await;
        assert!(page.url.contains("/sign-in/second"), "{round}: {}", page.words());
        for _ in 0..if round < 6 { 10 } else { 11 } {
            tried.push(thief.submit(&page, "/sign-in/second", &[("code", "111111")]).await.status);
        }
    }
    // Sixty as a browser that is known, then those that any browser has.
    assert_eq!(tried, [[200; 70].as_slice(), &[429]].concat());
}

#[tokio::test]
async fn a_session_that_somebody_found_makes_no_browser_known() {
    let demo = crate::demo(On::Sqlite).await;
    let (owner, email) = (Visitor::new(), "carried@example.kz");
    owner.register(&demo, email).await;
    sign_out(&demo, &owner).await;
    let session = crate::forged::session(&demo, &owner, email).await;
    let page = owner.get(&format!("{}/me/security", demo.issuer)).await;
    let token = page.attributes("input[name=form_token]", "value").remove(0);
    let thief = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let posted = thief.post(format!("{}/me/security/end", demo.issuer)).header("cookie", session);
    let sent = posted.form(&[("form_token", token.as_str()), ("id", "others")]).send().await.unwrap();
    assert_eq!(sent.headers()["location"], "/me/security?done=ended");
    assert!(!sent.headers().contains_key("set-cookie"));
}
